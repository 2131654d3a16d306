/** `npm run bench`: see README.md. */
import { writeFileSync } from 'node:fs';
import { runCluster } from './cluster/run.js';
import { compare, readReport } from './compare.js';
import { runControlPlane } from './control-plane/run.js';
import { clusterHtml } from './html/cluster-report.js';
import { htmlReport } from './html/report.js';
import type { LoadReport } from './load/results.js';
import { runLoad } from './load/run.js';
import { runMicro } from './micro/run.js';
import { type BenchOptions, parseOptions, USAGE } from './options.js';
import { keep } from './report.js';

let options: BenchOptions | 'help' | undefined;
try {
  options = parseOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${options === undefined ? `\n${USAGE}` : ''}`);
  process.exitCode = 2;
}

/** @returns the exit code: 1 when a variant answered wrongly */
async function run(options: BenchOptions): Promise<number> {
  if (options.kind === 'micro') return await runMicro(options);
  if (options.kind === 'cluster') return await cluster(options);
  if (options.kind === 'control-plane') return await runControlPlane(options);
  // Read first: a wrong file is better told before minutes of measuring than after.
  const before = options.compare === undefined ? undefined : readReport(options.compare);
  const { report, failed, file } = options.with === undefined ? await measured(options) : given(options.with);
  const comparison = before === undefined ? undefined : compare(before, report);
  if (comparison !== undefined) process.stdout.write(`\n${comparison.text}\n`);
  const html = options.html ?? file?.replace(/\.json$/, '.html');
  if (html !== undefined) write(html, htmlReport(report, comparison));
  return failed ? 1 : 0;
}

/** @returns the exit code: 1 when a request failed */
async function cluster(options: BenchOptions): Promise<number> {
  const report = await runCluster(options);
  const file = keep('cluster', report, options.json);
  process.stdout.write(`\nRaw values: ${file}\n`);
  write(options.html ?? file.replace(/\.json$/, '.html'), clusterHtml(report));
  return report.load.some(({ failed }) => failed > 0) ? 1 : 0;
}

function write(html: string, page: string): void {
  writeFileSync(html, page);
  process.stdout.write(`\nReport: ${html}\n`);
}

async function measured(
  options: BenchOptions,
): Promise<{ report: LoadReport; failed: boolean; file?: string }> {
  const outcome = await runLoad(options);
  const file = keep('load', outcome.report, options.json);
  process.stdout.write(`\nRaw values: ${file}\n`);
  return { ...outcome, file };
}

function given(path: string): { report: LoadReport; failed: boolean; file?: string } {
  return { report: readReport(path), failed: false };
}
