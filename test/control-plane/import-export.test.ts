/** ImportRestApi, PutRestApi and GetExport: reference 08. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { DEPLOYMENT_OPERATIONS } from '../../src/control-plane/operations/deployments.js';
import { DOCUMENTATION_VERSION_OPERATIONS } from '../../src/control-plane/operations/documentation-versions.js';
import { EXPORT_OPERATIONS } from '../../src/control-plane/operations/export.js';
import { IMPORT_OPERATIONS } from '../../src/control-plane/operations/import.js';
import { MODEL_OPERATIONS } from '../../src/control-plane/operations/models.js';
import { STAGE_OPERATIONS } from '../../src/control-plane/operations/stages.js';
import { importDefinition } from '../../src/openapi/import.js';
import { type Json, MOCK, openapi, operation, swagger } from '../openapi/documents.js';
import { CORE_OPERATIONS, newControlPlane, type TestControlPlane } from './harness.js';
import { servedBy } from './served.js';

let cp: TestControlPlane;
beforeEach(() => {
  cp = newControlPlane([
    ...CORE_OPERATIONS,
    ...MODEL_OPERATIONS,
    ...DOCUMENTATION_VERSION_OPERATIONS,
    ...DEPLOYMENT_OPERATIONS,
    ...STAGE_OPERATIONS,
    ...IMPORT_OPERATIONS,
    ...EXPORT_OPERATIONS,
  ]);
});

const bad = (message: unknown) => [400, 'BadRequestException', message];
const mock = (extra: Json = {}) => operation(MOCK, extra);
const importApi = (document: Json | string, query = '') =>
  cp.ok('POST', `/restapis?mode=import${query}`, document);
const refused = (document: Json | string, query = '') =>
  cp.error('POST', `/restapis?mode=import${query}`, document);
const paths = async (id: string): Promise<Record<string, string>> => {
  const { item } = await cp.ok('GET', `/restapis/${id}/resources?limit=500`);
  return Object.fromEntries(
    item.map((resource: { path: string; id: string }) => [resource.path, resource.id]),
  );
};
const ID = expect.stringMatching(/^[a-z0-9]{10}$/);
const WARNED = openapi({
  '/a': { get: operation({ ...MOCK, requestParameters: { 'integration.request.header.X': true } }) },
});
const WARNING =
  "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.X' of resource '/a' and method 'GET' but got 'true'";

describe('an import', () => {
  test('answers with the API, its name, version and description from the document', async () => {
    const info = { title: 'pets', version: '1.2', description: 'about pets' };
    expect(await importApi(openapi({ '/a': { get: mock() } }, { info }))).toEqual({
      id: ID,
      rootResourceId: ID,
      name: 'pets',
      version: '1.2',
      description: 'about pets',
      apiKeySource: 'HEADER',
      createdDate: expect.any(Number),
      disableExecuteApiEndpoint: false,
      endpointConfiguration: { types: ['EDGE'], ipAddressType: 'ipv4' },
    });
  });

  test('makes all parents, and an integration’s cache namespace is its resource', async () => {
    const { id, rootResourceId } = await importApi(openapi({ '/a/{b}/c': { get: mock() } }));
    const found = await paths(id);
    expect(Object.keys(found).sort()).toEqual(['/', '/a', '/a/{b}', '/a/{b}/c']);
    expect(found['/']).toBe(rootResourceId);
    const resource = found['/a/{b}/c'];
    expect(resource).toMatch(/^[a-z0-9]{6}$/);
    const { item } = await cp.ok('GET', `/restapis/${id}/resources`);
    expect(item.find(({ path }: { path: string }) => path === '/a/{b}/c').resourceMethods).toEqual({
      GET: {},
    });
    expect(await cp.ok('GET', `/restapis/${id}/resources/${resource}/methods/GET`)).toEqual({
      httpMethod: 'GET',
      authorizationType: 'NONE',
      apiKeyRequired: false,
      methodResponses: { 200: { statusCode: '200' } },
      methodIntegration: {
        type: 'MOCK',
        passthroughBehavior: 'WHEN_NO_MATCH',
        timeoutInMillis: 29000,
        cacheNamespace: resource,
        cacheKeyParameters: [],
        integrationResponses: { 200: { statusCode: '200' } },
      },
    });
  });

  test('has the models of the document and no others, with references by the API’s id', async () => {
    const schemas = {
      Pet: { type: 'object', properties: { tag: { $ref: '#/components/schemas/Tag' } } },
      Tag: { type: 'object' },
    };
    const { id } = await importApi(openapi({ '/a': { get: mock() } }, { components: { schemas } }));
    const { item } = await cp.ok('GET', `/restapis/${id}/models`);
    expect(item.map(({ name }: { name: string }) => name)).toEqual(['Pet', 'Tag']);
    expect(item[0].schema).toContain(`https://apigateway.amazonaws.com/restapis/${id}/models/Tag`);
  });

  test.each([
    ['ignore', ['/', '/e']],
    ['prepend', ['/', '/a', '/a/b', '/a/b/c', '/a/b/c/e']],
    ['split', ['/', '/b', '/b/c', '/b/c/e']],
  ])('with basepath %s', async (basepath, expected) => {
    const document = swagger({ '/e': { get: mock() } }, { basePath: '/a/b/c' });
    const { id } = await importApi(document, `&basepath=${basepath}`);
    expect(Object.keys(await paths(id)).sort()).toEqual(expected);
  });

  test('takes endpoints from the query', async () => {
    const query = '&endpointConfigurationTypes=PRIVATE&vpcEndpointIds=vpce-1,vpce-2';
    const { endpointConfiguration } = await importApi(openapi({ '/a': { get: mock() } }), query);
    expect(endpointConfiguration).toEqual({
      types: ['PRIVATE'],
      ipAddressType: 'dualstack',
      vpcEndpointIds: ['vpce-1', 'vpce-2'],
    });
    expect((await refused(openapi({}), '&endpointConfigurationTypes=LOCAL'))[0]).toBe(400);
  });

  test('tells its warnings once, or fails on them', async () => {
    const { warnings, id } = await importApi(WARNED);
    expect(warnings).toEqual([WARNING]);
    expect(await cp.ok('GET', `/restapis/${id}`)).not.toHaveProperty('warnings');
    expect(await refused(WARNED, '&failonwarnings=true')).toEqual(
      bad(`Warnings found during import:\n\t${WARNING}`),
    );
    expect((await cp.ok('GET', '/restapis')).item).toHaveLength(1);
  });

  test.each(['', '{', 'just text', '[]', '{"openapi": "4.0"}'])('refuses %j', async (text) => {
    expect(await refused(text)).toEqual(bad('Invalid OpenAPI input.'));
  });

  test('refuses what it cannot understand, with the place', async () => {
    const [status, , message] = await refused(openapi({ '/a': { get: operation({ type: 'smoke' }) } }));
    expect([status, message]).toEqual([
      400,
      expect.stringMatching(/^Errors found during import:\n\t\/paths/),
    ]);
  });

  test('refuses a document without a title, since an API has a name', async () => {
    expect(await refused(openapi({ '/a': { get: mock() } }, { info: { version: '1' } }))).toEqual(
      bad('API name must not be blank'),
    );
  });

  test('makes documentation parts, unless it is told to ignore them', async () => {
    const parts = { documentationParts: [{ location: { type: 'API' }, properties: { description: 'd' } }] };
    const document = openapi({ '/a': { get: mock() } }, { 'x-amazon-apigateway-documentation': parts });
    const exported = async (id: string) => {
      await cp.ok('POST', `/restapis/${id}/deployments`, { stageName: 'prod' });
      return cp.ok('GET', `/restapis/${id}/stages/prod/exports/oas30?extensions=documentation`);
    };
    const { id } = await importApi(document);
    expect((await exported(id))['x-amazon-apigateway-documentation']).toEqual(parts);
    // A stage with a documentation version shows the parts as they were then.
    await cp.ok('POST', `/restapis/${id}/documentation/versions`, {
      documentationVersion: 'v1',
      stageName: 'prod',
    });
    await cp.ok('PUT', `/restapis/${id}?mode=overwrite`, {
      ...document,
      'x-amazon-apigateway-documentation': { documentationParts: [] },
    });
    const target = `/restapis/${id}/stages/prod/exports/oas30?extensions=documentation`;
    expect((await cp.ok('GET', target))['x-amazon-apigateway-documentation']).toEqual({
      version: 'v1',
      ...parts,
    });
    const { id: without } = await importApi(document, '&ignore=documentation');
    expect(await exported(without)).not.toHaveProperty('x-amazon-apigateway-documentation');
  });
});

describe('a put', () => {
  let id: string;
  let before: Record<string, string>;
  const put = (document: Json | string, query = '') => cp.ok('PUT', `/restapis/${id}${query}`, document);
  const methodsOf = async (path: string): Promise<string[]> => {
    const resource = (await paths(id))[path];
    const { resourceMethods = {} } = await cp.ok('GET', `/restapis/${id}/resources/${resource}`);
    return Object.keys(resourceMethods).sort();
  };
  beforeEach(async () => {
    const document = openapi(
      { '/a': { get: mock(), post: mock() }, '/b/{x}': { get: mock() } },
      {
        'x-amazon-apigateway-binary-media-types': ['image/png', 'image/gif'],
        components: { schemas: { Old: { type: 'object' } } },
      },
    );
    ({ id } = await importApi(document));
    before = await paths(id);
  });
  const NEXT = openapi(
    { '/a': { get: mock({ operationId: 'two' }) }, '/c': { get: mock() } },
    {
      info: { title: 'next', version: '2' },
      'x-amazon-apigateway-binary-media-types': ['image/webp', 'image/png'],
      components: { schemas: { New: { type: 'object' } } },
    },
  );

  test('merges: what is there twice is replaced, everything else stays', async () => {
    const api = await put(NEXT);
    expect(api).toMatchObject({ id, name: 'next', version: '2', tags: {} });
    expect(api.binaryMediaTypes).toEqual(['image/png', 'image/gif', 'image/webp']);
    const after = await paths(id);
    expect(Object.keys(after).sort()).toEqual(['/', '/a', '/b', '/b/{x}', '/c']);
    expect(after).toMatchObject(before);
    expect(await methodsOf('/a')).toEqual(['GET', 'POST']);
    expect(await cp.ok('GET', `/restapis/${id}/resources/${after['/a']}/methods/GET`)).toMatchObject({
      operationName: 'two',
    });
    const { item } = await cp.ok('GET', `/restapis/${id}/models`);
    expect(item.map(({ name }: { name: string }) => name)).toEqual(['Old', 'New']);
  });

  test('overwrites: what the document lacks goes, what it has keeps its id', async () => {
    const api = await put(NEXT, '?mode=overwrite');
    expect(api.binaryMediaTypes).toEqual(['image/webp', 'image/png']);
    const after = await paths(id);
    expect(Object.keys(after).sort()).toEqual(['/', '/a', '/c']);
    expect(after['/a']).toBe(before['/a']);
    expect(after['/']).toBe(before['/']);
    expect(await methodsOf('/a')).toEqual(['GET']);
    const { item } = await cp.ok('GET', `/restapis/${id}/models`);
    expect(item.map(({ name }: { name: string }) => name)).toEqual(['New']);
  });

  test('is served with the next deployment, the name at once', async () => {
    await cp.ok('POST', `/restapis/${id}/deployments`, { stageName: 'prod' });
    await put(NEXT, '?mode=overwrite');
    const [api] = (await servedBy(cp)).apis;
    expect(api?.name).toBe('next');
    const served = api?.stages[0]?.deployment.definition.resources.map(({ path }) => path);
    expect(served?.sort()).toEqual(['/a', '/b/{x}']);
  });

  test('cannot make a tree with two variable parts under one parent', async () => {
    const [status, , message] = await cp.error(
      'PUT',
      `/restapis/${id}`,
      openapi({ '/b/{y}': { get: mock() } }),
    );
    expect([status, message]).toEqual([400, expect.stringContaining('only one is allowed')]);
    await put(openapi({ '/b/{y}': { get: mock() } }), '?mode=overwrite');
    expect(Object.keys(await paths(id)).sort()).toEqual(['/', '/b', '/b/{y}']);
  });

  test('changes nothing when it fails on warnings', async () => {
    const target = `/restapis/${id}?failonwarnings=true&mode=overwrite`;
    expect((await cp.error('PUT', target, WARNED))[2]).toContain('Warnings found during import');
    expect(await paths(id)).toEqual(before);
    expect((await put(WARNED)).warnings).toEqual([WARNING]);
  });

  test('refuses a broken document before it looks for the API', async () => {
    expect(await cp.error('PUT', '/restapis/nothere', 'nonsense')).toEqual(bad('Invalid OpenAPI input.'));
    expect(await cp.error('PUT', '/restapis/nothere', NEXT)).toEqual([
      404,
      'NotFoundException',
      'Invalid API identifier specified 123456789012:nothere',
    ]);
    expect((await cp.error('PUT', `/restapis/${id}?mode=add`, NEXT))[1]).toBe('ValidationException');
  });
});

describe('an export', () => {
  let stage: string;
  beforeEach(async () => {
    const { id } = await importApi(
      openapi({ '/a': { get: mock({ operationId: 'list' }) } }, { info: { title: 'pets', version: '1.0' } }),
    );
    await cp.ok('POST', `/restapis/${id}/deployments`, { stageName: 'prod' });
    stage = `/restapis/${id}/stages/prod`;
  });

  test.each([
    ['oas30', 'openapi', '3.0.1'],
    ['swagger', 'swagger', '2.0'],
  ])('in %s is a file', async (type, member, version) => {
    const { status, headers, json } = await cp.call('GET', `${stage}/exports/${type}`);
    expect(status).toBe(200);
    expect(headers).toEqual({
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${type}_1.0.json"`,
    });
    expect(json).toMatchObject({ [member]: version, info: { title: 'pets', version: '1.0' } });
    expect(json.paths['/a'].get).toMatchObject({ operationId: 'list' });
    expect(json.paths['/a'].get).not.toHaveProperty('x-amazon-apigateway-integration');
  });

  test('is YAML when YAML is accepted, and has the extensions that are asked for', async () => {
    const target = `${stage}/exports/oas30?extensions=integrations,authorizers`;
    const { headers, text } = await cp.call('GET', target, undefined, { accept: 'application/yaml' });
    expect(headers['Content-Disposition']).toBe('attachment; filename="oas30_1.0.yaml"');
    expect(text).toMatch(/^---\nopenapi: "3\.0\.1"/);
    expect(text).toContain('x-amazon-apigateway-integration:');
  });

  test('shows what is deployed, not what is edited', async () => {
    await cp.ok('PUT', stage.replace('/stages/prod', ''), openapi({ '/new': { get: mock() } }));
    expect(Object.keys((await cp.ok('GET', `${stage}/exports/oas30`)).paths)).toEqual(['/a']);
  });

  test('is of a stage, a type and extensions that there are', async () => {
    expect(await cp.error('GET', `${stage}x/exports/oas30`)).toEqual([
      404,
      'NotFoundException',
      'Invalid Stage identifier specified',
    ]);
    expect((await cp.error('GET', `${stage}/exports/raml`))[0]).toBe(400);
    expect((await cp.error('GET', `${stage}/exports/oas30?extensions=all`))[0]).toBe(400);
  });
});

describe('what people really wrote, imported, deployed, exported and imported again, is exported as the same text', () => {
  const corpus = join(import.meta.dirname, '../corpus');
  const files = readdirSync(corpus).filter((file) => file !== 'INDEX.md');
  const loaded = files.flatMap((file): [string, string][] => {
    const text = readFileSync(join(corpus, file), 'utf8');
    const { definition } = importDefinition(text, file);
    const methods = definition?.resources.flatMap((resource) => resource.methods) ?? [];
    // Others cannot be deployed.
    const isWhole = methods.length > 0 && methods.every(({ integration }) => integration !== undefined);
    return isWhole ? [[file, text]] : [];
  });

  test('nearly all files can be deployed', () => {
    expect(loaded.length).toBeGreaterThanOrEqual(26);
  });

  test.each(loaded)('%s', async (_, text) => {
    const exported = async (document: string, type: string, accept: string): Promise<string> => {
      const { id } = await importApi(document);
      await cp.ok('POST', `/restapis/${id}/deployments`, { stageName: 'prod' });
      const target = `/restapis/${id}/stages/prod/exports/${type}?extensions=apigateway`;
      const answer = await cp.call('GET', target, undefined, { accept });
      return answer.text.replaceAll(id, 'API');
    };
    for (const [type, accept] of [
      ['oas30', 'application/json'],
      ['swagger', 'application/yaml'],
    ] as const) {
      const once = await exported(text, type, accept);
      expect(await exported(once, type, accept)).toBe(once);
    }
  });
});
