/**
 * The store of one machine: a journal in `{directory}/journal`, all of it in memory as well. Several processes may use
 * the directory at once, a node and the commands that change its configuration: every call first reads what others
 * have written. The directory needs a local file system with hard links.
 */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEntry, JournalRecord, SealedSnapshot } from '../../proto/messages.js';
import { equalBytes, type Position, type SealedHead } from '../head.js';
import type { DiskStoreSettings } from '../settings.js';
import {
  type Commit,
  type ConfigStore,
  ConflictError,
  DEFAULT_HISTORY,
  type StoredDocument,
  type StoreListener,
  StoreUnavailableError,
  type Subscription,
} from '../store.js';
import { checkCommit, eventOf, fetchEvent, journalCommitOf } from './commits.js';
import { Journal, JournalError } from './journal.js';
import { Listeners } from './listeners.js';
import { NodeFiles } from './node-files.js';
import { StoreState, samePosition } from './state.js';

/** Milliseconds between two looks for what other processes wrote, should the file system not tell. */
const POLL_INTERVAL = 1_000;

export class DiskStore implements ConfigStore {
  readonly description: string;
  readonly durable = true;
  readonly external = false;
  readonly #historyLimit: number;
  readonly #journalDirectory: string;
  readonly #journal: Journal;
  readonly #nodeFiles: NodeFiles;
  readonly #listeners = new Listeners();
  #state: StoreState;
  /** Calls one after another: the last one, which never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #watcher: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #looking = false;
  /** Something was written while it was looking, maybe just behind its eyes. */
  #lookAgain = false;
  #failing = false;
  #closed = false;

  private constructor({ directory, historyLimit = DEFAULT_HISTORY }: DiskStoreSettings) {
    this.description = directory;
    this.#historyLimit = historyLimit;
    this.#journalDirectory = join(directory, 'journal');
    this.#journal = new Journal(this.#journalDirectory);
    this.#nodeFiles = new NodeFiles(join(directory, 'nodes'));
    this.#state = new StoreState(historyLimit);
  }

  /** @throws StoreUnavailableError when the directory cannot be used, or what is in it is damaged */
  static async open(settings: DiskStoreSettings): Promise<DiskStore> {
    const store = new DiskStore(settings);
    await store.#read(() => {});
    return store;
  }

  now(): number {
    return Date.now();
  }

  position(): Promise<Position | null> {
    return this.#read((state) => state.position);
  }

  head(): Promise<SealedHead | null> {
    return this.#read((state) => state.head);
  }

  read(): Promise<SealedSnapshot | null> {
    return this.#read((state) => state.read());
  }

  readSince(base: Position): Promise<HistoryEntry[] | null> {
    return this.#read((state) => state.readSince(base));
  }

  history(limit: number): Promise<HistoryEntry[]> {
    return this.#read((state) => state.history(limit));
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    const record: JournalRecord = { kind: 'commit', commit: journalCommitOf(commit) };
    await this.#inTurn(() =>
      this.#append(record, (state) => {
        state.check(commit);
        return true;
      }),
    );
  }

  restore(snapshot: SealedSnapshot, position: Position): Promise<boolean> {
    const record: JournalRecord = { kind: 'restore', restore: { ...position, snapshot } };
    return this.#inTurn(async () => {
      const appended = await this.#append(record, (state) => state.canRestore(position));
      return appended || this.#state.holds(position, snapshot);
    });
  }

  document(aggregate: string): Promise<StoredDocument | null> {
    return this.#read((state) => state.document(aggregate));
  }

  documentVersion(aggregate: string): Promise<number> {
    return this.#read((state) => state.documentVersion(aggregate));
  }

  documents(prefix: string): Promise<string[]> {
    return this.#read((state) => state.documents(prefix));
  }

  report(nodeId: string, status: Uint8Array, ttlMs: number): Promise<void> {
    return this.#guarded(() => this.#nodeFiles.report(nodeId, status, ttlMs));
  }

  leave(nodeId: string): Promise<void> {
    return this.#guarded(() => this.#nodeFiles.leave(nodeId));
  }

  nodes(): Promise<Uint8Array[]> {
    return this.#guarded(() => this.#nodeFiles.nodes());
  }

  async subscribe(listener: StoreListener): Promise<Subscription> {
    // What was announced before the subscription is in place is read by whoever subscribes.
    const failure = await this.#read(() => null).catch((error: Error) => error);
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
    this.#listeners.add(listener);
    this.#follow();
    if (failure === null) listener.connected();
    else {
      this.#failing = true;
      listener.disconnected(failure.message);
    }
    return {
      end: async () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#unfollow();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unfollow();
    await this.#last;
  }

  #read<T>(question: (state: StoreState) => T): Promise<T> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return question(this.#state);
    });
  }

  /** Writes a record when it may be written on top of everything before it; else false. */
  async #append(record: JournalRecord, may: (state: StoreState) => boolean): Promise<boolean> {
    do {
      await this.#catchUp();
      if (!may(this.#state)) return false;
      // Another process that was first has got on, so some process always does.
    } while (!(await this.#journal.append(record)));
    this.#take(record);
    if (this.#journal.due) void this.#inTurn(() => this.#checkpoint()).catch(() => {});
    return true;
  }

  /** A failure costs disk space only, and the next commit tries again. */
  async #checkpoint(): Promise<void> {
    await this.#catchUp();
    await this.#journal.append({ kind: 'checkpoint', checkpoint: this.#state.checkpoint() });
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const next = await this.#journal.next();
      if (next === null) return;
      if (!next.anew) this.#take(next.record);
      else if (next.record.kind === 'checkpoint')
        this.#replace(StoreState.of(next.record.checkpoint, this.#historyLimit));
    }
  }

  #take(record: JournalRecord): void {
    if (record.kind === 'commit') {
      const previous = this.#state.position?.revision ?? 0;
      this.#state.apply(record.commit);
      const { revision } = record.commit;
      if (revision !== undefined)
        this.#listeners.announce(eventOf(revision.revision, previous, revision.entry));
    } else if (record.kind === 'restore') {
      this.#state.restore(record.restore);
      this.#listeners.announce(fetchEvent(record.restore.snapshot, record.restore.revision, 0));
    }
  }

  #replace(state: StoreState): void {
    const before = this.#state;
    this.#state = state;
    // The folder may be another one now.
    this.#unwatch();
    if (this.#listeners.size > 0) this.#follow();
    const { position, head } = state;
    if (position === null || head === null) {
      // Emptied under a running process: nothing can be announced, but those who look will see it.
      if (before.position !== null) this.#listeners.tell((listener) => listener.connected());
      return;
    }
    const known =
      samePosition(before.position, position) &&
      before.head !== null &&
      equalBytes(before.head.head, head.head);
    if (!known) this.#listeners.announce(fetchEvent(head, position.revision, 0));
  }

  #follow(): void {
    this.#poll ??= setInterval(() => this.#look(), POLL_INTERVAL);
    if (this.#watcher !== null) return;
    try {
      this.#watcher = watch(this.#journalDirectory, () => this.#look());
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // No watches left, or none on this file system: looking now and then remains.
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  #unfollow(): void {
    this.#unwatch();
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#poll = null;
  }

  /** Reads what others wrote, for the listeners' sake. */
  #look(): void {
    this.#lookAgain = this.#looking;
    if (this.#looking) return;
    this.#looking = true;
    void this.#read(() => {})
      .then(
        () => {
          if (this.#failing) this.#listeners.tell((listener) => listener.connected());
          this.#failing = false;
        },
        (error: Error) => {
          if (!this.#failing && !this.#closed) {
            this.#listeners.tell((listener) => listener.disconnected(error.message));
          }
          this.#failing = true;
        },
      )
      .finally(() => {
        this.#looking = false;
        if (this.#lookAgain && !this.#closed) this.#look();
      });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#guarded(work));
    this.#last = result.catch(() => {});
    return result;
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConflictError || error instanceof RangeError) throw error;
      const { message } = error as Error;
      throw new StoreUnavailableError(
        error instanceof JournalError ? message : `${this.description} cannot be used: ${message}`,
      );
    }
  }
}
