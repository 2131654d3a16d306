/**
 * The last response head of an origin. Under load a backend sends the same one over and over (its Date changes once a
 * second): comparing it costs a tenth of parsing it, and whoever gets its fields again gets the same string, so that
 * what was worked out from them can be found by identity. A head that differs in length costs three comparisons.
 */
import { CR, LF } from './characters.js';
import type { HeadParser } from './head-parser.js';

/** Longer heads are not worth the memory: one is kept per origin. */
const MAX_BYTES = 1_024;

export class KnownHead {
  /** What was between the status line and the empty line, and what a parser made of all of it. */
  fields = '';
  status = 0;
  contentLength = -1;
  chunked = false;
  keepAlive = false;
  keepAliveSeconds = -1;
  /** Bytes, the empty line included; 0: none is known. */
  length = 0;
  #statusLine: Uint8Array = new Uint8Array(0);

  /** True when the bytes from `at` on begin with the known head. */
  isAt(bytes: Buffer, at: number, to: number): boolean {
    const { length } = this;
    const end = at + length;
    if (length === 0 || end > to) return false;
    if (bytes[end - 1] !== LF || bytes[end - 2] !== CR || bytes[end - 3] !== LF) return false;
    const statusLine = this.#statusLine;
    return (
      startsWith(bytes, at, statusLine) &&
      bytes.toString('latin1', at + statusLine.length, end - 2) === this.fields
    );
  }

  /** @param bytes what `parser` has just parsed, to its end */
  remember(parser: HeadParser, bytes: Uint8Array, fields: string): void {
    const { start, fieldsAt, end } = parser;
    if (end - start > MAX_BYTES) return;
    const lineLength = fieldsAt - start;
    if (this.#statusLine.length !== lineLength || !startsWith(bytes, start, this.#statusLine)) {
      this.#statusLine = new Uint8Array(bytes.subarray(start, fieldsAt));
    }
    this.length = end - start;
    this.fields = fields;
    this.status = parser.status;
    this.contentLength = parser.contentLength;
    this.chunked = parser.chunked;
    this.keepAlive = parser.keepAlive;
    this.keepAliveSeconds = parser.keepAliveSeconds;
  }
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
