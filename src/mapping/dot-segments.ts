/**
 * Dot segments in values that go into a URI's path. An upstream resolves `..` before it looks at a path, so a value
 * that holds more of them than names would reach resources the integration's URI does not offer.
 */

const DOT = 46;
const PERCENT = 37;

/** `clean`: no dot segment is possible; `dots`: `climbs` has to decide; `refused`: must not be in a request target. */
export type PathInspection = 'clean' | 'dots' | 'refused';

/** One pass over a raw path value. Refused: control characters, spaces, `?`, `#`, and what is no byte. */
export function inspectRawPath(value: string): PathInspection {
  let dots = false;
  let previous = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 32 || code === 127 || code === 35 || code === 63 || code > 255) return 'refused';
    if (code === DOT) dots ||= previous === DOT;
    else if (code === PERCENT) dots ||= isEncodedDot(value, i);
    previous = code;
  }
  return dots ? 'dots' : 'clean';
}

function isEncodedDot(value: string, at: number): boolean {
  return value.charCodeAt(at + 1) === 50 && (value.charCodeAt(at + 2) | 32) === 101;
}

const ENCODED_DOT = /%2e/gi;
/** What some servers take for a slash: they decode before they resolve. */
const SEPARATORS = /\/|\\|%2f|%5c/i;
/** Some servers cut `;parameters` off a segment before they resolve. */
const PARAMETERS = /;.*$/s;

/**
 * True when the segments of `text`, which starts at a segment's start, climb above that place. Asked twice, for servers
 * that read only `/` as a separator and for those that decode first; empty segments count for nothing, since servers
 * that merge slashes drop them.
 */
export function climbs(text: string): boolean {
  return (
    climbsBy(text.split('/')) ||
    climbsBy(text.split(SEPARATORS).map((segment) => segment.replace(PARAMETERS, '')))
  );
}

function climbsBy(segments: readonly string[]): boolean {
  let depth = 0;
  for (const segment of segments) {
    const name = segment.replace(ENCODED_DOT, '.');
    if (name === '..') depth--;
    else if (name !== '.' && name !== '') depth++;
    if (depth < 0) return true;
  }
  return false;
}
