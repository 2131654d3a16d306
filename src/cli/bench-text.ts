/** What `propylon bench` prints: a line while it runs, a table at the end, or all of it as JSON. */
import type { Histogram } from '../load/histogram.js';
import { type LoadPlan, planDuration } from '../load/plan.js';
import type { LoadResult, Second } from '../load/tally.js';
import type { Judgement } from '../load/thresholds.js';
import { formatDuration } from '../model/duration.js';
import { printable } from '../telemetry/printable.js';
import { count } from './output.js';

export const PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99] as const;

/** Of latencies that follow from our own lateness and not from the target, from this many milliseconds at p99 on. */
const LATE_MS = 2;

export function headline(title: string, plan: LoadPlan): string {
  const { pace, connections, warmUpMs, threads, requests } = plan;
  const asked = requests.length === 1 ? '' : `, ${count(requests.length, 'kind')} of requests`;
  const warmUp = warmUpMs === 0 ? '' : `, after ${formatDuration(warmUpMs)} of warm-up`;
  const measured = formatDuration(planDuration(plan) - warmUpMs);
  return `${printable(title)}${asked}: ${paceText(pace)} for ${measured}${warmUp}, ${count(connections, 'connection')}, ${count(threads, 'thread')}\n`;
}

function paceText(pace: LoadPlan['pace']): string {
  if (pace.kind === 'closed') return 'as fast as answers come';
  const rates = pace.stages.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return `${[...new Set(rates)].join(', ')} requests/s (${pace.arrivals})`;
}

/** @param totalMs of the plan. */
export function progressLine({ second, requests, failed, p50, p99 }: Second, totalMs: number): string {
  const times = Number.isNaN(p50) ? 'no answers' : `p50 ${time(p50)}  p99 ${time(p99)}`;
  const total = Math.ceil(totalMs / 1000);
  // The last answers may come after the plan's end.
  return `${Math.min(second + 1, total)} of ${total} s  ${requests} requests/s  ${times}  ${failed} failed`;
}

export function resultText(result: LoadResult, judgements: readonly Judgement[]): string {
  const { requests, failed, seconds, rate, bytes, opened, lateness, interrupted } = result;
  const lines = [
    [
      'requests',
      `${requests} in ${seconds.toFixed(1)} s, ${rate.toFixed(1)}/s, ${megabytes(bytes)} received`,
    ],
    ['failed', `${failed}${failed === 0 ? '' : ` (${percent(failed / requests)})`}`],
    ...counts(result.failures).map((text) => ['', text]),
    ['statuses', counts(result.statuses).join(', ') || 'no answer'],
    ['opened', count(opened, 'connection')],
  ];
  const texts = lines.map(([label = '', text = '']) => `${label.padEnd(12)}${text}`);
  texts.push('', ...latencyTable(result));
  if (lateness.count > 0 && lateness.percentile(99) > LATE_MS) {
    texts.push(
      '',
      `This program itself sent 1 % of the requests more than ${time(lateness.percentile(99))} late, which counts in the latencies:`,
      'the machine is too busy, or --threads too few.',
    );
  }
  if (interrupted) texts.push('', 'Ended before its time.');
  if (judgements.length > 0) texts.push('', ...judgements.map(judgementLine));
  return `${texts.join('\n')}\n`;
}

function latencyTable({ latency, byRequest }: LoadResult): string[] {
  const columns: [string, Histogram][] = [['latency', latency]];
  if (byRequest.length > 1) for (const one of byRequest) columns.push([printable(one.name), one.latency]);
  const rows: [string, (histogram: Histogram) => number][] = [
    ...PERCENTILES.map((p): [string, (h: Histogram) => number] => [`p${p}`, (h) => h.percentile(p)]),
    ['max', (h) => h.max],
    ['mean', (h) => h.mean],
  ];
  const widths = columns.map(([name]) => Math.max(10, name.length) + 2);
  const head = columns.map(([name], i) => name.padStart(widths[i] ?? 0)).join('');
  const lines = rows.map(
    ([label, value]) =>
      label.padEnd(12) +
      columns.map(([, histogram], i) => time(value(histogram)).padStart(widths[i] ?? 0)).join(''),
  );
  return [`${''.padEnd(12)}${head}`, ...lines];
}

export function judgementLine({ threshold, value, met }: Judgement): string {
  return `${met ? 'met   ' : 'BROKEN'}  ${threshold.text}: ${Number.isNaN(value) ? 'nothing was measured' : shown(threshold.metric, value)}`;
}

function shown(metric: string, value: number): string {
  if (metric === 'errors') return `${value.toFixed(3)} %`;
  return metric === 'rate' ? `${value.toFixed(1)}/s` : time(value);
}

/** Milliseconds with three significant digits; longer ones in seconds. */
export function time(ms: number): string {
  if (Number.isNaN(ms)) return '-';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value >= 1 ? Math.round(value * 10) / 10 : value.toPrecision(2)} %`;
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function counts(of: Readonly<Record<string, number>>): string[] {
  return Object.entries(of)
    .sort(([, a], [, b]) => b - a)
    .map(([what, times]) => `${printable(what)}: ${times}`);
}

/** The result as data: times in milliseconds, `null` where nothing was measured. */
export function resultJson(
  title: string,
  plan: LoadPlan,
  result: LoadResult,
  judgements: readonly Judgement[],
) {
  const { pace, connections, threads, warmUpMs, timeoutMs } = plan;
  return {
    target: title,
    pace,
    connections,
    threads,
    warmUpMs,
    timeoutMs,
    seconds: result.seconds,
    requests: result.requests,
    failed: result.failed,
    rate: result.rate,
    bytes: result.bytes,
    connectionsOpened: result.opened,
    statuses: result.statuses,
    failures: result.failures,
    latency: latencies(result.latency),
    sentLate: latencies(result.lateness),
    requestsByName: result.byRequest.map(({ name, requests, failed, latency }) => ({
      name,
      requests,
      failed,
      latency: latencies(latency),
    })),
    timeline: result.timeline,
    interrupted: result.interrupted,
    thresholds: judgements.map(({ threshold, value, met }) => ({ threshold: threshold.text, value, met })),
  };
}

/** NaN becomes null when it is written as JSON. */
function latencies(histogram: Histogram): Record<string, number> {
  return {
    ...Object.fromEntries(PERCENTILES.map((p) => [`p${p}`, histogram.percentile(p)])),
    min: histogram.min,
    max: histogram.max,
    mean: histogram.mean,
  };
}
