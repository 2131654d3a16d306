/** When requests are to be sent. */
import type { Pace, Share, Stage } from './plan.js';

export interface Schedule {
  /** Milliseconds from the start at which the next request is due; Infinity after the last one. */
  readonly next: number;
  advance(): void;
  /** No more arrivals. */
  stop(): void;
}

/**
 * Arrivals at the given rates. The expected number of arrivals up to a time grows with the rate; constant arrivals are
 * where it passes the next half, Poisson ones where it has grown by an exponentially distributed step. Both then
 * follow ramps without further thought, and one thread's share is a longer step.
 */
export class OpenSchedule implements Schedule {
  next = 0;
  readonly #stages: readonly Stage[];
  readonly #share: Share;
  readonly #poisson: boolean;
  #stage = 0;
  /** Milliseconds and expected arrivals before the current stage. */
  #before = 0;
  #arrivedBefore = 0;
  /** Expected arrivals up to the next one. */
  #expected: number;

  constructor(stages: readonly Stage[], arrivals: 'constant' | 'poisson', share: Share) {
    this.#stages = stages;
    this.#share = share;
    this.#poisson = arrivals === 'poisson';
    this.#expected = this.#poisson ? this.#step() : share.index + 0.5;
    this.#find();
  }

  advance(): void {
    this.#expected += this.#step();
    this.#find();
  }

  stop(): void {
    this.next = Number.POSITIVE_INFINITY;
    this.#stage = this.#stages.length;
  }

  #step(): number {
    return this.#poisson ? -Math.log(1 - Math.random()) * this.#share.count : this.#share.count;
  }

  #find(): void {
    for (;;) {
      const stage = this.#stages[this.#stage];
      if (stage === undefined) {
        this.next = Number.POSITIVE_INFINITY;
        return;
      }
      const { durationMs } = stage;
      const from = stage.from / 1000;
      const to = stage.to / 1000;
      const ofStage = ((from + to) / 2) * durationMs;
      const wanted = this.#expected - this.#arrivedBefore;
      if (wanted < ofStage) {
        // from * t + slope * t * t / 2 = wanted, in the form that needs no case for a slope of zero.
        const slope = (to - from) / durationMs;
        const root = Math.sqrt(Math.max(0, from * from + 2 * slope * wanted));
        // An arrival where a stage begins with a rate of 0 would be 0 / 0.
        this.next = wanted <= 0 ? this.#before : this.#before + (2 * wanted) / (from + root);
        return;
      }
      this.#before += durationMs;
      this.#arrivedBefore += ofStage;
      this.#stage++;
    }
  }
}

/** A request is due whenever there is somebody to send it. */
export class ClosedSchedule implements Schedule {
  next = 0;
  #left: number;

  constructor(maxRequests: number) {
    this.#left = maxRequests;
    if (maxRequests === 0) this.stop();
  }

  advance(): void {
    if (--this.#left <= 0) this.stop();
  }

  stop(): void {
    this.next = Number.POSITIVE_INFINITY;
  }
}

/** @param warmUpMs before the stages, at the rate at which they begin */
export function scheduleOf(pace: Pace, warmUpMs: number, share: Share): Schedule {
  if (pace.kind === 'closed') {
    const { maxRequests = Number.POSITIVE_INFINITY } = pace;
    return new ClosedSchedule(
      maxRequests === Number.POSITIVE_INFINITY ? maxRequests : partOf(maxRequests, share),
    );
  }
  const rate = pace.stages[0]?.from ?? 0;
  const stages =
    warmUpMs === 0 ? pace.stages : [{ from: rate, to: rate, durationMs: warmUpMs }, ...pace.stages];
  return new OpenSchedule(stages, pace.arrivals, share);
}

/** A thread's part of a whole number; all parts add up to it. */
export function partOf(total: number, { index, count }: Share): number {
  return Math.floor((total + count - 1 - index) / count);
}

/** Which of several requests is next: each as often as its weight says, as evenly mixed as can be. */
export class Turns {
  readonly #weights: readonly number[];
  readonly #credit: number[];
  readonly #total: number;

  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#credit = weights.map(() => 0);
    this.#total = weights.reduce((sum, weight) => sum + weight, 0);
  }

  next(): number {
    const credit = this.#credit;
    if (credit.length === 1) return 0;
    let best = 0;
    for (let i = 0; i < credit.length; i++) {
      credit[i] = (credit[i] as number) + (this.#weights[i] as number);
      if ((credit[i] as number) > (credit[best] as number)) best = i;
    }
    credit[best] = (credit[best] as number) - this.#total;
    return best;
  }
}
