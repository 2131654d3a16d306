/**
 * Whole clusters in virtual time: a few followers, one store, and everything that can happen to the messages between
 * them, thousands of times. A seed that fails is printed; `PROPYLON_SIMULATION_SEED=n` runs that one alone.
 */
import { expect, test } from 'vitest';
import { Follower } from '../../../src/config/follower/follower.js';
import { openSealed, type SealedRevision } from '../../../src/config/follower/sealed-revision.js';
import {
  applyChange,
  contentDigest,
  EMPTY_ITEMS,
  ItemError,
  type Items,
  type StoredItem,
  storedItem,
} from '../../../src/config/items.js';
import { NO_FAULTS, SimulatedStore, StoreLink, type StoreState } from './simulated-store.js';
import { seededRandom, VirtualTime } from './virtual-time.js';

const SEEDS = 2_000;
const NODES = 3;
const STEPS = 30;
const BAD = 'stage/bad/prod';
const KEY = new Uint8Array(32).fill(7);

/** What a node's disk and its client see; outlives the node's process. */
class SimulatedNode {
  readonly #world: World;
  lastKnownGood: SealedRevision | null = null;
  follower: Follower | null = null;
  link: StoreLink | null = null;
  /** Of this process. */
  serving: string | null = null;
  #life = 0;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    const { store, time, random, key } = this.#world;
    const link = new StoreLink(store, time);
    link.restored = (snapshot) => this.#world.putBack(openSealed(snapshot, key));
    const life = ++this.#life;
    const follower = new Follower({
      store: link,
      key,
      lastKnownGood: this.lastKnownGood,
      clock: time,
      random,
      log: () => {},
      changed: () => {
        if (life === this.#life) this.#changed(follower);
      },
      apply: async (revision, items) => {
        const name = this.#world.checkCommitted(revision, items);
        await time.sleep(random() * 60);
        if (life !== this.#life) return;
        if (items.has(BAD)) throw new ItemError(BAD, 'cannot be compiled');
        if (this.#world.faulty && random() < 0.1) throw new Error('a worker died');
        this.serving = name;
      },
    });
    this.follower = follower;
    this.link = link;
    void follower.start(2_000);
  }

  /** As kill -9 does it: whatever the process was about to do does not happen. */
  kill(keepDisk: boolean): void {
    this.#life++;
    this.serving = null;
    if (!keepDisk) this.lastKnownGood = null;
    void this.follower?.stop();
    void this.link?.close();
    this.follower = null;
  }

  #changed(follower: Follower): void {
    const { served } = follower.state;
    if (served === null) return;
    const { at } = served.revision.head;
    if (this.#world.key !== undefined && at < (this.lastKnownGood?.head.at ?? 0)) {
      this.#world.violations.push('with a key, something older than what was served before');
    }
    // Written once a second at most, so that a crash may find the one before.
    if (this.#world.random() < 0.8) this.lastKnownGood = served.revision;
  }
}

class World {
  readonly time = new VirtualTime();
  readonly random: () => number;
  readonly key: Uint8Array | undefined;
  readonly store: SimulatedStore;
  readonly nodes: SimulatedNode[];
  faulty = true;
  /** What must never happen. A list, because whoever is in the midst of a simulation may catch what is thrown. */
  readonly violations: string[] = [];
  readonly #committed = new Set<string>();
  readonly #backups: StoreState[] = [];
  #items: Items = EMPTY_ITEMS;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.key = seed % 2 === 0 ? KEY : undefined;
    this.store = new SimulatedStore(this.time, this.random, this.key);
    this.nodes = Array.from({ length: NODES }, () => new SimulatedNode(this));
  }

  checkCommitted(revision: number, items: Items): string {
    const name = nameOf(revision, items);
    if (!this.#committed.has(name)) this.violations.push(`revision ${revision} was not committed like this`);
    return name;
  }

  putBack({ head, items, sealed }: SealedRevision): void {
    this.checkCommitted(head.revision, items);
    this.store.state = { revision: { head, items }, sealed, history: [], restored: true };
  }

  commit(change: { upserts?: Record<string, string>; deletes?: string[] }): void {
    const upserts = new Map<string, StoredItem>();
    for (const [key, text] of Object.entries(change.upserts ?? {})) {
      upserts.set(key, storedItem(Buffer.from(text)));
    }
    const before = this.store.state;
    this.#items = applyChange(before?.revision.items ?? this.#items, {
      upserts,
      deletes: change.deletes ?? [],
    });
    const revision = this.store.commit(this.#items);
    if (revision === null) return;
    this.#committed.add(nameOf(revision.head.revision, revision.items));
    if (this.random() < 0.5) this.#backups.push(this.store.state as StoreState);
    if (before !== null && this.random() < 0.3) this.#backups.push(before);
  }

  async step(): Promise<void> {
    const { random, store } = this;
    const node = this.nodes[Math.floor(random() * NODES)] as SimulatedNode;
    const dice = random();
    if (dice < 0.45) this.commit(this.#randomChange());
    else if (dice < 0.5) this.commit({ upserts: { [BAD]: String(random()) } });
    else if (dice < 0.55) this.commit({ deletes: [BAD] });
    else if (dice < 0.59) store.state = null;
    else if (dice < 0.64) store.state = this.#backups.at(-1 - Math.floor(random() * 3)) ?? store.state;
    else if (dice < 0.68) await this.#tamper();
    else if (dice < 0.75) node.link?.cut();
    else if (dice < 0.82) node.link?.mend();
    else if (dice < 0.86) this.#reconnect(node);
    else if (dice < 0.93) node.kill(random() < 0.7);
    else if (node.follower === null) node.start();
    // Mostly close together, as in a burst, and sometimes long enough for polls.
    await this.time.pass(random() < 0.8 ? random() * 150 : random() * 15_000);
  }

  /** The network and the machines are well again, and nobody changes anything. */
  async heal(): Promise<void> {
    this.faulty = false;
    this.store.faults = NO_FAULTS;
    for (const node of this.nodes) {
      node.link?.mend();
      if (node.follower === null) node.start();
    }
    // Two polls: whoever knew most may have put it back into an empty store only with its first.
    await this.time.pass(26_000);
    // What failed for reasons of the machine is tried again, less often each time.
    if (this.nodes.some(({ follower }) => isTransient(follower))) await this.time.pass(300_000);
    // With a key, an old revision that came back is not followed until somebody makes a new one.
    if (this.key !== undefined) {
      this.commit({ upserts: { 'stage/last/prod': String(this.random()) } });
      await this.time.pass(15_000);
    }
  }

  checkInStep(): void {
    expect(this.violations).toEqual([]);
    const head = this.store.state?.revision.head;
    for (const { follower, serving } of this.nodes) {
      const { served, refused, trouble } = (follower as Follower).state;
      expect(trouble).toBeNull();
      if (head === undefined) {
        expect(served).toBeNull();
      } else if (this.store.state?.revision.items.has(BAD)) {
        expect(refused).toMatchObject({ revision: head.revision, item: BAD });
      } else {
        expect(served?.revision.head).toMatchObject({ epoch: head.epoch, revision: head.revision });
        expect(serving).toBe(nameOf(head.revision, this.store.state?.revision.items as Items));
      }
    }
  }

  #randomChange(): { upserts: Record<string, string>; deletes: string[] } {
    const name = (): string => `stage/${Math.floor(this.random() * 6)}/prod`;
    return {
      upserts: { [name()]: String(this.random()) },
      deletes: this.random() < 0.3 ? [name()] : [],
    };
  }

  /** Somebody who can write to the store changes what it holds; later it is as before, or somebody commits. */
  async #tamper(): Promise<void> {
    const { state } = this.store;
    if (state === null) return;
    const items = new Map(state.revision.items).set('stage/forged/prod', storedItem(new Uint8Array([1])));
    const mac = this.key !== undefined && this.random() < 0.5 ? new Uint8Array(0) : state.sealed.mac;
    const tampered = {
      ...state,
      revision: { ...state.revision, items },
      sealed: { ...state.sealed, mac },
    };
    this.store.state = tampered;
    await this.time.pass(this.random() * 2_000);
    if (this.store.state === tampered) this.store.state = state;
  }

  #reconnect(node: SimulatedNode): void {
    node.link?.loseSubscription();
    this.time.after(this.random() * 500, () => node.link?.mend());
  }
}

function isTransient(follower: Follower | null): boolean {
  const refused = follower?.state.refused ?? null;
  return refused !== null && refused.item === undefined;
}

function nameOf(revision: number, items: Items): string {
  return `${revision} ${Buffer.from(contentDigest(items)).toString('hex')}`;
}

async function live(seed: number): Promise<void> {
  const world = new World(seed);
  const { random, store } = world;
  store.faults = {
    lost: random() * 0.4,
    doubled: random() * 0.3,
    damaged: random() * 0.2,
    forged: random() * 0.2,
    delayMs: random() < 0.5 ? 5 : 200,
    unanswered: random() * 0.2,
  };
  for (const node of world.nodes) if (random() < 0.8) node.start();
  for (let i = 0; i < STEPS; i++) await world.step();
  await world.heal();
  world.checkInStep();
  // In step is at rest: what is left are looks of one question each, and now and then one at the items.
  store.calls = 0;
  await world.time.pass(30_000);
  expect(store.calls).toBeLessThanOrEqual(22 * NODES);
  world.checkInStep();
  for (const node of world.nodes) node.kill(true);
}

test('whatever is lost, late, doubled, damaged or forged: every node reaches the revision of the store, and serves at every moment exactly some committed revision', {
  timeout: 120_000,
}, async () => {
  const only = process.env.PROPYLON_SIMULATION_SEED;
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, i) => i) : [Number(only)];
  for (const seed of seeds) {
    try {
      await live(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});
