/** What the bench says of its numbers: tables, targets, comparisons, and the page. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare, readReport } from '../../bench/compare.js';
import { htmlReport } from '../../bench/html/report.js';
import type { LoadReport, OpenRound, Row, ScenarioResult } from '../../bench/load/results.js';
import { scenarioTable } from '../../bench/load/tables.js';
import { targetsOf } from '../../bench/load/targets.js';

interface RowParts {
  cpu?: number | null;
  peer?: boolean;
  problem?: string;
  p99?: number[];
}

function row(
  name: string,
  speeds: number[],
  { cpu = 10, peer = false, problem = '', p99 = [] }: RowParts = {},
): Row {
  return {
    name,
    isNodePeer: peer,
    problem,
    rounds: speeds.map((requestsPerSecond) => ({
      requestsPerSecond,
      p50: 1,
      p99: 2,
      cpuPerRequest: cpu,
      peakMemory: cpu === null ? null : 50e6,
      requests: 1,
    })),
    open: p99.map((value): OpenRound => openRound(50, value)),
    idle: [],
  };
}

function openRound(share: number, p99: number, overloaded = false): OpenRound {
  return {
    share,
    rate: 1000,
    answered: overloaded ? 600 : 1000,
    failed: 0,
    overloaded,
    latency: { p10: 0.1, p50: 0.2, p90: 0.5, p99, 'p99.9': p99 * 2, 'p99.99': p99 * 4, max: p99 * 5 },
    byRequest: [],
  };
}

const scenario = (name: string, rows: Row[], more: Partial<ScenarioResult> = {}): ScenarioResult => ({
  name,
  title: `what ${name} is <about>`,
  rows,
  skipped: [],
  ...more,
});

function report(scenarios: ScenarioResult[], more: Partial<LoadReport> = {}): LoadReport {
  return {
    kind: 'load',
    date: '2030-01-02T03:04:05.000Z',
    machine: '2 x <processor> & memory',
    versions: { propylon: '1.2.3', node: 'v20' },
    busyBefore: 0,
    options: { duration: 1, rounds: 3, connections: 64, full: false, generator: 'wrk' },
    scenarios,
    targets: targetsOf({ scenarios }),
    ...more,
  };
}

describe('the table', () => {
  test('shows medians, ratios to nginx and to the best Node peer, and raw values', () => {
    const text = scenarioTable(
      scenario('small', [
        row('direct', [200], { cpu: null }),
        row('nginx', [100, 90, 110], { cpu: 10 }),
        row('propylon', [50, 20, 80], { cpu: 12 }),
        row('slow', [10], { cpu: 60, peer: true }),
        row('quick', [25], { cpu: 40, peer: true }),
      ]),
    );
    const lines = text.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(lines[0]).toEqual([
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU us/req',
      'peak MB',
      'req/s : nginx',
      'CPU : nginx',
      'req/s : quick',
      'CPU : quick',
      'raw requests/s',
      'raw CPU us/req',
    ]);
    expect(lines[3]).toEqual([
      'propylon',
      '50',
      '1.00',
      '2.00',
      '12.0',
      '50',
      '0.50',
      '1.20',
      '2.00',
      '0.30',
      '50 20 80',
      '12.0 12.0 12.0',
    ]);
  });

  test('shows no number of a variant that answered wrongly, and why others are left out', () => {
    const text = scenarioTable(
      scenario(
        'small',
        [row('nginx', [100]), row('propylon', [99_999], { problem: 'wrong answers: status 404' })],
        {
          skipped: [{ name: 'haproxy', reason: 'HAProxy is not installed' }],
        },
      ),
    );
    expect(text).not.toContain('99999');
    expect(text).toContain('propylon: INVALID, wrong answers: status 404');
    expect(text).toContain('haproxy: left out, HAProxy is not installed');
  });

  test('shows no latency of a variant that fell behind', () => {
    const behind = row('propylon', [1]);
    behind.open.push(openRound(50, 1), openRound(50, 4000, true));
    const text = scenarioTable(scenario('small', [behind], { capacity: 2000 }));
    expect(text).toContain('fell behind: 800/s');
    expect(text).not.toContain('4000');
  });
});

describe('the targets', () => {
  test('are computed from medians, and said to be met, stretched or missed', () => {
    const targets = targetsOf({
      scenarios: [
        scenario('small', [
          row('nginx', [100], { cpu: 10, p99: [1] }),
          row('propylon', [90], { cpu: 15, p99: [0.9] }),
          row('http-proxy', [20], { peer: true }),
        ]),
        scenario('idle', [
          { ...row('propylon', []), idle: [{ connections: 10_000, before: 80e6, after: 180e6 }] },
        ]),
      ],
      matching: { few: 50, many: 54 },
    });
    const told = targets.map(({ measured, met }) =>
      met === undefined ? '' : `${met} ${measured?.toFixed(2)}`,
    );
    expect(told).toEqual([
      'target 0.90',
      '',
      'missed 1.50',
      'stretch 4.50',
      'stretch 0.90',
      '',
      '',
      '',
      'stretch 1.08',
      'missed 100.00',
    ]);
  });
});

describe('a comparison', () => {
  const run = (propylon: number[], nginx: number[]): LoadReport =>
    report([scenario('small', [row('nginx', nginx), row('propylon', propylon)])]);
  const verdict = (before: LoadReport, after: LoadReport): string | undefined =>
    compare(before, after).changes.find(
      ({ variant, metric }) => variant === 'propylon' && metric === 'requests/s',
    )?.verdict;

  test('tells better and worse from noise by what the rounds differ by', () => {
    const before = run([100, 101, 99], [200, 200, 200]);
    expect(verdict(before, run([110, 111, 109], [200, 200, 200]))).toBe('better');
    expect(verdict(before, run([90, 91, 89], [200, 200, 200]))).toBe('worse');
    expect(verdict(before, run([101, 100, 102], [200, 200, 200]))).toBe('noise');
    expect(verdict(before, run([110, 150, 90], [200, 200, 200]))).toBe('noise');
  });

  test('takes for noise what variants that did not change differ by, too', () => {
    const before = run([100, 100, 100], [200, 200, 200]);
    const after = run([110, 110, 110], [230, 230, 230]);
    expect(verdict(before, after)).toBe('noise');
    expect(compare(before, after).drift).toBeCloseTo(15);
    expect(compare(before, after).text).toMatch(/differ by between the two runs \(requests\/s: 15\.0 %\)/);
  });

  test('says when machine or load are not those of the earlier run', () => {
    const before = run([100], [100]);
    const { text } = compare(
      { ...before, machine: 'another', options: { ...before.options, duration: 9 } },
      before,
    );
    expect(text).toContain('Another machine: another');
    expect(text).toContain('Another duration');
  });
});

describe('the page', () => {
  const page = htmlReport(
    report(
      [
        scenario(
          'small',
          [row('nginx', [100, 120], { p99: [1, 2] }), row('propylon', [90, 95], { p99: [1.5] })],
          {
            capacity: 4000,
          },
        ),
        scenario('idle', [{ ...row('propylon', []), idle: [{ connections: 10, before: 1e6, after: 3e6 }] }]),
        scenario('empty', [row('propylon', [], { problem: 'did <not> start' })]),
      ],
      { busyBefore: 0.5 },
    ),
    compare(report([]), report([])),
  );

  test('is well formed: every element is closed in its turn, every text escaped', () => {
    const open: string[] = [];
    const empty = ['meta', 'rect', 'path', 'circle', 'path'];
    for (const [, end, name = '', attributes = '', self] of page
      .replace(/<!doctype html>|<style>[^<]*<\/style>/g, '')
      .matchAll(/<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g)) {
      if (end === '/') expect(open.pop()).toBe(name);
      else if (self !== '/' && name !== 'meta') open.push(name);
      if (self === '/') expect(empty).toContain(name);
      expect(attributes).not.toContain('NaN');
    }
    expect(open).toEqual([]);
    expect(page).toContain('&#60;processor&#62; &#38; memory');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('needs nothing from elsewhere, and no scripts', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
  });

  test('is readable in the light and in the dark', () => {
    expect(page).toContain('@media (prefers-color-scheme: dark)');
  });

  test('shows bars with their spread, latency curves, targets, and what is invalid', () => {
    expect(page.match(/class="spread"/g)?.length).toBe(2);
    expect(page).toContain('latency at 50 % load, 2,000 requests/s');
    expect(page).toMatch(/✗ missed|✓ target|✓ stretch/);
    expect(page).toContain('empty');
    expect(page).toContain('INVALID, did &#60;not&#62; start');
    expect(page).toContain('50 % busy');
  });
});

describe('npm run bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'propylon-bench-test-'));
  const main = 'dist-bench/bench/main.js';
  const file = (name: string): string => join(folder, name);
  beforeAll(() => {
    execFileSync('node_modules/.bin/tsc', ['-p', 'bench/tsconfig.json'], { stdio: 'inherit' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bench = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [main, ...args]);

  test('measures scenarios, verifies answers, and writes results and a page', {
    timeout: 60_000,
  }, async () => {
    const { stdout } = await bench(
      ...['--scenario', 'mock,upload-10k', '--only', 'propylon,bare mailbox', '--generator', 'own'],
      ...[
        '--rounds',
        '1',
        '--duration',
        '1',
        '--no-open',
        '--json',
        file('new.json'),
        '--html',
        file('new.html'),
      ],
    );
    expect(stdout).toContain('mock: GET answered by a MOCK');
    expect(stdout).not.toContain('INVALID');
    rmSync(/^Raw values: (.*)$/m.exec(stdout)?.[1] ?? '');
    const { scenarios } = readReport(file('new.json'));
    expect(scenarios.map(({ name, rows }) => [name, rows.map((one) => one.name)])).toEqual([
      ['upload-10k', ['propylon']],
      ['mock', ['bare mailbox', 'propylon']],
    ]);
    for (const [one] of scenarios.flatMap(({ rows }) => rows.map(({ rounds }) => rounds))) {
      expect(one?.requests).toBeGreaterThan(100);
      expect(one?.cpuPerRequest).toBeGreaterThan(0);
      expect(one?.peakMemory).toBeGreaterThan(1e7);
    }
    expect(readFileSync(file('new.html'), 'utf8')).toContain('</html>');
  });

  test('compares two files without a run, and refuses what is no result', async () => {
    writeFileSync(file('old.json'), JSON.stringify(report([scenario('small', [row('propylon', [100])])])));
    writeFileSync(file('later.json'), JSON.stringify(report([scenario('small', [row('propylon', [120])])])));
    const { stdout } = await bench('--compare', file('old.json'), '--with', file('later.json'));
    expect(stdout).toMatch(/small, propylon +requests\/s +100 +120 +\+20\.0 % +±2\.0 % +better/);
    writeFileSync(file('other.json'), '{}');
    await expect(bench('--compare', file('other.json'))).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no results of the load bench'),
    });
  });
});
