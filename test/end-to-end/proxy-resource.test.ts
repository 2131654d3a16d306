/** The mission's own example, through the command, real sockets and a real backend. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Backend, startBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];

const PARAMETER = { name: 'proxy', in: 'path', required: true, schema: { type: 'string' } };

const LAMBDA_URI =
  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:echo/invocations';

const MAPPED = { 'integration.request.path.proxy': 'method.request.path.proxy' };

const INTEGRATIONS: Record<string, object> = {
  http_proxy: {
    type: 'http_proxy',
    httpMethod: 'ANY',
    uri: `http://\${stageVariables.backend}/site/{proxy}`,
    requestParameters: MAPPED,
  },
  http: {
    type: 'http',
    httpMethod: 'ANY',
    uri: `http://\${stageVariables.backend}/site/{proxy}`,
    requestParameters: MAPPED,
    responses: { default: { statusCode: '200' } },
  },
  aws_proxy: { type: 'aws_proxy', httpMethod: 'POST', uri: LAMBDA_URI },
  aws: { type: 'aws', httpMethod: 'POST', uri: LAMBDA_URI, responses: { default: { statusCode: '200' } } },
  mock: {
    type: 'mock',
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: {
      default: { statusCode: '200', responseTemplates: { 'application/json': '{"mock": true}' } },
    },
  },
};

/** Every integration type under `/{type}/{proxy+}` with ANY, and under `/get/{type}/{proxy+}` with GET. */
function definition(): string {
  const paths: Record<string, object> = {};
  for (const [type, integration] of Object.entries(INTEGRATIONS)) {
    const operation = {
      parameters: [PARAMETER],
      responses: { 200: { description: 'ok' } },
      'x-amazon-apigateway-integration': integration,
    };
    paths[`/${type}/{proxy+}`] = { 'x-amazon-apigateway-any-method': operation };
    paths[`/get/${type}/{proxy+}`] = { get: operation };
  }
  return JSON.stringify({ openapi: '3.0.3', info: { title: 'Proxy', version: '1' }, paths });
}

const FUNCTION = `export const handler = async (event) => event.httpMethod === undefined ? event
  : { statusCode: 200, body: JSON.stringify(event) };`;

let backend: Backend;
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;

beforeAll(async () => {
  backend = await startBackend((_, response) => {
    response.writeHead(
      201,
      [
        ['Content-Type', 'application/octet-stream'],
        ['X-Multi', 'a'],
        ['X-Multi', 'b'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ].flat(),
    );
    response.end(Buffer.from([0, 1, 2, 255]));
  });
  folder = testFolder({ 'api.json': definition(), 'echo.mjs': FUNCTION });
  gateway = await startGateway([
    folder.path('api.json'),
    ...['--stage-variable', `backend=${backend.authority}`],
    ...['--function', `echo=${folder.path('echo.mjs')}`],
  ]);
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.close();
  folder?.remove();
});

beforeEach(() => {
  backend.seen.length = 0;
});

interface Answer {
  status: number;
  rawHeaders: string[];
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

function call(method: string, path: string, headers: string[] = [], body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      { port: gateway.port, method, path, headers: ['Host', 'example.com', ...headers] },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part) => parts.push(part));
        res.on('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            rawHeaders: res.rawHeaders,
            headers: res.headers,
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

const valuesOf = (raw: string[], name: string): string[] =>
  raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);

describe('HTTP_PROXY on /http_proxy/{proxy+} with ANY', () => {
  test.each(METHODS)('%s reaches the backend with path, query, headers and body', async (method) => {
    const body = method === 'GET' || method === 'HEAD' ? undefined : Buffer.from([1, 0, 200, 10]);
    const answer = await call(
      method,
      '/http_proxy/a0/a1/a2?x=1&x=2&y=%20z&empty=',
      ['X-Tag', 'one', 'Content-Type', 'application/octet-stream', ...(body ? ['Content-Length', '4'] : [])],
      body,
    );
    expect(answer.status).toBe(201);
    expect(backend.seen).toHaveLength(1);
    const [seen] = backend.seen;
    expect(seen).toMatchObject({ method, url: '/site/a0/a1/a2?x=1&x=2&y=%20z&empty=' });
    expect(seen?.headers['x-tag']).toBe('one');
    expect(seen?.headers['content-type']).toBe('application/octet-stream');
    expect(seen?.headers.host).toBe(backend.authority);
    expect(seen?.body).toEqual(body ?? Buffer.alloc(0));
  });

  test.each([
    ['/http_proxy/a0', '/site/a0'],
    ['/http_proxy/a0/', '/site/a0'],
    ['/http_proxy/a//b', '/site/a//b'],
    ['/http_proxy/x%20y/%2F/%C3%A9+~', '/site/x%20y/%2F/%C3%A9+~'],
    [
      `/http_proxy/${Array.from({ length: 100 }, (_, i) => `a${i}`).join('/')}`,
      `/site/${Array.from({ length: 100 }, (_, i) => `a${i}`).join('/')}`,
    ],
    ['/http_proxy/a?b=c?d&e=/f/../g', '/site/a?b=c?d&e=/f/../g'],
  ])('%s arrives as %s', async (path, expected) => {
    expect((await call('GET', path)).status).toBe(201);
    expect(backend.seen[0]?.url).toBe(expected);
  });

  test('the whole answer comes back: status, repeated headers, bytes', async () => {
    const answer = await call('GET', '/http_proxy/a');
    expect(answer.status).toBe(201);
    expect(valuesOf(answer.rawHeaders, 'x-multi')).toEqual(['a', 'b']);
    expect(valuesOf(answer.rawHeaders, 'set-cookie')).toEqual(['a=1', 'b=2']);
    expect(valuesOf(answer.rawHeaders, 'content-type')).toEqual(['application/octet-stream']);
    expect(answer.body).toEqual(Buffer.from([0, 1, 2, 255]));
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers['x-amz-apigw-id']).toMatch(/=$/);
    expect(answer.headers['x-amzn-trace-id']).toBeUndefined();
  });

  test('several values of one header arrive, joined', async () => {
    await call('GET', '/http_proxy/a', ['X-Multi', '1', 'X-Other', 'o', 'X-Multi', '2']);
    expect(backend.seen[0]?.headers['x-multi']).toBe('1,2');
  });

  test('a payload without a content type gets application/json', async () => {
    await call('POST', '/http_proxy/a', ['Content-Length', '2'], '{}');
    expect(backend.seen[0]?.headers['content-type']).toBe('application/json');
  });

  test('the parent resource is not served by the greedy one', async () => {
    for (const path of ['/http_proxy', '/http_proxy/']) {
      const answer = await call('GET', path);
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        '{"message":"Missing Authentication Token"}',
      ]);
    }
    expect(backend.seen).toEqual([]);
  });

  test('a path that climbs out of the greedy variable is refused', async () => {
    for (const path of ['/http_proxy/../../etc', '/http_proxy/a/%2e%2E/%2e./b']) {
      expect((await call('GET', path)).status).toBe(400);
    }
    expect(backend.seen).toEqual([]);
  });
});

describe('greedy variable, method and integration type are independent', () => {
  const types = Object.keys(INTEGRATIONS);

  test.each(types.flatMap((type) => METHODS.map((method) => [method, type])))(
    '%s on an ANY method with %s is served',
    async (method, type) => {
      const answer = await call(method, `/${type}/a0/a1`);
      expect(answer.status).toBe(type === 'http_proxy' ? 201 : 200);
    },
  );

  test.each(types)('a GET method with %s serves GET and nothing else', async (type) => {
    expect((await call('GET', `/get/${type}/a0/a1`)).status).toBe(type === 'http_proxy' ? 201 : 200);
    for (const method of METHODS.filter((other) => other !== 'GET')) {
      expect((await call(method, `/get/${type}/a0/a1`)).status).toBe(403);
    }
  });
});

describe('the other types on a proxy resource', () => {
  test('AWS_PROXY hands the function the event of the request', async () => {
    const answer = await call(
      'PUT',
      '/aws_proxy/a0/a%20b?x=1&x=b%2Bc',
      ['X-Tag', 'one', 'Content-Length', '2'],
      'hi',
    );
    const event = JSON.parse(answer.body.toString());
    expect(event).toMatchObject({
      resource: '/aws_proxy/{proxy+}',
      path: '/aws_proxy/a0/a%20b',
      httpMethod: 'PUT',
      queryStringParameters: { x: 'b+c' },
      multiValueQueryStringParameters: { x: ['1', 'b+c'] },
      pathParameters: { proxy: 'a0/a%20b' },
      stageVariables: { backend: backend.authority },
      body: 'hi',
      isBase64Encoded: false,
    });
    expect(event.headers).toMatchObject({
      'X-Tag': 'one',
      Host: 'example.com',
      'Content-Type': 'application/json',
    });
    expect(event.requestContext).toMatchObject({
      resourcePath: '/aws_proxy/{proxy+}',
      stage: 'prod',
      domainName: 'example.com',
      identity: { sourceIp: '127.0.0.1' },
    });
    expect(answer.headers['x-amzn-trace-id']).toMatch(/^Root=1-/);
  });

  test('AWS passes the body to the function and its result back', async () => {
    const answer = await call(
      'POST',
      '/aws/a',
      ['Content-Type', 'application/json', 'Content-Length', '7'],
      '{"n":1}',
    );
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"n":1}']);
  });

  test('HTTP sends the body on, and its default response decides the status', async () => {
    const answer = await call(
      'POST',
      '/http/a0/a1?x=1',
      ['Content-Type', 'text/plain', 'Content-Length', '2'],
      'hi',
    );
    expect(answer.status).toBe(200);
    expect(backend.seen[0]).toMatchObject({ method: 'POST', url: '/site/a0/a1' });
    expect(backend.seen[0]?.body.toString()).toBe('hi');
  });

  test('MOCK answers by itself', async () => {
    const answer = await call('GET', '/mock/a0/a1');
    expect([answer.status, answer.body.toString(), answer.headers['content-type']]).toEqual([
      200,
      '{"mock": true}',
      'application/json',
    ]);
    expect(backend.seen).toEqual([]);
  });
});
