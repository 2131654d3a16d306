/** Work under one name happens one after the other, in the order in which it came. */
export class Turns {
  /** The last work of each name that has some; none of them rejects. */
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const worked = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const ended = worked.then(
      () => {},
      () => {},
    );
    this.#last.set(name, ended);
    try {
      return await worked;
    } finally {
      if (this.#last.get(name) === ended) this.#last.delete(name);
    }
  }
}
