/** Stands between one exchange and its sink and compresses the answer when it is one to compress (reference 02 section 11). */
import { constants, createDeflate, createGzip, type Deflate, type Gzip } from 'node:zlib';
import type { AnswerSink, Exchange, ExchangeOutlet } from '../exchange/exchange.js';
import { type HeaderBlock, headerValue } from '../http/header-block.js';
import { hasNoBody } from '../http/status.js';
import { type Coding, encodeWhole } from './codings.js';

/**
 * Answers compressed at the same time, per worker; past it they go out as they are, which every client reads. One takes
 * some 300 KiB inside zlib.
 */
const MAX_RUNNING = 256;

let running = 0;

export class AnswerCompression implements AnswerSink, ExchangeOutlet {
  readonly #exchange: Exchange;
  readonly #sink: AnswerSink;
  readonly #coding: Coding;
  readonly #minimum: number;
  #stream: Gzip | Deflate | null = null;
  /** The length is unknown, so it may be a stream of events: each part leaves when it comes. */
  #flushes = false;

  private constructor(exchange: Exchange, coding: Coding, minimumBytes: number) {
    this.#exchange = exchange;
    this.#sink = exchange.sink;
    this.#coding = coding;
    this.#minimum = minimumBytes;
  }

  /** From here on answers of at least `minimumBytes` leave compressed. */
  static of(exchange: Exchange, coding: Coding, minimumBytes: number): void {
    const compression = new AnswerCompression(exchange, coding, minimumBytes);
    exchange.sink = compression;
    exchange.outlet = compression;
  }

  // ------------------------------------------------------------------ from the integration

  answer(exchange: Exchange, status: number, headers: HeaderBlock, body: string | Uint8Array | null): void {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    if (bytes === null || bytes.length === 0 || !this.#compresses(status, headers, bytes.length)) {
      this.#sink.answer(exchange, status, headers, body);
      return;
    }
    running++;
    encodeWhole(this.#coding, bytes, (encoded) => {
      running--;
      if (exchange.cancelled) return;
      if (encoded === null) this.#sink.answer(exchange, status, headers, bytes);
      else this.#sink.answer(exchange, status, this.#encoded(headers), encoded);
    });
  }

  begin(exchange: Exchange, status: number, headers: HeaderBlock, contentLength: number): void {
    const size = contentLength < 0 ? Number.POSITIVE_INFINITY : contentLength;
    if (size === 0 || !this.#compresses(status, headers, size)) {
      this.#sink.begin(exchange, status, headers, contentLength);
      return;
    }
    running++;
    this.#flushes = contentLength < 0;
    const stream = this.#coding === 'gzip' ? createGzip() : createDeflate();
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      if (!this.#sink.write(exchange, chunk)) stream.pause();
    });
    stream.on('drain', () => exchange.listener?.onDrain());
    stream.on('end', () => this.#sink.end(exchange));
    stream.on('error', () => this.#sink.destroy(exchange));
    stream.on('close', () => running--);
    this.#sink.begin(exchange, status, this.#encoded(headers), -1);
  }

  write(exchange: Exchange, chunk: Uint8Array): boolean {
    const stream = this.#stream;
    if (stream === null) return this.#sink.write(exchange, chunk);
    const copy = Buffer.allocUnsafeSlow(chunk.length);
    copy.set(chunk);
    stream.write(copy);
    if (this.#flushes) stream.flush(constants.Z_SYNC_FLUSH);
    return !stream.writableNeedDrain;
  }

  end(exchange: Exchange): void {
    if (this.#stream === null) this.#sink.end(exchange);
    else this.#stream.end();
  }

  destroy(exchange: Exchange): void {
    this.#stream?.destroy();
    this.#sink.destroy(exchange);
  }

  consumed(exchange: Exchange, bytes: number): void {
    this.#sink.consumed(exchange, bytes);
  }

  // ------------------------------------------------------------------ from the client's side

  onDrain(): void {
    if (this.#stream === null) this.#exchange.listener?.onDrain();
    else this.#stream.resume();
  }

  onCancel(): void {
    this.#stream?.destroy();
  }

  /**
   * Parts of a representation (206) are left alone: their ranges count its bytes. HEAD is answered as GET would be
   * without compression, since only the body knows its compressed length.
   */
  #compresses(status: number, headers: HeaderBlock, size: number): boolean {
    return (
      size >= this.#minimum &&
      !this.#exchange.cancelled &&
      running < MAX_RUNNING &&
      status !== 206 &&
      !hasNoBody(status) &&
      this.#exchange.method !== 'HEAD' &&
      headerValue(headers, 'content-encoding') === undefined
    );
  }

  #encoded(headers: HeaderBlock): HeaderBlock {
    return `${headers}Content-Encoding: ${this.#coding}\r\n`;
  }
}
