/** Requests with bytes put in, taken out and replaced: whatever comes, the acceptor lives and forgets nothing. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { type AcceptorUnderTest, startAcceptor } from './harness.js';

const SEEDS = [
  'GET /a/b?x=1 HTTP/1.1\r\nHost: x\r\nX-Tag: one\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello',
  'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HEAD /a HTTP/1.1\r\nHost: x:80\r\nX-HTTP-Method-Override: GET\r\nConnection: keep-alive, X-A\r\n\r\n',
];

const PIECES = [
  ...['\r\n', '\n', '\r', ':', ' ', '\0', '%', '../', '#', '?', '\xff', '-1', '99999999999999999999'],
  ...[
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Host: y\r\n',
    'Connection: close\r\n',
    'a'.repeat(12_000),
  ],
];

/** One change of a text: a piece put in, some characters taken out, or one replaced. */
const change = fc.tuple(
  fc.nat(),
  fc.oneof(
    fc.constantFrom(...PIECES).map((piece) => ({ take: 0, put: piece })),
    fc.integer({ min: 1, max: 8 }).map((take) => ({ take, put: '' })),
    fc.integer({ min: 0, max: 255 }).map((code) => ({ take: 1, put: String.fromCharCode(code) })),
  ),
);

let acceptor: AcceptorUnderTest;

beforeAll(async () => {
  acceptor = await startAcceptor((exchange) => {
    if (exchange.request.body !== 'stream') exchange.answer(200, '', 'ok');
    else
      exchange.listener = {
        onCancel() {},
        onDrain() {},
        onBodyChunk: (chunk) => exchange.consumed(chunk.length),
        onBodyEnd: () => exchange.answer(200, '', 'ok'),
      };
  });
});

afterAll(() => acceptor.stop());

test('mutilated requests, cut anywhere, leave nothing behind', async () => {
  const request = fc.tuple(
    fc.constantFrom(...SEEDS),
    fc.array(change, { minLength: 1, maxLength: 5 }),
    fc.nat(),
  );
  for (const [seed, changes, cut] of fc.sample(request, 600)) {
    let text = seed;
    for (const [place, { take, put }] of changes) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + put + text.slice(at + take);
    }
    const client = await RawClient.connect(acceptor.port);
    const middle = cut % (text.length + 1);
    client.send(text.slice(0, middle));
    client.send(text.slice(middle));
    // The client leaves with its bytes sent: whatever the acceptor made of them has to end.
    client.socket.end();
    const alive = await RawClient.connect(acceptor.port);
    alive.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await alive.answer()).status).toBe(200);
    alive.close();
    client.close();
  }
  await until(() => acceptor.counters().inFlight === 0);
});
