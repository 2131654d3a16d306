/** Content codings: which one a message has, and how whole bodies are read and written (reference 02 section 11). */
import { deflate, gunzip, gzip, inflate, type ZlibOptions } from 'node:zlib';
import { type HeaderBlock, headerValues } from '../http/header-block.js';

/** Those this gateway reads and writes. `deflate` is the zlib format (RFC 9110 section 8.4.1.2). */
export type Coding = 'gzip' | 'deflate';

/**
 * The coding that `Content-Encoding` names; null: none (`identity` is none), undefined: one that is not read here. More
 * than one coding on top of each other is not read either.
 */
export function contentCoding(block: HeaderBlock): Coding | null | undefined {
  const names = headerValues(block, 'content-encoding')
    .join(',')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return null;
  if (names.length > 1) return undefined;
  switch (names[0]) {
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    default:
      return undefined;
  }
}

/** True when a body's first two bytes can begin one of the coding. */
export function beginsLike(coding: Coding, first: number, second: number): boolean {
  if (coding === 'gzip') return first === 0x1f && second === 0x8b;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

/** Bytes zlib hands back at a time: each part costs a turn of the thread pool and of the event loop. */
const CHUNK_BYTES = 65_536;

export type DecodedBody = Buffer | 'too-large' | 'malformed';

/** Decodes a whole body outside the event loop; `limitBytes` bounds what comes out of it. */
export function decodeWhole(
  coding: Coding,
  body: Uint8Array,
  limitBytes: number,
  done: (result: DecodedBody) => void,
): void {
  const options: ZlibOptions = { maxOutputLength: limitBytes, chunkSize: CHUNK_BYTES };
  (coding === 'gzip' ? gunzip : inflate)(body, options, (error, result) => {
    if (error === null) done(result);
    else done((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'malformed');
  });
}

/** Encodes a whole body outside the event loop. */
export function encodeWhole(coding: Coding, body: Uint8Array, done: (result: Buffer | null) => void): void {
  const options: ZlibOptions = { chunkSize: Math.min(CHUNK_BYTES, Math.max(1_024, body.length)) };
  (coding === 'gzip' ? gzip : deflate)(body, options, (error, result) =>
    done(error === null ? result : null),
  );
}
