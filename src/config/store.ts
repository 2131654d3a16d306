/**
 * The port to where a configuration is kept. Three adapters stand behind it, in src/config/stores: memory, disk and
 * Redis; one conformance suite holds for all.
 *
 * A store keeps two kinds of things. **Items** are what data planes serve: versioned as one whole by a revision,
 * announced to subscribers, with a history. **Documents** are what the control plane edits: aggregates of parts, each
 * aggregate with a version of its own, announced to nobody. One commit may change both, all or nothing.
 *
 * A store does not judge what it holds: heads are made and believed by its users (src/config/head.ts).
 */
import type { ConfigEvent, HistoryEntry, SealedSnapshot } from '../proto/messages.js';
import type { Position, SealedHead } from './head.js';
import type { ItemChange } from './items.js';

export interface ConfigStore {
  /** For people: `memory`, `/var/lib/propylon`, `redis://10.0.0.1:6379 (namespace propylon)`; without secrets. */
  readonly description: string;
  /** Whether what is committed outlives the process. */
  readonly durable: boolean;
  /** Whether it can lose what it holds while nodes that follow it go on: a server that comes back empty. */
  readonly external: boolean;

  /** Milliseconds since 1970 by the store's clock, so that the nodes' own clocks do not matter. */
  now(): number;

  /** Null: the store is empty. @throws StoreUnavailableError */
  position(): Promise<Position | null>;
  /**
   * The head of the newest revision: what tells a node at little cost whether it is in step, content included.
   * Null: the store is empty. @throws StoreUnavailableError
   */
  head(): Promise<SealedHead | null>;
  /** All items of the newest revision, as one consistent reading. Null: the store is empty. @throws StoreUnavailableError */
  read(): Promise<SealedSnapshot | null>;
  /**
   * The revisions after `base`, oldest first; none when `base` is the newest. Null when the history does not lead from
   * `base` to the newest: it begins later, is of another epoch, or the store is behind `base`. @throws StoreUnavailableError
   */
  readSince(base: Position): Promise<HistoryEntry[] | null>;
  /** The newest `limit` revisions that are kept, newest first. @throws StoreUnavailableError */
  history(limit: number): Promise<HistoryEntry[]>;

  /**
   * All or nothing. A commit with a revision is announced to subscribers.
   * @throws ConflictError when something it builds on is no longer the newest; nothing has changed
   * @throws StoreUnavailableError when it is not known whether it was carried out
   */
  commit(commit: Commit): Promise<void>;
  /**
   * Puts a configuration back into a store that has lost it: only into an empty one, or over an older revision of the
   * same epoch that was itself put back and not built on since. The first of several nodes wins, the newest stays.
   * Items that somebody else damaged beside the store's back are put back over the same revision.
   * True: the store now holds it.
   */
  restore(snapshot: SealedSnapshot, position: Position): Promise<boolean>;

  /** Null: there is none. Parts by name. @throws StoreUnavailableError */
  document(aggregate: string): Promise<StoredDocument | null>;
  /** 0: there is none. */
  documentVersion(aggregate: string): Promise<number>;
  /** Names of all aggregates that begin with `prefix`, sorted. */
  documents(prefix: string): Promise<string[]>;

  /** Keeps an encoded `NodeStatus` for `ttlMs`, by the store's clock. */
  report(nodeId: string, status: Uint8Array, ttlMs: number): Promise<void>;
  /** Forgets a node at once. */
  leave(nodeId: string): Promise<void>;
  /** Encoded statuses of the nodes that have not expired. */
  nodes(): Promise<Uint8Array[]>;

  /** Resolves when the subscription is in place, or the first attempt failed and goes on in the background. */
  subscribe(listener: StoreListener): Promise<Subscription>;
  close(): Promise<void>;
}

export interface Subscription {
  end(): Promise<void>;
}

/** Events are hints: some may be lost, come twice, or out of order. */
export interface StoreListener {
  event(event: ConfigEvent): void;
  /** Something was announced that is no event: wrong size or type. */
  garbage(reason: string): void;
  /** The subscription is in place, for the first time or again: whatever was announced before is to be read. */
  connected(): void;
  disconnected(reason: string): void;
}

export interface Commit {
  /** Absent: only documents change. */
  revision?: RevisionCommit;
  documents?: readonly DocumentChange[];
}

export interface RevisionCommit {
  /** What it builds on; null: the store must be empty. */
  expected: Position | null;
  position: Position;
  head: SealedHead;
  change: ItemChange;
  /** What the change replaces or removes: the history's way back. */
  before: HistoryEntry['before'];
}

export interface DocumentChange {
  aggregate: string;
  /** 0: it must not exist yet. Afterwards its version is one higher. */
  expectedVersion: number;
  puts?: ReadonlyMap<string, Uint8Array>;
  /** Names of parts. */
  deletes?: readonly string[];
  /** The aggregate ends; a version that has ended never comes back, because names of aggregates are not used again. */
  drop?: boolean;
}

export interface StoredDocument {
  version: number;
  parts: Map<string, Uint8Array>;
}

/** Somebody else was first. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  /** What the commit built on; null: an empty store. */
  readonly expected: Position | null;
  /** What the store has. */
  readonly actual: Position | null;
  /** The aggregate in conflict; absent: the revision. */
  readonly aggregate?: string;

  constructor(expected: Position | null, actual: Position | null, aggregate?: string) {
    super(
      aggregate === undefined
        ? `the configuration changed meanwhile: this change builds on ${named(expected)}, the store is at ${named(actual)}`
        : `${aggregate} changed meanwhile`,
    );
    this.expected = expected;
    this.actual = actual;
    if (aggregate !== undefined) this.aggregate = aggregate;
  }
}

/** The store cannot be reached, or does not answer in time. One sentence, without secrets. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Revisions kept for `history`, `diff` and `rollback` when nothing else is said. */
export const DEFAULT_HISTORY = 100;

function named(position: Position | null): string {
  return position === null ? 'an empty store' : `revision ${position.revision}`;
}
