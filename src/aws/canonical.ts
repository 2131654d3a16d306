/**
 * Request targets in the one spelling that both sides of a signature agree on: a service decodes what it gets and
 * encodes it again (everything but letters, digits and `-._~`) before it compares, so that is how it is sent.
 */
import { parseQuery } from '../http/query.js';

const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

/**
 * @param path percent-encoded in any way
 * @param decodesSlashes `%2F` is a slash to the service, as it is to S3, whose keys hold slashes
 */
export function canonicalPath(path: string, decodesSlashes: boolean): string {
  if (UNRESERVED_PATH.test(path)) return path;
  if (decodesSlashes) return encode(percentDecoded(path), true);
  return path
    .split('/')
    .map((segment) => encode(percentDecoded(segment), false))
    .join('/');
}

export interface CanonicalQuery {
  /** Without `?`; empty if none. */
  text: string;
  pairs: readonly (readonly [name: string, value: string])[];
}

const NO_QUERY: CanonicalQuery = { text: '', pairs: [] };

/** @param raw without `?`; `+` is a space, as in forms */
export function canonicalQuery(raw: string): CanonicalQuery {
  if (raw === '') return NO_QUERY;
  const pairs = parseQuery(raw);
  const text = pairs.map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`).join('&');
  return { text, pairs };
}

function encodeText(text: string): string {
  return encode(Buffer.from(text, 'utf8'), false);
}

/** Bytes of a text in which `%XX` is one byte; a `%` that starts no escape stays. */
function percentDecoded(text: string): Buffer {
  const latin1 = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(latin1, 'latin1');
}

const HEX = '0123456789ABCDEF';
const SLASH = 47;

function encode(bytes: Buffer, keepsSlashes: boolean): string {
  let text = '';
  for (const byte of bytes) {
    if (isUnreserved(byte) || (keepsSlashes && byte === SLASH)) text += String.fromCharCode(byte);
    else text += `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  }
  return text;
}

/** RFC 3986 section 2.3. */
function isUnreserved(byte: number): boolean {
  return (
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    (byte >= 48 && byte <= 57) ||
    byte === 45 ||
    byte === 46 ||
    byte === 95 ||
    byte === 126
  );
}
