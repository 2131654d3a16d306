/**
 * The request half that custom integrations share: body, then mapping, then content handling and template, then
 * overrides (reference 04 section 2, reference 02 sections 9 and 10).
 */
import { collectBody } from '../../exchange/collect-body.js';
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { BodyText } from '../../mapping/body-text.js';
import { type RequestOverrides, requestOverrides, UnusableOverride } from '../../mapping/overrides.js';
import type { RequestMapping } from '../../mapping/request-mapping.js';
import { MAX_PAYLOAD_BYTES } from '../backend-request.js';
import type { IntegrationContext } from '../integration.js';
import { convert, convertForTemplate, isFault, type Payload, RequestContent } from './content-handling.js';
import { scopeOf, TemplateScopes } from './template-scope.js';
import { RequestTemplates, renderTemplate, type Template } from './templates.js';

/**
 * @param text the body as mapping sources see it; null when no source reads it
 * @param payload what goes to the backend; null: empty
 * @param overrides what the template put over the mapped parameters; null: nothing
 */
export type PreparedRequest = (
  exchange: Exchange,
  text: BodyText | null,
  payload: Payload,
  overrides: RequestOverrides | null,
) => void;

export class IntegrationRequest {
  readonly #mapping: RequestMapping;
  readonly #body: RequestBody;
  readonly #send: PreparedRequest;

  constructor(context: IntegrationContext, mapping: RequestMapping, send: PreparedRequest) {
    this.#mapping = mapping;
    this.#body = new RequestBody(context);
    this.#send = send;
  }

  /** Calls `send` once the request is ready, now or later; answers the exchange itself when it cannot be. */
  prepare(exchange: Exchange): void {
    this.#body.collect(exchange, (body, choice) => this.#proceed(exchange, body, choice));
  }

  #proceed(exchange: Exchange, body: Uint8Array | null, choice: Template | 'passthrough'): void {
    const text = this.#mapping.readsBody ? new BodyText(body) : null;
    if (text?.malformed) {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.INVALID_JSON);
      return;
    }
    const payload = this.#body.transform(exchange, body, choice);
    if (payload === undefined) return;
    const overrides = this.#overridesOf(exchange);
    if (overrides !== undefined) this.#send(exchange, text, payload, overrides);
  }

  /** Undefined: the exchange has been answered 500. */
  #overridesOf(exchange: Exchange): RequestOverrides | null | undefined {
    const scope = scopeOf(exchange);
    if (scope === undefined) return null;
    let fault: string | undefined;
    try {
      const overrides = requestOverrides(scope.overrides, this.#mapping.column);
      fault = overrides?.forbidden;
      if (fault === undefined) return overrides;
    } catch (error) {
      if (!(error instanceof UnusableOverride)) throw error;
      fault = error.message;
    }
    answerGatewayResponse(exchange, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR, fault);
    return undefined;
  }
}

/** Collects the bodies of one method's requests and turns them into what the integration gets. */
export class RequestBody {
  readonly templates: RequestTemplates;
  readonly #content: RequestContent;
  readonly #scopes: TemplateScopes;

  constructor(context: IntegrationContext) {
    const { requestTemplates, passthroughBehavior, contentHandling } = context.integration;
    this.templates = new RequestTemplates(requestTemplates, passthroughBehavior);
    this.#content = new RequestContent(context.stage.binaryMediaTypes, contentHandling);
    this.#scopes = new TemplateScopes(context);
  }

  /** Calls `done` with the whole body and the template for it; answers 415 and 413 itself. */
  collect(
    exchange: Exchange,
    done: (body: Uint8Array | null, choice: Template | 'passthrough') => void,
  ): void {
    const choice = this.templates.choose(exchange);
    if (choice === 'unsupported') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.UNSUPPORTED_MEDIA_TYPE);
      return;
    }
    collectBody(exchange, MAX_PAYLOAD_BYTES, (body) => {
      if (body === 'too-large') answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
      else done(body, choice);
    });
  }

  /** The integration's payload; undefined when there can be none: the exchange is answered 500 then. */
  transform(
    exchange: Exchange,
    body: Uint8Array | null,
    choice: Template | 'passthrough',
  ): Payload | undefined {
    const conversion = this.#content.conversionOf(exchange);
    const payload =
      choice === 'passthrough' ? convert(conversion, body) : convertForTemplate(conversion, body);
    if (isFault(payload)) {
      answerGatewayResponse(exchange, payload.response, payload.cause);
      return undefined;
    }
    if (choice === 'passthrough') return payload;
    const text =
      'text' in choice ? choice.text : renderTemplate(exchange, choice, this.#scopes.open(exchange, payload));
    return text === '' ? null : text;
  }
}
