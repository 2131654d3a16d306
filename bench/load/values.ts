/** Medians and spreads of a row. */
import { median } from '../report.js';
import type { OpenRound, Row, ScenarioResult } from './results.js';

export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** Undefined without values. */
export function spreadOf(values: readonly (number | null)[]): Spread | undefined {
  const numbers = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (numbers.length === 0) return undefined;
  return { median: median(numbers), least: Math.min(...numbers), most: Math.max(...numbers) };
}

export const speed = (row: Row): Spread | undefined =>
  spreadOf(row.rounds.map(({ requestsPerSecond }) => requestsPerSecond));

/** Microseconds of processor time per request. */
export const cost = (row: Row): Spread | undefined =>
  spreadOf(row.rounds.map(({ cpuPerRequest }) => cpuPerRequest));

export const memory = (row: Row): Spread | undefined =>
  spreadOf(row.rounds.map(({ peakMemory }) => peakMemory));

/** Bytes that idle connections took. */
export const idleMemory = (row: Row): Spread | undefined =>
  spreadOf(row.idle.map(({ before, after }) => after - before));

/** @param percentile as `p99` */
export function openLatency(row: Row, share: number, percentile: string): Spread | undefined {
  return spreadOf(levelOf(row, share).map(({ latency }) => latency[percentile] ?? null));
}

/** The rounds of one rate in which the variant kept up; none when it did not in one of them. */
export function levelOf(row: Row, share: number): OpenRound[] {
  const rounds = row.open.filter((round) => round.share === share);
  return rounds.some(({ overloaded }) => overloaded) ? [] : rounds;
}

/** Rows whose numbers may be shown. */
export function validRows({ rows }: ScenarioResult): Row[] {
  return rows.filter(({ problem, rounds, idle }) => problem === '' && rounds.length + idle.length > 0);
}

export function rowNamed(scenario: ScenarioResult | undefined, name: string): Row | undefined {
  return scenario && validRows(scenario).find((row) => row.name === name);
}

/** The fastest proxy that is written in JavaScript. */
export function bestNodePeer(scenario: ScenarioResult): Row | undefined {
  return validRows(scenario)
    .filter(({ isNodePeer }) => isNodePeer)
    .reduce<Row | undefined>(
      (best, row) =>
        best === undefined || (speed(row)?.median ?? 0) > (speed(best)?.median ?? 0) ? row : best,
      undefined,
    );
}

export function ratio(value: Spread | undefined, to: Spread | undefined): number | undefined {
  return value === undefined || to === undefined || to.median === 0 ? undefined : value.median / to.median;
}
