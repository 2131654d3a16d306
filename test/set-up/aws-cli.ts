/** The AWS CLI, which some tests drive a node with; on a machine that has none and cannot install it they are skipped. */
import { spawnSync } from 'node:child_process';

/** Debian's own before others: it needs nothing of the user's. */
const PROGRAMS = ['/usr/bin/aws', 'aws'];

/** Undefined: there is none. */
export function awsCli(): string | undefined {
  return PROGRAMS.find((program) => runs(program, '--version'));
}

/** Installs it on a bare Debian. Never fails: the tests say what is missing. */
export function tryToHaveAwsCli(): void {
  if (awsCli() !== undefined || process.getuid?.() !== 0 || !runs('apt-get', '--version')) return;
  console.log('the AWS CLI is missing: installing awscli with apt-get');
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env: environment, stdio: 'ignore', timeout: 300_000 } as const;
  spawnSync('apt-get', ['update', '-q'], options);
  spawnSync('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'awscli'], options);
}

function runs(command: string, argument: string): boolean {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0;
}
