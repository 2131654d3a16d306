/** The clock of a store elsewhere, kept by this process' monotonic one, so that jumps of its own clock do not matter. */
export class StoreClock {
  /** Milliseconds from the monotonic clock to the store's; undefined: the store has never told. */
  #offset: number | undefined;
  /** Milliseconds the offset may be wrong by, when it was measured. */
  #error = Number.POSITIVE_INFINITY;
  #measuredAt = 0;

  /**
   * Takes a measurement unless the one it has is still the better one: an answer that was long under way tells little.
   * @param sent by `performance.now()`, as `received`; the answer is taken for half as old as the question
   */
  observe(storeTime: number, sent: number, received: number): void {
    const error = (received - sent) / 2;
    if (error > this.#error + (received - this.#measuredAt) * DRIFT) return;
    this.#offset = storeTime - (sent + received) / 2;
    this.#error = error;
    this.#measuredAt = received;
  }

  /** The store is another one now, as after a failover: the next measurement counts. */
  doubt(): void {
    this.#error = Number.POSITIVE_INFINITY;
  }

  /** Milliseconds since 1970; by this machine's clock as long as the store has not told. */
  now(): number {
    return this.#offset === undefined ? Date.now() : Math.round(performance.now() + this.#offset);
  }
}

/** How far two clocks may part, per millisecond; real ones stay below a fifth of it. */
const DRIFT = 0.0005;
