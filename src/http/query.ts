/** Query strings, decoded by the form rules (reference 01 section 2). */
import { wireText } from './wire-text.js';

export type QueryParameter = readonly [name: string, value: string];

const ESCAPED = /[%+]/;
const PERCENT = 37;
const PLUS = 43;

/**
 * The parameters of a raw query, in order. `&` and `;` separate; `+` is a space; `%XX` is decoded once, as UTF-8
 * (invalid bytes become U+FFFD); a `%` that starts no escape stays. `a` and `a=` both have the value `''`; empty parts
 * (`&&`) are nothing. One pass, so the work is bounded by the query's length, which the acceptor limits.
 */
export function parseQuery(raw: string): QueryParameter[] {
  const parameters: QueryParameter[] = [];
  let start = 0;
  while (start < raw.length) {
    let end = start;
    let equals = -1;
    for (; end < raw.length; end++) {
      const code = raw.charCodeAt(end);
      if (code === 38 || code === 59) break;
      if (code === 61 && equals < 0) equals = end;
    }
    if (end > start) {
      const name = raw.slice(start, equals < 0 ? end : equals);
      const value = equals < 0 ? '' : raw.slice(equals + 1, end);
      parameters.push([decodeFormText(name), decodeFormText(value)]);
    }
    start = end + 1;
  }
  return parameters;
}

/** One name or value, decoded. Most hold no escape and cost one scan. */
export function decodeFormText(raw: string): string {
  if (!ESCAPED.test(raw)) return wireText(raw);
  const bytes = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === PLUS) {
      bytes[length++] = 32;
    } else if (code === PERCENT) {
      const high = hexDigit(raw.charCodeAt(i + 1));
      const low = hexDigit(raw.charCodeAt(i + 2));
      if (high < 0 || low < 0) {
        bytes[length++] = PERCENT;
      } else {
        bytes[length++] = high * 16 + low;
        i += 2;
      }
    } else {
      bytes[length++] = code;
    }
  }
  return bytes.toString('utf8', 0, length);
}

/** The value of a hexadecimal digit's character code, or -1; NaN (past the end) is none. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
