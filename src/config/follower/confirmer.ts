/**
 * Without a configuration key an announcement proves nothing: anybody who can publish could have made it. So the store is
 * asked for its head before such a change is believed. That is one small question, and one for a whole burst: after each
 * there is a rest, a longer one when several changes had been announced, so that questions are as rare as applies.
 */
import { type SealedHead, sameSealed } from '../head.js';
import { Loop } from './loop.js';
import type { SealedRevision } from './sealed-revision.js';

/** Longer than what 50 changes a second leave between two: the second of them tells that more are coming. */
const REST_MS = 50;
const BURST_REST_MS = 100;

export interface ConfirmerOptions {
  /** The store's. */
  head(): Promise<SealedHead | null>;
  confirmed(revision: SealedRevision): void;
  /** The store holds another head, none (null), or did not say (null). */
  doubted(revision: SealedRevision, head: SealedHead | null): void;
  /** Ends early when nothing more is to be asked. */
  sleep(ms: number): Promise<void>;
}

export class Confirmer {
  readonly #options: ConfirmerOptions;
  #newest: SealedRevision | null = null;
  /** Announced since the last question. */
  #announced = 0;
  readonly #asking = new Loop(() => (this.#newest === null ? null : this.#ask(this.#newest)));

  constructor(options: ConfirmerOptions) {
    this.#options = options;
  }

  /** What announcements lead to and the store has not confirmed yet. */
  get newest(): SealedRevision | null {
    return this.#newest;
  }

  confirm(revision: SealedRevision): void {
    this.#newest = revision;
    this.#announced++;
    void this.#asking.wake();
  }

  async #ask(asked: SealedRevision): Promise<void> {
    const isBurst = this.#announced > 1;
    this.#announced = 0;
    const head = await this.#options.head().catch(() => null);
    const newest = this.#newest ?? asked;
    // Announced while the question was under way, it may be what the answer names.
    const found = [newest, asked].find(({ sealed }) => sameSealed(sealed, head));
    if (found === undefined || found === newest) this.#newest = null;
    if (found === undefined) this.#options.doubted(newest, head);
    else this.#options.confirmed(found);
    await this.#options.sleep(isBurst ? BURST_REST_MS : REST_MS);
  }
}
