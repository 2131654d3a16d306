/** Authorizers as the control plane answers: reference 09 sections 3.1, 5 and 6. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestControlPlane } from './harness.js';
import { bad, conflicting, missing, putMethod, unknownApi, wholeControlPlane } from './support.js';

let cp: TestControlPlane;
let api: string;
let root: string;
let list: string;
beforeEach(async () => {
  cp = wholeControlPlane();
  ({ id: api, rootResourceId: root } = await cp.ok('POST', '/restapis', { name: 'shop' }));
  list = `/restapis/${api}/authorizers`;
});

const URI =
  'arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:auth/invocations';
const TOKEN = {
  name: 'token',
  type: 'TOKEN',
  authorizerUri: URI,
  identitySource: 'method.request.header.Authorization',
};
const POOL = 'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc';

test('an authorizer of functions is custom, and has a TTL only when one was given', async () => {
  const made = await cp.ok('POST', list, TOKEN);
  expect(made).toEqual({ ...TOKEN, authType: 'custom', id: expect.stringMatching(/^[a-z0-9]{6}$/) });
  expect(await cp.ok('GET', `${list}/${made.id}`)).toEqual(made);
  const second = await cp.ok('POST', list, { ...TOKEN, name: 'b', authorizerResultTtlInSeconds: 0 });
  expect(second.authorizerResultTtlInSeconds).toBe(0);
  expect(await cp.ok('GET', list)).toEqual({ item: [made, second] });
});

test('an authorizer of a user pool needs pools, and no URI', async () => {
  const pool = { name: 'pool', type: 'COGNITO_USER_POOLS', identitySource: 'method.request.header.A' };
  expect((await cp.error('POST', list, pool))[0]).toBe(400);
  const made = await cp.ok('POST', list, { ...pool, providerARNs: [POOL] });
  expect(made).toMatchObject({ providerARNs: [POOL], authType: 'cognito_user_pools' });
  const other = `${POOL}d`;
  const one = `${list}/${made.id}`;
  expect(await cp.patch(one, { op: 'add', path: '/providerARNs', value: other })).toMatchObject({
    providerARNs: [POOL, other],
  });
  expect(await cp.patch(one, { op: 'remove', path: '/providerARNs', value: POOL })).toMatchObject({
    providerARNs: [other],
  });
  expect((await cp.patchError(one, { op: 'remove', path: '/providerARNs', value: other }))[0]).toBe(400);
});

describe('what is refused', () => {
  test.each([
    [null],
    ['http://example.org'],
    ['arn:aws:lambda:eu-central-1:123456789012:function:auth'],
    ['arn:aws:apigateway:eu-central-1:lambda:path/functions/auth'],
  ])('the URI %j', async (authorizerUri) => {
    expect(await cp.error('POST', list, { ...TOKEN, authorizerUri })).toEqual(
      bad(
        `Invalid Authorizer URI: ${authorizerUri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
      ),
    );
  });

  test('a name that is taken, also by an update', async () => {
    await cp.ok('POST', list, TOKEN);
    const taken = conflicting(
      'Authorizer name must be unique. Authorizer token already exists in this RestApi.',
    );
    expect(await cp.error('POST', list, TOKEN)).toEqual(taken);
    const { id } = await cp.ok('POST', list, { ...TOKEN, name: 'b' });
    expect(await cp.patchError(`${list}/${id}`, { op: 'replace', path: '/name', value: 'token' })).toEqual(
      taken,
    );
  });

  test.each([-1, 3_601])('the TTL %d', async (authorizerResultTtlInSeconds) => {
    expect((await cp.error('POST', list, { ...TOKEN, authorizerResultTtlInSeconds }))[0]).toBe(400);
  });

  test('a type that is none', async () => {
    const [status, type] = await cp.error('POST', list, { ...TOKEN, type: 'token' });
    expect([status, type]).toEqual([400, 'ValidationException']);
  });
});

test('patches change single members', async () => {
  const { id } = await cp.ok('POST', list, TOKEN);
  const changed = await cp.patch(
    `${list}/${id}`,
    { op: 'replace', path: '/authorizerResultTtlInSeconds', value: '60' },
    { op: 'replace', path: '/type', value: 'REQUEST' },
    { op: 'remove', path: '/identitySource' },
  );
  expect(changed).toMatchObject({ type: 'REQUEST', authorizerResultTtlInSeconds: 60 });
  expect(changed).not.toHaveProperty('identitySource');
  expect(await cp.patchError(`${list}/${id}`, { op: 'replace', path: '/id', value: 'x' })).toEqual(
    bad('Invalid patch path /id'),
  );
  expect((await cp.patchError(`${list}/${id}`, { op: 'add', path: '/name', value: 'x' }))[0]).toBe(400);
  expect((await cp.patchError(`${list}/${id}`, { op: 'replace', path: '/type', value: 'x' }))[0]).toBe(400);
});

test('an unknown API is a rival to a create, named by the list, and an unknown authorizer elsewhere', async () => {
  const elsewhere = '/restapis/nothere/authorizers';
  expect(await cp.error('POST', elsewhere, TOKEN)).toEqual(
    conflicting('Unable to complete operation due to concurrent modification. Please try again later.'),
  );
  expect(await cp.error('GET', elsewhere)).toEqual(unknownApi('nothere'));
  const unknown = missing('Invalid Authorizer identifier specified');
  for (const path of [`${elsewhere}/abc`, `${list}/abc`]) {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      expect(await cp.error(method, path)).toEqual(unknown);
    }
  }
});

test('an authorizer in use stays', async () => {
  const { id } = await cp.ok('POST', list, TOKEN);
  const method = await putMethod(cp, api, root, { authorizationType: 'CUSTOM', authorizerId: id });
  expect(await cp.error('DELETE', `${list}/${id}`)).toEqual(
    conflicting("Cannot delete authorizer 'token', is referenced in method: GET//"),
  );
  await cp.ok('DELETE', method);
  expect((await cp.call('DELETE', `${list}/${id}`)).status).toBe(202);
});

test('testing an authorizer is refused in plain words', async () => {
  const { id } = await cp.ok('POST', list, TOKEN);
  const [status, , message] = await cp.error('POST', `${list}/${id}`, { headers: { Authorization: 'x' } });
  expect([status, message]).toEqual([400, expect.stringContaining('deploy the API')]);
});
