/** What a worker does with a new configuration, in this process: the same code, without its thread. */
import { describe, expect, test } from 'vitest';
import {
  changeBetween,
  EMPTY_ITEMS,
  ItemError,
  type Items,
  itemsOf,
  storedItem,
} from '../../src/config/items.js';
import type { Item, Method } from '../../src/model/snapshot.js';
import { WorkerConfiguration } from '../../src/worker/configuration.js';
import type { ConfigurationMessage, SharedItem } from '../../src/worker/protocol.js';
import { Client, contextOf } from '../integrations/http-proxy/harness.js';
import { cpuTimeMs } from '../support/cpu-time.js';
import { definitionOf } from '../support/in-process-gateway.js';

const OPTIONS = {
  region: 'eu-west-1',
  accountId: '123456789012',
  executeApiHosts: true,
  executeApiPaths: true,
  skipAuthorization: false,
};

/** A MOCK method that answers with this text, as a mapping template. */
function answering(text: string): Method {
  const document = {
    openapi: '3.0.3',
    info: { title: 'x', version: '1' },
    paths: {
      '/a': {
        get: {
          responses: { 200: { description: 'ok' } },
          'x-amazon-apigateway-integration': {
            type: 'mock',
            requestTemplates: { 'application/json': '{"statusCode": 200}' },
            responses: { default: { statusCode: '200', responseTemplates: { 'application/json': text } } },
          },
        },
      },
    },
  };
  return definitionOf(document).resources.flatMap(({ methods }) => methods)[0] as Method;
}

interface StageParts {
  method?: Method;
  path?: string;
  paths?: string[];
}

function stage(apiId: string, name: string, parts: StageParts = {}): Item {
  const { method = answering('$context.stage'), paths = [parts.path ?? '/a'] } = parts;
  const resources = paths.map((path, i) => ({ id: `r${i}`, path, methods: [method] }));
  const definition = {
    ...definitionOf({ openapi: '3.0.3', info: { title: apiId, version: '1' }, paths: {} }),
    resources,
  };
  return { kind: 'stage', stage: { apiId, name, variables: {}, deployment: { id: 'd', definition } } };
}

function api(id: string, more: { name?: string; disableExecuteApiEndpoint?: boolean } = {}): Item {
  return { kind: 'api', api: { id, name: id, disableExecuteApiEndpoint: false, ...more } };
}

function mapping(basePath: string, apiId: string, stageName: string): Item {
  return { kind: 'mapping', mapping: { domain: '', basePath, apiId, stage: stageName } };
}

/** A worker's configuration, told of new ones as its node tells them. */
class Subject {
  readonly worker = new WorkerConfiguration(contextOf({ integration: {} }).services, OPTIONS);
  #items: Items = EMPTY_ITEMS;
  #generation = 0;

  /** @returns what was prepared, after it was put in service */
  async apply(...all: Item[]) {
    return this.applyItems(itemsOf(all));
  }

  async applyItems(items: Items) {
    const generation = this.#generation + 1;
    const prepared = await this.worker.prepare(difference(this.#items, items, generation, this.base));
    this.worker.commit(generation);
    this.#generation = generation;
    this.#items = items;
    return prepared;
  }

  get base(): number | null {
    return this.#generation === 0 ? null : this.#generation;
  }

  /** The body of the answer to GET. */
  get(path: string): string {
    const client = new Client({ host: 'h', path });
    this.worker.gateway.handle(client.exchange);
    return client.status === 200 ? client.body : String(client.status);
  }
}

function difference(from: Items, to: Items, generation: number, base: number | null): ConfigurationMessage {
  const { upserts, deletes } = changeBetween(from, to) ?? { upserts: new Map(), deletes: [] };
  const shared = [...upserts].map(([key, item]): SharedItem => ({ ...item, key, counterSlot: 0 }));
  return { generation, base, upserts: shared, deletes };
}

const path = (apiId: string, stageName: string, rest = '/a') =>
  `/_aws/execute-api/${apiId}/${stageName}${rest}`;

describe('only what changed is compiled', () => {
  test('a stage, when its item changed, and no other', async () => {
    const subject = new Subject();
    const first = await subject.apply(
      api('x'),
      stage('x', 'one'),
      stage('x', 'two'),
      api('y'),
      stage('y', 'one'),
    );
    expect(first.compiledStages).toEqual(['stage/x/one', 'stage/x/two', 'stage/y/one']);
    const changed = stage('x', 'two', { method: answering('new') });
    const second = await subject.apply(api('x'), stage('x', 'one'), changed, api('y'), stage('y', 'one'));
    expect(second.compiledStages).toEqual(['stage/x/two']);
    expect(second.addresses).toBeNull();
    expect([subject.get(path('x', 'one')), subject.get(path('x', 'two'))]).toEqual(['one', 'new']);
  });

  test('the stages of an API that got another name, which they show', async () => {
    const subject = new Subject();
    await subject.apply(api('x'), stage('x', 'one'), api('y'), stage('y', 'one'));
    const renamed = await subject.apply(
      api('x', { name: 'new' }),
      stage('x', 'one'),
      api('y'),
      stage('y', 'one'),
    );
    expect(renamed.compiledStages).toEqual(['stage/x/one']);
  });

  test('nothing, when only addresses changed', async () => {
    const subject = new Subject();
    await subject.apply(api('x'), stage('x', 'one'));
    expect(subject.get('/base/a')).toBe('403');
    const mapped = await subject.apply(api('x'), stage('x', 'one'), mapping('base', 'x', 'one'));
    expect(mapped.compiledStages).toEqual([]);
    expect(subject.get('/base/a')).toBe('one');
    await subject.apply(
      api('x', { disableExecuteApiEndpoint: true }),
      stage('x', 'one'),
      mapping('base', 'x', 'one'),
    );
    expect([subject.get(path('x', 'one')), subject.get('/base/a')]).toEqual(['403', 'one']);
    await subject.apply(api('x'), stage('x', 'one'));
    expect([subject.get(path('x', 'one')), subject.get('/base/a')]).toEqual(['one', '403']);
  });

  test('a method that is the same shows what changed around it', async () => {
    const subject = new Subject();
    const tiered = (tier: string): Item => {
      const item = stage('x', 'one', { method: answering('$stageVariables.tier') });
      return item.kind === 'stage' ? { ...item, stage: { ...item.stage, variables: { tier } } } : item;
    };
    await subject.apply(api('x'), tiered('gold'));
    expect(subject.get(path('x', 'one'))).toBe('gold');
    await subject.apply(api('x'), tiered('silver'));
    expect(subject.get(path('x', 'one'))).toBe('silver');
  });

  test('nothing twice, when a worker is told everything anew', async () => {
    const subject = new Subject();
    const items = itemsOf([api('x'), stage('x', 'one'), stage('x', 'two')]);
    await subject.applyItems(items);
    const changed = itemsOf([api('x'), stage('x', 'one'), stage('x', 'two', { path: '/b' })]);
    const again = await subject.worker.prepare(difference(EMPTY_ITEMS, changed, 9, null));
    expect(again.compiledStages).toEqual(['stage/x/two']);
  });
});

test('stages that come and go are found and not found', async () => {
  const subject = new Subject();
  await subject.apply(api('x'), stage('x', 'one'));
  await subject.apply(api('x'), stage('x', 'two'));
  expect([subject.get(path('x', 'one')), subject.get(path('x', 'two'))]).toEqual(['403', 'two']);
  await subject.apply(api('x'), stage('x', 'one'), api('y'));
  expect([subject.get(path('x', 'one')), subject.get(path('y', 'two'))]).toEqual(['one', '403']);
});

test('a request under way keeps what it started with', async () => {
  const subject = new Subject();
  await subject.apply(api('x'), stage('x', 'one'));
  const client = new Client({ host: 'h', path: path('x', 'one'), body: 'stream', bodyLength: 1 });
  subject.worker.gateway.handle(client.exchange);
  await subject.apply(api('x'), stage('x', 'one', { method: answering('new') }));
  client.exchange.listener?.onBodyEnd();
  expect([client.body, subject.get(path('x', 'one'))]).toEqual(['one', 'new']);
});

const WORD = { ...answering(''), httpMethod: 'FETCH' } as unknown as Method;
const TYPE = {
  ...answering(''),
  integration: { ...answering('').integration, type: 'GRPC' },
} as unknown as Method;

describe('one bad item refuses all, by name, and what runs goes on', () => {
  test.each<[string, string, Item | Uint8Array, string]>([
    ['bytes that are no item', 'stage/x/bad', Buffer.from([0xff]), 'is no configuration item'],
    [
      'an item under the key of another',
      'stage/x/bad',
      itemBytes(stage('x', 'good')),
      'holds the item stage/x/good',
    ],
    ['an API under the key of a stage', 'stage/x/bad', itemBytes(api('x')), 'holds the item api/x'],
    ['a stage without its API', 'stage/z/bad', stage('z', 'bad'), 'there is no item api/z'],
    [
      'routes that are no tree',
      'stage/x/bad',
      stage('x', 'bad', { paths: ['/{a}', '/{b}'] }),
      'put two variable parts',
    ],
    ['an unknown method', 'stage/x/bad', stage('x', 'bad', { method: WORD }), 'unknown method "FETCH"'],
    [
      'an unknown integration',
      'stage/x/bad',
      stage('x', 'bad', { method: TYPE }),
      'unknown integration type "GRPC"',
    ],
  ])('%s', async (_, key, bad, reason) => {
    const subject = new Subject();
    const before = [api('x'), stage('x', 'one'), stage('x', 'two')];
    await subject.apply(...before);
    const items = itemsOf([api('x'), stage('x', 'one', { method: answering('new') }), stage('x', 'three')]);
    items.set(key, bad instanceof Uint8Array ? storedItem(bad) : storedItem(itemBytes(bad)));
    const refused = await subject.applyItems(items).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ItemError);
    expect(refused).toMatchObject({ key, reason: expect.stringContaining(reason) });
    expect(['one', 'two', 'three'].map((name) => subject.get(path('x', name)))).toEqual([
      'one',
      'two',
      '403',
    ]);
    // Neither does it stand in the way of the next one.
    expect((await subject.apply(...before, stage('x', 'four'))).compiledStages).toEqual(['stage/x/four']);
    expect(subject.get(path('x', 'four'))).toBe('four');
  });
});

function itemBytes(item: Item): Uint8Array {
  return [...itemsOf([item]).values()][0]?.bytes as Uint8Array;
}

test('items of a kind of a newer version are told, and the others served', async () => {
  const subject = new Subject();
  const items = itemsOf([api('x'), stage('x', 'one')]);
  const unknown = storedItem(Buffer.from([(15 << 3) | 2, 1, 7]));
  const { facts, compiledStages } = await subject.applyItems(
    new Map([...items, ['secret/a', unknown], ['stage/x/new', unknown]]),
  );
  expect(facts.unknownItems).toEqual(['secret/a', 'stage/x/new']);
  expect(compiledStages).toEqual(['stage/x/one']);
  expect([subject.get(path('x', 'one')), subject.get(path('x', 'new'))]).toEqual(['one', '403']);
  expect((await subject.applyItems(items)).facts.unknownItems).toEqual([]);
});

test('the source address is needed as long as some stage reads it', async () => {
  const subject = new Subject();
  const reads = stage('x', 'reads', { method: answering('$context.identity.sourceIp') });
  const plain = stage('x', 'plain', { method: answering('{}') });
  const needed = async (...items: Item[]) => (await subject.apply(api('x'), ...items)).facts.needsSourceIp;
  expect([await needed(plain), await needed(plain, reads), await needed(reads), await needed(plain)]).toEqual(
    [false, true, true, false],
  );
});

test('a change of what a worker does not serve is refused, and another generation than the prepared one not served', async () => {
  const subject = new Subject();
  const items = itemsOf([api('x'), stage('x', 'one')]);
  await expect(subject.worker.prepare(difference(EMPTY_ITEMS, items, 8, 7))).rejects.toThrow('generation 7');
  await subject.worker.prepare(difference(EMPTY_ITEMS, items, 8, null));
  subject.worker.commit(7);
  expect([subject.get(path('x', 'one')), subject.worker.generation]).toEqual(['403', -1]);
  subject.worker.commit(8);
  expect(subject.worker.generation).toBe(-1);
});

test('10,000 routes come in slices: no turn of the event loop takes more than a fraction of the work', async () => {
  const big = (text: string) => {
    const paths = Array.from({ length: 10_000 }, (_, i) => `/g${i % 100}/r${i}/{id}`);
    return itemsOf([api('x'), stage('x', 'big', { paths, method: answering(text) })]);
  };
  const runs: { longest: number; whole: number; turns: number }[] = [];
  // The first one also compiles our own code, and any can be hit by a collection of garbage that others left.
  for (const text of ['1', '2', '3', '4']) {
    const subject = new Subject();
    const message = difference(EMPTY_ITEMS, big(text), 1, null);
    let done = false;
    const start = cpuTimeMs();
    const prepared = subject.worker.prepare(message).finally(() => {
      done = true;
    });
    let longest = 0;
    let turns = 0;
    for (let before = cpuTimeMs(); !done; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = cpuTimeMs();
      longest = Math.max(longest, now - before);
      before = now;
    }
    await prepared;
    runs.push({ longest, whole: cpuTimeMs() - start, turns });
    subject.worker.commit(1);
    expect(subject.get(path('x', 'big', '/g7/r4207/1'))).toBe(text);
  }
  const best = runs.reduce((a, b) => (a.longest < b.longest ? a : b));
  expect(best.turns, JSON.stringify(runs)).toBeGreaterThan(10);
  expect(best.longest, JSON.stringify(runs)).toBeLessThan(25);
});
