/**
 * Response heads, from the bytes of a socket. One pass checks every byte and picks out the four fields that framing
 * and reuse depend on; the fields themselves leave as one string. What is ambiguous is refused (RFC 9112 sections 2 to
 * 6): bare LF, CR or NUL, folded lines, a space before the colon, doubtful lengths and transfer codings.
 */
import { COLON, COMMA, CR, LF, SPACE, TAB, TEXT, TOKEN } from './characters.js';
import type { KnownHead } from './known-head.js';

/** `parse` wants more bytes. */
export const MORE = 0;
/** The head is complete. */
export const DONE = 1;
/** The head is refused: see `problem`. */
export const REFUSED = 2;
export type Outcome = typeof MORE | typeof DONE | typeof REFUSED;

const PREFIX = codes('HTTP/1.');
const MINOR_AT = 7;
const STATUS_AT = 9;
const STATUS_END = 12;

const CONTENT_LENGTH = codes('content-length');
const TRANSFER_ENCODING = codes('transfer-encoding');
const CONNECTION = codes('connection');
const KEEP_ALIVE = codes('keep-alive');
const CHUNKED = codes('chunked');
const CLOSE = codes('close');
const TIMEOUT = codes('timeout=');

/** 10^15 bytes is beyond any body and exact as a number. */
const MAX_LENGTH_DIGITS = 15;
/** A peer that promises to wait longer than this promises nothing of use. */
const MAX_TIMEOUT_DIGITS = 6;

export class HeadParser {
  status = 0;
  /** Why the head is refused; one phrase. */
  problem = '';
  /** Announced bytes of the body, or -1. */
  contentLength = -1;
  chunked = false;
  /** Whether the peer keeps the connection open after this response. */
  keepAlive = false;
  /** The `timeout` of a Keep-Alive field in seconds, or -1. */
  keepAliveSeconds = -1;
  /** Where the head's first byte is. */
  start = 0;
  /** Where the fields begin, after the status line. */
  fieldsAt = 0;
  /** After the empty line; the fields end two bytes before. Meaningful when done. */
  end = 0;

  /** Progress: everything before `#at` was looked at, so that a head that drips in costs no more than a whole one. */
  #at = 0;
  #lineAt = 0;
  #colonAt = -1;
  #minor = 0;
  #closes = false;
  #persists = false;

  /** Starts a new head at this index. */
  begin(at: number): void {
    this.status = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.keepAliveSeconds = -1;
    this.start = at;
    this.fieldsAt = -1;
    this.#at = at;
    this.#colonAt = -1;
    this.#closes = false;
    this.#persists = false;
  }

  /** The bytes from `at` on are a head that was parsed before. */
  recall(known: KnownHead, at: number): void {
    this.status = known.status;
    this.contentLength = known.contentLength;
    this.chunked = known.chunked;
    this.keepAlive = known.keepAlive;
    this.keepAliveSeconds = known.keepAliveSeconds;
    this.start = at;
    this.end = at + known.length;
  }

  /** The head's bytes were moved so that it starts at index 0. */
  moved(): void {
    const by = this.start;
    this.start = 0;
    this.#at -= by;
    this.#lineAt -= by;
    if (this.#colonAt >= 0) this.#colonAt -= by;
    if (this.fieldsAt >= 0) this.fieldsAt -= by;
  }

  /** Goes on to `to`, the end of the bytes at hand. After MORE, call again with the same bytes and more behind them. */
  parse(bytes: Uint8Array, to: number): Outcome {
    if (this.fieldsAt < 0) {
      const outcome = this.#statusLine(bytes, to);
      if (outcome !== DONE) return outcome;
    }
    let at = this.#at;
    let lineAt = this.#lineAt;
    let colonAt = this.#colonAt;
    for (;;) {
      if (colonAt < 0) {
        while (at < to && TOKEN[bytes[at] as number] === 1) at++;
        if (at === to) break;
        const code = bytes[at] as number;
        if (at === lineAt) {
          if (code !== CR) return this.#refuseLine(code);
          if (at + 1 === to) break;
          if (bytes[at + 1] !== LF) return this.#refuse('a bare CR in the head');
          this.end = at + 2;
          return this.#whole();
        }
        if (code !== COLON) return this.#refuseName(code);
        colonAt = at++;
      }
      while (at < to && TEXT[bytes[at] as number] === 1) at++;
      if (at === to) break;
      if (bytes[at] !== CR) return this.#refuse('a control character in the head');
      if (at + 1 === to) break;
      if (bytes[at + 1] !== LF) return this.#refuse('a bare CR in the head');
      const nameLength = colonAt - lineAt;
      // The lengths of the four names that matter: most fields end here.
      if (nameLength === 14 || nameLength === 10 || nameLength === 17) {
        if (!this.#field(bytes, lineAt, colonAt, at)) return REFUSED;
      }
      at += 2;
      lineAt = at;
      colonAt = -1;
    }
    this.#at = at;
    this.#lineAt = lineAt;
    this.#colonAt = colonAt;
    return MORE;
  }

  #statusLine(bytes: Uint8Array, to: number): Outcome {
    const start = this.start;
    let at = this.#at;
    for (; at < to && at - start < STATUS_END; at++) {
      const code = bytes[at] as number;
      const index = at - start;
      if (
        index < MINOR_AT
          ? code !== PREFIX[index]
          : index === MINOR_AT
            ? (code & 0xfe) !== 48
            : index < STATUS_AT && code !== SPACE
      ) {
        return this.#refuse('no HTTP/1.0 or HTTP/1.1 status line');
      }
      if (index === MINOR_AT) this.#minor = code - 48;
      if (index < STATUS_AT) continue;
      if (code < 48 || code > 57) return this.#refuse('a status that is not three digits');
      this.status = this.status * 10 + code - 48;
    }
    const reasonAt = start + STATUS_END;
    if (at === reasonAt && at < to) {
      if (this.status < 100) return this.#refuse('a status below 100');
      const code = bytes[at] as number;
      if (code !== SPACE && code !== CR) return this.#refuse('a status that is not three digits');
    }
    if (at >= reasonAt) while (at < to && TEXT[bytes[at] as number] === 1) at++;
    this.#at = at;
    if (at === to) return MORE;
    if (bytes[at] !== CR) return this.#refuse('a control character in the status line');
    if (at + 1 === to) return MORE;
    if (bytes[at + 1] !== LF) return this.#refuse('a bare CR in the status line');
    this.fieldsAt = at + 2;
    this.#at = at + 2;
    this.#lineAt = at + 2;
    return DONE;
  }

  /** What only the whole head tells. */
  #whole(): Outcome {
    if (this.chunked) {
      if (this.contentLength >= 0) return this.#refuse('both Content-Length and Transfer-Encoding');
      if (this.#minor === 0) return this.#refuse('Transfer-Encoding in an HTTP/1.0 response');
    }
    this.keepAlive = !this.#closes && (this.#minor === 1 || this.#persists);
    return DONE;
  }

  /** One field whose name is as long as one that matters. False: refused. */
  #field(bytes: Uint8Array, nameAt: number, colonAt: number, lineEnd: number): boolean {
    const initial = (bytes[nameAt] as number) | 0x20;
    if (initial !== 99 && initial !== 116 && initial !== 107) return true;
    let from = colonAt + 1;
    let to = lineEnd;
    while (from < to && isBlank(bytes[from] as number)) from++;
    while (to > from && isBlank(bytes[to - 1] as number)) to--;
    if (equals(bytes, nameAt, colonAt, CONTENT_LENGTH)) return this.#contentLengthField(bytes, from, to);
    if (equals(bytes, nameAt, colonAt, TRANSFER_ENCODING)) {
      if (this.chunked || !equals(bytes, from, to, CHUNKED)) {
        this.problem = 'a Transfer-Encoding other than chunked';
        return false;
      }
      this.chunked = true;
    } else if (equals(bytes, nameAt, colonAt, CONNECTION)) this.#connectionField(bytes, from, to);
    else if (equals(bytes, nameAt, colonAt, KEEP_ALIVE)) this.#keepAliveField(bytes, from, to);
    return true;
  }

  #contentLengthField(bytes: Uint8Array, from: number, to: number): boolean {
    let length = 0;
    for (let at = from; at < to; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) {
        this.problem = 'a Content-Length that is not a number';
        return false;
      }
      length = length * 10 + digit;
    }
    if (from === to || to - from > MAX_LENGTH_DIGITS) {
      this.problem = from === to ? 'an empty Content-Length' : 'a Content-Length beyond all measure';
      return false;
    }
    if (this.contentLength >= 0 && this.contentLength !== length) {
      this.problem = 'two different Content-Lengths';
      return false;
    }
    this.contentLength = length;
    return true;
  }

  #connectionField(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to) {
      while (at < to && (isBlank(bytes[at] as number) || bytes[at] === COMMA)) at++;
      const optionAt = at;
      while (at < to && bytes[at] !== COMMA) at++;
      let end = at;
      while (end > optionAt && isBlank(bytes[end - 1] as number)) end--;
      if (equals(bytes, optionAt, end, CLOSE)) this.#closes = true;
      else if (equals(bytes, optionAt, end, KEEP_ALIVE)) this.#persists = true;
    }
  }

  /** `timeout=5, max=100`: only a leading or later `timeout=` with digits counts. */
  #keepAliveField(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to) {
      while (at < to && (isBlank(bytes[at] as number) || bytes[at] === COMMA)) at++;
      const digitsAt = at + TIMEOUT.length;
      if (digitsAt < to && equals(bytes, at, digitsAt, TIMEOUT)) {
        let seconds = 0;
        for (at = digitsAt; at < to && at < digitsAt + MAX_TIMEOUT_DIGITS; at++) {
          const digit = (bytes[at] as number) - 48;
          if (digit < 0 || digit > 9) break;
          seconds = seconds * 10 + digit;
        }
        if (at > digitsAt) this.keepAliveSeconds = seconds;
      }
      while (at < to && bytes[at] !== COMMA) at++;
    }
  }

  #refuseLine(code: number): Outcome {
    if (code === SPACE || code === TAB) return this.#refuse('a folded header line');
    return this.#refuse(code === COLON ? 'a header without a name' : 'a character no header name has');
  }

  #refuseName(code: number): Outcome {
    if (code === SPACE || code === TAB) return this.#refuse('a space in or after a header name');
    return this.#refuse(
      code === CR || code === LF ? 'a header line without a colon' : 'a character no header name has',
    );
  }

  #refuse(problem: string): Outcome {
    this.problem = problem;
    return REFUSED;
  }
}

function codes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/**
 * Whether bytes[from, to) spell `word`, whatever their case. `word` is lower case and holds only letters, `-` and `=`:
 * of all characters of a token only the capital letters become one of these by setting bit 5.
 */
function equals(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  const length = word.length;
  if (to - from !== length) return false;
  for (let i = 0; i < length; i++) {
    if (((bytes[from + i] as number) | 0x20) !== word[i]) return false;
  }
  return true;
}
