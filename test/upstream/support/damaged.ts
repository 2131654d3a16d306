/** Responses damaged at random, in random pieces. */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { response } from './raw-server.js';
import { CHUNKED, OK } from './refusals.js';

const BASES = [
  response('hello', 'X-A: 1\r\nContent-Type: text/plain\r\n'),
  response(''),
  `${OK}\r\nto the end`,
  `${CHUNKED}5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n`,
  `${CHUNKED}5;a=b\r\nhello\r\n0;x\r\nX: y\r\n\r\n`,
  'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
  `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${response('final')}`,
  'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nhi',
  response('hello', 'Connection: close\r\n'),
];

/** Bytes a parser has opinions about, and whole fields. */
const SPICE = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  'f',
  '\0',
  '\x7f',
  '\xff',
  'chunked',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  '0\r\n\r\n',
  'HTTP/1.1 ',
];

const mutation = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'delete', 'repeat', 'cut', 'append'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 20 }),
  spice: fc.oneof(fc.constantFrom(...SPICE), fc.string({ unit: 'binary', maxLength: 4 })),
  base: fc.constantFrom(...BASES),
});

export const damaged = fc.record({
  base: fc.constantFrom(...BASES),
  mutations: fc.array(mutation, { maxLength: 4 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
  closes: fc.boolean(),
  method: fc.constantFrom('GET', 'HEAD', 'POST'),
});

export type Damaged = typeof damaged extends fc.Arbitrary<infer T> ? T : never;

export function bytesOf({ base, mutations }: Damaged): string {
  let bytes = base;
  for (const { kind, at, length, spice, base: other } of mutations) {
    const from = Math.floor(at * bytes.length);
    if (kind === 'insert') bytes = bytes.slice(0, from) + spice + bytes.slice(from);
    else if (kind === 'replace') bytes = bytes.slice(0, from) + spice + bytes.slice(from + spice.length);
    else if (kind === 'delete') bytes = bytes.slice(0, from) + bytes.slice(from + length);
    else if (kind === 'repeat') bytes = bytes.slice(0, from + length) + bytes.slice(from);
    else if (kind === 'cut') bytes = bytes.slice(0, from);
    else bytes += other;
  }
  return bytes;
}

export function partsOf(bytes: string, cuts: number[]): string[] {
  const places = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  return places.map((to) => {
    const part = bytes.slice(from, to);
    from = to;
    return part;
  });
}

/** Each part in a turn of its own, so that it is read by itself. */
export async function writeParts(socket: Socket, parts: string[], close: boolean): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => socket.write(part, 'latin1', () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (close) socket.end();
}
