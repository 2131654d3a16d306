/** Reference 02 section 2.2, column HTTP_PROXY, seen as bytes at a backend. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import { API_ID, Backend, Client, contextOf, type RequestParts, type SeenRequest } from './harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

async function send(
  request: RequestParts,
  requestParameters: Record<string, string> = {},
): Promise<SeenRequest> {
  const target = compileHttpProxy(
    contextOf({ integration: { uri: backend.uri('/p'), requestParameters }, upstream: backend.client }),
  );
  const client = await new Client(request).call(target);
  expect(client.status).toBe(200);
  return backend.last;
}

const ALWAYS = {
  'X-Amzn-Apigateway-Api-Id': API_ID,
  'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
};

describe('request headers of HTTP_PROXY', () => {
  it('a request without headers gets the defaults and nothing else', async () => {
    const seen = await send({});
    expect(seen.line).toBe('GET /p');
    expect(seen.headers).toEqual({
      ...ALWAYS,
      Host: backend.host,
      Accept: 'application/json',
      'User-Agent': `AmazonAPIGateway_${API_ID}`,
    });
  });

  const kept = [
    ['accept', 'text/html'],
    ['content-type', 'text/plain; charset=utf-8'],
    ['user-agent', 'curl/8.5'],
    ['authorization', 'Bearer abc.def'],
    ['authorization', 'Basic dXNlcjpwYXNz'],
    ['referer', 'https://example.com/a'],
    ['accept-encoding', 'gzip, br'],
    ['range', 'bytes=0-9'],
    ['pragma', 'no-cache'],
    ['x-forwarded-for', '203.0.113.7'],
    ['x-custom_name', 'a b'],
    ['cookie', 'a=1; b=2'],
    ['if-none-match', '"x"'],
    ['x-empty', ''],
    ['x-latin', 'caf\u00e9'],
  ] as const;
  it.each(kept)('%s: %s passes as it came', async (name, value) => {
    const seen = await send({ headers: `x-before: 1\r\n${name}: ${value}\r\nx-after: 2\r\n` });
    expect(seen.headers).toMatchObject({ 'x-before': '1', [name]: value, 'x-after': '2' });
  });

  const dropped = [
    ['content-encoding', 'gzip'],
    ['via', '1.1 proxy'],
    ['x-http-method-override', 'PUT'],
    ['x-amzn-apigateway-api-id', 'forged'],
    ['authorization', 'AWS4-HMAC-SHA256 Credential=AKIA/20230923/eu-west-3/execute-api/aws4_request'],
    ['connection', 'x-before'],
    ['content-length', '5'],
    ['transfer-encoding', 'chunked'],
    ['host', 'other.example'],
  ] as const;
  it.each(dropped)('%s: %s of the client is not sent', async (name, value) => {
    const seen = await send({ headers: `x-before: 1\r\n${name}: ${value}\r\nx-after: 2\r\n` });
    expect(seen.headers[name]).toBeUndefined();
    expect(seen.head).not.toContain(value === 'x-before' ? 'connection: x-before' : `: ${value}\r\n`);
    expect(seen.headers).toMatchObject({ 'x-before': '1', 'x-after': '2', Host: backend.host });
  });

  it('a dropped header may be first, last, or the only one', async () => {
    expect((await send({ headers: 'via: a\r\nx-1: 1\r\n' })).headers).toMatchObject({ 'x-1': '1' });
    expect((await send({ headers: 'x-1: 1\r\nvia: a\r\n' })).headers).toMatchObject({ 'x-1': '1' });
    expect((await send({ headers: 'via: a\r\n' })).headers).toEqual({
      ...ALWAYS,
      Host: backend.host,
      Accept: 'application/json',
      'User-Agent': `AmazonAPIGateway_${API_ID}`,
    });
  });

  it("the client's trace id is completed", async () => {
    const seen = await send({ headers: 'x-amzn-trace-id: Root=1-650f3c10-0123456789abcdef01234567\r\n' });
    expect(seen.headers['X-Amzn-Trace-Id']).toMatch(
      /^Root=1-650f3c10-0123456789abcdef01234567;Parent=[0-9a-f]{16};Sampled=0$/,
    );
    expect(seen.headers['x-amzn-trace-id']).toBeUndefined();
  });

  it('a payload without a content type is declared as JSON', async () => {
    const seen = await send({ method: 'POST', body: Buffer.from('{"a":1}') });
    expect(seen.headers).toMatchObject({ 'Content-Type': 'application/json', 'Content-Length': '7' });
    expect(seen.body.toString()).toBe('{"a":1}');
  });

  it('a POST without a payload announces length 0 and no content type', async () => {
    const seen = await send({ method: 'POST' });
    expect(seen.headers).toMatchObject({ 'Content-Length': '0' });
    expect(seen.headers['Content-Type']).toBeUndefined();
  });

  it('values of one name sent several times become one line, cookies with semicolons', async () => {
    const seen = await send({
      headers:
        'x-tag: a\r\ncookie: a=1\r\naccept: text/html\r\nx-tag: b\r\ncookie: b=2\r\nx-tag: c\r\nvia: q\r\n',
    });
    expect(seen.headers).toMatchObject({ 'x-tag': 'a,b,c', cookie: 'a=1; b=2', accept: 'text/html' });
    expect(seen.headers.via).toBeUndefined();
  });

  it('names that only look alike are not taken for one another', async () => {
    const names = [
      'sec-fetch-mode',
      'sec-fetch-dest',
      'sec-fetch-site',
      'sec-fetch-user',
      'vib',
      'vxa',
      'axcept',
    ];
    const seen = await send({ headers: names.map((name) => `${name}: ${name}\r\n`).join('') });
    for (const name of names) expect(seen.headers[name]).toBe(name);
  });

  it('more headers than the table of seen names holds still pass, each once', async () => {
    const lines = Array.from({ length: 600 }, (_, i) => `h${i}: ${i}\r\n`);
    const seen = await send({ headers: `${lines.join('')}h7: again\r\nvia: x\r\n` });
    expect(seen.headers).toMatchObject({ h0: '0', h7: '7,again', h599: '599' });
    expect(seen.headers.via).toBeUndefined();
  });
});

describe('mapped headers of HTTP_PROXY', () => {
  it("replace the client's of the same name, whatever the case", async () => {
    const seen = await send(
      { headers: 'x-tag: client\r\nuser-agent: curl\r\naccept: text/html\r\n' },
      {
        'integration.request.header.X-Tag': "'mapped'",
        'integration.request.header.User-Agent': 'context.requestId',
        'integration.request.header.ACCEPT': "'text/csv'",
      },
    );
    expect(seen.headers).toMatchObject({
      'X-Tag': 'mapped',
      ACCEPT: 'text/csv',
      'User-Agent': expect.stringMatching(/-/),
    });
    expect(seen.headers['x-tag']).toBeUndefined();
    expect(seen.headers['user-agent']).toBeUndefined();
    expect(seen.headers.accept).toBeUndefined();
    expect(seen.headers.Accept).toBeUndefined();
  });

  it("without a value they send nothing, the client's neither", async () => {
    const seen = await send(
      { headers: 'x-user: forged\r\naccept: text/html\r\n' },
      {
        'integration.request.header.x-user': 'context.authorizer.principalId',
        'integration.request.header.Accept': "''",
      },
    );
    expect(seen.headers['x-user']).toBeUndefined();
    expect(seen.headers).toMatchObject({ Accept: 'application/json' });
  });

  it('Content-Encoding and Host may be mapped', async () => {
    const seen = await send(
      { headers: 'content-encoding: br\r\n' },
      {
        'integration.request.header.Content-Encoding': 'method.request.header.content-encoding',
        'integration.request.header.Host': "'other.example'",
      },
    );
    expect(seen.headers).toMatchObject({ 'Content-Encoding': 'br', Host: 'other.example' });
  });

  it('a decoded query value with line ends cannot make a header', async () => {
    const seen = await send(
      { query: 'v=a%0d%0aX-Injected:%201&w=%00&u=%C3%BC' },
      {
        'integration.request.header.X-V': 'method.request.querystring.v',
        'integration.request.header.X-W': 'method.request.querystring.w',
        'integration.request.header.X-U': 'method.request.querystring.u',
      },
    );
    expect(seen.headers['X-V']).toBeUndefined();
    expect(seen.headers['X-W']).toBeUndefined();
    expect(seen.headers['X-Injected']).toBeUndefined();
    expect(Buffer.from(String(seen.headers['X-U']), 'latin1').toString('utf8')).toBe('ü');
  });
});
