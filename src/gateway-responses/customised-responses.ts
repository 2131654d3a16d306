/** A definition's gateway responses, compiled once per stage: resolution, status, headers, body (reference 05 section 3). */
import type { Exchange } from '../exchange/exchange.js';
import type { CustomisedResponses, GatewayResponseType } from '../exchange/gateway-response.js';
import type { StageRuntime } from '../exchange/stage-runtime.js';
import { type HeaderBlock, headerLine, headerValues, isSafeHeader } from '../http/header-block.js';
import { firstMediaType } from '../http/media-type.js';
import { parseExpression } from '../mapping/expression.js';
import type { Definition, GatewayResponse } from '../model/snapshot.js';
import { ResponseTemplate } from './template.js';
import { classOf, type Variable, Variables } from './variables.js';

/** Reference 05 section 3: a body over the limit is refused before anything of the API counts. */
const NEVER_CUSTOMISED = 'REQUEST_TOO_LARGE';

const DEFAULT_MEDIA_TYPE = 'application/json';
const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}';

/** Undefined when the definition customises nothing. */
export function compileGatewayResponses(
  { gatewayResponses, resources }: Definition,
  stage: StageRuntime,
): CustomisedResponses | undefined {
  if (gatewayResponses.length === 0) return undefined;
  const variables = new Variables(stage, resources);
  return new ResponsesByType(
    new Map(
      gatewayResponses.map((response) => [
        response.responseType,
        new CustomisedResponse(response, variables),
      ]),
    ),
  );
}

class ResponsesByType implements CustomisedResponses {
  readonly #byType: ReadonlyMap<string, CustomisedResponse>;

  constructor(byType: ReadonlyMap<string, CustomisedResponse>) {
    this.#byType = byType;
  }

  answer(exchange: Exchange, response: GatewayResponseType): boolean {
    if (response.name === NEVER_CUSTOMISED) return false;
    const chosen = this.#byType.get(response.name) ?? this.#byType.get(classOf(response.status));
    return chosen?.answer(exchange, response) ?? false;
  }
}

interface CustomHeader {
  readonly name: string;
  readonly value: string | Variable;
}

class CustomisedResponse {
  readonly #status: number | undefined;
  readonly #headers: readonly CustomHeader[];
  readonly #templates: ReadonlyMap<string, TypedTemplate>;
  /** For a request whose Accept names no template. */
  readonly #fallback: TypedTemplate;

  constructor(response: GatewayResponse, variables: Variables) {
    this.#status = statusOf(response.statusCode);
    this.#headers = compileHeaders(response.responseParameters, variables);
    const templates = new Map(
      Object.entries(response.responseTemplates).map(([key, text]) => [
        key,
        typedTemplate(key, text, variables),
      ]),
    );
    this.#templates = templates;
    this.#fallback =
      templates.get(DEFAULT_MEDIA_TYPE) ??
      templates.values().next().value ??
      typedTemplate(DEFAULT_MEDIA_TYPE, DEFAULT_TEMPLATE, variables);
  }

  /** False when the answer would exceed every bound. */
  answer(exchange: Exchange, response: GatewayResponseType): boolean {
    const { template, contentType } = this.#choose(exchange);
    const body = template.render(exchange, response);
    if (body === undefined) return false;
    const headers = this.#headersOf(exchange, response, contentType);
    exchange.answer(this.#status ?? response.status, headers, body);
    return true;
  }

  /** By the first media type of Accept, taken literally, as integration responses choose. */
  #choose(exchange: Exchange): TypedTemplate {
    if (this.#templates.size < 2) return this.#fallback;
    const accept = headerValues(exchange.request.headers, 'accept')[0];
    return (accept === undefined ? undefined : this.#templates.get(firstMediaType(accept))) ?? this.#fallback;
  }

  #headersOf(exchange: Exchange, response: GatewayResponseType, contentType: HeaderBlock): HeaderBlock {
    let block = '';
    let own = contentType;
    for (const { name, value } of this.#headers) {
      const text = typeof value === 'string' ? value : value(exchange, response);
      const line = text === undefined || text === '' ? undefined : headerLine(name, text);
      if (line === undefined) continue;
      block += line;
      if (name.toLowerCase() === 'content-type') own = '';
    }
    return `${own}x-amzn-ErrorType: ${response.errorType}\r\n${block}`;
  }
}

interface TypedTemplate {
  readonly template: ResponseTemplate;
  /** Header line. */
  readonly contentType: HeaderBlock;
}

/** The key of a template is the content type of its answer, `$default` aside. */
function typedTemplate(key: string, text: string, variables: Variables): TypedTemplate {
  const mediaType = key.includes('/') ? key : DEFAULT_MEDIA_TYPE;
  return {
    template: new ResponseTemplate(text, variables),
    contentType: headerLine('Content-Type', mediaType) ?? `Content-Type: ${DEFAULT_MEDIA_TYPE}\r\n`,
  };
}

/** Undefined: the status of the type. 1xx are no final answers. */
function statusOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[2-5]\d\d$/.test(text) ? Number(text) : undefined;
}

const TARGET = 'gatewayresponse.header.';

/**
 * Written by the gateway itself: a second one would be ambiguous or break the framing. All other names pass, as
 * `WWW-Authenticate` on a 401 must.
 */
const OWNED: ReadonlySet<string> = new Set([
  ...['connection', 'content-length', 'date', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['x-amzn-errortype', 'x-amzn-requestid', 'x-amz-apigw-id'],
]);

function compileHeaders(
  parameters: Readonly<Record<string, string>>,
  variables: Variables,
): readonly CustomHeader[] {
  const headers: CustomHeader[] = [];
  for (const [target, source] of Object.entries(parameters)) {
    if (!target.startsWith(TARGET)) continue;
    const name = target.slice(TARGET.length);
    if (!isSafeHeader(name, '') || OWNED.has(name.toLowerCase())) continue;
    const value = compileSource(source, variables);
    if (value !== undefined) headers.push({ name, value });
  }
  return headers;
}

/** Undefined: no source of a gateway response (a body, say), or one that never has a value. */
function compileSource(text: string, variables: Variables): string | Variable | undefined {
  const expression = parseExpression(text, 'request');
  switch (expression?.kind) {
    case 'literal':
      return expression.text;
    case 'stageVariable':
      return variables.stageVariable(expression.name);
    case 'context':
      return variables.context(expression.path);
    case 'path':
      return variables.request('path', expression.name);
    case 'querystring':
      return variables.request(expression.all ? 'multivaluequerystring' : 'querystring', expression.name);
    case 'header':
      return variables.request(expression.all ? 'multivalueheader' : 'header', expression.name);
    default:
      return undefined;
  }
}
