/** Requests at a fixed rate, evenly over all nodes and all APIs. Every answer must be the backend's. */
import { Histogram } from '../../src/load/histogram.js';
import { type LoadPlan, requestBytes } from '../../src/load/plan.js';
import { startLoad } from '../../src/load/run-load.js';
import type { LoadResult } from '../../src/load/tally.js';
import { percentiles } from '../load/measure.js';
import { BODY, get } from '../load/requests.js';
import type { Latency } from '../load/results.js';
import type { ClusterNode } from './cluster.js';
import { type ConfigurationSize, pathOf, proxiedPath, routesPerApi } from './configuration.js';

export interface LoadOptions extends ConfigurationSize {
  /** Requests per second and connections, of all nodes together. */
  rate: number;
  connections: number;
  durationMs: number;
}

export interface LoadFound {
  requests: number;
  failed: number;
  failures: Record<string, number>;
  latency: Histogram;
}

export interface RunningLoads {
  /** Resolves when all requests are answered. */
  readonly result: Promise<LoadFound>;
  stop(): void;
}

export function startLoads(nodes: readonly ClusterNode[], options: LoadOptions): RunningLoads {
  const loads = nodes.map(({ port }) => startLoad(planOf(port, nodes.length, options)));
  return {
    result: Promise.all(loads.map(({ result }) => result)).then(together),
    stop: () => {
      for (const load of loads) load.stop();
    },
  };
}

function together(results: readonly LoadResult[]): LoadFound {
  const found: LoadFound = { requests: 0, failed: 0, failures: {}, latency: new Histogram() };
  for (const { requests, failed, failures, latency } of results) {
    found.requests += requests;
    found.failed += failed;
    for (const [reason, times] of Object.entries(failures)) {
      found.failures[reason] = (found.failures[reason] ?? 0) + times;
    }
    found.latency.add(latency.data());
  }
  return found;
}

function planOf(port: number, nodes: number, options: LoadOptions): LoadPlan {
  const { apis, rate, connections, durationMs } = options;
  const perNode = rate / nodes;
  return {
    target: { secure: false, host: '127.0.0.1', port, verify: false },
    // A route of each API, not always the same one.
    requests: Array.from({ length: apis }, (_, api) => {
      const path = pathOf(api, proxiedPath(api % (routesPerApi(options) - 1)));
      return {
        name: path,
        weight: 1,
        method: 'GET',
        bytes: requestBytes({ ...get(path), authority: `127.0.0.1:${port}` }),
        expect: { status: 200, body: Buffer.from(BODY) },
      };
    }),
    pace: { kind: 'open', arrivals: 'poisson', stages: [{ from: perNode, to: perNode, durationMs }] },
    warmUpMs: 0,
    connections: Math.max(1, Math.ceil(connections / nodes)),
    threads: 1,
    timeoutMs: 5000,
  };
}

export function latencyOfAll(parts: readonly Histogram[]): Latency {
  const all = new Histogram();
  for (const part of parts) all.add(part.data());
  return percentiles({ latency: all });
}
