/** What a load thread counts, and how the counts of several threads become one result. */
import { Histogram, type HistogramData } from './histogram.js';

/** One thread's counts, as plain data. Times in milliseconds. */
export interface Tally {
  requests: RequestTally[];
  /** How late requests were sent because of this program, not because all connections were waiting for answers. */
  lateness: HistogramData;
  bytes: number;
  opened: number;
  /** From the end of the warm-up to the last event that was counted. */
  ms: number;
}

export interface RequestTally {
  /** Requests that ended, well or not. */
  ended: number;
  failed: number;
  statuses: Record<string, number>;
  failures: Record<string, number>;
  latency: HistogramData;
}

/** One second of one thread. */
export interface Interval {
  /** Seconds from the start, warm-up included, rounded down. */
  second: number;
  ended: number;
  failed: number;
  latency: HistogramData;
}

export interface LoadResult {
  seconds: number;
  /** Requests that ended, and those of them that failed. */
  requests: number;
  failed: number;
  /** Requests per second that ended. */
  rate: number;
  /** Of everything received, heads included. */
  bytes: number;
  /** Connections opened, the first ones included. */
  opened: number;
  statuses: Record<string, number>;
  failures: Record<string, number>;
  latency: Histogram;
  lateness: Histogram;
  byRequest: { name: string; requests: number; failed: number; latency: Histogram }[];
  timeline: Second[];
  /** It was ended before its time. */
  interrupted: boolean;
}

/** One second of all threads; milliseconds, NaN when nothing ended. */
export interface Second {
  second: number;
  requests: number;
  failed: number;
  p50: number;
  p99: number;
  max: number;
}

/** Counts while they grow. */
export class Counting {
  readonly #requests = new Map<number, OneRequest>();
  readonly #lateness = new Histogram();
  readonly #interval = new Histogram();
  #intervalEnded = 0;
  #intervalFailed = 0;
  bytes = 0;
  opened = 0;

  constructor(requests: number) {
    for (let which = 0; which < requests; which++) this.#requests.set(which, new OneRequest());
  }

  /** @param status 0 without an answer. @param measured false in the warm-up */
  ended(which: number, status: number, failure: string, latencyMs: number, measured: boolean): void {
    this.#intervalEnded++;
    if (failure !== '') this.#intervalFailed++;
    this.#interval.record(latencyMs);
    if (measured) this.#requests.get(which)?.add(status, failure, latencyMs);
  }

  late(ms: number): void {
    this.#lateness.record(ms);
  }

  interval(second: number): Interval {
    const interval = {
      second,
      ended: this.#intervalEnded,
      failed: this.#intervalFailed,
      latency: this.#interval.data(),
    };
    this.#interval.clear();
    this.#intervalEnded = 0;
    this.#intervalFailed = 0;
    return interval;
  }

  tally(ms: number): Tally {
    return {
      requests: [...this.#requests.values()].map((one) => one.tally()),
      lateness: this.#lateness.data(),
      bytes: this.bytes,
      opened: this.opened,
      ms,
    };
  }
}

/** Failures without an answer and without a wait tell nothing about latency: only these reasons count with their time. */
export const TIMED_OUT = 'no answer in time';
export const NOT_SENT = 'not sent in time';
export const UNANSWERED = 'no answer when the run ended';
const WAITED: readonly string[] = [TIMED_OUT, NOT_SENT, UNANSWERED];

class OneRequest {
  #ended = 0;
  #failed = 0;
  readonly #statuses = new Uint32Array(1000);
  readonly #failures = new Map<string, number>();
  readonly #latency = new Histogram();

  add(status: number, failure: string, latencyMs: number): void {
    this.#ended++;
    this.#statuses[status] = (this.#statuses[status] as number) + 1;
    if (failure !== '') {
      this.#failed++;
      this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1);
    }
    if (status !== 0 || WAITED.includes(failure)) this.#latency.record(latencyMs);
  }

  tally(): RequestTally {
    const statuses: Record<string, number> = {};
    for (const [status, count] of this.#statuses.entries()) {
      if (status > 0 && count > 0) statuses[status] = count;
    }
    return {
      ended: this.#ended,
      failed: this.#failed,
      statuses,
      failures: Object.fromEntries(this.#failures),
      latency: this.#latency.data(),
    };
  }
}

/** @param names of the plan's requests */
export function resultOf(
  names: readonly string[],
  tallies: readonly Tally[],
  timeline: readonly Second[],
  interrupted: boolean,
): LoadResult {
  const latency = new Histogram();
  const lateness = new Histogram();
  const statuses: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const byRequest = names.map((name) => ({ name, requests: 0, failed: 0, latency: new Histogram() }));
  let ms = 0;
  let bytes = 0;
  let opened = 0;
  for (const tally of tallies) {
    lateness.add(tally.lateness);
    bytes += tally.bytes;
    opened += tally.opened;
    ms = Math.max(ms, tally.ms);
    for (const [which, one] of tally.requests.entries()) {
      const sum = byRequest[which];
      if (sum === undefined) continue;
      sum.requests += one.ended;
      sum.failed += one.failed;
      sum.latency.add(one.latency);
      latency.add(one.latency);
      addCounts(statuses, one.statuses);
      addCounts(failures, one.failures);
    }
  }
  const requests = byRequest.reduce((sum, one) => sum + one.requests, 0);
  const failed = byRequest.reduce((sum, one) => sum + one.failed, 0);
  return {
    seconds: ms / 1000,
    requests,
    failed,
    rate: ms > 0 ? requests / (ms / 1000) : 0,
    bytes,
    opened,
    statuses,
    failures,
    latency,
    lateness,
    byRequest,
    timeline: [...timeline],
    interrupted,
  };
}

function addCounts(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + count;
}

/** One second of all threads. */
export function secondOf(second: number, parts: readonly Interval[]): Second {
  const latency = new Histogram();
  for (const part of parts) latency.add(part.latency);
  return {
    second,
    requests: parts.reduce((sum, { ended }) => sum + ended, 0),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
    p50: latency.percentile(50),
    p99: latency.percentile(99),
    max: latency.max,
  };
}
