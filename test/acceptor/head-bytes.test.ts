import { expect, test } from 'vitest';
import { headBytes } from '../../src/acceptor/head-bytes.js';

test('a head of any length becomes one byte a character', () => {
  const text = Array.from({ length: 9_000 }, (_, i) => String.fromCharCode(32 + (i % 224))).join('');
  for (const length of [0, 1, 200, 100, 4_095, 4_096, 4_097, 9_000, 200]) {
    const head = text.slice(text.length - length);
    expect(Buffer.from(headBytes(head)).toString('latin1')).toBe(head);
  }
});
