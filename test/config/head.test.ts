import { describe, expect, it } from 'vitest';
import { checkContent, open, seal, UntrustedError } from '../../src/config/head.js';
import { contentDigest, storedItem } from '../../src/config/items.js';
import type { Head } from '../../src/proto/messages.js';

const KEY = new Uint8Array(32).fill(1);
const items = new Map([['api/a', storedItem(new Uint8Array([1]))]]);
const head: Head = {
  epoch: '0123456789abcdef',
  revision: 1,
  previousRevision: 0,
  previousDigest: new Uint8Array(0),
  digest: contentDigest(items),
  at: 1_800_000_000_000,
  by: '',
  message: '',
};

describe('a head', () => {
  it('is believed under the key it was sealed with, and under no other', () => {
    expect(open(seal(head, KEY), KEY)).toMatchObject({ revision: 1, at: head.at });
    expect(() => open(seal(head, undefined), KEY)).toThrow('is not signed');
    expect(() => open(seal(head, new Uint8Array(32)), KEY)).toThrow('not signed with the key');
  });

  it.each([
    ['epoch', { epoch: 'no epoch' }],
    ['revision', { revision: 0 }],
    ['digest', { digest: new Uint8Array(3) }],
    ['time', { at: Number.MAX_SAFE_INTEGER }],
  ])('without a valid %s is not believed', (_, change) => {
    expect(() => open(seal({ ...head, ...change }, undefined), undefined)).toThrow(UntrustedError);
  });

  it('vouches for exactly its items', () => {
    checkContent(head, items);
    expect(() => checkContent(head, new Map())).toThrow('their digest is not');
    // One key that reads like two items.
    const first = storedItem(new Uint8Array([2]));
    const second = storedItem(new Uint8Array([3]));
    const two = new Map([
      ['api/a', first],
      ['api/b', second],
    ]);
    const one = new Map([[`api/a\0${first.hash}api/b`, second]]);
    expect(() => checkContent({ ...head, digest: contentDigest(two) }, one)).toThrow('has no valid key');
  });
});
