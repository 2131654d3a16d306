import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { holdDecoded, MAX_DECODED_BYTES, releaseDecoded } from '../../src/content-encoding/decoded-bytes.js';
import type { Exchange } from '../../src/exchange/exchange.js';
import { RequestDecoding } from '../../src/pipeline/request-decoding.js';
import { Client, type RequestParts } from '../integrations/http-proxy/harness.js';

const CODED: RequestParts = {
  method: 'POST',
  headers: 'content-encoding: gzip\r\n',
  body: gzipSync('{"a":1}'),
};

/** Answers with the body it gets, whole or not. */
const ECHO = {
  invoke(exchange: Exchange): void {
    const { body, bodyLength } = exchange.request;
    exchange.answer(
      200,
      '',
      body === 'stream' || body === null ? String(body) : `${bodyLength} ${Buffer.from(body)}`,
    );
  },
};
const target = new RequestDecoding(ECHO);

test('requests under way hold a bounded number of decoded bytes; past it, coded ones are answered 503', async () => {
  const held = new Client().exchange;
  holdDecoded(held, MAX_DECODED_BYTES);
  const refused = await new Client(CODED).call(target);
  expect([refused.status, refused.exchange.errorType]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  const plain = await new Client({ method: 'POST', body: Buffer.from('x'), bodyLength: 1 }).call(target);
  expect([plain.status, plain.body]).toEqual([200, '1 x']);
  releaseDecoded(held);
  releaseDecoded(held);
  const taken = await new Client(CODED).call(target);
  expect([taken.body, taken.exchange.decodedBytes]).toEqual(['7 {"a":1}', 7]);
  releaseDecoded(taken.exchange);
});

test('clients that leave while they wait for a decoder hold nobody up', async () => {
  const clients = Array.from({ length: 40 }, () => new Client(CODED));
  for (const client of clients) target.invoke(client.exchange);
  for (const client of clients.slice(0, 30)) client.cancel();
  for (const client of clients.slice(30)) await client.until(() => client.ending !== undefined);
  expect(clients.map(({ status }) => status)).toEqual([...Array(30).fill(0), ...Array(10).fill(200)]);
  expect(clients.slice(0, 30).every(({ exchange }) => exchange.decodedBytes === 0)).toBe(true);
  for (const { exchange } of clients) releaseDecoded(exchange);
});

test('a body that is not coded is not touched, streamed or not', async () => {
  for (const headers of ['', 'content-encoding: identity\r\n', 'content-encoding: \r\n']) {
    const client = await new Client({ method: 'POST', headers, body: 'stream', bodyLength: -1 }).call(target);
    expect(client.body).toBe('stream');
  }
});

test('a header whose value or name only looks like one decodes nothing', async () => {
  const headers = 'x-content-encoding: gzip\r\nx-note: content-encoding: gzip\r\n';
  const client = await new Client({ method: 'POST', headers, body: Buffer.from('x'), bodyLength: 1 }).call(
    target,
  );
  expect(client.body).toBe('1 x');
});
