import type { Exchange, ExchangeListener } from './exchange.js';

/** A whole request body: null when it is empty, `'too-large'` when it is longer than the limit. */
export type CollectedBody = Uint8Array | null | 'too-large';

/**
 * Waits for an exchange's whole body. A body that came whole is handed over at once; a streamed one is read through
 * `exchange.listener`, which belongs to the collector until `done` is called. When the client leaves first, `done` is
 * never called. The memory taken follows what has arrived, never what was announced.
 */
export function collectBody(
  exchange: Exchange,
  limitBytes: number,
  done: (body: CollectedBody) => void,
): void {
  const { body, bodyLength } = exchange.request;
  if (body !== 'stream') {
    done(body !== null && body.length > limitBytes ? 'too-large' : body);
  } else if (bodyLength > limitBytes) {
    done('too-large');
  } else {
    exchange.listener = new BodyCollector(exchange, limitBytes, done);
  }
}

class BodyCollector implements ExchangeListener {
  readonly #exchange: Exchange;
  readonly #limit: number;
  readonly #done: (body: CollectedBody) => void;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #finished = false;

  constructor(exchange: Exchange, limit: number, done: (body: CollectedBody) => void) {
    this.#exchange = exchange;
    this.#limit = limit;
    this.#done = done;
  }

  onBodyChunk(chunk: Uint8Array): void {
    if (this.#finished) return;
    this.#length += chunk.length;
    if (this.#length > this.#limit) {
      // The rest is not asked for: without `consumed` the client stops sending.
      this.#finish('too-large');
      return;
    }
    this.#chunks.push(chunk);
    this.#exchange.consumed(chunk.length);
  }

  onBodyEnd(): void {
    if (this.#finished) return;
    const [first] = this.#chunks;
    if (this.#length === 0 || first === undefined) this.#finish(null);
    else this.#finish(this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#length));
  }

  onCancel(): void {
    this.#finished = true;
    this.#chunks = [];
  }

  onDrain(): void {}

  #finish(body: CollectedBody): void {
    this.#finished = true;
    this.#chunks = [];
    this.#done(body);
  }
}
