/** What a store holds, as a plain state machine: all of the memory store, and what the disk store's journal leads to. */
import type {
  HistoryEntry,
  JournalCheckpoint,
  JournalCommit,
  JournalDocument,
  JournalRestore,
  SealedSnapshot,
} from '../../proto/messages.js';
import { equalBytes, type Position, type SealedHead } from '../head.js';
import { type Commit, ConflictError, type StoredDocument } from '../store.js';

interface Newest {
  position: Position;
  head: SealedHead;
  items: Map<string, Uint8Array>;
  /** It was put back and not built on since. */
  restored: boolean;
  /** The oldest revision of this epoch from which the history leads here. */
  reachesBackTo: number;
}

export class StoreState {
  readonly #historyLimit: number;
  #newest: Newest | null = null;
  #history: HistoryEntry[] = [];
  #documents = new Map<string, StoredDocument>();

  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  get position(): Position | null {
    return this.#newest === null ? null : { ...this.#newest.position };
  }

  get head(): SealedHead | null {
    return this.#newest === null ? null : this.#newest.head;
  }

  read(): SealedSnapshot | null {
    if (this.#newest === null) return null;
    const { head, items } = this.#newest;
    const keyed = [...items].map(([key, item]) => ({ key, item }));
    return { head: head.head, mac: head.mac, items: keyed.sort((a, b) => (a.key < b.key ? -1 : 1)) };
  }

  readSince(base: Position): HistoryEntry[] | null {
    if (this.#newest === null) return null;
    const { position, reachesBackTo } = this.#newest;
    const count = position.revision - base.revision;
    const known =
      base.epoch === position.epoch &&
      base.revision >= reachesBackTo &&
      count >= 0 &&
      count <= this.#history.length;
    return known ? this.#history.slice(this.#history.length - count) : null;
  }

  history(limit: number): HistoryEntry[] {
    return limit > 0 ? this.#history.slice(-limit).reverse() : [];
  }

  document(aggregate: string): StoredDocument | null {
    const found = this.#documents.get(aggregate);
    return found === undefined ? null : { version: found.version, parts: new Map(found.parts) };
  }

  documentVersion(aggregate: string): number {
    return this.#documents.get(aggregate)?.version ?? 0;
  }

  documents(prefix: string): string[] {
    return [...this.#documents.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  /** @throws ConflictError */
  check({ revision, documents = [] }: Commit): void {
    const actual = this.position;
    if (revision !== undefined && !samePosition(revision.expected, actual)) {
      throw new ConflictError(revision.expected, actual);
    }
    for (const { aggregate, expectedVersion } of documents) {
      if (this.documentVersion(aggregate) !== expectedVersion) {
        throw new ConflictError(revision?.expected ?? null, actual, aggregate);
      }
    }
  }

  /** What was checked before. */
  apply({ revision, documents }: JournalCommit): void {
    if (revision !== undefined) {
      const { epoch, entry } = revision;
      const before = this.#newest;
      const items = before?.items ?? new Map<string, Uint8Array>();
      for (const key of entry.deletes) items.delete(key);
      for (const { key, item } of entry.upserts) items.set(key, item);
      this.#newest = {
        position: { epoch, revision: revision.revision },
        head: { head: entry.head, mac: entry.mac },
        items,
        restored: false,
        reachesBackTo: before?.position.epoch === epoch ? before.reachesBackTo : revision.revision,
      };
      this.#history.push(entry);
      if (this.#history.length > this.#historyLimit) this.#history.shift();
    }
    for (const change of documents) this.#changeDocument(change);
  }

  canRestore({ epoch, revision }: Position): boolean {
    if (this.#newest === null) return true;
    const { position, restored } = this.#newest;
    return restored && position.epoch === epoch && position.revision < revision;
  }

  /** The same head at the same position. */
  holds(position: Position, { head, mac }: SealedHead): boolean {
    const newest = this.#newest;
    return (
      newest !== null &&
      samePosition(newest.position, position) &&
      equalBytes(newest.head.head, head) &&
      equalBytes(newest.head.mac, mac)
    );
  }

  restore({ epoch, revision, snapshot }: JournalRestore): void {
    this.#newest = {
      position: { epoch, revision },
      head: { head: snapshot.head, mac: snapshot.mac },
      items: new Map(snapshot.items.map(({ key, item }) => [key, item])),
      restored: true,
      reachesBackTo: revision,
    };
  }

  checkpoint(): JournalCheckpoint {
    const newest = this.#newest;
    const snapshot = this.read();
    return {
      ...(newest === null || snapshot === null ? {} : { newest: { ...newest.position, snapshot } }),
      restored: newest?.restored ?? false,
      reachesBackTo: newest?.reachesBackTo ?? 0,
      history: this.#history,
      documents: [...this.#documents].map(([aggregate, { version, parts }]) => ({
        aggregate,
        version,
        puts: [...parts].map(([name, content]) => ({ name, content })),
        deletes: [],
        drop: false,
      })),
    };
  }

  static of(checkpoint: JournalCheckpoint, historyLimit: number): StoreState {
    const state = new StoreState(historyLimit);
    if (checkpoint.newest !== undefined) state.restore(checkpoint.newest);
    if (state.#newest !== null) {
      state.#newest.restored = checkpoint.restored;
      state.#newest.reachesBackTo = checkpoint.reachesBackTo;
    }
    state.#history = checkpoint.history.slice(-historyLimit);
    for (const document of checkpoint.documents) state.#changeDocument(document);
    return state;
  }

  #changeDocument({ aggregate, version, puts, deletes, drop }: JournalDocument): void {
    if (drop) {
      this.#documents.delete(aggregate);
      return;
    }
    const parts = this.#documents.get(aggregate)?.parts ?? new Map<string, Uint8Array>();
    for (const name of deletes) parts.delete(name);
    for (const { name, content } of puts) parts.set(name, content);
    this.#documents.set(aggregate, { version, parts });
  }
}

export function samePosition(a: Position | null, b: Position | null): boolean {
  return a === null || b === null ? a === b : a.epoch === b.epoch && a.revision === b.revision;
}
