/** Reference 05 sections 3.1 to 3.4: which response answers, and what it looks like. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../src/exchange/gateway-response.js';
import { inProcessGateway } from '../support/in-process-gateway.js';

type Json = Record<string, unknown>;

const MOCK = {
  type: 'mock',
  requestTemplates: { 'application/json': '{"statusCode": 200}' },
  responses: { default: { statusCode: '200', responseTemplates: { 'application/json': 'fine' } } },
};

function operation(extra: Json = {}, integration: Json = {}): Json {
  return { responses: { 200: {} }, 'x-amazon-apigateway-integration': { ...MOCK, ...integration }, ...extra };
}

/** `GET /pets/{id}` fails with a 500, `POST` needs a header, `/xml` refuses other media types. */
function gatewayWith(responses: Json, stageVariables: Record<string, string> = {}) {
  return inProcessGateway(
    {
      openapi: '3.0.1',
      info: { title: 't', version: '1' },
      'x-amazon-apigateway-gateway-responses': responses,
      'x-amazon-apigateway-request-validators': {
        all: { validateRequestParameters: true, validateRequestBody: true },
      },
      components: { schemas: { Pet: { type: 'object', required: ['name'] } } },
      paths: {
        '/pets/{id}': {
          get: operation(
            { operationId: 'readPet' },
            { requestTemplates: { 'application/json': 'no status' } },
          ),
          post: operation({
            'x-amazon-apigateway-request-validator': 'all',
            parameters: [{ in: 'header', name: 'X-Trace', required: true }],
            requestBody: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } },
            },
          }),
        },
        '/xml': {
          get: operation({}, { requestTemplates: { 'text/xml': '<a/>' }, passthroughBehavior: 'never' }),
        },
      },
    },
    stageVariables,
  );
}

const PET = '/pets/a%20b';

function answerOf(responses: Json, parts: Json = {}, stageVariables: Record<string, string> = {}) {
  const { status, body, fields } = gatewayWith(responses, stageVariables).start({
    path: '/nowhere',
    ...parts,
  });
  return { status, body, fields };
}

describe('without customised responses the built-in bytes stay', () => {
  test.each([
    [
      '/nowhere',
      'GET',
      403,
      '{"message":"Missing Authentication Token"}',
      'MissingAuthenticationTokenException',
    ],
    [PET, 'GET', 500, '{"message": "Internal server error"}', 'InternalServerErrorException'],
    [
      PET,
      'POST',
      400,
      '{"message": "Missing required request parameters: [X-Trace]"}',
      'BadRequestException',
    ],
    ['/xml', 'GET', 415, '{"message": "Unsupported Media Type"}', 'BadRequestException'],
  ])('%s %s', (path, method, status, body, errorType) => {
    for (const responses of [{}, { THROTTLED: { statusCode: 400 } }]) {
      const answer = answerOf(responses, { path, method });
      expect([answer.status, answer.body]).toEqual([status, body]);
      expect(answer.fields).toMatchObject({
        'Content-Type': 'application/json',
        'x-amzn-ErrorType': errorType,
      });
    }
  });
});

describe('the table of reference 05 section 3', () => {
  test.each([
    [
      'ACCESS_DENIED',
      403,
      '{"Message":"User is not authorized to access this resource"}',
      'AccessDeniedException',
    ],
    [
      'EXPLICIT_DENY',
      403,
      '{"Message":"User is not authorized to access this resource with an explicit deny"}',
      'AccessDeniedException',
    ],
    ['API_CONFIGURATION_ERROR', 500, '{"message": "Internal server error"}', 'InternalServerErrorException'],
    ['AUTHORIZER_CONFIGURATION_ERROR', 500, '{"message":null}', 'AuthorizerConfigurationException'],
    ['AUTHORIZER_FAILURE', 500, '{"message":null}', 'AuthorizerFailureException'],
    ['BAD_GATEWAY', 502, '{"message": "Internal server error"}', 'InternalServerErrorException'],
    ['BAD_REQUEST_BODY', 400, '{"message": "Invalid request body"}', 'BadRequestException'],
    ['INVALID_JSON', 400, '{"message": "Invalid JSON in request body"}', 'BadRequestException'],
    [
      'BAD_REQUEST_PARAMETERS',
      400,
      '{"message": "Missing required request parameters: []"}',
      'BadRequestException',
    ],
    [
      'EXPIRED_TOKEN',
      403,
      '{"message":"The security token included in the request is expired"}',
      'ExpiredTokenException',
    ],
    ['FORBIDDEN', 403, '{"message":"Forbidden"}', 'ForbiddenException'],
    ['INTEGRATION_FAILURE', 500, '{"message": "Internal server error"}', 'InternalServerErrorException'],
    [
      'NETWORK_ERROR',
      504,
      '{"message": "Network error communicating with endpoint"}',
      'InternalServerErrorException',
    ],
    ['INTEGRATION_TIMEOUT', 504, '{"message": "Endpoint request timed out"}', 'InternalServerErrorException'],
    ['INVALID_API_KEY', 403, '{"message":"Forbidden"}', 'ForbiddenException'],
    [
      'MISSING_AUTHENTICATION_TOKEN',
      403,
      '{"message":"Missing Authentication Token"}',
      'MissingAuthenticationTokenException',
    ],
    ['QUOTA_EXCEEDED', 429, '{"message":"Limit Exceeded"}', 'LimitExceededException'],
    ['REQUEST_TOO_LARGE', 413, '{"message":"Request Too Long"}', 'RequestTooLargeException'],
    ['THROTTLED', 429, '{"message":"Too Many Requests"}', 'TooManyRequestsException'],
    ['UNAUTHORIZED', 401, '{"message":"Unauthorized"}', 'UnauthorizedException'],
    ['UNSUPPORTED_MEDIA_TYPE', 415, '{"message": "Unsupported Media Type"}', 'BadRequestException'],
    ['SERVICE_UNAVAILABLE', 503, '{"message":"Service Unavailable"}', 'ServiceUnavailableException'],
  ] as const)('%s is %d %s', (name, status, body, errorType) => {
    expect(GATEWAY_RESPONSES[name]).toMatchObject({ status, body, errorType });
  });

  test('every type an API can customise is there', () => {
    const names = new Set(Object.values(GATEWAY_RESPONSES).map(({ name }) => name));
    for (const name of ['INVALID_SIGNATURE', 'RESOURCE_NOT_FOUND', 'WAF_FILTERED'])
      expect(names).toContain(name);
  });
});

describe('resolution', () => {
  const template = (text: string) => ({ responseTemplates: { 'application/json': text } });

  test('the exact type wins over its class', () => {
    const responses = {
      DEFAULT_4XX: { statusCode: 418, ...template('class') },
      MISSING_AUTHENTICATION_TOKEN: { statusCode: 404, ...template('own') },
    };
    expect(answerOf(responses)).toMatchObject({ status: 404, body: 'own' });
    expect(answerOf(responses, { path: '/xml' })).toMatchObject({ status: 418, body: 'class' });
  });

  test('a type that was put inherits nothing of its class', () => {
    const responses = {
      DEFAULT_4XX: {
        statusCode: 418,
        ...template('class'),
        responseParameters: { 'gatewayresponse.header.a': "'b'" },
      },
      MISSING_AUTHENTICATION_TOKEN: {},
    };
    const answer = answerOf(responses);
    expect(answer).toMatchObject({ status: 403, body: '{"message":"Missing Authentication Token"}' });
    expect(answer.fields.a).toBeUndefined();
  });

  test('a class without a status keeps the status of each type', () => {
    const responses = { DEFAULT_4XX: template('four'), DEFAULT_5XX: template('five') };
    expect(answerOf(responses)).toMatchObject({ status: 403, body: 'four' });
    expect(answerOf(responses, { path: '/xml' })).toMatchObject({ status: 415, body: 'four' });
    expect(answerOf(responses, { path: PET })).toMatchObject({ status: 500, body: 'five' });
  });

  test('a response without templates has the default one, which has no space behind the colon', () => {
    const responses = { DEFAULT_4XX: {}, DEFAULT_5XX: { statusCode: 599 } };
    expect(answerOf(responses, { path: '/xml' }).body).toBe('{"message":"Unsupported Media Type"}');
    expect(answerOf(responses, { path: PET })).toMatchObject({
      status: 599,
      body: '{"message":"Internal server error"}',
    });
  });

  test('a status that is none is ignored', () => {
    expect(answerOf({ DEFAULT_4XX: { statusCode: '99' } }).status).toBe(403);
    expect(answerOf({ DEFAULT_4XX: { statusCode: 'abc' } }).status).toBe(403);
    expect(answerOf({ DEFAULT_4XX: { statusCode: 101 } }).status).toBe(403);
  });

  test('before a stage is reached, and for a body that is too long, nothing is customised', () => {
    const responses = { DEFAULT_4XX: { statusCode: 418 }, REQUEST_TOO_LARGE: { statusCode: 418 } };
    expect(answerOf(responses, { host: 'other.execute-api.localhost' })).toMatchObject({
      status: 403,
      body: '{"message":"Forbidden"}',
    });
    const client = gatewayWith(responses).start({
      method: 'POST',
      path: PET,
      headers: 'x-trace: 1\r\n',
      body: 'stream',
      bodyLength: 20_000_000,
    });
    expect([client.status, client.body]).toEqual([413, '{"message":"Request Too Long"}']);
  });

  test('what API Gateway has no type for follows its class', () => {
    const client = gatewayWith({ DEFAULT_4XX: template('$context.error.responseType') }).start({
      path: '/xml',
    });
    client.exchange.answered = false;
    answerGatewayResponse(client.exchange, GATEWAY_RESPONSES.BAD_REQUEST);
    expect(client.body).toBe('UNSUPPORTED_MEDIA_TYPEDEFAULT_4XX');
  });
});

describe('templates', () => {
  const rendered = (text: string, parts: Json = {}, stageVariables: Record<string, string> = {}) =>
    answerOf(
      {
        DEFAULT_4XX: { responseTemplates: { 'application/json': text } },
        DEFAULT_5XX: { responseTemplates: { 'application/json': text } },
      },
      parts,
      stageVariables,
    ).body;

  const REACHED = { path: PET, query: 'q=1&q=x%20y', headers: 'x-tag: one\r\nx-tag: two\r\n' };

  test.each([
    ['{"m":$context.error.messageString}', '{"m":"Internal server error"}'],
    ['<m>$context.error.message</m>', '<m>Internal server error</m>'],
    ['$context.error.responseType', 'DEFAULT_5XX'],
    ['[$context.error.validationErrorString]', '[]'],
    ['$context.stage/$context.apiId $context.accountId', 'prod/abc123 123456789012'],
    ['$context.httpMethod $context.resourcePath', 'GET /pets/{id}'],
    ['$context.operationName', 'readPet'],
    ['$context.identity.sourceIp', '198.51.100.9'],
    ['$context.path', PET],
    ['at $context.stage.', 'at prod.'],
    ['$context.stage.name', 'prod.name'],
    ['$context.xrayTraceId|$context.authorizer.principalId|$context.nothing|', '|||'],
    ['$method.request.header.X-Tag', 'two'],
    ['$method.request.header.X-None|', '|'],
    ['$method.request.header.X-Tag-', 'two-'],
    ['$method.request.querystring.q', 'x y'],
    ['$method.request.path.id', 'a b'],
    ['$method.request.path.other|', '|'],
    ['$stageVariables.color!', 'blue!'],
    ['$stageVariables.none!', '!'],
    ['$stageVariables.constructor|', '|'],
    [
      '$input.body $util.escapeJavaScript($context.stage) #set($a = 1)',
      '$input.body $util.escapeJavaScript(prod) #set($a = 1)',
    ],
    [`costs $5, \${context.stage} $ $$context.stage`, `costs $5, \${context.stage} $ $prod`],
    ['  \n$context.stage \n', '  \nprod \n'],
    ['', ''],
    ['Zürich $context.stage', 'Zürich prod'],
  ])('%j comes to %j', (text, expected) => {
    expect(rendered(text, REACHED, { color: 'blue' })).toBe(expected);
  });

  test('ids are those of the answer', () => {
    const { body, fields } = answerOf({
      DEFAULT_4XX: {
        responseTemplates: { 'application/json': '$context.requestId $context.extendedRequestId' },
      },
    });
    expect(body).toBe(`${fields['x-amzn-RequestId']} ${fields['x-amz-apigw-id']}`);
  });

  test('on an unmatched route the request is there and what belongs to a method is empty', () => {
    const text =
      '$method.request.header.A $method.request.querystring.b $context.stage $stageVariables.c [$context.resourcePath$context.resourceId$context.operationName$method.request.path.id]';
    expect(rendered(text, { headers: 'a: 1\r\n', query: 'b=2' }, { c: '3' })).toBe('1 2 prod 3 []');
  });

  test('a message of null has no quotes', () => {
    const client = gatewayWith({ DEFAULT_5XX: {} }).start({ path: '/xml' });
    client.exchange.answered = false;
    client.chunks.length = 0;
    answerGatewayResponse(client.exchange, GATEWAY_RESPONSES.AUTHORIZER_FAILURE);
    expect(client.body).toBe('{"message":null}');
  });

  test('the message of an incomplete signature is a JSON text', () => {
    const { body, fields } = answerOf({ DEFAULT_4XX: {} }, { headers: 'authorization: Bearer x\r\n' });
    expect(JSON.parse(body).message).toMatch(/^Invalid key=value pair .*'\.$/);
    expect(fields['x-amzn-ErrorType']).toBe('IncompleteSignatureException');
  });

  test('a text beyond every bound gives the built-in answer', () => {
    const text = '$method.request.header.a'.repeat(2_000);
    expect(rendered(text, { headers: `a: ${'x'.repeat(8_000)}\r\n` })).toBe(
      '{"message":"Missing Authentication Token"}',
    );
  });

  test('any text renders, and what is no reference stays', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom(
              '$context.',
              '$',
              'error.',
              'stage',
              '$method.request.',
              'header.a',
              '$stageVariables.',
              '{',
              '.',
              '-',
            ),
          ),
        ),
        (parts) => {
          const text = parts.join('');
          const body = rendered(text);
          if (!text.includes('$')) expect(body).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the template is chosen by Accept', () => {
  const responses = {
    DEFAULT_4XX: {
      responseTemplates: { 'text/plain': 'plain', 'application/json': '{}', 'application/xml': '<a/>' },
    },
  };

  test.each([
    ['', 'application/json', '{}'],
    ['accept: application/xml\r\n', 'application/xml', '<a/>'],
    ['accept: application/xml;q=0.5, text/plain\r\n', 'application/xml', '<a/>'],
    ['accept: image/png\r\n', 'application/json', '{}'],
    ['accept: */*\r\n', 'application/json', '{}'],
  ])('%j: %s', (headers, contentType, body) => {
    const answer = answerOf(responses, { headers });
    expect([answer.fields['Content-Type'], answer.body]).toEqual([contentType, body]);
  });

  test('without a JSON template the first one is the fallback', () => {
    const only = { DEFAULT_4XX: { responseTemplates: { 'text/html': '<p>', 'text/plain': 'p' } } };
    expect(answerOf(only).fields['Content-Type']).toBe('text/html');
  });
});

describe('parameters', () => {
  test('of every source become headers, those without a value none', () => {
    const at = (name: string) => `gatewayresponse.header.${name}`;
    const { fields } = answerOf(
      {
        DEFAULT_5XX: {
          responseParameters: {
            [at('Access-Control-Allow-Origin')]: "'*'",
            [at('X-Header')]: 'method.request.header.x-tag',
            [at('X-Query')]: 'method.request.querystring.q',
            [at('X-Path')]: 'method.request.path.id',
            [at('X-Context')]: 'context.stage',
            [at('X-Type')]: 'context.error.responseType',
            [at('X-Resource')]: 'context.resourcePath',
            [at('X-Stage')]: 'stageVariables.color',
            [at('X-None')]: 'method.request.header.none',
            [at('X-Empty')]: "''",
            [at('X-Body')]: 'method.request.body.a',
            [at('WWW-Authenticate')]: "'Basic'",
            'gatewayresponse.querystring.a': "'b'",
          },
        },
      },
      { path: PET, query: 'q=1', headers: 'x-tag: one\r\n' },
      { color: 'blue' },
    );
    expect(fields).toEqual({
      'Access-Control-Allow-Origin': '*',
      'X-Header': 'one',
      'X-Query': '1',
      'X-Path': 'a b',
      'X-Context': 'prod',
      'X-Type': 'DEFAULT_5XX',
      'X-Resource': '/pets/{id}',
      'X-Stage': 'blue',
      'WWW-Authenticate': 'Basic',
      'Content-Type': 'application/json',
      'x-amzn-ErrorType': 'InternalServerErrorException',
      'x-amzn-RequestId': expect.any(String),
      'x-amz-apigw-id': expect.any(String),
    });
  });

  test("what the gateway writes itself, and what would break the answer's framing, is left out", () => {
    const responseParameters = Object.fromEntries(
      [
        'Content-Length',
        'transfer-encoding',
        'Connection',
        'Date',
        'x-amzn-RequestId',
        'X-Amzn-ErrorType',
        'bad name',
      ].map((name) => [`gatewayresponse.header.${name}`, "'1'"]),
    );
    const { fields } = answerOf({ DEFAULT_4XX: { responseParameters } });
    expect(Object.keys(fields).sort()).toEqual([
      'Content-Type',
      'x-amz-apigw-id',
      'x-amzn-ErrorType',
      'x-amzn-RequestId',
    ]);
  });

  test('a value with a line end makes no header', () => {
    const responseParameters = { 'gatewayresponse.header.a': 'method.request.querystring.q' };
    const { fields } = answerOf({ DEFAULT_4XX: { responseParameters } }, { query: 'q=1%0d%0aSet-Cookie:x' });
    expect(fields.a).toBeUndefined();
  });

  test('a content type replaces that of the template', () => {
    const responseParameters = { 'gatewayresponse.header.content-type': "'application/problem+json'" };
    const { fields } = answerOf({ DEFAULT_4XX: { responseParameters } });
    expect(fields).toMatchObject({ 'content-type': 'application/problem+json' });
    expect(fields['Content-Type']).toBeUndefined();
  });
});

describe('of a request validator', () => {
  const responses = {
    BAD_REQUEST_PARAMETERS: {
      statusCode: 422,
      responseTemplates: {
        'application/json': '$context.error.message|$context.error.validationErrorString',
      },
    },
    BAD_REQUEST_BODY: {
      responseTemplates: {
        'application/json':
          '{"message":$context.error.messageString,"detail":"$context.error.validationErrorString"}',
      },
      responseParameters: { 'gatewayresponse.header.X-Detail': 'context.error.validationErrorString' },
    },
  };

  test('the message names the parameters', () => {
    expect(answerOf(responses, { method: 'POST', path: PET })).toMatchObject({
      status: 422,
      body: 'Missing required request parameters: [X-Trace]|',
    });
  });

  test('the details stand in a JSON text', () => {
    const request = { method: 'POST', path: PET, headers: 'x-trace: 1\r\n' };
    const answer = answerOf(responses, request);
    expect(JSON.parse(answer.body)).toEqual({
      message: 'Invalid request body',
      detail: '[object has missing required properties (["name"])]',
    });
    expect(answer.fields['X-Detail']).toBe('[object has missing required properties (["name"])]');
  });
});
