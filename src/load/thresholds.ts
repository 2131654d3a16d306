/** Conditions on a result, written `p99<50ms`, `errors<0.1%`, `rate>4900`. */
import type { LoadResult } from './tally.js';

export interface Threshold {
  /** As it was written. */
  text: string;
  metric: string;
  comparison: '<' | '<=' | '>' | '>=';
  /** Milliseconds, percent or requests per second, as the metric has it. */
  limit: number;
}

export interface Judgement {
  threshold: Threshold;
  /** NaN when nothing was measured: then the threshold is broken. */
  value: number;
  met: boolean;
}

const PATTERN = /^\s*([a-z0-9.]+)\s*(<=|>=|<|>)\s*(\d{1,12}(?:\.\d{1,6})?)\s*(us|ms|s|m|%|\/s|)\s*$/;
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,4})?|100)$/;
const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

/** @throws Error: what is wrong, as the end of a sentence that begins with where it was written */
export function parseThreshold(text: string): Threshold {
  const match = PATTERN.exec(text);
  if (match === null) throw new Error(`must be written as p99<50ms, errors<0.1% or rate>4900, not "${text}"`);
  const [, metric = '', comparison = '<', number = '', unit = ''] = match;
  const limit = Number(number) * scale(metric, unit, text);
  return { text: text.trim(), metric, comparison: comparison as Threshold['comparison'], limit };
}

function scale(metric: string, unit: string, text: string): number {
  if (metric === 'errors') {
    if (unit === '%') return 1;
    throw new Error(`must give errors in percent, as in errors<0.1%, not "${text}"`);
  }
  if (metric === 'rate') {
    if (unit === '' || unit === '/s') return 1;
    throw new Error(`must give the rate in requests per second, as in rate>4900, not "${text}"`);
  }
  if (!PERCENTILE.test(metric) && !['mean', 'min', 'max'].includes(metric)) {
    throw new Error(
      `must name p50, p99.9 or another percentile, mean, min, max, errors or rate, not "${metric}"`,
    );
  }
  const factor = MILLISECONDS[unit];
  if (factor === undefined) throw new Error(`must give a time with its unit, as in ${metric}<50ms`);
  return factor;
}

export function judge(threshold: Threshold, result: LoadResult): Judgement {
  const value = valueIn(threshold.metric, result);
  const { comparison, limit } = threshold;
  const met =
    comparison === '<'
      ? value < limit
      : comparison === '<='
        ? value <= limit
        : comparison === '>'
          ? value > limit
          : value >= limit;
  return { threshold, value, met };
}

function valueIn(metric: string, { latency, requests, failed, rate }: LoadResult): number {
  switch (metric) {
    case 'errors':
      return (failed / requests) * 100;
    case 'rate':
      return rate;
    case 'mean':
      return latency.mean;
    case 'min':
      return latency.min;
    case 'max':
      return latency.max;
    default:
      return latency.percentile(Number(metric.slice(1)));
  }
}
