/**
 * Counters in shared memory. Each writer (a worker, an acceptor) owns one buffer that no other thread writes, so an
 * increment is a plain array write without atomics; the main thread reads all buffers and adds them up. A read may see
 * a request half counted (its class, but not yet its latency): metrics are sampled, so that costs nothing. An aligned
 * 8-byte write is never seen torn on the 64-bit machines Node runs on.
 *
 * When a writer dies, its successor gets the same buffer: counters never go back, in-flight aside (see `Counters`).
 *
 *   | header: in flight, shed, refused by reason | slot 0 | slot 1 | ... |
 *   slot: class counts | latency buckets, sum | integration latency buckets, sum | bytes out
 */

/** Upper bounds in milliseconds; one more bucket takes what is slower. The last is above API Gateway's 29 s limit. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000,
];

/** By first digit of the status; `cancelled`: the client left before an answer began. */
export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'cancelled'] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

/** Why an acceptor refused a request itself, before any worker saw it. */
export const REFUSAL_REASONS = ['framing', 'uri_too_long', 'headers_too_large', 'body_too_large'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Stages one node counts apart. Beyond it, requests are counted on slot 0. 1024 slots are 312 KiB per writer. */
export const COUNTER_SLOTS = 1024;

const BOUNDS = Float64Array.from(LATENCY_BOUNDS_MS);
const BUCKETS = BOUNDS.length + 1;

const IN_FLIGHT = 0;
const SHED = 1;
const REFUSED = 2;
const HEADER = 16;

const LATENCY = STATUS_CLASSES.length;
const LATENCY_SUM = LATENCY + BUCKETS;
const INTEGRATION = LATENCY_SUM + 1;
const INTEGRATION_SUM = INTEGRATION + BUCKETS;
const BYTES_OUT = INTEGRATION_SUM + 1;
const STAGE_IN_FLIGHT = BYTES_OUT + 1;
/** All 40 are used, and keep every slot on its own cache lines (64 bytes hold 8 values). */
const STRIDE = 40;

const CANCELLED = STATUS_CLASSES.length - 1;

/** The writer's side: one instance per thread and buffer. */
export class Counters {
  readonly #values: Float64Array;
  readonly #slots: number;

  /** A zeroed buffer. Writers that see no stages (acceptors) need one slot only. */
  static allocate(slots: number = COUNTER_SLOTS): SharedArrayBuffer {
    return new SharedArrayBuffer((HEADER + slots * STRIDE) * Float64Array.BYTES_PER_ELEMENT);
  }

  /** Takes the buffer over from a writer that died, if there was one: what it had in flight is gone. */
  constructor(buffer: SharedArrayBuffer) {
    this.#values = new Float64Array(buffer);
    this.#slots = slotsOf(this.#values);
    this.#values[IN_FLIGHT] = 0;
    for (let slot = 0; slot < this.#slots; slot++) this.#values[HEADER + slot * STRIDE + STAGE_IN_FLIGHT] = 0;
  }

  /**
   * Counts one request that ended.
   * @param slot `StageRuntime.counterSlot`; 0: the request reached no stage
   * @param status 0: the client left before an answer
   * @param latencyMs from the acceptor's envelope to the answer's last byte
   * @param integrationLatencyMs -1: no integration was called
   * @param bytesOut of the answer's body
   */
  record(
    slot: number,
    status: number,
    latencyMs: number,
    integrationLatencyMs: number,
    bytesOut: number,
  ): void {
    const values = this.#values;
    const at = HEADER + (slot < this.#slots ? slot : 0) * STRIDE;
    const hundreds = (status / 100) | 0;
    bump(values, at + (hundreds >= 1 && hundreds <= 5 ? hundreds - 1 : CANCELLED), 1);
    bump(values, at + LATENCY + bucketOf(latencyMs), 1);
    bump(values, at + LATENCY_SUM, latencyMs);
    if (integrationLatencyMs >= 0) {
      bump(values, at + INTEGRATION + bucketOf(integrationLatencyMs), 1);
      bump(values, at + INTEGRATION_SUM, integrationLatencyMs);
    }
    bump(values, at + BYTES_OUT, bytesOut);
  }

  /** One more (1) or one less (-1) request under way in a stage. */
  stageInFlight(slot: number, by: 1 | -1): void {
    bump(this.#values, HEADER + (slot < this.#slots ? slot : 0) * STRIDE + STAGE_IN_FLIGHT, by);
  }

  /** Requests under way, as the writer itself keeps count. */
  setInFlight(count: number): void {
    this.#values[IN_FLIGHT] = count;
  }

  /** A request answered 503 at once because `maxInFlight` were under way. */
  shed(): void {
    bump(this.#values, SHED, 1);
  }

  refused(reason: RefusalReason): void {
    bump(this.#values, REFUSED + REFUSAL_REASONS.indexOf(reason), 1);
  }
}

export interface Histogram {
  /** Per bucket, not cumulative; one longer than `LATENCY_BOUNDS_MS`. */
  buckets: number[];
  sumMs: number;
  count: number;
}

export interface SlotTotals {
  /** In the order of `STATUS_CLASSES`. */
  classes: number[];
  latency: Histogram;
  integrationLatency: Histogram;
  bytesOut: number;
  inFlight: number;
}

export interface CounterTotals {
  inFlight: number;
  shed: number;
  /** In the order of `REFUSAL_REASONS`. */
  refused: number[];
  /** Totals of one slot over all writers. */
  slot(slot: number): SlotTotals;
}

/** Adds up the buffers of all writers, whatever their number of slots. */
export function readCounters(buffers: readonly SharedArrayBuffer[]): CounterTotals {
  const views = buffers.map((buffer) => new Float64Array(buffer));
  const sum = (at: number): number => views.reduce((total, view) => total + (view[at] ?? 0), 0);
  const sums = (at: number, count: number): number[] => Array.from({ length: count }, (_, i) => sum(at + i));
  const histogram = (at: number, sumAt: number): Histogram => {
    const buckets = sums(at, BUCKETS);
    return { buckets, sumMs: sum(sumAt), count: buckets.reduce((total, n) => total + n, 0) };
  };
  return {
    inFlight: sum(IN_FLIGHT),
    shed: sum(SHED),
    refused: sums(REFUSED, REFUSAL_REASONS.length),
    slot(slot) {
      const at = HEADER + slot * STRIDE;
      return {
        classes: sums(at, STATUS_CLASSES.length),
        latency: histogram(at + LATENCY, at + LATENCY_SUM),
        integrationLatency: histogram(at + INTEGRATION, at + INTEGRATION_SUM),
        bytesOut: sum(at + BYTES_OUT),
        inFlight: sum(at + STAGE_IN_FLIGHT),
      };
    },
  };
}

function slotsOf(values: Float64Array): number {
  return Math.floor((values.length - HEADER) / STRIDE);
}

function bump(values: Float64Array, at: number, by: number): void {
  values[at] = (values[at] as number) + by;
}

/** Most requests are fast, so a scan from the left ends sooner than a binary search. */
function bucketOf(milliseconds: number): number {
  let bucket = 0;
  while (bucket < BOUNDS.length && milliseconds > (BOUNDS[bucket] as number)) bucket++;
  return bucket;
}
