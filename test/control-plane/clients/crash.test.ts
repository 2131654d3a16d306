/** A node that is killed in the middle of writes has lost none that it acknowledged, on disk or with Redis. */
import { once } from 'node:events';
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startGateway, testFolder } from '../../support/gateway-process.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';
import { answerOf, answerWith, REGION, sdk, textApi } from './sdk.js';

const folder = testFolder({});
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  folder.remove();
});

const ROUNDS = 4;

/** What was acknowledged, and what may have been carried out because its answer did not come. */
interface Writes {
  resources: Set<string>;
  lastResource: string;
  deployed: string;
  deploying: string;
}

/** Resources and deployments in turn, one after the other, until the node is gone. */
async function write(api: APIGateway, restApiId: string, round: number, writes: Writes): Promise<void> {
  const { rootResourceId: parentId } = await api.getRestApi({ restApiId });
  for (let i = 0; ; i++) {
    writes.lastResource = `r${round}-${i}`;
    await api.createResource({ restApiId, parentId, pathPart: writes.lastResource });
    writes.resources.add(writes.lastResource);
    writes.deploying = `text ${round} ${i}`;
    await answerWith(api, restApiId, writes.deploying);
    await api.createDeployment({ restApiId, stageName: 'prod' });
    writes.deployed = writes.deploying;
  }
}

async function resourcesOf(api: APIGateway, restApiId: string): Promise<Set<string>> {
  const { items = [] } = await api.getResources({ restApiId, limit: 500 });
  return new Set(items.flatMap(({ pathPart }) => pathPart ?? []));
}

describe.each([
  ['on disk', () => ['--data-dir', folder.path('disk')]],
  ['in Redis', () => ['--redis', redis.url, '--data-dir', folder.path('redis')]],
])('%s', (_, store) => {
  const start = (): Promise<GatewayProcess> =>
    startGateway(['--region', REGION, '--workers', '1', ...store()]);

  test('kill -9 at any moment loses no acknowledged write, and leaves none half done', async () => {
    let node = await start();
    let api = sdk(node.adminUrl);
    const restApiId = await textApi(api, 'killed', 'text');
    await api.createDeployment({ restApiId, stageName: 'prod' });
    const writes: Writes = { resources: new Set(), lastResource: '', deployed: 'text', deploying: 'text' };
    for (let round = 0; round < ROUNDS; round++) {
      const writing = write(api, restApiId, round, writes).catch(() => {});
      const enough = writes.resources.size + 1 + round;
      await until(() => writes.resources.size >= enough);
      // Somewhere within the few writes that are to come.
      setTimeout(() => node.process.kill('SIGKILL'), round * 7);
      await once(node.process, 'exit');
      await writing;
      api.destroy();

      node = await start();
      api = sdk(node.adminUrl);
      const found = await resourcesOf(api, restApiId);
      const unknown = [...found].filter((name) => !writes.resources.has(name));
      expect(unknown.filter((name) => name !== writes.lastResource)).toEqual([]);
      expect([...writes.resources].filter((name) => !found.has(name))).toEqual([]);
      for (const name of unknown) writes.resources.add(name);

      const answer = await answerOf(node.url, restApiId, 'prod');
      expect([writes.deployed, writes.deploying]).toContain(answer);
      writes.deployed = answer;
      const { deploymentId } = await api.getStage({ restApiId, stageName: 'prod' });
      await api.getDeployment({ restApiId, deploymentId });
    }
    api.destroy();
    await node.stop();
  }, 60_000);

  test('everything is there after a restart, keys and plans and domains too', async () => {
    let node = await start();
    let api = sdk(node.adminUrl);
    const restApiId = await textApi(api, 'kept', 'kept');
    await api.createDeployment({ restApiId, stageName: 'prod', variables: { a: '1' } });
    const { id: keyId } = await api.createApiKey({ name: 'kept', value: 'x'.repeat(30) });
    const plan = await api.createUsagePlan({
      name: 'kept',
      apiStages: [{ apiId: restApiId, stage: 'prod' }],
    });
    await api.createUsagePlanKey({ usagePlanId: plan.id, keyId, keyType: 'API_KEY' });
    await api.createDomainName({ domainName: 'kept.example.com', tags: { a: 'b' } });
    await api.createBasePathMapping({
      domainName: 'kept.example.com',
      basePath: 'base',
      restApiId,
      stage: 'prod',
    });
    const read = async () => ({
      apis: (await api.getRestApis({})).items,
      stages: (await api.getStages({ restApiId })).item,
      keys: (await api.getApiKeys({ includeValues: true })).items,
      plans: (await api.getUsagePlans({ keyId })).items,
      domains: (await api.getDomainNames({})).items,
      mappings: (await api.getBasePathMappings({ domainName: 'kept.example.com' })).items,
    });
    const before = await read();
    expect(before.mappings).toHaveLength(1);
    expect(before.plans).toHaveLength(1);
    api.destroy();
    await node.stop();

    node = await start();
    api = sdk(node.adminUrl);
    expect(await read()).toEqual(before);
    expect(await answerOf(node.url, restApiId, 'prod')).toBe('kept');
    api.destroy();
    await node.stop();
  }, 30_000);
});
