/** Runs every `*.bench.js` below `micro/`, one after the other. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from '../options.js';
import { COMPILED } from '../paths.js';
import { describeEnvironment, environment, keep, packageVersion } from '../report.js';
import type { Measured } from './measure.js';
import { measureFile } from './measure-file.js';

const ENDING = '.bench.js';

/** @returns the exit code */
export async function runMicro(options: BenchOptions): Promise<number> {
  const files = readdirSync(join(COMPILED, 'micro'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .filter((file) => options.only.length === 0 || options.only.some((part) => file.includes(part)))
    .sort();
  if (files.length === 0) {
    process.stderr.write(`No micro bench has '${options.only.join("' or '")}' in its name\n`);
    return 2;
  }
  const about = await environment({ tinybench: packageVersion('tinybench') ?? 'not installed' });
  process.stdout.write(`${describeEnvironment(about)}\n\n`);
  const results: Record<string, Measured[]> = {};
  let failed = false;
  for (const file of files) {
    try {
      results[file] = await measureFile(file, 'inherit');
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
      failed = true;
    }
  }
  process.stdout.write(`Raw values: ${keep('micro', { ...about, results }, options.json)}\n`);
  return failed ? 1 : 0;
}
