/** An integration's `requestParameters`, compiled (reference 04 section 2). */
import type { Exchange } from '../exchange/exchange.js';
import { headerLine, isSafeHeader } from '../http/header-block.js';
import type { BodyText } from './body-text.js';
import type { MappingContext } from './context-variables.js';
import { forbiddenTargetCause, type TargetColumn, targetHeaderRule } from './forbidden-headers.js';
import { encodeQueryComponent } from './percent-encoding.js';
import { type MappingSource, readSource, readsBody, readText, requestSource } from './source.js';

export type RequestSource = MappingSource<BodyText | null>;

export interface MappedHeader {
  readonly name: string;
  readonly lowerName: string;
  readonly source: RequestSource;
}

interface MappedParameter {
  /** Percent-encoded. */
  readonly name: string;
  readonly source: RequestSource;
}

const TARGET = /^integration\.request\.(header|querystring|path)\.(.+)$/;

export class RequestMapping {
  readonly headers: readonly MappedHeader[];
  /** Sources of `{name}` in the URI. */
  readonly path: ReadonlyMap<string, RequestSource>;
  /** Some source reads the body: it must be collected, and be no malformed JSON. */
  readonly readsBody: boolean;
  /** Why every call answers 500, in AWS's words; undefined when no target is forbidden. */
  readonly forbidden: string | undefined;
  readonly hasQuery: boolean;
  readonly #query: readonly MappedParameter[];

  constructor(
    requestParameters: Readonly<Record<string, string>>,
    column: TargetColumn,
    context: MappingContext,
  ) {
    const headers: MappedHeader[] = [];
    const query: MappedParameter[] = [];
    const path = new Map<string, RequestSource>();
    let body = false;
    for (const [target, text] of Object.entries(requestParameters)) {
      const match = TARGET.exec(target);
      const name = match?.[2];
      if (name === undefined) continue;
      const source = requestSource(text, context);
      body ||= readsBody(source);
      if (match?.[1] === 'path') path.set(name, source);
      else if (match?.[1] === 'querystring') query.push({ name: encodeQueryComponent(name), source });
      else if (isSafeHeader(name, '') && targetHeaderRule(column, name) === 'send') {
        headers.push({ name, lowerName: name.toLowerCase(), source });
      }
    }
    this.headers = headers;
    this.path = path;
    this.readsBody = body;
    this.forbidden = forbiddenTargetCause(column, requestParameters);
    this.hasQuery = query.length > 0;
    this.#query = query;
  }

  /** The mapped query parameters that have a value, encoded: `a=x&b=y`; empty when there are none. */
  queryOf(exchange: Exchange, body: BodyText | null): string {
    let query = '';
    for (const { name, source } of this.#query) {
      const value = readSource(source, exchange, body);
      if (value === undefined) continue;
      for (const one of typeof value === 'string' ? [value] : value) {
        query += `${query === '' ? '' : '&'}${name}=${encodeQueryComponent(one)}`;
      }
    }
    return query;
  }
}

/**
 * The wire form of one mapped header. Empty when there is no value, or one that must not be written: a decoded query
 * value can hold line ends, and half a header would be worse than none.
 */
export function mappedHeaderLine(header: MappedHeader, exchange: Exchange, body: BodyText | null): string {
  const value = readText(header.source, exchange, body);
  return value === undefined ? '' : (headerLine(header.name, value) ?? '');
}
