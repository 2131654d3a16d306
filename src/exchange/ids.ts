/** Request ids from random bytes drawn in bulk: one system call for hundreds of ids. */
import { randomFillSync } from 'node:crypto';

const POOL = Buffer.allocUnsafe(8192);
let at = POOL.length;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')) as readonly string[];

function take(count: number): number {
  if (at + count > POOL.length) {
    randomFillSync(POOL);
    at = 0;
  }
  const from = at;
  at += count;
  return from;
}

/** A version 4 UUID. */
export function newRequestId(): string {
  const i = take(16);
  const b = (n: number): string => HEX[POOL[i + n] as number] as string;
  const version = HEX[((POOL[i + 6] as number) & 0x0f) | 0x40] as string;
  const variant = HEX[((POOL[i + 8] as number) & 0x3f) | 0x80] as string;
  return `${b(0)}${b(1)}${b(2)}${b(3)}-${b(4)}${b(5)}-${version}${b(7)}-${variant}${b(9)}-${b(10)}${b(11)}${b(12)}${b(13)}${b(14)}${b(15)}`;
}

/** 15 base64 characters and `=`, as `x-amz-apigw-id` looks (reference 01 section 6). */
export function newExtendedRequestId(): string {
  const i = take(11);
  return POOL.toString('base64', i, i + 11);
}

/** `count` random bytes in lower-case hex. */
export function randomHex(count: number): string {
  const i = take(count);
  return POOL.toString('hex', i, i + count);
}
