/** One request over undici: the port's call on one side, undici's raw dispatch handler on the other. */
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { forEachHeader } from '../http/header-block.js';
import { Deadline } from './deadlines.js';
import { handlerFault, MAX_INFORMATIONAL, SAFE } from './options.js';
import { connectError, describe, errorCode } from './origin.js';
import type { UndiciClient, UndiciPool } from './undici.js';
import {
  STREAMED,
  type UpstreamCall,
  UpstreamError,
  type UpstreamHandler,
  type UpstreamRequest,
} from './upstream.js';

/** Bytes of a streamed request body held between the caller and undici. */
const BODY_BUFFER_BYTES = 65_536;

/** undici hands over every chunk of a chunked answer by itself, however small; so much of them is passed on at once. */
const GATHERED_BYTES = 16_384;

export class UndiciCall extends Deadline implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly pool: UndiciPool;

  readonly #client: UndiciClient;
  readonly #request: UpstreamRequest;
  readonly #handler: UpstreamHandler;
  readonly #body: Readable | null;

  #ended = false;
  #cancelled = false;
  #streaming = false;
  #paused = false;
  #retried = false;
  /** Inside `dispatch`, from where no handler may be called. */
  #dispatching = false;
  #answering = false;
  #informational = 0;
  #abort: ((error?: Error) => void) | null = null;
  #resumeParser: (() => void) | null = null;
  #blocked = false;
  #bodyEnded = false;
  /** Parts of the answer that have come in this turn. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** Announced bytes that have not been written; -1 for chunked. */
  #bodyLeft: number;

  constructor(client: UndiciClient, pool: UndiciPool, request: UpstreamRequest, handler: UpstreamHandler) {
    super();
    this.#client = client;
    this.pool = pool;
    this.#request = request;
    this.#handler = handler;
    this.#bodyLeft = request.bodyLength;
    this.#body = request.body === STREAMED ? this.#bodyStream() : null;
  }

  dispatch(): void {
    const { method, target, headers, body, bodyLength } = this.#request;
    const pairs: string[] = [];
    forEachHeader(headers, (name, value) => pairs.push(name, value));
    if (body === STREAMED && bodyLength >= 0) pairs.push('content-length', String(bodyLength));
    // `servername` keeps undici from taking the TLS name from the Host header, and from reconnecting whenever that
    // differs; the name that counts is the connector's.
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      path: target,
      method,
      headers: pairs,
      body: body === STREAMED ? this.#body : body,
      servername: this.pool.origin.host,
    };
    this.#dispatching = true;
    try {
      this.pool.pool?.dispatch(options, this);
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#dispatching = false;
    }
  }

  // --- UpstreamCall ---

  write(chunk: Uint8Array): boolean {
    const body = this.#body;
    if (this.#ended || body === null) return true;
    if (chunk.length === 0) return !this.#blocked;
    if (this.#bodyEnded) return this.#failBody('The request body goes on after its end.');
    if (this.#bodyLeft >= 0) {
      this.#bodyLeft -= chunk.length;
      if (this.#bodyLeft < 0) return this.#failBody('The request body is longer than announced.');
    }
    this.#bodyMoved();
    const room = body.push(chunk);
    if (!room) this.#blocked = true;
    return room;
  }

  end(): void {
    const body = this.#body;
    if (this.#ended || this.#bodyEnded || body === null) return;
    if (this.#bodyLeft > 0) {
      this.#failBody('The request body is shorter than announced.');
      return;
    }
    this.#bodyEnded = true;
    this.#bodyMoved();
    body.push(null);
  }

  pause(): void {
    if (this.#ended || this.#paused) return;
    this.#paused = true;
    this.#touch();
  }

  resume(): void {
    if (this.#ended || !this.#paused) return;
    this.#paused = false;
    this.#touch();
    this.#resumeParser?.();
  }

  answered(): void {
    if (this.#ended || this.#streaming) return;
    this.#streaming = true;
    this.#touch();
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#ended) return;
    this.#finish();
    this.#giveUp();
  }

  override onDeadline(): void {
    const limit = this.#streaming ? this.#client.settings.idleTimeoutMs : this.#request.timeoutMs;
    const what = this.#streaming ? 'No byte moved' : 'No complete answer';
    this.#reportError(new UpstreamError('timeout', `${what} within ${limit} ms.`));
    this.#giveUp();
  }

  /** Ends the call in an error, but not from inside `request`, `write` or `end`. */
  reportErrorLater(error: UpstreamError): void {
    if (this.#ended) return;
    this.#finish();
    process.nextTick(() => this.#deliver(error));
  }

  // --- undici's dispatch handler ---

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    // It waited in undici's queue for nothing.
    if (this.#ended) abort();
  }

  onHeaders(status: number, fields: Buffer[], resume: () => void): boolean {
    this.#answering = true;
    if (this.#ended) return false;
    this.#touch();
    if (status < 200) {
      if (++this.#informational > MAX_INFORMATIONAL) this.#refuse('too many informational responses');
      return true;
    }
    this.#resumeParser = resume;
    let block = '';
    let contentLength = -1;
    let codings = 0;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = latin1(fields[i]);
      const value = latin1(fields[i + 1]);
      if (name.length === 14 && name.toLowerCase() === 'content-length') contentLength = Number(value);
      else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
        codings++;
        // undici reads `gzip, chunked` as chunked and `xchunked` up to the connection's end.
        if (value.trim().toLowerCase() !== 'chunked') codings++;
      }
      block += `${name}: ${value}\r\n`;
    }
    if (codings > 1) {
      this.#refuse('a Transfer-Encoding other than chunked');
      return false;
    }
    if (status === 204 || status === 304 || this.#request.method === 'HEAD') contentLength = 0;
    this.#guarded(() => this.#handler.onHead(status, block, contentLength));
    return !this.#paused;
  }

  onData(chunk: Buffer): boolean {
    if (this.#ended) return false;
    this.#touch();
    if (this.#gathered.push(chunk) === 1) setImmediate(this.#passOn);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes >= GATHERED_BYTES) this.#passOn();
    return !this.#paused && !this.#ended;
  }

  readonly #passOn = (): void => {
    const parts = this.#gathered;
    if (parts.length === 0 || this.#ended) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    this.#guarded(() => this.#handler.onData(bytes));
  };

  onComplete(): void {
    this.#passOn();
    if (this.#ended) return;
    this.#finish();
    // Whatever is left of a streamed request body is no longer read by anybody.
    this.#body?.destroy();
    try {
      this.#handler.onEnd();
    } catch (error) {
      this.#client.onFault(error);
    }
  }

  onError(error: Error): void {
    this.#passOn();
    if (this.#ended) return;
    if (this.#mayRepeat(error)) {
      this.#retried = true;
      setImmediate(() => {
        if (!this.#ended) this.dispatch();
      });
      return;
    }
    const failure = this.#failure(error);
    if (this.#dispatching) this.reportErrorLater(failure);
    else this.#reportError(failure);
    this.#body?.destroy();
  }

  // --- internals ---

  #bodyStream(): Readable {
    const body = new Readable({ highWaterMark: BODY_BUFFER_BYTES, read: () => this.#drained() });
    // Destroyed with the request; what that means was reported by then.
    body.on('error', () => {});
    return body;
  }

  #drained(): void {
    if (!this.#blocked || this.#ended || this.#bodyEnded) return;
    this.#blocked = false;
    // undici may read from inside `dispatch`, and `push` from inside `write`.
    process.nextTick(() => {
      if (!this.#ended) this.#guarded(() => this.#handler.onDrain());
    });
  }

  /** A client may take its time with its body: the time-out is that of the backend. */
  #bodyMoved(): void {
    if (!this.#streaming) this.#client.deadlines.arm(this, this.#request.timeoutMs);
  }

  #touch(): void {
    if (this.#streaming) this.#client.deadlines.arm(this, this.#client.settings.idleTimeoutMs);
  }

  /** Runs a handler's callback; what it throws ends the call. */
  #guarded(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#client.onFault(error);
      this.#reportError(handlerFault(error));
      this.#giveUp();
    }
  }

  #refuse(problem: string): void {
    const { host, port } = this.pool.origin;
    this.#reportError(
      new UpstreamError('protocol', `The response of ${host}:${port} is refused: ${problem}.`),
    );
    this.#giveUp();
  }

  #failBody(message: string): true {
    this.reportErrorLater(new UpstreamError('network', message));
    this.#giveUp();
    return true;
  }

  #giveUp(): void {
    this.#body?.destroy();
    this.#abort?.();
  }

  #finish(): void {
    this.#ended = true;
    this.#client.callEnded(this);
  }

  #reportError(error: UpstreamError): void {
    if (this.#ended) return;
    this.#finish();
    this.#deliver(error);
  }

  #deliver(error: UpstreamError): void {
    if (this.#cancelled) return;
    try {
      this.#handler.onError(error);
    } catch (fault) {
      this.#client.onFault(fault);
    }
  }

  /**
   * A kept connection that was closed before any byte of the answer. undici does not tell whether a connection was
   * used before, but a closed socket has read bytes only if it was.
   */
  #mayRepeat(error: Error): boolean {
    if (this.#retried || this.#answering || this.#request.body === STREAMED) return false;
    if (errorCode(error) !== 'UND_ERR_SOCKET' || !SAFE.has(this.#request.method)) return false;
    if (PROTOCOL_MESSAGES.has(error.message)) return false;
    const socket = 'socket' in error ? error.socket : null;
    return (
      typeof socket === 'object' && socket !== null && 'bytesRead' in socket && Number(socket.bytesRead) > 0
    );
  }

  #failure(error: Error): UpstreamError {
    const { origin } = this.pool;
    const code = errorCode(error);
    const place = `${origin.host}:${origin.port}`;
    if (isProtocolError(error, code)) {
      return new UpstreamError('protocol', `The response of ${place} is refused: ${error.message}.`, {
        cause: error,
      });
    }
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
      return new UpstreamError('network', `The request cannot be written: ${error.message}.`, {
        cause: error,
      });
    }
    if (this.#abort === null) return connectError(error, origin);
    return new UpstreamError('network', `${place} was lost (${describe(error)}: ${error.message}).`, {
      cause: error,
    });
  }
}

/** Messages of undici's SocketError that stand for a response which cannot be accepted. */
const PROTOCOL_MESSAGES: ReadonlySet<string> = new Set(['bad response', 'bad upgrade']);

function isProtocolError(error: Error, code: string): boolean {
  // The parser's word for a connection that was closed too early.
  if (error.name === 'HTTPParserError') return !error.message.includes('Invalid EOF state');
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return true;
  return code === 'UND_ERR_SOCKET' && PROTOCOL_MESSAGES.has(error.message);
}

function latin1(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('latin1');
}
