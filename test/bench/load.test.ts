/** The load bench must not be believed when what it measured was not the right answer. */
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { closedLoop, type LoadResult } from '../../bench/load/client.js';
import { parseWrk } from '../../bench/load/generator.js';
import { Child, freePorts } from '../../bench/load/processes.js';
import { type Row, scenarioTable } from '../../bench/load/result-table.js';
import { sameSize } from '../../bench/load/run.js';
import { BODY, SCENARIOS, type Scenario } from '../../bench/load/scenarios.js';
import { parseOptions } from '../../bench/options.js';
import { median } from '../../bench/report.js';

const [small, browser] = SCENARIOS as [Scenario, Scenario];

const servers: TcpServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: TcpServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function verify(listener: RequestListener, requests = 20): Promise<LoadResult> {
  const server = createServer(listener);
  const port = await listen(server);
  const result = await closedLoop({ port, scenario: small, connections: 2, requests });
  server.closeAllConnections();
  return result;
}

describe('the verifying client', () => {
  test('counts right answers and their bytes', async () => {
    const result = await verify((_request, response) =>
      response.writeHead(200, { 'Content-Length': 60 }).end(BODY),
    );
    expect(result.requests).toBe(20);
    expect(result.wrong).toEqual({});
    expect(result.bytes % 20).toBe(0);
    expect(result.p99).toBeGreaterThanOrEqual(result.p50);
  });

  test('sends every header of its scenario', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(...request.rawHeaders.filter((_, i) => i % 2 === 0));
      response.writeHead(200, { 'Content-Length': 60 }).end(BODY);
    });
    const port = await listen(server);
    await closedLoop({ port, scenario: browser, connections: 1, requests: 1 });
    server.closeAllConnections();
    expect(seen).toEqual(['Host', ...browser.headers.map(([name]) => name)]);
  });

  const wrongAnswers: [string, RequestListener, Record<string, number>][] = [
    [
      'an error with the right body',
      (_, r) => r.writeHead(404, { 'Content-Length': 60 }).end(BODY),
      { 'status 404': 6 },
    ],
    ['a redirect', (_, r) => r.writeHead(302, { 'Content-Length': 60 }).end(BODY), { 'status 302': 6 }],
    [
      'another body of the same length',
      (_, r) => r.writeHead(200, { 'Content-Length': 60 }).end('x'.repeat(60)),
      { body: 6 },
    ],
    ['an empty body', (_, r) => r.writeHead(200, { 'Content-Length': 0 }).end(), { body: 6 }],
    ['no length', (_, r) => r.writeHead(200).end(BODY), { 'no HTTP/1.1 answer with a Content-Length': 2 }],
    ['a closed connection', (request) => request.socket.destroy(), { 'connection closed': 2 }],
  ];
  test.each(wrongAnswers)('reports %s', async (_name, listener, wrong) => {
    expect((await verify(listener, 6)).wrong).toEqual(wrong);
  });

  test('reports bytes behind an answer', async () => {
    const port = await listen(
      createTcpServer((socket) =>
        socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n${BODY}HTTP`)),
      ),
    );
    const result = await closedLoop({ port, scenario: small, connections: 1, requests: 2 });
    expect(result.wrong).toEqual({ 'more bytes than one answer': 1 });
  });

  test('reports a port where nobody listens', async () => {
    const [port = 0] = await freePorts(1);
    const result = await closedLoop({ port, scenario: small, connections: 1, requests: 2 });
    expect(Object.keys(result.wrong)[0]).toMatch(/ECONNREFUSED/);
    expect(result.requests).toBe(0);
  });
});

describe('the result of wrk', () => {
  const line = (more: string): string =>
    `Running 1s test\nRESULT {"requests":1000,"micros":2000000,"bytes":160000,"p50":1500,"p99":9000,${more}}\nDone\n`;

  test('is read in seconds and milliseconds', () => {
    const output = line('"status":0,"connect":0,"read":0,"write":0,"timeout":0');
    expect(parseWrk(output)).toEqual({
      requests: 1000,
      seconds: 2,
      bytes: 160_000,
      p50: 1.5,
      p99: 9,
      wrong: {},
    });
  });

  test('holds what went wrong', () => {
    const output = line('"status":3,"connect":0,"read":2,"write":0,"timeout":1');
    expect(parseWrk(output).wrong).toEqual({ 'status from 400 on': 3, read: 2, timeout: 1 });
  });

  test('is an error when there is none', () => {
    expect(() => parseWrk('unable to connect')).toThrow('unable to connect');
  });
});

test('answers of another size than the verified ones are noticed', () => {
  const result = (requests: number, bytes: number): LoadResult => ({
    requests,
    bytes,
    seconds: 1,
    p50: 1,
    p99: 1,
    wrong: {},
  });
  const verified = result(500, 500 * 160);
  expect(() => sameSize(result(100_000, 100_000 * 160 + 900), verified, 64)).not.toThrow();
  expect(() => sameSize(result(100_000, 100_000 * 140), verified, 64)).toThrow(
    /140\.0 bytes on average.*160\.0/,
  );
  expect(() => sameSize(result(100_000, 100_000 * 160 + 2000 * 300), verified, 64)).toThrow();
});

test('the CPU time of a process includes that of its children', async () => {
  const busy = 'const end = process.cpuUsage(); while (process.cpuUsage(end).user < 3e5);';
  const child = new Child('busy', process.execPath, [
    '-e',
    `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${busy} setInterval(() => {}, 1e6)`)}]).on('exit', () => {});`,
  ]);
  const before = child.cpuMicros();
  try {
    await expect.poll(() => child.cpuMicros() - before, { timeout: 15_000 }).toBeGreaterThan(300_000);
  } finally {
    child.killTree();
  }
  await expect(child.finished()).rejects.toThrow('busy failed');
});

test('a process that fails at its start is reported with what it wrote', async () => {
  const child = new Child('broken', process.execPath, [
    '-e',
    'console.error("no such thing"); process.exit(3)',
  ]);
  await expect(child.listening(async () => false)).rejects.toThrow(
    /broken ended at its start:\nno such thing/,
  );
});

describe('the table', () => {
  const row = (
    name: string,
    speeds: number[],
    cpu: number | null,
    isNodePeer = false,
    problem = '',
  ): Row => ({
    name,
    isNodePeer,
    problem,
    rounds: speeds.map((requestsPerSecond) => ({
      requestsPerSecond,
      p50: 1,
      p99: 2,
      cpuPerRequest: cpu,
      requests: 1,
    })),
  });

  test('shows medians, ratios to nginx and to the best Node peer, and raw values', () => {
    const text = scenarioTable([
      row('direct', [200], null),
      row('nginx', [100, 90, 110], 10),
      row('propylon', [50, 20, 80], 12),
      row('slow', [10], 60, true),
      row('quick', [25], 40, true),
    ]);
    const lines = text.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(lines[0]).toEqual([
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU us/req',
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
      '0.50',
      '1.20',
      '2.00',
      '0.30',
      '50 20 80',
      '12.0 12.0 12.0',
    ]);
  });

  test('shows no number of a variant that answered wrongly', () => {
    const text = scenarioTable([
      row('nginx', [100], 10),
      row('propylon', [99_999], 1, false, 'wrong answers: status 404'),
    ]);
    expect(text).not.toContain('99999');
    expect(text).toContain('propylon: INVALID, wrong answers: status 404');
  });
});

test('the median is the middle value, or between the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test.each([
  [['--rounds', '0'], /--rounds takes a whole number from 1 on, not '0'/],
  [['--duration', 'x'], /--duration/],
  [['--load', '--micro'], /exclude/],
  [['--nope'], /--nope/],
])('the options %j are refused', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
