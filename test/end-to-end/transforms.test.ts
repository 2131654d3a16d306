// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
/** Templates, mappings and content handling through the command: documents that people wrote, and one of our own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Backend, startBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { until } from '../support/until.js';

const corpus = (file: string): string => readFileSync(join(import.meta.dirname, '../corpus', file), 'utf8');
const lambda = (name: string): string =>
  `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${name}/invocations`;

/** Answers with its event, or fails with the message the event names. */
const ECHO = `export const handler = async (event) => {
  const fail = event.fail ?? event.body?.fail;
  if (fail !== undefined) throw new Error(fail);
  return event;
};`;

const OWN = {
  openapi: '3.0.3',
  info: { title: 'Own', version: '1' },
  'x-amazon-apigateway-binary-media-types': ['image/png'],
  paths: {
    '/orders/{id}': {
      post: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'ok' }, 404: { description: 'none', headers: { 'X-Reason': {} } } },
        'x-amazon-apigateway-integration': {
          type: 'http',
          httpMethod: 'PUT',
          uri: 'http://${stageVariables.backend}/v2/{id}',
          requestParameters: {
            'integration.request.path.id': 'method.request.path.id',
            'integration.request.header.X-First': 'method.request.body.lines[*].sku',
          },
          requestTemplates: {
            'application/json':
              '#set($root = $input.path("$"))#set($context.requestOverride.header.X-Count = $root.lines.size())' +
              '{"skus":[#foreach($line in $root.lines)"$line.sku"#if($foreach.hasNext),#end#end],"stage":"$context.stage"}',
          },
          responses: {
            default: {
              statusCode: '200',
              responseTemplates: { 'application/json': '{"echo": $input.json("$.skus[0]")}' },
            },
            '4\\d{2}': {
              statusCode: '404',
              responseParameters: { 'method.response.header.X-Reason': 'integration.response.body.reason' },
              responseTemplates: {
                'application/json':
                  '#set($context.responseOverride.status = 410)$input.path("$.reason") $input.params("id")',
              },
            },
          },
        },
      },
    },
    '/image': {
      put: {
        responses: { 200: { description: 'ok' } },
        'x-amazon-apigateway-integration': {
          type: 'aws',
          httpMethod: 'POST',
          uri: lambda('echo'),
          contentHandling: 'CONVERT_TO_TEXT',
          requestTemplates: { 'image/png': '{"image": "$input.body"}' },
          responses: {
            default: {
              statusCode: '200',
              contentHandling: 'CONVERT_TO_TEXT',
              responseTemplates: { 'application/json': '$input.path("$.image")' },
            },
          },
        },
      },
    },
    '/broken': {
      get: {
        responses: { 200: { description: 'ok' } },
        'x-amazon-apigateway-integration': {
          type: 'mock',
          requestTemplates: { 'application/json': '{"statusCode": 200}\n$input.body.substring(90)' },
          responses: { default: { statusCode: '200' } },
        },
      },
    },
  },
};

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  authorizer_name: 'auth',
  authorizer_url: lambda('auth'),
  authorizer_credentials: 'arn:aws:iam::000000000000:role/r',
};

/** Every placeholder that has no value of its own stands for a function. */
const filled = (file: string): string =>
  corpus(file).replace(/\$\{(\w+)\}/g, (_, name: string) => PLACEHOLDERS[name] ?? lambda('echo'));

let backend: Backend;
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;

beforeAll(async () => {
  backend = await startBackend((request, response) => {
    const missing = request.url.endsWith('/missing');
    response.writeHead(missing ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(missing ? '{"reason":"gone"}' : request.body);
  });
  folder = testFolder({
    'echo.mjs': ECHO,
    'own.json': JSON.stringify(OWN),
    'hydrocron.yaml': filled('hydrocron.openapi.yaml'),
    'circular.json': corpus('localstack-circular-ref.openapi.json'),
    'pets.yaml': corpus('secure-pet-store.swagger.yaml').replaceAll('XXXXXXXXXXXX', '000000000000'),
    'slack.yaml': filled('self-service-slack.swagger.yaml'),
    'cors.json': corpus('localstack-pulumi-export.swagger.json'),
  });
  const apis = ['own.json', 'hydrocron.yaml', 'circular.json', 'pets.yaml', 'slack.yaml', 'cors.json'].map(
    (definition) => ({
      definition,
      basePath: definition.replace(/\..*/, ''),
      stage: 'live',
      stageVariables: { backend: backend.authority },
    }),
  );
  const functions = { echo: 'echo.mjs', YOUR_FUNCTION_NAME: 'echo.mjs' };
  folder.write('propylon.json', JSON.stringify({ apis, functions }));
  gateway = await startGateway(['--config', folder.path('propylon.json'), '--skip-authorization']);
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.close();
  folder?.remove();
});

const json = { 'Content-Type': 'application/json' };

describe('an API of our own', () => {
  test('a request template, a response template, mappings and an override, one after the other', async () => {
    const body = JSON.stringify({ lines: [{ sku: 'A' }, { sku: 'B' }] });
    const answer = await fetch(`${gateway.url}/own/orders/x%20y`, { method: 'POST', headers: json, body });
    expect([answer.status, await answer.text()]).toEqual([200, '{"echo": "A"}']);
    const seen = backend.seen.at(-1);
    expect([seen?.method, seen?.url, seen?.body.toString()]).toEqual([
      'PUT',
      '/v2/x%20y',
      '{"skus":["A","B"],"stage":"live"}',
    ]);
    expect(seen?.headers).toMatchObject({ 'x-first': 'A,B', 'x-count': '2', 'content-length': '33' });
  });

  test('a response chosen by status, with its header, template and override', async () => {
    const answer = await fetch(`${gateway.url}/own/orders/missing`, {
      method: 'POST',
      headers: json,
      body: '{}',
    });
    expect([answer.status, answer.headers.get('x-reason'), await answer.text()]).toEqual([
      410,
      'gone',
      'gone missing',
    ]);
  });

  test('malformed JSON is 400 where a mapping reads the body', async () => {
    const answer = await fetch(`${gateway.url}/own/orders/1`, { method: 'POST', headers: json, body: '{' });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      '{"message": "Invalid JSON in request body"}',
    ]);
  });

  test('bytes reach a function as base64', async () => {
    const headers = { 'Content-Type': 'image/png', Accept: 'text/plain' };
    const body = Buffer.from([0, 1, 254, 255]);
    const answer = await fetch(`${gateway.url}/own/image`, { method: 'PUT', headers, body });
    expect([answer.status, await answer.text()]).toEqual([200, body.toString('base64')]);
  });

  test('a template that fails is 500 and one line on standard error', async () => {
    const answer = await fetch(`${gateway.url}/own/broken`);
    expect([answer.status, await answer.text()]).toEqual([500, '{"message": "Internal server error"}']);
    await until(() => gateway.stderr().includes('template'));
    const lines = gateway
      .stderr()
      .split('\n')
      .filter((line) => line.includes('/live GET /broken: 500'));
    expect(lines).toEqual([
      expect.stringMatching(/The request template for application\/json failed: .* \(line 2, column \d+\)$/),
    ]);
  });
});

describe('hydrocron', () => {
  test('CORS is answered by the MOCK', async () => {
    const answer = await fetch(`${gateway.url}/hydrocron/timeseries`, { method: 'OPTIONS' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  test("the event has the query and the headers; the function's result chooses status and text", async () => {
    const ask = (query: string, accept: string) =>
      fetch(`${gateway.url}/hydrocron/timeseries?${query}`, { headers: { Accept: accept } });
    const ok = await ask('feature=Reach&id=7', 'application/json');
    expect(ok.status).toBe(200);
    const failed = await ask('fail=404: no such feature', 'application/json');
    expect([failed.status, JSON.parse(await failed.text())]).toEqual([
      404,
      { error: '404: no such feature' },
    ]);
    expect((await ask('fail=Something else', 'application/json')).status).toBe(500);
  });
});

test('circular-ref: the MOCK echoes an empty body', async () => {
  const body = JSON.stringify({ name: 'Random', b: 2, house: { contains: [{ name: 'Other', b: 3 }] } });
  const answer = await fetch(`${gateway.url}/circular/person`, { method: 'POST', headers: json, body });
  expect([answer.status, await answer.text()]).toEqual([200, '{"echo": {}, "response": "mocked"}']);
});

test('an empty response template of a MOCK answers nothing, with */* as a binary type too', async () => {
  const answer = await fetch(`${gateway.url}/cors/any/where`, { method: 'OPTIONS' });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
});

describe('secure-pet-store', () => {
  const login = (body: unknown) =>
    fetch(`${gateway.url}/pets/login`, { method: 'POST', headers: json, body: JSON.stringify(body) });

  test('the body stands in the event', async () => {
    const answer = await login({ username: 'ü', password: 'p' });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        action: 'com.amazonaws.apigatewaydemo.action.LoginDemoAction',
        body: { username: 'ü', password: 'p' },
      },
    ]);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  test.each([
    ['BAD_REQUEST: no', 400],
    ['INT: broken', 500],
    ['ANOTHER BAD', 200],
  ])('an error %s answers %i', async (fail, status) => {
    const answer = await login({ username: 'u', password: 'p', fail });
    expect([answer.status, JSON.parse(await answer.text())]).toMatchObject([status, { errorMessage: fail }]);
  });
});

describe('self-service-slack', () => {
  const form = (path: string, body: string, type = 'application/x-www-form-urlencoded') =>
    fetch(`${gateway.url}/slack/${path}`, { method: 'POST', headers: { 'Content-Type': type }, body });

  test('the program-like template renders JSON with the headers', async () => {
    const answer = await form('slack', 'text=a%20b&user=u');
    expect(answer.status).toBe(200);
    const { body, headers } = (await answer.json()) as { body: unknown; headers: Record<string, string> };
    // A form is no JSON, so that `$input.path("$")` is the empty text (reference 03 section 2).
    expect(body).toEqual({});
    expect(headers).toMatchObject({ 'Content-Type': 'application/x-www-form-urlencoded' });
  });

  test('an asynchronous call answers at once, without a body', async () => {
    const answer = await form('component', 'payload=%7B%22a%22%3A1%7D');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  test('another content type is refused', async () => {
    const answer = await form('slack', '{}', 'application/json');
    expect([answer.status, await answer.text()]).toEqual([415, '{"message": "Unsupported Media Type"}']);
  });
});

test('a definition with a broken template does not start, and says where', async () => {
  const broken = structuredClone(OWN);
  broken.paths['/broken'].get['x-amazon-apigateway-integration'].requestTemplates = {
    'application/json': '{\n#if($x)',
  };
  folder.write('broken.json', JSON.stringify(broken));
  await expect(startGateway([folder.path('broken.json')])).rejects.toThrow(
    /error \/paths\/~1broken\/get\/x-amazon-apigateway-integration\/requestTemplates\/application~1json: The template for "application\/json" is refused at template line 2 column 1, /,
  );
});
