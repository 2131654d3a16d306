/** Texts from the wire are latin1 strings, one character a byte; what people read in them is UTF-8 where it can be. */

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NOT_ASCII = /[\x80-\xff]/;

/** The text as UTF-8 when its bytes are valid UTF-8, else as it is (latin1). Plain ASCII costs one scan. */
export function wireText(latin1: string): string {
  if (!NOT_ASCII.test(latin1)) return latin1;
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}

/** Anything but printable ASCII without `"` and `\`. */
const NEEDS_CARE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;

/** What stands between the quotes of the text as JSON. Most texts are plain and need no escapes: one scan. */
export function wireJson(latin1: string): string {
  return NEEDS_CARE.test(latin1) ? JSON.stringify(wireText(latin1)).slice(1, -1) : latin1;
}
