/** The load generator of one thread: connections, a schedule, and the counting. */
import { Connection, type ConnectionOwner } from './connection.js';
import { Metronome } from './metronome.js';
import { type LoadPlan, type LoadRequest, type LoadTarget, planDuration, type Share } from './plan.js';
import { partOf, type Schedule, scheduleOf, Turns } from './schedule.js';
import { Counting, type Interval, NOT_SENT, type Tally, TIMED_OUT, UNANSWERED } from './tally.js';

const READ_BYTES = 65_536;
/** Between looks at what takes too long, at connections that rest, and at whether all is over. */
const SWEEP_MS = 50;
/** A wake-up costs as much as two requests: arrivals closer to each other than this are sent together. */
const LEAST_TICK_MS = 0.15;
/** Beyond it the next sweep comes in time to set the metronome. */
const FAR_MS = 2 * SWEEP_MS;
/** In a closed loop a connection that cannot be opened would otherwise be tried as fast as the machine can. */
const REST_MS = 100;
const SECOND_MS = 1000;
/** What the end of a run finds waiting for less may well be about to be answered. */
const PATIENCE_MS = 1000;
/** Below what servers let wait for their acceptance: one more is dropped, and tried again a second later. */
const OPENING_AT_ONCE = 100;

export class LoadEngine implements ConnectionOwner {
  readonly target: LoadTarget;
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  session: Buffer | null = null;

  readonly #plan: LoadPlan;
  readonly #closed: boolean;
  readonly #schedule: Schedule;
  readonly #turns: Turns;
  readonly #counting: Counting;
  readonly #connections: Connection[];
  /** Connections without a request, open or not, each once: the one that has waited longest is next. */
  readonly #free: Ring<Connection>;
  /** Closed loop: connections that could not be opened, and when they may be tried again. */
  #resting: { connection: Connection; until: number }[] = [];
  readonly #metronome: Metronome;
  readonly #onInterval: (interval: Interval) => void;
  /** When arrivals end. */
  readonly #endMs: number;
  #startedAt = 0;
  #busy = 0;
  #preparing = 0;
  #nextToPrepare = 0;
  #second = 0;
  #lastEnd = 0;
  /** Of requests with an answer that are measured. */
  #slowestMs = 0;
  #over: ((tally: Tally) => void) | null = null;
  #sweeper: NodeJS.Timeout | undefined;
  #onPrepared: ((outcome: { open: number; failure: string }) => void) | null = null;
  #prepareFailure = '';
  #open = 0;

  constructor(plan: LoadPlan, share: Share, onInterval: (interval: Interval) => void) {
    this.#plan = plan;
    this.target = plan.target;
    this.#closed = plan.pace.kind === 'closed';
    this.#schedule = scheduleOf(plan.pace, plan.warmUpMs, share);
    this.#turns = new Turns(plan.requests.map(({ weight }) => weight));
    this.#counting = new Counting(plan.requests.length);
    this.#connections = Array.from({ length: partOf(plan.connections, share) }, () => new Connection(this));
    this.#free = new Ring(this.#connections);
    this.#onInterval = onInterval;
    this.#endMs = planDuration(plan);
    this.#metronome = new Metronome(() => this.#dispatch(true));
  }

  /** Opens all connections. @returns how many are open, and why others are not */
  prepare(): Promise<{ open: number; failure: string }> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#nextToPrepare = this.#connections.length;
        this.#prepareFailure ||= 'cannot connect in time';
        this.#prepareEnded();
      }, this.#plan.timeoutMs);
      this.#onPrepared = (outcome) => {
        clearTimeout(late);
        resolve(outcome);
      };
      this.#preparing = this.#connections.length;
      for (let i = 0; i < OPENING_AT_ONCE; i++) this.#connections[this.#nextToPrepare++]?.prepare();
    });
  }

  prepared(failure: string): void {
    if (failure === '') this.#open++;
    else this.#prepareFailure = failure;
    this.#connections[this.#nextToPrepare++]?.prepare();
    if (--this.#preparing === 0) this.#prepareEnded();
  }

  #prepareEnded(): void {
    this.#onPrepared?.({ open: this.#open, failure: this.#prepareFailure });
    this.#onPrepared = null;
  }

  /** Resolves when all is over. */
  run(): Promise<Tally> {
    return new Promise((resolve) => {
      this.#over = resolve;
      this.#startedAt = performance.now();
      this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
      this.#dispatch(true);
    });
  }

  /** Ends now, with what is counted so far. */
  stop(): void {
    this.#end(this.#now());
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Sends what is due. @param unhindered there were free connections when it became due: any delay is our own */
  #dispatch(unhindered: boolean): void {
    const schedule = this.#schedule;
    const free = this.#free;
    const now = this.#now();
    let due = schedule.next;
    while (due <= now && free.size > 0) {
      schedule.advance();
      if (this.#closed) {
        this.#send(now, now);
      } else if (now - due > this.#plan.timeoutMs) {
        this.#count(this.#turns.next(), 0, NOT_SENT, due, now);
      } else {
        if (unhindered && due >= this.#plan.warmUpMs) this.#counting.late(now - due);
        this.#send(due, now);
      }
      due = schedule.next;
    }
    const wait = due - now;
    if (free.size > 0 && wait < FAR_MS) this.#metronome.arm(Math.max(wait, LEAST_TICK_MS));
  }

  #send(intended: number, now: number): void {
    const which = this.#turns.next();
    this.#busy++;
    this.#free.take().send(this.#plan.requests[which] as LoadRequest, which, intended, now);
  }

  ended(connection: Connection, status: number, failure: string): void {
    if (this.#over === null) return;
    const now = this.#now();
    this.#busy--;
    const { which, intended } = connection;
    if (this.#closed && now > this.#endMs) {
      // Between the end of a closed loop and the sweep that notices it.
      this.#unanswered(which, intended, this.#endMs, this.#slowestMs);
    } else {
      this.#count(which, status, failure, intended, now);
      if (status !== 0 && intended >= this.#plan.warmUpMs) {
        this.#slowestMs = Math.max(this.#slowestMs, now - intended);
      }
    }
    if (this.#closed && status === 0) {
      this.#resting.push({ connection, until: now + REST_MS });
      return;
    }
    const unhindered = this.#free.size > 0;
    this.#free.put(connection);
    this.#dispatch(unhindered);
    if (this.#busy === 0 && this.#schedule.next === Number.POSITIVE_INFINITY) this.#end(now);
  }

  #count(which: number, status: number, failure: string, intended: number, now: number): void {
    this.#lastEnd = now;
    const measured = intended >= this.#plan.warmUpMs;
    this.#counting.ended(which, status, failure, now - intended, measured);
  }

  /**
   * A request that waits when the run ends has failed if that was for longer than a second: left out, a server that
   * hangs would look healthy. What waits for less is no part of the run: a healthy server always has some of it.
   * @param usualMs as long a wait for an answer has been seen to end well: the server may only be slow
   */
  #unanswered(which: number, intended: number, end: number, usualMs: number): void {
    const patience = Math.min(Math.max(usualMs, PATIENCE_MS), this.#plan.timeoutMs);
    if (end - intended > patience) this.#count(which, 0, UNANSWERED, intended, end);
  }

  opened(): void {
    this.#counting.opened++;
  }

  received(bytes: number): void {
    if (this.#startedAt === 0) return;
    const now = this.#now();
    if (now >= this.#plan.warmUpMs && (!this.#closed || now <= this.#endMs)) this.#counting.bytes += bytes;
  }

  #sweep(): void {
    const now = this.#now();
    this.#tellSeconds(now);
    if (this.#closed && now >= this.#endMs) {
      this.#end(now);
      return;
    }
    const { timeoutMs } = this.#plan;
    for (const connection of this.#connections) {
      if (connection.busy && now - connection.intended > timeoutMs) connection.fail(TIMED_OUT);
    }
    const rested = this.#resting.filter(({ until }) => until <= now);
    this.#resting = this.#resting.filter(({ until }) => until > now);
    for (const { connection } of rested) this.#free.put(connection);
    this.#dispatch(this.#free.size > 0);
    if (this.#busy === 0 && this.#schedule.next === Number.POSITIVE_INFINITY) this.#end(now);
  }

  #tellSeconds(now: number): void {
    while (now >= (this.#second + 1) * SECOND_MS) this.#onInterval(this.#counting.interval(this.#second++));
  }

  #end(now: number): void {
    const over = this.#over;
    if (over === null) return;
    this.#over = null;
    clearInterval(this.#sweeper);
    this.#tellSeconds(now);
    const schedule = this.#schedule;
    const end = this.#closed ? Math.min(now, this.#endMs) : now;
    for (const connection of this.#connections) {
      if (connection.busy) this.#unanswered(connection.which, connection.intended, end, this.#slowestMs);
      connection.close();
    }
    // Arrivals that were due while all connections waited: the server does not keep up, however slow it usually is.
    for (; !this.#closed && schedule.next <= end; schedule.advance()) {
      this.#unanswered(this.#turns.next(), schedule.next, end, 0);
    }
    schedule.stop();
    void this.#metronome.close();
    this.#onInterval(this.#counting.interval(this.#second));
    over(this.#counting.tally(this.#measuredMs(now)));
  }

  /**
   * The time that rates are told by: up to the end of the plan, and beyond it while answers came; less when it was
   * ended before.
   */
  #measuredMs(now: number): number {
    const plannedEnd = this.#plan.pace.kind === 'closed' ? this.#endMs : Math.max(this.#endMs, this.#lastEnd);
    return Math.max(0, Math.min(now, plannedEnd) - this.#plan.warmUpMs);
  }
}

/** A queue of at most as many as it starts with. */
class Ring<T> {
  readonly #items: T[];
  #head = 0;
  size: number;

  constructor(items: readonly T[]) {
    this.#items = [...items];
    this.size = items.length;
  }

  take(): T {
    const item = this.#items[this.#head] as T;
    this.#head = (this.#head + 1) % this.#items.length;
    this.size--;
    return item;
  }

  put(item: T): void {
    this.#items[(this.#head + this.size) % this.#items.length] = item;
    this.size++;
  }
}
