/**
 * The control plane's view of a ConfigStore: aggregates decoded and remembered, operations as transactions. A write is
 * durable in the store before its answer is sent; two writers of one aggregate never lose an update, because the second
 * commit finds another version and its operation runs again on the new state.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseError, readBase, settledBase } from '../../config/base.js';
import { type CommitNotes, nextRevision, type Revision } from '../../config/commit.js';
import { EMPTY_ITEMS } from '../../config/items.js';
import { ConflictError, type DocumentChange, StoreUnavailableError } from '../../config/store.js';
import type { CallableStore } from '../../config/stores/remote.js';
import { ApiError, conflict } from '../wire/errors.js';
import { type AggregateState, Draft, decodeAggregate, NO_AGGREGATE } from './draft.js';
import { type ControlPlaneSettings, Transaction, type TransactionSource } from './transaction.js';
import { Turns } from './turns.js';

/** How often an operation is run before its writer is told to try later: with this many rivals, AWS gives up as well. */
const MAX_ATTEMPTS = 20;

const LONGEST_PAUSE_MS = 20;

/** Aggregates remembered; the one used longest ago goes first. */
const MAX_REMEMBERED = 1_000;

export interface WorkspaceOptions {
  store: CallableStore;
  settings: ControlPlaneSettings;
  /** Signs revisions. */
  configKey?: Uint8Array;
}

export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #remembered = new Map<string, AggregateState>();
  #revision: Revision | null = null;
  readonly #turns = new Turns();

  constructor(options: WorkspaceOptions) {
    this.#options = options;
  }

  /**
   * Runs an operation and commits what it changed. When somebody else was faster it runs again on the new state.
   * @param by for the history
   * @param turn operations with the same one run one after the other; absent: it waits for nobody
   * @throws ApiError
   */
  async run<T>(
    operation: (transaction: Transaction) => Promise<T> | T,
    by: string,
    turn?: string,
  ): Promise<T> {
    return turn === undefined
      ? await this.#attempts(operation, by)
      : await this.#turns.take(turn, () => this.#attempts(operation, by));
  }

  async #attempts<T>(operation: (transaction: Transaction) => Promise<T> | T, by: string): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const transaction = new Transaction(this.#source(), this.#options.settings, this.#seconds());
        const result = await operation(transaction);
        await this.#commit(transaction, by);
        return result;
      } catch (error) {
        if (error instanceof StoreUnavailableError) throw unavailable(error);
        if (error instanceof BaseError) throw unusable(error);
        if (!(error instanceof ConflictError)) throw error;
        if (attempt === MAX_ATTEMPTS) {
          throw conflict(
            'Unable to complete operation due to concurrent modification. Please try again later.',
          );
        }
        // Rivals that lost together must not meet again and again.
        await sleep(Math.random() * Math.min(attempt, LONGEST_PAUSE_MS));
      }
    }
  }

  #source(): TransactionSource {
    const { store } = this.#options;
    return {
      draft: async (name) => new Draft(name, await this.#load(name)),
      names: (prefix) => store.documents(prefix),
      items: async () => (await this.#currentRevision())?.items ?? EMPTY_ITEMS,
    };
  }

  /** What is remembered is used when its version is still the store's: other nodes write, too. */
  async #load(name: string): Promise<AggregateState> {
    const { store } = this.#options;
    const remembered = this.#remembered.get(name);
    const version = await store.documentVersion(name);
    if (remembered !== undefined && remembered.version === version) {
      this.#remember(name, remembered);
      return remembered;
    }
    const document = version === 0 ? null : await store.document(name);
    if (document === null) {
      this.#remembered.delete(name);
      return NO_AGGREGATE;
    }
    const state = decodeAggregate(document.version, document.parts);
    this.#remember(name, state);
    return state;
  }

  #remember(name: string, state: AggregateState): void {
    this.#remembered.delete(name);
    this.#remembered.set(name, state);
    if (this.#remembered.size > MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
  }

  async #currentRevision(): Promise<Revision | null> {
    const { store, configKey } = this.#options;
    const position = await store.position();
    const known = this.#revision?.head;
    if (position === null) this.#revision = null;
    else if (known?.revision !== position.revision || known.epoch !== position.epoch) {
      this.#revision = await readBase(store, configKey);
    }
    return this.#revision;
  }

  /** @throws ConflictError when an empty store got back what nodes serve: the operation did not know of it */
  async #base(): Promise<Revision | null> {
    const { store, configKey } = this.#options;
    const current = await this.#currentRevision();
    if (current !== null) return current;
    const settled = await settledBase(store, configKey);
    if (settled !== null) throw new ConflictError(null, settled.head);
    return null;
  }

  async #commit(transaction: Transaction, by: string): Promise<void> {
    const drafts = transaction.changedDrafts;
    const documents = drafts.map(changeOf);
    const notes: CommitNotes = { by, message: transaction.message };
    const base = transaction.servesChanges ? await this.#base() : null;
    const next = transaction.servesChanges
      ? nextRevision(
          base,
          transaction.nextItems(base?.items ?? EMPTY_ITEMS),
          notes,
          this.#options.store.now(),
          this.#options.configKey,
        )
      : null;
    if (documents.length === 0 && next === null) return;
    await this.#options.store.commit({ documents, ...(next === null ? {} : { revision: next.commit }) });
    if (next !== null) this.#revision = next.revision;
    for (const draft of drafts) {
      const state = draft.committed();
      if (state.version === 0) this.#remembered.delete(draft.name);
      else this.#remember(draft.name, state);
    }
  }

  #seconds(): number {
    return Math.floor(this.#options.store.now() / 1000);
  }
}

function changeOf(draft: Draft): DocumentChange {
  return {
    aggregate: draft.name,
    expectedVersion: draft.base.version,
    puts: draft.encodedPuts(),
    deletes: draft.deletes,
    ...(draft.dropped ? { drop: true } : {}),
  };
}

function unavailable(error: StoreUnavailableError): ApiError {
  return new ApiError(
    'ServiceUnavailableException',
    `The configuration store cannot be reached: ${error.message}`,
    1,
  );
}

function unusable(error: BaseError): ApiError {
  return new ApiError('ServiceUnavailableException', `Nothing was changed: ${error.message}`, 1);
}
