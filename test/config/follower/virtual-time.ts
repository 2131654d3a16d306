/** A clock that moves from one thing to do to the next, and random numbers that come again with their seed. */
import type { Clock } from '../../../src/config/follower/clock.js';

interface Entry {
  at: number;
  order: number;
  run: () => void;
}

export class VirtualTime implements Clock {
  #now = 0;
  #order = 0;
  #entries: Entry[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const entry: Entry = { at: this.#now + Math.max(0, ms), order: this.#order++, run };
    let low = 0;
    let high = this.#entries.length;
    // Latest first, so that the next one is taken from the end.
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#entries[middle] as Entry;
      if (other.at > entry.at || (other.at === entry.at && other.order > entry.order)) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** Resolves at a moment of this clock. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Everything that happens within the next `ms`, in order. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await promisesSettled();
    for (;;) {
      const next = this.#entries.at(-1);
      if (next === undefined || next.at > end) break;
      this.#entries.pop();
      this.#now = next.at;
      next.run();
      await promisesSettled();
    }
    this.#now = end;
  }
}

/** Promise callbacks run before it; nothing else does, because all waiting is virtual. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** mulberry32: small, and the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
