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
    const config = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'];
    const nodes = await Promise.all([server(config), server(config), server(config)]);
    const clients = nodes.map((node) => node.client());
    await Promise.all(
      clients.map((client, i) =>
        client.cluster('ADDSLOTSRANGE', i * 5_462, Math.min(16_383, i * 5_462 + 5_461)),
      ),
    );
    await Promise.all(
      clients.slice(1).map((client) => client.cluster('MEET', '127.0.0.1', nodes[0]?.port ?? 0)),
    );
    // Every node has a link to every other one; before that it does not pass on what is published.
    await until(async () => {
      const states = await Promise.all(clients.map((client) => client.cluster('INFO')));
      const views = await Promise.all(clients.map((client) => client.cluster('NODES')));
      const linked = views.every((view) => String(view).match(/ connected [0-9]+-[0-9]+$/gm)?.length === 3);
      return linked && states.every((state) => state.includes('cluster_state:ok'));
    });
    for (const namespace of ['test', 'other', 'third']) {
      await useAll(await open({ url: `redis+cluster://127.0.0.1:${nodes[1]?.port}` }, namespace));
    }
    const owners = await Promise.all(clients.map((client) => client.dbsize()));
    expect(owners.filter((keys) => keys > 0).length).toBeGreaterThan(1);

    const store = await open(
      { url: `redis+cluster://127.0.0.1:${nodes[1]?.port}`, timeoutMs: 1_000 },
      'test',
    );
    const heard = hearing();
    await store.subscribe(heard);
    await Promise.all(clients.map((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')));
    await until(() => heard.connections.length >= 3);
    const slot = await clients[0]?.cluster('KEYSLOT', '{test}:revision');
    const others = nodes.filter((_, i) => Math.floor(Number(slot) / 5_462) !== i);
    await others[0]?.kill();
    await until(async () => (await store.position().catch(() => null))?.revision === 2);
    // It may take a moment until the subscription notices that its node is gone, and what is published then is lost.
    let revisions = 0;
    await until(async () => {
      await push(store, apis(`after-${revisions++}`)).catch(() => {});
      return heard.events.length > 0;
    });
  });
});

describe('A Redis store found through Sentinel', () => {
  it('says so when no sentinel names the master', async () => {
    const sentinel = await server([], { sentinel: 'sentinel monitor main 127.0.0.1 1 1' });
    const store = await open({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/another` });
    await expect(store.read()).rejects.toThrow(
      'no sentinel names the master: ERR No such master with that name',
    );
  });

  it('follows the master to where it goes', async () => {
    const master = await server();
    const replica = await server(['--replicaof', `127.0.0.1 ${master.port}`]);
    const sentinel = await server([], {
      sentinel: [
        `sentinel monitor main 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds main 300',
        'sentinel failover-timeout main 3000',
      ].join('\n'),
    });
    const store = await open({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`, timeoutMs: 2_000 });
    await useAll(store);
    const lookout = replica.client();
    await until(async () => (await lookout.llen('{test}:history')) === 2);
    const scout = sentinel.client();
    await until(async () =>
      String(await scout.call('SENTINEL', 'REPLICAS', 'main')).includes(`${replica.port}`),
    );
    const heard = hearing();
    await store.subscribe(heard);

    await master.kill();
    await until(async () => (await store.position().catch(() => null))?.revision === 2);
    // A server that is not the master yet may refuse what is committed, or lose what is published.
    let revisions = 0;
    await until(async () => {
      await push(store, apis(`after-${revisions++}`)).catch(() => {});
      return heard.events.length > 0;
    });
    // The connection to what was a replica may break once more.
    await until(async () => ((await store.position().catch(() => null))?.revision ?? 0) > 2);
    await until(async () => heard.connections.at(-1) === 'connected');
  });
});
