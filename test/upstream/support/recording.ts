/** A handler that writes down what it is told, and how tests send requests with it. */
import type {
  Origin,
  UpstreamCall,
  UpstreamClient,
  UpstreamError,
  UpstreamHandler,
  UpstreamRequest,
} from '../../../src/upstream/upstream.js';

export class Recording implements UpstreamHandler {
  status = 0;
  headers = '';
  contentLength = Number.NaN;
  readonly chunks: Buffer[] = [];
  bytes = 0;
  drains = 0;
  ended = false;
  error: UpstreamError | null = null;
  /** What came although it must not: callbacks inside `request()`, after the end, or out of order. */
  readonly misplaced: string[] = [];
  /** True while `request()` is on the stack. */
  requesting = false;
  /** Whether chunks are kept; off for bodies too large to keep. */
  keep = true;

  /** After the head or the failure. */
  readonly headed: Promise<void>;
  /** After `onEnd` or `onError`. */
  readonly finished: Promise<void>;
  #head: () => void = () => {};
  #finish: () => void = () => {};

  constructor() {
    this.headed = new Promise((resolve) => {
      this.#head = resolve;
    });
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  onHead(status: number, headers: string, contentLength: number): void {
    this.#check('onHead', this.status === 0);
    this.status = status;
    this.headers = headers;
    this.contentLength = contentLength;
    this.#head();
  }

  onData(chunk: Uint8Array): void {
    this.#check('onData', this.status !== 0);
    this.bytes += chunk.length;
    if (this.keep) this.chunks.push(Buffer.from(chunk));
  }

  onEnd(): void {
    this.#check('onEnd', this.status !== 0);
    this.ended = true;
    this.#head();
    this.#finish();
  }

  onError(error: UpstreamError): void {
    this.#check('onError', true);
    this.error = error;
    this.#head();
    this.#finish();
  }

  onDrain(): void {
    this.#check('onDrain', true);
    this.drains++;
  }

  #check(name: string, inOrder: boolean): void {
    if (!inOrder) this.misplaced.push(`${name} out of order`);
    if (this.requesting) this.misplaced.push(`${name} inside request()`);
    if (this.ended || this.error !== null) this.misplaced.push(`${name} after the end`);
  }
}

export interface Sent<R extends Recording = Recording> {
  call: UpstreamCall;
  recording: R;
}

/** Starts a request; what is not given is that of `GET /`. */
export function start(client: UpstreamClient, origin: Origin, request: Partial<UpstreamRequest> = {}): Sent {
  return startWith(client, origin, request, new Recording());
}

export function startWith<R extends Recording>(
  client: UpstreamClient,
  origin: Origin,
  request: Partial<UpstreamRequest>,
  recording: R,
): Sent<R> {
  recording.requesting = true;
  const call = client.request(
    {
      origin,
      method: 'GET',
      target: '/',
      headers: 'Host: upstream.test\r\n',
      body: null,
      bodyLength: 0,
      timeoutMs: 10_000,
      ...request,
    },
    recording,
  );
  recording.requesting = false;
  return { call, recording };
}

/**
 * Sends a request and waits until it has ended or failed, and for two turns of the event loop more: undici gives
 * connections back that late, and would open another one for a request that follows at once.
 */
export async function exchange(
  client: UpstreamClient,
  origin: Origin,
  request: Partial<UpstreamRequest> = {},
): Promise<Recording> {
  const { recording } = start(client, origin, request);
  await recording.finished;
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  return recording;
}

/** Resolves when the condition holds; the test's own time limit is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
