/**
 * The response half of custom integrations: picks the integration response (reference 05 section 1), converts the body,
 * applies the template, maps headers, puts overrides over them, and answers.
 */

import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import type { HeaderBlock } from '../../http/header-block.js';
import { BodyText } from '../../mapping/body-text.js';
import { type ResponseOverrides, responseOverrides, UnusableOverride } from '../../mapping/overrides.js';
import { ResponseMapping } from '../../mapping/response-mapping.js';
import type { IntegrationResponse } from '../../model/snapshot.js';
import type { IntegrationContext } from '../integration.js';
import { CONFIGURATION } from '../misconfigured.js';
import { REMAPPED_PREFIX, responseHeaderRule } from '../response-headers.js';
import { convert, convertForTemplate, isFault, type Payload, ResponseContent } from './content-handling.js';
import { compileSelectionPattern, type SelectionPattern } from './selection-pattern.js';
import { scopeOf, TemplateScopes } from './template-scope.js';
import { ResponseTemplates, renderTemplate } from './templates.js';

const MALFORMED = "The endpoint's body, which responseParameters read, is malformed JSON";

/** What a backend answered; `body` null: empty. */
export interface BackendPayload {
  readonly headers: HeaderBlock;
  readonly body: Uint8Array | null;
}

export const EMPTY_PAYLOAD: BackendPayload = { headers: '', body: null };

interface Selectable {
  readonly pattern: SelectionPattern;
  readonly response: CompiledResponse;
}

export class IntegrationResponses {
  /** In order of creation, the default aside; those whose pattern can never match are left out. */
  readonly #selectable: readonly Selectable[];
  readonly byDefault: CompiledResponse | undefined;
  /** By status code; null: there is none. */
  readonly #byStatus = new Map<number, CompiledResponse | null>();

  constructor(context: IntegrationContext) {
    const scopes = new TemplateScopes(context);
    const declared = new Set(context.method.responses.map(({ statusCode }) => statusCode));
    const selectable: Selectable[] = [];
    let byDefault: CompiledResponse | undefined;
    for (const definition of context.integration.responses) {
      const response = new CompiledResponse(definition, declared.has(definition.statusCode), context, scopes);
      if (definition.selectionPattern === undefined || definition.selectionPattern === '') {
        byDefault ??= response;
        continue;
      }
      const pattern = compileSelectionPattern(definition.selectionPattern);
      if (pattern !== undefined) selectable.push({ pattern, response });
    }
    this.#selectable = selectable;
    this.byDefault = byDefault;
  }

  /** False when every text leads to the same response. */
  get selectsByText(): boolean {
    return this.#selectable.length > 0;
  }

  /** The first whose pattern matches the whole text, else the default; undefined: there is none. */
  select(text: string): CompiledResponse | undefined {
    for (const { pattern, response } of this.#selectable) if (pattern.matches(text)) return response;
    return this.byDefault;
  }

  /** The same for a backend's status code, remembered: there are few codes, and each is matched once. */
  selectByStatus(code: number): CompiledResponse | undefined {
    let response = this.#byStatus.get(code);
    if (response === undefined) {
      response = this.select(String(code)) ?? null;
      this.#byStatus.set(code, response);
    }
    return response ?? undefined;
  }
}

/** Answers with a selected response. @param code what the log says when there is none */
export function answerSelected(
  exchange: Exchange,
  response: CompiledResponse | undefined,
  payload: BackendPayload,
  code: number,
  traceLine: HeaderBlock,
): void {
  if (response !== undefined) {
    response.answer(exchange, payload, traceLine);
    return;
  }
  answerGatewayResponse(
    exchange,
    GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
    `${CONFIGURATION} No match for output mapping and no default output mapping configured. Endpoint Response Status Code: ${code}`,
  );
}

/** Final answers only: 1xx would leave the client waiting for another. */
const STATUS = /^[2-5]\d\d$/;

export class CompiledResponse {
  readonly #status: number;
  readonly #fault: string | undefined;
  readonly #mapping: ResponseMapping;
  readonly #content: ResponseContent;
  readonly #templates: ResponseTemplates;
  readonly #scopes: TemplateScopes;

  /** @param declared the method has a response of this status code */
  constructor(
    definition: IntegrationResponse,
    declared: boolean,
    context: IntegrationContext,
    scopes: TemplateScopes,
  ) {
    const { statusCode } = definition;
    this.#status = Number(statusCode);
    this.#fault =
      declared && STATUS.test(statusCode)
        ? undefined
        : `${CONFIGURATION} Output mapping refers to an invalid method response: ${statusCode}`;
    this.#mapping = new ResponseMapping(definition.responseParameters, context, leavingName);
    this.#content = new ResponseContent(context.stage.binaryMediaTypes, definition.contentHandling);
    this.#templates = new ResponseTemplates(definition.responseTemplates);
    this.#scopes = scopes;
  }

  /** @param traceLine the gateway's own `X-Amzn-Trace-Id`, empty for MOCK */
  answer(exchange: Exchange, payload: BackendPayload, traceLine: HeaderBlock): void {
    if (this.#fault !== undefined) {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.API_CONFIGURATION_ERROR, this.#fault);
      return;
    }
    const text = this.#mapping.readsBody ? new BodyText(payload.body) : null;
    if (text?.malformed) {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR, MALFORMED);
      return;
    }
    const body = this.#bodyOf(exchange, payload);
    const overrides = body === undefined ? undefined : overridesOf(exchange);
    if (body === undefined || overrides === undefined) return;
    const answer = { headers: payload.headers, body: text };
    const headers = this.#mapping.headersOf(exchange, answer, overrides.headers);
    exchange.answer(overrides.status ?? this.#status, headers + traceLine, body);
  }

  /** Undefined: the exchange has been answered 500. */
  #bodyOf(exchange: Exchange, { headers, body }: BackendPayload): Payload | undefined {
    const template = this.#templates.choose(exchange);
    const conversion = this.#content.conversionOf(exchange, headers);
    const payload = template === undefined ? convert(conversion, body) : convertForTemplate(conversion, body);
    if (isFault(payload)) {
      answerGatewayResponse(exchange, payload.response, payload.cause);
      return undefined;
    }
    if (template === undefined) return payload;
    const text =
      'text' in template
        ? template.text
        : renderTemplate(exchange, template, this.#scopes.open(exchange, payload));
    return text === '' ? null : text;
  }
}

const NO_OVERRIDES: ResponseOverrides = { headers: [], status: undefined };

/** What the templates of the exchange, the request's included, set; undefined: the exchange has been answered 500. */
function overridesOf(exchange: Exchange): ResponseOverrides | undefined {
  const scope = scopeOf(exchange);
  if (scope === undefined) return NO_OVERRIDES;
  try {
    return responseOverrides(scope.overrides);
  } catch (error) {
    if (!(error instanceof UnusableOverride)) throw error;
    answerGatewayResponse(exchange, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR, error.message);
    return undefined;
  }
}

/** Names that would collide with the gateway's own leave renamed (reference 02 section 3). */
function leavingName(name: string): string | undefined {
  switch (responseHeaderRule('custom', name.toLowerCase())) {
    case 'pass':
      return name;
    case 'remap':
      return REMAPPED_PREFIX + name;
    case 'drop':
      return undefined;
  }
}
