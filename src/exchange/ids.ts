/**
 * Request ids, made many at a time: one draw of random bytes and one text for hundreds of them. An id is then a slice of
 * that text, flat already, where joining its parts for each request would cost more than everything else in a head. The
 * text holds both ids of a request as the header lines in which they leave.
 */
import { Buffer } from 'node:buffer';
import { randomBytes, takeRandom } from './random-bytes.js';

/** Made at once; their text is 11 KiB, and what refers to one of them keeps all of it alive. */
const BATCH = 128;

const UUID_NAME = 'x-amzn-RequestId: ';
const EXTENDED_NAME = '\r\nx-amz-apigw-id: ';
const UUID_AT = UUID_NAME.length;
const UUID_END = UUID_AT + 36;
const EXTENDED_AT = UUID_END + EXTENDED_NAME.length;
const EXTENDED_END = EXTENDED_AT + 16;
const FORM = `${UUID_NAME}${'-'.repeat(36)}${EXTENDED_NAME}${'='.repeat(16)}\r\n`;

const UUID_BYTES = 16;
/** Eleven bytes make fifteen characters and one `=`. */
const EXTENDED_BYTES = 11;
const ID_BYTES = UUID_BYTES + EXTENDED_BYTES;

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');

const text = Buffer.from(FORM.repeat(BATCH), 'latin1');
let lines = '';
let next = 0;

/**
 * Two header lines with a version 4 UUID and with 15 base64 characters and `=`, as API Gateway's look (reference 01
 * section 6): `x-amzn-RequestId: ...\r\nx-amz-apigw-id: ...\r\n`.
 */
export function newIdLines(): string {
  if (next === lines.length) {
    const bytesAt = takeRandom(BATCH * ID_BYTES);
    for (let i = 0; i < BATCH; i++) {
      writeUuid(bytesAt + i * ID_BYTES, i * FORM.length + UUID_AT);
      writeBase64(bytesAt + i * ID_BYTES + UUID_BYTES, i * FORM.length + EXTENDED_AT);
    }
    lines = text.toString('latin1');
    next = 0;
  }
  const from = next;
  next += FORM.length;
  return lines.substring(from, next);
}

/** The request id in what `newIdLines` made. */
export function requestIdIn(idLines: string): string {
  return idLines.substring(UUID_AT, UUID_END);
}

/** The extended request id in what `newIdLines` made. */
export function extendedRequestIdIn(idLines: string): string {
  return idLines.substring(EXTENDED_AT, EXTENDED_END);
}

/** The same lines with another request id. */
export function withRequestId(idLines: string, requestId: string): string {
  return UUID_NAME + requestId + idLines.substring(UUID_END);
}

function writeUuid(from: number, to: number): void {
  let at = to;
  for (let i = 0; i < UUID_BYTES; i++) {
    let byte = randomBytes[from + i] as number;
    if (i === 6) byte = (byte & 0x0f) | 0x40;
    else if (i === 8) byte = (byte & 0x3f) | 0x80;
    if (i === 4 || i === 6 || i === 8 || i === 10) at++;
    text[at++] = HEX[byte >> 4] as number;
    text[at++] = HEX[byte & 15] as number;
  }
}

function writeBase64(from: number, to: number): void {
  let at = to;
  for (let i = 0; i < EXTENDED_BYTES; i += 3) {
    const first = randomBytes[from + i] as number;
    const second = randomBytes[from + i + 1] as number;
    const third = i + 2 < EXTENDED_BYTES ? (randomBytes[from + i + 2] as number) : 0;
    text[at++] = BASE64[first >> 2] as number;
    text[at++] = BASE64[((first & 3) << 4) | (second >> 4)] as number;
    text[at++] = BASE64[((second & 15) << 2) | (third >> 6)] as number;
    if (at < to + 15) text[at++] = BASE64[third & 63] as number;
  }
}
