/** The Redis of a cluster under test. */
import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Child } from '../load/processes.js';
import { toolVersion } from '../report.js';

export const REDIS_VERSION = toolVersion('redis-server', '--version', /v=(\S+)/);

/** Resolves when it answers. It keeps its commits on its disk, as a production Redis does. */
export async function startRedis(port: number, folder: string): Promise<Child> {
  const home = join(folder, 'redis');
  mkdirSync(home);
  const child = new Child('redis-server', 'redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', home],
    ...['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
  ]);
  await child.listening(() => answers(port));
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
  });
}
