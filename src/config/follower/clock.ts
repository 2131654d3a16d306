/** Time as the follower sees it: a simulation hands it a clock of its own. */
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** Runs something once, later. @returns what takes it back */
  after(ms: number, run: () => void): () => void;
}

/** Does not keep the process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
