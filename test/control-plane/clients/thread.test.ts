/** The control plane's thread in a node of this process: it dies like any thread, and calls this node's functions. */
import type { Worker } from 'node:worker_threads';
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
// From dist/: the node starts threads, which need JavaScript.
import { ConfigActor } from '../../../dist/node/config-actor.js';
import { testFolder } from '../../support/gateway-process.js';
import { nodeSettings } from '../../support/node-settings.js';
import { until } from '../../support/until.js';
import { failureOf, REGION, sdk } from './sdk.js';

const files = testFolder({
  'hello.mjs': "export const handler = async ({ path }) => ({ statusCode: 200, body: 'hello ' + path });",
});
const threads: Worker[] = [];
const onThread = (thread: Worker): void => void threads.push(thread);
const lines: string[] = [];
let config: ConfigActor;
let api: APIGateway;

beforeAll(async () => {
  process.on('worker', onThread);
  const hello = { name: 'hello', file: files.path('hello.mjs'), handler: 'handler' };
  config = await ConfigActor.start(
    nodeSettings({
      lambda: { region: REGION, accountId: '000000000000' },
      functions: [{ ...hello, timeoutMs: 5_000, memoryMb: 64, concurrency: 1, environment: {} }],
    }),
    { items: new Map(), files: {} },
    (error: Error) => lines.push(error.message),
  );
  api = sdk(`http://127.0.0.1:${config.node.adminPort}`);
});
afterAll(async () => {
  process.off('worker', onThread);
  api.destroy();
  await config.stop(0);
  files.remove();
});

/** The newest thread: it starts after all others, and again when it died. */
const newest = (): Worker | undefined => threads.at(-1);

test('calls that come before the thread is ready wait for it', async () => {
  expect((await api.getRestApis({})).items).toEqual([]);
});

test('a thread that dies is replaced, and has lost nothing', async () => {
  const { id } = await api.createRestApi({ name: 'kept' });
  const before = newest();
  await before?.terminate();
  expect((await api.getRestApis({})).items).toMatchObject([{ id, name: 'kept' }]);
  expect(newest()).not.toBe(before);
});

test('a call under way when the thread dies is answered as a failure', async () => {
  const { id: restApiId, rootResourceId: parentId } = await api.createRestApi({ name: 'cut off' });
  const slow = failureOf(api.createResource({ restApiId, parentId, pathPart: 'x'.repeat(1_000) }));
  const ended = newest()?.terminate();
  const outcome = await slow.catch(() => 'answered');
  await ended;
  // Which of the two was faster nobody knows; it hangs in neither case.
  expect(['answered', 'InternalFailure']).toContain(typeof outcome === 'string' ? outcome : outcome[1]);
  await api.getRestApis({});
});

test('a test call reaches the functions of the node, and does again when they run anew', async () => {
  const { id: restApiId, rootResourceId: resourceId } = await api.createRestApi({ name: 'functions' });
  const method = { restApiId, resourceId, httpMethod: 'GET' };
  await api.putMethod({ ...method, authorizationType: 'NONE' });
  await api.putIntegration({
    ...method,
    type: 'AWS_PROXY',
    integrationHttpMethod: 'POST',
    uri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:${REGION}:000000000000:function:hello/invocations`,
  });
  const call = async () => await api.testInvokeMethod({ ...method, pathWithQueryString: '/' });
  expect(await call()).toMatchObject({ status: 200, body: 'hello /' });
  const host = threads[0];
  await host?.terminate();
  await until(async () => (await call()).body === 'hello /');
});
