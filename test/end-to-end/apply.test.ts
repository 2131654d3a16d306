/** A configuration is applied by all workers of a node or by none, and a refusal names the item. */
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
// From dist/: the node starts threads, which need JavaScript.
import { startNode } from '../../dist/node/node.js';
import { type Items, storedItem } from '../../src/config/items.js';
import type { Node } from '../../src/node/node.js';
import { nodeSettings } from '../support/node-settings.js';
import { servedConfiguration } from '../support/served-configuration.js';
import { mockOperation } from './definitions.js';

/** Two APIs, `one` and `two`, that answer with what they are given. */
function configuration(one: number, two: number, revision: number) {
  const document = (value: number) => ({
    openapi: '3.0.3',
    info: { title: 'x', version: '1' },
    paths: { '/value': { get: mockOperation({ value }) } },
  });
  return servedConfiguration(
    [
      { document: document(one), id: 'one', mappings: [{ domain: '', basePath: 'one' }] },
      { document: document(two), id: 'two', mappings: [{ domain: '', basePath: 'two' }] },
    ],
    revision,
  );
}

function withItem(items: Items, key: string, bytes: Uint8Array): Items {
  return new Map(items).set(key, storedItem(bytes));
}

const BAD = Buffer.from([0xff]);
/** Field 15 of an `Item`, which this version does not know. */
const UNKNOWN = Buffer.from([(15 << 3) | 2, 1, 7]);

const onFatal = (error: Error): void => {
  throw error;
};

let node: Node;
/** Of the node, in the order they were made. */
const threads: Worker[] = [];
const onThread = (thread: Worker): void => {
  threads.push(thread);
};

beforeAll(async () => {
  process.on('worker', onThread);
  node = await startNode(nodeSettings({ workers: 2 }), configuration(1, 1, 7), onFatal);
});

afterAll(async () => {
  process.off('worker', onThread);
  await node?.stop(0);
});

/** What both APIs answer, several times: workers take requests in turn. */
async function answers(): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const values = ['one', 'two'].map(async (api) => {
      const answer = await fetch(`http://127.0.0.1:${node.port}/${api}/value`);
      return answer.ok ? ((await answer.json()) as { value: number }).value : answer.status;
    });
    seen.add((await Promise.all(values)).join(' '));
  }
  return seen;
}

async function metric(): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${node.adminPort}/metrics`)).text();
  return /^propylon_config_revision (\S+)$/m.exec(text)?.[1];
}

test('revisions are those of the configuration, and may go back', async () => {
  expect([node.revision, await metric()]).toEqual([7, '7']);
  await node.apply(configuration(1, 2, 3));
  expect([node.revision, await metric(), await answers()]).toEqual([3, '3', new Set(['1 2'])]);
});

test('one bad item refuses the whole configuration, by name, on every worker', async () => {
  await node.apply(configuration(1, 2, 10));
  const next = configuration(3, 4, 11);
  const refused = node.apply({ revision: 11, items: withItem(next.items, 'stage/two/prod', BAD) });
  await expect(refused).rejects.toMatchObject({
    name: 'ItemError',
    key: 'stage/two/prod',
    reason: expect.stringContaining('is no configuration item'),
    message: expect.stringMatching(/^stage\/two\/prod: /),
  });
  expect([node.revision, await answers()]).toEqual([10, new Set(['1 2'])]);
  expect((await fetch(`http://127.0.0.1:${node.adminPort}/readyz`)).status).toBe(200);
  await node.apply(next);
  expect([node.revision, await answers()]).toEqual([11, new Set(['3 4'])]);
});

test('the same items under another revision are that revision at once', async () => {
  await node.apply(configuration(5, 5, 20));
  await node.apply(configuration(5, 5, 21));
  expect([node.revision, await metric()]).toEqual([21, '21']);
});

test('items of an unknown kind are told, and the rest is served', async () => {
  const { items } = configuration(6, 6, 30);
  await node.apply({ revision: 30, items: withItem(items, 'secret/a', UNKNOWN) });
  expect([node.unknownItems, await answers()]).toEqual([['secret/a'], new Set(['6 6'])]);
  await node.apply({ revision: 31, items });
  expect(node.unknownItems).toEqual([]);
});

test('calls are carried out one after the other, refused ones among them', async () => {
  const { items } = configuration(0, 0, 40);
  const results = await Promise.allSettled([
    node.apply(configuration(1, 0, 41)),
    node.apply({ revision: 42, items: withItem(items, 'api/one', BAD) }),
    node.apply(configuration(0, 1, 43)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([node.revision, await answers()]).toEqual([43, new Set(['0 1'])]);
});

test('while no worker is there nothing is taken unseen', async () => {
  const { items } = configuration(0, 0, 60);
  await node.apply(configuration(4, 4, 60));
  // The first thread is the acceptor.
  const workers = () => threads.slice(1).filter((thread) => thread.threadId > 0);
  await Promise.all(workers().map((worker) => worker.terminate()));
  const refused = node.apply({ revision: 61, items: withItem(items, 'stage/one/prod', BAD) });
  await expect(refused).rejects.toMatchObject({ key: 'stage/one/prod' });
  expect([node.revision, await answers()]).toEqual([60, new Set(['4 4'])]);
  await Promise.all(workers().map((worker) => worker.terminate()));
  await node.apply(configuration(6, 6, 62));
  expect([node.revision, await answers()]).toEqual([62, new Set(['6 6'])]);
});

test('a configuration without anything is one, too', async () => {
  await node.apply({ revision: 50, items: new Map() });
  expect(await answers()).toEqual(new Set(['403 403']));
  await node.apply(configuration(8, 9, 51));
  expect(await answers()).toEqual(new Set(['8 9']));
});

test('a node that cannot serve what it is started with says which item is to blame', async () => {
  const { items } = configuration(1, 1, 1);
  const bad = { revision: 1, items: withItem(items, 'stage/one/prod', BAD) };
  await expect(startNode(nodeSettings(), bad, onFatal)).rejects.toMatchObject({
    name: 'ItemError',
    key: 'stage/one/prod',
  });
});
