import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, textOf } from '../../src/java/text.js';
import { JavaMap } from '../../src/java/values.js';
import { parseJson } from '../../src/jsonpath/json.js';

function compact(text: string): string {
  return jsonText(parseJson(text));
}

describe('JSON text', () => {
  it.each([
    [
      'keeps members in the order received, also those that look like numbers',
      '{"b":1,"2":2,"1":3}',
      '{"b":1,"2":2,"1":3}',
    ],
    [
      'keeps digits as received',
      '[1.10, 1e5, -0, 12345678901234567890, 0.5E-3]',
      '[1.10,1e5,-0,12345678901234567890,0.5E-3]',
    ],
    ['loses white space outside of texts', ' { "a b" : [ 1 , "x  y" ] } ', '{"a b":[1,"x  y"]}'],
    ['writes characters as they are', '"\\u00e9\\/\\ud83d\\ude00"', '"é/😀"'],
    ['keeps escapes that are needed', '"\\"\\\\\\n\\u0001"', '"\\"\\\\\\n\\u0001"'],
    ['takes the last of equal names, in the place of the first', '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
    ['keeps names of JavaScript', '{"__proto__":1,"constructor":2}', '{"__proto__":1,"constructor":2}'],
    ['may be a scalar', ' "x" ', '"x"'],
    ['may be empty inside', '[{},[],""]', '[{},[],""]'],
    ['may have characters outside of Latin-1 anywhere', '{"日本":"語","x":1}', '{"日本":"語","x":1}'],
  ])('%s', (_claim, text, expected) => {
    expect(compact(text)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '[1,]',
    '[1 2]',
    '"abc',
    '"a\\',
    '"a\\"',
    '"\\x"',
    '"\\u12"',
    '"\n"',
    '"\u0000"',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '-',
    'nul',
    'truex',
    'NaN',
    '[1]x',
    '{"a"b":1}',
    '\ufeff{}',
    '// x\n1',
  ])('is not %j', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  it('is read as JSON.parse reads it, whatever is done to it', () => {
    const mutated = fc
      .tuple(
        fc.json(),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\ 0-.eE1tu\n\0é'), fc.boolean()), {
          maxLength: 3,
        }),
      )
      .map(([text, edits]) =>
        edits.reduce((result, [at, char, insert]) => {
          const position = at % (result.length + 1);
          return result.slice(0, position) + char + result.slice(position + (insert ? 0 : 1));
        }, text),
      );
    fc.assert(
      fc.property(mutated, (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(parseJson(text)).toBeUndefined();
          return;
        }
        const value = parseJson(text);
        expect(value).not.toBeUndefined();
        expect(JSON.parse(jsonText(value))).toEqual(expected);
        expect(jsonText(parseJson(jsonText(value)))).toBe(jsonText(value));
        // From bytes it is the same.
        expect(jsonText(parseJson(text, Buffer.from(text)))).toBe(jsonText(value));
      }),
      { numRuns: 3000 },
    );
  });

  it('is read from bytes that are no UTF-8', () => {
    const bytes = Buffer.from([0x22, 0x61, 0xff, 0xfe, 0x22]);
    expect(parseJson(bytes.toString('utf8'), bytes)).toBe('a\ufffd\ufffd');
  });

  it('is refused when it is nested more than 500 levels', () => {
    expect(parseJson(`${'['.repeat(400)}${']'.repeat(400)}`)).not.toBeUndefined();
    expect(parseJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toBeUndefined();
  });

  it('of many shapes does not pile up: names that clients invent are forgotten', () => {
    for (let i = 0; i < 10_000; i++)
      expect(compact(`{"k${i}":{"x${i}":${i}}}`)).toBe(`{"k${i}":{"x${i}":${i}}}`);
  });

  it('of an object with many members is read whole and found by name', () => {
    const members = Array.from({ length: 500 }, (_, i) => `"name${i}":${i}`).join(',');
    const map = parseJson(`{${members}}`);
    expect(map instanceof JavaMap && map.get('name499')).toBe(499);
    expect(jsonText(map)).toBe(`{${members}}`);
  });

  it('of objects with the same names in another order, or only some of them, keeps each as it is', () => {
    const text =
      '[{"a":1,"b":2,"c":3},{"a":1,"b":2,"c":3},{"b":2,"a":1},{"a":1},{"a":1,"c":3,"b":2,"d":4},{}]';
    expect(compact(text)).toBe(text);
    expect(compact(text.replaceAll(',', ' , '))).toBe(text);
  });
});

describe('values', () => {
  it('print their digits without exponent', () => {
    expect(textOf(parseJson('1e3'))).toBe('1000');
    expect(textOf(parseJson('-12.5e-4'))).toBe('-0.00125');
    expect(textOf(parseJson('1.0'))).toBe('1.0');
    expect(textOf(parseJson('1e999999'))).toBe('1e999999');
  });
});
