/** What a follower counts, and how long revisions took to arrive. */
import type { AppliedRevision } from '../../proto/messages.js';

/** Why a node compared itself with the store. */
export type ResyncReason = keyof Progress['resyncs'];

/** Upper bounds of the histogram's buckets in milliseconds; one more bucket is without bound. */
export const LAG_BOUNDS_MS = [5, 10, 25, 50, 75, 100, 250, 500, 1_000, 2_500, 10_000] as const;

/** Revisions whose lag is told in the node's status. */
const RECENT = 20;

export class Progress {
  applied = 0;
  refused = 0;
  /** Messages and readings that were not believed. */
  untrusted = 0;
  /** Times a store that went back in time was followed. */
  rewinds = 0;
  /** Times a lost configuration was put back into the store. */
  restores = 0;
  readonly resyncs = {
    start: 0,
    connected: 0,
    gap: 0,
    'too-large': 0,
    untrusted: 0,
    poll: 0,
    retry: 0,
  };
  /** Not cumulative; the last one is without bound. */
  readonly lagBuckets: number[] = Array.from({ length: LAG_BOUNDS_MS.length + 1 }, () => 0);
  lagSumMs = 0;
  /** Newest last. */
  readonly recent: AppliedRevision[] = [];

  lag(revision: number, lagMs: number): void {
    const bucket = LAG_BOUNDS_MS.findIndex((bound) => lagMs <= bound);
    const index = bucket === -1 ? LAG_BOUNDS_MS.length : bucket;
    this.lagBuckets[index] = (this.lagBuckets[index] ?? 0) + 1;
    this.lagSumMs += lagMs;
    this.recent.push({ revision, lagMs });
    if (this.recent.length > RECENT) this.recent.shift();
  }
}
