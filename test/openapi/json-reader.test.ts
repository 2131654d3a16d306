import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/openapi/json-reader.js';
import type { Node } from '../../src/openapi/source-tree.js';

const same = (text: string): string => text;

function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

function read(text: string): unknown {
  const tree = readJson(text, same);
  return 'root' in tree ? plain(tree.root) : tree.message;
}

describe('the JSON reader', () => {
  test('reads every JSON value as JSON.parse does, with any white space', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('accepts and refuses mutated texts as JSON.parse does', () => {
    const mutated = fc
      .tuple(
        fc.jsonValue(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', '\\', '\n', '0', 'x', '\u0001', ':'),
      )
      .map(([value, at, inserted]) => {
        const text = JSON.stringify(value, null, 1);
        const place = at % (text.length + 1);
        return text.slice(0, place) + inserted + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(mutated, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect('root' in readJson(text, same)).toBe(valid);
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps the order of keys that look like numbers', () => {
    const tree = readJson('{"default":1,"404":2,"200":3}', same);
    const root = 'root' in tree ? tree.root : undefined;
    expect(root?.kind === 'map' && root.entries.map(({ key }) => key)).toEqual(['default', '404', '200']);
  });

  test('refuses half a surrogate pair in a text or a key, and reads a whole one', () => {
    expect('root' in readJson('{"a":"\\ud83d\\ude00"}', same)).toBe(true);
    for (const text of ['{"a":"x\\ud800y"}', '{"x\\udc00":1}']) {
      const failure = readJson(text, same);
      expect('root' in failure ? '' : failure.message).toMatch('half a character');
    }
  });

  test('keeps how numbers are written and where values stand', () => {
    const tree = readJson('{"a": 1.0}', same);
    const root = 'root' in tree ? tree.root : undefined;
    expect(root?.kind === 'map' && root.entries[0]).toMatchObject({
      keyStart: 1,
      value: { text: '1.0', value: 1, start: 6 },
    });
  });

  test('uses the last of two equal keys and says so', () => {
    const tree = readJson('{"a":{"b":1,"b":2}}', same);
    expect('root' in tree && plain(tree.root)).toEqual({ a: { b: 2 } });
    expect('root' in tree && tree.warnings).toEqual([
      { offset: 12, path: ['a', 'b'], message: expect.stringContaining('"b" stands twice') },
    ]);
  });

  test('refuses deep nesting, and too many values, at the place where it is too much', () => {
    expect(read('['.repeat(100_000))).toMatch('more than 200 levels deep');
    expect(read(`[${'0,'.repeat(1_000_000)}0]`)).toMatch('more than 1000000 values');
  });
});
