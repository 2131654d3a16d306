import { constants, createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import type { Coding } from './codings.js';

/** What a decoder tells its owner, always asynchronously. After `onDecodedEnd` or `onDecodeError` nothing more comes. */
export interface DecodedReceiver {
  /** The receiver owns the chunk. */
  onDecoded(chunk: Uint8Array): void;
  onDecodedEnd(): void;
  /** The bytes are not of the coding, or end too early. */
  onDecodeError(error: Error): void;
  /** Bytes may be written on after `write` returned false. */
  onDecoderDrain(): void;
  /** Everything written so far is decoded. */
  onDecoderIdle(): void;
}

/**
 * Decodes a body as it comes, outside the event loop. What it holds is bounded: it takes no more while its output is
 * paused, and a byte that becomes a thousand waits inside zlib.
 */
export class StreamDecoder {
  readonly #stream: Gunzip | Inflate;
  readonly #receiver: DecodedReceiver;
  #unfinished = 0;

  constructor(coding: Coding, receiver: DecodedReceiver) {
    // Whatever the bytes so far decode to leaves: a stream of events must not wait for its next one.
    const options = { flush: constants.Z_SYNC_FLUSH };
    const stream = coding === 'gzip' ? createGunzip(options) : createInflate(options);
    stream.on('data', (chunk: Buffer) => receiver.onDecoded(chunk));
    stream.on('end', () => receiver.onDecodedEnd());
    stream.on('error', (error) => receiver.onDecodeError(error));
    stream.on('drain', () => receiver.onDecoderDrain());
    this.#stream = stream;
    this.#receiver = receiver;
  }

  get idle(): boolean {
    return this.#unfinished === 0;
  }

  /** Copies the chunk. False: wait for `onDecoderDrain`. */
  write(chunk: Uint8Array): boolean {
    const copy = Buffer.allocUnsafeSlow(chunk.length);
    copy.set(chunk);
    this.#unfinished++;
    return this.#stream.write(copy, (error) => {
      this.#unfinished--;
      // A failure is told by itself.
      if (this.idle && !error) this.#receiver.onDecoderIdle();
    });
  }

  /** No more bytes follow. */
  end(): void {
    this.#stream.end();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Nothing more is told, zlib's memory is given back. */
  destroy(): void {
    this.#stream.removeAllListeners('data');
    this.#stream.destroy();
  }
}
