/** `X-Amzn-Trace-Id` (reference 01 section 6). */
import { Buffer } from 'node:buffer';
import { randomBytes, takeRandom } from './random-bytes.js';

/** What a part's value may look like. Anything else is taken as missing: the value goes on to functions and upstreams. */
const PLAIN = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Completes a client's trace id: its `Root`, `Parent` and `Sampled` are kept, what is missing is added, other parts are
 * dropped. `Sampled` is 1 by default when a Parent came in, else 0.
 * @returns `Root=1-{8 hex}-{24 hex};Parent={16 hex};Sampled={0|1}`
 */
export function completeTraceId(clientValue: string | undefined): string {
  const fresh = newTraceId();
  if (clientValue === undefined) return fresh;
  let root = '';
  let parent = '';
  let sampled = '';
  for (const part of clientValue.split(';', 16)) {
    const equals = part.indexOf('=');
    const value = part.slice(equals + 1).trim();
    if (equals < 0 || !PLAIN.test(value)) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    if (name === 'root') root ||= value;
    else if (name === 'parent') parent ||= value;
    else if (name === 'sampled') sampled ||= value;
  }
  if (sampled === '') sampled = parent === '' ? '0' : '1';
  root ||= fresh.substring(ROOT_AT, ROOT_END);
  parent ||= fresh.substring(PARENT_AT, PARENT_END);
  return `Root=${root};Parent=${parent};Sampled=${sampled}`;
}

const SECOND_AT = 'Root=1-'.length;
const ROOT_AT = 'Root='.length;
const UNIQUE_AT = SECOND_AT + 9;
const ROOT_END = UNIQUE_AT + 24;
const PARENT_AT = ROOT_END + ';Parent='.length;
const PARENT_END = PARENT_AT + 16;
const FORM = `Root=1-${'-'.repeat(33)};Parent=${'-'.repeat(16)};Sampled=0`;

/** As with request ids (ids.ts): many are made at once, and those of a second that is over are thrown away. */
const BATCH = 128;
const UNIQUE_BYTES = 12;
const ID_BYTES = UNIQUE_BYTES + 8;

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const text = Buffer.from(FORM.repeat(BATCH), 'latin1');
let ids = '';
let next = 0;
let idsSecond = -1;

function newTraceId(): string {
  const second = Math.floor(Date.now() / 1000);
  if (next === ids.length || second !== idsSecond) {
    idsSecond = second;
    ids = manyTraceIds(second.toString(16).padStart(8, '0'));
    next = 0;
  }
  const from = next;
  next += FORM.length;
  return ids.substring(from, next);
}

function manyTraceIds(second: string): string {
  const bytesAt = takeRandom(BATCH * ID_BYTES);
  for (let i = 0; i < BATCH; i++) {
    const from = bytesAt + i * ID_BYTES;
    const to = i * FORM.length;
    text.write(second, to + SECOND_AT, 'latin1');
    writeHex(from, from + UNIQUE_BYTES, to + UNIQUE_AT);
    writeHex(from + UNIQUE_BYTES, from + ID_BYTES, to + PARENT_AT);
  }
  return text.toString('latin1');
}

function writeHex(from: number, end: number, to: number): void {
  let at = to;
  for (let i = from; i < end; i++) {
    const byte = randomBytes[i] as number;
    text[at++] = HEX[byte >> 4] as number;
    text[at++] = HEX[byte & 15] as number;
  }
}
