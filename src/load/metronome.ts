/**
 * Wakes a thread up to the tenth of a millisecond. Node's timers have a grain of a millisecond, which is more than what
 * a local gateway takes for a request: a latency counted from the intended time would be that of the timer. A thread of
 * its own sleeps in the kernel instead, which costs some 50 us of processor time per wake-up and keeps no core busy.
 */
import { Worker } from 'node:worker_threads';

/** Shared with the thread: the number of orders so far, a cell nobody notifies, and how long to sleep. */
export interface MetronomeCells {
  orders: Int32Array;
  delayMs: Float64Array;
}

export const ORDER = 0;
export const PILLOW = 1;

export class Metronome {
  readonly #cells: MetronomeCells;
  readonly #thread: Worker;
  #armed = false;

  /** @param onTick called once for every time it was armed */
  constructor(onTick: () => void) {
    this.#cells = {
      orders: new Int32Array(new SharedArrayBuffer(8)),
      delayMs: new Float64Array(new SharedArrayBuffer(8)),
    };
    this.#thread = new Worker(new URL('./metronome-thread.js', import.meta.url), {
      name: 'metronome',
      workerData: this.#cells,
    });
    this.#thread.on('message', () => {
      this.#armed = false;
      onTick();
    });
    this.#thread.unref();
  }

  /** One tick after so many milliseconds, unless one is on its way. */
  arm(delayMs: number): void {
    if (this.#armed) return;
    this.#armed = true;
    const { orders, delayMs: cell } = this.#cells;
    cell[0] = delayMs;
    Atomics.add(orders, ORDER, 1);
    Atomics.notify(orders, ORDER);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
