/** Stands before an upstream client and remembers what passes, without changing it. */
import { now } from '../exchange/clock.js';
import type { HeaderBlock } from '../http/header-block.js';
import type {
  UpstreamCall,
  UpstreamClient,
  UpstreamError,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamStats,
} from '../upstream/upstream.js';
import { KEPT_BYTES } from './content.js';

export interface RecordedCall {
  readonly request: UpstreamRequest;
  /** 0 while there is none. */
  status: number;
  headers: HeaderBlock;
  /** The beginning of the body. */
  readonly kept: Buffer[];
  /** Bytes of the whole body. */
  bytes: number;
  /** Kind and message of a failure; empty: none. */
  error: string;
  milliseconds: number;
}

export class RecordingUpstream implements UpstreamClient {
  readonly calls: RecordedCall[] = [];
  readonly #client: UpstreamClient;

  constructor(client: UpstreamClient) {
    this.#client = client;
  }

  request(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call: RecordedCall = {
      request,
      status: 0,
      headers: '',
      kept: [],
      bytes: 0,
      error: '',
      milliseconds: 0,
    };
    this.calls.push(call);
    return this.#client.request(request, new RecordingHandler(call, handler));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  stats(): UpstreamStats {
    return this.#client.stats();
  }
}

class RecordingHandler implements UpstreamHandler {
  readonly #call: RecordedCall;
  readonly #handler: UpstreamHandler;
  readonly #startedAt = now();

  constructor(call: RecordedCall, handler: UpstreamHandler) {
    this.#call = call;
    this.#handler = handler;
  }

  onHead(status: number, headers: HeaderBlock, contentLength: number): void {
    this.#call.status = status;
    this.#call.headers = headers;
    this.#took();
    this.#handler.onHead(status, headers, contentLength);
  }

  onData(chunk: Uint8Array): void {
    const room = KEPT_BYTES - Math.min(this.#call.bytes, KEPT_BYTES);
    if (room > 0) this.#call.kept.push(Buffer.from(chunk.subarray(0, room)));
    this.#call.bytes += chunk.length;
    this.#handler.onData(chunk);
  }

  onEnd(): void {
    this.#took();
    this.#handler.onEnd();
  }

  onError(error: UpstreamError): void {
    this.#call.error = `${error.kind}: ${error.message}`;
    this.#took();
    this.#handler.onError(error);
  }

  onDrain(): void {
    this.#handler.onDrain();
  }

  #took(): void {
    this.#call.milliseconds = now() - this.#startedAt;
  }
}
