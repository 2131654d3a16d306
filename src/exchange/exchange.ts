/**
 * One request inside a worker, from its envelope to its answer. The pipeline knows requests only in this form: no
 * threads, no sockets. Whoever feeds the pipeline (a mailbox, a test, a command) brings an `AnswerSink`.
 */
import type { HeaderBlock } from '../http/header-block.js';
import { extendedRequestIdIn, newIdLines, requestIdIn, withRequestId } from './ids.js';
import type { StageRuntime } from './stage-runtime.js';

/** Where answers go. Order per exchange: `answer`, or `begin` then `write`s then `end` or `destroy`. */
export interface AnswerSink {
  /** A whole answer. The sink adds the ids (`Exchange.idLines`), Date, Connection and Content-Length to the headers. */
  answer(exchange: Exchange, status: number, headers: HeaderBlock, body: string | Uint8Array | null): void;
  /** Starts a streamed answer; `contentLength` -1: unknown (chunked towards the client). */
  begin(exchange: Exchange, status: number, headers: HeaderBlock, contentLength: number): void;
  /** Takes a copy or ownership of the chunk (see `Exchange.write`). False: wait for `onDrain`. */
  write(exchange: Exchange, chunk: Uint8Array): boolean;
  end(exchange: Exchange): void;
  /** A begun answer cannot be completed: the client's connection is closed so that it cannot take it for whole. */
  destroy(exchange: Exchange): void;
  /** `bytes` of a streamed request body were used; the client may send as many more. */
  consumed(exchange: Exchange, bytes: number): void;
}

/** What an integration wants to hear about its exchange. */
export interface ExchangeListener {
  /** The client went away: stop the work, answer nothing. */
  onCancel(): void;
  /** The sink takes chunks again after `write` returned false. */
  onDrain(): void;
  /** The next part of a streamed request body (owned by the listener); call `exchange.consumed` once it is used. */
  onBodyChunk(chunk: Uint8Array): void;
  onBodyEnd(): void;
}

/** What a step between an integration and the sink wants to hear from the client's side. */
export interface ExchangeOutlet {
  /** The sink takes chunks again. Said to the outlet alone: it tells the listener when it takes chunks itself. */
  onDrain(): void;
  /** The client went away; the listener has been told. */
  onCancel(): void;
}

/** What the acceptor parsed. Strings are latin1 where they come from the wire. */
export interface ParsedRequest {
  /** As sent, or what `X-HTTP-Method-Override` says (reference 01 section 3 rule 8); case-sensitive. */
  method: string;
  /** Raw path of the request line, without query. */
  path: string;
  /** Raw query without `?`; empty if none. */
  query: string;
  /** The `Host` header, as sent. */
  host: string;
  /** Lower-case names; without Host and the headers of reference 02 section 2.1. */
  headers: HeaderBlock;
  sourceIp: string;
  /** The client's connection is encrypted. */
  overTls: boolean;
  /**
   * Whole body, null when empty, or `'stream'` when it follows in chunks. A step that needed the whole of a streamed
   * body puts it here, with its length, for the steps after it.
   */
  body: Uint8Array | null | 'stream';
  /** Bytes announced for a streamed body, -1 for chunked. */
  bodyLength: number;
  /** Monotonic milliseconds (`clock.now()`) at which the acceptor handed the request over. */
  arrivedAt: number;
  /** The client's own `x-amzn-RequestId`, empty if none (reference 01 section 6). */
  requestId: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A client may choose the request id if it is a UUID. */
function isRequestId(fromClient: string): boolean {
  return fromClient !== '' && UUID.test(fromClient);
}

export class Exchange {
  readonly request: ParsedRequest;
  /** Where the answer goes; a step may put itself between (with `outlet`) before the integration answers. */
  sink: AnswerSink;
  /** Number of this exchange between one acceptor and this worker. */
  readonly id: number;
  readonly method: string;

  // --- set by the pipeline as it goes (the life of a request, plan.ts) ---

  /** The API and stage the request reached; null until resolved. */
  stage: StageRuntime | null = null;
  /** Path as `requestContext.path` shows it: `/{stage}/...` on execute-api addresses, the full path on mappings. */
  contextPath = '';
  /** Path as the event's `path` shows it: stage removed, mapping base path kept, raw. */
  eventPath = '';
  /** Path the resource tree saw: stage and base path removed. */
  resourcePath = '';
  /** Raw (still percent-encoded) values of the path parameters, in the order of the plan's `pathParameterNames`. */
  pathParameters: readonly string[] = [];
  /** Label of the route for logs: resource template, e.g. `/api/{proxy+}`; empty when nothing matched. */
  resourceTemplate = '';

  // --- for the access log ---

  status = 0;
  /** Milliseconds the integration took; -1 when none was called. */
  integrationLatency = -1;
  bytesSent = 0;
  /** Type of the gateway response given, if any. */
  errorType = '';
  /** Why, for the error log: one sentence; empty for errors that are the client's own. */
  errorCause = '';
  /** What a request validator found, as `$context.error.validationErrorString` shows it; empty when it found nothing. */
  validationError = '';

  listener: ExchangeListener | null = null;
  /** Set by a step that stands between the integration and the sink: see `ExchangeOutlet`. */
  outlet: ExchangeOutlet | null = null;
  /** What the mapping templates of request and response share; only the integration that put it there knows its form. */
  templateScope: object | null = null;
  answered = false;
  cancelled = false;
  /** Bytes of a streamed answer that the sink has not passed on to the client yet; the sink keeps it. */
  untakenBytes = 0;
  /** Counted as under way in its stage; whoever counts keeps it. */
  counted = false;
  /** `write` returned false and `onDrain` has not been called since; the sink keeps it. */
  full = false;
  /** Bytes of a request body that was decoded, as content-encoding/decoded-bytes.ts counts them. */
  decodedBytes = 0;

  #idLines = '';

  constructor(request: ParsedRequest, sink: AnswerSink, id: number) {
    this.request = request;
    this.sink = sink;
    this.id = id;
    this.method = request.method;
    if (isRequestId(request.requestId)) this.#idLines = withRequestId(newIdLines(), request.requestId);
  }

  /** Both ids as the header lines in which they leave, drawn when one of them is first needed. */
  get idLines(): string {
    if (this.#idLines === '') this.#idLines = newIdLines();
    return this.#idLines;
  }

  /** The same, empty while nobody has needed them: whoever sends the answer may draw them. */
  get drawnIdLines(): string {
    return this.#idLines;
  }

  /** `$context.requestId`. */
  get requestId(): string {
    return requestIdIn(this.idLines);
  }

  /** `$context.extendedRequestId`. */
  get extendedRequestId(): string {
    return extendedRequestIdIn(this.idLines);
  }

  /**
   * Answers whole. `headers` holds everything but the gateway's own: `x-amzn-RequestId`, `x-amz-apigw-id`, Date,
   * Connection and Content-Length are added behind it. A second answer, or one after a cancel, is dropped.
   * @param body text goes out as UTF-8; of bytes the sink takes ownership (their buffer may be transferred away)
   */
  answer(status: number, headers: HeaderBlock, body: string | Uint8Array | null): void {
    if (this.answered) return;
    this.answered = true;
    this.status = status;
    this.sink.answer(this, status, headers, body);
  }

  /** Starts a streamed answer. For HEAD, 204 and 304 no chunk may follow; `contentLength` is then what to announce. */
  begin(status: number, headers: HeaderBlock, contentLength: number): void {
    if (this.answered) return;
    this.answered = true;
    this.status = status;
    this.sink.begin(this, status, headers, contentLength);
  }

  /** One chunk of a begun answer. The chunk is copied: the caller may reuse its buffer. False: wait for `onDrain`. */
  write(chunk: Uint8Array): boolean {
    return this.sink.write(this, chunk);
  }

  end(): void {
    this.sink.end(this);
  }

  destroy(): void {
    this.sink.destroy(this);
  }

  consumed(bytes: number): void {
    this.sink.consumed(this, bytes);
  }
}
