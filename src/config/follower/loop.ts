/**
 * Work that is done piece after piece, never two at once, and that anything may ask for at any moment. The look for more
 * work and the end of the loop are one step, so that no call to `wake` falls between them.
 */
export class Loop {
  readonly #next: () => Promise<void> | null;
  #busy = false;
  #idle: Promise<void> = Promise.resolve();

  /** @param next begins the next piece; null: there is none. Pieces do not reject. */
  constructor(next: () => Promise<void> | null) {
    this.#next = next;
  }

  /** Looks for work. Resolves when there is none left. */
  wake(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      this.#idle = this.#run();
    }
    return this.#idle;
  }

  /** Resolves when nothing is under way. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  async #run(): Promise<void> {
    try {
      for (let piece = this.#next(); piece !== null; piece = this.#next()) await piece;
    } finally {
      this.#busy = false;
    }
  }
}
