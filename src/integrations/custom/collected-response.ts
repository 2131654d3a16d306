import { turnTime } from '../../exchange/clock.js';
import type { Exchange, ExchangeListener } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import type { HeaderBlock } from '../../http/header-block.js';
import type {
  UpstreamCall,
  UpstreamError,
  UpstreamHandler,
  UpstreamPort,
  UpstreamRequest,
} from '../../upstream/upstream.js';
import { MAX_PAYLOAD_BYTES } from '../backend-request.js';
import { answerUpstreamFailure } from '../upstream-failure.js';

/** Takes the whole answer of a backend; `body` null: empty. */
export type ResponseReceiver = (
  exchange: Exchange,
  status: number,
  headers: HeaderBlock,
  body: Uint8Array | null,
  traceId: string,
) => void;

/** One call of an HTTP backend whose response is held whole, 10 MB at most, since templates and mappings look into it. */
export class CollectedResponse implements UpstreamHandler, ExchangeListener {
  readonly #exchange: Exchange;
  readonly #traceId: string;
  readonly #receive: ResponseReceiver;
  readonly #startedAt = turnTime();
  #call: UpstreamCall | null = null;
  #done = false;
  #status = 0;
  #headers: HeaderBlock = '';
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(exchange: Exchange, traceId: string, receive: ResponseReceiver) {
    this.#exchange = exchange;
    this.#traceId = traceId;
    this.#receive = receive;
  }

  start(upstream: UpstreamPort, request: UpstreamRequest): void {
    this.#call = upstream.request(request, this, this.#exchange.request);
    this.#exchange.listener = this;
  }

  onHead(status: number, headers: HeaderBlock, contentLength: number): void {
    this.#status = status;
    this.#headers = headers;
    if (contentLength > MAX_PAYLOAD_BYTES) this.#giveUp();
  }

  onData(chunk: Uint8Array): void {
    if (this.#done) return;
    this.#size += chunk.length;
    if (this.#size > MAX_PAYLOAD_BYTES) {
      this.#giveUp();
      return;
    }
    const copy = Buffer.allocUnsafeSlow(chunk.length);
    copy.set(chunk);
    this.#chunks.push(copy);
  }

  onEnd(): void {
    if (!this.#finish()) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length < 2 ? (first ?? null) : Buffer.concat(this.#chunks, this.#size);
    this.#receive(this.#exchange, this.#status, this.#headers, body, this.#traceId);
  }

  onError(error: UpstreamError): void {
    if (this.#finish()) answerUpstreamFailure(this.#exchange, error);
  }

  onCancel(): void {
    if (this.#done) return;
    this.#done = true;
    this.#chunks = [];
    this.#call?.cancel();
  }

  onDrain(): void {}
  onBodyChunk(): void {}
  onBodyEnd(): void {}

  #giveUp(): void {
    if (!this.#finish()) return;
    this.#chunks = [];
    this.#call?.cancel();
    answerGatewayResponse(
      this.#exchange,
      GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
      `The endpoint's response is longer than ${MAX_PAYLOAD_BYTES} bytes`,
    );
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.#exchange.integrationLatency = turnTime() - this.#startedAt;
    return true;
  }
}
