/**
 * One request as the acceptor sees it: its uWS response, the body on its way to a worker, the answer on its way back.
 * This file is whole because it is one state machine: `res` may be touched only until the answer ended or the client
 * left, and every path has to know which.
 */
import type { HttpResponse } from 'uWebSockets.js';
import {
  GATEWAY_RESPONSES,
  type GatewayResponseType,
  gatewayResponseHeaders,
} from '../exchange/gateway-response.js';
import { newIdLines, requestIdIn } from '../exchange/ids.js';
import { answerHead, hasNoBody } from '../http/status.js';
import { CHUNK_BYTES } from '../mailbox/chunk-buffers.js';
import {
  BODY,
  BODY_END,
  CANCEL,
  REQUEST_WINDOW_BYTES,
  TAKEN,
  WHOLE_BODY,
  WHOLE_BODY_BYTES,
} from '../mailbox/envelopes.js';
import type { HeadFields } from '../mailbox/request-envelope.js';
import type { AcceptorState, OwnAnswerReason } from './acceptor-state.js';
import { headBytes } from './head-bytes.js';
import type { RequestHead } from './request-head.js';
import type { WorkerLink } from './worker-link.js';

const KEEP_ALIVE = 'Connection: keep-alive';
const CLOSE = 'Connection: close';

export class ClientRequest {
  readonly #state: AcceptorState;
  readonly #res: HttpResponse;
  readonly #isHead: boolean;
  readonly #close: boolean;
  readonly #method: string;
  readonly #path: string;
  readonly #sourceIp: string;
  #link: WorkerLink | null = null;
  #id = 0;
  /** The answer ended or the client left: `#res` must not be touched any more. */
  #done = false;
  #begun = false;

  // --- body, inwards ---
  #received = 0;
  #unconsumed = 0;
  #paused = false;

  // --- answer, outwards ---
  /** Announced length of a begun answer, -1 for chunked. */
  #length = -1;
  /** Head of a begun answer; it leaves with the first chunk, in one write. */
  #waitingHead: string | null = null;
  /** Null until a chunk has to wait. */
  #queue: Uint8Array[] | null = null;
  /** Write offset at which the first queued chunk starts (known length only). */
  #queueOffset = 0;
  /** The chunk uWS took over but has not sent (chunked only). */
  #held: Uint8Array | null = null;
  #blocked = false;
  #ended = false;
  #writableAttached = false;

  constructor(state: AcceptorState, res: HttpResponse, head: RequestHead, sourceIp: string) {
    this.#state = state;
    this.#res = res;
    this.#isHead = head.isHead;
    this.#close = head.close;
    this.#method = head.method;
    this.#path = head.path;
    this.#sourceIp = sourceIp;
    state.requestStarted();
    res.onAborted(() => this.#onAborted());
  }

  // ------------------------------------------------------------------ inwards

  /** Hands a request without a body over at once; others when their body is complete or has proved long. */
  accept(head: RequestHead): void {
    if (head.bodyLength === 0) this.#dispatch(head, null, WHOLE_BODY);
    else this.#collect(head);
  }

  #collect(current: RequestHead): void {
    const head = copied(current);
    let parts: Uint8Array[] | null = [];
    let size = 0;
    this.#res.onData((chunk, isLast) => {
      if (this.#done) return;
      const bytes = new Uint8Array(chunk.slice(0));
      if (parts === null) {
        this.#onStreamed(bytes, isLast);
        return;
      }
      size += bytes.length;
      if (!this.#count(bytes.length)) return;
      parts.push(bytes);
      if (isLast && size <= WHOLE_BODY_BYTES) {
        this.#dispatch(head, size === 0 ? null : joined(parts, size), WHOLE_BODY);
        parts = null;
      } else if (size > WHOLE_BODY_BYTES) {
        this.#dispatch(head, null, head.bodyLength);
        const whole = joined(parts, size);
        parts = null;
        this.#forward(whole);
        if (isLast) this.#link?.outbox.open().push(BODY_END, this.#id);
      }
    });
  }

  #dispatch(head: HeadFields, body: Uint8Array | null, bodyLength: number): void {
    const link = this.#state.pickWorker();
    if (link === null) {
      this.refuse(GATEWAY_RESPONSES.SERVICE_UNAVAILABLE, 'no_worker');
      return;
    }
    this.#link = link;
    this.#id = link.add(this);
    const outbox = link.outbox;
    link.requestWriter.write(outbox.open(), this.#id, head, this.#sourceIp, body, bodyLength);
    if (body !== null) outbox.transfer(body);
  }

  #onStreamed(bytes: Uint8Array, isLast: boolean): void {
    if (this.#done || !this.#count(bytes.length)) return;
    if (bytes.length > 0) this.#forward(bytes);
    if (isLast) this.#link?.outbox.open().push(BODY_END, this.#id);
  }

  #forward(bytes: Uint8Array): void {
    if (this.#link === null) return;
    const outbox = this.#link.outbox;
    outbox.open().push(BODY, this.#id, bytes);
    outbox.transfer(bytes);
    this.#unconsumed += bytes.length;
    if (this.#unconsumed >= REQUEST_WINDOW_BYTES && !this.#paused) {
      this.#paused = true;
      this.#state.paused.add(this);
      this.#res.pause();
    }
  }

  /** False when the body is over a limit and the request has been answered so. */
  #count(bytes: number): boolean {
    this.#received += bytes;
    const held = this.#state.holdBytes(bytes);
    if (this.#received > this.#state.limits.maxBodyBytes) {
      this.refuse(GATEWAY_RESPONSES.REQUEST_TOO_LARGE, 'body_too_large');
      return false;
    }
    if (!held) {
      this.refuse(GATEWAY_RESPONSES.SERVICE_UNAVAILABLE, 'shed');
      return false;
    }
    return true;
  }

  consumed(bytes: number): void {
    this.#unconsumed -= bytes;
    if (!this.#done && this.#unconsumed < REQUEST_WINDOW_BYTES / 2) this.readOn();
  }

  /**
   * Also when an answer ends before its request: what the client still sends is read and forgotten. Nobody could resume
   * the connection later, and a client that first sends to the end would wait for uWS to give it up. And now and then,
   * since a connection that is not read does not tell that its client is gone: what comes pauses it again, and an end or
   * a reset shows itself.
   */
  readOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#state.paused.delete(this);
    this.#res.resume();
  }

  // ------------------------------------------------------------------ outwards

  /** @param head see `answerHead`; `idLines`: empty when they are still to be drawn */
  answer(status: number, head: string, idLines: string, body: string | Uint8Array | null): void {
    const ids = idLines === '' ? newIdLines() : idLines;
    if (this.#isHead || hasNoBody(status)) {
      this.#answerWithoutBody(status, head + ids, byteLength(body));
      return;
    }
    this.readOn();
    this.#finish();
    writeWhole(this.#res, headBytes(head, ids, this.#connectionLine()), body ?? '');
  }

  begin(status: number, head: string, contentLength: number): void {
    this.#begun = true;
    this.#length = contentLength;
    if (this.#isHead || hasNoBody(status)) this.#answerWithoutBody(status, head, contentLength);
    else this.#waitingHead = head;
  }

  /** @param length what GET would have announced; negative: unknown */
  #answerWithoutBody(status: number, head: string, length: number): void {
    const silent = length < 0 || status === 204 || (status === 304 && length === 0);
    const res = this.#res;
    this.readOn();
    res.cork(() => {
      const connection = this.#connectionLine();
      const last = silent ? connection : `${connection}\r\nContent-Length: ${length}`;
      res.writeStatus(headBytes(head, '', last));
      this.#finish();
      res.endWithoutBody();
    });
  }

  write(chunk: Uint8Array): void {
    if (this.#blocked) {
      this.#enqueue(chunk);
      return;
    }
    this.#res.cork(() => {
      this.#sendHead();
      this.#send(chunk);
    });
  }

  end(): void {
    this.#ended = true;
    if (this.#blocked || this.#done) return;
    // A known length ends by itself with its last byte; fewer bytes than announced must not look complete.
    if (this.#length > 0) {
      this.destroy();
      return;
    }
    this.readOn();
    this.#res.cork(() => {
      this.#sendHead();
      this.#finish();
      this.#res.end();
    });
  }

  destroy(): void {
    if (this.#done) return;
    // uWS calls `onAborted` from inside `close()`: finished before, it tells nobody.
    this.#finish();
    this.#res.close();
  }

  /**
   * Answers from the acceptor itself: refused, shed, or its worker died. Whatever a worker holds of it is cancelled.
   * @param mustClose the framing is in doubt: nothing more may be read from this connection
   */
  refuse(response: GatewayResponseType, reason: OwnAnswerReason, mustClose = false): void {
    if (this.#done) return;
    this.#link?.outbox.open().push(CANCEL, this.#id);
    if (this.#begun) {
      this.destroy();
      return;
    }
    const idLines = newIdLines();
    this.#state.refused(reason, {
      method: this.#method,
      path: this.#path,
      sourceIp: this.#sourceIp,
      requestId: requestIdIn(idLines),
      status: response.status,
      errorType: response.name,
      bytesSent: response.body.length,
    });
    const head = answerHead(response.status, gatewayResponseHeaders(response));
    if (mustClose) this.#answerAndClose(head + idLines, response.body);
    else this.answer(response.status, head, idLines, response.body);
  }

  /** uWS itself writes `Connection: close` here. HEAD gets no body, and `end` cannot announce one it does not send. */
  #answerAndClose(head: string, body: string): void {
    const res = this.#res;
    res.cork(() => {
      res.writeStatus(head.slice(0, -'\r\n'.length));
      this.#finish();
      res.end(this.#isHead ? '' : body, true);
    });
  }

  workerDied(): void {
    this.#link?.requests.delete(this.#id);
    this.#link = null;
    this.refuse(GATEWAY_RESPONSES.BAD_GATEWAY, 'worker_died');
  }

  #sendHead(): void {
    if (this.#waitingHead === null) return;
    this.#res.writeStatus(headBytes(this.#waitingHead, '', this.#connectionLine()));
    this.#waitingHead = null;
  }

  /** One chunk into the socket, as far as it takes it; the rest is queued. `TAKEN` is told what has gone. */
  #send(chunk: Uint8Array): void {
    const res = this.#res;
    if (this.#length < 0) {
      if (res.write(chunk)) this.#taken(chunk.length, chunk);
      else {
        this.#held = chunk;
        this.#block();
      }
      return;
    }
    const offset = res.getWriteOffset();
    if (this.#paused && offset + chunk.length === this.#length) this.readOn();
    const [sent, complete] = res.tryEnd(chunk, this.#length);
    if (complete) {
      this.#taken(chunk.length, chunk);
      this.#finish();
    } else if (sent) this.#taken(chunk.length, chunk);
    else {
      if (this.#queue === null) this.#queue = [chunk];
      else this.#queue.unshift(chunk);
      this.#queueOffset = offset;
      this.#block();
    }
  }

  #block(): void {
    this.#blocked = true;
    if (this.#writableAttached) return;
    this.#writableAttached = true;
    this.#res.onWritable((offset) => this.#onWritable(offset));
  }

  #onWritable(offset: number): boolean {
    if (this.#done || !this.#blocked) return true;
    this.#blocked = false;
    if (this.#held !== null) this.#taken(this.#held.length, this.#held);
    this.#held = null;
    if (this.#length >= 0) this.#resend(offset - this.#queueOffset);
    while (!this.#blocked && !this.#done) {
      const chunk = this.#queue?.shift();
      if (chunk === undefined) break;
      this.#send(chunk);
    }
    if (this.#ended && !this.#done && !this.#blocked) this.end();
    return !this.#blocked;
  }

  /** The rest of the first queued chunk, of which uWS took `already` bytes. */
  #resend(already: number): void {
    const chunk = this.#queue?.shift();
    if (chunk === undefined) return;
    this.#taken(already, null);
    this.#send(chunk.subarray(already));
  }

  /** @param chunk the chunk that went out to its last byte: its buffer goes back to the worker */
  #taken(bytes: number, chunk: Uint8Array | null): void {
    if (this.#link === null) return;
    const outbox = this.#link.outbox;
    const reusable = chunk !== null && chunk.buffer.byteLength === CHUNK_BYTES;
    outbox.open().push(TAKEN, this.#id, bytes, reusable ? chunk.buffer : null);
    if (reusable) outbox.transfer(chunk);
  }

  #enqueue(chunk: Uint8Array): void {
    if (this.#queue === null) this.#queue = [chunk];
    else this.#queue.push(chunk);
  }

  #connectionLine(): string {
    return this.#close || this.#state.draining ? CLOSE : KEEP_ALIVE;
  }

  #onAborted(): void {
    if (this.#done) return;
    this.#link?.outbox.open().push(CANCEL, this.#id);
    this.#finish();
  }

  #finish(): void {
    this.#done = true;
    if (this.#paused) this.#state.paused.delete(this);
    this.#queue = null;
    this.#link?.requests.delete(this.#id);
    this.#state.requestEnded(this.#received);
  }
}

let corkedRes: HttpResponse | null = null;
let corkedHead: Uint8Array = new Uint8Array(0);
let corkedBody: string | Uint8Array = '';

/** A whole answer. uWS calls `writeCorked` before `cork` returns: a closure for each answer would cost more than this. */
function writeWhole(res: HttpResponse, head: Uint8Array, body: string | Uint8Array): void {
  corkedRes = res;
  corkedHead = head;
  corkedBody = body;
  res.cork(writeCorked);
  corkedRes = null;
  corkedBody = '';
}

function writeCorked(): void {
  corkedRes?.writeStatus(corkedHead);
  corkedRes?.end(corkedBody);
}

/** The head object is reused for the next request. */
function copied(head: RequestHead): HeadFields & { bodyLength: number } {
  const { method, path, query, host, headers, requestId, overTls, bodyLength } = head;
  return { method, path, query, host, headers, requestId, overTls, bodyLength };
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function byteLength(body: string | Uint8Array | null): number {
  if (body === null) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}
