/** `X-Amzn-Trace-Id` (reference 01 section 6). */
import { randomHex } from './ids.js';

/** What a part's value may look like. Anything else is taken as missing: the value goes on to functions and upstreams. */
const PLAIN = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Completes a client's trace id: its `Root`, `Parent` and `Sampled` are kept, what is missing is added, other parts are
 * dropped. `Sampled` is 1 by default when a Parent came in, else 0.
 * @returns `Root=1-{8 hex}-{24 hex};Parent={16 hex};Sampled={0|1}`
 */
export function completeTraceId(clientValue: string | undefined): string {
  if (clientValue === undefined) return `Root=${newRoot()};Parent=${randomHex(8)};Sampled=0`;
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
  return `Root=${root || newRoot()};Parent=${parent || randomHex(8)};Sampled=${sampled}`;
}

let rootSecond = -1;
let rootPrefix = '';

function newRoot(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== rootSecond) {
    rootSecond = second;
    rootPrefix = `1-${second.toString(16).padStart(8, '0')}-`;
  }
  return rootPrefix + randomHex(12);
}
