/** What a node serves besides the store: definitions given to it alone. */
import type { Mapping } from '../model/snapshot.js';
import { ItemError, type Items, readItem, type StoredItem } from './items.js';

/**
 * The store's items with the local ones laid over them: under the same key the local one is served.
 * @returns one sentence for each item of the store that is hidden by another one
 */
export function overlay(stored: Items, local: Items): { items: Items; hidden: string[] } {
  if (local.size === 0) return { items: stored, hidden: [] };
  const items = new Map<string, StoredItem>(stored);
  const hidden: string[] = [];
  for (const [key, item] of local) {
    const below = stored.get(key);
    if (below !== undefined && below.hash !== item.hash) {
      hidden.push(
        `${named(key, item)}, which this node was given itself, is served in place of ${named(key, below)} of the configuration store`,
      );
    }
    items.set(key, item);
  }
  return { items, hidden };
}

/** A mapping's key says where, not whereto. */
function named(key: string, { bytes }: StoredItem): string {
  try {
    const item = readItem(key, bytes);
    if (item?.kind === 'mapping') return `${key} (${target(item.mapping)})`;
  } catch (error) {
    // Whoever applies it says what is wrong with it.
    if (!(error instanceof ItemError)) throw error;
  }
  return key;
}

function target({ apiId, stage }: Mapping): string {
  return stage === '' ? `to API ${apiId}` : `to API ${apiId}, stage ${stage}`;
}
