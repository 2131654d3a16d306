/** Runs a plan on as many threads as it says. This thread only adds up. */
import { Worker } from 'node:worker_threads';
import type { LoadPlan } from './plan.js';
import type { FromLoadThread, LoadThreadData, ToLoadThread } from './protocol.js';
import { type Interval, type LoadResult, resultOf, type Second, secondOf, type Tally } from './tally.js';

/** No connection could be opened; the message says why. */
export class CannotConnect extends Error {}

export interface RunningLoad {
  /** @throws CannotConnect */
  readonly result: Promise<LoadResult>;
  /** Ends it now: the result is what is there so far. */
  stop(): void;
}

/** @param onSecond called with every second that passed, warm-up included */
export function startLoad(plan: LoadPlan, onSecond: (second: Second) => void = () => {}): RunningLoad {
  const run = new LoadRun(plan, onSecond);
  return { result: run.run(), stop: () => run.stop() };
}

class LoadRun {
  readonly #plan: LoadPlan;
  readonly #onSecond: (second: Second) => void;
  readonly #threads: Worker[];
  readonly #timeline: Second[] = [];
  /** Seconds that not all threads have told yet. */
  readonly #open = new Map<number, Interval[]>();
  #interrupted = false;
  #going = false;

  constructor(plan: LoadPlan, onSecond: (second: Second) => void) {
    this.#plan = plan;
    this.#onSecond = onSecond;
    const count = Math.max(1, Math.min(plan.threads, plan.connections));
    this.#threads = Array.from({ length: count }, (_, index) => {
      const workerData: LoadThreadData = { plan, share: { index, count } };
      return new Worker(new URL('./load-thread.js', import.meta.url), { name: `load-${index}`, workerData });
    });
  }

  async run(): Promise<LoadResult> {
    try {
      const ended = this.#threads.map((thread) => this.#tallyOf(thread));
      await this.#ready(ended);
      if (!this.#interrupted) this.#tell({ type: 'go' });
      this.#going = true;
      const tallies = this.#interrupted ? [] : await Promise.all(ended);
      // The threads do not end in the same second.
      for (const [second, parts] of this.#open) this.#timeline.push(secondOf(second, parts));
      const names = this.#plan.requests.map(({ name }) => name);
      return resultOf(names, tallies, this.#timeline, this.#interrupted);
    } finally {
      await Promise.all(this.#threads.map((thread) => thread.terminate()));
    }
  }

  stop(): void {
    this.#interrupted = true;
    if (this.#going) this.#tell({ type: 'stop' });
  }

  /** Waits until all threads have tried to open all their connections. */
  async #ready(ended: readonly Promise<Tally>[]): Promise<void> {
    const prepared = this.#threads.map(
      (thread) =>
        new Promise<{ open: number; failure: string }>((resolve) => {
          thread.on('message', (message: FromLoadThread) => {
            if (message.type === 'prepared') resolve(message);
          });
        }),
    );
    // A thread that fails before it is prepared would never be.
    const failed = Promise.race(ended) as Promise<never>;
    const outcomes = await Promise.race([Promise.all(prepared), failed]);
    const failure = outcomes.find((outcome) => outcome.failure !== '')?.failure ?? '';
    if (outcomes.every(({ open }) => open === 0)) {
      const { host, port } = this.#plan.target;
      throw new CannotConnect(`no connection to ${host}:${port} can be opened: ${failure}`);
    }
  }

  #tallyOf(thread: Worker): Promise<Tally> {
    const tally = new Promise<Tally>((resolve, reject) => {
      thread.on('message', (message: FromLoadThread) => {
        if (message.type === 'done') resolve(message.tally);
        else if (message.type === 'interval') this.#interval(message.interval);
      });
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('a load thread ended before its time')));
    });
    // Awaited later, and not at all when no connection can be opened.
    tally.catch(() => {});
    return tally;
  }

  #interval(interval: Interval): void {
    const { second } = interval;
    const parts = [...(this.#open.get(second) ?? []), interval];
    this.#open.set(second, parts);
    if (parts.length < this.#threads.length) return;
    this.#open.delete(second);
    const whole = secondOf(second, parts);
    this.#timeline.push(whole);
    this.#onSecond(whole);
  }

  #tell(message: ToLoadThread): void {
    for (const thread of this.#threads) thread.postMessage(message);
  }
}
