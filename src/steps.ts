/** Long work as a chain of short steps, so that the thread it runs on can do other things in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Yields wherever it may pause; returns what the work was for. No step should take more than a millisecond or so. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Milliseconds of work between two looks at what else there is to do: the most that a request waits for it, and more. */
const SLICE_MS = 2;

/** The whole work at once, for whoever has nothing else to do. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The work in slices, one for each turn of the event loop. Rejects with what a step throws. */
export async function inSlices<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      const { done, value } = steps.next();
      if (done === true) return value;
    } while (performance.now() < end);
    await nextTurn();
  }
}
