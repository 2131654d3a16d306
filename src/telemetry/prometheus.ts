/**
 * Metrics in Prometheus' text format 0.0.4, written by hand. prom-client keeps one registry per thread and pays for a
 * label lookup at every observation; here the hot path writes numbers into shared memory and text is made when asked.
 */
import { performance } from 'node:perf_hooks';
import type { TargetTotals } from '../upstream/balancing/target-counts.js';
import { type ConfigMetrics, pushConfigMetrics } from './config-metrics.js';
import {
  type Histogram,
  LATENCY_BOUNDS_MS,
  REFUSAL_REASONS,
  readCounters,
  STATUS_CLASSES,
} from './counters.js';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What the node hands over at each scrape. */
export interface MetricsSource {
  /** Propylon's version. */
  version: string;
  /** Revision of the snapshot every worker runs. */
  revision: number;
  /** Absent: the node follows no store. */
  config?: ConfigMetrics | undefined;
  /** Stages by counter slot. A slot without a label is left out; slot 0 always stands for no stage. */
  stages: ReadonlyMap<number, StageLabel>;
  /** Of all workers and acceptors. */
  buffers: readonly SharedArrayBuffer[];
  /** Of upstreams with several targets, named in the configuration. */
  targets: readonly TargetTotals[];
  workerDeaths: number;
  logLinesDropped: number;
  /** Of workers and acceptors (`worker.performance.eventLoopUtilization()`); the main thread's is added here. */
  eventLoops: readonly EventLoopLoad[];
}

export interface StageLabel {
  api: string;
  stage: string;
}

export interface EventLoopLoad {
  /** `main`, `worker-1`, ... */
  thread: string;
  /** Milliseconds the event loop was not idle since the thread started: `eventLoopUtilization().active`. */
  activeMs: number;
}

type Kind = 'counter' | 'gauge' | 'histogram';

export function renderMetrics(source: MetricsSource): string {
  const totals = readCounters(source.buffers);
  const stages = [
    { labels: 'api="",stage=""', totals: totals.slot(0) },
    ...[...source.stages]
      .filter(([slot]) => slot !== 0)
      .map(([slot, { api, stage }]) => ({
        labels: `api="${escapeLabel(api)}",stage="${escapeLabel(stage)}"`,
        totals: totals.slot(slot),
      })),
  ];
  const lines: string[] = [];
  const family = (name: string, kind: Kind, help: string): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
  };
  const single = (name: string, kind: Kind, help: string, value: number, labels = ''): void => {
    family(name, kind, help);
    lines.push(`${name}${labels} ${value}`);
  };

  family(
    'propylon_requests_total',
    'counter',
    'Requests that ended, by API, stage and status class; empty labels: no stage was reached.',
  );
  for (const stage of stages) {
    STATUS_CLASSES.forEach((name, i) => {
      lines.push(`propylon_requests_total{${stage.labels},class="${name}"} ${stage.totals.classes[i]}`);
    });
  }
  family('propylon_response_bytes_total', 'counter', 'Bytes of response bodies.');
  for (const stage of stages) {
    lines.push(`propylon_response_bytes_total{${stage.labels}} ${stage.totals.bytesOut}`);
  }
  const duration = 'propylon_request_duration_seconds';
  family(duration, 'histogram', 'Time from the parsed request to the end of its answer.');
  for (const stage of stages) pushHistogram(lines, duration, stage.labels, stage.totals.latency);
  const integration = 'propylon_integration_duration_seconds';
  family(integration, 'histogram', 'Time spent in integrations.');
  for (const stage of stages)
    pushHistogram(lines, integration, stage.labels, stage.totals.integrationLatency);

  family(
    'propylon_stage_requests_in_flight',
    'gauge',
    'Requests that wait for an integration, by API and stage.',
  );
  for (const { labels, totals: stage } of stages)
    lines.push(`propylon_stage_requests_in_flight{${labels}} ${stage.inFlight}`);
  single('propylon_requests_in_flight', 'gauge', 'Requests under way in the node.', totals.inFlight);
  single(
    'propylon_requests_shed_total',
    'counter',
    'Requests answered 503 at once: too many under way.',
    totals.shed,
  );
  family('propylon_requests_refused_total', 'counter', 'Requests an acceptor refused itself, by reason.');
  REFUSAL_REASONS.forEach((reason, i) => {
    lines.push(`propylon_requests_refused_total{reason="${reason}"} ${totals.refused[i]}`);
  });
  pushTargets(lines, family, source.targets);
  single(
    'propylon_worker_deaths_total',
    'counter',
    'Worker threads that died and were replaced.',
    source.workerDeaths,
  );
  single(
    'propylon_log_lines_dropped_total',
    'counter',
    'Access log lines dropped because the log could not be written as fast as requests came.',
    source.logLinesDropped,
  );
  single('propylon_config_revision', 'gauge', 'Revision of the running configuration.', source.revision);
  if (source.config !== undefined) pushConfigMetrics(lines, family, source.config);
  single(
    'propylon_build_info',
    'gauge',
    'Always 1; the labels tell the versions.',
    1,
    `{version="${escapeLabel(source.version)}",node="${escapeLabel(process.versions.node)}"}`,
  );
  pushProcess(lines, family, single, source.eventLoops);
  return `${lines.join('\n')}\n`;
}

const TARGET_FAMILIES = [
  ['requests_total', 'counter', 'Attempts at a target, shadow copies included.', 'requests'],
  ['failures_total', 'counter', 'Attempts that failed, or were answered 502, 503 or 504.', 'failures'],
  ['ejections_total', 'counter', 'Times a worker ejected a target for failures in a row.', 'ejections'],
  ['requests_in_flight', 'gauge', 'Attempts under way at a target.', 'active'],
  ['unavailable', 'gauge', 'Workers that leave a target out as unhealthy or ejected.', 'unavailable'],
] as const;

/** Nothing at all when the configuration names no upstreams. */
function pushTargets(
  lines: string[],
  family: (name: string, kind: Kind, help: string) => void,
  targets: readonly TargetTotals[],
): void {
  if (targets.length === 0) return;
  for (const [suffix, kind, help, value] of TARGET_FAMILIES) {
    const name = `propylon_upstream_target_${suffix}`;
    family(name, kind, help);
    for (const target of targets) {
      const labels = `upstream="${escapeLabel(target.upstream)}",target="${escapeLabel(target.address)}"`;
      lines.push(`${name}{${labels}} ${target[value]}`);
    }
  }
}

function pushProcess(
  lines: string[],
  family: (name: string, kind: Kind, help: string) => void,
  single: (name: string, kind: Kind, help: string, value: number) => void,
  eventLoops: readonly EventLoopLoad[],
): void {
  family(
    'propylon_event_loop_busy_seconds_total',
    'counter',
    'Time a thread was not idle; its rate is the load.',
  );
  const main = { thread: 'main', activeMs: performance.eventLoopUtilization().active };
  for (const { thread, activeMs } of [main, ...eventLoops]) {
    lines.push(`propylon_event_loop_busy_seconds_total{thread="${escapeLabel(thread)}"} ${activeMs / 1e3}`);
  }
  const cpu = process.cpuUsage();
  const startedAt = (performance.timeOrigin / 1e3).toFixed(3);
  single('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss());
  single('process_cpu_seconds_total', 'counter', 'User and system CPU time.', (cpu.user + cpu.system) / 1e6);
  single('process_start_time_seconds', 'gauge', 'Start time, seconds since 1970.', Number(startedAt));
}

function pushHistogram(lines: string[], name: string, labels: string, histogram: Histogram): void {
  let cumulative = 0;
  LATENCY_BOUNDS_MS.forEach((bound, i) => {
    cumulative += histogram.buckets[i] ?? 0;
    lines.push(`${name}_bucket{${labels},le="${bound / 1e3}"} ${cumulative}`);
  });
  lines.push(
    `${name}_bucket{${labels},le="+Inf"} ${histogram.count}`,
    `${name}_sum{${labels}} ${histogram.sumMs / 1e3}`,
    `${name}_count{${labels}} ${histogram.count}`,
  );
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
