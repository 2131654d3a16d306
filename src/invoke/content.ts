/** Bytes and headers of one invocation in the form it is reported in. */
import { isUtf8 } from 'node:buffer';
import { forEachHeader, type HeaderBlock } from '../http/header-block.js';
import { wireText } from '../http/wire-text.js';

export interface Field {
  readonly name: string;
  readonly value: string;
}

/** A payload: `text` when it is UTF-8, else `base64`. */
export interface Content {
  readonly text?: string;
  readonly base64?: string;
  /** Of the whole payload. */
  readonly bytes: number;
  /** Only the beginning is here. */
  readonly cut: boolean;
}

/** Bytes of a payload that a trace keeps. */
export const KEPT_BYTES = 1_048_576;

/**
 * @param total bytes of the whole payload, when `payload` is only its beginning
 * @returns null for an empty payload
 */
export function contentOf(payload: Uint8Array | string | null, total?: number): Content | null {
  const all = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : bufferOf(payload);
  const bytes = total ?? all.length;
  if (bytes === 0) return null;
  const cut = bytes > all.length;
  const text = cut ? withoutPartialCharacter(all) : all;
  return isUtf8(text)
    ? { text: text.toString('utf8'), bytes, cut }
    : { base64: all.toString('base64'), bytes, cut };
}

/** The same with the beginning only. */
export function beginningOf(payload: Uint8Array | string | null): Content | null {
  const all = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : bufferOf(payload);
  return contentOf(all.subarray(0, KEPT_BYTES), all.length);
}

/** Values as people read them. */
export function fieldsOf(block: HeaderBlock): Field[] {
  const fields: Field[] = [];
  forEachHeader(block, (name, value) => fields.push({ name: wireText(name), value: wireText(value) }));
  return fields;
}

function bufferOf(bytes: Uint8Array | null): Buffer {
  return bytes === null ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A cut may have gone through a character of up to four bytes. */
function withoutPartialCharacter(bytes: Buffer): Buffer {
  for (let end = bytes.length - 1; end >= 0 && end >= bytes.length - 4; end--) {
    const byte = bytes[end] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) return bytes.subarray(0, end);
  }
  return bytes;
}
