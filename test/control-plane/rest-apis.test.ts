/** REST APIs as the control plane answers: reference 09 sections 3.1, 5 and 6. */
import { beforeEach, expect, test } from 'vitest';
import { ACCOUNT, newControlPlane, type TestControlPlane } from './harness.js';

let cp: TestControlPlane;
let id: string;
beforeEach(async () => {
  cp = newControlPlane();
  id = (await cp.ok('POST', '/restapis', { name: 'shop' })).id;
});

const bad = (message: string) => [400, 'BadRequestException', message];
const patch = (...operations: object[]) => cp.patch(`/restapis/${id}`, ...operations);
const patchError = (...operations: object[]) => cp.patchError(`/restapis/${id}`, ...operations);

test('a new API has exactly the recorded members', async () => {
  const api = await cp.ok('POST', '/restapis', { name: 'shop' });
  expect(api).toEqual({
    apiKeySource: 'HEADER',
    createdDate: expect.any(Number),
    disableExecuteApiEndpoint: false,
    endpointConfiguration: { ipAddressType: 'ipv4', types: ['EDGE'] },
    id: expect.stringMatching(/^[a-z0-9]{10}$/),
    name: 'shop',
    rootResourceId: expect.stringMatching(/^[a-z0-9]{10}$/),
  });
  expect(await cp.ok('GET', `/restapis/${api.id}`)).toEqual({ ...api, tags: {} });
});

test('a private API is dualstack', async () => {
  const api = await cp.ok('POST', '/restapis', {
    name: 'shop',
    endpointConfiguration: { types: ['PRIVATE'] },
  });
  expect(api.endpointConfiguration).toEqual({ ipAddressType: 'dualstack', types: ['PRIVATE'] });
});

test.each([
  [{ name: 'a', description: '' }, 'Description cannot be an empty string'],
  [
    { name: 'a', minimumCompressionSize: -1 },
    'Invalid minimum compression size, must be between 0 and 10485760',
  ],
  [
    { name: 'a', endpointConfiguration: { types: [] } },
    'REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.',
  ],
  [
    { name: 'a', endpointConfiguration: { types: ['EDGE', 'REGIONAL'] } },
    'Cannot create an api with multiple Endpoint Types.',
  ],
  [
    { name: 'a', endpointConfiguration: { types: ['PRIVATE'], ipAddressType: 'ipv4' } },
    'Only dualstack ipAddressType is supported for Private APIs.',
  ],
])('creating %j is refused: %s', async (body, message) => {
  expect(await cp.error('POST', '/restapis', body)).toEqual(bad(message));
});

test('the front end lists violations in order, before anything else is checked', async () => {
  const body = {
    name: 'a',
    description: '',
    endpointConfiguration: { types: ['NOWHERE'], ipAddressType: 'ipv5' },
  };
  expect(await cp.error('POST', '/restapis', body)).toEqual([
    400,
    'ValidationException',
    "2 validation errors detected: Value '[NOWHERE]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]; Value 'ipv5' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]",
  ]);
});

test('wrong patch operations are counted from one, valid ones between them are not reported', async () => {
  expect(await patchError({ op: 'x', path: '/name' }, { op: 'replace', path: '/name' }, { op: 'y' })).toEqual(
    [
      400,
      'ValidationException',
      "2 validation errors detected: Value 'x' at 'updateRestApiInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]; Value 'y' at 'updateRestApiInput.patchOperations.3.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]",
    ],
  );
});

test('an API nobody knows', async () => {
  const message = `Invalid API identifier specified ${ACCOUNT}:nothere`;
  expect(await cp.error('GET', '/restapis/nothere')).toEqual([404, 'NotFoundException', message]);
  expect(await cp.error('DELETE', '/restapis/nothere')).toEqual([404, 'NotFoundException', message]);
  expect(await cp.patchError('/restapis/nothere')).toEqual([404, 'NotFoundException', message]);
});

test('binary media types are a set keyed by the path', async () => {
  await patch(
    { op: 'add', path: '/binaryMediaTypes/image~1png' },
    { op: 'add', path: '/binaryMediaTypes/-', value: 'text/plain' },
    { op: 'add', path: '/binaryMediaTypes/audio~1ogg' },
  );
  const replaced = await patch({ op: 'replace', path: '/binaryMediaTypes/image~1png', value: 'image/webp' });
  expect(replaced.binaryMediaTypes).toEqual(['-', 'audio/ogg', 'image/webp']);
  const left = await patch({ op: 'remove', path: '/binaryMediaTypes/-' });
  expect(left.binaryMediaTypes).toEqual(['audio/ogg', 'image/webp']);
  for (const op of ['add', 'replace', 'remove']) {
    expect(await patchError({ op, path: '/binaryMediaTypes' })).toEqual(
      bad('Invalid patch path /binaryMediaTypes'),
    );
  }
});

test('an empty compression size switches compression off', async () => {
  const on = await patch({ op: 'replace', path: '/minimumCompressionSize', value: '1024' });
  expect(on.minimumCompressionSize).toBe(1024);
  const off = await patch({ op: 'replace', path: '/minimumCompressionSize', value: '' });
  expect(off).not.toHaveProperty('minimumCompressionSize');
  for (const value of ['-1', '10485761', 'x']) {
    expect(await patchError({ op: 'replace', path: '/minimumCompressionSize', value })).toEqual(
      bad('Invalid minimum compression size, must be between 0 and 10485760'),
    );
  }
});

test('becoming private makes an API dualstack', async () => {
  const api = await patch({ op: 'replace', path: '/endpointConfiguration/types/EDGE', value: 'PRIVATE' });
  expect(api.endpointConfiguration).toEqual({ ipAddressType: 'dualstack', types: ['PRIVATE'] });
});

test.each([
  [{ op: 'replace', path: '/nothing' }, 'Invalid patch path /nothing'],
  [{ op: 'add', path: '/nothing' }, 'Invalid patch path /nothing'],
  [{ op: 'replace' }, 'Invalid patch path null'],
  [{ op: 'add', path: '/name', value: 'x' }, 'Invalid patch operation specified. Must be one of: [replace]'],
  [{ op: 'replace', path: '/description', value: '' }, 'Description cannot be an empty string'],
  [
    { op: 'copy', path: '/endpointConfiguration/types/0', value: 'EDGE' },
    "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
  ],
  [
    { op: 'replace', path: '/endpointConfiguration/types/0', value: 'X' },
    'Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE',
  ],
  [
    { op: 'replace', path: '/endpointConfiguration/ipAddressType', value: 'X' },
    'ipAddressType must be either ipv4 or dualstack.',
  ],
])('patch %j: %s', async (operation, message) => {
  expect(await patchError(operation)).toEqual(bad(message));
});

test('a patch is carried out whole or not at all', async () => {
  await patchError({ op: 'replace', path: '/name', value: 'renamed' }, { op: 'replace', path: '/nothing' });
  expect((await cp.ok('GET', `/restapis/${id}`)).name).toBe('shop');
});

test('lists come in pages that stay right while APIs go', async () => {
  const ids = [id];
  for (let i = 0; i < 4; i++) ids.push((await cp.ok('POST', '/restapis', { name: `api ${i}` })).id);
  const first = await cp.ok('GET', '/restapis?limit=2');
  expect(first.item).toHaveLength(2);
  await cp.ok('DELETE', `/restapis/${first.item[0].id}`);
  const second = await cp.ok('GET', `/restapis?limit=2&position=${first.position}`);
  const third = await cp.ok('GET', `/restapis?limit=2&position=${second.position}`);
  expect(third).not.toHaveProperty('position');
  const listed = [...first.item, ...second.item, ...third.item].map((api) => api.id);
  expect(listed.sort()).toEqual(ids.sort());
});

test('an empty list is a list', async () => {
  await cp.ok('DELETE', `/restapis/${id}`);
  expect(await cp.ok('GET', '/restapis')).toEqual({ item: [] });
});

test('without Accept: application/json the answer is HAL with dates as text', async () => {
  const { json, headers } = await cp.call('GET', `/restapis/${id}`, undefined, {});
  expect(headers['Content-Type']).toBe('application/hal+json');
  expect(json._links.self.href).toBe(`/restapis/${id}`);
  expect(json.createdDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('a clone has the content of its source and ids of its own', async () => {
  const [root] = (await cp.ok('GET', `/restapis/${id}/resources`)).item;
  const child = await cp.ok('POST', `/restapis/${id}/resources/${root.id}`, { pathPart: 'pets' });
  await cp.ok('PUT', `/restapis/${id}/resources/${child.id}/methods/GET`, { authorizationType: 'NONE' });
  const clone = await cp.ok('POST', '/restapis', { name: 'copy', cloneFrom: id });
  const resources = (await cp.ok('GET', `/restapis/${clone.id}/resources?embed=methods`)).item;
  expect(resources.map(({ path }: { path: string }) => path).sort()).toEqual(['/', '/pets']);
  const pets = resources.find(({ path }: { path: string }) => path === '/pets');
  expect(pets.id).not.toBe(child.id);
  expect(pets.parentId).toBe(clone.rootResourceId);
  expect(pets.resourceMethods.GET).toEqual({
    apiKeyRequired: false,
    authorizationType: 'NONE',
    httpMethod: 'GET',
  });
});
