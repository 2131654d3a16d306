/** Answers of an API with `minimumCompressionSize` (reference 02 section 11). */
import { acceptedCoding } from '../content-encoding/accept-encoding.js';
import { AnswerCompression } from '../content-encoding/answer-compression.js';
import type { Exchange } from '../exchange/exchange.js';
import type { CompiledIntegration } from '../integrations/integration.js';

/** Goes before the integration: clients that accept no coding written here cost one look at their headers. */
export class ResponseCompression implements CompiledIntegration {
  readonly #minimumBytes: number;
  readonly #next: CompiledIntegration;

  constructor(minimumBytes: number, next: CompiledIntegration) {
    this.#minimumBytes = minimumBytes;
    this.#next = next;
  }

  invoke(exchange: Exchange): void {
    const coding = acceptedCoding(exchange.request.headers);
    if (coding !== undefined) AnswerCompression.of(exchange, coding, this.#minimumBytes);
    this.#next.invoke(exchange);
  }
}
