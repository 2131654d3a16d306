/** Runs every `*.bench.js` below `micro/`, each in a process of its own: what one file teaches the compiler is not the next one's. */
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from '../options.js';
import { COMPILED } from '../paths.js';
import { describeEnvironment, environment, keep, packageVersion } from '../report.js';
import type { Measured } from './measure.js';

/** @returns the exit code */
export async function runMicro(options: BenchOptions): Promise<number> {
  const folder = join(COMPILED, 'micro');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.bench.js'))
    .filter((file) => options.only.length === 0 || options.only.some((part) => file.includes(part)))
    .sort();
  if (files.length === 0) {
    process.stderr.write(`No micro bench has '${options.only.join("' or '")}' in its name\n`);
    return 2;
  }
  const about = await environment({ tinybench: packageVersion('tinybench') });
  process.stdout.write(`${describeEnvironment(about)}\n\n`);
  const results: Record<string, Measured[]> = {};
  let failed = false;
  for (const file of files) {
    const child = fork(join(folder, file), { stdio: 'inherit' });
    const stop = (): void => {
      child.kill();
      process.exit(1);
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    child.on('message', (measured) => {
      results[file.replace('.bench.js', '')] = measured as Measured[];
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    process.off('SIGINT', stop).off('SIGTERM', stop);
    if (code !== 0) failed = true;
  }
  process.stdout.write(`Raw values: ${keep('micro', { ...about, results }, options.json)}\n`);
  return failed ? 1 : 0;
}
