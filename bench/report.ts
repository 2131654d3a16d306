/** What every bench prints and keeps: the machine, the versions, the numbers. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './paths.js';

export interface Environment {
  machine: string;
  versions: Record<string, string>;
  /** Share of all cores that others used in the second before the start. */
  busyBefore: number;
}

export async function environment(tools: Record<string, string>): Promise<Environment> {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    machine: `${processors.length} x ${processors[0]?.model ?? 'unknown'}, ${memory}, ${type()} ${release()} ${arch()}`,
    versions: { propylon: revision(), node: process.version, ...tools },
    busyBefore: await busyShare(),
  };
}

async function busyShare(): Promise<number> {
  const times = (): { idle: number; all: number } => {
    let idle = 0;
    let all = 0;
    for (const { times } of cpus()) {
      idle += times.idle;
      all += times.idle + times.user + times.nice + times.sys + times.irq;
    }
    return { idle, all };
  };
  const before = times();
  await sleep(1000);
  const after = times();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

export function describeEnvironment({ machine, versions, busyBefore }: Environment): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const busy =
    busyBefore > 0.1
      ? `\nThe cores were ${Math.round(busyBefore * 100)} % busy before the start: distrust the numbers.`
      : '';
  return `${machine}\n${list.join(', ')}${busy}`;
}

/** Undefined when it is not installed. */
export function packageVersion(name: string): string | undefined {
  const file = join(ROOT, 'node_modules', name, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Output of a program that prints its version, standard error included; undefined when there is no such program. */
export function toolVersion(program: string, flag: string, pattern: RegExp): string | undefined {
  try {
    const text = execFileSync('/bin/sh', ['-c', `${program} ${flag} 2>&1 || true`], { encoding: 'utf8' });
    return pattern.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

function revision(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = git('status', '--porcelain', 'src') === '' ? '' : ' with changes';
    return `${version} (${git('rev-parse', '--short', 'HEAD')}${changed})`;
  } catch {
    return version;
  }
}

/** Writes the results to `bench/results/` and, when asked to, to one more file. @returns where they are */
export function keep(kind: string, results: unknown, further: string | undefined): string {
  const text = `${JSON.stringify(results, null, 2)}\n`;
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const file = join(ROOT, 'bench/results', `${kind}-${stamp}.json`);
  for (const each of further === undefined ? [file] : [file, further]) {
    mkdirSync(dirname(each), { recursive: true });
    writeFileSync(each, text);
  }
  return file;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Lines of equal columns, the first one left-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
