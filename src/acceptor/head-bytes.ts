import { Buffer } from 'node:buffer';

/** Heads up to this size share one buffer. */
const SHARED_BYTES = 4_096;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
/** What has been asked for of the buffer, by length: a view costs as much as the copy. */
const views: (Uint8Array | undefined)[] = new Array(SHARED_BYTES + 1).fill(undefined);

/**
 * An answer's head as bytes, valid until the next call. uWS writes whatever the status line holds, so a whole head
 * crosses into it in one call; and of a text it would count and convert the characters, which are one byte each.
 */
export function headBytes(head: string): Uint8Array {
  const { length } = head;
  if (length > SHARED_BYTES) return Buffer.from(head, 'latin1');
  shared.write(head, 'latin1');
  let view = views[length];
  if (view === undefined) {
    view = shared.subarray(0, length);
    views[length] = view;
  }
  return view;
}
