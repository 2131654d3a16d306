import { Buffer } from 'node:buffer';

/** Heads up to this size share one buffer. */
const SHARED_BYTES = 4_096;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
/** What has been asked for of the buffer, by length: a view costs as much as the copy. */
const views: (Uint8Array | undefined)[] = new Array(SHARED_BYTES + 1).fill(undefined);

// --- what the buffer holds ---
let head = '';
let last = '';
let lastAt = 0;

/**
 * An answer's head as bytes, valid until the next call: of one answer to the next, mostly only the ids change. uWS writes
 * whatever the status line holds, so a whole head crosses into it in one call; and of a text it would count and convert
 * the characters, which are one byte each.
 * @param newHead see `answerHead`; `newLast`: the last lines, without the last line end
 */
export function headBytes(newHead: string, idLines: string, newLast: string): Uint8Array {
  const newLastAt = newHead.length + idLines.length;
  const length = newLastAt + newLast.length;
  if (length > SHARED_BYTES) return Buffer.from(newHead + idLines + newLast, 'latin1');
  const headStays = newHead === head;
  if (!headStays) {
    shared.write(newHead, 0, 'latin1');
    head = newHead;
  }
  shared.write(idLines, newHead.length, 'latin1');
  if (!headStays || newLastAt !== lastAt || newLast !== last) {
    shared.write(newLast, newLastAt, 'latin1');
    last = newLast;
    lastAt = newLastAt;
  }
  let view = views[length];
  if (view === undefined) {
    view = shared.subarray(0, length);
    views[length] = view;
  }
  return view;
}
