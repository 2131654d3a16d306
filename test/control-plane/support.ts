/** What tests of account-wide things share. */
import { ALL_OPERATIONS } from '../../src/control-plane/operations/all.js';
import { newControlPlane, type TestControlPlane } from './harness.js';

/** With every operation. */
export function wholeControlPlane(): TestControlPlane {
  return newControlPlane(ALL_OPERATIONS);
}

export const bad = (message: string) => [400, 'BadRequestException', message];
export const missing = (message: string) => [404, 'NotFoundException', message];
export const conflicting = (message: string) => [409, 'ConflictException', message];
export const unknownApi = (id: string) => missing(`Invalid API identifier specified 123456789012:${id}`);

/** Messages of the two errors that a fixed list of paths knows (reference 09 section 6). */
export const wrongPath = (path: string, paths: string) =>
  bad(`Invalid patch path  '${path}' specified for op 'replace'. Must be one of: [${paths}]`);
export const wrongOp = (path: string, op: string) =>
  bad(`Invalid patch path  '${path}' specified for op '${op}'. Please choose supported operations`);

/** Ids of an API with `GET /` and a stage `prod`. */
export async function deployedApi(cp: TestControlPlane, stageName = 'prod'): Promise<string> {
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'shop' });
  await putMethod(cp, id, rootResourceId);
  await cp.ok('POST', `/restapis/${id}/deployments`, { stageName });
  return id;
}

/** `GET` with a MOCK integration. */
export async function putMethod(
  cp: TestControlPlane,
  api: string,
  resource: string,
  members: object = {},
): Promise<string> {
  const method = `/restapis/${api}/resources/${resource}/methods/GET`;
  await cp.ok('PUT', method, { authorizationType: 'NONE', ...members });
  await cp.ok('PUT', `${method}/integration`, {
    type: 'MOCK',
    requestTemplates: { 'application/json': '{"statusCode":200}' },
  });
  return method;
}
