/**
 * One connection to an origin: a socket, and the exchange on it. It is
 *
 *     opening -> chosen for a call -> sent -> (response) -> idle -> chosen -> sent -> ... -> dead
 *
 * A connection is dead as soon as anything is doubtful: bytes nobody asked for, a response that is refused, a call that
 * is given up. Dead connections never come back, so bytes of one exchange cannot reach another.
 */
import type { Socket } from 'node:net';
import { Deadline } from '../deadlines.js';
import { handlerFault, KEEP_ALIVE_MARGIN_MS, MAX_INFORMATIONAL, SAFE } from '../options.js';
import { connectError, describe, errorCode, verifiedName } from '../origin.js';
import { certificateEnd, privateAuthorityFault } from '../tls-verification.js';
import { STREAMED, UpstreamError } from '../upstream.js';
import type { Http1Call } from './call.js';
import { ChunkedDecoder } from './chunked-decoder.js';
import { DONE, HeadParser, MORE } from './head-parser.js';
import type { OriginPool } from './pool.js';
import { readView } from './read-view.js';
import { writeBodyPart, writeLastChunk, writeRequest } from './request-writer.js';
import { openPlainSocket, openTlsSocket } from './socket.js';

/** Bytes a read takes from a TLS connection: a record holds no more plain text than this. */
const TLS_READ_BYTES = 16_384;
/** First size of the buffer for a head that comes in parts; it doubles. */
const PARTIAL_HEAD_BYTES = 2_048;

const HEAD = 0;
const BY_LENGTH = 1;
const CHUNKED = 2;
const UNTIL_CLOSE = 3;

/** With its head it fits into one TLS record, which holds 16 KiB. */
const SMALL_BODY_BYTES = 4_096;

/** A TLS socket may not have noted yet that a record has left: of such a request it has, or there would be no answer. */
function leftInOneRecord({ request: { body } }: Http1Call): boolean {
  return body === null || (body !== STREAMED && body.length <= SMALL_BODY_BYTES);
}

function isOutOfFiles(error: Error | null): boolean {
  const code = error === null ? '' : errorCode(error);
  return code === 'EMFILE' || code === 'ENFILE';
}

export class Http1Connection extends Deadline {
  /** The call that holds this connection; null when idle. */
  call: Http1Call | null;
  /** The call's request, or at least its head, was written. */
  sent = false;
  /** The client's turn in which this connection became idle (see `Http1Client`). */
  releasedIn = -1;
  /** In the client's list of requests to be written. */
  queued = false;
  /** Monotonic milliseconds at which this connection became, or was first found, idle; -1: not found yet. */
  idleSince = -1;
  /** Milliseconds this connection may stay idle. */
  idleLimitMs: number;
  /** The peer said how long it keeps the connection. */
  limitedByPeer = false;
  dead = false;

  readonly #pool: OriginPool;
  readonly #socket: Socket;
  readonly #parser = new HeadParser();
  #decoder: ChunkedDecoder | null = null;
  #established = false;
  /** At least one exchange ended well here: the peer may close at any time without meaning us. */
  #reused = false;
  #phase = HEAD;
  /** Bytes of the response have arrived. */
  #answering = false;
  #informational = 0;
  /** Body bytes to come. */
  #remaining = 0;
  #keep = false;
  /** A head that came in parts, so far; null when none is under way. */
  #partial: Buffer | null = null;
  #partialBytes = 0;

  constructor(pool: OriginPool, call: Http1Call) {
    super();
    this.#pool = pool;
    this.call = call;
    this.idleLimitMs = pool.client.settings.keepAliveMs;
    this.#socket = pool.origin.scheme === 'http' ? this.#openPlain() : this.#openTls();
    this.#socket.on('error', (error: Error) => this.#lost(error));
    this.#socket.on('end', () => this.#lost(null));
    this.#socket.on('close', () => {
      this.#lost(null);
      pool.client.socketClosed();
    });
    this.#socket.on('drain', () => {
      if (this.sent) this.call?.drained();
    });
    pool.client.armConnect(this);
  }

  /** Open, and not written to since the last exchange ended well. */
  get unspoiled(): boolean {
    return this.#established && !this.sent && !this.dead;
  }

  /** Writes the request of the call that chose this connection. */
  send(): void {
    const call = this.call;
    if (call === null || this.sent || this.dead || !this.#established) return;
    // A socket that failed a moment ago has not told yet: nothing is written, so any request may go elsewhere.
    if (!this.#socket.writable) {
      this.#lost(null);
      return;
    }
    this.sent = true;
    this.#phase = HEAD;
    this.#answering = false;
    this.#informational = 0;
    try {
      writeRequest(this.#socket, call.request);
      if (call.paused) this.#socket.pause();
      if (!call.bodyComplete) call.connected(this);
    } catch (error) {
      // Only a request that is not what its type says can do this; it must not take the worker with it.
      this.#pool.client.onFault(error);
      this.#fail(call, new UpstreamError('network', 'The request cannot be written.', { cause: error }));
    }
  }

  writePart(part: Uint8Array, chunked: boolean): boolean {
    return writeBodyPart(this.#socket, part, chunked);
  }

  writeLastChunk(): void {
    writeLastChunk(this.#socket);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes the socket without telling the call; its place in the pool is free at once. */
  destroy(): void {
    if (this.#kill()) this.#pool.removed(this, null);
  }

  /** No connection within the time for connecting, or one that is too old for another request. */
  override onDeadline(): void {
    if (this.#established) {
      if (this.call === null) this.destroy();
      else this.idleLimitMs = 0;
      return;
    }
    this.#lost(new Error(`not established within ${this.#pool.client.settings.connectTimeoutMs} ms`));
  }

  #openPlain(): Socket {
    const client = this.#pool.client;
    const bytes = client.readBuffer;
    const callback = (length: number): boolean => this.#read(bytes, length);
    const socket = openPlainSocket(this.#pool.origin, client.resolver, { buffer: bytes, callback });
    socket.on('connect', () => this.#opened());
    return socket;
  }

  #openTls(): Socket {
    const pool = this.#pool;
    const { client, origin } = pool;
    const session = pool.usableSession();
    // Not the shared buffer: OpenSSL may hand out plain text in the middle of a write to another connection.
    const bytes = Buffer.allocUnsafeSlow(TLS_READ_BYTES);
    const callback = (length: number): boolean => this.#read(bytes, length);
    const onread = { buffer: bytes, callback };
    const context = client.secureContexts.of(origin.identity);
    const socket = openTlsSocket(origin, client.resolver, onread, context, session);
    socket.on('secureConnect', () => {
      const name = verifiedName(origin);
      const problem = origin.insecureSkipVerification === true ? privateAuthorityFault(socket, name) : null;
      if (problem !== null) {
        this.#lost(problem);
        return;
      }
      if (!socket.isSessionReused()) pool.sessionEnd = certificateEnd(socket);
      this.#opened();
    });
    socket.on('session', (ticket: Buffer) => {
      if (!this.dead) pool.session = ticket;
    });
    return socket;
  }

  #opened(): void {
    if (this.dead) return;
    this.#established = true;
    this.#pool.client.armAge(this);
    this.send();
  }

  /** What the socket read; true: read on. */
  #read(bytes: Buffer, length: number): boolean {
    if (this.dead) return false;
    const call = this.call;
    if (call === null || !this.sent) {
      // Nobody asked: a second answer to the last request, or a farewell like 408. Either way the next answer to be
      // read here could not be trusted.
      this.#lost(new Error('bytes arrived that belong to no request'));
      return false;
    }
    try {
      this.#consume(call, bytes, length);
    } catch (error) {
      this.#pool.client.onFault(error);
      if (this.call === call) this.#fail(call, handlerFault(error));
      else this.#lost(null);
    }
    return !this.dead;
  }

  #consume(call: Http1Call, bytes: Buffer, length: number): void {
    this.#answering = true;
    if (call.streaming) this.#pool.client.armIdle(call);
    let at = 0;
    if (this.#phase === HEAD) {
      at = this.#head(call, bytes, length);
      // Incomplete, refused, ended with the head, or given up by the handler.
      if (at < 0 || this.call !== call) return;
    }
    if (at === length) return;
    if (this.#phase === BY_LENGTH) this.#bodyByLength(call, bytes, at, length);
    else if (this.#phase === CHUNKED) this.#bodyInChunks(call, bytes, at, length);
    else call.handler.onData(bytes.subarray(at, length));
  }

  /** Reads heads up to the final one. Returns where the body begins, or -1 when there is nothing more to do. */
  #head(call: Http1Call, bytes: Buffer, length: number): number {
    const parser = this.#parser;
    const limit = this.#pool.client.settings.maxHeadBytes;
    const known = this.#pool.knownHead;
    if (this.#partial === null && known.isAt(bytes, 0, length)) {
      parser.recall(known, 0);
      this.#final(call, known.fields, length - known.length);
      return known.length;
    }
    let at = 0;
    for (;;) {
      let source = bytes;
      let end = length;
      const before = this.#partialBytes;
      if (this.#partial === null) parser.begin(at);
      else {
        source = this.#collect(bytes, at, length, limit);
        end = this.#partialBytes;
      }
      const outcome = parser.parse(source, end);
      if (outcome === MORE) {
        if (end - parser.start >= limit) this.#refuse(call, `a head of more than ${limit} bytes`);
        else if (this.#partial === null) {
          this.#collect(bytes, at, length, limit);
          parser.moved();
        }
        return -1;
      }
      if (outcome !== DONE) {
        this.#refuse(call, parser.problem);
        return -1;
      }
      if (parser.end - parser.start > limit) {
        this.#refuse(call, `a head of more than ${limit} bytes`);
        return -1;
      }
      const bodyAt = this.#partial === null ? parser.end : at + parser.end - before;
      if (parser.status >= 200) {
        const fields = source.toString('latin1', parser.fieldsAt, parser.end - 2);
        known.remember(parser, source, fields);
        this.#forgetPartial();
        this.#final(call, fields, length - bodyAt);
        return bodyAt;
      }
      this.#forgetPartial();
      if (parser.status === 101) {
        this.#refuse(call, 'a switch of protocols nobody asked for');
        return -1;
      }
      if (++this.#informational > MAX_INFORMATIONAL) {
        this.#refuse(call, `more than ${MAX_INFORMATIONAL} informational responses`);
        return -1;
      }
      if (bodyAt === length) return -1;
      at = bodyAt;
    }
  }

  /** The final head: how the body is framed, and the end of the exchange when there is none. */
  #final(call: Http1Call, fields: string, following: number): void {
    const parser = this.#parser;
    const { status, contentLength } = parser;
    const bodiless = status === 204 || status === 304 || call.request.method === 'HEAD';
    this.#keep = parser.keepAlive;
    // A connection that must not be kept (see `onDeadline`) does not become one that may.
    if (parser.keepAliveSeconds >= 0 && this.idleLimitMs > 0) {
      this.limitedByPeer = true;
      const limit = parser.keepAliveSeconds * 1_000 - KEEP_ALIVE_MARGIN_MS;
      this.idleLimitMs = Math.min(this.#pool.client.settings.keepAliveMs, limit);
    }
    if (bodiless || contentLength === 0) {
      call.handler.onHead(status, fields, 0);
      if (this.call === call) this.#end(call, following > 0);
      return;
    }
    if (contentLength > 0) {
      this.#phase = BY_LENGTH;
      this.#remaining = contentLength;
    } else if (parser.chunked) {
      this.#phase = CHUNKED;
      if (this.#decoder === null) this.#decoder = new ChunkedDecoder(this.#pool.client.settings.maxHeadBytes);
      this.#decoder.begin();
    } else {
      this.#phase = UNTIL_CLOSE;
      this.#keep = false;
    }
    call.handler.onHead(status, fields, contentLength);
  }

  #bodyByLength(call: Http1Call, bytes: Buffer, at: number, length: number): void {
    const end = Math.min(length, at + this.#remaining);
    this.#remaining -= end - at;
    call.handler.onData(readView(bytes, at, end));
    if (this.#remaining === 0 && this.call === call) this.#end(call, end < length);
  }

  #bodyInChunks(call: Http1Call, bytes: Buffer, at: number, length: number): void {
    const decoder = this.#decoder;
    if (decoder === null) return;
    const end = decoder.decode(bytes, at, length);
    if (decoder.dataTo > decoder.dataFrom) {
      call.handler.onData(bytes.subarray(decoder.dataFrom, decoder.dataTo));
      if (this.call !== call) return;
    }
    if (decoder.problem !== '') this.#refuse(call, decoder.problem);
    else if (decoder.complete) this.#end(call, end < length);
  }

  /** The response is complete. */
  #end(call: Http1Call, surplus: boolean): void {
    // Surplus bytes would be read as the next response; an unfinished request would run into the next one.
    const written = leftInOneRecord(call) || this.#socket.writableLength === 0;
    const reusable = this.#keep && !surplus && call.bodyComplete && written;
    this.call = null;
    this.sent = false;
    call.connection = null;
    call.finish();
    if (reusable && this.idleLimitMs > 0 && this.#socket.writable) {
      this.#reused = true;
      if (call.paused) this.#socket.resume();
      this.#pool.release(this);
    } else this.destroy();
    call.reportEnd();
  }

  #refuse(call: Http1Call, problem: string): void {
    const { host, port } = this.#pool.origin;
    this.#fail(
      call,
      new UpstreamError('protocol', `The response of ${host}:${port} is refused: ${problem}.`),
    );
  }

  /** Gives the exchange up. */
  #fail(call: Http1Call, error: UpstreamError): void {
    this.call = null;
    call.connection = null;
    this.destroy();
    call.reportError(error);
  }

  /** The socket failed, or the peer closed it (null); what that means depends on how far the exchange is. */
  #lost(error: Error | null): void {
    if (!this.#kill()) return;
    const call = this.call;
    this.call = null;
    if (call === null) {
      this.#pool.removed(this, null);
      return;
    }
    call.connection = null;
    if (!this.#established && !call.retried && isOutOfFiles(error)) {
      // Sockets that are closed now give their descriptor back at the end of this turn.
      call.retried = true;
      this.#pool.client.closeIdle();
      setImmediate(() => this.#pool.removed(this, call.ended ? null : call));
    } else if (!this.sent && this.#established) {
      // Nothing of this request was written: it goes to another connection as if this one had never been there.
      this.#pool.removed(this, call);
    } else if (this.sent && this.#phase === UNTIL_CLOSE && error === null) {
      call.finish();
      this.#pool.removed(this, null);
      call.reportEnd();
    } else if (this.sent && this.#mayRepeat(call)) {
      call.retried = true;
      this.#pool.removed(this, call);
    } else {
      this.#pool.removed(this, null);
      call.reportError(this.#failure(error));
    }
  }

  /** A kept connection was closed before any byte of the answer: the peer most likely never saw the request. */
  #mayRepeat(call: Http1Call): boolean {
    if (!this.#reused || this.#answering || call.retried) return false;
    return call.request.body !== STREAMED && SAFE.has(call.request.method);
  }

  #failure(error: Error | null): UpstreamError {
    const { origin } = this.#pool;
    if (!this.#established) return connectError(error ?? new Error('closed while connecting'), origin);
    const when = this.#answering ? 'in the middle of its response' : 'before its response';
    const why = error === null ? 'closed the connection' : `was lost (${describe(error)})`;
    const message = `${origin.host}:${origin.port} ${why} ${when}.`;
    return new UpstreamError('network', message, error === null ? {} : { cause: error });
  }

  /** False when it was dead already. */
  #kill(): boolean {
    if (this.dead) return false;
    this.dead = true;
    this.#pool.client.disarm(this);
    this.#forgetPartial();
    this.#socket.destroy();
    return true;
  }

  /** Copies what arrived of a head behind what is there of it, up to the limit of a head. */
  #collect(bytes: Buffer, from: number, to: number, limit: number): Buffer {
    const held = this.#partialBytes;
    const count = Math.min(to - from, limit - held);
    let partial = this.#partial;
    if (partial === null || partial.length < held + count) {
      let size = partial === null ? PARTIAL_HEAD_BYTES : partial.length;
      while (size < held + count) size *= 2;
      const larger = Buffer.allocUnsafe(size);
      partial?.copy(larger, 0, 0, held);
      partial = larger;
      this.#partial = partial;
    }
    bytes.copy(partial, held, from, from + count);
    this.#partialBytes = held + count;
    return partial;
  }

  #forgetPartial(): void {
    this.#partial = null;
    this.#partialBytes = 0;
  }
}
