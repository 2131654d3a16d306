/** See metronome.ts. It blocks by intention, and ends by being terminated. */
import { parentPort, workerData } from 'node:worker_threads';
import { type MetronomeCells, ORDER, PILLOW } from './metronome.js';

const { orders, delayMs } = workerData as MetronomeCells;
for (let seen = 0; ; ) {
  Atomics.wait(orders, ORDER, seen);
  seen = Atomics.load(orders, ORDER);
  Atomics.wait(orders, PILLOW, 0, delayMs[0]);
  parentPort?.postMessage(null);
}
