/**
 * The chunked transfer coding (RFC 9112 section 7.1), strict: sizes are bare hex digits, line ends are CRLF.
 * Extensions are tolerated and trailers dropped, both within bounds.
 */
import { CR, LF, SEMICOLON, TEXT } from './characters.js';

/** 2^48 bytes in one chunk are beyond any body and exact as a number. */
const MAX_SIZE_DIGITS = 12;

/**
 * Extension bytes above what the data beside them excuses. Each chunk's extensions count, less 16 and twice its size:
 * signatures of large chunks pass for ever, one-byte chunks dressed in kilobytes do not.
 */
const MAX_EXTENSION_EXCESS = 16_384;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER = 7;
const TRAILER_LF = 8;
const LAST_LF = 9;
const COMPLETE = 10;

export class ChunkedDecoder {
  /** The data found by the last `decode`: bytes[dataFrom, dataTo). */
  dataFrom = 0;
  dataTo = 0;
  /** Why the coding is refused, one phrase; empty while all is well. */
  problem = '';

  readonly #maxTrailerBytes: number;
  #state = SIZE;
  /** Size of the chunk being announced, then what is left of its data. */
  #size = 0;
  #digits = 0;
  #excess = 0;
  #trailerBytes = 0;

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  begin(): void {
    this.problem = '';
    this.#state = SIZE;
    this.#size = 0;
    this.#digits = 0;
    this.#excess = 0;
    this.#trailerBytes = 0;
  }

  get complete(): boolean {
    return this.#state === COMPLETE;
  }

  /**
   * Goes through bytes[at, to) and moves the data of all chunks together in place, so that a body cut into thousands of
   * chunks reaches its reader in as many pieces as the socket delivered. Returns where it stopped: before `to` only
   * when complete or refused.
   */
  decode(bytes: Uint8Array, from: number, to: number): number {
    this.dataFrom = from;
    this.dataTo = from;
    let at = from;
    while (at < to) {
      if (this.#state === DATA) {
        at = this.#data(bytes, at, to);
        continue;
      }
      if (this.#state === COMPLETE) return at;
      const problem = this.#control(bytes[at] as number);
      if (problem !== '') {
        this.problem = problem;
        return at;
      }
      at++;
    }
    return at;
  }

  #data(bytes: Uint8Array, at: number, to: number): number {
    const count = Math.min(this.#size, to - at);
    if (this.dataTo === this.dataFrom) {
      this.dataFrom = at;
      this.dataTo = at;
    } else if (this.dataTo !== at) bytes.copyWithin(this.dataTo, at, at + count);
    this.dataTo += count;
    this.#size -= count;
    if (this.#size === 0) this.#state = DATA_CR;
    return at + count;
  }

  /** One byte of framing. Returns what is wrong with it, or an empty string. */
  #control(code: number): string {
    switch (this.#state) {
      case SIZE:
        return this.#sizeByte(code);
      case EXTENSION:
        if (code === CR) this.#state = SIZE_LF;
        else if (TEXT[code] !== 1) return 'a control character in a chunk extension';
        else if (++this.#excess > MAX_EXTENSION_EXCESS) return 'too many chunk extensions';
        return '';
      case SIZE_LF:
        if (code !== LF) return 'a chunk size that does not end in CRLF';
        this.#state = this.#size === 0 ? TRAILER_START : DATA;
        this.#digits = 0;
        return '';
      case DATA_CR:
        if (code !== CR) return 'a chunk longer than its size';
        this.#state = DATA_LF;
        return '';
      case DATA_LF:
        if (code !== LF) return 'a chunk longer than its size';
        this.#state = SIZE;
        return '';
      default:
        return this.#trailerByte(code);
    }
  }

  #sizeByte(code: number): string {
    const digit = hexDigit(code);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) return 'a chunk size beyond all measure';
      this.#size = this.#size * 16 + digit;
      return '';
    }
    if (this.#digits === 0 || (code !== CR && code !== SEMICOLON))
      return 'a chunk size that is not a hex number';
    this.#state = code === CR ? SIZE_LF : EXTENSION;
    if (code === SEMICOLON) this.#excess = Math.max(0, this.#excess - 16 - 2 * this.#size);
    return '';
  }

  #trailerByte(code: number): string {
    if (++this.#trailerBytes > this.#maxTrailerBytes) return 'trailers beyond the limit of a head';
    switch (this.#state) {
      case TRAILER_START:
        if (code === CR) this.#state = LAST_LF;
        else if (TEXT[code] === 1) this.#state = TRAILER;
        else return 'a control character in a trailer';
        return '';
      case TRAILER:
        if (code === CR) this.#state = TRAILER_LF;
        else if (TEXT[code] !== 1) return 'a control character in a trailer';
        return '';
      case TRAILER_LF:
        this.#state = TRAILER_START;
        return code === LF ? '' : 'a bare CR in a trailer';
      default:
        this.#state = COMPLETE;
        return code === LF ? '' : 'a bare CR in a trailer';
    }
  }
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
