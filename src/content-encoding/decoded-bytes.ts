/**
 * What decoded request bodies may take together, per worker: a few KiB on the wire become 10 MB, and the acceptor's own
 * limit counts what is on the wire.
 */
import type { Exchange } from '../exchange/exchange.js';

/** Bytes of decoded bodies that requests under way hold; past it, requests that need decoding are answered 503. */
export const MAX_DECODED_BYTES = 268_435_456;
/** Bodies decoded at the same time; others wait in the form they came in. Each takes 10 MB at most. */
const MAX_RUNNING = 4;

let held = 0;
let running = 0;
const waiting: (() => void)[] = [];

/** False when the requests under way hold as much as they may. */
export function hasRoomForDecoded(): boolean {
  return held < MAX_DECODED_BYTES;
}

/** Counts a decoded body until its exchange ends. */
export function holdDecoded(exchange: Exchange, bytes: number): void {
  exchange.decodedBytes += bytes;
  held += bytes;
}

/** The exchange ended, whichever way. */
export function releaseDecoded(exchange: Exchange): void {
  held -= exchange.decodedBytes;
  exchange.decodedBytes = 0;
}

/** Runs the job now or when another has ended; it calls `finished` once, later. */
export function whenDecoderIsFree(job: (finished: () => void) => void): void {
  if (running < MAX_RUNNING) start(job);
  else waiting.push(() => start(job));
}

function start(job: (finished: () => void) => void): void {
  running++;
  job(() => {
    running--;
    waiting.shift()?.();
  });
}
