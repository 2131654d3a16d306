import { describe, expect, test } from 'vitest';
import { firstMediaType, matchesBinary } from '../../src/http/media-type.js';

describe('binary media types', () => {
  test.each<[types: string[], header: string | undefined, matches: boolean]>([
    [[], 'image/png', false],
    [[], undefined, false],
    [['image/png'], 'image/png', true],
    [['image/png'], ' image/png ; q=0.5', true],
    [['image/png'], 'image/png,text/html', true],
    [['image/png'], 'text/html,image/png', false],
    [['image/png'], 'image/*', false],
    [['image/png'], '*/*', false],
    [['image/png'], 'Image/PNG', false],
    [['image/png'], undefined, false],
    [['image/*'], 'image/png', true],
    [['image/*'], 'image/*', true],
    [['image/*'], 'video/mp4', false],
    [['image/*'], '*/*', false],
    [['image/*'], 'image', false],
    [['image/*'], 'image/', false],
    [['image/*'], 'image/a/b', false],
    [['*/png'], 'image/png', false],
    [['*/png'], '*/png', false],
    [['*/*'], 'image/png', true],
    [['*/*'], 'nonsense', true],
    [['*/*'], undefined, true],
    [['', '/', 'nonsense'], 'nonsense', false],
    [['text/csv', 'image/*', 'a/b'], 'a/b', true],
  ])('%j and %j: %s', (types, header, matches) => {
    expect(matchesBinary(types, header)).toBe(matches);
  });
});

test.each([
  ['image/png', 'image/png'],
  [' image/png;v=1, text/html', 'image/png'],
  ['a/b,c/d;e=f', 'a/b'],
  ['', ''],
])('the first media type of %j is %j', (header, type) => {
  expect(firstMediaType(header)).toBe(type);
});
