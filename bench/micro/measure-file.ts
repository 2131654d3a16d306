/** One micro bench file in a process of its own: what one file teaches the compiler is not the next one's. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { COMPILED } from '../paths.js';
import type { Measured } from './measure.js';

/**
 * @param file as `routing/route-table`
 * @param output where its table goes
 * @throws Error when it fails
 */
export async function measureFile(file: string, output: 'inherit' | 'ignore'): Promise<Measured[]> {
  const child = fork(join(COMPILED, 'micro', `${file}.bench.js`), {
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  const stop = (): void => {
    child.kill();
    process.exit(1);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let measured: Measured[] = [];
  child.on('message', (message) => {
    measured = message as Measured[];
  });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (code !== 0) throw new Error(`the micro bench ${file} failed`);
  return measured;
}
