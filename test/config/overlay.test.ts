import { describe, expect, it } from 'vitest';
import { type Items, itemsOf } from '../../src/config/items.js';
import { overlay } from '../../src/config/overlay.js';

function mapping(basePath: string, apiId: string): Items {
  return itemsOf([{ kind: 'mapping', mapping: { domain: '', basePath, apiId, stage: 'prod' } }]);
}

function api(id: string, name: string): Items {
  return itemsOf([{ kind: 'api', api: { id, name, disableExecuteApiEndpoint: false } }]);
}

describe("a node's own definitions", () => {
  it('are served beside those of the store', () => {
    const { items, hidden } = overlay(api('a', 'A'), api('b', 'B'));
    expect([...items.keys()].sort()).toEqual(['api/a', 'api/b']);
    expect(hidden).toEqual([]);
  });

  it('win over those of the store under the same key, and both are named', () => {
    const stored = new Map([...api('a', 'A'), ...mapping('', 'a')]);
    const local = new Map([...api('a', 'other'), ...mapping('', 'b')]);
    const { items, hidden } = overlay(stored, local);
    expect(items).toEqual(local);
    expect(hidden).toEqual([
      'api/a, which this node was given itself, is served in place of api/a of the configuration store',
      'mapping// (to API b, stage prod), which this node was given itself, is served in place of mapping// (to API a, stage prod) of the configuration store',
    ]);
  });

  it('hide nothing where they are the same', () => {
    expect(overlay(api('a', 'A'), api('a', 'A')).hidden).toEqual([]);
  });

  it('are named by their key where the store has something that cannot be read', () => {
    const damaged = new Map([['mapping//', { bytes: new Uint8Array([255]), hash: 'x' }]]);
    expect(overlay(damaged, mapping('', 'b')).hidden).toEqual([
      'mapping// (to API b, stage prod), which this node was given itself, is served in place of mapping// of the configuration store',
    ]);
  });
});
