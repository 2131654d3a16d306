/** Reference 06 sections 1.1 and 1.2: what a validator looks at, and what it answers. */
import { describe, expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import { formatProblem } from '../../src/openapi/problem.js';
import { inProcessGateway } from '../support/in-process-gateway.js';

type Json = Record<string, unknown>;

const VALIDATORS = {
  all: { validateRequestParameters: true, validateRequestBody: true },
  params: { validateRequestParameters: true, validateRequestBody: false },
  body: { validateRequestParameters: false, validateRequestBody: true },
  none: { validateRequestParameters: false, validateRequestBody: false },
};

const MOCK = {
  type: 'mock',
  requestTemplates: { $default: '{"statusCode": 200}' },
  responses: { default: { statusCode: '200', responseTemplates: { 'application/json': 'passed' } } },
};

const SCHEMAS = {
  Pet: { type: 'object', required: ['name'] },
  Pets: { type: 'array' },
  Anything: {},
  Empty: { type: 'object' },
};

const PARAMETERS = [
  { in: 'query', name: 'page', required: true },
  { in: 'query', name: 'b', required: true },
  { in: 'query', name: 'optional' },
  { in: 'header', name: 'X-Trace', required: true },
  { in: 'header', name: 'Accept', required: true },
  { in: 'path', name: 'id', required: true },
];

function documentOf(
  validator: string | undefined,
  content: Json,
  extra: Json = {},
  schemas: Json = SCHEMAS,
): Json {
  const operation = {
    'x-amazon-apigateway-integration': MOCK,
    ...(validator === undefined ? {} : { 'x-amazon-apigateway-request-validator': validator }),
    requestBody: {
      content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
    },
    parameters: PARAMETERS,
    responses: { 200: {} },
    ...extra,
  };
  return {
    openapi: '3.0.1',
    info: { title: 't', version: '1' },
    'x-amazon-apigateway-request-validators': VALIDATORS,
    'x-amazon-apigateway-gateway-responses': {},
    components: { schemas },
    paths: { '/pets/{id}': { get: operation, post: operation } },
  };
}

const model = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const PET = { 'application/json': model('Pet') };

const GOOD = {
  method: 'POST',
  path: '/pets/7',
  query: 'page=1&b=2',
  headers: 'x-trace: 1\r\naccept: */*\r\n',
};

function send(document: Json, parts: Json = {}) {
  const { body = null, ...rest } = { ...GOOD, ...parts } as Json & { body?: string | Uint8Array | null };
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const client = inProcessGateway(document).start({ ...rest, body: bytes, bodyLength: bytes?.length ?? 0 });
  return { status: client.status, body: client.body, errorType: client.fields['x-amzn-ErrorType'], client };
}

describe('parameters', () => {
  const missing = (names: string) => `{"message": "Missing required request parameters: [${names}]"}`;

  test.each<[string, Json, string]>([
    [
      'all are missing: headers, path, query, by name',
      { query: '', headers: '', path: '/pets/%20' },
      'Accept, X-Trace, id, b, page',
    ],
    ['one is absent', { query: 'b=2' }, 'page'],
    ['one is empty', { query: 'b=2&page=' }, 'page'],
    ['one is blank', { query: 'b=2&page=%20+' }, 'page'],
    ['a name is another in its case', { query: 'b=2&PAGE=1' }, 'page'],
    ['a header is blank', { headers: 'x-trace:  \r\naccept: a\r\n' }, 'X-Trace'],
    ['a name is there as a value', { query: 'b=page' }, 'page'],
  ])('%s', (_, parts, names) => {
    for (const validator of ['all', 'params']) {
      const answer = send(documentOf(validator, PET), { body: '{"name": 1}', ...parts });
      expect(answer).toMatchObject({ status: 400, body: missing(names), errorType: 'BadRequestException' });
    }
  });

  test.each<[string, Json]>([
    ['all are there', {}],
    ['one of several values is not blank', { query: 'page=&page=1&b=2' }],
    ['header names are compared without case', { headers: 'X-TRACE: 1\r\nACCEPT: a\r\n'.toLowerCase() }],
    ['a declared parameter that is not required may be absent', { query: 'page=0&b=false' }],
  ])('pass when %s', (_, parts) => {
    expect(send(documentOf('params', PET), parts).body).toBe('passed');
  });

  test.each(['body', 'none', undefined])('are not checked with the validator %s', (validator) => {
    const answer = send(documentOf(validator, {}), { query: '', headers: '' });
    expect(answer.body).toBe('passed');
  });

  test('are checked first: the body is not looked at', () => {
    const answer = send(documentOf('all', PET), { query: 'b=2', body: '{' });
    expect(answer.body).toBe(missing('page'));
  });

  test('a header Host is the host of the request', () => {
    const parameters = [{ in: 'header', name: 'Host', required: true }];
    expect(send(documentOf('params', {}, { parameters })).body).toBe('passed');
  });

  test('a path parameter the resource does not have is always missing', () => {
    const parameters = [{ in: 'path', name: 'other', required: true }];
    expect(send(documentOf('params', {}, { parameters })).body).toBe(missing('other'));
  });
});

describe('the body', () => {
  const INVALID = {
    status: 400,
    body: '{"message": "Invalid request body"}',
    errorType: 'BadRequestException',
  };
  const PASSED = { status: 200, body: 'passed' };
  const type = (name: string) => `${GOOD.headers}content-type: ${name}\r\n`;

  test.each<[string, Json, Json, object]>([
    ['that matches', PET, { body: '{"name": 1}' }, PASSED],
    ['that does not match', PET, { body: '{"nam": 1}' }, INVALID],
    ['that is empty counts as {}', PET, {}, INVALID],
    ['that is empty, of a GET', PET, { method: 'GET' }, INVALID],
    ['that is empty, against an array', { 'application/json': model('Pets') }, {}, INVALID],
    [
      'that is empty, against a model that asks for nothing',
      { 'application/json': model('Anything') },
      {},
      PASSED,
    ],
    ['that is empty, against Empty', { 'application/json': model('Empty') }, {}, PASSED],
    ['that is white space', { 'application/json': model('Anything') }, { body: ' \n' }, INVALID],
    ['that is no JSON', { 'application/json': model('Anything') }, { body: 'name=1' }, INVALID],
    ['that is JSON and more', { 'application/json': model('Anything') }, { body: '{} {}' }, INVALID],
    ['that is JavaScript', { 'application/json': model('Anything') }, { body: "{'a': 1}" }, INVALID],
    [
      'that is not UTF-8',
      { 'application/json': model('Anything') },
      { body: Buffer.from('"\xe9"', 'latin1') },
      INVALID,
    ],
    ['that is a JSON text', { 'application/json': model('Anything') }, { body: '"é"' }, PASSED],
    [
      'of the media type with parameters',
      PET,
      { body: '{}', headers: type('application/json; charset=utf-8') },
      INVALID,
    ],
    ['of the media type in another case', PET, { body: '{}', headers: type('Application/JSON') }, INVALID],
    ['of a media type without model', PET, { body: 'a', headers: type('text/plain') }, PASSED],
    [
      'of another model by media type',
      { ...PET, 'application/pets': model('Pets') },
      { body: '[]', headers: type('application/pets') },
      PASSED,
    ],
    [
      'of another media type, with a model for $default',
      { ...PET, $default: model('Pets') },
      { body: '{}', headers: type('text/plain') },
      INVALID,
    ],
    [
      'without media type, with only a model for $default',
      { $default: model('Pets') },
      { body: '{}' },
      INVALID,
    ],
    ['without media type, with no model for JSON', { 'text/xml': model('Pets') }, { body: '{}' }, PASSED],
    ['with an empty media type, which is none', PET, { body: '{}', headers: type('') }, INVALID],
  ])('%s', (_, content, parts, expected) => {
    for (const validator of ['all', 'body']) {
      expect(send(documentOf(validator, content), parts)).toMatchObject(expected);
    }
  });

  test.each(['params', 'none', undefined])('is not checked with the validator %s', (validator) => {
    expect(send(documentOf(validator, PET), { body: '{' })).toMatchObject(PASSED);
  });

  test('a model written in place counts like any other', () => {
    const content = { 'application/json': { type: 'object', required: ['a'] } };
    expect(send(documentOf('body', content), { body: '{}' })).toMatchObject(INVALID);
    expect(send(documentOf('body', content), { body: '{"a": 1}' })).toMatchObject(PASSED);
  });

  test('a faulty client is no matter for the error log, its findings are kept for the answer', () => {
    const { client } = send(documentOf('body', PET), { body: '{}' });
    expect(client.exchange).toMatchObject({
      errorType: 'BAD_REQUEST_BODY',
      errorCause: '',
      validationError: '[object has missing required properties (["name"])]',
    });
  });

  test('that comes in chunks is collected, and is whole for the integration', () => {
    const gateway = inProcessGateway(documentOf('body', PET));
    for (const [text, answer] of [
      ['{"name": "a"}', 'passed'],
      ['{"nam": "a"}', INVALID.body],
    ] as const) {
      const client = gateway.start({ ...GOOD, body: 'stream', bodyLength: -1 });
      expect(client.ending).toBeUndefined();
      for (const part of [text.slice(0, 3), text.slice(3)])
        client.exchange.listener?.onBodyChunk(Buffer.from(part));
      client.exchange.listener?.onBodyEnd();
      expect(client.body).toBe(answer);
      expect(client.consumedBytes).toBe(text.length);
      expect(client.exchange.request).toMatchObject({ body: Buffer.from(text), bodyLength: text.length });
    }
  });

  test('that comes in chunks and is empty counts as {}', () => {
    const client = inProcessGateway(documentOf('body', PET)).start({
      ...GOOD,
      body: 'stream',
      bodyLength: -1,
    });
    client.exchange.listener?.onBodyEnd();
    expect(client.body).toBe(INVALID.body);
    expect(client.exchange.request).toMatchObject({ body: null, bodyLength: 0 });
  });

  test('of more than 10 MB is refused', () => {
    const client = inProcessGateway(documentOf('body', PET)).start({
      ...GOOD,
      body: 'stream',
      bodyLength: -1,
    });
    for (let i = 0; i < 11; i++) client.exchange.listener?.onBodyChunk(Buffer.alloc(1_048_576));
    expect([client.status, client.body]).toEqual([413, '{"message":"Request Too Long"}']);
  });

  test('of a client that leaves is forgotten', () => {
    const client = inProcessGateway(documentOf('body', PET)).start({
      ...GOOD,
      body: 'stream',
      bodyLength: -1,
    });
    client.exchange.listener?.onBodyChunk(Buffer.from('{'));
    client.cancel();
    client.exchange.listener?.onBodyEnd();
    expect(client.ending).toBeUndefined();
  });

  test('without a model for its media type stays a stream', () => {
    const client = inProcessGateway(documentOf('body', { 'text/xml': model('Pet') })).start({
      ...GOOD,
      body: 'stream',
      bodyLength: -1,
    });
    expect(client.exchange.request.body).toBe('stream');
    expect(client.consumedBytes).toBe(0);
  });
});

describe('a model that cannot be used', () => {
  const schemas = {
    ...SCHEMAS,
    Broken: { properties: { a: { $ref: '#/components/schemas/Part' } } },
    Part: { type: 'object', properties: { b: { type: 'file' } } },
  };
  const BROKEN = { ...PET, 'text/xml': model('Broken') };

  test('is named by its place', () => {
    const { problems } = importDefinition(
      JSON.stringify(documentOf('body', BROKEN, {}, schemas), null, 1),
      'api.json',
    );
    expect(problems.map(formatProblem)).toEqual([
      expect.stringMatching(
        /^api\.json:\d+:\d+ warning \/components\/schemas\/Part\/properties\/b\/type: "type" must be one or more of .*: correct it; until then requests that are validated with it answer 500\.$/,
      ),
    ]);
  });

  test('is named where it was written in place', () => {
    const document = documentOf('body', { 'application/json': { pattern: '(' } });
    const places = importDefinition(JSON.stringify(document), 'api.json').problems.map(
      ({ pointer }) => pointer,
    );
    expect(places).toContain('/paths/~1pets~1{id}/post/requestBody/content/application~1json/schema/pattern');
  });

  test('is no matter when nothing is validated with it', () => {
    const { problems } = importDefinition(
      JSON.stringify(documentOf('params', BROKEN, {}, schemas)),
      'api.json',
    );
    expect(problems).toEqual([]);
  });

  test('answers 500 and says why in the log; other models of the method work', () => {
    const document = documentOf('all', BROKEN, {}, schemas);
    const answer = send(document, { body: '{}', headers: `${GOOD.headers}content-type: text/xml\r\n` });
    expect(answer).toMatchObject({ status: 500, body: '{"message": "Internal server error"}' });
    expect(answer.client.exchange.errorCause).toBe(
      'Execution failed due to configuration error: the model Broken cannot be used (model Part, /properties/b/type: "type" must be one or more of array, boolean, integer, null, number, object, string (JSON Schema draft 4): correct it.)',
    );
    expect(send(document, { body: '{"name": 1}' }).body).toBe('passed');
  });
});
