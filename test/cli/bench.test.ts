import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/bench-text.js';
import { propylon, Running } from './propylon.js';

const seen: string[] = [];
const server = createServer((req, res) => {
  let body = '';
  req.on('data', (chunk) => {
    body += chunk;
  });
  req.on('end', () => {
    seen.push(`${req.method} ${req.url} ${req.headers['x-own'] ?? ''} ${body}`.trim());
    res.writeHead(req.url === '/broken' ? 500 : 200);
    res.end('hello');
  });
});
let url = '';
const folder = mkdtempSync(join(tmpdir(), 'propylon-bench-'));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => propylon(['bench', ...args], { cwd: folder });
const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const SHORT = ['--duration', '500ms', '--warm-up', '0', '--connections', '4'];

describe('propylon bench', () => {
  it('explains itself, with examples', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: propylon bench [options] <target>');
    expect(stdout).toContain('Examples:\n  propylon bench http');
  });

  it('sends at a rate, and prints what came of it', async () => {
    const { code, stdout, stderr } = await run(`${url}/pets?a=1`, '--rate', '100', ...SHORT);
    expect(code).toBe(0);
    expect(stderr).toBe(`${url}/pets?a=1: 100 requests/s (constant) for 500ms, 4 connections, 1 thread\n`);
    expect(stdout).toMatch(/requests {4}50 in 0\.\d s/);
    expect(stdout).toMatch(/failed {6}0\n/);
    expect(stdout).toContain('statuses    200: 50\n');
    for (const label of ['p50', 'p99', 'p99.99', 'max'])
      expect(stdout).toMatch(new RegExp(`^${label} .* m?s$`, 'm'));
    expect(seen).toContain('GET /pets?a=1');
  });

  it('sends method, header and body, and checks status and body', async () => {
    const request = ['--method', 'PUT', '--header', 'X-Own: 7', '--body', 'abc'];
    const good = await run(
      `${url}/pet`,
      '--rate',
      '20',
      ...SHORT,
      ...request,
      '--expect-status',
      '200',
      '--expect-body',
      'hello',
    );
    expect(good.stdout).toMatch(/failed {6}0\n/);
    expect(seen).toContain('PUT /pet 7 abc');
    const bad = await run(`${url}/pet`, '--rate', '20', ...SHORT, ...request, '--expect-body', 'hullo');
    expect(bad.stdout).toMatch(/failed {6}10 \(100 %\)\n {12}another body: 10\n/);
  });

  it('ends with 0 when thresholds are met and with 1 when one is broken', async () => {
    const thresholds = ['--threshold', 'errors<1%', '--threshold', 'p99<10s'];
    const met = await run(`${url}/pets`, '--rate', '20', ...SHORT, ...thresholds);
    expect(met.code).toBe(0);
    expect(met.stdout).toContain('met     errors<1%: 0.000 %\n');
    const broken = await run(`${url}/broken`, '--rate', '20', ...SHORT, ...thresholds);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('status 500: 10');
    expect(broken.stdout).toContain('BROKEN  errors<1%: 100.000 %\n');
  });

  it('prints one JSON document with percentiles, seconds and thresholds', async () => {
    const { stdout } = await run(`${url}/pets`, '--rate', '40', ...SHORT, '--json', '--threshold', 'p50<9s');
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      requests: 20,
      failed: 0,
      statuses: { 200: 20 },
      interrupted: false,
      thresholds: [{ threshold: 'p50<9s', met: true }],
    });
    expect(result.latency.p50).toBeGreaterThan(0);
    expect(result.timeline[0]).toMatchObject({ second: 0, requests: 20 });
  });

  it('runs a scenario: several requests by weight, a ramp, thresholds; flags win over it', async () => {
    put('order.json', '{"sku": "A"}');
    put(
      'scenario.yaml',
      `target: ${url}
connections: 2
warmUp: 0
headers: { X-Own: common }
requests:
  - { path: /often, weight: 3 }
  - { name: order, method: POST, path: /orders, body: "@order.json", expect: { status: 200, body: hello } }
stages:
  - { from: 0, to: 80, duration: 500ms }
  - { rate: 80, duration: 250ms }
thresholds: ["errors<0.1%"]
`,
    );
    const { code, stdout, stderr } = await run('scenario.yaml');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${url}, 2 kinds of requests: 0-80, 80 requests/s (constant) for 750ms, 2 connections, 1 thread\n`,
    });
    expect(stdout).toContain('statuses    200: 40\n');
    expect(stdout).toMatch(/latency {2,}GET \/often {2,}order\n/);
    expect(stdout).toContain('met     errors<0.1%');
    expect(seen.filter((text) => text === 'POST /orders common {"sku": "A"}').length).toBe(10);
    const again = await run(
      'scenario.yaml',
      '--rate',
      '20',
      '--duration',
      '500ms',
      '--threshold',
      'rate>1000',
    );
    expect(again.stdout).toContain('statuses    200: 10\n');
    expect(again.code).toBe(1);
  });

  it('ends on Ctrl-C with the results so far', async () => {
    const count = seen.length;
    const running = new Running([
      'bench',
      `${url}/long`,
      '--rate',
      '200',
      '--duration',
      '1h',
      '--warm-up',
      '0',
    ]);
    await expect.poll(() => seen.length, { timeout: 15_000 }).toBeGreaterThan(count + 20);
    running.process.kill('SIGINT');
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    expect(stdout).toContain('Ended before its time.');
    expect(stdout).toMatch(/statuses {4}200: \d+/);
  });

  it('ends on Ctrl-C with thresholds broken by what a stalled server keeps waiting', async () => {
    let requests = 0;
    const stalling = createServer((_req, res) => {
      if (++requests <= 20) res.end('hello');
    });
    await new Promise<void>((resolve) => stalling.listen(0, '127.0.0.1', resolve));
    const { port } = stalling.address() as AddressInfo;
    const pace = ['--rate', '100', '--duration', '1h', '--warm-up', '0', '--connections', '160'];
    const running = new Running([
      'bench',
      `http://127.0.0.1:${port}/`,
      ...pace,
      ...['--threshold', 'p99<1s', '--threshold', 'errors<1%'],
    ]);
    // The 21st request has waited for more than a second when the 160th has come.
    await expect.poll(() => requests, { timeout: 15_000 }).toBeGreaterThanOrEqual(160);
    running.process.kill('SIGINT');
    const { code, stdout } = await running.finished;
    stalling.closeAllConnections();
    stalling.close();
    expect(code).toBe(1);
    expect(stdout).toMatch(/no answer when the run ended: \d+/);
    expect(stdout).toMatch(/BROKEN {2}p99<1s/);
    expect(stdout).toMatch(/BROKEN {2}errors<1%/);
  });

  it('shows no second beyond the last one of the plan while late answers come', () => {
    const second = { second: 9, requests: 1, failed: 0, p50: 1, p99: 1, max: 1 };
    expect(progressLine(second, 9000)).toMatch(/^9 of 9 s /);
    expect(progressLine({ ...second, second: 3 }, 9000)).toMatch(/^4 of 9 s /);
  });

  it('says in one line when nobody listens', async () => {
    const { code, stdout, stderr } = await run('http://127.0.0.1:1/', '--duration', '1s');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('propylon: no connection to 127.0.0.1:1 can be opened: connection refused\n');
  });

  it('tells everything that is wrong with its arguments at once', async () => {
    const { code, stderr } = await run(
      ...[
        'http://127.0.0.1:1/',
        '--rate',
        'many',
        '--duration',
        '0',
        '--connections',
        '0',
        '--method',
        'get',
      ],
      ...[
        '--header',
        'nonsense',
        '--threshold',
        'p99<50',
        '--body',
        '@missing.json',
        '--expect-status',
        '99',
      ],
    );
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'propylon: methods are written in upper case: GET, not get',
      `propylon: --header must be written 'Name: value' on one line, not "nonsense"`,
      'propylon: --body @missing.json cannot be read: there is no such file',
      'propylon: --expect-status must be a whole number from 200 to 599, not "99"',
      'propylon: --duration must be a time from 100ms to 24h such as 30, 30s, 500ms or 5m, not "0"',
      'propylon: --rate must be a number of requests per second, up to 1000000, not "many"',
      'propylon: --connections must be a whole number from 1 to 50000, not "0"',
      'propylon: --threshold must give a time with its unit, as in p99<50ms',
    ]);
  });

  it.each([
    ['localhost:8080/pets', [], 'a URL begins with http://, as in http://localhost:8080/pets'],
    ['http://user:secret@127.0.0.1/', [], 'without user'],
    ['http://127.0.0.1/', ['--arrivals', 'poisson'], '--arrivals goes with a rate'],
    ['missing.yaml', [], 'cannot read the scenario missing.yaml: there is no such file'],
    ['missing.yaml', ['--method', 'POST'], '--method goes with a URL'],
  ])('refuses %s %j', async (target, flags, message) => {
    const { code, stderr } = await run(target, ...flags);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  it('refuses stages that send nothing, and a duration in their place without a rate', async () => {
    put('zero.yaml', `target: ${url}\nrequests: [{ path: /zero }]\nstages:\n  - { rate: 0, duration: 1s }\n`);
    const zero = await run('zero.yaml');
    expect(zero.code).toBe(1);
    expect(zero.stderr).toBe(
      'propylon: zero.yaml:4:5: stages[0]: one of the stages at least must have a rate of more than 0\n',
    );
    put(
      'steady.yaml',
      `target: ${url}\nrequests: [{ path: /zero }]\nstages:\n  - { rate: 9, duration: 1s }\n`,
    );
    const replaced = await run('steady.yaml', '--duration', '200ms');
    expect(replaced.code).toBe(1);
    expect(replaced.stderr).toBe(
      'propylon: --duration alone cannot replace stages, and the file has stages: say --rate too\n',
    );
    expect(seen.some((text) => text.includes('/zero'))).toBe(false);
  });

  it('tells line and column of what is wrong in a scenario', async () => {
    put('bad.yaml', 'target: http://127.0.0.1:1\nrequest: []\nrequests:\n  - { wieght: 3 }\nstages: []\n');
    expect((await run('bad.yaml')).stderr.trim().split('\n')).toEqual([
      'propylon: bad.yaml:2:1: the key request is not known (did you mean requests?)',
      'propylon: bad.yaml:4:7: the key wieght is not known in requests[0] (did you mean weight?)',
      'propylon: bad.yaml:5:9: stages must be a list with at least one entry',
    ]);
    put(
      'worse.yaml',
      'target: http://127.0.0.1:1\nrequests:\n  - { path: pets, weight: 0 }\nstages:\n  - { from: 1, duration: 1s }\n  - { rate: 5 }\n',
    );
    expect((await run('worse.yaml')).stderr.trim().split('\n')).toEqual([
      'propylon: worse.yaml:3:13: requests[0].path: the path must begin with a slash, as in /pets, not "pets"',
      'propylon: worse.yaml:3:27: requests[0].weight must be a whole number from 1 to 1000000, not "0"',
      'propylon: worse.yaml:5:5: stages[0] must have a rate, or from and to for a ramp',
      'propylon: worse.yaml:6:5: stages[1] has no duration',
    ]);
  });
});
