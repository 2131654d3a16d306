/** The request half that HTTP and AWS integrations share: body, then mapping, then template (reference 04 section 2). */
import { collectBody } from '../../exchange/collect-body.js';
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { BodyText } from '../../mapping/body-text.js';
import type { RequestMapping } from '../../mapping/request-mapping.js';
import { MAX_PAYLOAD_BYTES } from '../backend-request.js';
import type { IntegrationContext } from '../integration.js';
import { RequestTemplates, renderTemplate, type Template, type TemplateCompiler } from './templates.js';

/**
 * @param text the body as mapping sources see it; null when no source reads it
 * @param payload what goes to the backend; null: empty
 */
export type PreparedRequest = (
  exchange: Exchange,
  text: BodyText | null,
  payload: Uint8Array | string | null,
) => void;

export class IntegrationRequest {
  readonly #mapping: RequestMapping;
  readonly #templates: RequestTemplates;
  readonly #send: PreparedRequest;

  constructor(
    context: IntegrationContext,
    mapping: RequestMapping,
    templates: TemplateCompiler,
    send: PreparedRequest,
  ) {
    const { requestTemplates, passthroughBehavior } = context.integration;
    this.#mapping = mapping;
    this.#templates = new RequestTemplates(requestTemplates, passthroughBehavior, context, templates);
    this.#send = send;
  }

  /** Calls `send` once the request is ready, now or later; answers the exchange itself when it cannot be. */
  prepare(exchange: Exchange): void {
    const choice = this.#templates.choose(exchange);
    if (choice === 'unsupported') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.UNSUPPORTED_MEDIA_TYPE);
      return;
    }
    collectBody(exchange, MAX_PAYLOAD_BYTES, (body) => {
      if (body === 'too-large') answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
      else this.#proceed(exchange, choice, body);
    });
  }

  #proceed(exchange: Exchange, choice: Template | 'passthrough', body: Uint8Array | null): void {
    const text = this.#mapping.readsBody ? new BodyText(body) : null;
    if (text?.malformed) {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.INVALID_JSON);
      return;
    }
    const payload = choice === 'passthrough' ? body : renderTemplate(exchange, choice, body);
    if (payload !== undefined) this.#send(exchange, text, payload === '' ? null : payload);
  }
}
