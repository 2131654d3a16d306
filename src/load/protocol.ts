/** Messages between the main thread and a load thread. */
import type { LoadPlan, Share } from './plan.js';
import type { Interval, Tally } from './tally.js';

/** `workerData` of a load thread. */
export interface LoadThreadData {
  plan: LoadPlan;
  share: Share;
}

export type ToLoadThread = { type: 'go' } | { type: 'stop' };

export type FromLoadThread =
  /** Connections that are open, and why others are not; empty when all are. */
  | { type: 'prepared'; open: number; failure: string }
  | { type: 'interval'; interval: Interval }
  | { type: 'done'; tally: Tally };
