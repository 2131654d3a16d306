/** Gateway responses as the control plane answers: reference 09 sections 3.1, 5 and 6; reference 05 section 3. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestControlPlane } from './harness.js';
import { bad, missing, unknownApi, wholeControlPlane } from './support.js';

let cp: TestControlPlane;
let list: string;
beforeEach(async () => {
  cp = wholeControlPlane();
  const { id } = await cp.ok('POST', '/restapis', { name: 'shop' });
  list = `/restapis/${id}/gatewayresponses`;
});

const DEFAULT = { 'application/json': '{"message":$context.error.messageString}' };

test('all 21 types are listed by name with what they answer, the two defaults without a status', async () => {
  const { item } = await cp.ok('GET', list);
  expect(
    item.map(({ responseType, statusCode }: Record<string, string>) => [responseType, statusCode]),
  ).toEqual([
    ['ACCESS_DENIED', '403'],
    ['API_CONFIGURATION_ERROR', '500'],
    ['AUTHORIZER_CONFIGURATION_ERROR', '500'],
    ['AUTHORIZER_FAILURE', '500'],
    ['BAD_REQUEST_BODY', '400'],
    ['BAD_REQUEST_PARAMETERS', '400'],
    ['DEFAULT_4XX', undefined],
    ['DEFAULT_5XX', undefined],
    ['EXPIRED_TOKEN', '403'],
    ['INTEGRATION_FAILURE', '504'],
    ['INTEGRATION_TIMEOUT', '504'],
    ['INVALID_API_KEY', '403'],
    ['INVALID_SIGNATURE', '403'],
    ['MISSING_AUTHENTICATION_TOKEN', '403'],
    ['QUOTA_EXCEEDED', '429'],
    ['REQUEST_TOO_LARGE', '413'],
    ['RESOURCE_NOT_FOUND', '404'],
    ['THROTTLED', '429'],
    ['UNAUTHORIZED', '401'],
    ['UNSUPPORTED_MEDIA_TYPE', '415'],
    ['WAF_FILTERED', '403'],
  ]);
  for (const response of item) {
    expect(response).toMatchObject({
      defaultResponse: true,
      responseParameters: {},
      responseTemplates: DEFAULT,
    });
  }
});

test('each put starts from the defaults of its type', async () => {
  const one = `${list}/THROTTLED`;
  const parameters = { 'gatewayresponse.header.Retry': "'1'" };
  expect(await cp.ok('PUT', one, { statusCode: '503', responseParameters: parameters })).toEqual({
    responseType: 'THROTTLED',
    statusCode: '503',
    defaultResponse: false,
    responseParameters: parameters,
    responseTemplates: DEFAULT,
  });
  expect(await cp.ok('PUT', one, { responseTemplates: { 'text/plain': 'slow down' } })).toEqual({
    responseType: 'THROTTLED',
    statusCode: '429',
    defaultResponse: false,
    responseParameters: {},
    responseTemplates: { 'text/plain': 'slow down' },
  });
  expect((await cp.call('DELETE', one)).status).toBe(202);
  expect(await cp.ok('GET', one)).toMatchObject({ defaultResponse: true, statusCode: '429' });
  expect(await cp.error('DELETE', one)).toEqual(missing('Gateway response type not defined on api'));
});

test('a type nobody put shows what its default was made to be, and one that was put shows nothing of it', async () => {
  const templates = { 'application/json': '{"sorry":true}' };
  const parameters = { 'gatewayresponse.header.X': "'y'" };
  await cp.ok('PUT', `${list}/INTEGRATION_TIMEOUT`, {});
  await cp.ok('PUT', `${list}/DEFAULT_5XX`, {
    statusCode: '599',
    responseTemplates: templates,
    responseParameters: parameters,
  });
  expect(await cp.ok('GET', `${list}/API_CONFIGURATION_ERROR`)).toEqual({
    responseType: 'API_CONFIGURATION_ERROR',
    defaultResponse: true,
    statusCode: '599',
    responseTemplates: templates,
    responseParameters: parameters,
  });
  expect(await cp.ok('GET', `${list}/INTEGRATION_TIMEOUT`)).toMatchObject({
    defaultResponse: false,
    statusCode: '504',
    responseTemplates: DEFAULT,
  });
  expect(await cp.ok('GET', `${list}/THROTTLED`)).toMatchObject({ statusCode: '429' });
  await cp.patch(`${list}/DEFAULT_5XX`, { op: 'replace', path: '/statusCode', value: '' });
  expect(await cp.ok('GET', `${list}/API_CONFIGURATION_ERROR`)).toMatchObject({ statusCode: '500' });
});

describe('patches', () => {
  const patch = (...operations: object[]) => cp.patch(`${list}/UNAUTHORIZED`, ...operations);
  const refused = (...operations: object[]) => cp.patchError(`${list}/UNAUTHORIZED`, ...operations);

  test('of a type nobody touched make it', async () => {
    expect(await patch({ op: 'replace', path: '/statusCode', value: '444' })).toEqual({
      responseType: 'UNAUTHORIZED',
      statusCode: '444',
      defaultResponse: false,
      responseParameters: {},
      responseTemplates: DEFAULT,
    });
  });

  test('change single templates and parameters', async () => {
    await patch(
      { op: 'add', path: '/responseTemplates/text~1plain', value: 'no' },
      { op: 'add', path: '/responseParameters/gatewayresponse.header.X', value: "'y'" },
    );
    const changed = await patch(
      { op: 'remove', path: '/responseTemplates/application~1json' },
      { op: 'replace', path: '/responseParameters/gatewayresponse.header.X', value: "'z'" },
    );
    expect(changed).toMatchObject({
      responseTemplates: { 'text/plain': 'no' },
      responseParameters: { 'gatewayresponse.header.X': "'z'" },
    });
  });

  test('of what is not there, or with nothing, are refused', async () => {
    expect(await refused({ op: 'remove', path: '/responseParameters/gatewayresponse.header.X' })).toEqual(
      missing('Invalid parameter name specified'),
    );
    expect(await refused({ op: 'replace', path: '/responseTemplates/a~1b', value: 'x' })).toEqual(
      missing('Content-Type specified was not found'),
    );
    expect(await refused({ op: 'add', path: '/responseTemplates/a~1b', value: '' })).toEqual(
      bad('Invalid null or empty value in responseTemplates'),
    );
    expect(await refused({ op: 'add', path: '/responseParameters/a' })).toEqual(
      bad('Invalid null or empty value in responseParameters'),
    );
  });

  test.each([
    [{ op: 'replace', path: '/responseType', value: 'x' }, '/responseType'],
    [{ op: 'add', path: '/statusCode', value: '400' }, '/statusCode'],
    [{ op: 'remove', path: '/statusCode' }, '/statusCode'],
    [{ op: 'replace', path: '/responseTemplates/a/b', value: 'x' }, '/responseTemplates/a/b'],
    [{ op: 'replace', value: 'x' }, 'null'],
  ])('%j has no place', async (operation, shown) => {
    expect(await refused(operation)).toEqual(bad(`Invalid patch path ${shown}`));
  });

  test('are all refused when one is', async () => {
    await refused({ op: 'replace', path: '/statusCode', value: '444' }, { op: 'add', path: '/nothing' });
    expect(await cp.ok('GET', `${list}/UNAUTHORIZED`)).toMatchObject({
      defaultResponse: true,
      statusCode: '401',
    });
  });
});

test('templates and parameters cannot be put empty', async () => {
  for (const value of ['', null]) {
    expect(await cp.error('PUT', `${list}/THROTTLED`, { responseTemplates: { 'a/b': value } })).toEqual(
      bad('Invalid null or empty value in responseTemplates'),
    );
    expect(await cp.error('PUT', `${list}/THROTTLED`, { responseParameters: { a: value } })).toEqual(
      bad('Invalid null or empty value in responseParameters'),
    );
  }
});

test('a type that is none, a status that is none and an operation that is none are named together', async () => {
  expect(await cp.error('PUT', `${list}/NOTHING`, { statusCode: '99' })).toEqual([
    400,
    'ValidationException',
    "2 validation errors detected: Value 'NOTHING' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]; Value '99' at 'putGatewayResponseInput.statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d",
  ]);
  expect(await cp.patchError(`${list}/THROTTLED`, { op: 'add' }, { op: 'put', path: '/a' })).toEqual([
    400,
    'ValidationException',
    "1 validation error detected: Value 'put' at 'updateGatewayResponseInput.patchOperations.2.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]",
  ]);
});

test('every call names an unknown API', async () => {
  const elsewhere = '/restapis/nothere/gatewayresponses';
  for (const [method, path] of [
    ['GET', elsewhere],
    ['GET', `${elsewhere}/THROTTLED`],
    ['PUT', `${elsewhere}/THROTTLED`],
    ['PATCH', `${elsewhere}/THROTTLED`],
    ['DELETE', `${elsewhere}/THROTTLED`],
  ] as const) {
    expect(await cp.error(method, path)).toEqual(unknownApi('nothere'));
  }
});
