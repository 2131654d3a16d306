/**
 * Requests under way by number, as arrays. A `Map` that gains and loses an entry per request makes a new table every
 * few hundred of them, and each left-behind table points at the next: once one of them is old, the young collector
 * keeps every request the chain ever held, and only a full collection frees them (measured: nearly all survived).
 *
 * A number is a slot and the count of its uses, so that a late message for an earlier request finds nothing. Ten bits
 * of count are plenty: a slot is used again only after the other side has heard that its request ended.
 */
const SLOT_BITS = 20;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const USES_MASK = 1023;

/** The side that numbers: an acceptor. */
export class SlotTable<T> {
  readonly #values: (T | undefined)[] = [];
  /** Current number of each slot. */
  readonly #ids: number[] = [];
  readonly #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the value, until it is deleted. */
  add(value: T): number {
    this.#size++;
    const slot = this.#free.pop();
    if (slot === undefined) {
      const id = this.#values.length;
      this.#values.push(value);
      this.#ids.push(id);
      return id;
    }
    const id = slot | (((((this.#ids[slot] as number) >> SLOT_BITS) + 1) & USES_MASK) << SLOT_BITS);
    this.#ids[slot] = id;
    this.#values[slot] = value;
    return id;
  }

  get(id: number): T | undefined {
    const slot = id & SLOT_MASK;
    return this.#ids[slot] === id ? this.#values[slot] : undefined;
  }

  delete(id: number): void {
    const slot = id & SLOT_MASK;
    if (this.#ids[slot] !== id || this.#values[slot] === undefined) return;
    this.#values[slot] = undefined;
    this.#free.push(slot);
    this.#size--;
  }

  values(): T[] {
    return this.#values.filter((value) => value !== undefined);
  }
}

/** The side that is told the numbers: a worker. */
export class SlotMirror<T extends { readonly id: number }> {
  readonly #values: (T | undefined)[] = [];

  set(value: T): void {
    const slot = value.id & SLOT_MASK;
    while (this.#values.length <= slot) this.#values.push(undefined);
    this.#values[slot] = value;
  }

  get(id: number): T | undefined {
    const value = this.#values[id & SLOT_MASK];
    return value?.id === id ? value : undefined;
  }

  /** False when it was not there. */
  delete(value: T): boolean {
    const slot = value.id & SLOT_MASK;
    if (this.#values[slot] !== value) return false;
    this.#values[slot] = undefined;
    return true;
  }

  values(): T[] {
    return this.#values.filter((value) => value !== undefined);
  }
}
