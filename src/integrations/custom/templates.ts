/**
 * Mapping templates of custom integrations: which one applies (reference 02 section 9), and the port to the engine that
 * renders those that hold more than text.
 */
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { headerValue, headerValues } from '../../http/header-block.js';
import { firstMediaType } from '../../http/media-type.js';
import type { MappingContext } from '../../mapping/context-variables.js';
import type { PassthroughBehavior } from '../../model/snapshot.js';

/** A template that has to be rendered. */
export interface CompiledTemplate {
  /**
   * @param payload the request's or the backend's body; null: empty
   * @throws Error when the template cannot be rendered: the call answers 500 with the message as its cause
   */
  render(exchange: Exchange, payload: Uint8Array | null): string;
}

/** The port to a template engine. */
export interface TemplateCompiler {
  /** Undefined: the template cannot be executed, calls that need it answer 500. */
  compile(source: string, context: MappingContext): CompiledTemplate | undefined;
}

/** Stands in while there is no engine: every template that is not plain text is unexecuted. */
export const NO_TEMPLATES: TemplateCompiler = { compile: () => undefined };

/** The template that applies to one message. A plain `text` needs no rendering. */
export type Template = { text: string } | { compiled: CompiledTemplate | undefined };

/** The rendered text; undefined when that failed: the exchange is answered 500 then. */
export function renderTemplate(
  exchange: Exchange,
  template: Template,
  payload: Uint8Array | null,
): string | undefined {
  if ('text' in template) return template.text;
  let cause = 'Mapping template not executed yet';
  if (template.compiled !== undefined) {
    try {
      return template.compiled.render(exchange, payload);
    } catch (error) {
      cause = `Mapping template failed: ${(error as Error).message}`;
    }
  }
  answerGatewayResponse(exchange, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR, cause);
  return undefined;
}

/** References begin with `$`, directives and comments with `#`; what has neither renders as itself. */
const DYNAMIC = /[$#]/;

/** White space around a template is not part of it (reference 03). */
function compileTemplate(source: string, context: MappingContext, compiler: TemplateCompiler): Template {
  return DYNAMIC.test(source) ? { compiled: compiler.compile(source, context) } : { text: source.trim() };
}

function compileTemplates(
  sources: Readonly<Record<string, string>>,
  context: MappingContext,
  compiler: TemplateCompiler,
): ReadonlyMap<string, Template> {
  return new Map(
    Object.entries(sources).map(([key, text]) => [key, compileTemplate(text, context, compiler)]),
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

  constructor(
    sources: Readonly<Record<string, string>>,
    behavior: PassthroughBehavior,
    context: MappingContext,
    compiler: TemplateCompiler,
  ) {
    this.#templates = compileTemplates(sources, context, compiler);
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

  constructor(
    sources: Readonly<Record<string, string>>,
    context: MappingContext,
    compiler: TemplateCompiler,
  ) {
    this.#templates = compileTemplates(sources, context, compiler);
    this.#fallback = this.#templates.get(DEFAULT_KEY) ?? this.#templates.values().next().value;
  }

  /** By the first media type of the request's Accept, taken literally; undefined: the body passes as it is. */
  choose(exchange: Exchange): Template | undefined {
    if (this.#templates.size < 2) return this.#fallback;
    const accept = headerValues(exchange.request.headers, 'accept')[0];
    return (accept === undefined ? undefined : this.#templates.get(firstMediaType(accept))) ?? this.#fallback;
  }
}
