import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headBytes } from '../../src/acceptor/head-bytes.js';

/** Every one-byte character, and lengths around the size of the shared buffer. */
const part = (lengths: readonly number[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...lengths), fc.nat(223))
    .map(([length, from]) =>
      Array.from({ length }, (_, i) => String.fromCharCode(32 + ((from + i) % 224))).join(''),
    );

const heads = fc.tuple(
  part([0, 1, 100, 200, 3_990, 4_095, 4_096, 9_000]),
  part([0, 5, 87, 90]),
  part([0, 17, 22, 44]),
);

test('the parts of a head become one byte a character, whatever the head before was', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(heads, heads), { maxLength: 12 }), (all) => {
      // Each one twice: what stays in the buffer is what goes wrong.
      for (const [head, idLines, last] of all.flatMap((one) => [one, one])) {
        const bytes = Buffer.from(headBytes(head, idLines, last)).toString('latin1');
        expect(bytes === head + idLines + last).toBe(true);
      }
    }),
  );
});
