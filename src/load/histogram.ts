/**
 * Latencies in log-linear buckets, as HdrHistogram keeps them: 1024 buckets for every power of two nanoseconds, so that
 * every value is kept to three significant digits at the cost of one addition, whatever the number of values.
 */

const PRECISION_BITS = 10;
const BUCKETS = 2 ** PRECISION_BITS;
const TWO_32 = 2 ** 32;
/** Longer than any request is waited for. */
const MAX_NANOSECONDS = 3.6e12;
const LAST_INDEX = indexOf(MAX_NANOSECONDS);
const NANOSECONDS_PER_MS = 1e6;

/** What crosses threads and files: index and count of each bucket that is not empty, in turn. Times in milliseconds. */
export interface HistogramData {
  counts: number[];
  min: number;
  max: number;
  sum: number;
}

export class Histogram {
  readonly #counts = new Float64Array(LAST_INDEX + 1);
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #sum = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.add(data);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  /** Milliseconds, as all values here; NaN while empty. */
  get min(): number {
    return this.#count === 0 ? Number.NaN : this.#min;
  }

  get max(): number {
    return this.#count === 0 ? Number.NaN : this.#max;
  }

  get mean(): number {
    return this.#sum / this.#count;
  }

  record(ms: number): void {
    // Clocks that are read twice may disagree by nanoseconds; beyond an hour only "too long" is of interest.
    const value = Math.min(Math.max(Math.round(ms * NANOSECONDS_PER_MS), 0), MAX_NANOSECONDS);
    const index = indexOf(value);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#count++;
    const kept = value / NANOSECONDS_PER_MS;
    this.#sum += kept;
    if (kept < this.#min) this.#min = kept;
    if (kept > this.#max) this.#max = kept;
  }

  /**
   * The least time within which `percent` of all values lie, at most 0.1 % too high.
   * @param percent 0 to 100
   */
  percentile(percent: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil((percent / 100) * this.#count));
    for (const [index, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(Math.max(highest(index) / NANOSECONDS_PER_MS, this.#min), this.#max);
    }
    return this.#max;
  }

  /** Adds all values of another one. */
  add(data: HistogramData): void {
    for (let at = 0; at + 1 < data.counts.length; at += 2) {
      const index = data.counts[at] as number;
      const count = data.counts[at + 1] as number;
      this.#counts[index] = (this.#counts[index] as number) + count;
      this.#count += count;
    }
    this.#sum += data.sum;
    this.#min = Math.min(this.#min, data.min);
    this.#max = Math.max(this.#max, data.max);
  }

  data(): HistogramData {
    const counts: number[] = [];
    if (this.#count > 0) {
      for (const [index, count] of this.#counts.entries()) if (count > 0) counts.push(index, count);
    }
    return { counts, min: this.#min, max: this.#max, sum: this.#sum };
  }

  clear(): void {
    if (this.#count > 0) this.#counts.fill(0);
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
    this.#sum = 0;
  }
}

/** Values below 2 * BUCKETS have a bucket each; from there on a bucket is twice as wide with every power of two. */
function indexOf(value: number): number {
  const bits = value < TWO_32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / TWO_32));
  const shift = Math.max(0, bits - PRECISION_BITS - 1);
  return shift * BUCKETS + Math.floor(value / 2 ** shift);
}

/** The highest value of a bucket. */
function highest(index: number): number {
  const shift = Math.max(0, Math.floor(index / BUCKETS) - 1);
  return (index - shift * BUCKETS + 1) * 2 ** shift - 1;
}
