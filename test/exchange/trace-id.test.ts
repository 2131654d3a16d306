import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeTraceId } from '../../src/exchange/trace-id.js';

const ROOT = '1-650f3c10-0123456789abcdef01234567';

describe('a trace id is completed', () => {
  test.each<[claim: string, from: string | undefined, expected: RegExp]>([
    ['from nothing', undefined, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/],
    ['from an empty header', '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/],
    ['from a root', `Root=${ROOT}`, new RegExp(`^Root=${ROOT};Parent=[0-9a-f]{16};Sampled=0$`)],
    [
      'from a root and a parent',
      `Root=${ROOT};Parent=53995c3f42cd8ad8`,
      new RegExp(`^Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=1$`),
    ],
    [
      'from a root and a decision',
      `Root=${ROOT};Sampled=1`,
      new RegExp(`^Root=${ROOT};Parent=[0-9a-f]{16};Sampled=1$`),
    ],
    [
      'from a parent alone',
      'Parent=53995c3f42cd8ad8',
      /^Root=1-[0-9a-f-]{33};Parent=53995c3f42cd8ad8;Sampled=1$/,
    ],
    [
      'keeping what is whole',
      `Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`,
      new RegExp(`^Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=0$`),
    ],
    [
      'in any order and case, with spaces',
      `sampled=0 ; parent=53995c3f42cd8ad8; root=${ROOT}`,
      new RegExp(`^Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=0$`),
    ],
    [
      'without other parts',
      `Self=1-2-3;Root=${ROOT};Lineage=a`,
      new RegExp(`^Root=${ROOT};Parent=[0-9a-f]{16};Sampled=0$`),
    ],
    [
      'without values that are no ids',
      'Root=a"b\\;Parent=\xff',
      /^Root=1-[0-9a-f-]{33};Parent=[0-9a-f]{16};Sampled=0$/,
    ],
  ])('%s', (_, from, expected) => {
    expect(completeTraceId(from)).toMatch(expected);
  });
});

test('a new root carries the time in seconds', () => {
  const seconds = Number.parseInt(completeTraceId(undefined).slice(7, 15), 16);
  expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(5);
});

test('whatever a client sends, the result is plain text of three parts', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map((text) => `Root=${text}`),
      ),
      (from) => {
        expect(completeTraceId(from)).toMatch(
          /^Root=[A-Za-z0-9-]+;Parent=[A-Za-z0-9-]+;Sampled=[A-Za-z0-9-]+$/,
        );
      },
    ),
  );
});
