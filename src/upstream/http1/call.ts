/** One request of our HTTP/1.1 client, from `request()` to `onEnd` or `onError`. */
import { Deadline } from '../deadlines.js';
import { handlerFault } from '../options.js';
import {
  STREAMED,
  type UpstreamCall,
  UpstreamError,
  type UpstreamHandler,
  type UpstreamRequest,
} from '../upstream.js';
import type { Http1Connection } from './connection.js';
import type { OriginPool } from './pool.js';

export class Http1Call extends Deadline implements UpstreamCall {
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  readonly pool: OriginPool;

  /** The connection this call holds: being opened, chosen, or in use. Null while waiting and after the end. */
  connection: Http1Connection | null = null;
  /** Nothing is reported any more. */
  ended = false;
  /** It was sent on a kept connection that turned out to be closed, and is being sent again: once is enough. */
  retried = false;
  /** `answered()` was called: the idle timeout counts instead of the request's. */
  streaming = false;
  paused = false;
  /** The request's body was handed to the socket to its end. */
  bodyComplete: boolean;

  /** Owned by the pool's `WaitingList`. */
  waiting = false;
  waitingBefore: Http1Call | null = null;
  waitingAfter: Http1Call | null = null;

  #cancelled = false;
  /** `write` said false and `onDrain` is owed. */
  #blocked = false;
  /** Announced bytes that have not been written; -1 for chunked. */
  #bodyLeft: number;
  /** Parts written before the connection was there; null when there are none. */
  #held: Uint8Array[] | null = null;
  #bodyEnded = false;

  constructor(request: UpstreamRequest, handler: UpstreamHandler, pool: OriginPool) {
    super();
    this.request = request;
    this.handler = handler;
    this.pool = pool;
    const streamed = request.body === STREAMED;
    this.bodyComplete = !streamed;
    this.#bodyLeft = streamed ? request.bodyLength : 0;
  }

  write(chunk: Uint8Array): boolean {
    if (this.ended || this.request.body !== STREAMED) return true;
    // A chunk without bytes would be the end of a chunked body.
    if (chunk.length === 0) return !this.#blocked;
    if (this.#bodyEnded) {
      this.#fail('The request body goes on after its end.');
      return true;
    }
    if (this.#bodyLeft >= 0) {
      this.#bodyLeft -= chunk.length;
      if (this.#bodyLeft < 0) {
        this.#fail('The request body is longer than announced.');
        return true;
      }
    }
    this.#bodyMoved();
    const connection = this.connection;
    if (connection === null || !connection.sent) {
      if (this.#held === null) this.#held = [];
      this.#held.push(chunk);
      this.#blocked = true;
      return false;
    }
    const room = connection.writePart(chunk, this.request.bodyLength < 0);
    if (!room) this.#blocked = true;
    return room;
  }

  end(): void {
    if (this.ended || this.#bodyEnded || this.bodyComplete) return;
    if (this.#bodyLeft > 0) {
      this.#fail('The request body is shorter than announced.');
      return;
    }
    this.#bodyEnded = true;
    this.#bodyMoved();
    const connection = this.connection;
    if (connection?.sent) this.#finishBody(connection);
  }

  pause(): void {
    if (this.ended || this.paused) return;
    this.paused = true;
    if (this.connection?.sent) this.connection.pause();
    if (this.streaming) this.pool.client.armIdle(this);
  }

  resume(): void {
    if (this.ended || !this.paused) return;
    this.paused = false;
    if (this.connection?.sent) this.connection.resume();
    if (this.streaming) this.pool.client.armIdle(this);
  }

  answered(): void {
    if (this.ended || this.streaming) return;
    this.streaming = true;
    this.pool.client.armIdle(this);
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.ended) return;
    this.finish();
    this.pool.abandon(this);
  }

  /** The head of a streamed request is out: so may be what was held back. */
  connected(connection: Http1Connection): void {
    const held = this.#held;
    this.#held = null;
    let room = true;
    if (held !== null) {
      for (const chunk of held) room = connection.writePart(chunk, this.request.bodyLength < 0);
    }
    if (this.#bodyEnded) this.#finishBody(connection);
    else if (room) this.drained();
  }

  /** The socket's buffer is empty again. */
  drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    if (this.#bodyEnded) return;
    try {
      this.handler.onDrain();
    } catch (error) {
      this.#faulted(error);
    }
  }

  override onDeadline(): void {
    const limit = this.streaming ? this.pool.client.settings.idleTimeoutMs : this.request.timeoutMs;
    const what = this.streaming ? 'No byte moved' : 'No complete answer';
    this.pool.abandon(this);
    this.reportError(new UpstreamError('timeout', `${what} within ${limit} ms.`));
  }

  /** Stops the clocks; after this the call is over and reports only what its caller reports. */
  finish(): void {
    this.ended = true;
    this.pool.client.callEnded(this);
  }

  reportEnd(): void {
    try {
      this.handler.onEnd();
    } catch (error) {
      this.pool.client.onFault(error);
    }
  }

  /** Ends the call in an error; the connection is the caller's to deal with. */
  reportError(error: UpstreamError): void {
    if (this.ended) return;
    this.finish();
    deliver(this, error);
  }

  /** The same, for callers inside `request`, `write` or `end`: no handler expects to be called from there. */
  reportErrorLater(error: UpstreamError): void {
    if (this.ended) return;
    this.finish();
    process.nextTick(deliver, this, error);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** A client may take its time with its body: the time-out is that of the backend. */
  #bodyMoved(): void {
    if (!this.streaming) this.pool.client.armAnswer(this);
  }

  #finishBody(connection: Http1Connection): void {
    this.bodyComplete = true;
    if (this.request.bodyLength < 0) connection.writeLastChunk();
  }

  #fail(message: string): void {
    this.pool.abandon(this);
    this.reportErrorLater(new UpstreamError('network', message));
  }

  #faulted(error: unknown): void {
    this.pool.abandon(this);
    this.pool.client.onFault(error);
    this.reportError(handlerFault(error));
  }
}

function deliver(call: Http1Call, error: UpstreamError): void {
  if (call.cancelled) return;
  try {
    call.handler.onError(error);
  } catch (fault) {
    call.pool.client.onFault(fault);
  }
}
