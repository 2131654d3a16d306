/**
 * How a node follows its store. What a store announces is a hint: it may be lost, late, doubled or forged. So the node
 * subscribes first and reads then, takes an announced change only when it continues exactly what the node knows (number
 * and content) and leads to the content it promises, and for everything else compares itself with the store: at each
 * new connection, at each hint that does not fit, whenever a look at the store's head every two seconds shows another
 * one, and every ten seconds in any case. What a node knows and what it serves are two things: a revision that cannot be
 * served is known all the same, and the next one builds on it.
 */
import type { ConfigEvent, Head, Refusal } from '../../proto/messages.js';
import { openSnapshot } from '../commit.js';
import { open, type SealedHead, sameHead, sameSealed, UntrustedError } from '../head.js';
import type { Items } from '../items.js';
import type { ConfigStore, Subscription } from '../store.js';
import { Applier, type Served } from './applier.js';
import type { Clock } from './clock.js';
import { Confirmer } from './confirmer.js';
import { Loop } from './loop.js';
import { Progress, type ResyncReason } from './progress.js';
import {
  follow,
  openSealed,
  positionOf,
  type SealedRevision,
  sealedSnapshot,
  standing,
} from './sealed-revision.js';

export interface FollowerOptions {
  store: ConfigStore;
  /** Revisions without an HMAC under this key are not believed; undefined: every undamaged one is. */
  key: Uint8Array | undefined;
  /** What the node served before it was started; served again when the store has nothing newer, or cannot be read. */
  lastKnownGood: SealedRevision | null;
  /** One at a time. @throws Error with the reason when it cannot be served; ItemError names the item */
  apply(revision: number, items: Items): Promise<void>;
  clock: Clock;
  /** 0 up to 1. */
  random(): number;
  /** @param cause what repeats count together under */
  log(line: string, cause: string): void;
  /** Something was applied or refused, or the trouble is another one. */
  changed(): void;
}

export interface FollowerState {
  /** Null: nothing of the store. */
  served: Served | null;
  /** Set as long as the newest revision is one that cannot be served. */
  refused: Refusal | null;
  /** The store has been read since the start, and was believed. */
  read: boolean;
  /** The newest revision that was believed, served or not; null: none ever was. */
  known: Head | null;
  /** Why the node cannot say whether it is in step; null: it can. One phrase. */
  trouble: string | null;
}

/** A look is one small question: whether the store's head is still the one that is known. */
const LOOK_MS = 1_500;
/** Nodes started together do not ask together for ever. */
const LOOK_JITTER_MS = 500;
/** A poll compares in any case, and tries again what failed: every 9 to 12 seconds. */
const LOOKS_PER_POLL = 6;
/** Whether the store's items are whole takes reading them all: about once a minute. */
const LOOKS_PER_AUDIT = 36;
/** Hints that lead to a reading cannot lead to more than ten a second. */
const PULL_SPACING_MS = 100;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;
/** Before an empty store is filled: whoever waits shortest does it, and the others need not. */
const RESTORE_MIN_MS = 50;
const RESTORE_MAX_MS = 300;

export class Follower {
  readonly progress = new Progress();
  readonly #options: FollowerOptions;
  readonly #applier: Applier;
  /** The newest revision that was believed, served or not. */
  #known: SealedRevision | null;
  #read = false;
  #trouble: string | null = 'the configuration store was not reached yet';
  #told = false;
  #connected = false;
  #subscription: Subscription | null = null;
  #pullFor: ResyncReason | null = null;
  readonly #pulls = new Loop(() => this.#nextPull());
  #pullNotBefore = 0;
  #retryMs = RETRY_MIN_MS;
  #retrying = false;
  /** What the store would not have overwritten. */
  #declined: Head | null = null;
  /** The head that was compared with since something was learned: looks leave it to the polls. */
  #compared: SealedHead | null = null;
  /** The items are due to be read though the head is known. */
  #audit = false;
  readonly #confirmer: Confirmer;
  #stopped = false;
  readonly #timers = new Set<() => void>();
  #firstAnswer: (() => void) | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#known = options.lastKnownGood;
    const { apply, clock, changed, store } = options;
    this.#applier = new Applier(
      {
        apply,
        clock,
        changed,
        progress: this.progress,
        storeNow: () => store.now(),
        log: (line) => options.log(line, 'refused revision'),
      },
      options.lastKnownGood,
    );
    this.#confirmer = new Confirmer({
      head: () => store.head(),
      confirmed: (revision) => this.#learn(revision),
      doubted: (revision, head) => this.#doubted(revision, head),
      sleep: (ms) => (this.#stopped ? Promise.resolve() : this.#sleep(ms)),
    });
  }

  get state(): FollowerState {
    return {
      served: this.#applier.served,
      refused: this.#applier.refused,
      read: this.#read,
      known: this.#known?.head ?? null,
      trouble: this.#trouble,
    };
  }

  /** The subscription is in place, and the store could be read when it was last tried. */
  get connected(): boolean {
    return this.#connected && this.#trouble === null;
  }

  /**
   * Resolves when the first revision is served or refused, or the store is empty, or it gave no answer for `waitMs`:
   * then the last known good is served, and the store is followed as soon as it is there.
   */
  async start(waitMs: number): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#firstAnswer = resolve;
    });
    void this.#subscribe();
    this.#lookLater(1);
    await Promise.race([answered, this.#sleep(waitMs)]);
    if (this.#known !== null) this.#applier.want(this.#known, false);
    await this.#applier.release();
  }

  /** A local reason to refuse the newest revision may be gone. */
  retry(): void {
    this.#applier.retry();
  }

  /** Resolves when an apply that is under way has ended; what the store was asked is no longer waited for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const end of [...this.#timers]) end();
    await this.#applier.stop();
    await this.#subscription?.end().catch(() => {});
  }

  async #subscribe(): Promise<void> {
    try {
      const subscription = await this.#options.store.subscribe({
        event: (event) => this.#event(event),
        garbage: (reason) => this.#distrusted(new UntrustedError(reason)),
        connected: () => {
          this.#connected = true;
          this.#pull('connected');
        },
        disconnected: (reason) => {
          this.#connected = false;
          this.#troubled(`configuration store: disconnected: ${reason}`);
        },
      });
      if (this.#stopped) await subscription.end();
      else this.#subscription = subscription;
    } catch (error) {
      this.#troubled((error as Error).message);
    }
    if (!this.#connected) this.#pull('start');
  }

  #event(event: ConfigEvent): void {
    if (this.#stopped) return;
    try {
      const reason = this.#take(event);
      if (reason !== null) this.#pull(reason);
    } catch (error) {
      this.#distrusted(error as Error);
    }
  }

  /** @returns why it takes a reading to know more; null: nothing is missing. @throws UntrustedError */
  #take(event: ConfigEvent): ResyncReason | null {
    const { key } = this.#options;
    const known = this.#known;
    const head = open(event, key);
    // What was put back is announced as following nothing.
    const other = !event.tooLarge && head.previousRevision !== event.previousRevision;
    if (head.revision !== event.revision || other) {
      throw new UntrustedError(`an event names revision ${event.revision}, its head ${head.revision}`);
    }
    if (known === null) return 'gap';
    if (sameHead(head, known.head)) return null;
    if (event.tooLarge) return 'too-large';
    const next = follow(this.#confirmer.newest ?? known, [event], key);
    if (next === null) return 'gap';
    // A signature vouches for it.
    if (key !== undefined) this.#learn(next);
    else this.#confirmer.confirm(next);
    return null;
  }

  #doubted({ head }: SealedRevision, found: SealedHead | null): void {
    if (this.#stopped) return;
    if (found !== null && sameSealed(found, this.#known?.sealed ?? null)) {
      this.#distrust(
        new UntrustedError(`revision ${head.revision} was announced, and the store has no such`),
      );
    } else {
      this.#pull('gap');
    }
  }

  #distrusted(error: Error): void {
    this.#distrust(error);
    this.#pull('untrusted');
  }

  #distrust(error: Error): void {
    this.progress.untrusted++;
    this.#options.log(
      `something from the configuration store is not believed: ${error.message}`,
      'untrusted',
    );
  }

  #learn(revision: SealedRevision): void {
    this.#known = revision;
    this.#compared = null;
    // What was committed before the node looked for the first time says nothing about how fast it follows.
    this.#applier.want(revision, this.#read);
  }

  /** Compares with the store, soon; several wishes at once are one. */
  #pull(reason: ResyncReason): void {
    if (this.#stopped) return;
    this.#pullFor ??= reason;
    void this.#pulls.wake();
  }

  #nextPull(): Promise<void> | null {
    const reason = this.#pullFor;
    if (reason === null || this.#stopped) return null;
    const wait = this.#pullNotBefore - this.#options.clock.now();
    if (wait > 0) return this.#sleep(wait);
    this.#pullFor = null;
    this.progress.resyncs[reason]++;
    return this.#pullOnce();
  }

  async #pullOnce(): Promise<void> {
    try {
      const trouble = await this.#compare();
      this.#retryMs = RETRY_MIN_MS;
      if (trouble === null) this.#inStep();
      else this.#troubled(trouble);
      this.#firstAnswer?.();
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof UntrustedError) {
        // Read again at the next event or poll: what is stored does not change by itself.
        this.#distrust(error);
        this.#troubled(`the configuration store is not believed: ${error.message}`);
        this.#firstAnswer?.();
        return;
      }
      this.#troubled(`configuration store: ${(error as Error).message}`);
      this.#retryLater();
    } finally {
      this.#pullNotBefore = this.#options.clock.now() + PULL_SPACING_MS;
    }
  }

  #retryLater(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    this.#timer(this.#retryMs * (0.5 + this.#options.random() / 2), () => {
      this.#retrying = false;
      this.#pull('retry');
    });
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
  }

  /**
   * One comparison.
   * @returns why the node does not follow what it found, or null
   * @throws UntrustedError, StoreUnavailableError
   */
  async #compare(): Promise<string | null> {
    const { store, key } = this.#options;
    const known = this.#known;
    const sealed = await store.head();
    if (this.#overtaken(known)) return null;
    this.#compared = sealed;
    if (sealed === null) return await this.#emptied(known);
    const head = open(sealed, key);
    if (known === null) return await this.#readAll(known);
    const found = standing(head, known.head, key !== undefined);
    if (found === 'same') return this.#audit ? await this.#auditItems(known) : null;
    if (found === 'ahead') return await this.#catchUp(known);
    if (await this.#restoredOver(head, known)) return null;
    return found === 'replayed' ? replayed(head, known.head) : await this.#readAll(known);
  }

  async #catchUp(known: SealedRevision): Promise<string | null> {
    const { store, key } = this.#options;
    const steps = await store.readSince(positionOf(known.head));
    if (this.#overtaken(known)) return null;
    if (steps === null) return await this.#readAll(known);
    let next: SealedRevision | null = null;
    try {
      next = follow(known, steps, key);
    } catch (error) {
      // One damaged step in the history does not keep anybody from the newest revision.
      this.#distrust(error as Error);
      return await this.#readAll(known);
    }
    // Steps that do not begin at what the node knows: the store went back, and on again another way.
    if (next === null) return await this.#readAll(known, true);
    this.#learn(next);
    return null;
  }

  async #readAll(known: SealedRevision | null, diverged = false): Promise<string | null> {
    const { store, key } = this.#options;
    const snapshot = await store.read();
    if (this.#overtaken(known)) return null;
    if (snapshot === null) return await this.#emptied(known);
    const read = openSealed(snapshot, key);
    if (known !== null) {
      const found = standing(read.head, known.head, key !== undefined);
      if (found === 'same') return null;
      if (found === 'replayed') return replayed(read.head, known.head);
      if (diverged || found === 'back') {
        this.progress.rewinds++;
        this.#options.log(
          `the configuration store went back in time: instead of ${named(known.head)} it holds ${named(read.head)}, which is followed`,
          'rewind',
        );
      }
    }
    this.#learn(read);
    return null;
  }

  /** Whether the store's items are those of the revision it names; if not, it gets back those the node knows. */
  async #auditItems(known: SealedRevision): Promise<string | null> {
    const { store, key } = this.#options;
    const snapshot = await store.read();
    if (this.#overtaken(known)) return null;
    if (snapshot === null) return await this.#emptied(known);
    try {
      openSnapshot(snapshot, key);
      this.#audit = false;
      return null;
    } catch (error) {
      this.#distrust(error as Error);
      // The next poll reads once more, whether it is whole by then.
      if (await this.#restore(known).catch(() => false)) return null;
      return `the configuration store is damaged: ${(error as Error).message}`;
    }
  }

  /** An empty store is never a configuration: it gets back what the node knows. */
  async #emptied(known: SealedRevision | null): Promise<null> {
    if (known === null) return null;
    const { random } = this.#options;
    await this.#sleep(RESTORE_MIN_MS + random() * (RESTORE_MAX_MS - RESTORE_MIN_MS));
    if (this.#stopped || this.#overtaken(known)) return null;
    // Another node may have been faster, with this revision or another.
    if (!(await this.#restore(known))) this.#pullFor ??= 'retry';
    return null;
  }

  /** A node that knew less may have filled an empty store first; over anything else the store declines, once. */
  async #restoredOver(head: Head, known: SealedRevision): Promise<boolean> {
    if (head.epoch !== known.head.epoch || head.revision >= known.head.revision) return false;
    if (this.#declined !== null && sameHead(this.#declined, head)) return false;
    if (await this.#restore(known)) return true;
    this.#declined = head;
    return false;
  }

  async #restore(known: SealedRevision): Promise<boolean> {
    const restored = await this.#options.store.restore(sealedSnapshot(known), positionOf(known.head));
    if (restored) {
      this.progress.restores++;
      this.#options.log(
        `the configuration store had lost its content, or part of it: ${named(known.head)} was put back into it`,
        'restore',
      );
    }
    return restored;
  }

  /** An event was taken while the store was asked: the answer may be older than what the node knows by now. */
  #overtaken(known: SealedRevision | null): boolean {
    if (this.#known === known) return false;
    this.#pullFor ??= 'retry';
    return true;
  }

  #inStep(): void {
    this.#read = true;
    if (this.#told) this.#options.log('the configuration store is followed again', 'store');
    this.#told = false;
    if (this.#trouble === null) return;
    this.#trouble = null;
    this.#options.changed();
  }

  /** Told once per trouble: what repeats says the same each time. */
  #troubled(trouble: string): void {
    if (this.#stopped || this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.#told = true;
    const served = this.#applier.served;
    const goesOn = served === null ? '' : `; revision ${served.revision.head.revision} is served on`;
    this.#options.log(`${trouble}${goesOn}`, 'store');
    this.#options.changed();
  }

  #lookLater(count: number): void {
    this.#timer(LOOK_MS + this.#options.random() * LOOK_JITTER_MS, () => void this.#look(count));
  }

  async #look(count: number): Promise<void> {
    if (count % LOOKS_PER_AUDIT === 0) this.#audit = true;
    if (count % LOOKS_PER_POLL === 0) {
      this.#pull('poll');
      this.#applier.poll();
    } else if (await this.#isElsewhere()) {
      this.#pull('poll');
    }
    if (!this.#stopped) this.#lookLater(count + 1);
  }

  /** The store's head is one that nothing has told of. */
  async #isElsewhere(): Promise<boolean> {
    try {
      const head = await this.#options.store.head();
      if (sameSealed(head, this.#known?.sealed ?? null)) return false;
      return head === null || !sameSealed(head, this.#compared);
    } catch {
      // The subscription and the polls tell of a store that cannot be reached.
      return false;
    }
  }

  /** Ends early when the follower stops. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#timer(ms, resolve, resolve));
  }

  #timer(ms: number, run: () => void, atStop = (): void => {}): void {
    const end = (): void => {
      cancel();
      this.#timers.delete(end);
      atStop();
    };
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(end);
      run();
    });
    this.#timers.add(end);
  }
}

function named({ revision, epoch, at }: Head): string {
  return `revision ${revision} of ${new Date(at).toISOString()} (epoch ${epoch.slice(0, 8)})`;
}

function replayed(found: Head, known: Head): string {
  return `the configuration store holds ${named(found)}, which is no newer than ${named(known)} that this node knows, and is not followed: with a configuration key anybody who can write to the store could only bring back what is old; push or roll back to make a new revision`;
}
