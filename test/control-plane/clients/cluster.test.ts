/** Several nodes with one Redis are one control plane. */
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finished, propylon } from '../../cli/propylon.js';
import { type GatewayProcess, startGateway, testFolder } from '../../support/gateway-process.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';
import { answerOf, answerWith, failureOf, plain, REGION, sdk, textApi } from './sdk.js';

const CONFIG_KEY = 'a-key-of-more-than-thirty-two-characters';
const files = testFolder({});
let redis: RedisServer;
let nodes: GatewayProcess[];
let clients: [APIGateway, APIGateway];

beforeAll(async () => {
  redis = await startRedis();
  const start = (name: string): Promise<GatewayProcess> =>
    startGateway(['--workers', '1', '--region', REGION], { env: settings(name) });
  const [one, other] = await Promise.all([start('one'), start('other')]);
  nodes = [one, other];
  clients = [sdk(one.adminUrl), sdk(other.adminUrl)];
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await Promise.all(nodes.map((node) => node.stop()));
  await redis.stop();
  files.remove();
});

function settings(name: string): Record<string, string> {
  return {
    PROPYLON_REDIS: redis.url,
    // Short, so that a Redis that hangs is noticed within the test.
    PROPYLON_REDIS_TIMEOUT: '1s',
    PROPYLON_CONFIG_KEY: CONFIG_KEY,
    PROPYLON_DATA_DIR: files.path(name),
  };
}

const admin = (...args: string[]): Promise<Finished> =>
  propylon(['admin', ...args], { env: { ...settings('cli'), HOME: files.path('.') } });

test('what is created on one node is there on the other at once, and a deployment is live on both', async () => {
  const [one, other] = clients;
  const restApiId = await textApi(one, 'shared', 'first');
  const seen = await other.getRestApi({ restApiId });
  expect(plain(seen)).toEqual(plain(await one.getRestApi({ restApiId })));
  const { id } = await other.createDeployment({ restApiId, stageName: 'prod' });
  expect((await one.getStage({ restApiId, stageName: 'prod' })).deploymentId).toBe(id);
  for (const node of nodes)
    await until(async () => (await answerOf(node.url, restApiId, 'prod')) === 'first');

  await answerWith(one, restApiId, 'second');
  await one.createDeployment({ restApiId, stageName: 'prod' });
  for (const node of nodes)
    await until(async () => (await answerOf(node.url, restApiId, 'prod')) === 'second');
  // Back to the older one, by the other node.
  const patchOperations = [{ op: 'replace' as const, path: '/deploymentId', value: id }];
  await other.updateStage({ restApiId, stageName: 'prod', patchOperations });
  for (const node of nodes)
    await until(async () => (await answerOf(node.url, restApiId, 'prod')) === 'first');
});

test('writers of one API on both nodes at once lose nothing of each other', async () => {
  const { id: restApiId, rootResourceId: parentId } = await clients[0].createRestApi({ name: 'busy' });
  const names = Array.from({ length: 60 }, (_, i) => `r${i}`);
  await Promise.all(
    names.map((pathPart, i) =>
      (clients[i % 2] as APIGateway).createResource({ restApiId, parentId, pathPart }),
    ),
  );
  const { items = [] } = await clients[0].getResources({ restApiId, limit: 500 });
  expect(items.flatMap(({ pathPart }) => pathPart ?? []).sort()).toEqual(names.sort());
});

test('of two that create the same resource at once one is told of the other', async () => {
  const { id: restApiId, rootResourceId: parentId } = await clients[0].createRestApi({ name: 'rivals' });
  const outcomes = await Promise.allSettled(
    clients.map((client) => client.createResource({ restApiId, parentId, pathPart: 'one' })),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const rejected = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(rejected).toMatchObject([
    {
      name: 'ConflictException',
      message: 'Another resource with the same parent already has this name: one',
    },
  ]);
});

test('without its Redis a node answers 503 for calls and serves on', async () => {
  const restApiId = await textApi(clients[0], 'lonely', 'served on');
  await clients[0].createDeployment({ restApiId, stageName: 'prod' });
  const [node] = nodes;
  const url = node?.url ?? '';
  await until(async () => (await answerOf(url, restApiId, 'prod')) === 'served on');
  redis.pause();
  const [status, name, message] = await failureOf(clients[0].getRestApis({}));
  expect([status, name]).toEqual([503, 'ServiceUnavailableException']);
  expect(message).toMatch(/^The configuration store cannot be reached: redis:/);
  expect(await answerOf(url, restApiId, 'prod')).toBe('served on');
  redis.resume();
  await until(
    async () =>
      await clients[0].getRestApis({}).then(
        () => true,
        () => false,
      ),
  );
}, 40_000);

// The last test: from its first key on nobody is let in without one.
test('an access key made once signs calls to every node, until it is deleted', async () => {
  const made = JSON.parse((await admin('create-key', '--name', 'ci', '--json')).stdout);
  const key = { accessKeyId: made.id, secretAccessKey: made.secret };
  for (const node of nodes) {
    expect(await failureOf(sdk(node.adminUrl).getRestApis({}))).toEqual([
      403,
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ]);
    expect((await sdk(node.adminUrl, key).getRestApis({})).items).toBeInstanceOf(Array);
  }
  expect(await admin('delete-key', made.id)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('it was the last one'),
  });
  for (const client of clients) await client.getRestApis({});
});
