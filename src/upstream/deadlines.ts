/**
 * Time limits without a timer per request. All things armed for the same duration run out in the order in which they
 * were armed, so each distinct duration needs one queue (a linked list) and one timer for the queue's head: arming and
 * disarming move pointers, and a timer is set about once per duration instead of once per request.
 */
import { performance } from 'node:perf_hooks';

/** `setTimeout` turns anything above this into 1 ms. */
const LONGEST_MS = 2_147_483_647;

/** Something that may run out of time: extend it, so that arming allocates nothing. It can be armed once at a time. */
export abstract class Deadline {
  /** Monotonic milliseconds of this thread (`performance.now()`) at which it runs out; meaningful while armed. */
  dueAt = 0;
  /** Owned by `Deadlines`: the queue this is armed in, and its neighbours there. */
  deadlineQueue: DeadlineQueue | null = null;
  deadlineBefore: Deadline | null = null;
  deadlineAfter: Deadline | null = null;

  /** Called once when the time is over, never from inside `arm`; it is disarmed by then and may be armed again. */
  abstract onDeadline(): void;
}

/** One per thread and purpose. Exact to a few milliseconds; a blocked event loop delays it like every timer. */
export class Deadlines {
  readonly #queues = new Map<number, DeadlineQueue>();
  readonly #onFault: (error: unknown) => void;

  /** @param onFault told what an `onDeadline` threw; the others run out all the same */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /**
   * Starts the clock, anew if it is running already. O(1).
   * @param durationMs rounded up to whole milliseconds, at least 1
   * @param now `performance.now()`, when the caller has just read it
   */
  arm(deadline: Deadline, durationMs: number, now = performance.now()): void {
    const duration = wholeMilliseconds(durationMs);
    let queue = deadline.deadlineQueue;
    if (queue !== null) queue.remove(deadline);
    if (queue === null || queue.duration !== duration) {
      if (queue !== null) queue.rest();
      queue = this.#queues.get(duration) ?? this.#newQueue(duration);
    }
    deadline.dueAt = now + duration;
    queue.append(deadline);
  }

  /** Stops the clock; harmless when it is not running. O(1). */
  disarm(deadline: Deadline): void {
    const queue = deadline.deadlineQueue;
    if (queue === null) return;
    queue.remove(deadline);
    queue.rest();
  }

  #newQueue(duration: number): DeadlineQueue {
    const queue = new DeadlineQueue(duration, this.#queues, this.#onFault);
    this.#queues.set(duration, queue);
    return queue;
  }
}

/** What is armed for one duration, in order. */
class DeadlineQueue {
  readonly duration: number;
  readonly #siblings: Map<number, DeadlineQueue>;
  readonly #onFault: (error: unknown) => void;
  #first: Deadline | null = null;
  #last: Deadline | null = null;
  /** An empty queue keeps its timer, unref'ed: under steady traffic it would be needed again at once. */
  #timer: NodeJS.Timeout | null = null;

  constructor(duration: number, siblings: Map<number, DeadlineQueue>, onFault: (error: unknown) => void) {
    this.duration = duration;
    this.#siblings = siblings;
    this.#onFault = onFault;
  }

  append(deadline: Deadline): void {
    deadline.deadlineQueue = this;
    const last = this.#last;
    this.#last = deadline;
    if (last !== null) {
      last.deadlineAfter = deadline;
      deadline.deadlineBefore = last;
      return;
    }
    this.#first = deadline;
    if (this.#timer === null) this.#timer = setTimeout(this.#expire, this.duration);
    else this.#timer.ref();
  }

  remove(deadline: Deadline): void {
    const { deadlineBefore: before, deadlineAfter: after } = deadline;
    if (before === null) this.#first = after;
    else before.deadlineAfter = after;
    if (after === null) this.#last = before;
    else after.deadlineBefore = before;
    deadline.deadlineBefore = null;
    deadline.deadlineAfter = null;
    deadline.deadlineQueue = null;
  }

  /** An empty queue does not keep the process alive. */
  rest(): void {
    if (this.#first === null) this.#timer?.unref();
  }

  readonly #expire = (): void => {
    this.#timer = null;
    // Timers count from the loop's cached clock and may fire a moment early: what is not due yet waits for `#rearm`.
    const now = performance.now();
    for (;;) {
      const deadline = this.#first;
      if (deadline === null || deadline.dueAt > now) break;
      this.remove(deadline);
      try {
        deadline.onDeadline();
      } catch (error) {
        this.#onFault(error);
      }
    }
    this.#rearm();
  };

  #rearm(): void {
    const first = this.#first;
    if (first === null) {
      const timer = this.#timer;
      if (timer !== null) clearTimeout(timer);
      this.#timer = null;
      this.#siblings.delete(this.duration);
      return;
    }
    // An `onDeadline` that armed something may have set a timer already; the head decides.
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#expire, Math.max(1, Math.ceil(first.dueAt - performance.now())));
  }
}

function wholeMilliseconds(duration: number): number {
  if (!(duration > 1)) return 1;
  return duration >= LONGEST_MS ? LONGEST_MS : Math.ceil(duration);
}
