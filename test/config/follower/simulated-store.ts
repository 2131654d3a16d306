/**
 * A store on a network of which nothing good can be said, as a state machine in virtual time. It keeps what
 * src/config/store.ts promises and nothing beyond: answers may take their time or not come, announcements may be lost,
 * late, doubled, out of order, or not what was sent.
 */
import { nextRevision, type Revision } from '../../../src/config/commit.js';
import { type Position, type SealedHead, sameSealed, seal } from '../../../src/config/head.js';
import { type Items, keyedItems, storedItem, storedItems } from '../../../src/config/items.js';
import {
  type ConfigStore,
  type StoreListener,
  StoreUnavailableError,
  type Subscription,
} from '../../../src/config/store.js';
import type { ConfigEvent, HistoryEntry, SealedSnapshot } from '../../../src/proto/messages.js';
import type { VirtualTime } from './virtual-time.js';

export interface StoreState {
  revision: Revision;
  sealed: SealedHead;
  history: { revision: number; entry: HistoryEntry }[];
  /** It was put back, and nothing was built on it since. */
  restored: boolean;
}

export interface Faults {
  /** Of an announcement to one node. */
  lost: number;
  doubled: number;
  damaged: number;
  forged: number;
  /** Milliseconds an announcement or an answer may take. */
  delayMs: number;
  /** Of a call. */
  unanswered: number;
}

export const NO_FAULTS: Faults = { lost: 0, doubled: 0, damaged: 0, forged: 0, delayMs: 1, unanswered: 0 };

const HISTORY = 4;

export class SimulatedStore {
  state: StoreState | null = null;
  faults: Faults = NO_FAULTS;
  /** Answers given, for claims about how much is asked. */
  calls = 0;
  readonly links = new Set<StoreLink>();
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #key: Uint8Array | undefined;

  constructor(time: VirtualTime, random: () => number, key: Uint8Array | undefined) {
    this.#time = time;
    this.#random = random;
    this.#key = key;
  }

  /** @returns null when nothing would change */
  commit(items: Items): Revision | null {
    const base = this.state?.revision ?? null;
    const next = nextRevision(base, items, { by: 'test', message: '' }, this.now(), this.#key);
    if (next === null) return null;
    const { commit } = next;
    let { revision } = next;
    let sealed = commit.head;
    if (base === null) {
      // A real epoch comes from nowhere; here the same seed is to lead to the same bytes.
      const epoch = Array.from({ length: 32 }, () => Math.floor(this.#random() * 16).toString(16)).join('');
      revision = { ...revision, head: { ...revision.head, epoch } };
      sealed = seal(revision.head, this.#key);
    }
    const upserts = [...commit.change.upserts].map(([key, { bytes }]) => ({ key, item: bytes }));
    const deletes = [...commit.change.deletes];
    const entry = { ...sealed, upserts, deletes, before: [...commit.before] };
    this.state = {
      revision,
      sealed,
      history: [...(this.state?.history ?? []), { revision: revision.head.revision, entry }].slice(-HISTORY),
      restored: false,
    };
    const { revision: number, previousRevision } = revision.head;
    this.#announce({ ...sealed, revision: number, previousRevision, upserts, deletes, tooLarge: false });
    return revision;
  }

  /** Milliseconds since 1970 by the store's clock. */
  now(): number {
    return Math.round(1_800_000_000_000 + this.#time.now());
  }

  /** The server's side of a call. */
  answer<T>(read: (state: StoreState | null) => T): T {
    this.calls++;
    return read(this.state);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  delay(): number {
    return this.#random() * this.faults.delayMs;
  }

  #announce(event: ConfigEvent): void {
    for (const link of this.links) {
      if (!this.chance(this.faults.lost)) link.deliver(event);
      if (this.chance(this.faults.doubled)) link.deliver(event);
      if (this.chance(this.faults.damaged)) link.deliver(this.#damaged(event));
      if (this.chance(this.faults.damaged)) link.deliver(null);
      if (this.chance(this.faults.forged)) link.deliver(this.#forged(event));
    }
  }

  #damaged(event: ConfigEvent): ConfigEvent {
    switch (Math.floor(this.#random() * 6)) {
      case 0:
        return { ...event, upserts: event.upserts.slice(1), deletes: [...event.deletes, 'api/missing'] };
      case 1:
        return { ...event, head: event.head.subarray(0, event.head.length / 2) };
      case 2: {
        const head = new Uint8Array(event.head);
        const at = Math.floor(this.#random() * head.length);
        head[at] = (head[at] as number) ^ (1 << Math.floor(this.#random() * 8));
        return { ...event, head };
      }
      case 3:
        return { ...event, tooLarge: true, upserts: [], deletes: [] };
      case 4:
        return {
          ...event,
          upserts: event.upserts.map(({ key, item }) => ({ key, item: item.subarray(0, item.length - 1) })),
        };
      default:
        return { ...event, revision: event.revision + 1, previousRevision: event.revision };
    }
  }

  /** Content of its own under a true head; or a whole revision, which with a key only lacks the right signature. */
  #forged(event: ConfigEvent): ConfigEvent {
    const forged = { key: 'stage/forged/prod', item: new Uint8Array([1, 2, 3]) };
    const base = this.state?.revision ?? null;
    if (base === null || this.chance(0.3)) return { ...event, upserts: [...event.upserts, forged] };
    const items = new Map(base.items).set(forged.key, storedItem(forged.item));
    const wrongKey = this.#key !== undefined && this.chance(0.5) ? new Uint8Array(32) : undefined;
    const next = nextRevision(base, items, { by: 'thief', message: '' }, this.now(), wrongKey);
    if (next === null) return event;
    const { revision, previousRevision } = next.revision.head;
    return {
      ...next.commit.head,
      revision,
      previousRevision,
      upserts: [forged],
      deletes: [],
      tooLarge: false,
    };
  }
}

/** One node's connections to the store. */
export class StoreLink implements ConfigStore {
  readonly description = 'simulated';
  readonly durable = false;
  readonly external = true;
  readonly #store: SimulatedStore;
  readonly #time: VirtualTime;
  #listener: StoreListener | null = null;
  #subscribed = false;
  #up = true;
  #dead = false;

  constructor(store: SimulatedStore, time: VirtualTime) {
    this.#store = store;
    this.#time = time;
    store.links.add(this);
  }

  now(): number {
    return this.#store.now();
  }

  position(): Promise<Position | null> {
    return this.#call((state) => {
      if (state === null) return null;
      const { epoch, revision } = state.revision.head;
      return { epoch, revision };
    });
  }

  head(): Promise<SealedHead | null> {
    return this.#call((state) => state?.sealed ?? null);
  }

  read(): Promise<SealedSnapshot | null> {
    return this.#call((state) =>
      state === null ? null : { ...state.sealed, items: keyedItems(state.revision.items) },
    );
  }

  readSince(base: Position): Promise<HistoryEntry[] | null> {
    return this.#call((state) => {
      if (state === null || state.revision.head.epoch !== base.epoch) return null;
      const behind = state.revision.head.revision - base.revision;
      if (behind < 0 || behind > state.history.length) return null;
      return behind === 0 ? [] : state.history.slice(-behind).map(({ entry }) => entry);
    });
  }

  history(): Promise<HistoryEntry[]> {
    return this.#call((state) => state?.history.map(({ entry }) => entry).reverse() ?? []);
  }

  restore(snapshot: SealedSnapshot, position: Position): Promise<boolean> {
    return this.#call((state) => {
      const head = state?.revision.head;
      if (state !== null && sameSealed(state.sealed, snapshot)) {
        state.revision.items = storedItems(snapshot.items);
        return true;
      }
      const allowed =
        state === null ||
        (state.restored && head?.epoch === position.epoch && head.revision < position.revision);
      if (allowed) this.restored(snapshot);
      return allowed;
    });
  }

  /** Set by the test: it knows how to read a snapshot. */
  restored: (snapshot: SealedSnapshot) => void = () => {};

  async subscribe(listener: StoreListener): Promise<Subscription> {
    this.#listener = listener;
    await this.#time.sleep(this.#store.delay());
    this.#connect();
    return {
      end: async () => {
        this.#listener = null;
      },
    };
  }

  report(): Promise<void> {
    return this.#call(() => undefined);
  }

  leave(): Promise<void> {
    return this.#call(() => undefined);
  }

  nodes(): Promise<Uint8Array[]> {
    return this.#call(() => []);
  }

  commit(): Promise<void> {
    throw new Error('the simulation commits by itself');
  }
  document(): Promise<null> {
    throw new Error('no documents here');
  }
  documentVersion(): Promise<number> {
    throw new Error('no documents here');
  }
  documents(): Promise<string[]> {
    throw new Error('no documents here');
  }

  async close(): Promise<void> {
    this.#dead = true;
    this.#store.links.delete(this);
  }

  /** @param event null: something that is no event */
  deliver(event: ConfigEvent | null): void {
    if (!this.#subscribed) return;
    this.#time.after(this.#store.delay(), () => {
      if (!this.#subscribed || this.#dead) return;
      if (event === null) this.#listener?.garbage('it is too short');
      else this.#listener?.event(event);
    });
  }

  /** The connections break, and nothing can be asked. */
  cut(): void {
    this.#up = false;
    this.loseSubscription();
  }

  mend(): void {
    this.#up = true;
    this.#connect();
  }

  /** Only the subscription breaks. */
  loseSubscription(): void {
    if (!this.#subscribed) return;
    this.#subscribed = false;
    this.#listener?.disconnected('cut');
  }

  #connect(): void {
    if (this.#subscribed || !this.#up || this.#dead || this.#listener === null) return;
    this.#subscribed = true;
    this.#listener.connected();
  }

  async #call<T>(read: (state: StoreState | null) => T): Promise<T> {
    const store = this.#store;
    await this.#time.sleep(store.delay());
    if (!this.#up || store.chance(store.faults.unanswered)) throw new StoreUnavailableError('no answer');
    const answer = store.answer(read);
    await this.#time.sleep(store.delay());
    // What came back may have been carried out all the same.
    if (!this.#up || store.chance(store.faults.unanswered)) throw new StoreUnavailableError('no answer');
    return answer;
  }
}
