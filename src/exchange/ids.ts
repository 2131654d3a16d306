/**
 * Request ids, made many at a time: one draw of random bytes and one text for hundreds of them. An id is then a slice of
 * that text, flat already, where joining its parts for each request would cost more than everything else in a head.
 */
import { randomFillSync } from 'node:crypto';

/** Ids made at once; their text is 4 to 16 KiB, and what refers to an id keeps all of it alive for a moment. */
const BATCH = 256;

const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const DASH = 0x2d;

const UUID_LENGTH = 36;
const uuidBytes = Buffer.allocUnsafeSlow(BATCH * 16);
const uuidText = Buffer.allocUnsafeSlow(BATCH * UUID_LENGTH);
let uuids = '';
let nextUuid = 0;

/** A version 4 UUID. */
export function newRequestId(): string {
  if (nextUuid === uuids.length) {
    uuids = manyUuids();
    nextUuid = 0;
  }
  const from = nextUuid;
  nextUuid += UUID_LENGTH;
  return uuids.substring(from, nextUuid);
}

function manyUuids(): string {
  randomFillSync(uuidBytes);
  let at = 0;
  for (let i = 0; i < uuidBytes.length; i++) {
    const place = i & 15;
    let byte = uuidBytes[i] as number;
    if (place === 6) byte = (byte & 0x0f) | 0x40;
    else if (place === 8) byte = (byte & 0x3f) | 0x80;
    if (place === 4 || place === 6 || place === 8 || place === 10) uuidText[at++] = DASH;
    uuidText[at++] = DIGITS[byte >> 4] as number;
    uuidText[at++] = DIGITS[byte & 15] as number;
  }
  return uuidText.toString('latin1');
}

const EXTENDED_LENGTH = 16;
const EXTENDED_BYTES = 11;
const extendedBytes = Buffer.allocUnsafeSlow(BATCH * EXTENDED_BYTES);
let extendedIds = '';
let nextExtendedId = 0;

/** 15 base64 characters and `=`, as `x-amz-apigw-id` looks (reference 01 section 6). */
export function newExtendedRequestId(): string {
  if (nextExtendedId === extendedIds.length) {
    extendedIds = manyExtendedIds();
    nextExtendedId = 0;
  }
  const from = nextExtendedId;
  nextExtendedId += EXTENDED_LENGTH;
  return extendedIds.substring(from, nextExtendedId);
}

function manyExtendedIds(): string {
  randomFillSync(extendedBytes);
  // Eleven bytes make fifteen characters and one `=`; joined through a buffer, so that the text is flat.
  const text = Buffer.allocUnsafe(BATCH * EXTENDED_LENGTH);
  for (let i = 0; i < BATCH; i++) {
    const from = i * EXTENDED_BYTES;
    text.write(extendedBytes.toString('base64', from, from + EXTENDED_BYTES), i * EXTENDED_LENGTH, 'latin1');
  }
  return text.toString('latin1');
}

const hexBytes = Buffer.allocUnsafeSlow(4096);
let hexText = '';
let nextHex = 0;

/** `count` random bytes in lower-case hex, at most 1024 of them. */
export function randomHex(count: number): string {
  if (nextHex + count * 2 > hexText.length) {
    randomFillSync(hexBytes);
    hexText = hexBytes.toString('hex');
    nextHex = 0;
  }
  const from = nextHex;
  nextHex += count * 2;
  return hexText.substring(from, nextHex);
}
