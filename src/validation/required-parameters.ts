/** The first check of a request validator: required parameters that are absent or blank (reference 06 section 1.1). */
import type { Exchange } from '../exchange/exchange.js';
import { headerValues } from '../http/header-block.js';
import { parseQuery } from '../http/query.js';
import { wireText } from '../http/wire-text.js';
import { decodePathText } from '../mapping/percent-encoding.js';
import type { Method } from '../model/snapshot.js';

const PARAMETER = /^method\.request\.(header|path|querystring)\.(.+)$/s;

const NOT_BLANK = /\S/;

export class RequiredParameters {
  /** In the order of the message: headers, path, query, by name in each. Header names as declared and in lower case. */
  readonly #headers: (readonly [name: string, lowerName: string])[] = [];
  readonly #path: (readonly [name: string, index: number])[] = [];
  readonly #query: string[] = [];

  /** @param pathParameterNames in the order of `exchange.pathParameters` */
  constructor({ requestParameters }: Method, pathParameterNames: readonly string[]) {
    for (const key of Object.keys(requestParameters).sort()) {
      const match = PARAMETER.exec(key);
      const name = match?.[2];
      if (requestParameters[key] !== true || name === undefined) continue;
      if (match?.[1] === 'header') this.#headers.push([name, name.toLowerCase()]);
      else if (match?.[1] === 'path') this.#path.push([name, pathParameterNames.indexOf(name)]);
      else this.#query.push(name);
    }
  }

  get isEmpty(): boolean {
    return this.#headers.length + this.#path.length + this.#query.length === 0;
  }

  /** Names of those a request lacks, in the order of the message; usually none. */
  missing(exchange: Exchange): string[] {
    const missing: string[] = [];
    for (const [name, lowerName] of this.#headers) {
      if (!hasHeader(exchange, lowerName)) missing.push(name);
    }
    for (const [name, index] of this.#path) {
      const raw = exchange.pathParameters[index];
      if (raw === undefined || !NOT_BLANK.test(decodePathText(raw))) missing.push(name);
    }
    if (this.#query.length === 0) return missing;
    const given = parseQuery(exchange.request.query);
    for (const name of this.#query) {
      if (!given.some(([key, value]) => key === name && NOT_BLANK.test(value))) missing.push(name);
    }
    return missing;
  }
}

/** Header names reach us in lower case, so the check cannot mind the case as AWS does. */
function hasHeader({ request }: Exchange, lowerName: string): boolean {
  if (lowerName === 'host') return request.host !== '';
  return headerValues(request.headers, lowerName).some((value) => NOT_BLANK.test(wireText(value)));
}
