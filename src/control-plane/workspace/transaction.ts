/** What one operation reads and changes, committed as a whole or not at all. */

import { type Items, itemKey, readItem, storedItem } from '../../config/items.js';
import type { Item } from '../../model/snapshot.js';
import { encodeItem } from '../../proto/codec.js';
import type { NamedUpstreams } from '../../upstream/balancing/target-counts.js';
import { badRequest } from '../wire/errors.js';
import type { Draft } from './draft.js';

export interface ControlPlaneSettings {
  region: string;
  accountId: string;
  /** Of the nodes' configuration file: integrations may name them. */
  upstreams?: NamedUpstreams;
  /** Encrypts what should not lie in a store in the clear, bound to its owner; absent without a master key. */
  seal?(secret: string, owner: string): string;
}

/** Where a transaction's readings come from. */
export interface TransactionSource {
  draft(aggregate: string): Promise<Draft>;
  names(prefix: string): Promise<string[]>;
  items(): Promise<Items>;
}

export class Transaction {
  readonly settings: ControlPlaneSettings;
  /** Epoch seconds, of `createdDate` and the like. */
  readonly now: number;
  readonly #source: TransactionSource;
  readonly #drafts = new Map<string, Draft>();
  #upserts = new Map<string, Item>();
  #deletes = new Set<string>();
  #message = '';

  constructor(source: TransactionSource, settings: ControlPlaneSettings, now: number) {
    this.#source = source;
    this.settings = settings;
    this.now = now;
  }

  /** Undefined: it does not exist. */
  async aggregate(name: string): Promise<Draft | undefined> {
    const draft = await this.#draft(name);
    const exists = draft.changed ? !draft.dropped : draft.base.version > 0;
    return exists ? draft : undefined;
  }

  /** The aggregate, whether it exists or not: for the few that are one for a whole account, and for new ones. */
  async aggregateOrNew(name: string): Promise<Draft> {
    return this.#draft(name);
  }

  /** All that exist, sorted by name. */
  async aggregates(prefix: string): Promise<Draft[]> {
    const names = await this.#source.names(prefix);
    const drafts = await Promise.all(names.map((name) => this.aggregate(name)));
    return drafts.filter((draft) => draft !== undefined);
  }

  /** What data planes serve, without this transaction's own changes. */
  items(): Promise<Items> {
    return this.#source.items();
  }

  /** Data planes serve this from the commit on. @param message for the history: `deployment abc123 to stage prod` */
  serve(item: Item, message: string): void {
    const key = itemKey(item);
    this.#deletes.delete(key);
    this.#upserts.set(key, item);
    this.#message = message;
  }

  /** Data planes do not serve the item any more. */
  withdraw(key: string, message: string): void {
    this.#upserts.delete(key);
    this.#deletes.add(key);
    this.#message = message;
  }

  get changedDrafts(): Draft[] {
    return [...this.#drafts.values()].filter(({ changed }) => changed);
  }

  get servesChanges(): boolean {
    return this.#upserts.size > 0 || this.#deletes.size > 0;
  }

  get message(): string {
    return this.#message;
  }

  /** The items after this transaction. @throws ApiError for one that nodes could not read */
  nextItems(items: Items): Items {
    const next = new Map(items);
    for (const key of this.#deletes) next.delete(key);
    for (const [key, item] of this.#upserts) next.set(key, storedItem(readable(key, item)));
    return next;
  }

  async #draft(name: string): Promise<Draft> {
    let draft = this.#drafts.get(name);
    if (draft === undefined) {
      draft = await this.#source.draft(name);
      // Two readings of one aggregate under way at once share the first's draft.
      draft = this.#drafts.get(name) ?? draft;
      this.#drafts.set(name, draft);
    }
    return draft;
  }
}

/**
 * An item's bytes. One that cannot be read back, because half a surrogate pair is no UTF-8, would keep every node from all
 * later changes; reading each once costs less than that.
 */
function readable(key: string, item: Item): Uint8Array {
  const bytes = encodeItem(item);
  try {
    readItem(key, bytes);
  } catch (error) {
    throw badRequest(`This cannot be served, correct its text: ${(error as Error).message}`);
  }
  return bytes;
}
