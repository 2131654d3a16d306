/** MOCK: no backend; the request template names the status, the integration response is the answer (reference 02 section 5). */
import { collectBody } from '../../exchange/collect-body.js';
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { MAX_PAYLOAD_BYTES } from '../backend-request.js';
import type { CompiledIntegration, IntegrationContext } from '../integration.js';
import {
  answerSelected,
  type CompiledResponse,
  EMPTY_PAYLOAD,
  IntegrationResponses,
} from './integration-responses.js';
import { readMockStatus } from './mock-status.js';
import {
  NO_TEMPLATES,
  RequestTemplates,
  renderTemplate,
  type Template,
  type TemplateCompiler,
} from './templates.js';

const NO_STATUS =
  'Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.';

/** Status a passed-through empty body stands for: the default response answers, whatever it is. */
const NO_STATUS_ASKED = 200;

/** Compiles a MOCK integration. Its `requestParameters` have no effect. */
export function compileMock(
  context: IntegrationContext,
  templates: TemplateCompiler = NO_TEMPLATES,
): CompiledIntegration {
  return new MockIntegration(context, templates);
}

interface Outcome {
  readonly status: number;
  readonly response: CompiledResponse | undefined;
}

class MockIntegration implements CompiledIntegration {
  readonly #templates: RequestTemplates;
  readonly #responses: IntegrationResponses;
  /** What each plain template comes to, worked out once. Null: it names no status. */
  readonly #known = new Map<string, Outcome | null>();

  constructor(context: IntegrationContext, templates: TemplateCompiler) {
    const { requestTemplates, passthroughBehavior } = context.integration;
    this.#templates = new RequestTemplates(requestTemplates, passthroughBehavior, context, templates);
    this.#responses = new IntegrationResponses(context, templates);
    for (const text of this.#templates.plainTexts()) this.#known.set(text, this.#outcomeOf(text));
  }

  invoke(exchange: Exchange): void {
    const choice = this.#templates.choose(exchange);
    if (choice === 'unsupported') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.UNSUPPORTED_MEDIA_TYPE);
      return;
    }
    if (typeof choice === 'object' && 'text' in choice) {
      this.#answer(exchange, this.#known.get(choice.text) ?? null);
      return;
    }
    collectBody(exchange, MAX_PAYLOAD_BYTES, (body) => {
      if (body === 'too-large') answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
      else this.#render(exchange, choice, body);
    });
  }

  #render(exchange: Exchange, choice: Template | 'passthrough', body: Uint8Array | null): void {
    const rendered = choice === 'passthrough' ? body : renderTemplate(exchange, choice, body);
    if (rendered === undefined) return;
    if (rendered === null) {
      answerSelected(exchange, this.#responses.byDefault, EMPTY_PAYLOAD, NO_STATUS_ASKED, '');
      return;
    }
    const text = typeof rendered === 'string' ? rendered : Buffer.from(rendered).toString('utf8');
    this.#answer(exchange, this.#outcomeOf(text));
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
