/** What the mapping templates of one exchange see (reference 03): made at the first template, read lazily. */
import type { Exchange } from '../../exchange/exchange.js';
import { forEachHeader, headerValue } from '../../http/header-block.js';
import { canonicalName } from '../../http/header-spelling.js';
import { parseQuery } from '../../http/query.js';
import { wireText } from '../../http/wire-text.js';
import { JsonBody } from '../../jsonpath/body.js';
import { type MappingContext, MethodContext } from '../../mapping/context-variables.js';
import { decodePathText } from '../../mapping/percent-encoding.js';
import {
  type ContextSource,
  Overrides,
  type ParameterPlace,
  type ParameterSource,
  type TemplateScope,
} from '../../templates/scope.js';

/** Makes the scopes of one method's exchanges. */
export class TemplateScopes {
  readonly pathParameterNames: readonly string[];
  readonly context: MethodContext;
  readonly stageVariables: Readonly<Record<string, string>>;

  constructor(context: MappingContext) {
    this.pathParameterNames = context.pathParameterNames;
    this.context = new MethodContext(context);
    this.stageVariables = context.stage.variables;
  }

  /**
   * The scope of an exchange, with this payload as its body. Request and response templates get the same one, so that
   * overrides set by the first are there for the second (reference 03 section 7).
   * @param payload text or UTF-8; null: empty
   */
  open(exchange: Exchange, payload: Uint8Array | string | null): ExchangeScope {
    const scope = scopeOf(exchange) ?? new ExchangeScope(this, exchange);
    // A body of its own each time, even when it is empty: templates may change what `$input.path` gives them.
    scope.body = new JsonBody(payload ?? '');
    exchange.templateScope = scope;
    return scope;
  }
}

/** The scope of an exchange for which a template has run; undefined: none has. */
export function scopeOf(exchange: Exchange): ExchangeScope | undefined {
  const { templateScope } = exchange;
  return templateScope instanceof ExchangeScope ? templateScope : undefined;
}

export class ExchangeScope implements TemplateScope {
  body: JsonBody = new JsonBody('');
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly overrides = new Overrides();
  readonly #scopes: TemplateScopes;
  readonly #exchange: Exchange;
  #params: ParameterSource | null = null;
  #context: ContextSource | null = null;

  constructor(scopes: TemplateScopes, exchange: Exchange) {
    this.stageVariables = scopes.stageVariables;
    this.#scopes = scopes;
    this.#exchange = exchange;
  }

  get params(): ParameterSource {
    this.#params ??= new ExchangeParameters(this.#exchange, this.#scopes.pathParameterNames);
    return this.#params;
  }

  get context(): ContextSource {
    this.#context ??= this.#scopes.context.of(this.#exchange);
    return this.#context;
  }
}

/** `$input.params()`: the client's parameters, in both templates. */
class ExchangeParameters implements ParameterSource {
  readonly #exchange: Exchange;
  readonly #pathNames: readonly string[];
  #query: Map<string, string> | null = null;

  constructor(exchange: Exchange, pathNames: readonly string[]) {
    this.#exchange = exchange;
    this.#pathNames = pathNames;
  }

  get(place: ParameterPlace, name: string): string | undefined {
    switch (place) {
      case 'path': {
        const raw = this.#exchange.pathParameters[this.#pathNames.indexOf(name)];
        return raw === undefined ? undefined : decodePathText(raw);
      }
      case 'querystring':
        return this.#queryValues().get(name);
      case 'header':
        return this.#header(name.toLowerCase());
    }
  }

  entries(place: ParameterPlace): Iterable<readonly [string, string]> {
    switch (place) {
      case 'path':
        return this.#pathNames.map((name) => [name, this.get('path', name) ?? '']);
      case 'querystring':
        return this.#queryValues();
      case 'header':
        return this.#headers();
    }
  }

  /** The last of several values wins. */
  #queryValues(): Map<string, string> {
    this.#query ??= new Map(parseQuery(this.#exchange.request.query));
    return this.#query;
  }

  #header(lowerName: string): string | undefined {
    const { headers, host } = this.#exchange.request;
    const value = lowerName === 'host' ? host : headerValue(headers, lowerName);
    return value === undefined ? undefined : wireText(value);
  }

  #headers(): Map<string, string> {
    const { headers, host } = this.#exchange.request;
    const fields = new Map([['Host', wireText(host)]]);
    forEachHeader(headers, (name, value) => fields.set(canonicalName(name), wireText(value)));
    return fields;
  }
}
