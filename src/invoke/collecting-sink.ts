/** Takes the answer of one exchange whole, with the framing headers an acceptor would write. */
import type { AnswerSink, Exchange } from '../exchange/exchange.js';
import type { HeaderBlock } from '../http/header-block.js';
import { hasNoBody } from '../http/status.js';

export interface CollectedAnswer {
  readonly status: number;
  /** Date and Connection aside, which belong to a connection. */
  readonly headers: HeaderBlock;
  readonly body: Buffer;
  /** `broken`: the backend broke off, a client's connection would be closed; `too-long`: the rest was not waited for. */
  readonly end: 'complete' | 'broken' | 'too-long';
}

/** Bytes of an answer that are held. */
export const MAX_ANSWER_BYTES = 67_108_864;

export class CollectingSink implements AnswerSink {
  readonly answered: Promise<CollectedAnswer>;
  readonly #isHead: boolean;
  #resolve: (answer: CollectedAnswer) => void = () => {};
  #status = 0;
  #headers: HeaderBlock = '';
  #chunks: Buffer[] = [];
  #size = 0;

  /** @param isHead the request line says HEAD: lengths are announced, bodies are left out */
  constructor(isHead: boolean) {
    this.#isHead = isHead;
    this.answered = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  answer(exchange: Exchange, status: number, headers: HeaderBlock, body: string | Uint8Array | null): void {
    const bytes = Buffer.from(body ?? '');
    this.begin(exchange, status, headers, bytes.length);
    if (!this.#isHead && !hasNoBody(status)) this.#keep(bytes);
    this.#finish('complete');
  }

  begin(exchange: Exchange, status: number, headers: HeaderBlock, contentLength: number): void {
    this.#status = status;
    this.#headers = headers + exchange.idLines + this.#framing(status, contentLength);
  }

  write(exchange: Exchange, chunk: Uint8Array): boolean {
    this.#keep(Buffer.from(chunk));
    if (this.#size > MAX_ANSWER_BYTES) {
      exchange.cancelled = true;
      exchange.listener?.onCancel();
      exchange.outlet?.onCancel();
      this.#finish('too-long');
    }
    return true;
  }

  end(): void {
    this.#finish('complete');
  }

  destroy(): void {
    this.#finish('broken');
  }

  consumed(): void {}

  #framing(status: number, length: number): HeaderBlock {
    if (hasNoBody(status) && (status !== 304 || length <= 0)) return '';
    if (length >= 0) return `Content-Length: ${length}\r\n`;
    return this.#isHead ? '' : 'Transfer-Encoding: chunked\r\n';
  }

  #keep(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= MAX_ANSWER_BYTES) this.#chunks.push(chunk);
  }

  #finish(end: CollectedAnswer['end']): void {
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks), end });
    this.#chunks = [];
  }
}
