/** The table of one scenario: medians, ratios, and the raw values beside them. */
import { median, table } from '../report.js';
import type { Round } from './run.js';

export interface Row {
  name: string;
  isNodePeer: boolean;
  rounds: Round[];
  /** Why the variant's numbers are worth nothing; empty when they are. */
  problem: string;
}

export function scenarioTable(rows: readonly Row[]): string {
  const valid = rows.filter(({ problem, rounds }) => problem === '' && rounds.length > 0);
  const nginx = valid.find(({ name }) => name === 'nginx');
  const peers = valid.filter(({ isNodePeer }) => isNodePeer);
  const best = peers.reduce<Row | undefined>(
    (leader, row) => (leader === undefined || speed(row) > speed(leader) ? row : leader),
    undefined,
  );
  const head = ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/req'];
  if (nginx !== undefined) head.push('req/s : nginx', 'CPU : nginx');
  if (best !== undefined) head.push(`req/s : ${best.name}`, `CPU : ${best.name}`);
  head.push('raw requests/s', 'raw CPU us/req');

  const lines = [head];
  for (const row of valid) {
    const line = [
      row.name,
      Math.round(speed(row)).toString(),
      of(row, ({ p50 }) => p50).toFixed(2),
      of(row, ({ p99 }) => p99).toFixed(2),
      cost(row)?.toFixed(1) ?? '',
    ];
    for (const other of [nginx, best]) {
      if (other !== undefined) line.push(ratio(speed(row), speed(other)), ratio(cost(row), cost(other)));
    }
    line.push(
      row.rounds.map(({ requestsPerSecond }) => Math.round(requestsPerSecond)).join(' '),
      row.rounds.map(({ cpuPerRequest }) => cpuPerRequest?.toFixed(1) ?? '').join(' '),
    );
    lines.push(line);
  }
  const invalid = rows
    .filter(({ problem }) => problem !== '')
    .map(({ name, problem }) => `\n${name}: INVALID, ${problem}`);
  return table(lines) + invalid.join('');
}

function of(row: Row, value: (round: Round) => number): number {
  return median(row.rounds.map(value));
}

function speed(row: Row): number {
  return of(row, ({ requestsPerSecond }) => requestsPerSecond);
}

/** Null for the direct path, which has no process to charge. */
function cost(row: Row): number | null {
  const costs = row.rounds.flatMap(({ cpuPerRequest }) => (cpuPerRequest === null ? [] : [cpuPerRequest]));
  return costs.length === 0 ? null : median(costs);
}

function ratio(value: number | null, to: number | null): string {
  return value === null || to === null ? '' : (value / to).toFixed(2);
}
