/** MOCK: no backend; the request template names the status, the integration response is the answer (reference 02 section 5). */
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import type { CompiledIntegration, IntegrationContext } from '../integration.js';
import { RequestBody } from './integration-request.js';
import {
  answerSelected,
  type CompiledResponse,
  EMPTY_PAYLOAD,
  IntegrationResponses,
} from './integration-responses.js';
import { readMockStatus } from './mock-status.js';
import type { Template } from './templates.js';

const NO_STATUS =
  'Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.';

/** Status a passed-through empty body stands for: the default response answers, whatever it is. */
const NO_STATUS_ASKED = 200;

/** Compiles a MOCK integration. Its `requestParameters` have no effect. */
export function compileMock(context: IntegrationContext): CompiledIntegration {
  return new MockIntegration(context);
}

interface Outcome {
  readonly status: number;
  readonly response: CompiledResponse | undefined;
}

class MockIntegration implements CompiledIntegration {
  readonly #request: RequestBody;
  readonly #responses: IntegrationResponses;
  /** What each plain template comes to, worked out once. Null: it names no status. */
  readonly #known = new Map<string, Outcome | null>();

  constructor(context: IntegrationContext) {
    this.#request = new RequestBody(context);
    this.#responses = new IntegrationResponses(context);
    for (const text of this.#request.templates.plainTexts()) this.#known.set(text, this.#outcomeOf(text));
  }

  invoke(exchange: Exchange): void {
    this.#request.collect(exchange, (body, choice) => this.#proceed(exchange, body, choice));
  }

  #proceed(exchange: Exchange, body: Uint8Array | null, choice: Template | 'passthrough'): void {
    const payload = this.#request.transform(exchange, body, choice);
    if (payload === undefined) return;
    if (choice !== 'passthrough' && 'text' in choice) {
      this.#answer(exchange, this.#known.get(choice.text) ?? null);
    } else if (choice === 'passthrough' && payload === null) {
      answerSelected(exchange, this.#responses.byDefault, EMPTY_PAYLOAD, NO_STATUS_ASKED, '');
    } else {
      const text = typeof payload === 'string' ? payload : Buffer.from(payload ?? '').toString('utf8');
      this.#answer(exchange, this.#outcomeOf(text));
    }
  }

  #outcomeOf(text: string): Outcome | null {
    const status = readMockStatus(text);
    return status === undefined ? null : { status, response: this.#responses.select(String(status)) };
  }

  #answer(exchange: Exchange, outcome: Outcome | null): void {
    if (outcome === null) {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR, NO_STATUS);
      return;
    }
    answerSelected(exchange, outcome.response, EMPTY_PAYLOAD, outcome.status, '');
  }
}
