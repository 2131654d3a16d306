/** A configuration as items: the unit in which it is stored, distributed, compared and compiled. */
import { createHash } from 'node:crypto';
import type { Api, Item, Snapshot } from '../model/snapshot.js';
import { decodeItem, encodeItem } from '../proto/codec.js';
import type { KeyedItem } from '../proto/messages.js';

/** Item keys to encoded items. Keys have no order of their own. */
export type Items = ReadonlyMap<string, StoredItem>;

export interface StoredItem {
  /** An encoded `propylon.v1.Item`. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes in hexadecimal: equal hashes, equal items. */
  readonly hash: string;
}

/** From one set of items to another. */
export interface ItemChange {
  upserts: ReadonlyMap<string, StoredItem>;
  /** Keys. */
  deletes: readonly string[];
}

export const EMPTY_ITEMS: Items = new Map();

/** `api/{api}`, `stage/{api}/{stage}`, `mapping/{domain}/{base path}`, `domain/{domain}`. */
export function itemKey(item: Item): string {
  switch (item.kind) {
    case 'api':
      return `api/${item.api.id}`;
    case 'stage':
      return stageKey(item.stage.apiId, item.stage.name);
    case 'mapping':
      return `mapping/${item.mapping.domain}/${item.mapping.basePath}`;
    case 'domain':
      return `domain/${item.domain.name}`;
  }
}

export function stageKey(apiId: string, stageName: string): string {
  return `stage/${apiId}/${stageName}`;
}

export function storedItem(bytes: Uint8Array): StoredItem {
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex') };
}

/** Items by key, from what a message carried. A key that comes twice: the last one counts. */
export function storedItems(keyed: readonly KeyedItem[]): Map<string, StoredItem> {
  return new Map(keyed.map(({ key, item }) => [key, storedItem(item)]));
}

/** As a message carries them, sorted by key. */
export function keyedItems(items: Items): KeyedItem[] {
  return [...items.keys()].sort().map((key) => ({ key, item: (items.get(key) as StoredItem).bytes }));
}

export function itemsOf(all: readonly Item[]): Map<string, StoredItem> {
  return new Map(all.map((item) => [itemKey(item), storedItem(encodeItem(item))]));
}

/** The items of a whole configuration. */
export function itemsOfSnapshot(snapshot: Omit<Snapshot, 'revision'>): Map<string, StoredItem> {
  const all: Item[] = [
    ...snapshot.mappings.map((mapping): Item => ({ kind: 'mapping', mapping })),
    ...snapshot.domains.map((domain): Item => ({ kind: 'domain', domain })),
  ];
  for (const { stages, ...api } of snapshot.apis) {
    all.push({ kind: 'api', api });
    for (const stage of stages) all.push({ kind: 'stage', stage: { ...stage, apiId: api.id } });
  }
  return itemsOf(all);
}

/**
 * The whole configuration, decoded.
 * @throws Error that names the key of an item that cannot be read or does not belong under its key
 */
export function snapshotOfItems(items: Items, revision: number): Snapshot {
  const snapshot: Snapshot = { revision, apis: [], mappings: [], domains: [] };
  const apis = new Map<string, Api>();
  const stages = new Map<string, Api['stages']>();
  for (const key of [...items.keys()].sort()) {
    const item = readItem(key, (items.get(key) as StoredItem).bytes);
    if (item === undefined) continue;
    if (item.kind === 'api') apis.set(item.api.id, { ...item.api, stages: [] });
    else if (item.kind === 'mapping') snapshot.mappings.push(item.mapping);
    else if (item.kind === 'domain') snapshot.domains.push(item.domain);
    else {
      const { apiId, ...stage } = item.stage;
      stages.set(apiId, [...(stages.get(apiId) ?? []), stage]);
    }
  }
  for (const [apiId, list] of stages) {
    const api = apis.get(apiId);
    if (api === undefined)
      throw new ItemError(stageKey(apiId, list[0]?.name ?? ''), `there is no item api/${apiId}`);
    api.stages = list;
  }
  snapshot.apis = [...apis.values()];
  return snapshot;
}

/** An item that cannot be served, and why. */
export class ItemError extends Error {
  readonly key: string;
  /** One phrase. */
  readonly reason: string;

  constructor(key: string, reason: string, options?: ErrorOptions) {
    super(`${key}: ${reason}`, options);
    this.name = 'ItemError';
    this.key = key;
    this.reason = reason;
  }
}

/** Undefined for a kind this version does not know. @throws ItemError */
export function readItem(key: string, bytes: Uint8Array): Item | undefined {
  let item: Item | undefined;
  try {
    item = decodeItem(bytes);
  } catch (error) {
    throw new ItemError(key, `is no configuration item: ${(error as Error).message}`, { cause: error });
  }
  if (item !== undefined && itemKey(item) !== key) {
    throw new ItemError(key, `holds the item ${itemKey(item)}`);
  }
  return item;
}

/** What leads from one to the other; null when they are equal. */
export function changeBetween(from: Items, to: Items): ItemChange | null {
  const upserts = new Map<string, StoredItem>();
  for (const [key, item] of to) {
    if (from.get(key)?.hash !== item.hash) upserts.set(key, item);
  }
  const deletes = [...from.keys()].filter((key) => !to.has(key));
  return upserts.size === 0 && deletes.length === 0 ? null : { upserts, deletes };
}

export function applyChange(items: Items, { upserts, deletes }: ItemChange): Map<string, StoredItem> {
  const next = new Map(items);
  for (const key of deletes) next.delete(key);
  for (const [key, item] of upserts) next.set(key, item);
  return next;
}

/** The digest of a head; the same for the same items, whatever way led to them. 32 bytes. */
export function contentDigest(items: Items): Uint8Array {
  // One call for all: a call per item costs more than the hashing.
  let text = '';
  for (const key of [...items.keys()].sort()) text += `${key}\0${(items.get(key) as StoredItem).hash}`;
  return createHash('sha256').update(text).digest();
}
