/** What a node serves when it follows a store and has definitions of its own; and a store in a folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { propylon } from '../cli/propylon.js';
import { type Backend, startBackend } from '../support/backend.js';
import { startGateway, testFolder } from '../support/gateway-process.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { ask } from './cluster.js';

let backend: Backend;
let redis: RedisServer;
let folder: ReturnType<typeof testFolder>;

beforeAll(async () => {
  backend = await startBackend(({ url }, response) => response.end(url));
  redis = await startRedis();
  folder = testFolder({
    'shared.json': definition('shared'),
    'own.json': definition('own'),
    'own-2.json': definition('own-2'),
  });
});
afterAll(async () => {
  await backend.close();
  await redis.stop();
  folder.remove();
});

function definition(path: string): string {
  return JSON.stringify({
    openapi: '3.0.1',
    info: { title: 'API', version: '1' },
    paths: {
      '/item': {
        get: {
          responses: {},
          'x-amazon-apigateway-integration': {
            type: 'http_proxy',
            httpMethod: 'GET',
            uri: `http://${backend?.authority ?? '127.0.0.1:1'}/${path}`,
          },
        },
      },
    },
  });
}

async function push(store: string[], file: string, ...args: string[]): Promise<void> {
  const command = ['push', folder.path(file), '--stage', 'prod', ...store, ...args];
  const { code, stderr } = await propylon(command);
  if (code !== 0) throw new Error(stderr);
}

test("a node serves the store's APIs and its own, its own where both claim an address, and says which", async () => {
  const store = ['--redis', redis.url, '--namespace', 'own'];
  await push(store, 'shared.json', '--api', 'shared', '--base-path', '/');
  const args = [...store, '--data-dir', folder.path('node'), '--watch', folder.path('own.json')];
  const node = await startGateway(args);
  try {
    expect((await ask(`${node.url}/item`)).body).toBe('/own');
    expect((await ask(`${node.url}/_aws/execute-api/shared/prod/item`)).body).toBe('/shared');
    await until(() => node.stderr().includes('is served in place of mapping// (to API shared, stage prod)'));
    // A change on either side keeps the other.
    writeFileSync(folder.path('own.json'), readFileSync(folder.path('own-2.json')));
    await until(async () => (await ask(`${node.url}/item`)).body === '/own-2');
    expect((await ask(`${node.url}/_aws/execute-api/shared/prod/item`)).body).toBe('/shared');
    await push(store, 'own.json', '--api', 'shared', '--base-path', '/', '--wait');
    expect((await ask(`${node.url}/_aws/execute-api/shared/prod/item`)).body).toBe('/own-2');
    expect((await ask(`${node.url}/item`)).body).toBe('/own-2');
  } finally {
    await node.stop();
  }
});

test('a node with a folder for its store follows what other processes push there, and has it after kill -9', async () => {
  const store = ['--data-dir', folder.path('store')];
  let node = await startGateway(store);
  try {
    expect((await ask(`${node.adminUrl}/readyz`)).status).toBe(200);
    await push(store, 'shared.json', '--api', 'shared', '--wait');
    expect((await ask(`${node.url}/_aws/execute-api/shared/prod/item`)).body).toBe('/shared');
    node.process.kill('SIGKILL');
    await node.exited;
    node = await startGateway(store);
    expect((await ask(`${node.url}/_aws/execute-api/shared/prod/item`)).body).toBe('/shared');
  } finally {
    await node.stop();
  }
});

test('a node without definitions and without a store starts, and says that it keeps nothing', async () => {
  const node = await startGateway([]);
  expect(node.stdout()).toContain('store      memory: nothing is kept after this process ends');
  expect((await ask(`${node.adminUrl}/readyz`)).status).toBe(200);
  expect(await node.stop()).toBe(0);
});
