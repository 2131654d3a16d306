// biome-ignore-all lint/suspicious/noTemplateCurlyInString: stage variables are written so.
/** Reference 02 section 4: the URI, its placeholders and the query, seen as the request line at a backend. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import type { Integration } from '../../../src/model/snapshot.js';
import { Backend, Client, type ContextParts, contextOf, type RequestParts } from './harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

type Parts = Partial<Integration> & Pick<ContextParts, 'stageVariables'>;

function call({ stageVariables, ...integration }: Parts, request: RequestParts = {}): Promise<Client> {
  const context = contextOf({
    integration,
    upstream: backend.client,
    ...(stageVariables === undefined ? {} : { stageVariables }),
  });
  return new Client(request).call(compileHttpProxy(context));
}

async function line(parts: Parts, request: RequestParts = {}): Promise<string> {
  const client = await call(parts, request);
  expect(client.status).toBe(200);
  return backend.last.line;
}

const SHELF = { 'integration.request.path.id': 'method.request.path.shelf' };
const TAIL = { 'integration.request.path.rest': 'method.request.path.tail' };

describe('the request target of HTTP_PROXY', () => {
  it('placeholders are filled in the path and in the query', async () => {
    const uri = backend.uri('/a/{id}/b?c={id}');
    expect(await line({ uri, requestParameters: SHELF })).toBe('GET /a/7/b?c=7');
  });

  it('the backend sees the path text the client sent', async () => {
    const uri = backend.uri('/x/{rest}');
    for (const tail of [
      'a/b',
      'x%20y',
      'a+b',
      'x%2By',
      'a%2Fb',
      'a//b',
      "it's;v=1,2:@!$&'()*",
      '%zz',
      'b.c/..d/e..',
      'a/../b',
    ]) {
      expect(await line({ uri, requestParameters: TAIL }, { pathParameters: ['7', tail] })).toBe(
        `GET /x/${tail}`,
      );
    }
  });

  it("the client's query passes byte for byte", async () => {
    const query = 'b=2&a=%20x+y&a=&&;=&%zz&c';
    expect(await line({ uri: backend.uri('/p') }, { query })).toBe(`GET /p?${query}`);
  });

  it('mapped parameters are added, nothing is overwritten', async () => {
    const requestParameters = {
      'integration.request.querystring.a': "'x'",
      'integration.request.querystring.b': "'y'",
      ...SHELF,
    };
    expect(await line({ uri: backend.uri('/p'), requestParameters }, { query: 'a=1' })).toBe(
      'GET /p?a=1&a=x&b=y',
    );
    expect(await line({ uri: backend.uri('/p?a=0&c={id}'), requestParameters }, { query: 'a=1' })).toBe(
      'GET /p?a=0&c=7&a=1&a=x&b=y',
    );
    expect(await line({ uri: backend.uri('/p'), requestParameters })).toBe('GET /p?a=x&b=y');
  });

  it('mapped parameters without a value are left out, several values are repeated', async () => {
    const requestParameters = {
      'integration.request.querystring.none': 'method.request.querystring.missing',
      'integration.request.querystring.empty': "''",
      'integration.request.querystring.all': 'method.request.multivaluequerystring.q',
      'integration.request.querystring.last': 'method.request.querystring.q',
      'integration.request.querystring.a b': 'method.request.path.tail',
    };
    const query = 'q=1%2F&q=%C3%BC+%26';
    expect(
      await line({ uri: backend.uri('/p'), requestParameters }, { query, pathParameters: ['7', 'x%2By/z'] }),
    ).toBe(`GET /p?${query}&all=1%2F&all=%C3%BC%20%26&last=%C3%BC%20%26&a%20b=x%2By%2Fz`);
  });

  it('values of a query are encoded for a path, their slashes stay', async () => {
    const requestParameters = { 'integration.request.path.id': 'method.request.querystring.q' };
    const query = `q=${encodeURIComponent('a/b c?d#e%2e\r\nü{}')}`;
    expect(await line({ uri: backend.uri('/p/{id}/'), requestParameters }, { query })).toBe(
      `GET /p/a/b%20c%3Fd%23e%252e%0D%0A%C3%BC%7B%7D/?${query}`,
    );
  });

  it('stage variables are filled anywhere, unknown ones are empty', async () => {
    const stageVariables = { host: backend.host, base: 'v1/x', query: 'k=1&l=2' };
    const uri =
      'http://${stageVariables.host}/${stageVariables.base}/p${stageVariables.nothing}?${stageVariables.query}';
    expect(await line({ uri, stageVariables })).toBe('GET /v1/x/p?k=1&l=2');
  });

  it('other text is sent as written, ${name} included', async () => {
    expect(await line({ uri: backend.uri('/a/${id}/%41~;b=1?x=${id}'), requestParameters: SHELF })).toBe(
      'GET /a/${id}/%41~;b=1?x=${id}',
    );
  });

  it('a URI without a path asks for /, a fragment is not sent', async () => {
    expect(await line({ uri: `http://${backend.host}` })).toBe('GET /');
    expect(await line({ uri: `HTTP://${backend.host}?a=1#frag{id}` })).toBe('GET /?a=1');
  });

  it('the host and port may come from placeholders', async () => {
    const requestParameters = {
      'integration.request.path.h': 'method.request.querystring.h',
      'integration.request.path.p': 'method.request.querystring.p',
    };
    const uri = 'http://127.0.{h}.1:{p}/x';
    expect(await line({ uri, requestParameters }, { query: `h=0&p=${backend.port}` })).toBe(
      `GET /x?h=0&p=${backend.port}`,
    );
    expect(backend.last.headers.Host).toBe(backend.host);
  });

  it.each([
    'h=0.1@evil.example%2F&p=80',
    'h=0&p=80%2F..%2Fx',
    'h=0&p=80%23',
    'h=0&p=80%3F',
    'h=0&p=0',
    'h=0&p=99999',
    'h=0&p=80%0d%0aX:%201',
    'h=0%25&p=80',
    'h=0&p=80:90',
  ])('a host made of %s is refused', async (query) => {
    const requestParameters = {
      'integration.request.path.h': 'method.request.querystring.h',
      'integration.request.path.p': 'method.request.querystring.p',
    };
    const before = backend.requests.length;
    const client = await call({ uri: 'http://127.0.{h}.1:{p}/x', requestParameters }, { query });
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
    expect(client.exchange.errorCause).toContain('Invalid endpoint address');
    expect(backend.requests).toHaveLength(before);
  });

  const WITHOUT_VALUE: [path: string, requestParameters: Record<string, string>][] = [
    ['/p/{id}', {}],
    ['/p?x={id}', {}],
    ['/p/{id}', { 'integration.request.path.id': 'method.request.querystring.none' }],
    ['/p?x={id}', { 'integration.request.path.id': 'stageVariables.none' }],
    ['/p/{id}', { 'integration.request.path.id': 'method.request.path.nosuch' }],
    ['/p/{}', {}],
  ];
  it.each(WITHOUT_VALUE)(
    '%s with %j answers 500: a placeholder without a value',
    async (path, requestParameters) => {
      const client = await call({ uri: backend.uri(path), requestParameters });
      expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
      expect(client.fields['x-amzn-ErrorType']).toBe('InternalServerErrorException');
      expect(client.exchange.errorCause).toContain('has no value');
    },
  );

  it.each([
    'http://${stageVariables.none}/p',
    'ftp://127.0.0.1/',
    '127.0.0.1/p',
    'http://',
    'http://user:pass@127.0.0.1/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:65536/',
    'http://127.0.0.1:8a/',
    'http://127.0.0.1/a b',
    'http://127.0.0.1/a\r\nb',
    'http://[::1/',
    'http://[::g]/',
    'http://a..b/',
    'http://${name}/',
    '',
  ])('%j is no endpoint', async (uri) => {
    const client = await call({ uri });
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
    expect(client.exchange.errorCause).toBe(
      'Execution failed due to configuration error: Invalid endpoint address',
    );
  });

  it.each([
    ['/api/{rest}', '..'],
    ['/api/{rest}', '../admin'],
    ['/api/{rest}', 'a/../../admin'],
    ['/api/{rest}', 'a//../../admin'],
    ['/api/{rest}', '%2e%2e/admin'],
    ['/api/{rest}', '.%2E/admin'],
    ['/api/{rest}', '%2E./admin'],
    ['/api/{rest}', '..%2fadmin'],
    ['/api/{rest}', '..%5cadmin'],
    ['/api/{rest}', '..\\admin'],
    ['/api/{rest}', 'a%2fb/../..'],
    ['/api/{rest}', '..;x=1/admin'],
    ['/api/.{rest}', '.'],
    ['/api/.{rest}/x', '.'],
    ['/api/{rest}.', '.'],
    ['/api/{rest}', 'a\tb'],
    ['/api/{rest}', 'a b'],
    ['/api/{rest}', 'a#b'],
    ['/api/{rest}', 'a\u010ab'],
  ])('%s filled with %j is refused with 400', async (path, tail) => {
    const before = backend.requests.length;
    const client = await call(
      { uri: backend.uri(path), requestParameters: TAIL },
      { pathParameters: ['7', tail] },
    );
    expect([client.status, client.body]).toEqual([400, '{"message":"Bad Request"}']);
    expect(backend.requests).toHaveLength(before);
  });

  it('decoded values cannot climb either', async () => {
    const requestParameters = { 'integration.request.path.id': 'method.request.querystring.q' };
    const client = await call(
      { uri: backend.uri('/api/{id}'), requestParameters },
      { query: 'q=..%2Fadmin' },
    );
    expect(client.status).toBe(400);
  });

  it('two placeholders side by side cannot climb together', async () => {
    const requestParameters = { ...SHELF, ...TAIL };
    const client = await call(
      { uri: backend.uri('/api/{id}{rest}/x'), requestParameters },
      { pathParameters: ['.', '.'] },
    );
    expect(client.status).toBe(400);
  });

  it('dots that stay in their place pass', async () => {
    for (const tail of ['a/..', 'a/./b', '...', 'v1..2', '..a/b', 'a/b/../../c', '%2e']) {
      expect(
        await line(
          { uri: backend.uri('/api/{rest}'), requestParameters: TAIL },
          { pathParameters: ['7', tail] },
        ),
      ).toBe(`GET /api/${tail}`);
    }
  });

  it.each([
    [undefined, 'PATCH', 'PATCH'],
    ['ANY', 'DELETE', 'DELETE'],
    ['any', 'PUT', 'PUT'],
    ['POST', 'GET', 'POST'],
    ['get', 'POST', 'GET'],
  ])(
    'integration method %s and client method %s call the backend with %s',
    async (httpMethod, method, expected) => {
      const parts: Parts = { uri: backend.uri('/p'), ...(httpMethod === undefined ? {} : { httpMethod }) };
      expect(await line(parts, { method })).toBe(`${expected} /p`);
    },
  );

  it('a method that is none answers 500', async () => {
    const client = await call({ uri: backend.uri('/p'), httpMethod: 'GET /x HTTP/1.1' });
    expect(client.status).toBe(500);
  });

  it('property: no target ever holds a control character or a space, and no parameter of the client is lost', async () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 20 }),
        printable.map((text) => text.replace(/[?#]/g, '')),
        printable.map((text) => text.replaceAll('#', '')),
        async (value, tail, rawQuery) => {
          const q = new URLSearchParams({ q: value }).toString();
          const query = rawQuery === '' ? q : `${rawQuery}&${q}`;
          const requestParameters = {
            'integration.request.path.id': 'method.request.querystring.q',
            'integration.request.querystring.m': 'method.request.querystring.q',
            'integration.request.querystring.n': 'method.request.path.tail',
            ...TAIL,
          };
          const client = await call(
            { uri: backend.uri('/a/{id}/b/{rest}?x={id}'), requestParameters },
            { query, pathParameters: ['7', tail] },
          );
          if (client.status !== 200) {
            expect([400, 500]).toContain(client.status);
            return;
          }
          const [, target = ''] = backend.last.line.split(' ');
          expect(backend.last.line).toBe(`GET ${target}`);
          expect(target).toMatch(/^\/a\/[\x21-\x7e]+$/);
          expect(target).toContain(`&${query}`);
          const sent = new URLSearchParams(target.slice(target.indexOf('?')));
          const wellFormed = Buffer.from(value).toString();
          expect(sent.get('x')).toBe(wellFormed);
          expect(sent.getAll('m').at(-1)).toBe(wellFormed);
        },
      ),
      { numRuns: 300 },
    );
  });
});
