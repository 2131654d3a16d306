/** Stages: reference 07 sections 2 to 6, reference 09 sections 5 and 6. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { CLIENT_CERTIFICATE_OPERATIONS } from '../../src/control-plane/operations/client-certificates.js';
import { DEPLOYMENT_OPERATIONS } from '../../src/control-plane/operations/deployments.js';
import { DOCUMENTATION_VERSION_OPERATIONS } from '../../src/control-plane/operations/documentation-versions.js';
import { STAGE_OPERATIONS } from '../../src/control-plane/operations/stages.js';
import { CORE_OPERATIONS, newControlPlane, type TestControlPlane } from './harness.js';
import { answerOf, type MockApi, mockApi, servedBy } from './served.js';

let cp: TestControlPlane;
let api: MockApi;
let deployments: [string, string];
let stage: string;
beforeEach(async () => {
  cp = newControlPlane([
    ...CORE_OPERATIONS,
    ...DEPLOYMENT_OPERATIONS,
    ...STAGE_OPERATIONS,
    ...DOCUMENTATION_VERSION_OPERATIONS,
    ...CLIENT_CERTIFICATE_OPERATIONS,
  ]);
  api = await mockApi(cp, '$stageVariables.greeting');
  const one = await cp.ok('POST', `${api.path}/deployments`, {});
  const two = await cp.ok('POST', `${api.path}/deployments`, {});
  deployments = [one.id, two.id];
  stage = `${api.path}/stages/dev`;
  await create({ stageName: 'dev', deploymentId: one.id });
});

const create = (body: object) => cp.ok('POST', `${api.path}/stages`, body);
const refused = (body: object) => cp.error('POST', `${api.path}/stages`, body);
const patch = (...operations: object[]) => cp.patch(stage, ...operations);
const patchError = (...operations: object[]) => cp.patchError(stage, ...operations);
const replace = (path: string, value?: string) => ({ op: 'replace', path, value });
const bad = (message: string) => [400, 'BadRequestException', message];
const unknown = [404, 'NotFoundException', 'Invalid Stage identifier specified'];
const noSetting = (path: string) =>
  bad(`Cannot remove method setting ${path} because there is no method setting for this method `);
const UNKNOWN_PATHS =
  'Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]';
const unknownPath = (path: string) => bad(`Invalid method setting path: ${path}. ${UNKNOWN_PATHS}`);

const NEW = {
  cacheClusterEnabled: false,
  cacheClusterStatus: 'NOT_AVAILABLE',
  methodSettings: {},
  tracingEnabled: false,
  createdDate: expect.any(Number),
  lastUpdatedDate: expect.any(Number),
};

test('a stage shows what it has, and nothing of what it has not', async () => {
  expect(await cp.ok('GET', stage)).toEqual({ stageName: 'dev', deploymentId: deployments[0], ...NEW });
  const qa = await create({
    stageName: 'qa',
    deploymentId: deployments[1],
    description: 'd',
    variables: { a: 'b' },
    tags: { t: 'v' },
    cacheClusterSize: '1.6',
    unheardOf: 1,
  });
  expect(qa).toEqual({
    ...NEW,
    stageName: 'qa',
    deploymentId: deployments[1],
    description: 'd',
    variables: { a: 'b' },
    tags: { t: 'v' },
    cacheClusterSize: '1.6',
  });
  const { item } = await cp.ok('GET', `${api.path}/stages`);
  expect(item.map(({ stageName }: { stageName: string }) => stageName)).toEqual(['dev', 'qa']);
  expect(await cp.ok('GET', `${api.path}/stages?deploymentId=${deployments[1]}`)).toEqual({ item: [qa] });
});

describe('what cannot be created', () => {
  test('a stage of a deployment that is not there, its canary’s included', async () => {
    expect(await refused({ stageName: 'qa', deploymentId: 'nope' })).toEqual(
      bad('Deployment id does not exist'),
    );
    const canarySettings = { deploymentId: 'nope', percentTraffic: 1 };
    expect(await refused({ stageName: 'qa', deploymentId: deployments[0], canarySettings })).toEqual(
      bad('Deployment id does not exist'),
    );
  });

  test('a second stage of the same name', async () => {
    expect(await refused({ stageName: 'dev', deploymentId: deployments[0] })).toEqual([
      409,
      'ConflictException',
      'Stage already exists',
    ]);
  });

  test.each([
    { stageName: 'a/b' },
    { stageName: '' },
    { stageName: 'x'.repeat(129) },
    { stageName: 'qa', variables: { 'a-b': '1' } },
    { stageName: 'qa', variables: { a: 'with space' } },
    { stageName: 'qa', variables: { a: '' } },
    { stageName: 'qa', cacheClusterSize: '2' },
  ])('%j', async (body) => {
    expect((await refused({ deploymentId: deployments[0], ...body }))[0]).toBe(400);
  });

  test('a canary that gets more than everything', async () => {
    const [deploymentId] = deployments;
    const canarySettings = { deploymentId, percentTraffic: 100.1 };
    expect((await refused({ stageName: 'qa', deploymentId, canarySettings }))[0]).toBe(400);
  });
});

test('unknown stages, and stages of unknown APIs, are unknown stages', async () => {
  for (const path of [`${api.path}/stages/nope`, '/restapis/nothere/stages/dev']) {
    expect(await cp.error('GET', path)).toEqual(unknown);
    expect(await cp.error('DELETE', path)).toEqual(unknown);
    expect(await cp.patchError(path, replace('/description', 'x'))).toEqual(unknown);
  }
});

test('a deleted stage is not served any more, and neither is an API without stages', async () => {
  await create({ stageName: 'qa', deploymentId: deployments[0] });
  expect((await cp.call('DELETE', stage)).status).toBe(202);
  expect((await servedBy(cp)).apis.map(({ stages }) => stages.map(({ name }) => name))).toEqual([['qa']]);
  await cp.ok('DELETE', `${api.path}/stages/qa`);
  expect((await servedBy(cp)).apis).toEqual([]);
  expect(await cp.ok('GET', `${api.path}/stages`)).toEqual({ item: [] });
});

describe('members under patch operations', () => {
  test('documentationVersion names a version that there is', async () => {
    expect(await patchError(replace('/documentationVersion', 'v1'))).toEqual([
      404,
      'NotFoundException',
      'Invalid Documentation version specified',
    ]);
    await cp.ok('POST', `${api.path}/documentation/versions`, { documentationVersion: 'v1' });
    expect(await patch(replace('/documentationVersion', 'v1'))).toMatchObject({ documentationVersion: 'v1' });
    expect(await patch(replace('/documentationVersion', ''))).not.toHaveProperty('documentationVersion');
  });

  test('are replaced, and lastUpdatedDate follows', async () => {
    const { clientCertificateId } = await cp.ok('POST', '/clientcertificates', {});
    expect(
      await patch(
        replace('/description', 'd'),
        replace('/deploymentId', deployments[1]),
        replace('/cacheClusterEnabled', 'true'),
        replace('/tracingEnabled', 'true'),
        replace('/clientCertificateId', clientCertificateId),
      ),
    ).toMatchObject({
      description: 'd',
      deploymentId: deployments[1],
      cacheClusterEnabled: true,
      cacheClusterSize: '0.5',
      cacheClusterStatus: 'AVAILABLE',
      tracingEnabled: true,
      clientCertificateId,
    });
    const emptied = await patch(replace('/description', ''), replace('/clientCertificateId', ''));
    expect(emptied).not.toHaveProperty('description');
    expect(emptied).not.toHaveProperty('clientCertificateId');
  });

  test('are all or nothing', async () => {
    expect(await patchError(replace('/description', 'd'), replace('/deploymentId', 'nope'))).toEqual(
      bad('Deployment id does not exist'),
    );
    expect(await cp.ok('GET', stage)).not.toHaveProperty('description');
  });

  test.each(['/nope', '/stageName', 'description', '/metrics/enabled', '/*/*/metrics/nope', '/variables'])(
    'the path %j is unknown',
    async (path) => {
      expect(await patchError(replace(path, 'x'))).toEqual(unknownPath(path));
    },
  );

  test('a missing path prints null', async () => {
    expect(await patchError({ op: 'replace', value: 'x' })).toEqual(unknownPath('null'));
  });
});

describe('variables', () => {
  test('are live: they need no deployment', async () => {
    await patch(replace('/variables/greeting', 'hello'), { op: 'add', path: '/variables/more', value: '1' });
    expect((await cp.ok('GET', stage)).variables).toEqual({ greeting: 'hello', more: '1' });
    expect((await answerOf(cp, api.id, '/dev')).body).toBe('hello');
    await patch({ op: 'remove', path: '/variables/greeting' }, { op: 'remove', path: '/variables/more' });
    expect(await cp.ok('GET', stage)).not.toHaveProperty('variables');
    expect((await answerOf(cp, api.id, '/dev')).body).toBe('');
  });

  test('what data planes do not see makes no revision', async () => {
    const { revision } = await servedBy(cp);
    await patch(replace('/description', 'new'), replace('/*/*/metrics/enabled', 'true'));
    expect((await servedBy(cp)).revision).toBe(revision);
  });

  test('cannot be removed when they are not there', async () => {
    expect(await patchError({ op: 'remove', path: '/variables/a' })).toEqual(noSetting('variables/a'));
  });
});

describe('method settings', () => {
  const DEFAULTS = {
    metricsEnabled: false,
    dataTraceEnabled: false,
    throttlingBurstLimit: 5000,
    throttlingRateLimit: 10000,
    cachingEnabled: false,
    cacheTtlInSeconds: 300,
    cacheDataEncrypted: false,
    requireAuthorizationForCacheControl: true,
    unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
  };
  const settings = async () => (await cp.ok('GET', stage)).methodSettings;

  test('all appear with the first, the logging level when it is set', async () => {
    await patch(replace('/*/*/metrics/enabled', 'true'));
    expect(await settings()).toEqual({ '*/*': { ...DEFAULTS, metricsEnabled: true } });
    await patch(replace('/*/*/logging/loglevel', 'INFO'));
    expect(await settings()).toEqual({ '*/*': { ...DEFAULTS, metricsEnabled: true, loggingLevel: 'INFO' } });
  });

  test('every member has its path', async () => {
    const values: [string, string][] = [
      ['logging/dataTrace', 'true'],
      ['throttling/burstLimit', '7'],
      ['throttling/rateLimit', '1.5'],
      ['caching/enabled', 'true'],
      ['caching/ttlInSeconds', '10'],
      ['caching/dataEncrypted', 'true'],
      ['caching/requireAuthorizationForCacheControl', 'false'],
      ['caching/unauthorizedCacheControlHeaderStrategy', 'FAIL_WITH_403'],
    ];
    await patch(...values.map(([suffix, value]) => replace(`/~1/GET/${suffix}`, value)));
    expect(await settings()).toEqual({
      '~1/GET': {
        metricsEnabled: false,
        dataTraceEnabled: true,
        throttlingBurstLimit: 7,
        throttlingRateLimit: 1.5,
        cachingEnabled: true,
        cacheTtlInSeconds: 10,
        cacheDataEncrypted: true,
        requireAuthorizationForCacheControl: false,
        unauthorizedCacheControlHeaderStrategy: 'FAIL_WITH_403',
      },
    });
  });

  test('the path is the key, literally, and a new entry begins as all methods are then', async () => {
    await patch(
      replace('/*/*/caching/ttlInSeconds', '60'),
      replace('/orders/GET/metrics/enabled', 'true'),
      replace('/~1orders~1{id}/GET/metrics/enabled', 'true'),
      replace('/*/*/caching/ttlInSeconds', '90'),
    );
    expect(await settings()).toMatchObject({
      '*/*': { cacheTtlInSeconds: 90, metricsEnabled: false },
      'orders/GET': { cacheTtlInSeconds: 60, metricsEnabled: true },
      '~1orders~1{id}/GET': { cacheTtlInSeconds: 60, metricsEnabled: true },
    });
  });

  test('an entry goes as a whole, when it is there', async () => {
    await patch(replace('/*/*/metrics/enabled', 'true'), replace('/~1a/GET/metrics/enabled', 'true'));
    await patch({ op: 'remove', path: '/*/*' }, { op: 'remove', path: '/~1a/GET' });
    expect(await settings()).toEqual({});
    expect(await patchError({ op: 'remove', path: '/*/*' })).toEqual(noSetting('*/*'));
  });

  test.each([
    ['logging/loglevel', 'LOUD'],
    ['throttling/burstLimit', '1.5'],
    ['throttling/rateLimit', 'many'],
    ['caching/ttlInSeconds', '3601'],
    ['caching/ttlInSeconds', ''],
    ['caching/unauthorizedCacheControlHeaderStrategy', 'x'],
  ])('%s cannot be %j', async (suffix, value) => {
    expect((await patchError(replace(`/*/*/${suffix}`, value)))[0]).toBe(400);
    expect(await settings()).toEqual({});
  });

  test('entries named like members of objects are entries like any other', async () => {
    await patch(replace('/__proto__/GET/metrics/enabled', 'true'));
    expect(Object.keys(await settings())).toEqual(['__proto__/GET']);
  });
});

describe('access log settings', () => {
  const format = '$context.requestId $context.status';

  test('are put member by member and go as a whole', async () => {
    await patch(
      replace('/accessLogSettings/destinationArn', 'arn:aws:logs:eu-central-1:123456789012:log-group:a'),
      { op: 'add', path: '/accessLogSettings/format', value: format },
    );
    expect((await cp.ok('GET', stage)).accessLogSettings).toEqual({
      destinationArn: 'arn:aws:logs:eu-central-1:123456789012:log-group:a',
      format,
    });
    expect(await patchError({ op: 'remove', path: '/accessLogSettings/format' })).toEqual(
      noSetting('accessLogSettings/format'),
    );
    await patch({ op: 'remove', path: '/accessLogSettings' });
    expect(await cp.ok('GET', stage)).not.toHaveProperty('accessLogSettings');
  });

  test.each(['/accessLogSettings', '/accessLogSettings/nope'])('there is no %s to put', async (path) => {
    expect(await patchError(replace(path, format))).toEqual(
      bad(
        'Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]',
      ),
    );
  });

  test('are not empty, and a format names the request', async () => {
    const empty = bad('Access Log value must not be empty');
    expect(await patchError(replace('/accessLogSettings/destinationArn', ''))).toEqual(empty);
    expect(await patchError(replace('/accessLogSettings/format'))).toEqual(empty);
    expect((await patchError(replace('/accessLogSettings/format', '$context.status')))[0]).toBe(400);
    expect((await patchError(replace('/accessLogSettings/format', format + ' '.repeat(3072))))[0]).toBe(400);
  });
});

describe('canary settings', () => {
  const percent = replace('/canarySettings/percentTraffic', '12.5');
  const canary = async () => (await cp.ok('GET', stage)).canarySettings;

  test('the first change makes the canary, with the stage’s own deployment', async () => {
    await patch(percent);
    expect(await canary()).toEqual({
      percentTraffic: 12.5,
      deploymentId: deployments[0],
      useStageCache: false,
    });
    await patch(
      replace('/canarySettings/deploymentId', deployments[1]),
      replace('/canarySettings/useStageCache', 'true'),
      replace('/canarySettings/stageVariableOverrides/a', '1'),
    );
    expect(await canary()).toEqual({
      percentTraffic: 12.5,
      deploymentId: deployments[1],
      useStageCache: true,
      stageVariableOverrides: { a: '1' },
    });
    expect((await servedBy(cp)).apis[0]?.stages[0]?.canary).toMatchObject({
      percentTraffic: 12.5,
      stageVariableOverrides: { a: '1' },
      useStageCache: true,
      deployment: { id: deployments[1] },
    });
  });

  test('CreateStage takes them whole', async () => {
    const { canarySettings } = await create({
      stageName: 'qa',
      deploymentId: deployments[0],
      canarySettings: { deploymentId: deployments[1] },
    });
    expect(canarySettings).toEqual({ deploymentId: deployments[1], percentTraffic: 0, useStageCache: false });
  });

  test('promotion copies deployment and overrides, and leaves the canary where it is', async () => {
    await patch(
      replace('/variables/greeting', 'stage'),
      replace('/variables/own', 'stage'),
      replace('/canarySettings/deploymentId', deployments[1]),
      replace('/canarySettings/stageVariableOverrides/greeting', 'canary'),
    );
    expect(
      await patch(
        replace('/canarySettings/percentTraffic', '0.0'),
        { op: 'copy', from: '/canarySettings/stageVariableOverrides', path: '/variables' },
        { op: 'copy', from: '/canarySettings/deploymentId', path: '/deploymentId' },
      ),
    ).toMatchObject({
      deploymentId: deployments[1],
      variables: { greeting: 'canary', own: 'stage' },
      canarySettings: { deploymentId: deployments[1], percentTraffic: 0 },
    });
    expect((await answerOf(cp, api.id, '/dev')).body).toBe('canary');
  });

  test('a replace may make the canary that a later copy needs', async () => {
    const copy = { op: 'copy', from: '/canarySettings/deploymentId', path: '/deploymentId' };
    expect(await patchError(copy)).toEqual(bad('Promotion not available. Canary does not exist.'));
    const made = await patch(replace('/canarySettings/deploymentId', deployments[1]), copy);
    expect(made.deploymentId).toBe(deployments[1]);
  });

  test.each([
    ['/deploymentId', '/description'],
    ['/description', '/canarySettings/deploymentId'],
    ['/variables', '/canarySettings/deploymentId'],
  ])('nothing is copied to %s from %s', async (path, from) => {
    expect(await patchError({ op: 'copy', path, from })).toEqual(
      bad(
        `Invalid copy operation with path: ${path} and from ${from}. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]`,
      ),
    );
  });

  test('members are replaced and nothing else', async () => {
    for (const path of ['/canarySettings/deploymentId', '/canarySettings/stageVariableOverrides/a']) {
      expect(await patchError({ op: 'add', path, value: deployments[1] })).toEqual(
        bad(`Invalid add operation with path: ${path}`),
      );
    }
    for (const path of ['/canarySettings', '/canarySettings/nope']) {
      expect(await patchError(replace(path, 'x'))).toEqual(unknownPath(path));
    }
    expect(await patchError(replace('/canarySettings/deploymentId', 'nope'))).toEqual(
      bad('Deployment id does not exist'),
    );
    for (const value of ['-1', '100.1', 'x', '']) {
      expect((await patchError(replace('/canarySettings/percentTraffic', value)))[0]).toBe(400);
    }
  });

  test('the whole and single overrides can go, nothing else', async () => {
    await patch(percent, replace('/canarySettings/stageVariableOverrides/a', '1'));
    for (const member of ['percentTraffic', 'deploymentId', 'stageVariableOverrides', 'nope']) {
      const path = `canarySettings/${member}`;
      expect(await patchError({ op: 'remove', path: `/${path}` })).toEqual(noSetting(path));
    }
    await patch({ op: 'remove', path: '/canarySettings/stageVariableOverrides/a' });
    expect(await canary()).not.toHaveProperty('stageVariableOverrides');
    expect(await patch({ op: 'remove', path: '/canarySettings' })).not.toHaveProperty('canarySettings');
    expect((await servedBy(cp)).apis[0]?.stages[0]).not.toHaveProperty('canary');
  });
});

test('whatever is patched, what is served is what the stage says', async () => {
  const operation = fc.oneof(
    fc.record({
      op: fc.constantFrom('replace', 'add', 'remove'),
      path: fc.constantFrom(
        '/variables/a',
        '/variables/b',
        '/canarySettings',
        '/canarySettings/percentTraffic',
        '/canarySettings/useStageCache',
        '/canarySettings/stageVariableOverrides/a',
        '/*/*/metrics/enabled',
        '/*/*',
        '/description',
      ),
      value: fc.constantFrom('1', '50', 'true', ''),
    }),
    fc.record({
      op: fc.constant('replace'),
      path: fc.constantFrom('/deploymentId', '/canarySettings/deploymentId'),
      value: fc.integer({ min: 0, max: 1 }).map((i) => `deployment ${i}`),
    }),
    fc.constantFrom(
      { op: 'copy', from: '/canarySettings/deploymentId', path: '/deploymentId' },
      { op: 'copy', from: '/canarySettings/stageVariableOverrides', path: '/variables' },
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
      async (calls) => {
        for (const operations of calls) {
          const patchOperations = operations.map((one) => ({
            ...one,
            ...('value' in one && one.value.startsWith('deployment ')
              ? { value: deployments[Number(one.value.slice(-1))] }
              : {}),
          }));
          const before = await cp.ok('GET', stage);
          const { status, json } = await cp.call('PATCH', stage, { patchOperations });
          const after = await cp.ok('GET', stage);
          expect(after).toEqual(status === 200 ? json : before);
          const { canarySettings, variables = {}, deploymentId } = after;
          const served = (await servedBy(cp)).apis[0]?.stages[0];
          expect(served).toMatchObject({ name: 'dev', variables, deployment: { id: deploymentId } });
          expect(served?.canary === undefined).toBe(canarySettings === undefined);
          if (canarySettings !== undefined) {
            const { deploymentId: id, stageVariableOverrides = {}, ...rest } = canarySettings;
            expect(served?.canary).toMatchObject({ ...rest, stageVariableOverrides, deployment: { id } });
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});
