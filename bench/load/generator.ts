/** Makes the load: wrk, or our own client in a child process. Never in the process that measures. */
import { join } from 'node:path';
import { COMPILED, ROOT } from '../paths.js';
import type { LoadPlan, LoadResult } from './client.js';
import { Child } from './processes.js';

export type Generator = (plan: LoadPlan & { seconds: number }) => Promise<LoadResult>;

export const wrk: Generator = async ({ port, scenario, connections, seconds }) => {
  const child = new Child('wrk', 'wrk', [
    ...[
      '--threads',
      '1',
      '--connections',
      String(connections),
      '--duration',
      `${seconds}s`,
      '--timeout',
      '5s',
    ],
    ...scenario.headers.flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ...['--script', join(ROOT, 'bench/load/wrk.lua')],
    `http://127.0.0.1:${port}${scenario.path}`,
  ]);
  return parseWrk(await child.finished());
};

/** @throws Error when wrk printed no result */
export function parseWrk(output: string): LoadResult {
  const line = /^RESULT (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`);
  const counts = JSON.parse(line) as Record<string, number>;
  const number = (key: string): number => counts[key] ?? Number.NaN;
  const wrong: Record<string, number> = {};
  for (const key of ['status', 'connect', 'read', 'write', 'timeout']) {
    // wrk counts statuses from 400 on: the check of every answer's size (run.ts) sees the others.
    if (number(key) !== 0) wrong[key === 'status' ? 'status from 400 on' : key] = number(key);
  }
  return {
    requests: number('requests'),
    seconds: number('micros') / 1e6,
    p50: number('p50') / 1000,
    p99: number('p99') / 1000,
    bytes: number('bytes'),
    wrong,
  };
}

export const ownClient: Generator = async (plan) => {
  const child = new Child('client', process.execPath, [
    join(COMPILED, 'load/client.js'),
    JSON.stringify(plan),
  ]);
  return JSON.parse(await child.finished()) as LoadResult;
};
