/** Reference 02 section 11 over real sockets: bodies that arrive encoded, answers that leave so. */
import { createCipheriv } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { brotliCompressSync, createGunzip, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Backend, startBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { RawClient } from '../support/raw-client.js';
import { mockOperation, proxyDefinition } from './definitions.js';

const LONG = JSON.stringify({ shelves: Array.from({ length: 100 }, (_, i) => `shelf ${i}`) });
const MINIMUM = 500;

let backend: Backend;
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;
let event: () => void = () => {};

function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}

const BIG = noise(3_000_000);

beforeAll(async () => {
  backend = await startBackend((request, response) => {
    const url = new URL(request.url, 'http://x');
    switch (url.pathname) {
      case '/site/sized':
        response.end('x'.repeat(Number(url.searchParams.get('size'))));
        break;
      case '/site/big':
        response.end(BIG);
        break;
      case '/site/gzipped':
        response.setHeader('Content-Encoding', 'gzip');
        response.end(gzipSync(LONG));
        break;
      case '/site/br':
        response.setHeader('Content-Encoding', 'br');
        response.end(brotliCompressSync(LONG));
        break;
      case '/site/part':
        response.writeHead(206, { 'Content-Range': 'bytes 0-999/2000' });
        response.end('x'.repeat(1_000));
        break;
      case '/site/unmodified':
        response.writeHead(304);
        response.end();
        break;
      case '/site/broken':
        response.writeHead(200, { 'Content-Length': 1_000_000 });
        response.write('x'.repeat(500_000), () => setImmediate(() => response.destroy()));
        break;
      case '/site/events':
        response.write('data: 0\n\n');
        event = () => response.write('data: 1\n\n');
        break;
      default:
        response.end(LONG);
    }
  });
  const stream = {
    get: {
      responses: {},
      'x-amazon-apigateway-integration': {
        type: 'http_proxy',
        httpMethod: 'GET',
        uri: `http://${backend.authority}/site/any`,
        responseTransferMode: 'STREAM',
      },
    },
  };
  const custom = {
    post: {
      responses: { 200: {} },
      'x-amazon-apigateway-integration': {
        type: 'http',
        httpMethod: 'POST',
        uri: `http://${backend.authority}/custom`,
        requestTemplates: { 'application/json': "$input.params('Content-Encoding') $input.path('$.a')" },
        responses: { default: { statusCode: '200', responseTemplates: { 'application/json': 'ok' } } },
      },
    },
  };
  const echo = {
    post: {
      responses: {},
      'x-amazon-apigateway-integration': {
        type: 'aws_proxy',
        httpMethod: 'POST',
        uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:echo/invocations',
      },
    },
  };
  folder = testFolder({
    'plain.json': proxyDefinition({ '/custom': custom, '/echo': echo }),
    'small.json': JSON.stringify({
      ...JSON.parse(
        proxyDefinition({ '/stream': stream, '/mock': { get: mockOperation(JSON.parse(LONG)) } }),
      ),
      info: { title: 'Compressed', version: '1' },
      'x-amazon-apigateway-minimum-compression-size': MINIMUM,
    }),
    'echo.mjs':
      'export const handler = async ({ body, headers, isBase64Encoded }) => ({ body: JSON.stringify({ body, headers, isBase64Encoded }) });',
  });
  gateway = await startGateway([
    folder.path('plain.json'),
    `/small=${folder.path('small.json')}`,
    '--function',
    `echo=${folder.path('echo.mjs')}`,
    '--stage-variable',
    `backend=${backend.authority}`,
    '--workers',
    '1',
  ]);
});

beforeEach(() => {
  backend.seen.length = 0;
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.close();
  folder?.remove();
});

function seen() {
  const request = backend.seen.at(-1);
  if (request === undefined) throw new Error('the backend saw no request');
  return request;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

function call(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array; chunked?: boolean } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body, chunked = false } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${gateway.url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.on('error', reject);
    if (chunked) request.flushHeaders();
    else if (body !== undefined) request.setHeader('Content-Length', body.length);
    request.end(body);
  });
}

function post(path: string, coding: string, body: Uint8Array, chunked = false): Promise<Answer> {
  const headers = { 'Content-Encoding': coding, 'Content-Type': 'application/json' };
  return call(path, { method: 'POST', headers, body, chunked });
}

const BODY = '{"a": "ünö"}';

describe('a request with a coded body', () => {
  test.each([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['GZip', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['identity', Buffer.from(BODY)],
    ['identity, gzip', gzipSync(BODY)],
  ])(
    'in %s reaches an HTTP backend decoded, with its new length and no Content-Encoding',
    async (coding, body) => {
      for (const chunked of [false, true]) {
        expect((await post('/api/any', coding, body, chunked)).status).toBe(200);
        expect(seen().body.toString()).toBe(BODY);
        expect(seen().headers).not.toHaveProperty('content-encoding');
        // What was not decoded is streamed as it came.
        if (coding !== 'identity')
          expect(seen().headers['content-length']).toBe(String(Buffer.byteLength(BODY)));
      }
    },
  );

  test('is decoded for templates, which see the header', async () => {
    expect((await post('/custom', 'gzip', gzipSync(BODY))).status).toBe(200);
    expect(seen().body.toString()).toBe('gzip ünö');
  });

  test('is decoded for functions, which see the header', async () => {
    const { body } = await post('/echo', 'gzip', gzipSync(BODY));
    const event = JSON.parse(body.toString());
    expect(event).toMatchObject({ body: BODY, isBase64Encoded: false });
    expect(event.headers).toMatchObject({ 'Content-Encoding': 'gzip' });
  });

  test('of many bytes is decoded, whether its length was known or not', async () => {
    for (const chunked of [false, true]) {
      expect((await post('/api/any', 'gzip', gzipSync(BIG, { level: 1 }), chunked)).status).toBe(200);
      expect(seen().body.equals(BIG)).toBe(true);
    }
  });

  test('is the same wherever the client splits it', async () => {
    const body = gzipSync(BODY);
    const client = await RawClient.connect(gateway.port);
    const head = `POST /api/any HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
    for (let at = 1; at < body.length; at += 3) {
      client.send(Buffer.concat([Buffer.from(head), body.subarray(0, at)]));
      await new Promise((resolve) => setImmediate(resolve));
      client.send(body.subarray(at));
      expect((await client.answer()).status).toBe(200);
      expect(seen().body.toString()).toBe(BODY);
    }
    client.close();
  });

  test('that decodes to nothing is no body', async () => {
    expect((await post('/api/any', 'gzip', gzipSync(''))).status).toBe(200);
    expect(seen().body.length).toBe(0);
  });

  test('of exactly 10 MB passes, of one byte more is answered 413', async () => {
    const limit = 10_485_760;
    expect((await post('/api/any', 'gzip', gzipSync(Buffer.alloc(limit)))).status).toBe(200);
    expect(seen().body.length).toBe(limit);
    backend.seen.length = 0;
    const { status, body } = await post('/api/any', 'gzip', gzipSync(Buffer.alloc(limit + 1)));
    expect([status, body.toString()]).toEqual([413, '{"message":"Request Too Long"}']);
    expect(backend.seen).toEqual([]);
  });

  test.each<[string, string, Uint8Array]>([
    ['that is not of its coding', 'gzip', Buffer.from(BODY)],
    ['that is cut off', 'gzip', gzipSync(BODY).subarray(0, -9)],
    ['with a wrong checksum', 'gzip', Buffer.concat([gzipSync(BODY).subarray(0, -8), Buffer.alloc(8)])],
    ['that is not deflate', 'deflate', gzipSync(BODY)],
    ['in a coding that is not read', 'br', brotliCompressSync(BODY)],
    ['in two codings', 'gzip, gzip', gzipSync(gzipSync(BODY))],
  ])('%s is answered 415', async (_, coding, bytes) => {
    const { status, headers, body } = await post('/api/any', coding, bytes);
    expect([status, body.toString()]).toEqual([415, '{"message": "Unsupported Media Type"}']);
    expect(headers['x-amzn-errortype']).toBe('BadRequestException');
    expect(backend.seen).toEqual([]);
  });

  test('without a body it is left alone', async () => {
    const { status } = await call('/api/any', { headers: { 'Content-Encoding': 'br' } });
    expect(status).toBe(200);
    const echoed = await call('/echo', { method: 'POST', headers: { 'Content-Encoding': 'br' } });
    expect(JSON.parse(echoed.body.toString())).toMatchObject({
      body: null,
      headers: { 'Content-Encoding': 'br' },
    });
  });

  test('a hundred bombs are refused, and others are served meanwhile', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000), { level: 1 });
    const bombs = Array.from({ length: 100 }, () => post('/api/any', 'gzip', bomb));
    const others = await Promise.all(Array.from({ length: 20 }, () => call('/api/any')));
    expect(others.every(({ status }) => status === 200)).toBe(true);
    for (const { status } of await Promise.all(bombs)) expect(status).toBe(413);
  });
});

const GZIP = { 'Accept-Encoding': 'gzip' };

describe('an answer of an API with minimumCompressionSize', () => {
  test('leaves in the coding that the client accepts', async () => {
    const gzipped = await call('/small/api/any', { headers: GZIP });
    expect(gzipped.headers['content-encoding']).toBe('gzip');
    expect(gzipped.headers['content-length']).toBe(String(gzipped.body.length));
    expect(gunzipSync(gzipped.body).toString()).toBe(LONG);
    const deflated = await call('/small/mock', { headers: { 'Accept-Encoding': 'gzip;q=0.1, deflate' } });
    expect(deflated.headers['content-encoding']).toBe('deflate');
    expect(inflateSync(deflated.body).toString()).toBe(LONG);
  });

  test.each([{}, { 'Accept-Encoding': 'br' }, { 'Accept-Encoding': '*' }, { 'Accept-Encoding': 'gzip;q=0' }])(
    'leaves as it is for %j',
    async (headers) => {
      const { headers: answered, body } = await call('/small/api/any', { headers });
      expect([answered['content-encoding'], body.toString()]).toEqual([undefined, LONG]);
    },
  );

  test('is compressed from the minimum on', async () => {
    const below = await call(`/small/api/sized?size=${MINIMUM - 1}`, { headers: GZIP });
    expect([below.headers['content-encoding'], below.body.length]).toEqual([undefined, MINIMUM - 1]);
    const at = await call(`/small/api/sized?size=${MINIMUM}`, { headers: GZIP });
    expect([at.headers['content-encoding'], gunzipSync(at.body).length]).toEqual(['gzip', MINIMUM]);
  });

  test('is not compressed twice: what a backend encoded is decoded first, or left alone', async () => {
    const gzipped = await call('/small/api/gzipped', { headers: GZIP });
    expect([gzipped.headers['content-encoding'], gunzipSync(gzipped.body).toString()]).toEqual([
      'gzip',
      LONG,
    ]);
    const plain = await call('/small/api/gzipped');
    expect([plain.headers['content-encoding'], plain.body.toString()]).toEqual([undefined, LONG]);
    const brotli = await call('/small/api/br', { headers: GZIP });
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(brotli.body.equals(brotliCompressSync(LONG))).toBe(true);
  });

  test('to HEAD, of a part, of nothing new and of a STREAM integration stays as it is', async () => {
    const head = await call('/small/api/any', { method: 'HEAD', headers: GZIP });
    expect([head.status, head.headers['content-encoding'], head.body.length]).toEqual([200, undefined, 0]);
    const part = await call('/small/api/part', { headers: GZIP });
    expect([part.status, part.headers['content-encoding'], part.body.length]).toEqual([
      206,
      undefined,
      1_000,
    ]);
    const unmodified = await call('/small/api/unmodified', { headers: GZIP });
    expect([unmodified.status, unmodified.headers['content-encoding']]).toEqual([304, undefined]);
    const stream = await call('/small/stream', { headers: GZIP });
    expect([stream.headers['content-encoding'], stream.body.toString()]).toEqual([undefined, LONG]);
  });

  test('without the setting is never compressed', async () => {
    const { headers, body } = await call('/api/any', { headers: GZIP });
    expect([headers['content-encoding'], body.toString()]).toEqual([undefined, LONG]);
  });

  test('of many bytes is compressed as it streams, also to a client that reads slowly', async () => {
    const fast = await call('/small/api/big', { headers: GZIP });
    expect([fast.headers['content-encoding'], fast.headers['transfer-encoding']]).toEqual([
      'gzip',
      'chunked',
    ]);
    expect(gunzipSync(fast.body).equals(BIG)).toBe(true);
    const slow = await new Promise<Buffer>((resolve, reject) => {
      httpRequest(`${gateway.url}/small/api/big`, { headers: GZIP }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => {
          chunks.push(chunk);
          response.pause();
          setImmediate(() => response.resume());
        });
        response.on('end', () => resolve(Buffer.concat(chunks)));
        response.on('error', reject);
      }).end();
    });
    expect(gunzipSync(slow).equals(BIG)).toBe(true);
  });

  test('that is a stream of events leaves event by event', async () => {
    const gunzip = createGunzip();
    let text = '';
    let wake: () => void = () => {};
    gunzip.on('data', (data) => {
      text += data;
      wake();
    });
    const arrived = async (wanted: string): Promise<void> => {
      while (text !== wanted) await new Promise<void>((resolve) => (wake = resolve));
    };
    const request = httpRequest(`${gateway.url}/small/api/events`, { headers: GZIP }, (response) => {
      expect(response.headers['content-encoding']).toBe('gzip');
      response.on('error', () => {});
      response.pipe(gunzip);
    });
    request.on('error', () => {});
    request.end();
    await arrived('data: 0\n\n');
    event();
    await arrived('data: 0\n\ndata: 1\n\n');
    request.destroy();
  });

  test('that breaks off in the backend breaks off for the client', async () => {
    await expect(call('/small/api/broken', { headers: GZIP })).rejects.toThrow();
    const again = await call('/small/api/any', { headers: GZIP });
    expect(gunzipSync(again.body).toString()).toBe(LONG);
  });

  test('to clients that leave in the middle costs nobody else', async () => {
    for (let i = 0; i < 20; i++) {
      const client = await RawClient.connect(gateway.port);
      client.send('GET /small/api/big HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n');
      await client.until((received) => received.includes('Content-Encoding: gzip'));
      client.close();
    }
    const { body } = await call('/small/api/any', { headers: GZIP });
    expect(gunzipSync(body).toString()).toBe(LONG);
  });
});
