/** Methods, integrations and their responses as the control plane answers: reference 09 sections 3.1, 5 and 6. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newControlPlane, type TestControlPlane } from './harness.js';

let cp: TestControlPlane;
let resource: string;
let method: string;
beforeEach(async () => {
  cp = newControlPlane();
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'shop' });
  resource = `/restapis/${id}/resources/${rootResourceId}`;
  method = `${resource}/methods/GET`;
});

const bad = (message: string) => [400, 'BadRequestException', message];
const missing = (message: string) => [404, 'NotFoundException', message];
const putMethod = (members: object = {}) => cp.ok('PUT', method, { authorizationType: 'NONE', ...members });

describe('methods', () => {
  test('are answered with what was given and nothing invented', async () => {
    expect(await putMethod()).toEqual({
      apiKeyRequired: false,
      authorizationType: 'NONE',
      httpMethod: 'GET',
    });
    expect(await cp.ok('GET', method)).toEqual({
      apiKeyRequired: false,
      authorizationType: 'NONE',
      httpMethod: 'GET',
    });
  });

  test('are put once', async () => {
    await putMethod();
    expect(await cp.error('PUT', method, { authorizationType: 'NONE' })).toEqual([
      409,
      'ConflictException',
      'Method already exists for this resource',
    ]);
  });

  test.each([
    [
      { requestParameters: { 'method.request.path.a': true, 'method.request.header.a': true } },
      'Parameter names must be unique across querystring, header and path',
    ],
    [{ requestModels: { 'application/json': 'Pet' } }, 'Invalid model identifier specified: Pet'],
    [{ requestValidatorId: 'abc123' }, 'Invalid Request Validator identifier specified'],
    [
      { authorizationType: 'CUSTOM' },
      'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
    ],
  ])('with %j are refused: %s', async (members, message) => {
    expect(await cp.error('PUT', method, { authorizationType: 'NONE', ...members })).toEqual(bad(message));
  });

  test('have one of eight names', async () => {
    expect(await cp.error('PUT', `${resource}/methods/FETCH`, { authorizationType: 'NONE' })).toEqual(
      bad('Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY'),
    );
  });

  test('that nobody put, of resources nobody created', async () => {
    expect(await cp.error('GET', method)).toEqual(missing('Invalid Method identifier specified'));
    expect(await cp.error('GET', '/restapis/no/resources/no/methods/GET')).toEqual(
      missing('Invalid Resource identifier specified'),
    );
  });

  test('an authorizer of a method without authorization is ignored, wherever it stands among the operations', async () => {
    await putMethod();
    const patched = await cp.patch(method, { op: 'replace', path: '/authorizerId', value: 'abc123' });
    expect(patched).not.toHaveProperty('authorizerId');
  });

  test('values of patches are texts: only "true" is true', async () => {
    await putMethod();
    const on = await cp.patch(method, { op: 'replace', path: '/apiKeyRequired', value: 'true' });
    expect(on.apiKeyRequired).toBe(true);
    const off = await cp.patch(method, { op: 'replace', path: '/apiKeyRequired' });
    expect(off.apiKeyRequired).toBe(false);
  });

  test('maps that become empty disappear', async () => {
    await putMethod({ requestParameters: { 'method.request.querystring.q': true } });
    const patched = await cp.patch(method, {
      op: 'remove',
      path: '/requestParameters/method.request.querystring.q',
    });
    expect(patched).not.toHaveProperty('requestParameters');
  });

  test.each([
    [{ op: 'replace', path: '/nothing' }, bad('Invalid patch path /nothing')],
    [{ op: 'add', path: '/nothing' }, bad('Invalid patch path /nothing')],
    [{ op: 'replace' }, bad('Invalid patch path null')],
    [
      { op: 'remove', path: '/authorizationType' },
      bad('Invalid patch operation specified. Must be one of: [replace]'),
    ],
    [
      { op: 'remove', path: '/requestParameters/method.request.querystring.q' },
      missing('Invalid parameter name specified'),
    ],
    [{ op: 'remove', path: '/requestModels/text~1csv' }, missing('Content-Type specified was not found')],
    [
      { op: 'add', path: '/requestModels/text/csv', value: 'Empty' },
      bad('Invalid patch path /requestModels/text/csv'),
    ],
  ])('patch %j', async (operation, answer) => {
    await putMethod();
    expect(await cp.patchError(method, operation)).toEqual(answer);
  });
});

describe('method responses', () => {
  const response = () => `${method}/responses/200`;

  test('are echoed, empty maps too, and replaced when they are put again', async () => {
    await putMethod();
    const given = { responseParameters: {}, responseModels: { 'application/json': 'Empty' } };
    expect(await cp.ok('PUT', response(), given)).toEqual({ statusCode: '200', ...given });
    expect(await cp.ok('PUT', response(), {})).toEqual({ statusCode: '200' });
    expect((await cp.ok('GET', method)).methodResponses).toEqual({ 200: { statusCode: '200' } });
  });

  test('a patch answers 201', async () => {
    await putMethod();
    await cp.ok('PUT', response(), {});
    const path = '/responseParameters/method.response.header.X-A';
    const { status, json } = await cp.call('PATCH', response(), {
      patchOperations: [{ op: 'add', path, value: 'true' }],
    });
    expect([status, json]).toEqual([
      201,
      { statusCode: '200', responseParameters: { 'method.response.header.X-A': true } },
    ]);
  });

  test('of a status nobody put, and of one that is none', async () => {
    await putMethod();
    expect(await cp.error('GET', response())).toEqual(missing('Invalid Response status code specified'));
    expect(await cp.error('PUT', `${method}/responses/999`, {})).toEqual([
      400,
      'ValidationException',
      "1 validation error detected: Value '999' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d",
    ]);
  });
});

describe('integrations', () => {
  const integration = () => `${method}/integration`;
  const put = (members: object) => cp.ok('PUT', integration(), members);
  const refused = (members: object) => cp.error('PUT', integration(), members);
  beforeEach(() => putMethod());

  test('a MOCK drops what it has no use for', async () => {
    const answer = await put({ type: 'MOCK', httpMethod: 'POST', uri: 'http://a.example/' });
    expect(answer).toEqual({
      cacheKeyParameters: [],
      cacheNamespace: resource.split('/').at(-1),
      passthroughBehavior: 'WHEN_NO_MATCH',
      timeoutInMillis: 29000,
      type: 'MOCK',
    });
  });

  test('HTTP says how it is connected, AWS does not', async () => {
    const http = await put({ type: 'HTTP_PROXY', httpMethod: 'GET', uri: 'http://a.example/{proxy}' });
    expect(http).toMatchObject({ connectionType: 'INTERNET', httpMethod: 'GET' });
    const uri =
      'arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:f/invocations';
    const lambda = await put({ type: 'AWS_PROXY', httpMethod: 'POST', uri });
    expect(lambda).not.toHaveProperty('connectionType');
  });

  test('a template given empty is kept as null', async () => {
    const answer = await put({
      type: 'MOCK',
      requestTemplates: { 'application/json': '', 'text/csv': '{}' },
    });
    expect(answer.requestTemplates).toEqual({ 'application/json': null, 'text/csv': '{}' });
  });

  const lambda = 'arn:aws:lambda:eu-central-1:123456789012:function:f';
  test.each([
    [{ type: 'HTTP', uri: 'x' }, 'Enumeration value for HttpMethod must be non-empty'],
    [{ type: 'HTTP', httpMethod: 'GET', uri: 'x' }, 'Invalid HTTP endpoint specified for URI'],
    [{ type: 'HTTP_PROXY', httpMethod: 'GET' }, 'Invalid HTTP endpoint specified for URI'],
    [{ type: 'AWS', httpMethod: 'POST', uri: 'http://a.example' }, 'Invalid ARN specified in the request'],
    [{ type: 'AWS', httpMethod: 'POST', uri: lambda }, 'AWS ARN for integration must contain path or action'],
    [
      { type: 'AWS_PROXY', httpMethod: 'POST', uri: 'arn:aws:apigateway:eu-central-1:sqs:path/1/queue' },
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    ],
    [
      {
        type: 'HTTP',
        httpMethod: 'GET',
        uri: 'http://a.example',
        requestParameters: { 'integration.request.header.a': 'true' },
      },
      'Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]',
    ],
    [
      { type: 'MOCK', requestTemplates: { json: '{}' } },
      'Validation Result: warnings : [], errors : [Invalid content type specified: json]',
    ],
  ])('%j is refused: %s', async (members, message) => {
    expect(await refused(members)).toEqual(bad(message));
  });

  test('values of the wrong JSON type are refused in the words of the front end', async () => {
    expect(
      await refused({ type: 'HTTP', requestParameters: { 'integration.request.header.a': true } }),
    ).toEqual([400, 'SerializationException', 'class java.lang.Boolean can not be converted to an String']);
    expect(await refused({ type: 'MOCK', requestTemplates: { 'application/json': 1 } })).toEqual([
      400,
      'SerializationException',
      'class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String',
    ]);
    expect(await refused({ type: 'http' })).toEqual([
      400,
      'ValidationException',
      "1 validation error detected: Value 'http' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
    ]);
  });

  test('are replaced when they are put again, and 204 when they are deleted', async () => {
    await put({ type: 'HTTP', httpMethod: 'GET', uri: 'http://a.example' });
    await put({ type: 'MOCK' });
    expect((await cp.ok('GET', integration())).type).toBe('MOCK');
    const { status, text } = await cp.call('DELETE', integration());
    expect([status, text]).toEqual([204, '']);
    expect(await cp.error('GET', integration())).toEqual(missing('Invalid Integration identifier specified'));
    expect(await cp.error('DELETE', integration())).toEqual(
      missing('Invalid Integration identifier specified'),
    );
  });

  test('patches of templates take the media type from the path', async () => {
    await put({ type: 'MOCK' });
    const patched = await cp.patch(integration(), {
      op: 'add',
      path: '/requestTemplates/text~1csv',
      value: 'x',
    });
    expect(patched.requestTemplates).toEqual({ 'text/csv': 'x' });
    expect(
      await cp.patchError(integration(), { op: 'replace', path: '/requestTemplates/text~1xml', value: 'x' }),
    ).toEqual(missing('Content-Type specified was not found'));
  });

  describe('their responses', () => {
    const response = () => `${integration()}/responses/200`;

    test('need an integration', async () => {
      expect(await cp.error('GET', response())).toEqual(missing('Invalid Integration identifier specified'));
      await cp.ok('DELETE', method);
      expect(await cp.error('DELETE', response())).toEqual(
        missing('Invalid Integration identifier specified'),
      );
      expect(await cp.error('GET', response())).toEqual(missing('Invalid Method identifier specified'));
    });

    test('keep an empty pattern and a template that is null', async () => {
      await put({ type: 'MOCK' });
      const given = { selectionPattern: '', responseTemplates: { 'application/json': '' } };
      expect(await cp.ok('PUT', response(), given)).toEqual({
        statusCode: '200',
        selectionPattern: '',
        responseTemplates: { 'application/json': null },
      });
      expect((await cp.ok('GET', method)).methodIntegration.integrationResponses).toHaveProperty('200');
      await cp.ok('DELETE', response());
      expect(await cp.ok('GET', integration())).not.toHaveProperty('integrationResponses');
      expect(await cp.error('GET', response())).toEqual(missing('Invalid Response status code specified'));
    });
  });
});
