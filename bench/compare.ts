/** What changed between two runs, and how much of it can be chance. */
import { readFileSync } from 'node:fs';
import type { LoadReport, Row } from './load/results.js';
import { fixed } from './load/tables.js';
import {
  cost,
  idleMemory,
  memory,
  openLatency,
  rowNamed,
  type Spread,
  speed,
  validRows,
} from './load/values.js';
import { table } from './report.js';

export interface Comparison {
  text: string;
  /** Percent that variants which did not change differ by between the two runs. */
  drift: number;
  changes: Change[];
}

export interface Change {
  scenario: string;
  variant: string;
  metric: string;
  before: number;
  after: number;
  /** Percent. */
  change: number;
  /** Percent below which a change is taken for chance. */
  noise: number;
  verdict: 'better' | 'worse' | 'noise';
}

interface Metric {
  name: string;
  lessIsBetter: boolean;
  of(row: Row): Spread | undefined;
}

const METRICS: readonly Metric[] = [
  { name: 'requests/s', lessIsBetter: false, of: speed },
  { name: 'CPU us/req', lessIsBetter: true, of: cost },
  { name: 'peak memory', lessIsBetter: true, of: memory },
  { name: 'idle memory', lessIsBetter: true, of: idleMemory },
  { name: 'p99 at 50 %', lessIsBetter: true, of: (row) => openLatency(row, 50, 'p99') },
];

/** Ours is what may have changed; the others show how far the machine is the one it was. */
const isOurs = (name: string): boolean => name.startsWith('propylon') || name === 'bare mailbox';

/** Of few rounds the spread itself is uncertain: nothing smaller than this is called a change. Percent. */
const LEAST_NOISE = 2;

/** @throws Error when the file is no result of the load bench */
export function readReport(path: string): LoadReport {
  let report: LoadReport;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as LoadReport;
  } catch (error) {
    throw new Error(`cannot read the results in ${path}: ${(error as Error).message}`);
  }
  if (report?.kind !== 'load' || !Array.isArray(report.scenarios)) {
    throw new Error(`${path} holds no results of the load bench (bench/results/load-*.json do)`);
  }
  return report;
}

export function compare(before: LoadReport, after: LoadReport): Comparison {
  const drifts = new Map<string, number>();
  const pairs = pairsOf(before, after);
  for (const { name } of METRICS) {
    const others = pairs.filter((pair) => pair.metric.name === name && !isOurs(pair.variant));
    drifts.set(name, Math.max(0, ...others.map(({ old, now }) => Math.abs(percentChange(old, now)))));
  }
  const changes = pairs.map(({ scenario, variant, metric, old, now }): Change => {
    const change = percentChange(old, now);
    const own = Math.max(LEAST_NOISE, halfSpread(old), halfSpread(now));
    const noise = isOurs(variant) ? Math.max(own, drifts.get(metric.name) ?? 0) : own;
    const better = change < 0 === metric.lessIsBetter;
    const verdict = Math.abs(change) <= noise ? 'noise' : better ? 'better' : 'worse';
    return {
      scenario,
      variant,
      metric: metric.name,
      before: old.median,
      after: now.median,
      change,
      noise,
      verdict,
    };
  });
  const drift = drifts.get('requests/s') ?? 0;
  return { text: text(before, after, changes, drift), drift, changes };
}

interface Pair {
  scenario: string;
  variant: string;
  metric: Metric;
  old: Spread;
  now: Spread;
}

function pairsOf(before: LoadReport, after: LoadReport): Pair[] {
  const pairs: Pair[] = [];
  for (const scenario of after.scenarios) {
    const earlier = before.scenarios.find(({ name }) => name === scenario.name);
    for (const row of validRows(scenario)) {
      const other = rowNamed(earlier, row.name);
      for (const metric of METRICS) {
        const [old, now] = [other && metric.of(other), metric.of(row)];
        if (old && now && old.median !== 0) {
          pairs.push({ scenario: scenario.name, variant: row.name, metric, old, now });
        }
      }
    }
  }
  return pairs;
}

function percentChange(old: Spread, now: Spread): number {
  return (now.median / old.median - 1) * 100;
}

/** Half of what the rounds of one run differ by, in percent of their median. */
function halfSpread({ least, most, median }: Spread): number {
  return median === 0 ? 0 : ((most - least) / 2 / Math.abs(median)) * 100;
}

function text(before: LoadReport, after: LoadReport, changes: readonly Change[], drift: number): string {
  const lines = changes.map((one) => [
    `${one.scenario}, ${one.variant}`,
    one.metric,
    shown(one.metric, one.before),
    shown(one.metric, one.after),
    `${one.change >= 0 ? '+' : ''}${fixed(one.change, 1)} %`,
    `±${fixed(one.noise, 1)} %`,
    one.verdict === 'noise' ? '' : one.verdict,
  ]);
  const other =
    before.machine === after.machine ? '' : `\nAnother machine: ${before.machine}. Compare ratios only.`;
  const options = sameOptions(before, after)
    ? ''
    : '\nAnother duration, number of connections or load generator.';
  return `${table([[`compared with ${before.versions.propylon ?? ''}, ${before.date}`, '', 'before', 'after', 'change', 'noise', ''], ...lines])}
Noise is what the rounds of a variant differ by, and for Propylon at least what the variants that did not change
differ by between the two runs (requests/s: ${fixed(drift, 1)} %).${other}${options}`;
}

function sameOptions({ options: a }: LoadReport, { options: b }: LoadReport): boolean {
  return a.duration === b.duration && a.connections === b.connections && a.generator === b.generator;
}

function shown(metric: string, value: number): string {
  if (metric.endsWith('memory')) return `${fixed(value / 1e6, 1)} MB`;
  if (metric.startsWith('p99')) return `${fixed(value, 2)} ms`;
  return fixed(value, metric === 'requests/s' ? 0 : 1);
}
