/** Text that strangers chose, made safe to print: nothing in it can end a line, forge a field or steer a terminal. */

/** Everything but printable ASCII without `"` and `\`. */
const UNSAFE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const UNSAFE_ALL = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/** For a quoted field of a text line: bytes as `\xe9`, characters above U+00FF as `\u20ac`. */
export function escapeText(value: string): string {
  return UNSAFE.test(value) ? value.replace(UNSAFE_ALL, textEscape) : value;
}

/** A JSON string in ASCII, quotes included. A character of a latin1 string comes out as the byte it stands for. */
export function jsonString(value: string): string {
  return UNSAFE.test(value) ? `"${value.replace(UNSAFE_ALL, jsonEscape)}"` : `"${value}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
const CONTROL = /[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** For people: control characters, line separators and direction marks are escaped, everything else stays. */
export function printable(value: string): string {
  return value.replace(CONTROL, textEscape);
}

function textEscape(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function jsonEscape(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\u${hex(character.charCodeAt(0), 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
