/** Which payloads are binary: `binaryMediaTypes` against a Content-Type or an Accept (reference 02 section 6.3). */

/** Decides for one `Content-Type` or `Accept` value; undefined: the header was not sent. */
export type BinaryMatcher = (header: string | undefined) => boolean;

const never: BinaryMatcher = () => false;
const always: BinaryMatcher = () => true;

/**
 * Prepares the matching rules for a list of binary media types. Only the first media type of the header counts, its
 * parameters do not. An entry must equal it as it is written; a wildcard subtype matches its whole type, a wildcard
 * type with a concrete subtype nothing, and the double wildcard everything, a missing header included. A header that
 * is no media type matches only the double wildcard.
 */
export function compileBinaryMatcher(types: readonly string[]): BinaryMatcher {
  if (types.length === 0) return never;
  if (types.includes('*/*')) return always;
  const whole = new Set<string>();
  const families = new Set<string>();
  for (const type of types) {
    if (type.startsWith('*/')) continue;
    if (type.endsWith('/*')) families.add(type.slice(0, -2));
    else whole.add(type);
  }
  if (whole.size === 0 && families.size === 0) return never;
  return (header) => {
    if (header === undefined) return false;
    const type = firstMediaType(header);
    const slash = type.indexOf('/');
    if (slash <= 0 || slash === type.length - 1 || type.indexOf('/', slash + 1) >= 0) return false;
    return whole.has(type) || families.has(type.slice(0, slash));
  };
}

/** The same for one question. */
export function matchesBinary(types: readonly string[], mediaTypeHeader: string | undefined): boolean {
  return compileBinaryMatcher(types)(mediaTypeHeader);
}

/** `image/png;q=0.9, text/html` -> `image/png`. */
export function firstMediaType(header: string): string {
  let end = header.indexOf(',');
  if (end < 0) end = header.length;
  const parameters = header.indexOf(';');
  if (parameters >= 0 && parameters < end) end = parameters;
  return header.slice(0, end).trim();
}
