/** A head that is known is not parsed again: so it has to be the very same one. */
import { describe, expect, test } from 'vitest';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DONE, HeadParser } from '../../src/upstream/http1/head-parser.js';
import { KnownHead } from '../../src/upstream/http1/known-head.js';
import { DEFAULT_UPSTREAM_SETTINGS } from '../../src/upstream/upstream.js';
import { rawServer, response } from './support/raw-server.js';
import { exchange } from './support/recording.js';

const HEADS: [string, string][] = [
  ['with fields', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: Sat\r\n\r\n'],
  ['without fields', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['in chunks, without a reason', 'HTTP/1.0 404\r\nConnection: keep-alive\r\nX:\r\n\r\n'],
];

function learned(head: string, before: string): KnownHead {
  const known = new KnownHead();
  const bytes = Buffer.from(before + head, 'latin1');
  const parser = new HeadParser();
  parser.begin(before.length);
  expect(parser.parse(bytes, bytes.length)).toBe(DONE);
  known.remember(parser, bytes, bytes.toString('latin1', parser.fieldsAt, parser.end - 2));
  return known;
}

describe.each(HEADS)('a head %s', (_, head) => {
  test('is found again wherever it stands, with a body behind it', () => {
    const known = learned(head, 'before');
    for (const before of ['', 'before', 'elsewhere']) {
      const bytes = Buffer.from(`${before}${head}body`, 'latin1');
      expect(known.isAt(bytes, before.length, bytes.length)).toBe(true);
    }
  });

  test('is not found when any byte of it is another one', () => {
    const known = learned(head, '');
    const bytes = Buffer.from(`${head}body`, 'latin1');
    const found: string[] = [];
    for (let at = 0; at < head.length; at++) {
      const own = bytes[at] as number;
      for (let other = 0; other < 256; other++) {
        bytes[at] = other;
        if (known.isAt(bytes, 0, bytes.length) !== (other === own)) found.push(`${at}: ${other}`);
      }
      bytes[at] = own;
    }
    expect(found).toEqual([]);
  });

  test('is not found before its last byte has arrived', () => {
    const known = learned(head, '');
    const bytes = Buffer.from(`${head}body`, 'latin1');
    for (let to = 0; to < head.length; to++) expect(known.isAt(bytes, 0, to)).toBe(false);
  });
});

test('responses that differ in nothing but one byte of the head are told apart on one connection', async () => {
  const answers = [
    response('first', 'ETag: "a"\r\n'),
    response('first', 'ETag: "a"\r\n'),
    response('other', 'ETag: "b"\r\n'),
    response('first', 'ETag: "a"\r\n', '201 OK'),
    response('first', 'ETag: "a"\r\n'),
  ];
  const server = await rawServer((socket, { turn }) => socket.write(answers[turn - 1] ?? '', 'latin1'));
  const client = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
  const seen: string[] = [];
  for (let i = 0; i < answers.length; i++) {
    const { status, chunks, headers } = await exchange(client, server.origin);
    seen.push(`${status} ${Buffer.concat(chunks)} ${/"(.)"/.exec(headers)?.[1]}`);
  }
  expect(seen).toEqual(['200 first a', '200 first a', '200 other b', '201 first a', '200 first a']);
  expect(server.accepted()).toBe(1);
  await client.close();
  await server.close();
});
