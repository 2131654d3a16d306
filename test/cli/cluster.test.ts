import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ItemChange, type Items, itemsOf, readItem } from '../../src/config/items.js';
import { publish } from '../../src/config/publish.js';
import type { RedisStoreSettings, StoreSettings } from '../../src/config/settings.js';
import { openStore } from '../../src/config/stores/open.js';
import { nodeStatusCodec } from '../../src/proto/codec.js';
import type { NodeStatus } from '../../src/proto/messages.js';
import { type GatewayProcess, startGateway } from '../support/gateway-process.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Finished, propylon, Running } from './propylon.js';

let folder = '';
let redis: RedisServer;
let namespaces = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-cluster-cli-'));
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A store of its own. */
class TestCluster {
  readonly settings: StoreSettings;
  readonly env: Record<string, string>;

  constructor(kind: 'redis' | 'disk' = 'disk', env: Record<string, string> = {}) {
    const name = `test-${namespaces++}`;
    const directory = join(folder, name);
    const settings: RedisStoreSettings = { kind: 'redis', url: redis.url, namespace: name };
    this.settings = kind === 'redis' ? settings : { kind, directory };
    this.env = {
      ...(kind === 'redis'
        ? { PROPYLON_REDIS: redis.url, PROPYLON_NAMESPACE: name }
        : { PROPYLON_DATA_DIR: directory }),
      ...env,
    };
  }

  run(...args: string[]): Promise<Finished> {
    return propylon(args, { cwd: folder, env: this.env });
  }

  running(...args: string[]): Running {
    return new Running(args, { cwd: folder, env: this.env });
  }

  /** The document a command prints with `--json`. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T & { code: number | null }> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (stdout === '') throw new Error(`nothing was printed but ${stderr}`);
    return { ...(JSON.parse(stdout) as T), code };
  }

  /** Speaks as a node does. */
  async report(...statuses: NodeStatus[]): Promise<void> {
    const store = await openStore(this.settings);
    for (const status of statuses) await store.report(status.nodeId, nodeStatusCodec.encode(status), 60_000);
    await store.close();
  }

  async position(): Promise<{ epoch: string; revision: number }> {
    const store = await openStore(this.settings);
    const position = await store.position();
    await store.close();
    return position ?? { epoch: '', revision: 0 };
  }
}

function node(
  nodeId: string,
  epoch: string,
  appliedRevision: number,
  changes: Partial<NodeStatus> = {},
): NodeStatus {
  return {
    nodeId,
    version: '0.1.0',
    epoch,
    appliedRevision,
    appliedAt: 1_700_000_000_000,
    startedAt: 1_700_000_000_000,
    load: { requestsInFlight: 0, requests: 0, residentMemory: 0, cpu: 0 },
    address: '10.0.0.1:8080',
    recent: [],
    unknownItems: [],
    localApis: [],
    draining: false,
    appliedDigest: new Uint8Array(0),
    ...changes,
  };
}

function definition(title: string, uri = 'http://backend.internal/', paths: string[] = ['/']): string {
  const operations = paths.map(
    (path) => `  ${path}:
    get:
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: "${uri}" }
`,
  );
  return `openapi: 3.0.1\ninfo: { title: ${title}, version: "1" }\npaths:\n${operations.join('')}`;
}

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const MOCK = `
        type: mock
        requestTemplates: { application/json: '{"statusCode": 200}' }
        responses: { default: { statusCode: "200" } }`;

describe.each(['redis', 'disk'] as const)('a cluster in a store of kind %s', (kind) => {
  it('is pushed to, looked at, compared, rolled back and taken apart', async () => {
    const cluster = new TestCluster(kind);
    put('orders.yaml', definition('Orders', 'http://old/', ['/orders', '/orders/{id}']));
    const first = ['push', 'orders.yaml', '--api', 'orders', '--stage', 'prod', '--base-path', '/orders'];
    expect(await cluster.run(...first, '--message', 'first', '--by', 'ann')).toEqual({
      code: 0,
      stdout:
        'revision 1\n  + API orders\n  + orders/prod\n  + mapping */orders: orders/prod\n' +
        '  orders/prod is at */orders and /_aws/execute-api/orders/prod/\n',
      stderr: '',
    });
    expect(await cluster.json(...first)).toMatchObject({ code: 0, revision: 1, changed: false, changes: [] });

    put('orders.yaml', definition('Orders', 'http://new/', ['/orders', '/orders/new']));
    expect(await cluster.json('push', 'orders.yaml', '--api', 'orders', '--by', 'bob')).toMatchObject({
      revision: 2,
      changed: true,
      apis: [{ id: 'orders', name: 'Orders', stage: 'prod' }],
      changes: [{ kind: 'changed', stage: 'prod', routes: { added: 1, removed: 1, changed: 1 } }],
    });
    const { stdout: differences } = await cluster.run('diff', '1', '2');
    expect(differences).toBe(
      '~ orders/prod GET /orders: integration.uri "http://old/" -> "http://new/"\n' +
        '- orders/prod GET /orders/{id}\n' +
        '+ orders/prod GET /orders/new\n',
    );
    expect(await cluster.json('diff', '2', '1')).toMatchObject({ from: 2, to: 1 });

    expect(await cluster.run('rollback', '1', '--by', 'ann')).toMatchObject({
      code: 0,
      stdout: 'revision 3\n  ~ orders/prod: 1 route added, 1 removed, 1 changed\n',
    });
    expect((await cluster.run('diff', '1')).stdout).toBe('revisions 1 and 3 are equal\n');
    expect(await cluster.json('rollback', '3')).toMatchObject({ code: 0, revision: 3, changed: false });

    const { revisions } = await cluster.json<{ revisions: Record<string, unknown>[] }>('history');
    expect(revisions).toMatchObject([
      { revision: 3, by: 'ann', message: 'rollback to revision 1' },
      { revision: 2, by: 'bob', message: '', changes: [{ api: 'orders', stage: 'prod' }] },
      { revision: 1, by: 'ann', message: 'first' },
    ]);
    for (const { at } of revisions)
      expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(60_000);
    expect((await cluster.run('history', '--limit', '1')).stdout).toMatch(
      /^revision 3 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}ann {2}rollback to revision 1\n {2}~ orders\/prod: .*\n$/,
    );

    expect(await cluster.run('remove', '--api', 'orders')).toMatchObject({
      code: 0,
      stdout: 'revision 4\n  - API orders\n  - orders/prod\n  - mapping */orders: orders/prod\n',
    });
    expect(await cluster.json('status')).toMatchObject({ revision: 4, nodes: [] });
  });

  it('loses nothing when several people push different stages at the same time', async () => {
    const cluster = new TestCluster(kind);
    put('shared.yaml', definition('Shared'));
    const stages = Array.from({ length: 10 }, (_, i) => `stage${i}`);
    for (let i = 0; i < stages.length; i += 2) {
      const pair = stages.slice(i, i + 2);
      const pushes = pair.map((stage) =>
        cluster.run('push', 'shared.yaml', '--api', 'shared', '--stage', stage),
      );
      for (const { code, stderr } of await Promise.all(pushes))
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
    type Entry = { revision: number; changes: { stage?: string }[] };
    const { revisions } = await cluster.json<{ revisions: Entry[] }>('history');
    expect(revisions.map(({ revision }) => revision)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const pushed = revisions.flatMap(({ changes }) => changes.flatMap(({ stage }) => stage ?? []));
    expect(pushed.sort()).toEqual(stages);
  }, 60_000);
});

describe('propylon push', () => {
  it('publishes nothing when one of the definitions could not be served', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    put('broken.yaml', definition('Broken').replace('http_proxy', 'htp'));
    const { code, stdout, stderr } = await cluster.run('push', '/good=good.yaml', '/broken=broken.yaml');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^broken\.yaml:7:\d+ error .*\npropylon: nothing is pushed: correct 1 error first\n$/,
    );
    put('clash.yaml', definition('Clash', 'http://b/', ['/{a}', '/{b}']));
    expect(await cluster.run('push', 'clash.yaml')).toMatchObject({ code: 1, stdout: '' });
    expect(await cluster.position()).toEqual({ epoch: '', revision: 0 });
  });

  it('publishes all APIs of a file as one revision, each with its id, stage, variables and mapping', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    put(
      'propylon.yaml',
      'stage: dev\napis:\n' +
        '  - { definition: good.yaml, id: one, domain: api.example.com }\n' +
        '  - { definition: good.yaml, id: two, basePath: two, stageVariables: { backend: b } }\n',
    );
    const pushed = await cluster.json('push', '--config', 'propylon.yaml');
    expect(pushed).toMatchObject({
      revision: 1,
      apis: [
        { id: 'one', stage: 'dev' },
        { id: 'two', stage: 'dev' },
      ],
      mappings: [
        { domain: 'api.example.com', basePath: '', apiId: 'one', stage: 'dev' },
        { domain: '', basePath: 'two', apiId: 'two', stage: 'dev' },
      ],
    });
  });

  it('leaves the mappings of an API alone, and takes none from another', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    await cluster.run('push', '/shop=good.yaml', '--api', 'one');
    expect(await cluster.json('push', 'good.yaml', '--api', 'one', '--stage', 'dev')).toMatchObject({
      mappings: [],
    });
    const taken = await cluster.run('push', 'good.yaml', '--api', 'two', '--base-path', 'shop');
    expect(taken).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'propylon: nothing is pushed: /shop of any host is mapped to API one; choose another --base-path, ' +
        'or first "propylon remove --base-path /shop"\n',
    });
    const moved = await cluster.run(
      'push',
      'good.yaml',
      '--api',
      'one',
      '--stage',
      'dev',
      '--base-path',
      'shop',
    );
    expect(moved.stdout).toContain('~ mapping */shop: one/prod -> one/dev');
    // Definitions in the file, and a stage in the environment, have no say in what goes.
    put('two.yaml', 'stage: x\napis: [{ definition: a.yaml }, { definition: b.yaml, basePath: b }]\n');
    const removed = await cluster.run('remove', '--base-path', 'shop', '--config', 'two.yaml');
    expect(removed.stdout).toBe('revision 4\n  - mapping */shop: one/dev\n');
    expect((await cluster.run('push', '/shop=good.yaml', '--api', 'two')).code).toBe(0);
  });

  it('waits until every live node serves the revision', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    expect((await cluster.run('push', 'good.yaml', '--wait')).stdout).toContain('\n  no node is running\n');
    const { epoch } = await cluster.position();
    const leaving = node('n3', epoch, 1, { draining: true });
    await cluster.report(node('n1', epoch, 1), node('n2', epoch, 1), leaving);
    put('good.yaml', definition('Good', 'http://other/'));
    const push = cluster.running('push', 'good.yaml', '--wait', '--json');
    let revision = 0;
    while (revision !== 2) ({ revision } = await cluster.position());
    await cluster.report(node('n1', epoch, 2), node('n2', epoch, 2));
    const { code, stdout, stderr } = await push.finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      revision: 2,
      nodes: { applied: ['n1', 'n2'], refused: [], diverged: [], behind: [] },
    });
  });

  it('fails when a node refuses the revision or takes too long, and says which and why', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    await cluster.run('push', 'good.yaml', '--api', 'good');
    const { epoch } = await cluster.position();
    await cluster.report(
      node('n1', epoch, 2),
      node('n2', epoch, 1, { refused: { revision: 2, item: 'stage/good/prod', reason: 'no such template' } }),
      node('n3', 'f'.repeat(32), 9),
      node('n4', '', 0, { trouble: 'the configuration store is not believed' }),
      node('n5', epoch, 2, { appliedDigest: new Uint8Array(32) }),
      node('n6', epoch, 3),
    );
    put('good.yaml', definition('Good', 'http://other/'));
    expect(await cluster.run('push', 'good.yaml', '--api', 'good', '--wait', '--timeout', '200ms')).toEqual({
      code: 1,
      stdout:
        'revision 2\n  ~ good/prod: 1 route changed\n  good/prod is at /_aws/execute-api/good/prod/\n' +
        '  applied by 1 node\n',
      stderr:
        'propylon: node n2 refuses revision 2: stage/good/prod: no such template\n' +
        "propylon: node n5 has diverged: the revision 2 it serves is not the store's\n" +
        "propylon: node n6 has diverged: the revision 3 it serves is not the store's\n" +
        'propylon: node n3 has not applied revision 2 within 200ms: it serves revision 9 of another epoch\n' +
        'propylon: node n4 has not applied revision 2 within 200ms: it serves nothing from the store yet; the configuration store is not believed\n',
    });
  });
});

describe('propylon status', () => {
  it('tells how every node stands towards the newest revision, and how long changes take', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    await cluster.run('push', 'good.yaml', '--message', 'first', '--by', 'ann');
    const { epoch } = await cluster.position();
    const recent = Array.from({ length: 100 }, (_, i) => ({ revision: i + 1, lagMs: i + 1 }));
    await cluster.report(
      node('n1', epoch, 1, { lagMs: 12, recent }),
      node('n2', epoch, 0, { refused: { revision: 1, reason: 'out of memory' }, localApis: ['pets'] }),
      node('n3', epoch, 1, { appliedDigest: new Uint8Array(32), trouble: 'r:6379 does not answer' }),
    );
    expect(await cluster.json('status')).toMatchObject({
      code: 0,
      revision: 1,
      epoch,
      by: 'ann',
      message: 'first',
      nodes: [
        { id: 'n1', state: 'current', appliedRevision: 1, lagMs: 12, refused: null },
        { id: 'n2', state: 'refused', lagMs: null, refused: { revision: 1, reason: 'out of memory' } },
        { id: 'n3', state: 'diverged', trouble: 'r:6379 does not answer' },
      ],
      lag: { p50Ms: 50, p99Ms: 99, samples: 100 },
    });
    const { stdout } = await cluster.run('status');
    expect(stdout).toMatch(/^revision 1 {2}\S+ \S+Z {2}ann {2}first\n/);
    expect(stdout).toMatch(/\nn1 +current +1 +12 ms +\S+ \S+ +0\.1\.0 +10\.0\.0\.1:8080\n/);
    expect(stdout).toContain('\nnode n2 refuses revision 1: out of memory\n');
    expect(stdout).toContain('\nnode n2 serves definitions of its own: pets\n');
    expect(stdout).toContain("\nnode n3 has diverged: the revision 1 it serves is not the store's\n");
    expect(stdout).toContain('\nnode n3: r:6379 does not answer\n');
    expect(stdout).not.toContain('\u001b');
  });

  it('says that the store is empty', async () => {
    const cluster = new TestCluster('redis');
    expect(await cluster.json('status')).toMatchObject({ revision: 0, epoch: null, nodes: [] });
    expect((await cluster.run('status')).stdout).toMatch(
      /^the store is empty\nstore +redis:.*\nno node is running\n$/,
    );
  });
});

describe('real nodes', () => {
  const gateways: GatewayProcess[] = [];
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()));
  });

  it('serve what is pushed when --wait returns, keep the last good revision, and say what they refuse', async () => {
    const cluster = new TestCluster('redis');
    const { settings } = cluster;
    const start = (nodeId: string): Promise<GatewayProcess> =>
      startGateway(['--workers', '1', '--node-id', nodeId, '--data-dir', join(folder, nodeId)], {
        env: cluster.env,
      });
    gateways.push(...(await Promise.all([start('real-1'), start('real-2')])));
    const statuses = () => Promise.all(gateways.map(async ({ url }) => (await fetch(`${url}/good/`)).status));
    put('mock.yaml', definition('Good').replace(/\{ type: http_proxy.*\}/, MOCK));
    const pushed = await cluster.run('push', '/good=mock.yaml', '--api', 'good', '--wait');
    expect(pushed).toMatchObject({ code: 0, stderr: '' });
    expect(pushed.stdout).toContain('\n  applied by 2 nodes\n');
    expect(await statuses()).toEqual([200, 200]);

    const store = await openStore(settings);
    const spoil = (items: Items): ItemChange => {
      const item = readItem('stage/good/prod', items.get('stage/good/prod')?.bytes ?? new Uint8Array(0));
      if (item?.kind !== 'stage') throw new Error('there is no such stage');
      const { resources } = item.stage.deployment.definition;
      for (const path of ['/{a}', '/{b}']) {
        resources.push({ id: path, path, methods: resources[0]?.methods ?? [] });
      }
      return { upserts: itemsOf([item]), deletes: [] };
    };
    await publish(store, spoil, { key: undefined, notes: { by: 'mallory', message: '' } });
    await store.close();
    const refused = await cluster.run('push', 'mock.yaml', '--api', 'other', '--wait');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^propylon: node real-1 refuses revision 3: stage\/good\/prod: .*\npropylon: node real-2 refuses revision 3: stage\/good\/prod: .*\n$/,
    );
    expect(await statuses()).toEqual([200, 200]);
    expect(await cluster.json('status')).toMatchObject({
      revision: 3,
      nodes: [
        { id: 'real-1', state: 'refused', appliedRevision: 1, refused: { revision: 3 } },
        { id: 'real-2', state: 'refused', appliedRevision: 1, refused: { revision: 3 } },
      ],
    });
    const back = await cluster.run('rollback', '2');
    expect(back).toMatchObject({ code: 1, stdout: '' });
    expect(back.stderr).toMatch(/^propylon: nothing is published: API 'good', stage 'prod': .*\n$/);
    expect(await cluster.run('rollback', '1', '--wait')).toMatchObject({ code: 0, stderr: '' });
    expect(await cluster.run('remove', '--api', 'good', '--wait')).toMatchObject({ code: 0, stderr: '' });
    expect(await statuses()).toEqual([403, 403]);
  });
});

describe('propylon remove', () => {
  it('takes one stage, then the API with its last one', async () => {
    const cluster = new TestCluster();
    put('good.yaml', definition('Good'));
    await cluster.run('push', 'good.yaml', '--api', 'good');
    await cluster.run('push', '/dev=good.yaml', '--api', 'good', '--stage', 'dev');
    expect((await cluster.run('remove', '--api', 'good', '--stage', 'dev')).stdout).toBe(
      'revision 3\n  - good/dev\n  - mapping */dev: good/dev\n',
    );
    expect((await cluster.run('remove', '--api', 'good', '--stage', 'prod')).stdout).toBe(
      'revision 4\n  - API good\n  - good/prod\n',
    );
  });

  /** One for all that change nothing. */
  let pushed: Promise<TestCluster> | undefined;
  async function pushGood(): Promise<TestCluster> {
    const cluster = new TestCluster();
    await cluster.run('push', put('good.yaml', definition('Good')), '--api', 'good');
    return cluster;
  }

  it.each([
    [['--api', 'god'], 'there is no API god (did you mean good?)'],
    [['--api', 'other'], 'there is no API other: there are good'],
    [['--api', 'good', '--stage', 'dev'], 'API good has no stage dev: there are prod'],
    [['--base-path', '/x'], 'there is no mapping */x: there is none'],
    [[], /^say what is to go: --api NAME, /],
    [['--stage', 'prod'], /^say what is to go/],
    [['--api', 'good', '--base-path', '/x'], /^say what is to go/],
    [['--api', ''], /^--api must be 1 to 63 lower-case letters and digits, not empty/],
    [['--api', 'A B'], /^--api must be 1 to 63 lower-case letters/],
  ])('answers %j in one line', async (args, message) => {
    pushed ??= pushGood();
    const { code, stdout, stderr } = await (await pushed).run('remove', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^propylon: .*\n$/);
    const line = stderr.slice('propylon: '.length, -1);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });
});

describe('the commands of a cluster', () => {
  it.each([
    [['status'], /^no store is named: say where the configuration is kept, as in --redis redis:/],
    [['push', 'good.yaml'], /^no store is named/],
    [['push', 'good.yaml', '--timeout', '5s'], '--timeout has no effect without --wait'],
    [['push', 'good.yaml', '--wait', '--timeout', 'x'], /^--timeout must be a time from 1ms to 24h/],
    [['push', 'good.yaml', '--by', ''], '--by must be a text, not empty'],
    [['push', '--data-dir', 'd'], /^there is nothing to push: name an OpenAPI document/],
    [
      ['push', '/a=good.yaml', '/b=good.yaml', '--api', 'a', '--data-dir', 'd'],
      /^--api is for one definition: push them one by one/,
    ],
    [
      ['push', '/a=good.yaml', '/b=good.yaml', '--data-dir', 'd'],
      /^nothing is pushed: Two definitions make stage 'prod' of API '\w+' /,
    ],
    [['push', 'good.yaml', '--api', 'A', '--data-dir', 'd'], /^--api must be 1 to 63 lower-case letters/],
    [['push', 'good.yaml', '--domain', '/', '--data-dir', 'd'], /^--domain must be a host name/],
    [['rollback', 'x', '--data-dir', 'd'], /^the revision must be a whole number from 1 to /],
    [['rollback', '1', '--data-dir', 'd'], 'the store is empty: nothing was ever pushed to this namespace'],
    [['diff', '1', '--data-dir', 'd'], 'the store is empty: nothing was ever pushed to this namespace'],
    [['history', '--data-dir', 'd'], 'the store is empty: nothing was ever pushed to this namespace'],
    [['history', '--limit', '0', '--data-dir', 'd'], /^--limit must be a whole number from 1/],
    [['status', '--redis', 'redis:/x'], /^--redis cannot be used: the Redis URL has another form/],
    [['status', '--redis', 'redis://:secret@127.0.0.1:1'], /127\.0\.0\.1:1\b/],
    [['status', '--redis', 'rediss://127.0.0.1:1', '--redis-ca', 'none.pem'], /none\.pem/],
  ])('answer %j in one line', async (args, message) => {
    put('good.yaml', definition('Good'));
    const { code, stdout, stderr } = await propylon(args, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^propylon: .*\n$/);
    expect(stderr).not.toMatch(/secret|PROPYLON_DEBUG/);
    const line = stderr.slice('propylon: '.length, -1);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });

  it('take messages that fit into the head of a revision', async () => {
    const { code, stderr } = await propylon(['rollback', '1', '--message', 'x'.repeat(1_001)]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'propylon: --message must be at most 1000 characters\n',
    });
  });

  it('tell which revisions there are when one is asked for that is not', async () => {
    const cluster = new TestCluster('redis');
    await cluster.run('push', put('good.yaml', definition('Good')));
    const one = 'propylon: there is no revision 7: only revision 1 is kept\n';
    expect(await cluster.run('rollback', '7')).toEqual({ code: 1, stdout: '', stderr: one });
    for (const uri of ['http://b/', 'http://c/', 'http://d/']) {
      await cluster.run('push', put('good.yaml', definition('Good', uri)), '--history', '2');
    }
    expect((await cluster.run('diff', '1', '4')).stderr).toBe(
      'propylon: there is no revision 1: revisions 2 to 4 are kept\n',
    );
  });

  it('believe only what is signed with their key, and print it nowhere', async () => {
    const key = 'k'.repeat(40);
    const cluster = new TestCluster('redis', { PROPYLON_CONFIG_KEY: key });
    put('good.yaml', definition('Good'));
    expect((await cluster.run('push', 'good.yaml')).code).toBe(0);
    for (const args of [['history'], ['status'], ['push', 'good.yaml'], ['diff', '1'], ['rollback', '1']]) {
      expect((await cluster.run(...args)).code).toBe(0);
      const wrong = await cluster.run(...args, '--config-key', 'w'.repeat(40));
      expect(wrong).toMatchObject({ code: 1, stdout: '' });
      expect(wrong.stderr).toMatch(/^propylon: .* is not signed with the key of --config-key; is this .*\n$/);
      expect(wrong.stderr).not.toMatch(/kkk|www/);
    }
  });

  it('repair a store that nobody believes with push --force, and none that is whole', async () => {
    const cluster = new TestCluster();
    const push = ['push', put('good.yaml', definition('Good')), '--api', 'good'];
    expect((await cluster.run(...push)).code).toBe(0);
    expect((await cluster.run(...push, '--force')).stderr).toMatch(/nothing wrong with revision 1 .*\n$/);
    const store = await openStore(cluster.settings);
    const expected = await store.position();
    const head = { head: new Uint8Array([1]), mac: new Uint8Array(0) };
    const position = { epoch: expected?.epoch ?? '', revision: 2 };
    const change = { upserts: new Map(), deletes: ['api/good'] };
    await store.commit({ revision: { expected, position, head, change, before: [] } });
    await store.close();
    for (const args of [push, ['history'], ['rollback', '1']]) {
      expect(await cluster.run(...args)).toMatchObject({ code: 1, stdout: '' });
    }
    expect(await cluster.run(...push, '--force')).toMatchObject({ code: 0, stderr: '' });
    const { stdout, stderr } = await cluster.run('history');
    expect(stdout).toMatch(/^revision 3 .*\n {2}\+ API good\n {2}\+ good\/prod\n$/);
    expect(stderr).toBe('');
  });

  it('show nothing that a definition or an author could steer a terminal with', async () => {
    const cluster = new TestCluster();
    const steering = '\u001b[31m\u009b31m\u202e';
    put('good.yaml', definition('Good'));
    await cluster.run('push', 'good.yaml', '--by', `a${steering}`, '--message', `m${steering}`);
    const { epoch } = await cluster.position();
    await cluster.report(node(`n${steering}`, epoch, 0, { refused: { revision: 1, reason: steering } }));
    for (const args of [['history'], ['history', '--json'], ['status'], ['status', '--json']]) {
      const { stdout } = await cluster.run(...args);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
      expect(stdout).not.toMatch(/[\x1b\x9b\u202e]/);
    }
  });
});
