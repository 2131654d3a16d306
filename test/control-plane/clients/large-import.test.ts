/** What is slow in the control plane is slow for nobody else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, startGateway, testFolder } from '../../support/gateway-process.js';
import { until } from '../../support/until.js';
import { answerOf, failureOf, REGION, sdk, textApi } from './sdk.js';

const files = testFolder({});
let node: GatewayProcess;
beforeAll(async () => {
  node = await startGateway(['--data-dir', files.path('data'), '--region', REGION, '--workers', '1']);
});
afterAll(async () => {
  await node.stop();
  files.remove();
});

/** Long enough for a machine that does several things at once, and a small part of what the import takes. */
const SOON_MS = 1_000;

/** A document of about so many bytes, most of them templates, as in documents of that size. */
function largeDocument(bytes: number): Buffer {
  const paths: Record<string, object> = {};
  const template = `{"statusCode": 200}#* ${'x'.repeat(9_000)} *#`;
  for (let i = 0; i * 9_300 < bytes; i++) {
    paths[`/things${i}/{id}`] = {
      get: {
        responses: { 200: { description: 'fine' } },
        'x-amazon-apigateway-integration': {
          type: 'mock',
          requestTemplates: { 'application/json': template },
          responses: { default: { statusCode: '200' } },
        },
      },
    };
  }
  return Buffer.from(JSON.stringify({ openapi: '3.0.1', info: { title: 'Large', version: '1' }, paths }));
}

/** Milliseconds of the slowest answer, and how many there were, until `work` is done. */
async function slowestWhile(work: Promise<unknown>, ask: () => Promise<unknown>): Promise<[number, number]> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  let slowest = 0;
  let count = 0;
  while (!done) {
    const from = performance.now();
    await ask();
    slowest = Math.max(slowest, performance.now() - from);
    count++;
  }
  await ended;
  return [slowest, count];
}

test('health, metrics and the data plane answer during an import and a deployment of 6 MB', async () => {
  const api = sdk(node.adminUrl);
  const small = await textApi(api, 'small', 'small');
  await api.createDeployment({ restApiId: small, stageName: 'prod' });
  await until(async () => (await answerOf(node.url, small, 'prod')) === 'small');
  const imported = async (): Promise<string> => {
    const { id = '' } = await api.importRestApi({ body: largeDocument(5_900_000) });
    await api.createDeployment({ restApiId: id, stageName: 'prod' });
    return id;
  };
  const work = imported();
  const [[health, probes], [metrics], [data, requests]] = await Promise.all([
    slowestWhile(work, () => fetch(`${node.adminUrl}/healthz`)),
    slowestWhile(work, () => fetch(`${node.adminUrl}/metrics`)),
    slowestWhile(work, () => answerOf(node.url, small, 'prod')),
  ]);
  expect(Math.max(health, metrics, data)).toBeLessThan(SOON_MS);
  expect(Math.min(probes, requests)).toBeGreaterThan(5);
  const restApiId = await work;
  await until(
    async () => (await fetch(`${node.url}/_aws/execute-api/${restApiId}/prod/things5/1`)).status === 200,
  );
  api.destroy();
}, 60_000);

test('a body of more than a definition may have is refused', async () => {
  const api = sdk(node.adminUrl);
  const [status] = await failureOf(api.importRestApi({ body: Buffer.alloc(8 * 1024 * 1024, 'x') }));
  expect(status).toBe(413);
  api.destroy();
});
