import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

/** A draw costs 2.5 us before its first byte: this is some hundred requests' worth. */
const POOL_BYTES = 16_384;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let next = POOL_BYTES;

/** Where `count` unused random bytes begin in `randomBytes`; at most 16 KiB at a time. They are the caller's alone. */
export function takeRandom(count: number): number {
  if (next + count > POOL_BYTES) {
    randomFillSync(pool);
    next = 0;
  }
  const from = next;
  next += count;
  return from;
}

export const randomBytes: Uint8Array = pool;
