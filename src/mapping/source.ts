/** Binds mapping expressions to a method: what is left per request is one read. */
import type { Exchange } from '../exchange/exchange.js';
import { type HeaderBlock, headerValue, headerValues } from '../http/header-block.js';
import { parseQuery } from '../http/query.js';
import { wireText } from '../http/wire-text.js';
import type { BodyText } from './body-text.js';
import { contextVariable, type MappingContext } from './context-variables.js';
import { type Expression, parseExpression } from './expression.js';
import { decodePathText } from './percent-encoding.js';

/** Text as people read it (not wire bytes), or several texts; undefined: no value, nothing is sent. */
export type MappedValue = string | readonly string[] | undefined;

/** `Message` is what a mapping reads beside the exchange: the request's body, or the backend's answer. */
export type MappingSource<Message> =
  | { kind: 'constant'; value: string }
  /** A path parameter: callers that write paths take its raw text, all others the decoded one. */
  | { kind: 'path'; index: number }
  | { kind: 'exchange'; read: (exchange: Exchange) => MappedValue }
  | { kind: 'message'; read: (message: Message) => MappedValue; readsBody: boolean }
  /** Never a value: unknown parameter or stage variable, malformed expression. */
  | { kind: 'nothing' };

/** A backend's answer, as mappings see it. */
export interface BackendAnswer {
  /** As received, spelling kept. */
  readonly headers: HeaderBlock;
  /** Null unless a source `readsBody`. */
  readonly body: BodyText | null;
}

const NOTHING = { kind: 'nothing' } as const;

/** A source of `requestParameters`. The request body is null unless a source `readsBody`. */
export function requestSource(text: string, context: MappingContext): MappingSource<BodyText | null> {
  const expression = parseExpression(text, 'request');
  switch (expression?.kind) {
    case 'path': {
      const index = context.pathParameterNames.indexOf(expression.name);
      return index < 0 ? NOTHING : { kind: 'path', index };
    }
    case 'querystring':
      return { kind: 'exchange', read: queryReader(expression.name, expression.all) };
    case 'header':
      return { kind: 'exchange', read: headerReader(expression.name.toLowerCase(), expression.all) };
    case 'body':
      return { kind: 'message', read: (body) => body?.whole, readsBody: true };
    case 'bodyPath': {
      const { path } = expression;
      return { kind: 'message', read: (body) => body?.at(path), readsBody: true };
    }
    default:
      return commonSource(expression, context);
  }
}

/** A source of an integration response's `responseParameters`. */
export function responseSource(text: string, context: MappingContext): MappingSource<BackendAnswer> {
  const expression = parseExpression(text, 'response');
  switch (expression?.kind) {
    case 'header':
      return {
        kind: 'message',
        read: backendHeaderReader(expression.name, expression.all),
        readsBody: false,
      };
    case 'body':
      return { kind: 'message', read: (answer) => answer.body?.whole, readsBody: true };
    case 'bodyPath': {
      const { path } = expression;
      return { kind: 'message', read: (answer) => answer.body?.at(path), readsBody: true };
    }
    default:
      return commonSource(expression, context);
  }
}

function commonSource<Message>(
  expression: Expression | undefined,
  context: MappingContext,
): MappingSource<Message> {
  switch (expression?.kind) {
    case 'literal':
      return expression.text === '' ? NOTHING : { kind: 'constant', value: expression.text };
    case 'stageVariable': {
      const { variables } = context.stage;
      const value = Object.hasOwn(variables, expression.name) ? variables[expression.name] : undefined;
      return value === undefined || value === '' ? NOTHING : { kind: 'constant', value };
    }
    case 'context': {
      const variable = contextVariable(expression.path, context);
      if (variable === undefined || variable === '') return NOTHING;
      return typeof variable === 'string'
        ? { kind: 'constant', value: variable }
        : { kind: 'exchange', read: variable };
    }
    default:
      return NOTHING;
  }
}

/** The source's value; an empty text counts as none (reference 04 section 2). */
export function readSource<Message>(
  source: MappingSource<Message>,
  exchange: Exchange,
  message: Message,
): MappedValue {
  let value: MappedValue;
  switch (source.kind) {
    case 'constant':
      return source.value;
    case 'path':
      value = decodePathText(exchange.pathParameters[source.index] ?? '');
      break;
    case 'exchange':
      value = source.read(exchange);
      break;
    case 'message':
      value = source.read(message);
      break;
    case 'nothing':
      return undefined;
  }
  return value === '' ? undefined : value;
}

/** The same where only one text can stand: several are joined with `,`. */
export function readText<Message>(
  source: MappingSource<Message>,
  exchange: Exchange,
  message: Message,
): string | undefined {
  const value = readSource(source, exchange, message);
  return value === undefined || typeof value === 'string' ? value : value.join(',');
}

export function readsBody<Message>(source: MappingSource<Message>): boolean {
  return source.kind === 'message' && source.readsBody;
}

/** Names of query parameters are case-sensitive. */
function queryReader(name: string, all: boolean): (exchange: Exchange) => MappedValue {
  return ({ request }) => {
    if (request.query === '') return undefined;
    const values: string[] = [];
    for (const [candidate, value] of parseQuery(request.query)) if (candidate === name) values.push(value);
    return all && values.length > 1 ? values : values.at(-1);
  };
}

/** Header names reach us in lower case, so the lookup cannot mind the case as AWS does. */
function headerReader(name: string, all: boolean): (exchange: Exchange) => MappedValue {
  if (name === 'host') return ({ request }) => wireText(request.host);
  return ({ request }) => {
    const value = all
      ? headerValues(request.headers, name).join(',')
      : (headerValue(request.headers, name) ?? '');
    return wireText(value);
  };
}

/** A backend's header is looked up by its exact spelling (reference 04 section 3). */
function backendHeaderReader(name: string, all: boolean): (answer: BackendAnswer) => MappedValue {
  const start = `${name}:`;
  return ({ headers }) => {
    const values: string[] = [];
    for (let at = 0; at < headers.length; ) {
      const end = headers.indexOf('\r\n', at);
      if (end < 0) break;
      if (headers.startsWith(start, at)) values.push(headers.slice(at + start.length, end).trim());
      at = end + 2;
    }
    return wireText(all ? values.join(',') : (values.at(-1) ?? ''));
  };
}
