/**
 * One HTTP_PROXY exchange under way: request body up, response down, with backpressure both ways. This file is whole
 * because it is one state machine.
 *
 *     WAITING --head--> COLLECTING (short, length known) --end--> answered whole
 *                       HELD (length unknown) --end in the same turn--> answered whole
 *                            '--turn ends, or too long--> STREAMING
 *                       STREAMING (long) --end--> ended
 *
 * A body with a content coding waits for its first bytes: if they are of that coding, COLLECTING and STREAMING see what
 * a decoder makes of it, else it goes its way as it is.
 */
import { Buffer, isAscii } from 'node:buffer';
import { beginsLike, type Coding } from '../../content-encoding/codings.js';
import { type DecodedReceiver, StreamDecoder } from '../../content-encoding/stream-decoder.js';
import { turnTime } from '../../exchange/clock.js';
import type { Exchange, ExchangeListener } from '../../exchange/exchange.js';
import { type HeaderBlock, headerValue } from '../../http/header-block.js';
import { hasNoBody } from '../../http/status.js';
import {
  STREAMED,
  type UpstreamCall,
  UpstreamError,
  type UpstreamHandler,
  type UpstreamPort,
  type UpstreamRequest,
} from '../../upstream/upstream.js';
import { answerUpstreamFailure } from '../upstream-failure.js';
import { type HeadFacts, passedHeaders, withoutEncodedLength } from './passed-headers.js';

const WAITING = 0;
const COLLECTING = 1;
const HELD = 2;
const STREAMING = 3;
const DONE = 4;

/**
 * Bytes up to which a response is answered whole: one envelope instead of three and no chunk bookkeeping. 64 KiB is
 * one socket read, so a collected answer rarely waits for a second one.
 */
const WHOLE_ANSWER_BYTES = 65_536;

/** Bodies up to this size cross to the acceptor as text when they are ASCII: a short text is cheaper than a buffer. */
const TEXT_ANSWER_BYTES = 8_192;

export class ProxiedExchange implements UpstreamHandler, ExchangeListener, HeadFacts, DecodedReceiver {
  readonly exchange: Exchange;
  /** Of the bytes that `onData` gets; null once they are what the client gets. */
  coding: Coding | null = null;
  readonly #clientHead: boolean;
  readonly #upstreamHead: boolean;
  readonly #startedAt = turnTime();
  #call: UpstreamCall | null = null;
  #upload: UploadListener | null = null;
  #state = WAITING;
  #status = 0;
  #headers: HeaderBlock = '';
  #contentLength = 0;
  #size = 0;
  /** Collected body: text, a single chunk, or several. */
  #text: string | null = null;
  #chunk: Buffer | null = null;
  #chunks: Buffer[] | null = null;
  #decoder: StreamDecoder | null = null;
  /** A coded body's first byte, while it is alone. */
  #first: Buffer | null = null;
  /** Length of a coded body, -1: unknown. */
  #encodedLength = 0;
  /** The upstream is done with, a decoder may still be at work. */
  #upstreamEnded = false;

  /**
   * @param clientHead the client's request line says HEAD: its answer announces a length and has no body
   * @param upstreamHead the backend is asked with HEAD: it announces a length and sends no body
   */
  constructor(exchange: Exchange, clientHead: boolean, upstreamHead: boolean) {
    this.exchange = exchange;
    this.#clientHead = clientHead;
    this.#upstreamHead = upstreamHead;
  }

  start(upstream: UpstreamPort, request: UpstreamRequest): void {
    const call = upstream.request(request, this, this.exchange.request);
    this.#call = call;
    if (request.body === STREAMED) this.#upload = new UploadListener(this, call);
    this.exchange.listener = this.#upload ?? this;
  }

  /** The response is complete, failed or abandoned: what still comes of the request's body is of no use. */
  get done(): boolean {
    return this.#state === DONE || this.#upstreamEnded;
  }

  // ------------------------------------------------------------------ from the upstream

  onHead(status: number, headers: HeaderBlock, contentLength: number): void {
    this.#status = status;
    this.#headers = passedHeaders(headers, status, this);
    this.#contentLength = contentLength;
    if (this.coding !== null) this.#codedHead(contentLength);
    else this.#plainHead(headers, contentLength);
  }

  #plainHead(headers: HeaderBlock, contentLength: number): void {
    if (hasNoBody(this.#status) || this.#upstreamHead) {
      this.#contentLength = announcedLength(headers);
      this.#state = COLLECTING;
    } else if (this.#clientHead) {
      // The backend was asked with a method that has a body, which nobody will read.
      this.#begin();
      this.#state = DONE;
      this.exchange.end();
      this.#call?.cancel();
    } else if (contentLength < 0) {
      this.#state = HELD;
      hold(this);
    } else if (contentLength <= WHOLE_ANSWER_BYTES) {
      this.#state = COLLECTING;
    } else {
      this.#begin();
    }
  }

  onData(chunk: Uint8Array): void {
    if (this.coding !== null) {
      this.#codedData(chunk, this.coding);
      return;
    }
    if (this.#state === STREAMING) {
      if (!this.exchange.write(chunk)) this.#call?.pause();
      return;
    }
    if (this.#state === DONE) return;
    if (chunk.length === this.#contentLength && chunk.length <= TEXT_ANSWER_BYTES && isAscii(chunk)) {
      // The usual short answer, complete in one chunk: no copy of bytes that would only become text.
      this.#text = asciiText(chunk);
      return;
    }
    const copy = Buffer.allocUnsafeSlow(chunk.length);
    copy.set(chunk);
    this.#collect(copy);
    if (this.#state === HELD && this.#size > WHOLE_ANSWER_BYTES) this.release();
  }

  #collect(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#chunk === null) this.#chunk = chunk;
    else if (this.#chunks === null) this.#chunks = [this.#chunk, chunk];
    else this.#chunks.push(chunk);
  }

  onEnd(): void {
    if (this.coding === null) this.#complete();
    else this.#codedEnd();
  }

  #complete(): void {
    if (this.#state === STREAMING) {
      this.#state = DONE;
      this.exchange.end();
      return;
    }
    if (this.#state === DONE) return;
    this.#state = DONE;
    this.exchange.integrationLatency = turnTime() - this.#startedAt;
    const bodyless = hasNoBody(this.#status) || this.#upstreamHead;
    if (bodyless && (this.#clientHead || this.#status === 304)) {
      this.exchange.begin(this.#status, this.#headers, this.#contentLength);
      this.exchange.end();
    } else {
      this.exchange.answer(this.#status, this.#headers, this.#wholeBody());
    }
  }

  onError(error: UpstreamError): void {
    const begun = this.#state === STREAMING;
    if (this.#state === DONE) return;
    this.#state = DONE;
    this.#decoder?.destroy();
    if (begun) {
      this.exchange.errorCause = `The backend failed after its response had begun: ${error.message}`;
      this.exchange.destroy();
      return;
    }
    this.exchange.integrationLatency = turnTime() - this.#startedAt;
    answerUpstreamFailure(this.exchange, error);
  }

  /**
   * Two callers share this name, and never in one exchange: the upstream when it takes body bytes again, which it only
   * says of streamed bodies, and the client's side when the exchange's listener is this object, which it is not then.
   */
  onDrain(): void {
    if (this.#upload !== null) this.#upload.upstreamDrained();
    else this.clientDrained();
  }

  // ------------------------------------------------------------------ from the client

  onCancel(): void {
    if (this.#state === DONE) return;
    this.#state = DONE;
    this.#decoder?.destroy();
    this.#call?.cancel();
  }

  /** The client takes response bytes again. */
  clientDrained(): void {
    if (this.#state === DONE) return;
    if (this.#decoder === null) this.#call?.resume();
    else this.#decoder.resume();
  }

  onBodyChunk(): void {}
  onBodyEnd(): void {}

  // ------------------------------------------------------------------ content codings

  #codedHead(contentLength: number): void {
    this.#encodedLength = contentLength;
    if (!hasNoBody(this.#status) && !this.#upstreamHead && !this.#clientHead) return;
    // No body will come, and the length of the one there would be is not what the backend says.
    this.coding = null;
    this.#headers = withoutEncodedLength(this.#headers);
    this.#contentLength = -1;
    this.#plainHead('', -1);
  }

  #codedData(chunk: Uint8Array, coding: Coding): void {
    if (this.#state === DONE) return;
    if (this.#decoder === null) {
      const bytes = this.#first === null ? chunk : Buffer.concat([this.#first, chunk]);
      const [first, second] = bytes;
      this.#first = null;
      if (first === undefined || second === undefined) {
        this.#first = Buffer.from(bytes);
      } else if (beginsLike(coding, first, second)) {
        this.#decoder = new StreamDecoder(coding, this);
        this.#headers = withoutEncodedLength(this.#headers);
        this.#contentLength = -1;
        this.#state = COLLECTING;
        if (!this.#decoder.write(bytes)) this.#call?.pause();
      } else {
        this.#passUncoded(bytes);
      }
    } else if (!this.#decoder.write(chunk)) {
      this.#call?.pause();
    }
  }

  /** The header was wrong: the bytes are what the client would take them for without it. */
  #passUncoded(bytes: Uint8Array): void {
    this.coding = null;
    this.#plainHead('', this.#encodedLength);
    this.onData(bytes);
  }

  #codedEnd(): void {
    if (this.#state === DONE) return;
    this.#upstreamEnded = true;
    if (this.#decoder !== null) {
      this.#decoder.end();
      return;
    }
    this.#passUncoded(this.#first ?? Buffer.alloc(0));
    this.#complete();
  }

  onDecoded(chunk: Buffer): void {
    if (this.#state === STREAMING) {
      if (!this.exchange.write(chunk)) this.#decoder?.pause();
    } else if (this.#state !== DONE) {
      this.#collect(chunk);
      this.#streamDecoded();
    }
  }

  /** A response that is long, or whose end is not in sight, does not wait for it. */
  #streamDecoded(): void {
    if (this.#state !== COLLECTING || this.#size === 0) return;
    const short = this.#encodedLength >= 0 && this.#encodedLength <= WHOLE_ANSWER_BYTES;
    const endInSight = short || this.#upstreamEnded || this.#decoder?.idle === false;
    if (!endInSight || this.#size > WHOLE_ANSWER_BYTES) this.#stream();
  }

  onDecoderIdle(): void {
    this.#streamDecoded();
  }

  onDecoderDrain(): void {
    if (this.#state !== DONE) this.#call?.resume();
  }

  onDecodedEnd(): void {
    this.#complete();
  }

  onDecodeError(error: Error): void {
    this.#call?.cancel();
    const message = `the ${this.coding} body of the response cannot be decoded: ${error.message}`;
    this.onError(new UpstreamError('protocol', message));
  }

  // ------------------------------------------------------------------ streaming

  /** A held response did not end in the turn it began in: what there is of it goes out now. */
  release(): void {
    if (this.#state === HELD) this.#stream();
  }

  #stream(): void {
    this.#begin();
    const chunks = this.#chunks ?? (this.#chunk === null ? [] : [this.#chunk]);
    this.#chunk = null;
    this.#chunks = null;
    let writable = true;
    for (const chunk of chunks) writable = this.exchange.write(chunk);
    if (writable) return;
    if (this.#decoder === null) this.#call?.pause();
    else this.#decoder.pause();
  }

  #begin(): void {
    this.#state = STREAMING;
    this.exchange.integrationLatency = turnTime() - this.#startedAt;
    this.exchange.begin(this.#status, this.#headers, this.#contentLength);
    this.#call?.answered();
  }

  #wholeBody(): string | Uint8Array | null {
    if (this.#text !== null) return this.#text;
    const body = this.#chunks === null ? this.#chunk : Buffer.concat(this.#chunks, this.#size);
    if (body === null) return null;
    return body.length <= TEXT_ANSWER_BYTES && isAscii(body) ? asciiText(body) : body;
  }
}

function asciiText(bytes: Uint8Array): string {
  if (bytes instanceof Buffer) return bytes.toString('latin1');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** `Content-Length` of a response whose body is left out; -1 when it says none. */
function announcedLength(headers: HeaderBlock): number {
  const value = headerValue(headers, 'content-length');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : -1;
}

/**
 * Responses of unknown length that began in this turn. Most backends' chunked answers are short and arrive in one read,
 * head and end together: waiting for the end of the turn turns them into whole answers, and delays no event of a stream
 * by more than the turn it arrived in.
 */
let held: ProxiedExchange[] = [];

function hold(exchange: ProxiedExchange): void {
  if (held.length === 0) process.nextTick(releaseHeld);
  held.push(exchange);
}

function releaseHeld(): void {
  const exchanges = held;
  held = [];
  for (const exchange of exchanges) exchange.release();
}

/**
 * Passes a streamed request body on. `consumed` opens the client's window again, so it is called only for bytes the
 * upstream has room for; the window bounds what waits in between.
 */
class UploadListener implements ExchangeListener {
  readonly #proxied: ProxiedExchange;
  readonly #call: UpstreamCall;
  #waiting = 0;
  #blocked = false;

  constructor(proxied: ProxiedExchange, call: UpstreamCall) {
    this.#proxied = proxied;
    this.#call = call;
  }

  onBodyChunk(chunk: Uint8Array): void {
    const { length } = chunk;
    if (this.#proxied.done) {
      this.#proxied.exchange.consumed(length);
      return;
    }
    if (!this.#call.write(chunk)) this.#blocked = true;
    if (this.#blocked) this.#waiting += length;
    else this.#proxied.exchange.consumed(length);
  }

  onBodyEnd(): void {
    if (!this.#proxied.done) this.#call.end();
    // No more will come: the client's connection must not stay paused for what the upstream has yet to take.
    this.#release();
  }

  upstreamDrained(): void {
    this.#blocked = false;
    this.#release();
  }

  #release(): void {
    const bytes = this.#waiting;
    this.#waiting = 0;
    if (bytes > 0) this.#proxied.exchange.consumed(bytes);
  }

  onCancel(): void {
    this.#proxied.onCancel();
  }

  onDrain(): void {
    this.#proxied.clientDrained();
  }
}
