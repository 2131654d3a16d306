/** Request validators and customised gateway responses through the command, on documents of others and our own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Running } from '../cli/propylon.js';
import { type Backend, startBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { RawClient } from '../support/raw-client.js';

const CORPUS = join(import.meta.dirname, '../corpus');
const corpus = (file: string): string => readFileSync(join(CORPUS, file), 'utf8');

let backend: Backend;
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;

const LAMBDA_URI =
  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:echo/invocations';

const FUNCTION = `export const handler = async (event) => ({ statusCode: 200, body: event.body ?? 'no body' });`;

/** Ours: a proxy, a function and a mock behind the same validator, and answers of our own. */
function ownDocument(): string {
  const integrations: Record<string, object> = {
    '/proxy': { type: 'http_proxy', httpMethod: 'POST', uri: `http://${backend.authority}/proxy` },
    '/function': { type: 'aws_proxy', httpMethod: 'POST', uri: LAMBDA_URI },
    '/mock': {
      type: 'mock',
      requestTemplates: { 'application/json': '{"statusCode": 200}' },
      responses: { default: { statusCode: '200', responseTemplates: { 'application/json': 'mocked' } } },
    },
    '/broken': { type: 'http_proxy', httpMethod: 'POST', uri: `http://${backend.authority}/broken` },
  };
  const paths: Record<string, object> = {};
  for (const [path, integration] of Object.entries(integrations)) {
    const $ref = `#/components/schemas/${path === '/broken' ? 'Broken' : 'Node'}`;
    paths[path] = {
      post: {
        'x-amazon-apigateway-request-validator': 'body',
        requestBody: { content: { 'application/json': { schema: { $ref } } } },
        responses: { 200: {} },
        'x-amazon-apigateway-integration': integration,
      },
    };
  }
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Own', version: '1' },
    'x-amazon-apigateway-request-validators': { body: { validateRequestBody: true } },
    'x-amazon-apigateway-gateway-responses': {
      DEFAULT_4XX: { responseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': "'*'" } },
      BAD_REQUEST_BODY: {
        statusCode: 422,
        responseTemplates: {
          'application/problem+json':
            '{"title":$context.error.messageString,"detail":"$context.error.validationErrorString","at":"$context.resourcePath"}',
        },
      },
    },
    components: {
      schemas: {
        Node: {
          type: 'object',
          required: ['label'],
          additionalProperties: false,
          properties: {
            label: { type: 'string', pattern: '^[a-z]+$' },
            tag: { type: 'string', pattern: '^(a+)+$' },
            children: { type: 'array', items: { $ref: '#/components/schemas/Node' } },
          },
        },
        Broken: { type: 'object', properties: { when: { type: 'date' } } },
      },
    },
    paths,
  });
}

/** The document without its stack: functions of CloudFormation are replaced, DynamoDB by a backend. */
function dynamodbDocument(): string {
  const document = parse(corpus('patterns-dynamodb-crud-validated.openapi-cfn.yaml'));
  for (const item of Object.values<Record<string, Record<string, unknown>>>(document.paths)) {
    for (const operation of Object.values(item)) {
      operation['x-amazon-apigateway-integration'] = {
        type: 'http_proxy',
        httpMethod: 'ANY',
        uri: `http://${backend.authority}/dynamodb`,
      };
    }
  }
  return JSON.stringify(document);
}

beforeAll(async () => {
  backend = await startBackend();
  const awsdocs = corpus('awsdocs-request-validation.openapi.json').replaceAll(
    'petstore-demo-endpoint.execute-api.com',
    backend.authority,
  );
  folder = testFolder({
    'awsdocs.json': awsdocs,
    'circular.json': corpus('localstack-circular-ref.openapi.json'),
    'dynamodb.json': dynamodbDocument(),
    'own.json': ownDocument(),
    'echo.mjs': FUNCTION,
    'propylon.json': JSON.stringify({
      skipAuthorization: true,
      apis: ['awsdocs', 'circular', 'dynamodb', 'own'].map((name) => ({
        definition: `${name}.json`,
        stage: 'prod',
        basePath: name,
      })),
      functions: { echo: 'echo.mjs' },
    }),
  });
  gateway = await startGateway(['--config', folder.path('propylon.json')]);
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.close();
  folder?.remove();
});

beforeEach(() => {
  backend.seen.length = 0;
});

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

describe("the AWS documentation's example", () => {
  const PET = { id: 1, type: 'cat', name: 'Tom', price: 100 };
  const H1 = { h1: 'v1' };

  test('the exact bytes of a refusal', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send('POST /awsdocs/validation HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
    const { head, body } = await client.answer();
    client.close();
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(head).toContain('\r\nContent-Type: application/json\r\nx-amzn-ErrorType: BadRequestException\r\n');
    expect(body).toBe('{"message": "Missing required request parameters: [h1]"}');
  });

  test.each<[string, unknown]>([
    ['a price below the minimum', { ...PET, price: 24.99 }],
    ['a price above the maximum', { ...PET, price: 500.01 }],
    ['an unknown type', { ...PET, type: 'bird' }],
    ['a missing name', { id: 1, type: 'cat', price: 100 }],
    ['an id that is no integer', { ...PET, id: 'x' }],
    ['a list', [PET]],
    ['no JSON', '{"type":'],
    ['nothing', ''],
  ])('%s is refused', async (_, body) => {
    const answer = await send('POST', '/awsdocs/validation', body, H1);
    expect([answer.status, answer.body]).toEqual([400, '{"message": "Invalid request body"}']);
    expect(backend.seen).toEqual([]);
  });

  test('what is valid reaches the backend as it was sent', async () => {
    const text = `{ "type": "cat",  "name": "Tom", "price": 25 }`;
    expect((await send('POST', '/awsdocs/validation', text, H1)).status).toBe(200);
    expect(backend.seen[0]).toMatchObject({ url: '/petstore/pets', headers: { custom_h1: 'v1' } });
    expect(backend.seen[0]?.body.toString()).toBe(text);
  });

  test('the validator of the document holds for methods without their own', async () => {
    expect(await send('GET', '/awsdocs/validation?q2=1')).toMatchObject({
      status: 400,
      body: '{"message": "Missing required request parameters: [q1]"}',
    });
    expect((await send('GET', '/awsdocs/validation?q1=1')).status).toBe(200);
    expect(backend.seen[0]?.url).toBe('/petstore/pets?type=1');
  });
});

describe('models that refer to each other', () => {
  const person = { name: 'a', b: 1 };

  test.each<[number, unknown]>([
    [200, person],
    [200, { ...person, house: {} }],
    [200, { ...person, house: { randomProperty: 'no base64 %', contains: [person] } }],
    [200, { ...person, house: { contains: [{ ...person, house: { contains: [person, person] } }] } }],
    [400, { ...person, house: { contains: [] } }],
    [400, { ...person, house: { contains: [{ name: 'a' }] } }],
    [400, { ...person, house: { contains: [{ ...person, house: { contains: [{ ...person, b: 'x' }] } }] } }],
  ])('%d: %j', async (status, body) => {
    const answer = await send('POST', '/circular/person', body);
    expect(answer.status).toBe(status);
    if (status === 200) expect(JSON.parse(answer.body)).toMatchObject({ response: 'mocked' });
  });
});

describe('a document of serverless patterns', () => {
  test('a body must match', async () => {
    expect((await send('POST', '/dynamodb/restaurants', { cuisine: 'Thai' })).status).toBe(200);
    expect(await send('POST', '/dynamodb/restaurants', { cuisine: 'French' })).toMatchObject({
      status: 400,
      body: '{"message": "Invalid request body"}',
    });
  });

  test('a validator of a method without a model checks nothing', async () => {
    expect((await send('GET', '/dynamodb/restaurants')).status).toBe(200);
    expect((await send('DELETE', '/dynamodb/restaurants/7')).status).toBe(200);
  });
});

describe('our own document', () => {
  const LARGE = { label: 'root', children: Array.from({ length: 20_000 }, () => ({ label: 'leaf' })) };

  test.each(['proxy', 'function', 'mock'])('%s gets what is valid', async (path) => {
    const answer = await send('POST', `/own/${path}`, { label: 'x' });
    expect(answer.status).toBe(200);
    if (path === 'proxy') expect(backend.seen[0]?.body.toString()).toBe('{"label":"x"}');
    if (path === 'function') expect(answer.body).toBe('{"label":"x"}');
  });

  test.each(['proxy', 'function', 'mock'])('%s is not called with what is not', async (path) => {
    const answer = await send('POST', `/own/${path}`, {
      label: 'x',
      children: [{ label: 'X' }, { lable: 'y' }],
    });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toEqual({
      title: 'Invalid request body',
      detail:
        '[ECMA 262 regex "^[a-z]+$" does not match input string "X", object instance has properties which are not allowed by the schema: ["lable"], object has missing required properties (["label"])]',
      at: `/${path}`,
    });
    expect(backend.seen).toEqual([]);
  });

  test('a long body that comes in chunks arrives whole', async () => {
    const text = JSON.stringify(LARGE);
    const client = await RawClient.connect(gateway.port);
    client.send(
      'POST /own/proxy HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    for (let at = 0; at < text.length; at += 50_000) {
      const part = text.slice(at, at + 50_000);
      client.send(`${part.length.toString(16)}\r\n${part}\r\n`);
    }
    client.send('0\r\n\r\n');
    const answer = await client.answer();
    client.close();
    expect(answer.status).toBe(200);
    expect(backend.seen[0]?.headers['content-length']).toBe(String(text.length));
    expect(backend.seen[0]?.body.toString()).toBe(text);
  });

  test('a long body with a fault at its end is refused', async () => {
    const body = { ...LARGE, children: [...LARGE.children, { label: 1 }] };
    expect((await send('POST', '/own/function', body)).status).toBe(422);
  });

  test('a text that makes a pattern try every way is refused, and the log says so', async () => {
    const answer = await send('POST', '/own/proxy', { label: 'x', tag: `${'a'.repeat(5_000)}!` });
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.body).detail).toBe('[validating the body takes too many steps]');
    await expect.poll(() => gateway.stderr()).toContain('Validating the request body was given up');
  });

  test('an unmatched route has the headers of its class', async () => {
    const answer = await send('POST', '/own/nowhere', {});
    expect([answer.status, answer.body]).toEqual([403, '{"message":"Missing Authentication Token"}']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });

  test('HEAD of a customised answer has its length and no body', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send('HEAD /own/nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const text = await client.untilClosed();
    expect(text).toMatch(/Content-Length: 42\r\n/i);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test('what the acceptor refuses has the built-in answer', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send('POST /own/proxy HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n');
    const { head, body } = await client.answer();
    client.close();
    expect(body).toBe('{"message":"Request Too Long"}');
    expect(head.toLowerCase()).not.toContain('access-control-allow-origin');
  });

  test('a model that cannot be used answers 500, and the log says where it is broken', async () => {
    const answer = await send('POST', '/own/broken', {});
    expect([answer.status, answer.body]).toEqual([500, '{"message": "Internal server error"}']);
    await expect
      .poll(() => gateway.stderr())
      .toContain('the model Broken cannot be used (model Broken, /properties/when/type: ');
  });

  test('propylon validate names the place, and that the methods answer 500', async () => {
    const { code, stdout } = await new Running(['validate', folder.path('own.json')]).finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /own\.json:1:\d+ warning \/components\/schemas\/Broken\/properties\/when\/type: "type" must be .*answer 500\.\n/,
    );
    expect(stdout).not.toContain('not executed');
  });
});
