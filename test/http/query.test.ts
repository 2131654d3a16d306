import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../src/http/query.js';

describe('query strings are decoded by the form rules', () => {
  test.each<[raw: string, parameters: [string, string][]]>([
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1;b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=1', [['', '1']]],
    ['a=b=c', [['a', 'b=c']]],
    ['&;&', []],
    ['a%2Bb=%2B', [['a+b', '+']]],
    ['a=b+c%20d', [['a', 'b c d']]],
    ['a=%2F', [['a', '/']]],
    ['a=%2525', [['a', '%25']]],
    ['a=%', [['a', '%']]],
    ['a=%2', [['a', '%2']]],
    ['a=%zz%41', [['a', '%zzA']]],
    ['a=%c3%B6', [['a', 'ö']]],
    ['a=\xc3\xb6', [['a', 'ö']]],
    ['a=\xc3\xb6+', [['a', 'ö ']]],
    ['a=%ff', [['a', '\ufffd']]],
    ['a=%00', [['a', '\0']]],
  ])('%s', (raw, parameters) => {
    expect(parseQuery(raw)).toEqual(parameters);
  });
});

test('what a form encodes comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))), (pairs) => {
      const text = new URLSearchParams(pairs).toString();
      // Values that are no Unicode text cannot be sent: the URL class replaces them, too.
      expect(parseQuery(text)).toEqual(
        [...new URLSearchParams(text)].filter(([a, b]) => a !== '' || b !== '' || text.includes('=')),
      );
    }),
  );
});

test('any bytes give parameters, none of them lost', () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(bytes, (raw) => {
      expect(parseQuery(raw)).toHaveLength(raw.split(/[&;]/).filter((part) => part !== '').length);
    }),
  );
});
