/** Clients that ask once and then stay connected. */
import { connect, type Socket } from 'node:net';
import { requestBytes } from '../../src/load/plan.js';
import type { WeightedRequest } from './scenario.js';

/** Below what servers let wait for their acceptance. */
const AT_ONCE = 100;
/** Longer than the slowest start; a server that answers nothing must not hold everything up. */
const PATIENCE_MS = 30_000;

export interface IdleClients {
  /** How many are connected still. */
  open(): number;
  close(): void;
}

/** Resolves when all have been answered. @throws Error when one cannot be */
export async function openIdle(
  port: number,
  { request }: WeightedRequest,
  count: number,
): Promise<IdleClients> {
  const bytes = requestBytes({ ...request, authority: `127.0.0.1:${port}` });
  const sockets: Socket[] = [];
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      sockets.push(socket);
      const late = setTimeout(() => reject(new Error('an idle connection got no answer')), PATIENCE_MS);
      const settle = (then: () => void): void => {
        clearTimeout(late);
        then();
      };
      socket.once('connect', () => socket.write(bytes));
      socket.once('data', () => settle(resolve));
      socket.on('error', (error) => settle(() => reject(error)));
      socket.once('close', () => settle(() => reject(new Error('an idle connection was closed'))));
    });
  let left = count;
  const several = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, several));
  } catch (error) {
    close();
    throw error;
  }
  return { open: () => sockets.filter((socket) => !socket.destroyed && socket.readable).length, close };
}
