/**
 * A header block is the wire form of headers: `name: value\r\n` for each field, in order, as one string (latin1: one
 * character a byte). Blocks cross threads and go out to sockets as they are, so a header costs no object. Blocks that
 * come from clients have lower-case names; blocks from upstreams keep the upstream's spelling.
 */
export type HeaderBlock = string;

const CR = 13;
const COLON = 58;
const SPACE = 32;
const TAB = 9;

/** Calls `visit(name, value)` for every field of the block, in order. */
export function forEachHeader(block: HeaderBlock, visit: (name: string, value: string) => void): void {
  let at = 0;
  while (at < block.length) {
    const colon = block.indexOf(':', at);
    const end = block.indexOf('\r\n', at);
    if (colon < 0 || end < 0 || colon > end) return;
    visit(block.slice(at, colon), trimmed(block, colon + 1, end));
    at = end + 2;
  }
}

/** All values of one field, in order. `name` must be lower case; the block's names may have any case. */
export function headerValues(block: HeaderBlock, name: string): string[] {
  const values: string[] = [];
  let at = 0;
  while (at < block.length) {
    const end = block.indexOf('\r\n', at);
    if (end < 0) break;
    if (nameMatches(block, at, name)) values.push(trimmed(block, at + name.length + 1, end));
    at = end + 2;
  }
  return values;
}

/** The last value of one field, or undefined. `name` must be lower case. */
export function headerValue(block: HeaderBlock, name: string): string | undefined {
  let found: string | undefined;
  let at = 0;
  while (at < block.length) {
    const end = block.indexOf('\r\n', at);
    if (end < 0) break;
    if (nameMatches(block, at, name)) found = trimmed(block, at + name.length + 1, end);
    at = end + 2;
  }
  return found;
}

/** True when the field at `at` is called `name` (lower case), whatever the case in the block. */
export function nameMatches(block: HeaderBlock, at: number, name: string): boolean {
  if (block.charCodeAt(at + name.length) !== COLON) return false;
  for (let i = 0; i < name.length; i++) {
    let code = block.charCodeAt(at + i);
    if (code >= 65 && code <= 90) code += 32;
    if (code !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** What stands between two places of a block, without the blanks around it. */
export function trimmed(block: HeaderBlock, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(block.charCodeAt(start))) start++;
  while (end > start && isBlank(block.charCodeAt(end - 1))) end--;
  return block.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const FORBIDDEN_IN_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;
/** Nothing forbidden and nothing beyond ASCII. */
const PLAIN_VALUE = /^[\t\x20-\x7e]*$/;

/** True when the name is a token and the value holds no control character: what may be written to a socket. */
export function isSafeHeader(name: string, value: string): boolean {
  return TOKEN.test(name) && !FORBIDDEN_IN_VALUE.test(value);
}

/**
 * One field in wire form, for a value that came from a template, a mapping or a function. A value with characters
 * above U+00FF goes out as UTF-8 bytes (each as one latin1 character). Undefined when the field is not safe to write.
 */
export function headerLine(name: string, value: string): string | undefined {
  if (PLAIN_VALUE.test(value)) return TOKEN.test(name) ? `${name}: ${value}\r\n` : undefined;
  if (!isSafeHeader(name, value)) return undefined;
  const wire = Buffer.from(value, 'utf8').toString('latin1');
  return `${name}: ${wire}\r\n`;
}
