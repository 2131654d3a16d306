/** What the cluster bench pushes, and what it says of its numbers. */
import { describe, expect, test } from 'vitest';
import { allItems, apiDocument, apiItems, routesPerApi } from '../../bench/cluster/configuration.js';
import type { ClusterReport, LoadPhase } from '../../bench/cluster/results.js';
import { loadTable, pushTable } from '../../bench/cluster/tables.js';
import { clusterTargets } from '../../bench/cluster/targets.js';
import { percentile } from '../../bench/cluster/values.js';
import { clusterHtml } from '../../bench/html/cluster-report.js';
import { parseOptions } from '../../bench/options.js';
import { importDefinition } from '../../src/openapi/import.js';

describe('what is pushed', () => {
  test('is a definition without problems and with as many routes as are asked for', () => {
    const { definition, problems } = importDefinition(apiDocument(3, 7, 50, '127.0.0.1:9000'), 'api.json');
    expect(problems.map(({ message }) => message)).toEqual([]);
    expect(definition?.resources.flatMap(({ methods }) => methods)).toHaveLength(50);
    expect(routesPerApi({ apis: 100, routes: 10_000 })).toBe(100);
  });

  test('changes one item of two for each API', () => {
    const before = allItems({ apis: 3, routes: 15 }, '127.0.0.1:9000');
    expect(before.size).toBe(6);
    const changed = [...apiItems(1, 7, 5, '127.0.0.1:9000')].filter(
      ([key, { hash }]) => before.get(key)?.hash !== hash,
    );
    expect(changed.map(([key]) => key)).toEqual(['stage/api1/prod']);
  });
});

test('a percentile is the least value that so many do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([50, 99, 100].map((percent) => percentile(values, percent))).toEqual([100, 198, 200]);
  expect(percentile([], 99)).toBeUndefined();
});

function phase(during: LoadPhase['during'], p99: number, failures: Record<string, number> = {}): LoadPhase {
  const failed = Object.values(failures).reduce((sum, times) => sum + times, 0);
  const latency = { p50: 0.5, p90: 1, p99, 'p99.9': 9, max: 10 };
  return { round: 1, during, requests: 1000, failed, failures, latency, cpu: [0.1, 0.2, 0.3] };
}

const MEASURED: Pick<ClusterReport, 'pushes' | 'load' | 'latency' | 'burst'> = {
  pushes: Array.from({ length: 100 }, (_, index) => ({
    revision: index + 2,
    reported: [1, 10, index === 0 ? 150 : 20],
    seen: [2, index < 2 ? 160 : 30],
  })),
  load: [phase('quiet', 2), phase('pushes', 2.5)],
  latency: { quiet: { p50: 1, p99: 2 }, pushes: { p50: 1, p99: 2.5 } },
  burst: {
    apis: 50,
    routes: 5000,
    commits: 500,
    seconds: 10,
    idleCpu: [0.01],
    cpu: [0.08, 0.11, 0.09],
    applies: [90, 91, 92],
    convergedMs: 42,
  },
};

test('targets count the slowest node of each push, and the dearest of a burst', () => {
  expect(clusterTargets(MEASURED).map(({ measured, met }) => [measured, met])).toEqual([
    [20, 'target'],
    [160, 'missed'],
    [0, 'target'],
    [1.25, 'target'],
    [11, 'missed'],
  ]);
});

test('failed requests are shown with their reason', () => {
  const load = [phase('quiet', 2), phase('pushes', 2, { 'status 502': 3 })];
  expect(loadTable(load, MEASURED.latency)).toContain('FAILED: status 502, 3 times');
  const measured = { ...MEASURED, load };
  expect(clusterTargets(measured)[2]).toMatchObject({ measured: 3, met: 'missed' });
});

test('the report is a page with the tables, and needs nothing else', () => {
  const html = clusterHtml({
    kind: 'cluster',
    date: '2030-01-02T03:04:05.000Z',
    machine: '2 x <processor>',
    versions: { propylon: '1.2.3' },
    busyBefore: 0.5,
    options: {
      nodes: 3,
      apis: 100,
      routes: 10_000,
      pushes: 100,
      every: 500,
      rate: 3000,
      rounds: 3,
      connections: 64,
    },
    ...MEASURED,
    targets: clusterTargets(MEASURED),
  });
  expect(html).toContain('2 x &#60;processor&#62;');
  expect(html).toContain('distrust the numbers');
  expect(html).toContain(pushTable(MEASURED.pushes));
  expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script|NaN|undefined/);
});

test('its options are its own, and exclude the other benches', () => {
  const options = parseOptions(['--cluster', '--nodes', '2', '--rate', '100']);
  expect(options).toMatchObject({ kind: 'cluster', cluster: { nodes: 2, rate: 100, pushes: 200 } });
  expect(() => parseOptions(['--cluster', '--micro'])).toThrow('--micro and --cluster exclude each other');
  expect(() => parseOptions(['--cluster', '--apis', '0'])).toThrow('--apis');
  expect(() => parseOptions(['--cluster', '--compare', 'old.json'])).toThrow('load bench');
});
