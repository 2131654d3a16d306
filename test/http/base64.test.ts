import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from '../../src/http/base64.js';

test.each([
  ['a b='],
  ['YQ'],
  ['YQ='],
  ['YQ==='],
  ['Y!=='],
  ['YQ==\n'],
  ['YQ,='],
  ['===='],
  ['YW-_'],
  ['=YQ='],
])('%j is undecodable', (text) => {
  expect(decodeBase64(text)).toBeUndefined();
});

test('bytes that were encoded come back, in a buffer of their own', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const decoded = decodeBase64(Buffer.from(bytes).toString('base64'));
      expect(Buffer.from(decoded ?? [])).toEqual(Buffer.from(bytes));
      expect(decoded?.buffer.byteLength).toBe(bytes.length);
    }),
  );
});
