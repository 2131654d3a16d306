/** Whom requests go to, through real servers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { response } from '../support/raw-server.js';
import { until } from '../support/recording.js';
import { addressOf, Bench, bodies, counted, deadAddress, send, start } from './support.js';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

describe('round robin', () => {
  test('gives each target its turn', async () => {
    const upstream = bench.upstream({ targets: await bench.targets(3) });
    expect(await bodies(upstream, 6)).toEqual(['0', '1', '2', '0', '1', '2']);
  });

  test('gives a target of twice the weight two turns, not in a row', async () => {
    const [heavy, light] = await bench.targets(2);
    const upstream = bench.upstream({ targets: [{ address: heavy, weight: 2 }, light] });
    expect(await bodies(upstream, 6)).toEqual(['0', '1', '0', '0', '1', '0']);
  });
});

describe('least requests', () => {
  test('avoids a target that does not answer', async () => {
    const stuck = await bench.server(() => {});
    const targets = [addressOf(stuck), ...(await bench.targets(1))];
    const upstream = bench.upstream({ targets, balance: 'least-requests' });
    const calls = Array.from({ length: 20 }, () => start(upstream));
    await until(() => calls.filter(({ recording }) => recording.ended).length >= 10);
    // All under way were started before any answer; from here on only the idle one is chosen.
    await until(() => calls.filter(({ recording }) => !recording.ended).length === stuck.requests.length);
    expect(await bodies(upstream, 20)).toEqual(Array(20).fill('1'));
    for (const { call } of calls) call.cancel();
  });

  test('shares idle targets by weight', async () => {
    const [heavy, light] = await bench.targets(2);
    const upstream = bench.upstream({
      targets: [{ address: heavy, weight: 3 }, light],
      balance: 'least-requests',
    });
    const counts = counted(await bodies(upstream, 400));
    // Three quarters of 400, give or take six standard deviations.
    expect(Math.abs((counts['0'] ?? 0) - 300)).toBeLessThan(52);
  });
});

describe('consistent hashing', () => {
  test('sends one client to one target', async () => {
    const upstream = bench.upstream({ targets: await bench.targets(3), balance: 'consistent-hash' });
    const byClient = new Map<string, Set<string>>();
    for (let i = 0; i < 60; i++) {
      const sourceIp = `10.0.0.${i % 20}`;
      const { body } = await send(upstream, {}, { sourceIp });
      byClient.set(sourceIp, (byClient.get(sourceIp) ?? new Set()).add(body));
    }
    expect([...byClient.values()].every((targets) => targets.size === 1)).toBe(true);
    expect(new Set([...byClient.values()].flatMap((targets) => [...targets])).size).toBe(3);
  });

  test('may go by a header or by the path without its query', async () => {
    const targets = await bench.targets(4);
    const byHeader = bench.upstream({ targets, balance: 'consistent-hash', hashOn: 'header:X-User' });
    const byPath = bench.upstream({ targets, balance: 'consistent-hash', hashOn: 'path' });
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const users = await Promise.all(
        ['1', '2', '3'].map((sourceIp) => send(byHeader, {}, { headers: `x-user: ${name}\r\n`, sourceIp })),
      );
      expect(new Set(users.map(({ body }) => body)).size).toBe(1);
      const paths = await Promise.all(
        ['', '?x=1', '?y'].map((query) => send(byPath, { target: `/${name}${query}` })),
      );
      expect(new Set(paths.map(({ body }) => body)).size).toBe(1);
    }
  });

  test('gives requests without the header to everybody in turn', async () => {
    const upstream = bench.upstream({
      targets: await bench.targets(2),
      balance: 'consistent-hash',
      hashOn: 'header:x-user',
    });
    expect(counted(await bodies(upstream, 10))).toEqual({ 0: 5, 1: 5 });
  });
});

describe('an upstream', () => {
  test('passes method, target, headers and body on as they are', async () => {
    const server = await bench.server();
    const upstream = bench.upstream({ targets: [addressOf(server)] });
    await send(upstream, { method: 'POST', target: '/a?b', headers: 'Host: h\r\nX: y\r\n', body: 'text' });
    expect(server.requests[0]).toMatchObject({
      head: 'POST /a?b HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 4',
      body: 'text',
    });
  });

  test('reports the failure of its target when nothing is to be done about it', async () => {
    const upstream = bench.upstream({ targets: [await deadAddress()] });
    expect((await send(upstream)).error).toMatchObject({ kind: 'network', unconnected: true });
  });

  test('whose call is cancelled says nothing more and counts it no longer', async () => {
    const server = await bench.server(() => {});
    const upstream = bench.upstream({ targets: [addressOf(server)] });
    const { call, recording } = start(upstream);
    await until(() => server.requests.length === 1);
    call.cancel();
    await until(() => server.open() === 0);
    expect(recording).toMatchObject({ ended: false, error: null });
    expect(upstream.targets[0]?.active).toBe(0);
  });
});

describe('a circuit breaker', () => {
  const written = (address: string) => ({
    targets: [address],
    circuitBreaker: { maxRequests: 2, maxPending: 1 },
  });

  test('lets so many requests through, so many wait, and refuses more as overload', async () => {
    const waiting: (() => void)[] = [];
    const server = await bench.server((socket) => waiting.push(() => socket.write(response('ok'))));
    const upstream = bench.upstream(written(addressOf(server)));
    const calls = Array.from({ length: 4 }, () => start(upstream).recording);
    await calls[3]?.finished;
    expect(calls[3]?.error?.kind).toBe('overload');
    await until(() => waiting.length === 2);
    waiting[0]?.();
    await until(() => waiting.length === 3);
    waiting[1]?.();
    waiting[2]?.();
    await Promise.all(calls.map(({ finished }) => finished));
    expect(calls.map(({ body }) => body)).toEqual(['ok', 'ok', 'ok', '']);
    const next = start(upstream).recording;
    await until(() => waiting.length === 4);
    waiting[3]?.();
    await next.finished;
    expect(next.body).toBe('ok');
  });

  test('ends the wait of a request with its time', async () => {
    const server = await bench.server(() => {});
    const upstream = bench.upstream(written(addressOf(server)));
    const held = [start(upstream), start(upstream)];
    expect((await send(upstream, { timeoutMs: 30 })).error?.kind).toBe('timeout');
    for (const { call } of held) call.cancel();
  });

  test('says nothing to a call that is cancelled before it heard of its refusal', async () => {
    const server = await bench.server(() => {});
    const upstream = bench.upstream({
      ...written(addressOf(server)),
      circuitBreaker: { maxRequests: 1, maxPending: 0 },
    });
    const held = start(upstream);
    const refused = start(upstream);
    refused.call.cancel();
    expect((await send(upstream)).error?.kind).toBe('overload');
    expect(refused.recording.error).toBeNull();
    held.call.cancel();
  });

  test('forgets a waiting request that is cancelled', async () => {
    const server = await bench.server(() => {});
    const upstream = bench.upstream(written(addressOf(server)));
    const held = [start(upstream), start(upstream)];
    start(upstream).call.cancel();
    const next = start(upstream);
    await until(() => server.requests.length === 2);
    for (const { call } of held) call.cancel();
    await until(() => server.requests.length === 3);
    next.call.cancel();
    expect(server.requests.length).toBe(3);
  });
});

describe('a shadow', () => {
  test('gets a copy of every request, and its answers are seen by nobody', async () => {
    const [address] = await bench.targets(1);
    const canary = await bench.server((socket) => socket.end('not HTTP at all'));
    const upstreams = bench.upstreams({
      one: { targets: [address], shadow: { upstream: 'canary' } },
      canary: { targets: [addressOf(canary)], shadow: { upstream: 'one' } },
    });
    const upstream = upstreams.named('one', 'http');
    if (typeof upstream === 'string') throw new Error(upstream);
    for (let i = 0; i < 5; i++) {
      expect((await send(upstream, { method: 'POST', body: `${i}` })).body).toBe('0');
    }
    await until(() => canary.requests.length === 5);
    expect(canary.requests.map(({ body }) => body)).toEqual(['0', '1', '2', '3', '4']);
    // The shadow's own shadow gets none.
    expect(bench.servers[0]?.requests.length).toBe(5);
  });

  test('that does not answer takes a hundred copies and no more, and holds nobody up', async () => {
    const [address] = await bench.targets(1);
    const canary = await bench.server(() => {});
    const upstreams = bench.upstreams({
      one: { targets: [address], shadow: { upstream: 'canary' } },
      canary: { targets: [addressOf(canary)] },
    });
    const upstream = upstreams.named('one', 'http');
    if (typeof upstream === 'string') throw new Error(upstream);
    expect(counted(await bodies(upstream, 150))).toEqual({ 0: 150 });
    await until(() => canary.requests.length === 100);
    expect(await bodies(upstream, 1)).toEqual(['0']);
    expect(canary.requests.length).toBe(100);
  });

  test('gets its share only', async () => {
    const [address, canary] = await bench.targets(2);
    const upstreams = bench.upstreams({
      one: { targets: [address], shadow: { upstream: 'canary', percent: '25%' } },
      canary: { targets: [canary] },
    });
    const upstream = upstreams.named('one', 'http');
    if (typeof upstream === 'string') throw new Error(upstream);
    await bodies(upstream, 400);
    const copies = bench.servers[1]?.requests.length ?? 0;
    expect(Math.abs(copies - 100)).toBeLessThan(52);
  });
});
