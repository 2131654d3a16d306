/** APIs that calls did not make: given to a node on its command line, or published with `propylon push`. */
import { readFileSync } from 'node:fs';
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { propylon } from '../../cli/propylon.js';
import { type GatewayProcess, startGateway, testFolder } from '../../support/gateway-process.js';
import { until } from '../../support/until.js';
import { answerOf, failureOf, plain, REGION, sdk, textApi } from './sdk.js';

const document = (title: string, answer: string): string =>
  JSON.stringify({
    openapi: '3.0.1',
    info: { title, version: '7', description: 'given' },
    'x-amazon-apigateway-request-validators': {
      all: { validateRequestBody: true, validateRequestParameters: true },
    },
    components: {
      schemas: { Item: { type: 'object', properties: { a: { type: 'string' } } } },
      securitySchemes: {
        who: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          'x-amazon-apigateway-authtype': 'custom',
          'x-amazon-apigateway-authorizer': {
            type: 'token',
            authorizerUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:${REGION}:000000000000:function:who/invocations`,
          },
        },
      },
    },
    paths: {
      '/deep/er/{id}': {
        get: {
          operationId: 'getOne',
          responses: { 200: { description: 'fine' } },
          'x-amazon-apigateway-request-validator': 'all',
          'x-amazon-apigateway-integration': {
            type: 'mock',
            requestTemplates: { 'application/json': '{"statusCode": 200}' },
            responses: { default: { statusCode: '200', responseTemplates: { 'application/json': answer } } },
          },
        },
      },
    },
  });

const files = testFolder({
  'local.json': document('Local', 'local'),
  'pushed.json': document('Pushed', 'pushed'),
});
const DATA = ['--data-dir', files.path('data')];
let node: GatewayProcess;
let api: APIGateway;

const push = (file: string, ...args: string[]) =>
  propylon(['push', files.path(file), '--api', 'pushed', ...DATA, '--region', REGION, ...args]);

beforeAll(async () => {
  node = await startGateway([
    files.path('local.json'),
    ...DATA,
    '--region',
    REGION,
    '--watch',
    '--workers',
    '1',
  ]);
  api = sdk(node.adminUrl);
  const { code, stderr } = await push('pushed.json', '--stage-variable', 'a=b');
  if (code !== 0) throw new Error(stderr);
});
afterAll(async () => {
  api.destroy();
  await node.stop();
  files.remove();
});

async function idOf(name: string): Promise<string> {
  const { items = [] } = await api.getRestApis({});
  return items.find((one) => one.name === name)?.id ?? '';
}

test('they are listed among the others, and say where they come from', async () => {
  const made = await textApi(api, 'Made', 'made');
  const { items = [] } = await api.getRestApis({});
  expect(items.map(({ name, tags }) => [name, tags?.['propylon:source']])).toEqual(
    expect.arrayContaining([
      ['Local', files.path('local.json')],
      ['Pushed', 'propylon push'],
      ['Made', undefined],
    ]),
  );
  expect(items).toHaveLength(3);
  expect(items.map(({ id }) => id)).toContain(made);
});

test.each(['Local', 'Pushed'])(
  '%s is shown whole: resources, methods, models, stages, deployments',
  async (name) => {
    const restApiId = await idOf(name);
    expect(await api.getRestApi({ restApiId })).toMatchObject({ name, version: '7', description: 'given' });
    const { items: resources = [] } = await api.getResources({ restApiId, embed: ['methods'] });
    expect(resources.map(({ path }) => path).sort()).toEqual(['/', '/deep', '/deep/er', '/deep/er/{id}']);
    const resource = resources.find(({ path }) => path === '/deep/er/{id}');
    expect(resources.find(({ path }) => path === '/deep/er')?.id).toBe(resource?.parentId);
    const { items: validators } = await api.getRequestValidators({ restApiId });
    expect(resource?.resourceMethods?.GET).toMatchObject({
      operationName: 'getOne',
      requestValidatorId: validators?.[0]?.id,
      methodIntegration: { type: 'MOCK' },
    });
    expect((await api.getAuthorizers({ restApiId })).items).toMatchObject([{ name: 'who', type: 'TOKEN' }]);
    expect((await api.getModel({ restApiId, modelName: 'Item' })).schema).toContain('"string"');

    const { item: stages = [] } = await api.getStages({ restApiId });
    expect(stages).toMatchObject([{ stageName: 'prod' }]);
    const deploymentId = stages[0]?.deploymentId;
    const deployment = await api.getDeployment({ restApiId, deploymentId, embed: ['apisummary'] });
    expect(Object.keys(deployment.apiSummary ?? {})).toEqual(['/deep/er/{id}']);
    const exported = await api.getExport({
      restApiId,
      stageName: 'prod',
      exportType: 'oas30',
      parameters: { extensions: 'integrations' },
    });
    expect(JSON.parse(Buffer.from(exported.body ?? []).toString())).toMatchObject({
      info: { title: name },
      paths: { '/deep/er/{id}': { get: { operationId: 'getOne' } } },
    });
    const method = { restApiId, resourceId: resource?.id, httpMethod: 'GET' };
    expect(await api.testInvokeMethod(method)).toMatchObject({ status: 200, body: name.toLowerCase() });
  },
);

test('their ids stay the same, whichever node or start is asked', async () => {
  const restApiId = await idOf('Pushed');
  const ids = async (one: APIGateway) => [
    plain(await one.getResources({ restApiId })),
    plain(await one.getAuthorizers({ restApiId })),
    plain(await one.getModels({ restApiId })),
  ];
  const before = await ids(api);
  api.destroy();
  await node.stop();
  node = await startGateway([
    files.path('local.json'),
    ...DATA,
    '--region',
    REGION,
    '--watch',
    '--workers',
    '1',
  ]);
  api = sdk(node.adminUrl);
  expect(await ids(api)).toEqual(before);
});

test.each([
  ['Local', 'comes from .*/local.json, which this node was given at its start, and is read-only here'],
  [
    'Pushed',
    'was published with propylon push and is read-only here: change its definition and push it again',
  ],
])('%s is changed by no call', async (name, why) => {
  const restApiId = await idOf(name);
  const { items: resources = [] } = await api.getResources({ restApiId });
  const resourceId = resources.find(({ path }) => path === '/deep/er/{id}')?.id;
  const stage = { restApiId, stageName: 'prod' };
  const writes: (() => Promise<unknown>)[] = [
    () =>
      api.updateRestApi({ restApiId, patchOperations: [{ op: 'replace', path: '/name', value: 'mine' }] }),
    () => api.createResource({ restApiId, parentId: resources[0]?.id, pathPart: 'new' }),
    () => api.deleteMethod({ restApiId, resourceId, httpMethod: 'GET' }),
    () => api.createDeployment({ restApiId, stageName: 'prod' }),
    () =>
      api.updateStage({ ...stage, patchOperations: [{ op: 'replace', path: '/variables/a', value: 'b' }] }),
    () => api.deleteStage(stage),
    () => api.putRestApi({ restApiId, body: Buffer.from(readFileSync(files.path('pushed.json'))) }),
    () =>
      api.tagResource({
        resourceArn: `arn:aws:apigateway:${REGION}::/restapis/${restApiId}`,
        tags: { a: 'b' },
      }),
    () => api.deleteRestApi({ restApiId }),
  ];
  for (const write of writes) {
    expect(await failureOf(write())).toEqual([
      400,
      'BadRequestException',
      expect.stringMatching(new RegExp(`^API ${restApiId} ${why}`)),
    ]);
  }
  expect(await answerOf(node.url, restApiId, 'prod', '/deep/er/1')).toBe(name.toLowerCase());
});

test('a copy of one can be made, and that is an API like any other', async () => {
  const { id: restApiId } = await api.createRestApi({ name: 'Copy', cloneFrom: await idOf('Pushed') });
  await api.createDeployment({ restApiId, stageName: 'prod' });
  await until(async () => (await answerOf(node.url, restApiId ?? '', 'prod', '/deep/er/1')) === 'pushed');
});

test('another definition shows when the file changes, and when it is pushed', async () => {
  files.write('local.json', document('Local', 'changed'));
  files.write('pushed.json', document('Pushed', 'changed'));
  await push('pushed.json');
  for (const name of ['Local', 'Pushed']) {
    const restApiId = await idOf(name);
    await until(async () => {
      const { items = [] } = await api.getResources({ restApiId, embed: ['methods'] });
      return JSON.stringify(items).includes('changed');
    });
  }
});

test('what calls made is refused to a push', async () => {
  const { code, stderr } = await push('pushed.json', '--api', await idOf('Made'));
  expect(code).toBe(1);
  expect(stderr).toContain('managed through the control plane');
});

test('what is pushed no more is shown no more', async () => {
  await propylon(['remove', '--api', 'pushed', ...DATA]);
  expect(await idOf('Pushed')).toBe('');
});
