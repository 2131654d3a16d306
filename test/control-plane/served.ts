/** What data planes would serve of a control plane's store. */
import { openSnapshot } from '../../src/config/commit.js';
import { snapshotOfItems } from '../../src/config/items.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { Gateway } from '../../src/pipeline/gateway.js';
import { Client, contextOf, type RequestParts } from '../integrations/http-proxy/harness.js';
import type { TestControlPlane } from './harness.js';

/** The configuration that the store has published; without any, an empty one. */
export async function servedBy({ store }: TestControlPlane): Promise<Snapshot> {
  const sealed = await store.read();
  if (sealed === null) return { revision: 0, apis: [], mappings: [], domains: [] };
  const { head, items } = openSnapshot(sealed, undefined);
  return snapshotOfItems(items, head.revision);
}

/** The answer of a MOCK method of a stage, through the pipeline of a node. */
export async function answerOf(
  cp: TestControlPlane,
  apiId: string,
  path: string,
  parts: RequestParts = {},
): Promise<{ status: number; body: string }> {
  const { services } = contextOf({ integration: {} });
  const gateway = Gateway.compile(await servedBy(cp), services, {
    region: 'eu-central-1',
    accountId: '123456789012',
    executeApiHosts: true,
    executeApiPaths: true,
    skipAuthorization: false,
  });
  const client = new Client({ host: `${apiId}.execute-api.localhost`, path, ...parts });
  gateway.handle(client.exchange);
  return { status: client.status, body: client.body };
}

export interface MockApi {
  id: string;
  /** `/restapis/{id}` */
  path: string;
  /** Of its root resource. */
  method: string;
  root: string;
}

/** An API whose `GET /` answers a text without a backend. */
export async function mockApi(cp: TestControlPlane, text: string): Promise<MockApi> {
  const { id, rootResourceId: root } = await cp.ok('POST', '/restapis', { name: 'shop' });
  const path = `/restapis/${id}`;
  const method = `${path}/resources/${root}/methods/GET`;
  await cp.ok('PUT', method, { authorizationType: 'NONE' });
  await cp.ok('PUT', `${method}/responses/200`);
  await cp.ok('PUT', `${method}/integration`, {
    type: 'MOCK',
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
  });
  await cp.ok('PUT', `${method}/integration/responses/200`, {
    responseTemplates: { 'application/json': text },
  });
  return { id, path, method, root };
}

/** What the method answers from the next deployment on. */
export async function answerWith(cp: TestControlPlane, { method }: MockApi, text: string): Promise<void> {
  await cp.ok('PUT', `${method}/integration/responses/200`, {
    responseTemplates: { 'application/json': text },
  });
}
