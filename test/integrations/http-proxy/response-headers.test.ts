/** Reference 02 section 3, column HTTP_PROXY, and statuses, seen at the client's end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import { passedHeaders } from '../../../src/integrations/http-proxy/passed-headers.js';
import { Backend, Client, contextOf, type RequestParts, reply } from './harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

function call(request: RequestParts = {}, httpMethod = 'ANY'): Promise<Client> {
  const context = contextOf({
    integration: { uri: backend.uri('/p'), httpMethod },
    upstream: backend.client,
  });
  return new Client(request).call(compileHttpProxy(context));
}

/** The answer's fields without the gateway's own ids. */
async function fields(lines: string[], body = '{}'): Promise<Record<string, string | string[]>> {
  backend.answer = reply('200 OK', lines, body);
  const client = await call();
  const { 'x-amzn-RequestId': id, 'x-amz-apigw-id': extendedId, ...rest } = client.fields;
  expect([id, extendedId]).toEqual([client.exchange.requestId, client.exchange.extendedRequestId]);
  return rest;
}

describe('response headers of HTTP_PROXY', () => {
  it.each([
    ...['Connection', 'Date', 'Server', 'Authorization', 'Content-MD5', 'Expect', 'Host', 'Max-Forwards'],
    ...['Proxy-Authenticate', 'Trailer', 'Upgrade', 'User-Agent', 'WWW-Authenticate', 'x-amzn-RequestId'],
    ...['x-amz-apigw-id', 'server', 'SERVER'],
  ])('%s leaves as x-amzn-Remapped-%s only', async (name) => {
    const seen = await fields(['Content-Type: text/plain', `${name}: close`, 'X-Last: 1']);
    expect(seen).toEqual({
      'Content-Type': 'text/plain',
      [`x-amzn-Remapped-${name}`]: 'close',
      'X-Last': '1',
      'x-amzn-Remapped-Content-Length': '2',
    });
  });

  it.each(['Via', 'Keep-Alive', 'Proxy-Connection'])('%s is dropped', async (name) => {
    const seen = await fields(['Content-Type: text/plain', `${name}: x`, 'X-Last: 1']);
    expect(Object.keys(seen)).toEqual(['Content-Type', 'X-Last', 'x-amzn-Remapped-Content-Length']);
  });

  it.each([
    ...[
      'Range',
      'Referer',
      'Pragma',
      'Warn',
      'Age',
      'Accept-Ranges',
      'X-Amzn-Trace-Id',
      'Access-Control-Allow-Origin',
    ],
    ...['X-Custom', 'ETag', 'Location', 'TE', 'x_under', 'Cache-Control'],
  ])('%s passes in its spelling', async (name) => {
    expect(await fields(['Content-Type: text/plain', `${name}: v 1`])).toMatchObject({ [name]: 'v 1' });
  });

  it('repeated headers all pass, each on its line', async () => {
    const seen = await fields(['Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2', 'X-Tag: 1', 'X-Tag: 2']);
    expect(seen).toMatchObject({ 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'X-Tag': ['1', '2'] });
  });

  it('application/json is the content type of an answer that has none', async () => {
    expect(await fields(['X-A: 1'])).toMatchObject({ 'Content-Type': 'application/json' });
    expect(await fields(['content-type: text/csv'])).not.toHaveProperty('Content-Type');
  });

  it('no trace id is added', async () => {
    expect(await fields(['X-A: 1'])).not.toHaveProperty('X-Amzn-Trace-Id');
  });

  it('headers that Connection names stay on their hop', async () => {
    const seen = await fields([
      'X-Hop: 1',
      'X-Keep: 2',
      'Connection: keep-alive, x-hop',
      'Content-Type: text/csv',
    ]);
    expect(seen).toMatchObject({ 'X-Keep': '2', 'x-amzn-Remapped-Connection': 'keep-alive, x-hop' });
    expect(seen).not.toHaveProperty('X-Hop');
  });

  it('Transfer-Encoding and Content-Length describe the hop behind', async () => {
    backend.answer = reply('200 OK', ['Transfer-Encoding: chunked', 'X-A: 1'], '2\r\n{}\r\n0\r\n\r\n');
    const client = await call();
    expect(client.headers).not.toMatch(/transfer-encoding|content-length/i);
    expect(client.body).toBe('{}');
  });

  it('the same headers pass alike every time, whatever came in between', () => {
    const coded = 'Content-Encoding: gzip\r\nA: 1\r\n';
    const blocks = ['A: 1\r\nDate: d\r\n', 'A: 2\r\nDate: d\r\n', '', 'Connection: a\r\nA: 1\r\n', coded];
    const pass = (block: string, status: number): string => {
      const facts = { coding: null };
      return `${passedHeaders(block, status, facts)}${facts.coding}`;
    };
    const first = blocks.flatMap((block) => [pass(block, 200), pass(block, 206)]);
    const again = blocks.flatMap((block) => [pass(block, 200), pass(block, 206)]);
    expect(again).toEqual(first);
    expect(new Set(first.slice(-2)).size).toBe(2);
  });

  it('names that backends invent do not fill the table of rules for ever', () => {
    const facts = { coding: null };
    for (let i = 0; i < 3_000; i++)
      expect(passedHeaders(`X-${i}: 1\r\nServer: s\r\n`, 200, facts)).toContain(`X-${i}: 1\r\n`);
    expect(passedHeaders('X-9: 1\r\nserver: a\r\nVIA: x\r\n', 200, facts)).toBe(
      'X-9: 1\r\nx-amzn-Remapped-server: a\r\nContent-Type: application/json\r\n',
    );
  });
});

describe('statuses of HTTP_PROXY', () => {
  it.each([
    '201 Created',
    '302 Found',
    '400 Bad Request',
    '404 Not Found',
    '500 Oops',
    '503 Busy',
    '299 Odd',
  ])('%s passes', async (status) => {
    backend.answer = reply(status, ['Location: /x'], 'body');
    const client = await call();
    expect([client.status, client.body]).toEqual([Number(status.slice(0, 3)), 'body']);
  });

  it('204 and 304 pass without a body', async () => {
    backend.answer = (_, socket) => void socket.write('HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n');
    expect(await call()).toMatchObject({ status: 204, body: '' });
    backend.answer = (_, socket) =>
      void socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n');
    expect(await call()).toMatchObject({ status: 304, body: '', announced: 9 });
  });

  it('HEAD announces the length of the body it does not have', async () => {
    backend.answer = (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1234567\r\n\r\n');
    const client = await call({ method: 'HEAD' });
    expect(backend.last.line).toBe('HEAD /p');
    expect(client).toMatchObject({ status: 200, announced: 1_234_567, ending: 'ended', body: '' });
  });

  it('HEAD answered without a length announces none', async () => {
    backend.answer = (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n');
    expect(await call({ method: 'HEAD' })).toMatchObject({ announced: -1, ending: 'ended' });
  });

  it('HEAD of a client whose integration asks with GET gets the length and no body', async () => {
    backend.answer = reply('200 OK', [], 'x'.repeat(100));
    expect(await call({ method: 'HEAD' }, 'GET')).toMatchObject({
      announced: 100,
      ending: 'ended',
      body: '',
    });
    expect(backend.last.line).toBe('GET /p');
  });

  it('a request overridden to HEAD is still answered as the request it was', async () => {
    backend.answer = (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
    const client = await call({ method: 'HEAD', headers: 'x-http-method-override: HEAD\r\n' });
    expect(client).toMatchObject({ announced: undefined, ending: 'whole', body: '' });
  });
});
