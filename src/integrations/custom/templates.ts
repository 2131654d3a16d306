/**
 * Mapping templates of custom integrations: which one applies (reference 02 section 9), and what it renders to
 * (reference 03).
 */
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { headerValue, headerValues } from '../../http/header-block.js';
import { firstMediaType } from '../../http/media-type.js';
import type { PassthroughBehavior } from '../../model/snapshot.js';
import { TemplateError, TemplateRunError } from '../../templates/errors.js';
import type { TemplateScope } from '../../templates/scope.js';
import { type CompiledTemplate, compileTemplate } from '../../templates/template.js';

/** The template that applies to one message. A plain `text` needs no rendering; one with a `fault` answers 500. */
export type Template =
  | { readonly text: string; readonly name: string }
  | { readonly compiled: CompiledTemplate; readonly name: string }
  | { readonly fault: string; readonly name: string };

/** The rendered text; undefined when that failed: the exchange is answered 500 then, with the cause in the log. */
export function renderTemplate(
  exchange: Exchange,
  template: Exclude<Template, { text: string }>,
  scope: TemplateScope,
): string | undefined {
  if ('fault' in template) return failed(exchange, template.fault);
  try {
    return template.compiled.render(scope);
  } catch (error) {
    if (error instanceof TemplateRunError)
      return failed(exchange, `The ${template.name} failed: ${error.message}`);
    throw error;
  }
}

function failed(exchange: Exchange, cause: string): undefined {
  answerGatewayResponse(exchange, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR, cause);
  return undefined;
}

/** References begin with `$`, directives and comments with `#`; what has neither renders as itself. */
const DYNAMIC = /[$#]/;

/** White space around a template is not part of it (reference 03). */
function compile(source: string, name: string): Template {
  if (!DYNAMIC.test(source)) return { text: source.trim(), name };
  try {
    return { compiled: compileTemplate(source), name };
  } catch (error) {
    if (error instanceof TemplateError) {
      return { fault: `The ${name} cannot be compiled: ${error.message}`, name };
    }
    throw error;
  }
}

function compileTemplates(
  sources: Readonly<Record<string, string>>,
  kind: 'request' | 'response',
): ReadonlyMap<string, Template> {
  return new Map(
    Object.entries(sources).map(([key, text]) => [key, compile(text, `${kind} template for ${key}`)]),
  );
}

/** `passthrough`: the body goes on as it is; `unsupported`: 415. */
export type RequestTemplateChoice = Template | 'passthrough' | 'unsupported';

const DEFAULT_KEY = 'application/json';

export class RequestTemplates {
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #otherwise: RequestTemplateChoice;
  /** The choice when every request gets the same. */
  readonly #only: RequestTemplateChoice | undefined;

  constructor(sources: Readonly<Record<string, string>>, behavior: PassthroughBehavior) {
    this.#templates = compileTemplates(sources, 'request');
    const passes =
      behavior === 'WHEN_NO_MATCH' || (behavior === 'WHEN_NO_TEMPLATES' && this.#templates.size === 0);
    this.#otherwise = this.#templates.get('$default') ?? (passes ? 'passthrough' : 'unsupported');
    this.#only = this.#templates.size === 0 ? this.#otherwise : undefined;
  }

  /** The templates that need no rendering. */
  plainTexts(): string[] {
    return [...this.#templates.values()].flatMap((template) => ('text' in template ? [template.text] : []));
  }

  /** By the request's Content-Type; one without counts as JSON. */
  choose(exchange: Exchange): RequestTemplateChoice {
    if (this.#only !== undefined) return this.#only;
    const contentType = headerValue(exchange.request.headers, 'content-type');
    const key = contentType === undefined ? DEFAULT_KEY : firstMediaType(contentType);
    return this.#templates.get(key) ?? this.#otherwise;
  }
}

export class ResponseTemplates {
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #fallback: Template | undefined;

  constructor(sources: Readonly<Record<string, string>>) {
    this.#templates = compileTemplates(sources, 'response');
    this.#fallback = this.#templates.get(DEFAULT_KEY) ?? this.#templates.values().next().value;
  }

  /** By the first media type of the request's Accept, taken literally; undefined: the body passes as it is. */
  choose(exchange: Exchange): Template | undefined {
    if (this.#templates.size < 2) return this.#fallback;
    const accept = headerValues(exchange.request.headers, 'accept')[0];
    return (accept === undefined ? undefined : this.#templates.get(firstMediaType(accept))) ?? this.#fallback;
  }
}
