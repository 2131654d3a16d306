/** What a body may not hold, and writes of different things that exclude each other. */
import { beforeEach, expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import type { TestControlPlane } from './harness.js';
import { deployedApi, wholeControlPlane } from './support.js';

let cp: TestControlPlane;
let method: string;
beforeEach(async () => {
  cp = wholeControlPlane();
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'shop' });
  method = `/restapis/${id}/resources/${rootResourceId}/methods/GET`;
  await cp.ok('PUT', method, { authorizationType: 'NONE' });
});

test.each<[string, string, object]>([
  ['PATCH', '', { patchOperations: [null] }],
  ['PUT', '/integration', { type: 'MOCK', requestParameters: { 'integration.request.header.x': null } }],
  ['PUT', '/integration', { type: 'MOCK', cacheKeyParameters: [null] }],
])('%s %s refuses null entries of %j', async (verb, path, body) => {
  const [status, type, message] = await cp.error(verb, method + path, body);
  expect([status, type]).toEqual([400, 'ValidationException']);
  expect(message).toContain('Member must not be null');
});

test('mappings name headers, parameters and paths that exist', async () => {
  const mapped = (requestParameters: object) =>
    cp.error('PUT', `${method}/integration`, { type: 'MOCK', requestParameters });
  expect((await mapped({ foo: "'x'" }))[2]).toContain('Invalid mapping expression specified');
  const source = { 'integration.request.path.a': 'method.request.path.a' };
  expect((await mapped(source))[2]).toContain('method.request.path.a');
  await cp.ok('PUT', `${method}/integration`, { type: 'MOCK' });
  const responseParameters = { 'method.response.header.Q': "'x'" };
  expect(await cp.error('PUT', `${method}/integration/responses/200`, { responseParameters })).toEqual([
    400,
    'BadRequestException',
    'Invalid mapping expression parameter specified: method.response.header.Q',
  ]);
});

test('a deleted stage is in no plan, and a deleted API at no domain, however close the calls are', async () => {
  for (let round = 0; round < 10; round++) {
    const stage = 'prod';
    const api = await deployedApi(cp, stage);
    const plan = (await cp.ok('POST', '/usageplans', { name: 'p' })).id;
    await Promise.all([
      cp.call('PATCH', `/usageplans/${plan}`, {
        patchOperations: [{ op: 'add', path: '/apiStages', value: `${api}:${stage}` }],
      }),
      cp.call('DELETE', `/restapis/${api}/stages/${stage}`),
    ]);
    const stages = (await cp.ok('GET', `/restapis/${api}/stages`)).item;
    expect((await cp.ok('GET', `/usageplans/${plan}`)).apiStages).toHaveLength(stages.length);
    const domainName = `d${round}.example.com`;
    await cp.ok('POST', '/domainnames', { domainName });
    await Promise.all([
      cp.call('POST', `/domainnames/${domainName}/basepathmappings`, { restApiId: api }),
      cp.call('DELETE', `/restapis/${api}`),
    ]);
    const { status } = await cp.call('GET', `/restapis/${api}`);
    const mappings = (await cp.ok('GET', `/domainnames/${domainName}/basepathmappings`)).item;
    expect(mappings).toHaveLength(status === 200 ? 1 : 0);
  }
});

test('a document of a million open brackets is refused at once', () => {
  const { definition, problems } = importDefinition(`{"x": ${'['.repeat(1_000_000)}`, 'deep.json');
  expect(definition).toBeUndefined();
  expect(problems[0]?.message).toContain('brackets are open');
});

test('text that is no Unicode is refused: published, it would keep all nodes from all later changes', async () => {
  const body = (name: string) => `{"name":"${name}"}`;
  const refused = [400, 'SerializationException', 'The request body is no JSON document in UTF-8'];
  for (const half of ['x\\ud800y', '\\uDC00', '\\\\\\ud800']) {
    expect(await cp.error('POST', '/restapis', body(half)), half).toEqual(refused);
  }
  for (const whole of ['\\ud83d\\ude00', '\\\\ud800', 'ü']) {
    expect((await cp.call('POST', '/restapis', body(whole))).status, whole).toBe(201);
  }
});

test('a document with such text is not imported', async () => {
  const document = {
    openapi: '3.0.1',
    info: { title: 'TITLE', version: '1' },
    paths: {
      '/': { get: { responses: {}, 'x-amazon-apigateway-integration': { type: 'mock' } } },
    },
  };
  const text = JSON.stringify(document).replace('TITLE', 'x\\ud800');
  const [status, type] = await cp.error('POST', '/restapis?mode=import', text);
  expect([status, type]).toEqual([400, 'BadRequestException']);
});
