/** Both adapters tell the same about the same valid response. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forEachHeader } from '../../src/http/header-block.js';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../src/upstream/upstream.js';
import { type RawServer, rawServer } from './support/raw-server.js';
import { exchange, type Recording } from './support/recording.js';

const name = fc
  .string({
    unit: fc.constantFrom(...'abcXYZ019-_.!#$%&'),
    minLength: 1,
    maxLength: 12,
  })
  .map((text) => `X${text}`);
const value = fc.string({ unit: fc.constantFrom(...'aZ09 \t,;:="\\/\xe9\xff'), maxLength: 20 });
const field = fc.tuple(name, value).map(([n, v]) => `${n}: ${v}\r\n`);
const body = fc
  .string({ unit: 'binary', maxLength: 300 })
  .map((text) => Buffer.from(text).toString('latin1'));
const extension = fc.constantFrom('', ';a', ';a=b', ';a="b c"');

const valid = fc.record({
  status: fc.constantFrom(200, 201, 206, 299, 301, 400, 404, 418, 500, 503, 599),
  reason: fc.constantFrom('', 'OK', 'Some Words', 'caf\xe9'),
  fields: fc.array(field, { maxLength: 8 }),
  framing: fc.constantFrom('length', 'chunked', 'close'),
  parts: fc.array(fc.tuple(body, extension), { maxLength: 5 }),
  trailers: fc.array(field, { maxLength: 2 }),
  hints: fc.nat({ max: 2 }),
  method: fc.constantFrom('GET', 'POST', 'DELETE'),
});

type Valid = typeof valid extends fc.Arbitrary<infer T> ? T : never;

function bytesOf({ status, reason, fields, framing, parts, trailers, hints }: Valid): string {
  const head = `${'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'.repeat(hints)}HTTP/1.1 ${status} ${reason}\r\n${fields.join('')}`;
  const whole = parts.map(([part]) => part).join('');
  if (framing === 'close') return `${head}\r\n${whole}`;
  if (framing === 'length') return `${head}content-length: ${whole.length}\r\n\r\n${whole}`;
  const chunks = parts
    .filter(([part]) => part.length > 0)
    .map(([part, extended]) => `${part.length.toString(16)}${extended}\r\n${part}\r\n`);
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n${trailers.join('')}\r\n`;
}

/** Fields as pairs: surrounding blanks are not part of a value. */
function pairs(block: string): string[] {
  const found: string[] = [];
  forEachHeader(block, (fieldName, fieldValue) => found.push(`${fieldName}: ${fieldValue}`));
  return found;
}

function told({
  status,
  headers,
  contentLength,
  body: received,
  ended,
  error,
  misplaced,
}: Recording): object {
  return { status, headers: pairs(headers), contentLength, body: received, ended, error, misplaced };
}

let server: RawServer;
let http1: UpstreamClient;
let undici: UpstreamClient;
let current = '';

beforeAll(async () => {
  server = await rawServer((socket) => socket.end(current, 'latin1'));
  http1 = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
  undici = createUpstreamClient({ ...DEFAULT_UPSTREAM_SETTINGS, client: 'undici' });
});

afterAll(async () => {
  await server.close();
  await Promise.all([http1.close(), undici.close()]);
});

test('both clients tell the same about every valid response', async () => {
  await fc.assert(
    fc.asyncProperty(valid, async (response) => {
      current = bytesOf(response);
      const { method } = response;
      const [ours, theirs] = await Promise.all([
        exchange(http1, server.origin, { method }),
        exchange(undici, server.origin, { method }),
      ]);
      expect(told(ours)).toEqual(told(theirs));
      expect(ours.ended).toBe(true);
      expect(ours.body).toBe(response.parts.map(([part]) => part).join(''));
    }),
    { numRuns: 200 },
  );
});
