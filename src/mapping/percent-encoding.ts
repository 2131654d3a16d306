/** Percent-encoding of values that go into a request target. */

/** RFC 3986 `pchar`, and `/`: what may stand in a path as it is. */
const NOT_IN_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/g;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A query parameter's name or value: everything but unreserved characters is encoded. */
export function encodeQueryComponent(text: string): string {
  return encodeURIComponent(wellFormed(text));
}

/** Text for a path; slashes stay slashes. `?`, `#`, `%`, spaces, controls and everything above ASCII are encoded. */
export function encodePathText(text: string): string {
  return wellFormed(text).replace(NOT_IN_PATH, encodeURIComponent);
}

/** A raw path parameter as text. One with a malformed escape, or with bytes that are not UTF-8, is taken as it is. */
export function decodePathText(raw: string): string {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** JSON texts can hold half a surrogate pair, which `encodeURIComponent` throws on: it becomes U+FFFD. */
function wellFormed(text: string): string {
  return LONE_SURROGATE.test(text) ? Buffer.from(text, 'utf8').toString('utf8') : text;
}
