/** The same store on servers as they are deployed: TLS and access lists, Redis Cluster, Sentinel. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RedisStoreSettings } from '../../../src/config/settings.js';
import type { ConfigStore } from '../../../src/config/store.js';
import { openStore } from '../../../src/config/stores/open.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';
import { apis, bytes, hearing, push } from './changes.js';
import { describeStore } from './conformance.js';
import { redisPlace } from './places.js';

const FIXTURES = fileURLToPath(new URL('../../upstream/fixtures', import.meta.url));
const fixture = (name: string): string => join(FIXTURES, name);
const PASSWORD = 'correct-horse';

const opened: { close(): Promise<void> }[] = [];
const servers: RedisServer[] = [];

async function open(
  settings: Omit<RedisStoreSettings, 'kind' | 'namespace'>,
  namespace = 'test',
): Promise<ConfigStore> {
  const store = await openStore({ kind: 'redis', namespace, ...settings });
  opened.push(store);
  return store;
}

async function server(...args: Parameters<typeof startRedis>): Promise<RedisServer> {
  const started = await startRedis(...args);
  servers.push(started);
  return started;
}

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const one of servers.splice(0)) await one.stop();
});

/** One call of every kind. */
async function useAll(store: ConfigStore): Promise<void> {
  const heard = hearing();
  await store.subscribe(heard);
  expect(heard.connections).toEqual(['connected']);
  await push(store, apis('a'), apis('a', 'b'));
  await store.commit({
    documents: [{ aggregate: 'x', expectedVersion: 0, puts: new Map([['p', bytes('1')]]) }],
  });
  expect(await store.history(10)).toHaveLength(2);
  expect((await store.document('x'))?.parts.size).toBe(1);
  await store.report('n', bytes('s'), 60_000);
  expect(await store.nodes()).toHaveLength(1);
  await store.leave('n');
  await until(() => heard.events.length === 2);
}

describe('A Redis store with TLS', () => {
  it('checks the server, shows a certificate, and logs in as a user who may only what it needs', async () => {
    const acl = [
      `--user propylon on >${PASSWORD} ~{test}:* &{test}:*`,
      '+@hash +@list +@string +@sortedset +@scripting +@pubsub +@connection +time +info +type +del +exists',
    ].join(' ');
    const tls = [
      ...['--tls-cert-file', fixture('localhost.crt'), '--tls-key-file', fixture('localhost.key')],
      ...['--tls-ca-cert-file', fixture('authority.crt'), '--tls-auth-clients', 'yes'],
      ...acl.split(' '),
      ...['--user', 'default', 'off'],
    ];
    const { port } = await server(tls, { tls: true });
    const url = `rediss://propylon:${PASSWORD}@localhost:${port}`;
    const files = {
      caFile: fixture('authority.crt'),
      certFile: fixture('localhost.crt'),
      keyFile: fixture('localhost.key'),
    };
    const store = await open({ url, tls: files });
    await useAll(store);
    expect(store.description).not.toContain(PASSWORD);

    const denied = await open({ url, tls: files }, 'other');
    await expect(push(denied, apis('a'))).rejects.toThrow(/refuses|cannot be reached/);

    const unchecked = await open({ url, tls: { certFile: files.certFile, keyFile: files.keyFile } });
    await expect(unchecked.read()).rejects.toThrow(/certificate/);

    const impostor = await open({ url: url.replace(PASSWORD, 'wrong-horse'), tls: files });
    const error = await impostor.read().catch((reason: Error) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining('WRONGPASS') });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('wrong-horse');
  });

  it('names the file that cannot be read', async () => {
    const url = 'rediss://127.0.0.1:1';
    await expect(open({ url, tls: { caFile: '/nonexistent/ca.pem' } })).rejects.toThrow(
      '/nonexistent/ca.pem',
    );
  });
});

describe('A Redis store with settings that cannot work', () => {
  it('does not open', async () => {
    await expect(open({ url: 'redis://h' }, 'a}b')).rejects.toThrow('namespace');
    await expect(open({ url: 'redis://u:hidden@h:x' })).rejects.toThrow('Redis URL');
    await expect(open({ url: 'redis://u:hidden@h:x' })).rejects.not.toThrow('hidden');
    await expect(openStore({ kind: 'memory', historyLimit: 0 })).rejects.toThrow('history');
  });
});

describe('On a Redis Cluster', () => {
  let node: RedisServer;
  beforeAll(async () => {
    // Alone it does not know its own address, which real nodes learn from each other.
    node = await startRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const client = node.client();
    await client.cluster('ADDSLOTSRANGE', 0, 16_383);
    await until(async () => (await client.cluster('INFO')).includes('cluster_state:ok'));
  });
  afterAll(() => node.stop());

  describeStore('Redis', async () => redisPlace({ url: `redis+cluster://127.0.0.1:${node.port}` }));
});

describe('A Redis store on a cluster of several nodes', () => {
  it('finds the node that keeps the namespace, and hears of commits through any node that lives', async () => {
    console.log('STAGE', 1, Math.round(performance.now()));
    const config = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'];
    console.log('STAGE', 2, Math.round(performance.now()));
    const nodes = await Promise.all([server(config), server(config), server(config)]);
    console.log('STAGE', 3, Math.round(performance.now()));
    const clients = nodes.map((node) => node.client());
    console.log('STAGE', 4, Math.round(performance.now()));
    await Promise.all(
      clients.map((client, i) =>
        client.cluster('ADDSLOTSRANGE', i * 5_462, Math.min(16_383, i * 5_462 + 5_461)),
      ),
    );
    console.log('STAGE', 5, Math.round(performance.now()));
    await Promise.all(
      clients.slice(1).map((client) => client.cluster('MEET', '127.0.0.1', nodes[0]?.port ?? 0)),
    );
    console.log('STAGE', 6, Math.round(performance.now()));
    await until(async () => {
      const states = await Promise.all(clients.map((client) => client.cluster('INFO')));
      return states.every(
        (state) => state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3'),
      );
    });
    console.log('STAGE', 7, Math.round(performance.now()));
    for (const namespace of ['test', 'other', 'third']) {
      await useAll(await open({ url: `redis+cluster://127.0.0.1:${nodes[1]?.port}` }, namespace));
    }
    console.log('STAGE', 8, Math.round(performance.now()));
    const owners = await Promise.all(clients.map((client) => client.dbsize()));
    expect(owners.filter((keys) => keys > 0).length).toBeGreaterThan(1);

    console.log('STAGE', 9, Math.round(performance.now()));
    const store = await open(
      { url: `redis+cluster://127.0.0.1:${nodes[1]?.port}`, timeoutMs: 1_000 },
      'test',
    );
    console.log('STAGE', 10, Math.round(performance.now()));
    const heard = hearing();
    console.log('STAGE', 11, Math.round(performance.now()));
    await store.subscribe(heard);
    console.log('STAGE', 12, Math.round(performance.now()));
    await Promise.all(clients.map((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')));
    console.log('STAGE', 13, Math.round(performance.now()));
    await until(() => heard.connections.length >= 3);
    console.log('STAGE', 14, Math.round(performance.now()));
    const slot = await clients[0]?.cluster('KEYSLOT', '{test}:revision');
    console.log('STAGE', 15, Math.round(performance.now()));
    const others = nodes.filter((_, i) => Math.floor(Number(slot) / 5_462) !== i);
    console.log('STAGE', 16, Math.round(performance.now()));
    await others[0]?.kill();
    console.log('STAGE', 17, Math.round(performance.now()));
    await until(() => heard.connections.at(-1) === 'connected');
    console.log('STAGE', 18, Math.round(performance.now()));
    await until(async () => (await store.position().catch(() => null))?.revision === 2);
    console.log('STAGE', 19, Math.round(performance.now()));
    await push(store, apis('after'));
    console.log('STAGE', 20, Math.round(performance.now()));
    await until(() => heard.events.length === 1);
  });
});

describe('A Redis store found through Sentinel', () => {
  it('follows the master to where it goes', async () => {
    console.log('STAGE', 21, Math.round(performance.now()));
    const master = await server();
    console.log('STAGE', 22, Math.round(performance.now()));
    const replica = await server(['--replicaof', `127.0.0.1 ${master.port}`]);
    console.log('STAGE', 23, Math.round(performance.now()));
    const sentinel = await server([], {
      sentinel: [
        `sentinel monitor main 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds main 300',
        'sentinel failover-timeout main 3000',
      ].join('\n'),
    });
    console.log('STAGE', 24, Math.round(performance.now()));
    const store = await open({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`, timeoutMs: 2_000 });
    console.log('STAGE', 25, Math.round(performance.now()));
    await useAll(store);
    console.log('STAGE', 26, Math.round(performance.now()));
    const lookout = replica.client();
    console.log('STAGE', 27, Math.round(performance.now()));
    await until(async () => (await lookout.llen('{test}:history')) === 2);
    console.log('STAGE', 28, Math.round(performance.now()));
    const scout = sentinel.client();
    console.log('STAGE', 29, Math.round(performance.now()));
    await until(async () =>
      String(await scout.call('SENTINEL', 'REPLICAS', 'main')).includes(`${replica.port}`),
    );
    console.log('STAGE', 30, Math.round(performance.now()));
    const heard = hearing();
    console.log('STAGE', 31, Math.round(performance.now()));
    await store.subscribe(heard);

    console.log('STAGE', 32, Math.round(performance.now()));
    await master.kill();
    console.log('STAGE', 33, Math.round(performance.now()));
    await until(async () => (await store.position().catch(() => null))?.revision === 2);
    console.log('STAGE', 34, Math.round(performance.now()));
    await until(() => heard.connections.at(-1) === 'connected' && heard.connections.length >= 3);
    console.log('STAGE', 35, Math.round(performance.now()));
    const revision = await until3(() => push(store, apis('c')));
    expect(revision.head.revision).toBe(3);
    console.log('STAGE', 36, Math.round(performance.now()));
    await until(() => heard.events.length === 1);
  });
});

/** A commit right after a failover may meet a server that is not the master yet. */
async function until3<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}
