import type { Items } from './items.js';

/** What a node is told to serve. */
export interface ServedConfiguration {
  /** Shown in `/metrics`: the store's revision, or a counter for a node with files only. */
  revision: number;
  items: Items;
}
