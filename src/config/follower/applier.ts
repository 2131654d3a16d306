/**
 * Brings a node to the newest revision it is told of, one at a time. Revisions that come while one is applied are
 * skipped but for the newest: each is a whole state, not a step.
 */
import type { Refusal } from '../../proto/messages.js';
import { ItemError, type Items } from '../items.js';
import type { Clock } from './clock.js';
import { Loop } from './loop.js';
import type { Progress } from './progress.js';
import type { SealedRevision } from './sealed-revision.js';

export interface ApplierOptions {
  /** @throws Error with the reason when it cannot be served; ItemError names the item. What ran before goes on then. */
  apply(revision: number, items: Items): Promise<void>;
  clock: Clock;
  /** The store's clock. */
  storeNow(): number;
  progress: Progress;
  log(line: string): void;
  /** Something was applied or refused. */
  changed(): void;
}

/** What is served from the store. */
export interface Served {
  revision: SealedRevision;
  /** Milliseconds since 1970 by the store's clock. */
  at: number;
  /** Milliseconds since the commit; absent when the revision is older than the node's view of the store. */
  lagMs?: number;
}

interface Refused {
  revision: SealedRevision;
  refusal: Refusal;
  /** Polls until another attempt; infinite when an item is at fault, so that it would end the same. */
  retryIn: number;
  attempts: number;
}

/**
 * After each apply the applier rests, so that changes can be counted together. When some were skipped, more are likely to
 * come, and a longer rest keeps a burst at ten applies a second; changes that wait for each other are not kept waiting.
 */
const REST_MS = 20;
const BURST_REST_MS = 100;
/** A revision that, say, no worker survives is tried again less and less often. */
const MAX_RETRY_POLLS = 64;

export class Applier {
  readonly #options: ApplierOptions;
  #target: SealedRevision | null = null;
  #measured = false;
  #fallback: SealedRevision | null;
  #served: Served | null = null;
  #refused: Refused | null = null;
  /** The refused revision is to be tried again. */
  #due = false;
  /** The newest revision that was tried. */
  #reached: SealedRevision | null = null;
  #restUntil = 0;
  #held = true;
  readonly #loop = new Loop(() => this.#piece());
  #stopped = false;
  #endRest: (() => void) | null = null;
  #serves: (() => void) | null = null;

  /** @param fallback what to serve as long as nothing else can be */
  constructor(options: ApplierOptions, fallback: SealedRevision | null) {
    this.#options = options;
    this.#fallback = fallback;
  }

  get served(): Served | null {
    return this.#served;
  }

  /** The newest revision, when it is refused. */
  get refused(): Refusal | null {
    return this.#refused !== null && this.#refused.revision === this.#target ? this.#refused.refusal : null;
  }

  /** @param measured whether the time since its commit says how fast the node follows */
  want(revision: SealedRevision, measured: boolean): void {
    this.#target = revision;
    this.#measured = measured;
    void this.#loop.wake();
  }

  /** Applies nothing before this call. Resolves when something is served, or nothing can be. */
  async release(): Promise<void> {
    this.#held = false;
    const serves = new Promise<void>((resolve) => {
      this.#serves = resolve;
    });
    await Promise.race([serves, this.#loop.wake()]);
  }

  /** Time has passed: what stood in the way of the newest revision may be gone, unless it is the revision itself. */
  poll(): void {
    if (this.#refused !== null && --this.#refused.retryIn <= 0) this.#again();
  }

  /** Whatever stood in the way of the newest revision may be gone. */
  retry(): void {
    if (this.#refused !== null) this.#again();
  }

  /** Resolves when an apply that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endRest?.();
    await this.#loop.idle;
  }

  #again(): void {
    this.#due = true;
    void this.#loop.wake();
  }

  #piece(): Promise<void> | null {
    const next = this.#next();
    if (next === null) return null;
    const rest = this.#restUntil - this.#options.clock.now();
    return rest > 0 ? this.#rest(rest) : this.#apply(next);
  }

  #next(): SealedRevision | null {
    if (this.#held || this.#stopped) return null;
    const target = this.#target;
    if (target !== null && target !== this.#served?.revision) {
      if (this.#due || target !== this.#refused?.revision) return target;
    }
    return this.#served === null ? this.#fallback : null;
  }

  async #apply(revision: SealedRevision): Promise<void> {
    const { clock, progress, storeNow } = this.#options;
    const measured = this.#measured && revision === this.#target;
    const skipped = revision.head.revision - (this.#reached ?? revision).head.revision > 1;
    this.#reached = revision;
    this.#due = false;
    try {
      await this.#options.apply(revision.head.revision, revision.items);
      const at = storeNow();
      const later = revision.head.at > (this.#served?.revision.head.at ?? 0);
      const lagMs = Math.max(0, Math.round(at - revision.head.at));
      this.#served = { revision, at, ...(measured && later ? { lagMs } : {}) };
      if (revision === this.#target) this.#refused = null;
      progress.applied++;
      if (measured && later) progress.lag(revision.head.revision, lagMs);
    } catch (error) {
      // A node that stops may leave an apply unfinished.
      if (this.#stopped) return;
      progress.refused++;
      if (revision === this.#target) this.#refuse(revision, error as Error);
      else this.#options.log(`revision ${revision.head.revision} is refused: ${(error as Error).message}`);
    }
    if (revision === this.#fallback || this.#served !== null) this.#fallback = null;
    this.#restUntil = clock.now() + (skipped ? BURST_REST_MS : REST_MS);
    this.#options.changed();
    if (this.#served !== null) this.#serves?.();
  }

  #refuse(revision: SealedRevision, error: Error): void {
    const number = revision.head.revision;
    const attempts = this.#refused?.revision === revision ? this.#refused.attempts + 1 : 1;
    this.#refused =
      error instanceof ItemError
        ? {
            revision,
            refusal: { revision: number, reason: error.reason, item: error.key },
            retryIn: Number.POSITIVE_INFINITY,
            attempts,
          }
        : {
            revision,
            refusal: { revision: number, reason: error.message },
            retryIn: Math.min(2 ** (attempts - 1), MAX_RETRY_POLLS),
            attempts,
          };
    const instead = this.#served?.revision ?? this.#fallback;
    const goesOn =
      instead === null || instead === revision
        ? 'nothing can be served instead'
        : `revision ${instead.head.revision} goes on`;
    this.#options.log(`revision ${number} is refused, ${goesOn}: ${error.message}`);
  }

  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
    this.#endRest = null;
  }
}
