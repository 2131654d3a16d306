import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counters } from '../../src/telemetry/counters.js';
import { type MetricsSource, renderMetrics } from '../../src/telemetry/prometheus.js';

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A strict reader of the text format 0.0.4: throws at whatever the format does not allow. */
function parse(text: string): { samples: Sample[]; types: Map<string, string> } {
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'HELP') helps.add(name);
      else {
        if (types.has(name)) throw new Error(`${name} has two types`);
        types.set(name, rest);
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`not a sample: ${line}`);
    const [, name = '', labelText = '', value = ''] = sample;
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    if (!helps.has(family) || !types.has(family)) throw new Error(`${name} is not announced`);
    if (Number.isNaN(Number(value))) throw new Error(`not a number: ${line}`);
    samples.push({ name, labels: parseLabels(labelText), value: Number(value) });
  }
  return { samples, types };
}

function parseLabels(text: string): Record<string, string> {
  const labels: [string, string][] = [];
  let rest = text;
  while (rest !== '') {
    const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (label === null) throw new Error(`not a label: ${rest}`);
    const [whole, name = '', value = ''] = label;
    labels.push([name, value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))]);
    rest = rest.slice(whole.length);
  }
  return Object.fromEntries(labels);
}

function source(over: Partial<MetricsSource> = {}): MetricsSource {
  return {
    version: '1.2.3',
    revision: 42,
    stages: new Map([[1, { api: 'petstore', stage: 'prod' }]]),
    buffers: [Counters.allocate(4)],
    targets: [],
    workerDeaths: 2,
    logLinesDropped: 5,
    eventLoops: [{ thread: 'worker-1', activeMs: 1_500 }],
    ...over,
  };
}

function value(samples: Sample[], name: string, labels: Record<string, string> = {}): number | undefined {
  return samples.find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  )?.value;
}

describe('metrics', () => {
  it('show how the node follows its configuration store', () => {
    const config = {
      connected: true,
      refusing: false,
      applied: 7,
      refused: 1,
      untrusted: 2,
      rewinds: 3,
      restores: 4,
      resyncs: { gap: 5, poll: 6 },
      lag: { boundsMs: [5, 100], buckets: [3, 2, 1], sumMs: 500 },
    };
    const { samples, types } = parse(renderMetrics(source({ config })));
    const of = (name: string, labels?: Record<string, string>) =>
      value(samples, `propylon_config_${name}`, labels);
    expect([of('store_connected'), of('refusing'), of('applied_total'), of('refused_total')]).toEqual([
      1, 0, 7, 1,
    ]);
    expect([of('untrusted_total'), of('rewinds_total'), of('restores_total')]).toEqual([2, 3, 4]);
    expect(of('resyncs_total', { reason: 'poll' })).toBe(6);
    expect(types.get('propylon_config_apply_lag_seconds')).toBe('histogram');
    const lag = 'apply_lag_seconds';
    expect(['0.005', '0.1', '+Inf'].map((le) => of(`${lag}_bucket`, { le }))).toEqual([3, 5, 6]);
    expect([of(`${lag}_sum`), of(`${lag}_count`)]).toEqual([0.5, 6]);
    expect(types.has('propylon_config_revision')).toBe(true);
  });

  it('show requests by API, stage and status class', () => {
    const buffers = [Counters.allocate(4), Counters.allocate(4), Counters.allocate(1)];
    const [first, second, acceptor] = buffers.map((buffer) => new Counters(buffer));
    first?.record(1, 200, 3, 2, 10);
    second?.record(1, 201, 3, 2, 10);
    second?.record(1, 502, 3, 2, 10);
    acceptor?.record(0, 400, 0.1, -1, 30);

    const { samples, types } = parse(renderMetrics(source({ buffers })));

    const petstore = { api: 'petstore', stage: 'prod' };
    expect(types.get('propylon_requests_total')).toBe('counter');
    expect(value(samples, 'propylon_requests_total', { ...petstore, class: '2xx' })).toBe(2);
    expect(value(samples, 'propylon_requests_total', { ...petstore, class: '5xx' })).toBe(1);
    expect(value(samples, 'propylon_requests_total', { ...petstore, class: '3xx' })).toBe(0);
    expect(value(samples, 'propylon_requests_total', { api: '', stage: '', class: '4xx' })).toBe(1);
    expect(value(samples, 'propylon_response_bytes_total', petstore)).toBe(30);
  });

  it('show latencies as cumulative histograms in seconds', () => {
    const buffers = [Counters.allocate(4)];
    const counters = new Counters(buffers[0] as SharedArrayBuffer);
    for (const latency of [0.5, 2, 7, 7, 60_000]) counters.record(1, 200, latency, latency / 2, 0);

    const { samples, types } = parse(renderMetrics(source({ buffers })));

    const name = 'propylon_request_duration_seconds';
    const labels = { api: 'petstore', stage: 'prod' };
    expect(types.get(name)).toBe('histogram');
    const buckets = samples.filter(
      (sample) => sample.name === `${name}_bucket` && sample.labels.api === 'petstore',
    );
    expect(buckets.map((bucket) => bucket.value)).toEqual([1, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5]);
    expect(buckets.map((bucket) => bucket.labels.le).slice(0, 3)).toEqual(['0.001', '0.0025', '0.005']);
    expect(buckets.at(-1)?.labels.le).toBe('+Inf');
    expect(value(samples, `${name}_count`, labels)).toBe(5);
    expect(value(samples, `${name}_sum`, labels)).toBeCloseTo(60.0165);
    expect(value(samples, 'propylon_integration_duration_seconds_count', labels)).toBe(5);
  });

  it('show what the node and the process are doing', () => {
    const buffers = [Counters.allocate(1)];
    const counters = new Counters(buffers[0] as SharedArrayBuffer);
    counters.setInFlight(7);
    counters.shed();
    counters.refused('framing');
    const { samples } = parse(renderMetrics(source({ buffers })));
    expect(value(samples, 'propylon_requests_in_flight')).toBe(7);
    expect(value(samples, 'propylon_requests_shed_total')).toBe(1);
    expect(value(samples, 'propylon_requests_refused_total', { reason: 'framing' })).toBe(1);
    expect(value(samples, 'propylon_requests_refused_total', { reason: 'uri_too_long' })).toBe(0);
    expect(value(samples, 'propylon_worker_deaths_total')).toBe(2);
    expect(value(samples, 'propylon_log_lines_dropped_total')).toBe(5);
    expect(value(samples, 'propylon_config_revision')).toBe(42);
    expect(value(samples, 'propylon_build_info', { version: '1.2.3' })).toBe(1);
    expect(value(samples, 'propylon_event_loop_busy_seconds_total', { thread: 'worker-1' })).toBe(1.5);
    expect(value(samples, 'propylon_event_loop_busy_seconds_total', { thread: 'main' })).toBeGreaterThan(0);
    expect(value(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(value(samples, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(Math.abs((value(samples, 'process_start_time_seconds') ?? 0) - Date.now() / 1e3)).toBeLessThan(
      3600,
    );
  });

  it('escape labels whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (stage) => {
        const label = stage.replaceAll('\r', '');
        const stages = new Map([[1, { api: 'a', stage: label }]]);
        const { samples } = parse(renderMetrics(source({ stages })));
        expect(samples.some((sample) => sample.labels.api === 'a' && sample.labels.stage === label)).toBe(
          true,
        );
      }),
      { examples: [['a"b\\c\nd']], numRuns: 50 },
    );
  });
});
