import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigStore, StoreUnavailableError } from '../../../src/config/store.js';
import { openStore } from '../../../src/config/stores/open.js';
import { configEventCodec } from '../../../src/proto/codec.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';
import { apis, bytes, hearing, positionOf, push, step } from './changes.js';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.js';

const READER = fileURLToPath(new URL('./reader.mjs', import.meta.url));
const namespace = 'test';
const CHANNEL = '{test}:events';

let server: RedisServer;
let stores: ConfigStore[];

async function openOn(url: string, timeoutMs = 5_000): Promise<ConfigStore> {
  const store = await openStore({ kind: 'redis', url, namespace, timeoutMs });
  stores.push(store);
  return store;
}

async function failure(promise: Promise<unknown>): Promise<StoreUnavailableError> {
  const error = await promise.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreUnavailableError);
  return error as StoreUnavailableError;
}

beforeEach(async () => {
  stores = [];
  server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await server.stop();
});

describe('A Redis store whose server fails', () => {
  it('opens while the server is down, says where and why, and works as soon as it is there', async () => {
    await server.kill();
    const store = await openOn(server.url);
    const heard = hearing();
    await store.subscribe(heard);
    const started = performance.now();
    const error = await failure(store.read());
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(error.message).toContain(`redis://127.0.0.1:${server.port} (namespace test)`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(heard.connections).toEqual([expect.stringContaining('ECONNREFUSED')]);
    await server.restart();
    const back = performance.now();
    await until(() => heard.connections.length === 2);
    await until(() =>
      store.read().then(
        () => true,
        () => false,
      ),
    );
    expect(performance.now() - back).toBeLessThan(2_000);
    await push(store, apis('a'));
    await until(() => heard.events.length === 1);
  });

  it('keeps what was committed through kill -9, and is back within two seconds', async () => {
    const store = await openOn(server.url);
    const heard = hearing();
    await store.subscribe(heard);
    const revision = await push(store, apis('a'), apis('b'));
    await server.kill();
    await until(() => heard.connections.length === 2);
    await server.restart();
    const back = performance.now();
    await until(() => heard.connections.length === 3);
    expect(performance.now() - back).toBeLessThan(2_000);
    expect(heard.connections).toEqual(['connected', expect.stringMatching(/^disconnected: ./), 'connected']);
    expect(await store.position()).toEqual(positionOf(revision));
    await push(store, apis('c'));
    await until(() => heard.events.length === 3);
  });

  it('notices a server that is silent, and goes on when it speaks again', async () => {
    const store = await openOn(server.url, 400);
    const heard = hearing();
    await store.subscribe(heard);
    server.pause();
    const error = await failure(store.read());
    expect(error.message).toContain('no answer within 400 ms');
    await until(() => heard.connections.length === 2);
    expect(heard.connections[1]).toBe('disconnected: no answer within 400 ms');
    server.resume();
    const back = performance.now();
    await until(() => heard.connections.length === 3);
    await until(() =>
      store.read().then(
        () => true,
        () => false,
      ),
    );
    expect(performance.now() - back).toBeLessThan(2_000);
    await push(store, apis('a'));
    await until(() => heard.events.length === 1);
  });

  it('subscribes again when only the subscription is cut', async () => {
    const store = await openOn(server.url);
    const heard = hearing();
    await store.subscribe(heard);
    await server.client().call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => heard.connections.length === 3);
    expect(heard.connections[2]).toBe('connected');
    await push(store, apis('a'));
    await until(() => heard.events.length === 1);
  });

  it('does not wait longer than it may for a commit, and says that it may have been made', async () => {
    const store = await openOn(server.url, 300);
    const first = await push(store, apis('a'));
    server.pause();
    const { commit } = step(first, apis('b'));
    const started = performance.now();
    const error = await failure(store.commit({ revision: commit }));
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(error.message).toContain('not known whether');
    server.resume();
    // The first attempt waits in the server's socket, and is carried out when it wakes up, once.
    await until(async () => (await store.position().catch(() => null))?.revision === 2);
    expect(await store.history(10)).toHaveLength(2);
  });
});

describe('A process that has closed its Redis store', () => {
  it('ends by itself, whether the server was there or not', async () => {
    const run = promisify(execFile);
    const there = await run(process.execPath, [READER, server.url], { timeout: 15_000 });
    expect(there).toEqual({ stdout: 'read\n', stderr: '' });
    await server.kill();
    const { stdout, stderr } = await run(process.execPath, [READER, server.url], { timeout: 15_000 });
    expect(stdout).toContain('ECONNREFUSED');
    expect(stderr).toBe('');
  });
});

describe('A Redis store whose answers are lost', () => {
  let proxy: CuttingProxy;
  beforeEach(async () => {
    proxy = await startCuttingProxy(server.port);
  });
  afterEach(() => proxy.close());

  it('carries a commit out once, and knows that it was', async () => {
    const store = await openOn(`redis://127.0.0.1:${proxy.port}`);
    const first = await push(store, apis('a'));
    for (let version = 0; version < 5; version++) {
      proxy.cutAfter('document:x');
      await store.commit({ documents: [{ aggregate: 'x', expectedVersion: version }] });
    }
    proxy.cutAfter(CHANNEL);
    const { commit, revision } = step(first, apis('b'));
    await store.commit({ revision: commit });
    expect(proxy.cuts).toBe(6);
    expect(await store.documentVersion('x')).toBe(5);
    expect(await store.position()).toEqual(positionOf(revision));
    expect(await store.history(10)).toHaveLength(2);
  });

  it('tells of a conflict when another was first', async () => {
    const store = await openOn(`redis://127.0.0.1:${proxy.port}`);
    const first = await push(store, apis('a'));
    const late = step(first, apis('late'));
    await push(store, apis('b'));
    proxy.cutAfter(CHANNEL);
    await expect(store.commit({ revision: late.commit })).rejects.toMatchObject({ name: 'ConflictError' });
    expect(proxy.cuts).toBe(1);
  });

  it('tells of a lost reading', async () => {
    const store = await openOn(`redis://127.0.0.1:${proxy.port}`);
    proxy.cutAfter('{test}:items');
    expect((await failure(store.read())).message).toContain('gave no answer');
    expect(await store.read()).toBeNull();
  });
});

describe('A Redis store that somebody else writes to', () => {
  it('says which value has the wrong type, and changes nothing then', async () => {
    const store = await openOn(server.url);
    const first = await push(store, apis('a'));
    await store.commit({ documents: [{ aggregate: 'x', expectedVersion: 0 }] });
    const client = server.client();
    for (const key of ['items', 'history', 'documents', 'document:x']) {
      const name = `{test}:${key}`;
      const saved = await client.dumpBuffer(name);
      await client.del(name);
      await (key === 'history' ? client.set(name, 'nonsense') : client.rpush(name, 'nonsense'));
      const { commit } = step(first, apis('b'));
      const error = await failure(
        store.commit({
          revision: commit,
          documents: [{ aggregate: 'x', expectedVersion: 1, puts: new Map([['p', bytes('p')]]) }],
        }),
      );
      expect(error.message).toContain(`WRONGTYPE ${name} is a`);
      expect(error.message).toContain("not Propylon's");
      await client.del(name);
      if (saved !== null) await client.restore(name, 0, saved);
    }
    expect((await store.read())?.items).toEqual([{ key: 'api/a', item: expect.anything() }]);
    expect(await store.position()).toEqual(positionOf(first));
    expect(await store.history(10)).toHaveLength(1);
    expect(await store.documentVersion('x')).toBe(1);

    for (const key of ['revision', 'items', 'history', 'documents', 'nodes-expiry']) {
      await client.del(`{test}:${key}`);
      await client.set(`{test}:${key}`, 'nonsense');
    }
    const calls = [
      store.position(),
      store.head(),
      store.read(),
      store.readSince(positionOf(first)),
      store.history(5),
      store.document('x'),
      store.documentVersion('x'),
      store.documents(''),
      store.nodes(),
      store.report('n', bytes('s'), 1_000),
      store.restore({ head: bytes('h'), mac: bytes(''), items: [] }, { epoch: 'e', revision: 1 }),
    ];
    for (const call of calls) expect((await failure(call)).message).toContain('WRONGTYPE');
  });

  it('gets items back that are damaged or missing under a true head, and keeps its history', async () => {
    const store = await openOn(server.url);
    const second = await push(store, apis('a'), apis('a', 'b'));
    const whole = await store.read();
    if (whole === null) throw new Error('there is a revision');
    const client = server.client();
    const heard = hearing();
    await store.subscribe(heard);
    const damages = [
      () => client.del('{test}:items'),
      () => client.hdel('{test}:items', 'api/b'),
      () => client.hset('{test}:items', 'api/a', 'other'),
      () => client.hset('{test}:items', 'api/thief', 'more'),
    ];
    for (const damage of damages) {
      await damage();
      expect(await store.restore(whole, positionOf(second))).toBe(true);
      expect(await store.read()).toEqual(whole);
    }
    // Whoever could not read it is told that it can be read again; what was whole is not announced.
    expect(await store.restore(whole, positionOf(second))).toBe(true);
    await until(() => heard.events.length >= damages.length);
    expect(heard.events).toHaveLength(damages.length);
    expect(await store.readSince({ ...positionOf(second), revision: 1 })).toHaveLength(1);
    const older = { ...whole, mac: bytes('other') };
    expect(await store.restore(older, positionOf(second))).toBe(false);
  });

  it('says what is damaged', async () => {
    const store = await openOn(server.url);
    await push(store, apis('a'));
    const client = server.client();
    const damage = async (field: string, value: string, call: () => Promise<unknown>): Promise<void> => {
      const saved = await client.hgetBuffer('{test}:revision', field);
      await client.hset('{test}:revision', field, value);
      expect((await failure(call())).message).toContain("not Propylon's");
      await client.hset('{test}:revision', field, saved ?? '');
    };
    for (const value of ['', '-1', '1e3', 'NaN', '99999999999999999999', '7\u0000', ' 7']) {
      await damage('revision', value, () => store.position());
      await damage('revision', value, () => store.read());
    }
    await damage('epoch', 'e'.repeat(65), () => store.position());
    await client.rpush('{test}:history', Buffer.from([0x0a, 0xff]));
    expect((await failure(store.history(5))).message).toContain('history is damaged');
    await client.hset('{test}:documents', 'x', 'many');
    expect((await failure(store.document('x'))).message).toContain('version is no number');
    expect((await failure(store.documentVersion('x'))).message).toContain('version is no number');
    await client.hdel('{test}:revision', 'head', 'mac');
    expect((await failure(store.head())).message).toContain('no head');
    expect((await failure(store.read())).message).toContain('no head');
  });

  it('tells apart what is an event and what is not', async () => {
    const store = await openOn(server.url);
    const heard = hearing();
    await store.subscribe(heard);
    const client = server.client();
    const first = await push(store, apis('a'));
    const messages = [
      '',
      'nonsense',
      Buffer.alloc(2_000_000),
      Buffer.from([0x08, 0x00]),
      Buffer.from([0x0a, 0xff]),
    ];
    for (const message of messages) await client.publish(CHANNEL, message);
    await until(() => heard.garbages.length === messages.length);
    expect(heard.garbages.join('\n')).toContain('2000000 bytes');
    const forged = {
      revision: 9,
      previousRevision: 8,
      head: bytes('x'),
      mac: bytes(''),
      upserts: [],
      deletes: [],
    };
    await client.publish(CHANNEL, Buffer.from(configEventCodec.encode({ ...forged, tooLarge: false })));
    await until(() => heard.events.length === 2);
    expect(heard.events.map(({ revision }) => revision)).toEqual([first.head.revision, 9]);
  });

  it('reads no status that is too large, and writes none', async () => {
    const store = await openOn(server.url);
    await store.report('honest', bytes('s'), 60_000);
    const client = server.client();
    await client.hset('{test}:nodes', 'large', Buffer.alloc(70_000));
    await client.zadd('{test}:nodes-expiry', Date.now() + 60_000, 'large');
    expect(await store.nodes()).toHaveLength(1);
    await expect(store.report('large', new Uint8Array(70_000), 60_000)).rejects.toBeInstanceOf(RangeError);
  });

  it('finds itself empty when the server was emptied', async () => {
    const store = await openOn(server.url);
    await push(store, apis('a'));
    await server.client().flushall();
    expect(await store.position()).toBeNull();
    expect(await store.read()).toBeNull();
  });
});
