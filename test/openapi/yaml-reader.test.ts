import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Node } from '../../src/openapi/source-tree.js';
import { readYaml } from '../../src/openapi/yaml-reader.js';

const same = (text: string): string => text;

function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

function read(text: string): unknown {
  const tree = readYaml(text, same);
  return 'root' in tree ? plain(tree.root) : tree.message;
}

describe('the YAML reader', () => {
  test('reads what the yaml library reads', () => {
    const keys = fc.string({ unit: 'grapheme-ascii' }).filter((key) => key !== '<<' && key !== '__proto__');
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (input) => {
        const text = stringify(input);
        expect(read(text)).toEqual(parse(text));
      }),
    );
  });

  test('keeps integer keys as texts and the source of numbers', () => {
    const tree = readYaml('200: 1.0\n0404: x\n', same);
    const root = 'root' in tree ? tree.root : undefined;
    expect(root?.kind === 'map' && root.entries.map(({ key }) => key)).toEqual(['200', '0404']);
    expect(root?.kind === 'map' && root.entries[0]?.value).toMatchObject({ text: '1.0' });
  });

  test('resolves aliases and merge keys', () => {
    expect(read('a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4}]}')).toEqual({
      a: { x: 1, y: 2 },
      b: { x: 1, y: 2 },
      c: { x: 1, y: 3 },
      d: { x: 1, y: 2, z: 4 },
    });
  });

  test('turns the short tags of CloudFormation into the long form', () => {
    expect(read('a: !Sub x\nb: !Ref y\nc: !GetAtt Role.Arn\nd: !Join ["", [a, !Ref b]]')).toEqual({
      a: { 'Fn::Sub': 'x' },
      b: { Ref: 'y' },
      c: { 'Fn::GetAtt': 'Role.Arn' },
      d: { 'Fn::Join': ['', ['a', { Ref: 'b' }]] },
    });
  });

  test('keeps the value behind an unknown tag and says so', () => {
    const tree = readYaml('a: !Vault secret', same);
    expect('root' in tree && plain(tree.root)).toEqual({ a: 'secret' });
    expect('root' in tree && tree.warnings[0]?.message).toMatch('"!Vault" is not known');
  });

  test('uses the last of two equal keys and says where the second stands', () => {
    const tree = readYaml('a: 1\nb:\n  c: 1\n  c: 2\n', same);
    expect('root' in tree && plain(tree.root)).toEqual({ a: 1, b: { c: 2 } });
    expect('root' in tree && tree.warnings).toEqual([
      { offset: 17, path: ['b', 'c'], message: expect.stringContaining('"c" stands twice') },
    ]);
  });

  test.each([
    ['a: "x', 'The YAML is broken'],
    ['a: b: c', 'The YAML is broken'],
    ['a: *x', 'names no complete value before it'],
    ['a: &a [*a]', 'names no complete value before it'],
    ['', 'The file is empty'],
    ['# only a comment', 'The file is empty'],
    ['a: 1\n---\nb: 2', 'more than one YAML document'],
    ['? {a: b}\n: c', 'no text'],
    ['a: {<<: 1}', 'needs a map'],
  ])('refuses %j', (text, reason) => {
    expect(read(text)).toMatch(reason);
  });

  test('refuses aliases that multiply, without multiplying them', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const item = level === 0 ? 'text' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 10 }, () => item).join(', ')}]`;
    });
    expect(read(levels.join('\n'))).toMatch('aliases multiply');
  });

  test('refuses half a surrogate pair in a text or a key, and reads a whole one', () => {
    expect(read('a: "\\ud83d\\ude00"')).toEqual({ a: '\u{1f600}' });
    expect(read('a: "x\\ud800y"')).toMatch('half a character');
    expect(read('"x\\udc00": a')).toMatch('half a character');
  });

  test('stops reading a text of nothing but brackets in time', () => {
    expect(read('['.repeat(1_600_000))).toMatch('too many values');
  });
});
