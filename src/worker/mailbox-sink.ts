/** A worker's end of the mailbox to one acceptor: requests come in as exchanges, answers go out as envelopes. */
import type { MessagePort } from 'node:worker_threads';
import { turnTime } from '../exchange/clock.js';
import { type AnswerSink, Exchange, type ParsedRequest } from '../exchange/exchange.js';
import type { HeaderBlock } from '../http/header-block.js';
import { answerHead } from '../http/status.js';
import { AnswerWriter } from '../mailbox/answer-envelope.js';
import { CHUNK_BYTES, ChunkBuffers } from '../mailbox/chunk-buffers.js';
import {
  ANSWER_WINDOW_BYTES,
  type Batch,
  BEGIN,
  BODY,
  BODY_END,
  CANCEL,
  CHUNK,
  CODE_BITS,
  CONSUMED,
  DESTROY,
  END,
  REQUEST,
  TAKEN,
} from '../mailbox/envelopes.js';
import { Outbox, TRANSFER_BYTES } from '../mailbox/outbox.js';
import { RequestReader } from '../mailbox/request-envelope.js';
import { SlotMirror } from '../mailbox/slots.js';

export interface MailboxHandlers {
  /** The request id is wanted of every exchange, after its answer. */
  readonly readsIds: boolean;
  /** Runs a request through the pipeline. Must not throw. */
  handle(exchange: Exchange): void;
  /** The exchange did not end inside `handle`. */
  underWay(exchange: Exchange): void;
  /** An exchange ended: answered to its last byte, broken off, or cancelled by its client (`exchange.cancelled`). */
  ended(exchange: Exchange, endedAt: number): void;
}

export class MailboxSink implements AnswerSink {
  readonly #outbox: Outbox;
  readonly #handlers: MailboxHandlers;
  readonly #chunks = new ChunkBuffers();
  readonly #exchanges = new SlotMirror<Exchange>();
  readonly #requests = new RequestReader();
  readonly #answers = new AnswerWriter();

  constructor(port: MessagePort, handlers: MailboxHandlers) {
    this.#outbox = new Outbox(port);
    this.#handlers = handlers;
    port.on('message', (batch: Batch) => this.#receive(batch));
  }

  /** The node stops: whatever is still under way is given up. */
  cancelAll(): void {
    for (const exchange of this.#exchanges.values()) this.#cancel(exchange.id);
  }

  // ------------------------------------------------------------------ inwards

  #receive(batch: Batch): void {
    for (let at = 1; at < batch.length; ) {
      const code = batch[at] as number;
      const id = batch[at + 1] as number;
      if ((code & CODE_BITS) === REQUEST) {
        const request = this.#requests.read(batch, at);
        at = this.#requests.end;
        this.#start(id, request);
        continue;
      }
      switch (code) {
        case BODY:
          this.#exchanges.get(id)?.listener?.onBodyChunk(batch[at + 2] as Uint8Array);
          at += 3;
          break;
        case BODY_END:
          this.#exchanges.get(id)?.listener?.onBodyEnd();
          at += 2;
          break;
        case CANCEL:
          this.#cancel(id);
          at += 2;
          break;
        case TAKEN:
          this.#taken(id, batch[at + 2] as number, batch[at + 3] as ArrayBuffer | null);
          at += 4;
          break;
        default:
          throw new Error(`Unknown envelope ${code} from an acceptor`);
      }
    }
  }

  #start(id: number, request: ParsedRequest): void {
    const exchange = new Exchange(request, this, id);
    this.#exchanges.set(exchange);
    this.#handlers.handle(exchange);
    if (this.#exchanges.get(id) === exchange) this.#handlers.underWay(exchange);
  }

  #cancel(id: number): void {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return;
    exchange.cancelled = true;
    exchange.listener?.onCancel();
    exchange.outlet?.onCancel();
    this.#end(exchange);
  }

  #taken(id: number, bytes: number, buffer: ArrayBuffer | null): void {
    if (buffer !== null) this.#chunks.giveBack(buffer);
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return;
    exchange.untakenBytes -= bytes;
    // Half a window between stop and go: else a slow client would pause and resume its upstream for every chunk.
    if (!exchange.full || exchange.untakenBytes > ANSWER_WINDOW_BYTES / 2) return;
    exchange.full = false;
    (exchange.outlet ?? exchange.listener)?.onDrain();
  }

  #end(exchange: Exchange): void {
    if (!this.#exchanges.delete(exchange)) return;
    // This turn may have begun before the acceptor's that brought the request: no time is less than none.
    this.#handlers.ended(exchange, Math.max(turnTime(), exchange.request.arrivedAt));
  }

  // ------------------------------------------------------------------ outwards

  answer(exchange: Exchange, status: number, headers: HeaderBlock, body: string | Uint8Array | null): void {
    if (exchange.cancelled) return;
    let crossing = body;
    if (typeof body === 'string') {
      exchange.bytesSent = Buffer.byteLength(body);
      // Newer builds of uWebSockets.js write a text's one-byte characters as they are: what is not ASCII goes as bytes.
      if (exchange.bytesSent !== body.length) crossing = new TextEncoder().encode(body);
    } else if (body !== null) {
      exchange.bytesSent = body.length;
      // A view of a shared pool would be cloned with its whole pool.
      if (body.byteLength !== body.buffer.byteLength) crossing = new Uint8Array(body);
    }
    if (crossing !== null && typeof crossing !== 'string') this.#outbox.transfer(crossing);
    const idsWanted = this.#handlers.readsIds || exchange.errorCause !== '';
    const idLines = idsWanted ? exchange.idLines : exchange.drawnIdLines;
    this.#answers.write(this.#outbox.open(), exchange.id, status, headers, idLines, crossing);
    this.#end(exchange);
  }

  begin(exchange: Exchange, status: number, headers: HeaderBlock, contentLength: number): void {
    if (exchange.cancelled) return;
    const head = answerHead(status, headers + exchange.idLines);
    this.#outbox.open().push(BEGIN, exchange.id, status, head, contentLength);
  }

  write(exchange: Exchange, chunk: Uint8Array): boolean {
    if (exchange.cancelled) return true;
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      this.#post(exchange.id, chunk.length <= CHUNK_BYTES ? chunk : chunk.subarray(at, at + CHUNK_BYTES));
    }
    exchange.bytesSent += chunk.length;
    exchange.untakenBytes += chunk.length;
    exchange.full ||= exchange.untakenBytes >= ANSWER_WINDOW_BYTES;
    return !exchange.full;
  }

  #post(id: number, chunk: Uint8Array): void {
    const outbox = this.#outbox;
    const copy = chunk.length < TRANSFER_BYTES ? new Uint8Array(chunk) : this.#chunks.copy(chunk);
    outbox.open().push(CHUNK, id, copy);
    outbox.transfer(copy);
  }

  end(exchange: Exchange): void {
    if (exchange.cancelled) return;
    this.#outbox.open().push(END, exchange.id);
    this.#end(exchange);
  }

  destroy(exchange: Exchange): void {
    if (exchange.cancelled) return;
    this.#outbox.open().push(DESTROY, exchange.id);
    this.#end(exchange);
  }

  consumed(exchange: Exchange, bytes: number): void {
    if (this.#exchanges.get(exchange.id) === exchange) this.#outbox.open().push(CONSUMED, exchange.id, bytes);
  }
}
