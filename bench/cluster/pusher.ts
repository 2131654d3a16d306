/**
 * Commits revisions as `propylon push` does, without what it does before: reading and importing is work of the machine
 * that pushes, which is another one in production.
 */
import { nextRevision, type Revision, readRevision } from '../../src/config/commit.js';
import { applyChange, EMPTY_ITEMS, type Items } from '../../src/config/items.js';
import type { ConfigStore } from '../../src/config/store.js';
import { openStore } from '../../src/config/stores/open.js';
import { nodeStatusCodec } from '../../src/proto/codec.js';
import type { Head, NodeStatus } from '../../src/proto/messages.js';

export const NAMESPACE = 'bench';

export class Pusher {
  readonly #store: ConfigStore;
  #base: Revision | null;

  private constructor(store: ConfigStore, base: Revision | null) {
    this.#store = store;
    this.#base = base;
  }

  /** @param port of a Redis that nobody else pushes to from now on */
  static async open(port: number): Promise<Pusher> {
    const store = await openStore({ kind: 'redis', url: redisUrl(port), namespace: NAMESPACE });
    return new Pusher(store, await readRevision(store, undefined));
  }

  /** The newest revision; 0: none. */
  get revision(): number {
    return this.#base?.head.revision ?? 0;
  }

  /**
   * Resolves when it is committed. The time of the head is the store's clock just before.
   * @param items in place of those under the same keys
   * @throws Error when nothing would change, or the store does not take it
   */
  async push(items: Items): Promise<Head> {
    const next = applyChange(this.#base?.items ?? EMPTY_ITEMS, { upserts: items, deletes: [] });
    const made = nextRevision(this.#base, next, { by: 'bench', message: '' }, this.#store.now(), undefined);
    if (made === null) throw new Error('a push without a change');
    await this.#store.commit({ revision: made.commit });
    this.#base = made.revision;
    return made.revision.head;
  }

  /** Milliseconds since 1970 by the store's clock. */
  now(): number {
    return this.#store.now();
  }

  async statuses(): Promise<NodeStatus[]> {
    return (await this.#store.nodes()).map((status) => nodeStatusCodec.decode(status));
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`;
}
