/** Deployments: reference 07 sections 1 and 4. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DEPLOYMENT_OPERATIONS } from '../../src/control-plane/operations/deployments.js';
import { GATEWAY_RESPONSE_OPERATIONS } from '../../src/control-plane/operations/gateway-responses.js';
import { STAGE_OPERATIONS } from '../../src/control-plane/operations/stages.js';
import { CORE_OPERATIONS, newControlPlane, type TestControlPlane } from './harness.js';
import { answerOf, answerWith, type MockApi, mockApi, servedBy } from './served.js';

let cp: TestControlPlane;
let api: MockApi;
beforeEach(async () => {
  cp = newControlPlane([
    ...CORE_OPERATIONS,
    ...GATEWAY_RESPONSE_OPERATIONS,
    ...DEPLOYMENT_OPERATIONS,
    ...STAGE_OPERATIONS,
  ]);
  api = await mockApi(cp, 'one');
});

const deploy = (body: object = {}) => cp.ok('POST', `${api.path}/deployments`, body);
const bad = (message: string) => [400, 'BadRequestException', message];
const unknown = [404, 'NotFoundException', 'Invalid Deployment identifier specified'];
const INVALID = 'Invalid deployment content specified.';

test('a deployment shows its id, date and description, its summary when it is asked for', async () => {
  const made = await deploy({ description: 'first', stageName: 'prod' });
  expect(made).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{6}$/),
    createdDate: expect.any(Number),
    description: 'first',
  });
  const one = `${api.path}/deployments/${made.id}`;
  expect(await cp.ok('GET', one)).toEqual(made);
  expect(await cp.ok('GET', `${one}?embed=apisummary`)).toEqual({
    ...made,
    apiSummary: { '/': { GET: { authorizationType: 'NONE', apiKeyRequired: false } } },
  });
  const second = await deploy();
  expect(second).not.toHaveProperty('description');
  expect(await cp.ok('GET', `${api.path}/deployments`)).toEqual({ item: [made, second] });
});

test('edits reach the stage with the next deployment, not before, and an older one brings them back', async () => {
  const first = await deploy({ stageName: 'prod' });
  expect(await answerOf(cp, api.id, '/prod')).toEqual({ status: 200, body: 'one' });
  await answerWith(cp, api, 'two');
  expect((await answerOf(cp, api.id, '/prod')).body).toBe('one');
  await deploy({ stageName: 'prod' });
  expect((await answerOf(cp, api.id, '/prod')).body).toBe('two');
  await cp.patch(`${api.path}/stages/prod`, { op: 'replace', path: '/deploymentId', value: first.id });
  expect((await answerOf(cp, api.id, '/prod')).body).toBe('one');
});

test('integration responses are tried in the order in which they were made, whatever their codes', async () => {
  const responses = `${api.method}/integration/responses`;
  const patterns = async () => {
    const { responses } = (await servedBy(cp)).apis[0]?.stages[0]?.deployment.definition.resources[0]
      ?.methods[0]?.integration ?? { responses: [] };
    return responses.map(({ statusCode, selectionPattern = '' }) => `${statusCode} ${selectionPattern}`);
  };
  await cp.ok('PUT', `${responses}/500`, { selectionPattern: '5.*' });
  await cp.ok('PUT', `${responses}/409`, { selectionPattern: '.*' });
  await cp.ok('PUT', `${responses}/500`, { selectionPattern: '5..' });
  await deploy({ stageName: 'prod' });
  expect(await patterns()).toEqual(['200 ', '500 5..', '409 .*']);
  expect(Object.keys((await cp.ok('GET', `${api.method}/integration`)).integrationResponses)).toEqual([
    '200',
    '409',
    '500',
  ]);
  await cp.ok('DELETE', `${responses}/500`);
  await deploy({ stageName: 'prod' });
  expect(await patterns()).toEqual(['200 ', '409 .*']);
});

test('a deployment without a stage is served nowhere', async () => {
  await deploy();
  expect(await servedBy(cp)).toMatchObject({ revision: 0, apis: [] });
});

test('a deployment makes its stage, and lays over an existing one what it says of it', async () => {
  const stage = `${api.path}/stages/prod`;
  const first = await deploy({
    stageName: 'prod',
    stageDescription: 'live',
    variables: { a: '1', b: '1' },
    tracingEnabled: true,
    cacheClusterEnabled: true,
  });
  expect(await cp.ok('GET', stage)).toEqual({
    stageName: 'prod',
    deploymentId: first.id,
    description: 'live',
    variables: { a: '1', b: '1' },
    tracingEnabled: true,
    cacheClusterEnabled: true,
    cacheClusterSize: '0.5',
    cacheClusterStatus: 'AVAILABLE',
    methodSettings: {},
    createdDate: expect.any(Number),
    lastUpdatedDate: expect.any(Number),
  });
  await cp.patch(stage, { op: 'replace', path: '/*/*/metrics/enabled', value: 'true' });
  const second = await deploy({ stageName: 'prod', variables: { b: '2' } });
  expect(await cp.ok('GET', stage)).toMatchObject({
    deploymentId: second.id,
    description: 'live',
    variables: { a: '1', b: '2' },
    tracingEnabled: true,
    methodSettings: { '*/*': { metricsEnabled: true } },
  });
});

describe('what cannot be deployed', () => {
  test('an API without methods, or with a method without integration', async () => {
    await cp.ok('DELETE', `${api.method}/integration`);
    expect(await cp.error('POST', `${api.path}/deployments`, {})).toEqual(
      bad('No integration defined for method'),
    );
    await cp.ok('DELETE', api.method);
    expect(await cp.error('POST', `${api.path}/deployments`, {})).toEqual(
      bad("The REST API doesn't contain any methods"),
    );
  });

  test('nothing at all of an API that is not there', async () => {
    expect(await cp.error('POST', '/restapis/nothere/deployments', {})).toEqual([
      404,
      'NotFoundException',
      'Invalid API identifier specified 123456789012:nothere',
    ]);
    expect(await cp.error('GET', '/restapis/nothere/deployments/x')).toEqual(unknown);
  });

  test('anything to a stage with a name that no path could have', async () => {
    const body = { stageName: 'no slashes/here' };
    const [status, , message] = await cp.error('POST', `${api.path}/deployments`, body);
    expect([status, message]).toEqual([400, expect.stringContaining('Stage name only allows')]);
  });

  test('what no node could serve: the stage stays as it was, and nothing of the deployment is kept', async () => {
    const first = await deploy({ stageName: 'prod' });
    // One level more than a route table has.
    let parent = api.root;
    for (let level = 0; level <= 300; level++) {
      ({ id: parent } = await cp.ok('POST', `${api.path}/resources/${parent}`, { pathPart: 'a' }));
    }
    const deep = `${api.path}/resources/${parent}/methods/GET`;
    await cp.ok('PUT', deep, { authorizationType: 'NONE' });
    await cp.ok('PUT', `${deep}/integration`, { type: 'MOCK' });
    const [status, , message] = await cp.error('POST', `${api.path}/deployments`, { stageName: 'prod' });
    expect([status, message]).toEqual([400, expect.stringContaining('at most 300 are served')]);
    expect(await cp.ok('GET', `${api.path}/deployments`)).toEqual({ item: [first] });
    expect(await servedBy(cp)).toMatchObject({
      revision: 1,
      apis: [{ stages: [{ deployment: { id: first.id } }] }],
    });
  });
});

describe('canary deployments', () => {
  const canary = { percentTraffic: 100 };

  test('leave the stage where it is and point its canary at the new deployment', async () => {
    const first = await deploy({ stageName: 'prod', variables: { greeting: 'stage', own: 'stage' } });
    await answerWith(cp, api, '$stageVariables.greeting $stageVariables.own $context.isCanaryRequest');
    const second = await deploy({
      stageName: 'prod',
      canarySettings: { ...canary, stageVariableOverrides: { greeting: 'canary' } },
    });
    expect(second).toEqual({ id: expect.any(String), createdDate: expect.any(Number) });
    expect(await cp.ok('GET', `${api.path}/stages/prod`)).toMatchObject({
      deploymentId: first.id,
      canarySettings: {
        percentTraffic: 100,
        deploymentId: second.id,
        stageVariableOverrides: { greeting: 'canary' },
        useStageCache: false,
      },
    });
    expect((await answerOf(cp, api.id, '/prod')).body).toBe('canary stage true');
    await cp.patch(`${api.path}/stages/prod`, {
      op: 'replace',
      path: '/canarySettings/percentTraffic',
      value: '0',
    });
    expect((await answerOf(cp, api.id, '/prod')).body).toBe('one');
  });

  test.each([
    [
      { canarySettings: canary },
      `${INVALID}Non null and non empty stageName must be provided for canary deployment. Provided value is null`,
    ],
    [
      { canarySettings: canary, stageName: '' },
      `${INVALID}Non null and non empty stageName must be provided for canary deployment. Provided value is `,
    ],
    [
      { canarySettings: canary, stageName: 'qa' },
      `${INVALID}Stage qa must already be created before making a canary release deployment`,
    ],
  ])('need a stage that is there: %j', async (body, message) => {
    expect(await cp.error('POST', `${api.path}/deployments`, body)).toEqual(bad(message));
  });

  test('keep ordinary deployments off their stage', async () => {
    await deploy({ stageName: 'prod' });
    await deploy({ stageName: 'prod', canarySettings: canary });
    const [status, , message] = await cp.error('POST', `${api.path}/deployments`, { stageName: 'prod' });
    expect([status, message]).toEqual([400, expect.stringContaining('Stage prod has a canary')]);
  });
});

test('only the description of a deployment can be changed', async () => {
  const { id } = await deploy({ description: 'a' });
  const one = `${api.path}/deployments/${id}`;
  expect(await cp.patch(one, { op: 'replace', path: '/description', value: 'b' })).toMatchObject({
    id,
    description: 'b',
  });
  expect((await cp.patchError(one, { op: 'replace', path: '/id', value: 'b' }))[2]).toBe(
    "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description]",
  );
});

test('a deployment goes when no stage points at it, as its own or as its canary', async () => {
  const first = await deploy({ stageName: 'prod' });
  const second = await deploy({ stageName: 'prod', canarySettings: {} });
  const inUse = bad('Active stages pointing to this deployment must be moved or deleted');
  for (const { id } of [first, second]) {
    expect(await cp.error('DELETE', `${api.path}/deployments/${id}`)).toEqual(inUse);
  }
  await cp.patch(`${api.path}/stages/prod`, { op: 'remove', path: '/canarySettings' });
  expect((await cp.call('DELETE', `${api.path}/deployments/${second.id}`)).status).toBe(202);
  expect(await cp.error('GET', `${api.path}/deployments/${second.id}`)).toEqual(unknown);
  expect(await cp.store.documents(`deployment/${api.id}/`)).toEqual([`deployment/${api.id}/${first.id}`]);
});

test('a gateway response that was put without a status shows one and sets none', async () => {
  const shown = await cp.ok('PUT', `${api.path}/gatewayresponses/INTEGRATION_FAILURE`, {
    responseTemplates: { 'application/json': '{}' },
  });
  expect(shown).toMatchObject({ statusCode: '504', defaultResponse: false });
  await deploy({ stageName: 'prod' });
  expect((await servedBy(cp)).apis[0]?.stages[0]?.deployment.definition.gatewayResponses).toEqual([
    {
      responseType: 'INTEGRATION_FAILURE',
      responseParameters: {},
      responseTemplates: { 'application/json': '{}' },
    },
  ]);
});
