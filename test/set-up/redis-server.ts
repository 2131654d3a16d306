/** The cluster's tests kill, stop and restart Redis, so they need the program, not an address. */
import { spawnSync } from 'node:child_process';

/** Installs `redis-server` on a bare machine. @throws Error that says what to install */
export function haveRedisServer(): void {
  if (runs('redis-server', '--version')) return;
  if (process.getuid?.() === 0 && runs('apt-get', '--version')) {
    console.log('redis-server is missing: installing it with apt-get');
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { env: environment, encoding: 'utf8', timeout: 300_000 } as const;
    spawnSync('apt-get', ['update', '-q'], options);
    const args = ['install', '-q', '-y', '--no-install-recommends', 'redis-server'];
    const { stderr, error } = spawnSync('apt-get', args, options);
    if (runs('redis-server', '--version')) return;
    throw new Error(`redis-server is missing, and apt-get could not install it: ${error?.message ?? stderr}`);
  }
  throw new Error('redis-server is missing: install Redis 7 or later, so that redis-server is on the PATH');
}

function runs(command: string, argument: string): boolean {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0;
}
