/** A follower against the simulated store, without faults unless a test makes them. */
import { Follower, type FollowerState } from '../../../src/config/follower/follower.js';
import { openSealed, type SealedRevision } from '../../../src/config/follower/sealed-revision.js';
import { EMPTY_ITEMS, type Items, storedItem } from '../../../src/config/items.js';
import { SimulatedStore, StoreLink } from './simulated-store.js';
import { seededRandom, VirtualTime } from './virtual-time.js';

export interface Applied {
  revision: number;
  items: Items;
  /** Virtual milliseconds. */
  at: number;
}

export class FollowedStore {
  readonly time = new VirtualTime();
  readonly store: SimulatedStore;
  readonly key: Uint8Array | undefined;
  readonly #random = seededRandom(1);

  constructor(key?: Uint8Array) {
    this.key = key;
    this.store = new SimulatedStore(this.time, this.#random, key);
  }

  /** One item more, or another content of one. @returns the new revision's number */
  commit(key: string, content: string): number {
    const before = this.store.state?.revision.items ?? EMPTY_ITEMS;
    const revision = this.store.commit(new Map(before).set(key, storedItem(Buffer.from(content))));
    if (revision === null) throw new Error('nothing changed');
    return revision.head.revision;
  }

  /** As FLUSHALL does it. */
  wipe(): void {
    this.store.state = null;
  }

  follower(options: Partial<FollowedOptions> = {}): FollowedNode {
    return new FollowedNode(
      this,
      { lastKnownGood: null, applyMs: 5, refuse: () => null, ...options },
      this.#random,
    );
  }
}

export interface FollowedOptions {
  lastKnownGood: SealedRevision | null;
  /** Virtual milliseconds. */
  applyMs: number;
  /** What is wrong with a revision. */
  refuse(revision: number, items: Items): Error | null;
}

export class FollowedNode {
  readonly link: StoreLink;
  readonly follower: Follower;
  /** In order. */
  readonly applied: Applied[] = [];
  attempts = 0;
  readonly log: string[] = [];

  constructor(cluster: FollowedStore, options: FollowedOptions, random: () => number) {
    const { time, store, key } = cluster;
    this.link = new StoreLink(store, time);
    this.link.restored = (snapshot) => {
      const { head, items, sealed } = openSealed(snapshot, key);
      store.state = { revision: { head, items }, sealed, history: [], restored: true };
    };
    this.follower = new Follower({
      store: this.link,
      key,
      lastKnownGood: options.lastKnownGood,
      clock: time,
      random,
      log: (line) => this.log.push(line),
      changed: () => {},
      apply: async (revision, items) => {
        this.attempts++;
        await time.sleep(options.applyMs);
        const error = options.refuse(revision, items);
        if (error !== null) throw error;
        this.applied.push({ revision, items, at: time.now() });
      },
    });
  }

  get state(): FollowerState {
    return this.follower.state;
  }

  get revisions(): number[] {
    return this.applied.map(({ revision }) => revision);
  }
}
