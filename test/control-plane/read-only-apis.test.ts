/** What is served without having been made by calls, as operations find it; with real clients: clients/read-only-apis.test.ts. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiIdOf, buildSnapshot } from '../../src/config/build-snapshot.js';
import { nextRevision, readRevision } from '../../src/config/commit.js';
import { EMPTY_ITEMS, type Items, itemsOf, itemsOfSnapshot, storedItem } from '../../src/config/items.js';
import { MemoryStore } from '../../src/config/stores/memory-store.js';
import { remoteStore, serveStore } from '../../src/config/stores/remote.js';
import { ALL_OPERATIONS } from '../../src/control-plane/operations/all.js';
import { ReadOnlyApis } from '../../src/control-plane/read-only/read-only-apis.js';
import { definitionOf } from '../support/in-process-gateway.js';
import { TestControlPlane } from './harness.js';

let below: MemoryStore;
let apis: ReadOnlyApis;
let cp: TestControlPlane;
let end: () => void;
beforeEach(() => {
  below = new MemoryStore();
  const { port1, port2 } = new MessageChannel();
  end = serveStore(below, port1);
  const store = remoteStore({ port: port2, description: 'memory', durable: false, external: false });
  apis = new ReadOnlyApis({ store, local: { items: EMPTY_ITEMS, files: {} } });
  cp = new TestControlPlane(ALL_OPERATIONS, { ...apis.store, subscribe: () => Promise.reject(new Error()) });
});
afterEach(() => end());

const items = (title: string, paths: readonly string[], id = apiIdOf(title)): Items => {
  const method = { get: { responses: {}, 'x-amazon-apigateway-integration': { type: 'mock' } } };
  const definition = definitionOf({
    openapi: '3.0.1',
    info: { title, version: '1' },
    paths: Object.fromEntries(paths.map((path) => [path, method])),
  });
  return itemsOfSnapshot(
    buildSnapshot([{ id, stage: 'prod', stageVariables: {}, definition, mappings: [] }]),
  );
};

/** As another process publishes it. */
async function publish(next: Items): Promise<void> {
  const base = await readRevision(below, undefined);
  const revision = nextRevision(
    base,
    new Map([...(base?.items ?? []), ...next]),
    { by: '', message: '' },
    1,
    undefined,
  );
  if (revision !== null) await below.commit({ revision: revision.commit });
}

const names = async (): Promise<string[]> =>
  (await cp.ok('GET', '/restapis')).item.map(({ name }: { name: string }) => name).sort();

test('what is published by others shows at once, and again when it is another', async () => {
  expect(await names()).toEqual([]);
  await publish(items('One', ['/a']));
  const paths = async () =>
    (await cp.ok('GET', `/restapis/${apiIdOf('One')}/resources`)).item.map(
      ({ path }: { path: string }) => path,
    );
  expect(await paths()).toEqual(['/', '/a']);
  await publish(items('One', ['/a/b']));
  expect(await paths()).toEqual(['/', '/a', '/a/b']);
});

test('an item that cannot be read keeps nobody from seeing the others', async () => {
  await publish(items('Good', ['/']));
  await publish(
    new Map([
      ['api/bad', storedItem(Buffer.from('no item'))],
      ['stage/bad/prod', storedItem(Buffer.from('neither'))],
      ['stage/lonely/prod', storedItem(Buffer.from('of no API'))],
    ]),
  );
  expect(await names()).toEqual(['Good']);
  expect((await cp.error('GET', '/restapis/bad'))[0]).toBe(404);
});

test('an API that calls made is shown as they left it, whatever is given under its id', async () => {
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'made' });
  apis.setLocal({ items: items('Given', ['/a'], id), files: { [id]: 'given.yaml' } });
  expect(await names()).toEqual(['made']);
  await cp.ok('POST', `/restapis/${id}/resources/${rootResourceId}`, { pathPart: 'mine' });
  expect((await cp.ok('GET', `/restapis/${id}/resources`)).item).toHaveLength(2);
});

test('a canary of one has its deployment', async () => {
  const [api, stage] = [...items('Shop', ['/']).keys()];
  expect([api, stage]).toEqual([`api/${apiIdOf('Shop')}`, `stage/${apiIdOf('Shop')}/prod`]);
  const id = apiIdOf('Shop');
  const definition = definitionOf({ openapi: '3.0.1', info: { title: 'Shop', version: '2' }, paths: {} });
  const canary = {
    deployment: { id: 'canary', definition },
    percentTraffic: 10,
    stageVariableOverrides: { a: '1' },
    useStageCache: false,
  };
  await publish(
    itemsOf([
      { kind: 'api', api: { id, name: 'Shop', disableExecuteApiEndpoint: false } },
      {
        kind: 'stage',
        stage: { apiId: id, name: 'prod', variables: {}, deployment: { id: 'main', definition }, canary },
      },
    ]),
  );
  expect((await cp.ok('GET', `/restapis/${id}/stages/prod`)).canarySettings).toEqual({
    percentTraffic: 10,
    deploymentId: 'canary',
    stageVariableOverrides: { a: '1' },
    useStageCache: false,
  });
  const { item } = await cp.ok('GET', `/restapis/${id}/deployments`);
  expect(item.map((one: { id: string }) => one.id).sort()).toEqual(['canary', 'main']);
});

test('a deployment of this control plane leaves the others where they are', async () => {
  await publish(items('One', ['/a']));
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'made' });
  const method = `/restapis/${id}/resources/${rootResourceId}/methods/GET`;
  await cp.ok('PUT', method, { authorizationType: 'NONE' });
  await cp.ok('PUT', `${method}/integration`, { type: 'MOCK' });
  await cp.ok('POST', `/restapis/${id}/deployments`, { stageName: 'prod' });
  expect(await names()).toEqual(['One', 'made']);
  await cp.ok('DELETE', `/restapis/${id}`);
  expect(await names()).toEqual(['One']);
});
