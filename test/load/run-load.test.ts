/** The load generator against servers that answer, stall, lie and leave. From dist/: threads need JavaScript. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type LoadPlan, type LoadRequest, requestBytes } from '../../dist/load/plan.js';
import { CannotConnect, startLoad } from '../../dist/load/run-load.js';
import type { LoadResult } from '../../dist/load/tally.js';

const servers: (Server | TcpServer)[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const http = (listener: RequestListener): Promise<number> => listen(createServer(listener));

/** Answers every read with these bytes. */
const raw = (answer: string, then: (socket: Socket) => void = () => {}): Promise<number> =>
  listen(
    createTcpServer((socket) =>
      socket.on('data', () => {
        socket.write(Buffer.from(answer, 'latin1'));
        then(socket);
      }),
    ),
  );

function request(
  expect: LoadRequest['expect'] = {},
  method = 'GET',
  body: Uint8Array | null = null,
): LoadRequest {
  const bytes = requestBytes({ method, path: '/', authority: 'localhost', headers: [], body });
  return { name: method, weight: 1, method, bytes, expect };
}

const closed = (maxRequests: number): LoadPlan['pace'] => ({
  kind: 'closed',
  durationMs: 10_000,
  maxRequests,
});
const open = (rate: number, durationMs: number): LoadPlan['pace'] => ({
  kind: 'open',
  arrivals: 'constant',
  stages: [{ from: rate, to: rate, durationMs }],
});

const planFor = (port: number, plan: Partial<LoadPlan>): LoadPlan => ({
  target: { secure: false, host: '127.0.0.1', port, verify: true },
  requests: [request()],
  pace: closed(20),
  warmUpMs: 0,
  connections: 2,
  threads: 1,
  timeoutMs: 5000,
  ...plan,
});

function load(port: number, plan: Partial<LoadPlan>): Promise<LoadResult> {
  return startLoad(planFor(port, plan)).result;
}

/** Ended from outside when so many seconds have passed. */
function interrupted(port: number, plan: Partial<LoadPlan>, seconds: number): Promise<LoadResult> {
  const running = startLoad(planFor(port, plan), ({ second }) => {
    if (second + 1 === seconds) running.stop();
  });
  return running.result;
}

const UNANSWERED = 'no answer when the run ended';

describe('a closed loop', () => {
  test('asks as often as it should, over as many connections, on several threads', async () => {
    const remotes = new Set<number | undefined>();
    const port = await http((req, res) => {
      remotes.add(req.socket.remotePort);
      res.end('hello');
    });
    const result = await load(port, { pace: closed(101), connections: 7, threads: 3 });
    expect(result).toMatchObject({
      requests: 101,
      failed: 0,
      statuses: { 200: 101 },
      failures: {},
      opened: 7,
    });
    expect(remotes.size).toBe(7);
    expect(result.latency.count).toBe(101);
  });

  test('reads answers however they are framed and cut', async () => {
    const answers = [
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello',
    ];
    let turn = 0;
    const port = await listen(
      createTcpServer((socket) =>
        socket.on('data', async () => {
          const answer = answers[turn++ % answers.length] as string;
          for (const byte of Buffer.from(answer)) {
            socket.write(Buffer.of(byte));
            await new Promise((resolve) => setImmediate(resolve));
          }
          if (answer.includes('close')) socket.end();
        }),
      ),
    );
    const requests = [request({ status: 200, body: Buffer.from('hello') })];
    const result = await load(port, { requests, connections: 1, pace: closed(6) });
    expect(result).toMatchObject({ requests: 6, failed: 0, statuses: { 200: 6 } });
    expect(result.opened).toBe(2);
  });

  test('sends bodies, and expects none in answer to HEAD', async () => {
    const seen: string[] = [];
    const port = await http((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        seen.push(`${req.method} ${body.length}`);
        res.setHeader('Content-Length', 4);
        res.end(req.method === 'HEAD' ? undefined : 'done');
      });
    });
    const requests = [request({}, 'POST', Buffer.alloc(300_000, 'x')), request({}, 'HEAD')];
    const result = await load(port, { requests, connections: 1, pace: closed(4) });
    expect(result.failed).toBe(0);
    expect(seen.sort()).toEqual(['HEAD 0', 'HEAD 0', 'POST 300000', 'POST 300000']);
    expect(result.byRequest.map(({ name, requests }) => [name, requests])).toEqual([
      ['POST', 2],
      ['HEAD', 2],
    ]);
  });

  const wrong: [string, () => Promise<number>, LoadRequest['expect'], RegExp][] = [
    ['an error status', () => raw('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'), {}, /^status 503$/],
    [
      'another status than asked for',
      () => raw('HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n'),
      { status: 200 },
      /^status 201$/,
    ],
    [
      'another body',
      () => raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhullo'),
      { body: Buffer.from('hello') },
      /^another body$/,
    ],
    [
      'a longer body',
      () => raw('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!'),
      { body: Buffer.from('hello') },
      /^another body$/,
    ],
    [
      'an empty body',
      () => raw('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
      { body: Buffer.from('hello') },
      /^another body$/,
    ],
    [
      'bytes behind an answer',
      () => raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhixx'),
      {},
      /^bytes behind an answer$/,
    ],
    ['what is not HTTP', () => raw('220 smtp ready\r\n'), {}, /^not HTTP: /],
    [
      'two lengths',
      () => raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!'),
      {},
      /^not HTTP: /,
    ],
    ['a closed connection', () => raw('', (socket) => socket.end()), {}, /^connection closed$/],
    [
      'half an answer',
      () => raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi', (socket) => socket.end()),
      {},
      /^connection closed$/,
    ],
    ['a reset', () => raw('', (socket) => socket.resetAndDestroy()), {}, /^connection reset$/],
  ];
  test.each(wrong)('counts %s as failed', async (_name, start, expectation, failure) => {
    const result = await load(await start(), {
      requests: [request(expectation)],
      connections: 1,
      pace: closed(2),
    });
    expect(result.requests).toBe(2);
    expect(result.failed).toBe(2);
    expect(Object.keys(result.failures)).toEqual([expect.stringMatching(failure)]);
  });

  test('ends at its time, without what has waited for a moment then', async () => {
    const port = await http(() => {});
    const result = await load(port, { pace: { kind: 'closed', durationMs: 200 } });
    expect(result).toMatchObject({ requests: 0, failed: 0, interrupted: false });
  });

  test('counts as failed what hangs at its end, and when it is told to end', async () => {
    let requests = 0;
    const port = await http((_req, res) => {
      if (++requests > 1) setTimeout(() => res.end('hello'), 20);
    });
    const ended = await load(port, { pace: { kind: 'closed', durationMs: 1500 } });
    requests = 0;
    const told = await interrupted(port, { pace: { kind: 'closed', durationMs: 60_000 } }, 2);
    for (const result of [ended, told]) {
      expect(result).toMatchObject({ failed: 1, failures: { [UNANSWERED]: 1 } });
      expect(result.requests).toBe((result.statuses[200] ?? 0) + 1);
      expect(result.latency.max).toBeGreaterThan(1400);
    }
    expect([ended.interrupted, told.interrupted]).toEqual([false, true]);
  });
});

describe('an open loop', () => {
  test('keeps its rate, and tells every second of it', async () => {
    const port = await http((_req, res) => res.end('hello'));
    const result = await load(port, { pace: open(400, 1500), connections: 8, threads: 2 });
    expect(result).toMatchObject({ requests: 600, failed: 0 });
    // The last of 600 is due 599 intervals after the first.
    expect(result.seconds).toBeGreaterThanOrEqual(599 / 400);
    expect(result.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBe(600);
    expect(result.timeline[0]?.second).toBe(0);
  });

  test('counts what requests wait for a server that stalls, though none was sent meanwhile', async () => {
    // One connection, and its second request is answered half a second late: everything due in between waits.
    let number = 0;
    const port = await http((_req, res) => {
      if (++number === 2) setTimeout(() => res.end('late'), 500);
      else res.end('hello');
    });
    const result = await load(port, { pace: open(100, 1000), connections: 1 });
    expect(result).toMatchObject({ requests: 100, failed: 0 });
    // 50 arrivals wait for 500, 490, 480, ... ms: a generator that omits them would report one slow request of 100.
    expect(result.latency.percentile(75)).toBeGreaterThan(200);
    expect(result.latency.percentile(90)).toBeGreaterThan(350);
    expect(result.latency.max).toBeGreaterThan(490);
    // None of that was the generator's own fault.
    expect(result.lateness.count).toBeLessThan(60);
  });

  test('gives up on what is not answered in time, and on what could not even be sent', async () => {
    const port = await http(() => {});
    const result = await load(port, { pace: open(50, 1000), connections: 2, timeoutMs: 300 });
    expect(result).toMatchObject({ requests: 50, failed: 50, statuses: {} });
    expect(Object.keys(result.failures).sort()).toEqual(['no answer in time', 'not sent in time']);
    expect(result.latency.min).toBeGreaterThanOrEqual(300);
  });

  test('leaves the warm-up out of the result', async () => {
    let answered = 0;
    const port = await http((_req, res) => {
      answered++;
      res.end();
    });
    const result = await load(port, { pace: open(100, 500), warmUpMs: 500 });
    expect(answered).toBe(100);
    expect(result).toMatchObject({ requests: 50, statuses: { 200: 50 } });
  });

  test('opens connections again that a server closed', async () => {
    const port = await http((_req, res) => {
      res.setHeader('Connection', 'close');
      res.end('bye');
    });
    const result = await load(port, { pace: open(100, 500) });
    expect(result).toMatchObject({ requests: 50, failed: 0 });
    expect(result.opened).toBeGreaterThan(40);
  });

  test('ends when it is told to, with what it has so far', async () => {
    let stop = (): void => {};
    const port = await http((_req, res) => {
      res.end();
      stop();
    });
    const running = startLoad(planFor(port, { pace: open(50, 60_000), threads: 2 }));
    stop = () => running.stop();
    const result = await running.result;
    expect(result.interrupted).toBe(true);
    expect(result.seconds).toBeLessThan(30);
  });

  test('counts as failed what a stalled server kept waiting when it is told to end, sent or not', async () => {
    let requests = 0;
    const port = await http((_req, res) => {
      if (++requests <= 20) res.end('hello');
      else if (requests === 21) setTimeout(() => res.end('late'), 1500);
    });
    const result = await interrupted(port, { pace: open(100, 60_000) }, 3);
    expect(result.statuses).toEqual({ 200: 21 });
    // Due between 0.2 s and 2 s: 180 of them, of which three were sent and one was answered.
    expect(result.failures[UNANSWERED]).toBeGreaterThan(170);
    expect(result.failed).toBe(result.failures[UNANSWERED]);
    expect(result.latency.percentile(99)).toBeGreaterThan(2500);
    expect(result.latency.percentile(50)).toBeGreaterThan(1000);
  });

  test('blames no server that is slow but well for what is under way when it is told to end', async () => {
    let requests = 0;
    const port = await http((_req, res) => {
      setTimeout(() => res.end('hello'), ++requests === 1 ? 1900 : 1500);
    });
    const result = await interrupted(port, { pace: open(10, 60_000), connections: 40 }, 3);
    expect(result).toMatchObject({ failed: 0, interrupted: true });
    expect(result.requests).toBeGreaterThan(5);
  });
});

describe('over TLS', () => {
  const fixture = (name: string): Buffer =>
    readFileSync(new URL(`../upstream/fixtures/${name}`, import.meta.url));
  const secure = async (): Promise<number> =>
    await listen(
      createSecureServer(
        { key: fixture('self-signed.key'), cert: fixture('self-signed.crt') },
        (req, res) => {
          req.resume();
          res.end('x'.repeat(100_000));
        },
      ),
    );
  const target = (port: number, verify: boolean) => ({ secure: true, host: '127.0.0.1', port, verify });

  test('whole answers arrive', async () => {
    const port = await secure();
    const requests = [request({ status: 200, body: Buffer.alloc(100_000, 'x') })];
    const result = await load(port, { target: target(port, false), requests });
    expect(result).toMatchObject({ requests: 20, failed: 0, opened: 2 });
  });

  test('a certificate nobody vouches for is refused, unless any will do', async () => {
    const port = await secure();
    await expect(load(port, { target: target(port, true) })).rejects.toThrow(/cannot connect: [A-Z_]+/);
  });
});

test('a target nobody listens on is an error that says so', async () => {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  await expect(load(port, {})).rejects.toThrow(
    `no connection to 127.0.0.1:${port} can be opened: connection refused`,
  );
  await expect(load(port, {})).rejects.toBeInstanceOf(CannotConnect);
});
