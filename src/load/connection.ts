/**
 * One of the client connections, and the request on it. It is
 *
 *     closed -> opening -> idle -> busy -> idle -> ... -> closed
 *
 * and is used again after it was closed: a request given to a closed connection opens it first.
 */
import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ChunkedDecoder } from '../upstream/http1/chunked-decoder.js';
import { DONE, HeadParser, MORE } from '../upstream/http1/head-parser.js';
import type { LoadRequest, LoadTarget } from './plan.js';

const MAX_HEAD_BYTES = 65_536;
const TLS_READ_BYTES = 16_384;

/** Phases of an answer. */
const HEAD = 0;
const BY_LENGTH = 1;
const CHUNKED = 2;
const UNTIL_CLOSE = 3;

/** A connection's view of the thread it belongs to. */
export interface ConnectionOwner {
  readonly target: LoadTarget;
  /** For reading; plain connections share it, since it is empty again when a read's callback returns. */
  readonly readBuffer: Buffer;
  /** Of an earlier TLS connection. */
  session: Buffer | null;
  opened(): void;
  /** The request ended. @param failure what was wrong; empty when nothing was. @param status 0 without an answer */
  ended(connection: Connection, status: number, failure: string): void;
  /** A connection that was opened for no request is open, or cannot be (the reason). */
  prepared(failure: string): void;
  received(bytes: number): void;
}

const RECORD_BYTES = 16_384;

export class Connection {
  /** When the request was due, and when it was sent: milliseconds from the start. */
  intended = 0;
  sentAt = 0;
  /** Index of the request in the plan. */
  which = 0;
  busy = false;

  readonly #owner: ConnectionOwner;
  #socket: Socket | null = null;
  #open = false;
  #request: LoadRequest | null = null;
  #expected: Buffer | null = null;
  readonly #parser = new HeadParser();
  #decoder: ChunkedDecoder | null = null;
  #phase = HEAD;
  #partial: Buffer | null = null;
  #remaining = 0;
  #bodyBytes = 0;
  #differs = false;
  #preparing = false;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
  }

  /** Opens it without a request; the owner is told how that ended. */
  prepare(): void {
    this.#preparing = true;
    this.#connect();
  }

  send(request: LoadRequest, which: number, intended: number, at: number): void {
    this.#request = request;
    this.which = which;
    this.intended = intended;
    this.sentAt = at;
    this.busy = true;
    if (this.#socket !== null && this.#open && this.#socket.writable) this.#write(request);
    else {
      this.#drop();
      this.#connect();
    }
  }

  /** Gives the request up, and the connection with it. */
  fail(failure: string): void {
    this.#drop();
    this.#finish(0, failure);
  }

  /** Closes it without telling anybody. */
  close(): void {
    this.busy = false;
    this.#request = null;
    this.#drop();
  }

  #connect(): void {
    const { target, session, readBuffer } = this.#owner;
    const bytes = target.secure ? Buffer.allocUnsafeSlow(TLS_READ_BYTES) : readBuffer;
    const onread: OnReadOpts = { buffer: bytes, callback: (length) => this.#read(bytes, length) };
    const place = { host: target.host, port: target.port, onread, autoSelectFamily: true };
    const socket = target.secure
      ? connectTls({
          ...place,
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: target.verify,
          ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
          ...(session === null ? {} : { session }),
        })
      : connectPlain(place);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once(target.secure ? 'secureConnect' : 'connect', () => {
      if (this.#socket === socket) this.#opened();
    });
    if (target.secure) {
      socket.on('session', (ticket: Buffer) => {
        this.#owner.session = ticket;
      });
    }
    const lost = (error: Error | null): void => {
      if (this.#socket === socket) this.#lost(error);
    };
    socket.on('error', lost);
    socket.on('end', () => lost(null));
    socket.on('close', () => lost(null));
  }

  #opened(): void {
    this.#open = true;
    this.#owner.opened();
    if (this.#preparing) {
      this.#preparing = false;
      this.#owner.prepared('');
    }
    if (this.#request !== null) this.#write(this.#request);
  }

  #write(request: LoadRequest): void {
    const { body } = request.expect;
    this.#expected = body === undefined ? null : asBuffer(body);
    this.#phase = HEAD;
    this.#bodyBytes = 0;
    this.#differs = false;
    this.#socket?.write(request.bytes);
  }

  #read(bytes: Buffer, length: number): boolean {
    this.#owner.received(length);
    const request = this.#request;
    if (request === null) {
      // Nobody asked for these: the next request would take them for its answer.
      this.#drop();
      return true;
    }
    let at = 0;
    if (this.#phase === HEAD) {
      at = this.#head(request, bytes, length);
      if (at < 0) return true;
    }
    if (this.#phase === BY_LENGTH) this.#byLength(bytes, at, length);
    else if (this.#phase === CHUNKED) this.#inChunks(bytes, at, length);
    else this.#body(bytes, at, length);
    return true;
  }

  /** Reads heads up to the final one. Returns where the body begins, or -1 when there is nothing more to do. */
  #head(request: LoadRequest, bytes: Buffer, length: number): number {
    const parser = this.#parser;
    for (let at = 0; ; ) {
      // A head that came in parts is read from a buffer of its own.
      const held = this.#partial?.length ?? 0;
      const source =
        held === 0 ? bytes : Buffer.concat([this.#partial as Buffer, bytes.subarray(at, length)]);
      if (held === 0) parser.begin(at);
      const outcome = parser.parse(source, held === 0 ? length : source.length);
      if (outcome === MORE) {
        this.#partial = held === 0 ? Buffer.from(bytes.subarray(at, length)) : source;
        if (held === 0) parser.moved();
        if (this.#partial.length > MAX_HEAD_BYTES) this.fail('not HTTP: a head of more than 64 KiB');
        return -1;
      }
      if (outcome !== DONE) {
        this.fail(`not HTTP: ${parser.problem}`);
        return -1;
      }
      const bodyAt = held === 0 ? parser.end : at + parser.end - held;
      this.#partial = null;
      if (parser.status === 101) {
        this.fail('not HTTP: a switch of protocols nobody asked for');
        return -1;
      }
      if (parser.status >= 200) {
        this.#frame(request, length - bodyAt);
        return this.#request === null ? -1 : bodyAt;
      }
      if (bodyAt === length) return -1;
      at = bodyAt;
    }
  }

  #frame(request: LoadRequest, following: number): void {
    const { status, contentLength, chunked } = this.#parser;
    const bodiless = request.method === 'HEAD' || status === 204 || status === 304;
    if (bodiless || contentLength === 0) this.#answered(following > 0);
    else if (contentLength > 0) {
      this.#phase = BY_LENGTH;
      this.#remaining = contentLength;
    } else if (chunked) {
      this.#phase = CHUNKED;
      this.#decoder ??= new ChunkedDecoder(MAX_HEAD_BYTES);
      this.#decoder.begin();
    } else this.#phase = UNTIL_CLOSE;
  }

  #byLength(bytes: Buffer, at: number, length: number): void {
    const end = Math.min(length, at + this.#remaining);
    this.#remaining -= end - at;
    this.#body(bytes, at, end);
    if (this.#remaining === 0) this.#answered(end < length);
  }

  #inChunks(bytes: Buffer, at: number, length: number): void {
    const decoder = this.#decoder as ChunkedDecoder;
    const end = decoder.decode(bytes, at, length);
    this.#body(bytes, decoder.dataFrom, decoder.dataTo);
    if (decoder.problem !== '') this.fail(`not HTTP: ${decoder.problem}`);
    else if (decoder.complete) this.#answered(end < length);
  }

  #body(bytes: Buffer, from: number, to: number): void {
    const expected = this.#expected;
    const at = this.#bodyBytes;
    const end = at + to - from;
    this.#bodyBytes = end;
    if (expected === null || this.#differs) return;
    this.#differs = end > expected.length || expected.compare(bytes, from, to, at, end) !== 0;
  }

  /** The answer is complete. @param surplus bytes follow that no request asked for */
  #answered(surplus: boolean): void {
    const socket = this.#socket;
    const { status, keepAlive } = this.#parser;
    // A TLS socket may not have noted yet that a record has left: what fits into one has, or there would be no answer.
    const written = (this.#request?.bytes.length ?? 0) <= RECORD_BYTES || socket?.writableLength === 0;
    const reusable = keepAlive && this.#phase !== UNTIL_CLOSE && !surplus && written;
    if (!reusable) this.#drop();
    this.#finish(status, surplus ? 'bytes behind an answer' : this.#judge(status));
  }

  #judge(status: number): string {
    const expect = this.#request?.expect;
    const wanted = expect?.status === undefined ? status < 400 : status === expect.status;
    if (!wanted) return `status ${status}`;
    const complete = this.#expected === null || this.#bodyBytes === this.#expected.length;
    return this.#differs || !complete ? 'another body' : '';
  }

  #lost(error: Error | null): void {
    const wasOpen = this.#open;
    this.#drop();
    if (this.#preparing) {
      this.#preparing = false;
      this.#owner.prepared(describe(error, 'cannot connect'));
    }
    if (this.#request === null) return;
    if (!wasOpen) this.#finish(0, describe(error, 'cannot connect'));
    else if (this.#phase === UNTIL_CLOSE && error === null) this.#answered(false);
    else this.#finish(0, describe(error, 'connection closed'));
  }

  #finish(status: number, failure: string): void {
    if (this.#request === null) return;
    this.#request = null;
    this.busy = false;
    this.#owner.ended(this, status, failure);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    this.#partial = null;
    socket?.destroy();
  }
}

/** What was sent between threads is no Buffer any more. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'cannot connect in time',
  ENOTFOUND: 'no address of that name',
  EMFILE: 'too many open files (ulimit -n)',
  EADDRNOTAVAIL: 'no local port is free',
};

/** Few words without numbers: failures are counted by them. */
function describe(error: Error | null, otherwise: string): string {
  if (error === null) return otherwise;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return `${otherwise}: ${error.message.split('\n', 1)[0]}`;
  return REASONS[code] ?? `${otherwise}: ${code}`;
}
