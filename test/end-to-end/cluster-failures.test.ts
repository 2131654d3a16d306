/**
 * Three nodes, one Redis, and everything that happens to it. All the while clients ask every node: none of them may ever
 * see anything but a version that was published.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readRevision } from '../../src/config/commit.js';
import { seal } from '../../src/config/head.js';
import { configEventCodec, headCodec } from '../../src/proto/codec.js';
import type { ConfigEvent } from '../../src/proto/messages.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { until } from '../support/until.js';
import { ask, EVENTS, TestCluster, Traffic } from './cluster.js';

let folder = '';
let cluster: TestCluster;
let nodes: GatewayProcess[] = [];
let traffic: Traffic[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-cluster-'));
  cluster = await TestCluster.start(folder);
  await cluster.publish();
  nodes = await Promise.all(['a', 'b', 'c'].map((name) => cluster.startNode(name)));
  traffic = nodes.map((node) => new Traffic(cluster, node));
}, 60_000);

afterAll(async () => {
  await Promise.all(traffic.map((one) => one.stop()));
  await Promise.all(nodes.map((node) => node.stop()));
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

afterEach(() => {
  for (const { failures, answers } of traffic) {
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(0);
  }
});

/** Redis is back: the nodes find their way by themselves within 2 seconds, and a change is live again. */
async function recovers(): Promise<void> {
  const back = performance.now();
  await until(() =>
    cluster.publish().then(
      () => true,
      () => false,
    ),
  );
  await cluster.converged(nodes);
  expect(performance.now() - back).toBeLessThan(2_000);
}

async function events(publishing: () => Promise<unknown>): Promise<Buffer[]> {
  const client = cluster.redis.client();
  const heard: Buffer[] = [];
  client.on('messageBuffer', (_channel, message) => heard.push(message));
  await client.subscribe(EVENTS);
  await publishing();
  await until(() => heard.length > 0);
  client.disconnect();
  return heard;
}

test('a change is live on every node, and each tells how long it took', async () => {
  await cluster.publish();
  await cluster.converged(nodes);
  await until(async () => {
    const revision = (await cluster.store.position())?.revision;
    const statuses = await cluster.statuses();
    return statuses.length === 3 && statuses.every(({ appliedRevision }) => appliedRevision === revision);
  });
  for (const { lagMs, refused } of await cluster.statuses()) {
    expect(lagMs).toBeLessThan(2_000);
    expect(refused).toBeUndefined();
  }
  const head = (await readRevision(cluster.store, cluster.key))?.head;
  for (const { appliedDigest, trouble } of await cluster.statuses()) {
    expect(Buffer.from(appliedDigest)).toEqual(Buffer.from(head?.digest ?? []));
    expect(trouble).toBeUndefined();
  }
  const metrics = (await ask(`${nodes[0]?.adminUrl}/metrics`)).body;
  expect(metrics).toContain('propylon_config_apply_lag_seconds_count 1\n');
  expect(metrics).toContain('propylon_config_store_connected 1\n');
});

test('Redis is killed and comes back with its data', async () => {
  await cluster.redis.kill();
  await until(async () => {
    const { body } = await ask(`${nodes[0]?.adminUrl}/metrics`);
    return body.includes('propylon_config_store_connected 0\n');
  });
  expect((await ask(`${nodes[0]?.adminUrl}/readyz`)).status).toBe(200);
  await cluster.redis.restart();
  await recovers();
});

test('Redis is killed and comes back empty: the nodes put their configuration back', async () => {
  await cluster.converged(nodes);
  const before = await cluster.store.read();
  await cluster.redis.kill();
  rmSync(join(cluster.redis.folder, 'appendonlydir'), { recursive: true, force: true });
  await cluster.redis.restart();
  const back = performance.now();
  await until(() =>
    cluster.store.position().then(
      (position) => position !== null,
      () => false,
    ),
  );
  expect(performance.now() - back).toBeLessThan(2_000);
  expect(await cluster.store.read()).toEqual(before);
  await recovers();
});

test('Redis hangs for longer than a call may take', async () => {
  cluster.redis.pause();
  await until(async () => {
    const { body } = await ask(`${nodes[1]?.adminUrl}/metrics`);
    return body.includes('propylon_config_store_connected 0\n');
  });
  cluster.redis.resume();
  await recovers();
});

test('the connections that listen are killed', async () => {
  const client = cluster.redis.client();
  for (let i = 0; i < 5; i++) {
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    // Announced to nobody.
    await cluster.publish();
  }
  await cluster.converged(nodes);
});

test('announcements come twice, too late, cut off, damaged and forged', async () => {
  const [first] = await events(() => cluster.publish());
  const [second] = await events(() => cluster.publish());
  if (first === undefined || second === undefined) throw new Error('something was announced');
  await cluster.converged(nodes);
  const believed = await readRevision(cluster.store, cluster.key);
  if (believed === null) throw new Error('there is a revision');
  const stolen = configEventCodec.decode(second);
  const next = { ...headCodec.decode(stolen.head), previousDigest: believed.head.digest };
  next.previousRevision = believed.head.revision;
  next.revision = believed.head.revision + 1;
  const forged = (mac?: Uint8Array): ConfigEvent => ({
    ...seal(next, mac),
    revision: next.revision,
    previousRevision: next.previousRevision,
    upserts: [...stolen.upserts],
    deletes: ['stage/shop/prod'],
    tooLarge: false,
  });
  const client = cluster.redis.client();
  const messages = [
    ...[second, first, second.subarray(0, second.length / 2), Buffer.alloc(2_000_000), Buffer.from('hello')],
    configEventCodec.encode({ ...stolen, deletes: ['api/shop'] }),
    configEventCodec.encode(forged()),
    configEventCodec.encode(forged(new Uint8Array(32))),
    // Nobody cut it, but it is not of this revision.
    configEventCodec.encode({ ...stolen, revision: stolen.revision + 1, previousRevision: stolen.revision }),
  ];
  for (const message of messages) await client.publish(EVENTS, Buffer.from(message));
  await until(async () => {
    const { body } = await ask(`${nodes[2]?.adminUrl}/metrics`);
    return Number(/propylon_config_untrusted_total (\d+)/.exec(body)?.[1]) >= 5;
  });
  for (const node of nodes) expect(await cluster.serves(node, cluster.version)).toBe(true);
  await cluster.publish();
  await cluster.converged(nodes);
});

test('somebody who can write to Redis changes what it holds, and brings back an old state', async () => {
  const client = cluster.redis.client();
  const key = EVENTS.replace('events', 'revision');
  const old = await client.hgetallBuffer(key);
  await cluster.publish();
  await cluster.converged(nodes);
  // Authentic, and older than what is served; the connections are cut so that everybody looks at once.
  await client.hset(key, old);
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  const node = nodes[0] as GatewayProcess;
  await until(() => node.stderr().includes('push or roll back to make a new revision'));
  await client.hset(key, 'mac', 'x'.repeat(32));
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await until(() => node.stderr().includes('not signed with the key of --config-key'));
  await until(async () => {
    const statuses = await cluster.statuses();
    return statuses.every(({ trouble }) => trouble?.includes('not signed with the key of --config-key'));
  });
  expect(await cluster.serves(node, cluster.version)).toBe(true);
  expect((await ask(`${node.adminUrl}/readyz`)).status).toBe(200);
  // An empty store is something the nodes know how to fill.
  await client.flushall();
  const emptied = performance.now();
  await until(async () => (await cluster.store.position()) !== null);
  expect(performance.now() - emptied).toBeLessThan(3_000);
  await recovers();
});

test('a node that joins under load answers only with the configuration, and one without Redis and past is not ready', async () => {
  const joined = await cluster.startNode('joined');
  try {
    // Its first answer, whoever sends it traffic before it says that it is ready.
    expect(await cluster.ask(joined)).toEqual({ status: 200, body: `/v${cluster.version}` });
    expect((await ask(`${joined.adminUrl}/readyz`)).status).toBe(200);
  } finally {
    await joined.stop();
  }
  const lost = await cluster.startNode('lost', { PROPYLON_REDIS: 'redis://127.0.0.1:1' });
  try {
    const { status, body } = await ask(`${lost.adminUrl}/readyz`);
    expect(status).toBe(503);
    expect(body).toMatch(/^not ready: configuration store: redis:\/\/127\.0\.0\.1:1 .*cannot be reached/);
  } finally {
    await lost.stop();
  }
});

test('a node killed in the middle of an apply and started with Redis down serves its last known good', async () => {
  let node = await cluster.startNode('killed');
  let fresh: GatewayProcess | undefined;
  try {
    const whole = cluster.version;
    expect(await cluster.serves(node, whole)).toBe(true);
    const id = (await cluster.statuses()).map(({ nodeId }) => nodeId);
    await cluster.publish(5_000);
    node.process.kill('SIGKILL');
    await node.exited;
    await cluster.converged(nodes);
    await cluster.redis.kill();
    node = await cluster.startNode('killed');
    expect((await ask(`${node.adminUrl}/readyz`)).status).toBe(200);
    fresh = await cluster.startNode('fresh');
    expect((await ask(`${fresh.adminUrl}/readyz`)).status).toBe(503);
    const { status, body } = await cluster.ask(node);
    expect(status).toBe(200);
    expect([`/v${whole}`, `/v${cluster.version}`]).toContain(body);
    await cluster.redis.restart();
    const { adminUrl } = fresh;
    await until(async () => (await ask(`${adminUrl}/readyz`)).status === 200);
    // Ready is when it serves, not when it has read what it is to serve.
    expect((await cluster.ask(fresh)).status).toBe(200);
    await fresh.stop();
    await cluster.converged([node]);
    await until(async () => (await cluster.statuses()).length >= id.length);
    expect((await cluster.statuses()).map(({ nodeId }) => nodeId).sort()).toEqual(id.sort());
  } finally {
    await fresh?.stop();
    await node.stop();
  }
  // They said goodbye.
  await until(async () => (await cluster.statuses()).length === 3);
});

test('a second node on the folder of a running one is refused', async () => {
  await expect(cluster.startNode('a')).rejects.toThrow(
    /is the folder of a node that runs, process \d+: give each/,
  );
});
