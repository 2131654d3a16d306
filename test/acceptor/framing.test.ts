import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ParsedRequest } from '../../src/exchange/exchange.js';
import { RawClient } from '../support/raw-client.js';
import { type AcceptorUnderTest, startAcceptor } from './harness.js';

let acceptor: AcceptorUnderTest;
let seen: ParsedRequest[] = [];

beforeAll(async () => {
  acceptor = await startAcceptor((exchange) => {
    seen.push(exchange.request);
    exchange.answer(200, 'Content-Type: text/plain\r\n', 'ok');
  });
});

afterAll(() => acceptor.stop());

async function exchange(bytes: string): Promise<{ status: number; body: string; head: string }> {
  seen = [];
  const client = await RawClient.connect(acceptor.port);
  client.send(bytes);
  const answer = await client.answer();
  client.close();
  return answer;
}

test.each([
  [
    'two different Content-Length headers',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
  ],
  [
    'the same Content-Length twice',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na',
  ],
  [
    'Content-Length with Transfer-Encoding',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a list in Content-Length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na'],
  ['a sign in Content-Length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na'],
  ['hex in Content-Length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na'],
  [
    'Transfer-Encoding: xchunked',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'Transfer-Encoding: gzip, chunked',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'Transfer-Encoding twice',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['Transfer-Encoding: identity', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n'],
  ['two Host headers', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
  ['a Host that is no host', 'GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n'],
  ['a Host with credentials', 'GET / HTTP/1.1\r\nHost: user@x\r\n\r\n'],
  [
    'a Connection header with thousands of options',
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: ${'a,'.repeat(3_000)}b\r\n\r\n`,
  ],
  ['a fragment in the path', 'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a fragment in the query', 'GET /a?b#c HTTP/1.1\r\nHost: x\r\n\r\n'],
])('%s is refused with 400 and the connection closed', async (_, bytes) => {
  seen = [];
  const client = await RawClient.connect(acceptor.port);
  client.send(bytes);
  const text = await client.untilClosed();
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(text.split('HTTP/1.1 ')).toHaveLength(2);
  expect(seen).toEqual([]);
});

test('our own 400 carries the gateway headers and a JSON body', async () => {
  const { status, body, head } = await exchange('GET /#a HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(status).toBe(400);
  expect(body).toBe('{"message":"Bad Request"}');
  expect(head).toMatch(/\r\nx-amzn-ErrorType: BadRequestException\r\n/);
  expect(head).toMatch(/\r\nx-amzn-RequestId: [0-9a-f-]{36}\r\n/);
  expect(head).toMatch(/\r\nx-amz-apigw-id: [A-Za-z0-9+/]{15}=\r\n/);
});

test('a refused HEAD is answered without a body and closed', async () => {
  const client = await RawClient.connect(acceptor.port);
  client.send('HEAD /#a HTTP/1.1\r\nHost: x\r\n\r\n');
  const text = await client.untilClosed();
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(text).toMatch(/\r\nConnection: close\r\n/);
  expect(text).toMatch(/\r\n\r\n$/);
});

test.each([
  [
    'hop-by-hop and arrival-dropped headers',
    'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nProxy-Authorization: x\r\nProxy-Connection: y\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nExpect: x\r\nContent-MD5: x\r\nMax-Forwards: 1\r\nProxy-Authenticate: x\r\nServer: x\r\nWWW-Authenticate: x\r\nX-Kept: 1\r\n',
    'x-kept: 1\r\n',
  ],
  ['blank space around values', 'X-A:   a b \t\r\nX-B:c\r\nX-C:\r\n', 'x-a: a b\r\nx-b: c\r\nx-c: \r\n'],
  ['repeated headers, in order', 'X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n', 'x-a: 1\r\nx-b: 2\r\nx-a: 3\r\n'],
  ['UTF-8 in values, as its bytes', 'X-A: a\xc3\xa9!\r\n', 'x-a: a\xc3\xa9!\r\n'],
])('the header block holds %s', async (_, headers, block) => {
  await exchange(`GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  expect(seen[0]?.headers).toBe(block);
});

test('path, query and host cross as they were sent', async () => {
  await exchange('GET //a%2Fb/%C3%A9/+;x//?a=1&a=%20+&b HTTP/1.1\r\nHost: Api.Example.com:8080\r\n\r\n');
  expect(seen[0]).toMatchObject({
    method: 'GET',
    path: '//a%2Fb/%C3%A9/+;x//',
    query: 'a=1&a=%20+&b',
    host: 'Api.Example.com:8080',
    sourceIp: '127.0.0.1',
    body: null,
  });
});

test('raw bytes above ASCII in the target become percent-encoded', async () => {
  await exchange('GET /\xc3\xa9?q=\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(seen[0]).toMatchObject({ path: '/%C3%A9', query: 'q=%C3%A9' });
});

test('methods are case-sensitive and X-HTTP-Method-Override replaces them', async () => {
  await exchange('get / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(seen[0]?.method).toBe('get');
  await exchange('POST / HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: PATCH\r\nContent-Length: 0\r\n\r\n');
  expect(seen[0]?.method).toBe('PATCH');
});

test('headers over the limit are refused with 431', async () => {
  const { status } = await exchange(`GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(10_240)}\r\n\r\n`);
  expect(status).toBe(431);
  const fits = await exchange(
    `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(10_240 - 'hostxx-a'.length)}\r\n\r\n`,
  );
  expect(fits.status).toBe(200);
});

test('a URL over the limit is refused with 414', async () => {
  const { status } = await exchange(`GET /${'a'.repeat(10_240)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(status).toBe(414);
  const fits = await exchange(`GET /${'a'.repeat(10_239)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(fits.status).toBe(200);
});

test('several requests on one connection are answered in order, with and without bodies', async () => {
  seen = [];
  const client = await RawClient.connect(acceptor.port);
  for (const request of [
    'POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc',
    'GET /2 HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n',
    'GET /4 HTTP/1.1\r\nHost: x\r\n\r\n',
  ]) {
    client.send(request);
    expect((await client.answer()).status).toBe(200);
  }
  expect(seen.map(({ path, body }) => [path, body && Buffer.from(body as Uint8Array).toString()])).toEqual([
    ['/1', 'abc'],
    ['/2', null],
    ['/3', 'de'],
    ['/4', null],
  ]);
  client.close();
});

test('a request pipelined behind an unanswered one closes the connection, and nothing of either is mixed up', async () => {
  const before = acceptor.ended.length;
  const client = await RawClient.connect(acceptor.port);
  client.send('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await client.untilClosed()).toBe('');
  const { status } = await exchange('GET /3 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(status).toBe(200);
  expect(acceptor.ended.slice(before).map(({ request }) => request.path)).not.toContain('/2');
});

test('Connection: close is answered in kind and obeyed; keep-alive is said otherwise', async () => {
  const client = await RawClient.connect(acceptor.port);
  client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect((await client.answer()).headers.connection).toBe('keep-alive');
  client.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await client.untilClosed()).toMatch(/\r\nConnection: close\r\n/);
});

test('every answer has Date and Content-Length once, and no header that names the server', async () => {
  const { head } = await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const names = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':')[0]?.toLowerCase());
  expect(names.sort()).toEqual([
    'connection',
    'content-length',
    'content-type',
    'date',
    'x-amz-apigw-id',
    'x-amzn-requestid',
  ]);
});

test('refusals are counted by reason', () => {
  const { refused } = acceptor.counters();
  expect(refused[0]).toBeGreaterThan(0);
  expect(refused[1]).toBe(1);
  expect(refused[2]).toBe(1);
});
