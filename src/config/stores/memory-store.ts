/** The store of a node that keeps nothing: one process, gone with it. */
import type { HistoryEntry, SealedSnapshot } from '../../proto/messages.js';
import type { Position, SealedHead } from '../head.js';
import {
  type Commit,
  type ConfigStore,
  DEFAULT_HISTORY,
  type StoredDocument,
  type StoreListener,
  StoreUnavailableError,
  type Subscription,
} from '../store.js';
import { checkCommit, eventOf, fetchEvent, journalCommitOf } from './commits.js';
import { Listeners } from './listeners.js';
import { StoreState } from './state.js';

export class MemoryStore implements ConfigStore {
  readonly description = 'memory';
  readonly durable = false;
  readonly external: boolean = false;
  readonly #state: StoreState;
  readonly #nodes = new Map<string, { status: Uint8Array; expiresAt: number }>();
  readonly #listeners = new Listeners();
  #closed = false;

  constructor(historyLimit = DEFAULT_HISTORY) {
    this.#state = new StoreState(historyLimit);
  }

  now(): number {
    return Date.now();
  }

  async position(): Promise<Position | null> {
    return this.#open().position;
  }

  async head(): Promise<SealedHead | null> {
    return this.#open().head;
  }

  async read(): Promise<SealedSnapshot | null> {
    return this.#open().read();
  }

  async readSince(base: Position): Promise<HistoryEntry[] | null> {
    return this.#open().readSince(base);
  }

  async history(limit: number): Promise<HistoryEntry[]> {
    return this.#open().history(limit);
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    const state = this.#open();
    state.check(commit);
    const record = journalCommitOf(commit);
    state.apply(record);
    const { revision } = record;
    if (revision === undefined) return;
    const previous = commit.revision?.expected?.revision ?? 0;
    this.#listeners.announce(eventOf(revision.revision, previous, revision.entry));
  }

  async restore(snapshot: SealedSnapshot, position: Position): Promise<boolean> {
    const state = this.#open();
    if (!state.canRestore(position)) return state.holds(position, snapshot);
    state.restore({ ...position, snapshot });
    this.#listeners.announce(fetchEvent(snapshot, position.revision, 0));
    return true;
  }

  async document(aggregate: string): Promise<StoredDocument | null> {
    return this.#open().document(aggregate);
  }

  async documentVersion(aggregate: string): Promise<number> {
    return this.#open().documentVersion(aggregate);
  }

  async documents(prefix: string): Promise<string[]> {
    return this.#open().documents(prefix);
  }

  async report(nodeId: string, status: Uint8Array, ttlMs: number): Promise<void> {
    this.#open();
    this.#nodes.set(nodeId, { status, expiresAt: this.now() + ttlMs });
  }

  async leave(nodeId: string): Promise<void> {
    this.#open();
    this.#nodes.delete(nodeId);
  }

  async nodes(): Promise<Uint8Array[]> {
    this.#open();
    const now = this.now();
    for (const [id, { expiresAt }] of this.#nodes) if (expiresAt <= now) this.#nodes.delete(id);
    return [...this.#nodes.values()].map(({ status }) => status);
  }

  async subscribe(listener: StoreListener): Promise<Subscription> {
    this.#open();
    this.#listeners.add(listener);
    listener.connected();
    return { end: async () => this.#listeners.delete(listener) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): StoreState {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
    return this.#state;
  }
}
