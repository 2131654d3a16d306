/** A copy of an exchange to try something on: what it answers goes nowhere. */
import { type AnswerSink, Exchange } from '../exchange/exchange.js';

const NOWHERE: AnswerSink = {
  answer() {},
  begin() {},
  write: () => true,
  end() {},
  destroy() {},
  consumed() {},
};

/** With the ids of the original, so that templates render the same. */
class ShadowExchange extends Exchange {
  readonly #original: Exchange;

  constructor(original: Exchange) {
    super({ ...original.request }, NOWHERE, original.id);
    this.#original = original;
    this.stage = original.stage;
    this.contextPath = original.contextPath;
    this.eventPath = original.eventPath;
    this.resourcePath = original.resourcePath;
    this.pathParameters = original.pathParameters;
    this.resourceTemplate = original.resourceTemplate;
  }

  override get requestId(): string {
    return this.#original.requestId;
  }

  override get extendedRequestId(): string {
    return this.#original.extendedRequestId;
  }
}

export function shadowOf(exchange: Exchange): Exchange {
  return new ShadowExchange(exchange);
}
