/** One local function: its threads, and the calls that wait for one. */
import type { FunctionSettings, LambdaSettings } from '../config/settings.js';
import { FunctionPool } from './function-pool.js';
import { encodeText, type HandlerResult, type HandlerTask, Outcome } from './protocol.js';

/** Calls that may wait, for each that may run. */
const WAITING_PER_RUNNING = 4;

export interface QueuedCall {
  task: Omit<HandlerTask, 'call'>;
  done: (result: HandlerResult) => void;
}

export class FunctionQueue {
  readonly #settings: FunctionSettings;
  readonly #lambda: LambdaSettings;
  #pool: FunctionPool;
  #waiting: QueuedCall[] = [];

  constructor(settings: FunctionSettings, lambda: LambdaSettings) {
    this.#settings = settings;
    this.#lambda = lambda;
    this.#pool = new FunctionPool(settings, lambda);
  }

  /** False: throttled, `done` was called. */
  push(call: QueuedCall): boolean {
    if (this.#pool.running < this.#settings.concurrency) {
      this.#run(call);
      return true;
    }
    if (this.#waiting.length >= WAITING_PER_RUNNING * this.#settings.concurrency) {
      const { name, concurrency } = this.#settings;
      call.done({
        outcome: Outcome.throttled,
        payload: encodeText(
          `function ${name} is busy with ${concurrency} calls and has ${this.#waiting.length} waiting`,
        ),
      });
      return false;
    }
    this.#waiting.push(call);
    return true;
  }

  /** Takes a call back that waits; one that runs goes on. */
  remove(call: QueuedCall): void {
    const at = this.#waiting.indexOf(call);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** New threads load the module anew and serve every call from now on; those that run end where they are. */
  reload(): void {
    this.#pool.retire();
    this.#pool = new FunctionPool(this.#settings, this.#lambda);
    this.#next();
  }

  #run(call: QueuedCall): void {
    this.#pool.run(call.task, (result) => {
      call.done(result);
      this.#next();
    });
  }

  #next(): void {
    while (this.#pool.running < this.#settings.concurrency) {
      const call = this.#waiting.shift();
      if (call === undefined) return;
      this.#run(call);
    }
  }
}
