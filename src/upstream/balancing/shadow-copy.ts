import type { RequestSender, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../upstream.js';
import type { BalancedUpstream } from './balanced-upstream.js';

/** Of an answer nobody waits for; more are not worth their way. */
const MAX_BYTES = 1_048_576;

/** A request whose answer is thrown away. */
export class ShadowCopy implements UpstreamHandler {
  readonly #ended: () => void;
  #call: UpstreamCall | null = null;
  #bytes = 0;

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  start(upstream: BalancedUpstream, request: UpstreamRequest, sender: RequestSender | undefined): void {
    this.#call = upstream.send(request, this, sender);
  }

  cancel(): void {
    this.#call?.cancel();
    this.#ended();
  }

  onHead(): void {}

  onData(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES) this.cancel();
  }

  onEnd(): void {
    this.#ended();
  }

  onError(): void {
    this.#ended();
  }

  onDrain(): void {}
}
