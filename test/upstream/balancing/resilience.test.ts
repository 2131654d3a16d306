/** What becomes of requests and targets when targets fail, through real servers. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STREAMED } from '../../../src/upstream/upstream.js';
import { type RawServer, type Respond, response } from '../support/raw-server.js';
import { until } from '../support/recording.js';
import { addressOf, Bench, bodies, counted, deadAddress, send, start } from './support.js';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

const UNAVAILABLE = response('down', '', '503 Service Unavailable');

/** Fails as long as it is told to. */
async function fragile(how: Respond): Promise<{ server: RawServer; address: string; failing: boolean }> {
  const name = String(bench.servers.length);
  const state = { failing: true };
  const server = await bench.server((socket, request) => {
    if (state.failing) how(socket, request);
    else socket.write(response(name));
  });
  return Object.assign(state, { server, address: addressOf(server) });
}

const busy: Respond = (socket) => socket.write(UNAVAILABLE);
const reset: Respond = (socket: Socket) => socket.resetAndDestroy();

describe('a request is tried again', () => {
  test('at another target when there is no connection, whatever its method and however often that happens', async () => {
    const targets = [await deadAddress(), ...(await bench.targets(3))];
    const upstream = bench.upstream({ targets, retry: { attempts: 2 } });
    const found = await bodies(upstream, 80, { method: 'POST', body: 'x' });
    expect(Object.keys(counted(found))).toEqual(['0', '1', '2']);
    expect(bench.servers.map(({ requests }) => requests.length).reduce((a, b) => a + b)).toBe(80);
  });

  test('with a streamed body, of which nobody has taken anything', async () => {
    const targets = [await deadAddress(), ...(await bench.targets(1))];
    const upstream = bench.upstream({ targets, retry: { attempts: 2 } });
    for (let i = 0; i < 4; i++) {
      const { call, recording } = start(upstream, { method: 'POST', body: STREAMED, bodyLength: 6 });
      call.write(Buffer.from('abc'));
      call.write(Buffer.from('def'));
      call.end();
      await recording.finished;
      expect(recording.body).toBe('0');
    }
    expect(bench.servers[0]?.requests.map(({ body }) => body)).toEqual(Array(4).fill('abcdef'));
  });

  test('with as much of a streamed body as came before it was known that there is no connection', async () => {
    const targets = [await deadAddress(), ...(await bench.targets(1))];
    const upstream = bench.upstream({ targets, retry: { attempts: 2 } });
    const part = Buffer.alloc(300_000, 'abcdefghij');
    for (let i = 0; i < 4; i++) {
      const { call, recording } = start(upstream, { method: 'POST', body: STREAMED, bodyLength: 1_500_000 });
      for (let written = 0; written < 1_500_000; written += part.length) call.write(Buffer.from(part));
      call.end();
      await recording.finished;
      expect(recording.body).toBe('0');
    }
    expect(bench.servers[0]?.requests.map(({ body }) => body.length)).toEqual(Array(4).fill(1_500_000));
  });

  test('after an answer with a status that is named, and the caller sees one answer', async () => {
    const first = await fragile(busy);
    const targets = [first.address, ...(await bench.targets(1))];
    const upstream = bench.upstream({ targets, retry: { on: [503] } });
    expect(counted(await bodies(upstream, 10))).toEqual({ 1: 10 });
    expect(first.server.requests.length).toBe(5);
    // The answers that nobody saw have left their connection in use.
    expect(first.server.accepted()).toBe(1);
  });

  test('after a long answer nobody sees, which is not read to its end', async () => {
    const first = await bench.server((socket) => {
      socket.write('HTTP/1.1 503 No\r\nContent-Length: 100000000\r\n\r\nbeginning');
    });
    const upstream = bench.upstream({
      targets: [addressOf(first), ...(await bench.targets(1))],
      retry: { on: [503] },
    });
    expect(await bodies(upstream, 2)).toEqual(['1', '1']);
    await until(() => first.open() === 0);
  });

  test('after its connection was lost, if that is named and the method is idempotent', async () => {
    const first = await fragile(reset);
    const targets = [first.address, ...(await bench.targets(1))];
    const upstream = bench.upstream({ targets, retry: { on: ['reset'] } });
    expect(counted(await bodies(upstream, 4, { method: 'PUT', body: 'x' }))).toEqual({ 1: 4 });
  });

  test('whatever its method when the settings say so', async () => {
    const first = await fragile(busy);
    const targets = [first.address, ...(await bench.targets(1))];
    const upstream = bench.upstream({ targets, retry: { on: [503], nonIdempotent: true } });
    expect(counted(await bodies(upstream, 4, { method: 'POST', body: 'x' }))).toEqual({ 1: 4 });
  });
});

describe('a request is not tried again', () => {
  for (const [what, how] of [
    ['answered', busy],
    ['lost', reset],
  ] as const) {
    test(`once it was sent and is not idempotent, when it was ${what}`, async () => {
      const [one, two] = [await fragile(how), await fragile(how)];
      const upstream = bench.upstream({
        targets: [one.address, two.address],
        retry: { attempts: 5, budget: '1000%', on: ['connect-failure', 'reset', 503] },
      });
      const found = await bodies(upstream, 6, { method: 'POST', body: 'x' });
      expect(counted(found)).toEqual({ [how === busy ? 'down' : 'network']: 6 });
      expect(one.server.requests.length + two.server.requests.length).toBe(6);
    });
  }

  test('once a streamed body was sent, idempotent or not', async () => {
    const [one, two] = [await fragile(busy), await fragile(busy)];
    const upstream = bench.upstream({
      targets: [one.address, two.address],
      retry: { on: [503], nonIdempotent: true },
    });
    const { call, recording } = start(upstream, { method: 'PUT', body: STREAMED, bodyLength: 1 });
    call.write(Buffer.from('x'));
    call.end();
    await recording.finished;
    expect(recording.status).toBe(503);
    expect(one.server.requests.length + two.server.requests.length).toBe(1);
  });

  test('after more tries than allowed: the last answer is the answer', async () => {
    const targets = [await fragile(busy), await fragile(busy), await fragile(busy), await fragile(busy)];
    const upstream = bench.upstream({
      targets: targets.map(({ address }) => address),
      retry: { attempts: 3, on: [503] },
    });
    expect((await send(upstream)).status).toBe(503);
    expect(targets.map(({ server }) => server.requests.length)).toEqual([1, 1, 1, 0]);
  });

  test('after the head of its answer was passed on', async () => {
    const first = await bench.server((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy());
    });
    const upstream = bench.upstream({
      targets: [addressOf(first), ...(await bench.targets(1))],
      retry: { on: ['reset'] },
    });
    expect(await send(upstream)).toMatchObject({ status: 200, ended: false, error: { kind: 'network' } });
    expect(bench.servers[1]?.requests.length).toBe(0);
  });

  test('beyond the budget: ten repeats are saved up, then a share of the requests', async () => {
    const server = await fragile(busy);
    const upstream = bench.upstream({ targets: [server.address], retry: { budget: '10%', on: [503] } });
    await bodies(upstream, 100);
    // A hundred requests, ten saved repeats, and one for each ten requests.
    expect(server.server.requests.length).toBeGreaterThanOrEqual(118);
    expect(server.server.requests.length).toBeLessThanOrEqual(120);
  });

  test('when its time is over', async () => {
    const slow = await bench.server(() => {});
    const upstream = bench.upstream({
      targets: [addressOf(slow), ...(await bench.targets(1))],
      retry: { on: ['reset'] },
    });
    expect((await send(upstream, { timeoutMs: 40 })).error?.kind).toBe('timeout');
    expect(bench.servers[1]?.requests.length).toBe(0);
  });
});

describe('outlier detection', () => {
  test('ejects a target after failures in a row, and takes it back on probation', async () => {
    const bad = await fragile(busy);
    const upstream = bench.upstream({
      targets: [bad.address, ...(await bench.targets(1))],
      outlierDetection: { consecutiveFailures: 3, ejectionTime: '500ms' },
    });
    expect(counted(await bodies(upstream, 6))).toEqual({ 1: 3, down: 3 });
    expect(counted(await bodies(upstream, 10))).toEqual({ 1: 10 });
    await until(() => upstream.targets[0]?.available === true);
    // One failure is enough now.
    expect(counted(await bodies(upstream, 10))).toEqual({ 1: 9, down: 1 });
    bad.failing = false;
    await until(() => upstream.targets[0]?.available === true);
    expect(counted(await bodies(upstream, 10))).toEqual({ 0: 5, 1: 5 });
  });

  test('counts failures in a row only, and none of what a client is to blame for', async () => {
    let turn = 0;
    const flaky = await bench.server((socket) => socket.write(turn++ % 3 < 2 ? UNAVAILABLE : response('0')));
    const upstream = bench.upstream({
      targets: [addressOf(flaky), ...(await bench.targets(1))],
      outlierDetection: { consecutiveFailures: 3 },
    });
    await bodies(upstream, 20);
    expect(upstream.targets[0]?.available).toBe(true);
    const stuck = bench.upstream({
      targets: [addressOf(await bench.server(() => {})), await deadAddress()],
      outlierDetection: { consecutiveFailures: 1 },
    });
    // The client goes away, or does not send what it announced.
    const gone = start(stuck);
    gone.call.cancel();
    await bodies(stuck, 1);
    const slow = start(stuck, { method: 'POST', body: STREAMED, bodyLength: 9, timeoutMs: 30 });
    await slow.recording.finished;
    expect(slow.recording.error?.kind).toBe('timeout');
    expect(stuck.targets.map(({ available }) => available)).toEqual([true, false]);
  });

  test('ejects a target that breaks off its answers in the middle', async () => {
    const cut: Respond = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroySoon());
    };
    const bad = await bench.server(cut);
    const upstream = bench.upstream({
      targets: [addressOf(bad), ...(await bench.targets(1))],
      outlierDetection: { consecutiveFailures: 3 },
    });
    for (let i = 0; i < 12; i++) await send(upstream);
    expect(bad.requests.length).toBe(3);
    expect(upstream.targets.map(({ ejected }) => ejected)).toEqual([true, false]);
  });

  test('ejects no more than its share of the targets', async () => {
    const bad = [await fragile(reset), await fragile(reset), await fragile(reset), await fragile(reset)];
    const upstream = bench.upstream({
      targets: bad.map(({ address }) => address),
      outlierDetection: { consecutiveFailures: 1, maxEjected: '50%' },
    });
    await bodies(upstream, 20);
    expect(upstream.targets.filter(({ ejected }) => ejected).length).toBe(2);
  });

  test('never ejects an only target', async () => {
    const bad = await fragile(reset);
    const upstream = bench.upstream({
      targets: [bad.address],
      outlierDetection: { consecutiveFailures: 1, maxEjected: '100%' },
    });
    await bodies(upstream, 3);
    expect(upstream.targets[0]?.available).toBe(true);
  });
});

describe('health checks', () => {
  const check = { path: '/health', interval: '100ms', timeout: '50ms', unhealthyAfter: 2, healthyAfter: 2 };

  test('take a target out that fails them, and bring it back', async () => {
    let failing = true;
    const sick = await bench.server((socket, { head }) => {
      if (head.startsWith('GET /health') && failing) socket.write(UNAVAILABLE);
      else socket.write(response('0'));
    });
    const upstream = bench.upstream({
      targets: [addressOf(sick), ...(await bench.targets(1))],
      healthCheck: check,
    });
    await until(() => upstream.targets[0]?.healthy === false);
    expect(sick.requests.length).toBeGreaterThanOrEqual(2);
    expect(sick.requests[0]?.head).toContain(`Host: ${addressOf(sick)}`);
    expect(counted(await bodies(upstream, 6))).toEqual({ 1: 6 });
    failing = false;
    await until(() => upstream.targets[0]?.healthy === true);
    expect(counted(await bodies(upstream, 6))).toEqual({ 0: 3, 1: 3 });
  });

  test('fail for a target that does not answer in time or is not there', async () => {
    const stuck = await bench.server(() => {});
    const upstream = bench.upstream({
      targets: [addressOf(stuck), await deadAddress(), ...(await bench.targets(1))],
      healthCheck: check,
    });
    await until(() => upstream.targets.filter(({ healthy }) => !healthy).length === 2);
    expect(counted(await bodies(upstream, 4))).toEqual({ 1: 4 });
  });

  test('that fail everywhere leave every target in use', async () => {
    const [one, two] = [await fragile(busy), await fragile(busy)];
    const upstream = bench.upstream({ targets: [one.address, two.address], healthCheck: check });
    await until(() => upstream.targets.every(({ healthy }) => !healthy));
    one.failing = false;
    two.failing = false;
    expect(counted(await bodies(upstream, 4))).toEqual({ 0: 2, 1: 2 });
  });

  test('do not wait behind the traffic of their target', async () => {
    const server = await bench.server((socket, { head }) => {
      if (head.startsWith('GET /health')) socket.write(response('well'));
    });
    const upstream = bench.upstream({ targets: [addressOf(server)], healthCheck: check }, { connections: 1 });
    const calls = [start(upstream), start(upstream)];
    await until(() => server.requests.filter(({ head }) => head.startsWith('GET /health')).length >= 3);
    expect(upstream.targets[0]?.healthy).toBe(true);
    for (const { call } of calls) call.cancel();
  });
});

describe('slow start', () => {
  test('gives a target that came back a small share first, then its own', async () => {
    const bad = await fragile(busy);
    const upstream = bench.upstream({
      targets: [bad.address, ...(await bench.targets(1))],
      outlierDetection: { consecutiveFailures: 1, ejectionTime: '20ms' },
      slowStart: '1500ms',
    });
    await bodies(upstream, 2);
    bad.failing = false;
    const target = upstream.targets[0];
    await until(() => target?.available === true);
    expect(target?.weight).toBeLessThan(0.5);
    const early = counted(await bodies(upstream, 20));
    expect(early['0'] ?? 0).toBeLessThan(early['1'] ?? 0);
    await until(() => target?.weight === 1);
    expect(counted(await bodies(upstream, 20))).toEqual({ 0: 10, 1: 10 });
  });
});

describe('the copies of a snapshot', () => {
  test('share an upstream, so that a new snapshot does not forget who is ejected', () => {
    const upstreams = bench.upstreams({ one: { targets: ['127.0.0.1:1'] } });
    expect(upstreams.named('One', 'http')).toBe(upstreams.named('one', 'http'));
    const text = JSON.stringify({ targets: ['127.0.0.1:1'] });
    expect(upstreams.inline(text, 'http')).toBe(upstreams.inline(text, 'http'));
    expect(upstreams.inline(text, 'https')).not.toBe(upstreams.inline(text, 'http'));
  });
});
