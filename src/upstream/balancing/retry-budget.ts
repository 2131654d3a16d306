/**
 * How many requests may be repeated: each request earns a share of a repeat. When most requests fail, repeating them
 * all would double the load of a backend that has too much of it already.
 */

/** Repeats that are there at the start, and the most that are saved up: for upstreams with few requests. */
const SAVED = 10;

export class RetryBudget {
  readonly #share: number;
  #left = SAVED;

  /** @param percent repeats a hundred requests earn */
  constructor(percent: number) {
    this.#share = percent / 100;
  }

  earn(): void {
    const left = this.#left + this.#share;
    this.#left = left > SAVED ? SAVED : left;
  }

  /** False when it is used up. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
