/**
 * Recognises header names inside a header block without cutting them out. Nearly every name of a request is none of
 * the few that matter, so the question is turned around: a hash of the name's length and three of its characters finds
 * an empty slot most of the time, and only a full one is compared letter by letter.
 */
import { type HeaderBlock, nameMatches } from '../../http/header-block.js';

/** Hash of the name of `length` characters (at least 1) at `at`; upper and lower case give the same. */
export function hashName(block: HeaderBlock, at: number, length: number): number {
  const first = block.charCodeAt(at) | 32;
  const middle = block.charCodeAt(at + (length >> 1)) | 32;
  const last = block.charCodeAt(at + length - 1) | 32;
  return length * 31 + first * 7 + middle * 17 + last * 3;
}

/** A fixed set of names, each with a code of the caller's choosing (1 and up). */
export class HeaderNames {
  /** Index into `#names`, plus 1; 0: empty. */
  readonly #slots: Uint16Array;
  readonly #mask: number;
  readonly #names: readonly string[];
  readonly #codes: readonly number[];

  /** @param codes by lower-case name */
  constructor(codes: ReadonlyMap<string, number>) {
    this.#names = [...codes.keys()];
    this.#codes = [...codes.values()];
    // At most one slot in eight is taken: a name that is not in the set nearly always meets an empty one.
    const size = 2 ** Math.ceil(Math.log2(Math.max(codes.size, 1) * 8));
    this.#slots = new Uint16Array(size);
    this.#mask = size - 1;
    this.#names.forEach((name, index) => {
      let slot = hashName(name, 0, name.length) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
    });
  }

  /** The code of the name at `at`, 0 if it is not in the set. `hash` is its `hashName`. */
  find(block: HeaderBlock, at: number, length: number, hash: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return 0;
      const name = this.#names[entry - 1] as string;
      if (name.length === length && nameMatches(block, at, name)) return this.#codes[entry - 1] as number;
    }
  }
}

const SEEN_SLOTS = 512;
const SEEN_MASK = SEEN_SLOTS - 1;
/** Half the slots: probing stays short. A request with more headers takes the slow path. */
const SEEN_LIMIT = SEEN_SLOTS / 2;

/**
 * Tells whether a name comes a second time in one block. Slots are stamped with the number of the block they were
 * written for, so that starting a new block costs one increment. Names must be of one case.
 */
export class SeenNames {
  readonly #stamps = new Float64Array(SEEN_SLOTS);
  readonly #starts = new Uint32Array(SEEN_SLOTS);
  readonly #lengths = new Uint32Array(SEEN_SLOTS);
  #stamp = 0;
  #count = 0;

  nextBlock(): void {
    this.#stamp++;
    this.#count = 0;
  }

  /** True when the name was there before, or when there are too many names to tell. */
  isRepeated(block: HeaderBlock, at: number, length: number, hash: number): boolean {
    if (++this.#count > SEEN_LIMIT) return true;
    let slot = hash & SEEN_MASK;
    while (this.#stamps[slot] === this.#stamp) {
      if (this.#lengths[slot] === length && sameText(block, this.#starts[slot] as number, at, length))
        return true;
      slot = (slot + 1) & SEEN_MASK;
    }
    this.#stamps[slot] = this.#stamp;
    this.#starts[slot] = at;
    this.#lengths[slot] = length;
    return false;
  }
}

function sameText(block: HeaderBlock, one: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (block.charCodeAt(one + i) !== block.charCodeAt(other + i)) return false;
  }
  return true;
}
