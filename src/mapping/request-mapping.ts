/** An integration's `requestParameters`, compiled (reference 04 section 2). */
import type { Exchange } from '../exchange/exchange.js';
import { type HeaderBlock, headerLine, isSafeHeader } from '../http/header-block.js';
import type { BodyText } from './body-text.js';
import type { MappingContext } from './context-variables.js';
import { forbiddenTargetCause, type TargetColumn, targetHeaderRule } from './forbidden-headers.js';
import type { RequestOverrides } from './overrides.js';
import { encodeQueryComponent } from './percent-encoding.js';
import { type MappingSource, readSource, readsBody, readText, requestSource } from './source.js';

export type RequestSource = MappingSource<BodyText | null>;

export interface MappedHeader {
  readonly name: string;
  readonly lowerName: string;
  readonly source: RequestSource;
}

interface MappedParameter {
  readonly name: string;
  readonly encodedName: string;
  readonly source: RequestSource;
}

const TARGET = /^integration\.request\.(header|querystring|path)\.(.+)$/;

export class RequestMapping {
  readonly column: TargetColumn;
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
      else if (match?.[1] === 'querystring')
        query.push({ name, encodedName: encodeQueryComponent(name), source });
      else if (isSafeHeader(name, '') && targetHeaderRule(column, name) === 'send') {
        headers.push({ name, lowerName: name.toLowerCase(), source });
      }
    }
    this.column = column;
    this.headers = headers;
    this.path = path;
    this.readsBody = body;
    this.forbidden = forbiddenTargetCause(column, requestParameters);
    this.hasQuery = query.length > 0;
    this.#query = query;
  }

  /** The query parameters that have a value, mapped or overridden, encoded: `a=x&b=y`; empty when there are none. */
  queryOf(exchange: Exchange, body: BodyText | null, overrides: RequestOverrides | null = null): string {
    let query = '';
    for (const { name, encodedName, source } of this.#query) {
      if (overrides?.query.has(name)) continue;
      const value = readSource(source, exchange, body);
      if (value !== undefined) query = withParameter(query, encodedName, value);
    }
    if (overrides === null) return query;
    for (const [name, values] of overrides.query) {
      query = withParameter(query, encodeQueryComponent(name), values);
    }
    return query;
  }

  /**
   * The mapped and overridden headers that have a value, in wire form. An override replaces the mapped header of exactly
   * its name (reference 03 section 7); of Content-Type and Host, which a request has once, the last one set is sent,
   * whatever its case.
   */
  headersOf(exchange: Exchange, body: BodyText | null, overrides: RequestOverrides | null): MappedHeaders {
    const mapped = new MappedHeaders();
    for (const header of this.headers) {
      if (overrides?.headers.some(({ name }) => name === header.name)) continue;
      mapped.add(header.name, header.lowerName, readText(header.source, exchange, body));
    }
    if (overrides === null) return mapped;
    for (const { name, lowerName, values } of overrides.headers) {
      for (const value of values) mapped.add(name, lowerName, value);
    }
    return mapped;
  }
}

function withParameter(query: string, name: string, value: string | readonly string[]): string {
  let longer = query;
  for (const one of typeof value === 'string' ? [value] : value) {
    longer += `${longer === '' ? '' : '&'}${name}=${encodeQueryComponent(one)}`;
  }
  return longer;
}

/** The headers of one request that have a default, empty where none was mapped, and all others. */
export class MappedHeaders {
  host = '';
  contentType = '';
  hasAccept = false;
  hasUserAgent = false;
  /** All but Host and Content-Type. */
  others: HeaderBlock = '';

  add(name: string, lowerName: string, value: string | undefined): void {
    // A decoded value can hold line ends, and half a header would be worse than none.
    const line = value === undefined ? undefined : headerLine(name, value);
    if (line === undefined) return;
    switch (lowerName) {
      case 'host':
        this.host = line;
        return;
      case 'content-type':
        this.contentType = line;
        return;
      case 'accept':
        this.hasAccept = true;
        break;
      case 'user-agent':
        this.hasUserAgent = true;
        break;
    }
    this.others += line;
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
