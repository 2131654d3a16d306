/** One target of an upstream: what it is doing, and whether it is to be given requests. */
import { performance } from 'node:perf_hooks';
import type { Origin } from '../upstream.js';
import { hashText } from './hash.js';
import { ACTIVE, EJECTIONS, FAILURES, REQUESTS, UNAVAILABLE } from './target-counts.js';

/** A target that came back begins with this share: with none at all it would never get a request. */
const LEAST_WARM_SHARE = 0.1;

/** Of the upstream, as its targets see it. */
export interface TargetOwner {
  readonly slowStartMs: number;
  /** A target came or went: whoever chooses among them has to look again. */
  availabilityChanged(): void;
}

export class Target {
  readonly origin: Origin;
  /** `host:port`, for messages and `Host`. */
  readonly address: string;
  /** For consistent hashing: the same in every worker and node. */
  readonly seed: number;
  /** Requests under way, from here and through this upstream. */
  active = 0;
  /** Failed requests in a row. */
  failuresInRow = 0;
  /** Owned by round robin. */
  credit = 0;

  readonly #owner: TargetOwner;
  readonly #weight: number;
  readonly #counts: Float64Array;
  #healthy = true;
  #ejected = false;
  /** Monotonic milliseconds at which it came back; -1: it has its full share. */
  #warmingSince = -1;

  /** @param counts see target-counts.ts; may be shared with targets of the same upstream under another scheme */
  constructor(owner: TargetOwner, origin: Origin, weight: number, counts: Float64Array) {
    this.origin = origin;
    this.address = `${origin.host.includes(':') ? `[${origin.host}]` : origin.host}:${origin.port}`;
    this.seed = hashText(this.address);
    this.#owner = owner;
    this.#weight = weight;
    this.#counts = counts;
  }

  get available(): boolean {
    return this.#healthy && !this.#ejected;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  get ejected(): boolean {
    return this.#ejected;
  }

  /** Its share of requests, relative to the others'. */
  get weight(): number {
    return this.#warmingSince < 0 ? this.#weight : this.#weight * this.#warmShare();
  }

  started(): void {
    this.active++;
    this.#count(REQUESTS, 1);
    this.#count(ACTIVE, 1);
  }

  ended(): void {
    this.active--;
    this.#count(ACTIVE, -1);
  }

  failed(): void {
    this.failuresInRow++;
    this.#count(FAILURES, 1);
  }

  succeeded(): void {
    this.failuresInRow = 0;
  }

  setHealthy(healthy: boolean): void {
    this.#change(() => {
      this.#healthy = healthy;
    });
  }

  setEjected(ejected: boolean): void {
    if (ejected) this.#count(EJECTIONS, 1);
    this.#change(() => {
      this.#ejected = ejected;
    });
  }

  #change(change: () => void): void {
    const before = this.available;
    change();
    if (this.available === before) return;
    this.#count(UNAVAILABLE, before ? 1 : -1);
    if (!before && this.#owner.slowStartMs > 0) this.#warmingSince = performance.now();
    this.#owner.availabilityChanged();
  }

  #warmShare(): number {
    const share = (performance.now() - this.#warmingSince) / this.#owner.slowStartMs;
    if (share >= 1) {
      this.#warmingSince = -1;
      return 1;
    }
    return Math.max(LEAST_WARM_SHARE, share);
  }

  #count(index: number, by: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + by;
  }
}
