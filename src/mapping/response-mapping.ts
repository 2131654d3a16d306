/** An integration response's `responseParameters`, compiled (reference 04 section 3). */
import type { Exchange } from '../exchange/exchange.js';
import { type HeaderBlock, headerLine, isSafeHeader } from '../http/header-block.js';
import type { MappingContext } from './context-variables.js';
import { type BackendAnswer, type MappingSource, readsBody, readText, responseSource } from './source.js';

/** Name under which a header leaves; undefined: it does not. */
export type HeaderRenaming = (name: string) => string | undefined;

interface MappedResponseHeader {
  readonly name: string;
  readonly source: MappingSource<BackendAnswer>;
}

const TARGET = 'method.response.header.';

function isTarget(target: string): boolean {
  return target.startsWith(TARGET) && isSafeHeader(target.slice(TARGET.length), '');
}

export class ResponseMapping {
  /** Some source reads the backend's body: malformed JSON there is a 500. */
  readonly readsBody: boolean;
  readonly #headers: readonly MappedResponseHeader[];
  /** The whole block when all sources are constants, as those of CORS headers are. */
  readonly #constant: HeaderBlock | undefined;

  constructor(
    responseParameters: Readonly<Record<string, string>>,
    context: MappingContext,
    rename: HeaderRenaming,
  ) {
    const headers: MappedResponseHeader[] = [];
    let body = false;
    for (const [target, text] of Object.entries(responseParameters)) {
      if (!isTarget(target)) continue;
      const source = responseSource(text, context);
      body ||= readsBody(source);
      const name = rename(target.slice(TARGET.length));
      if (name !== undefined) headers.push({ name, source });
    }
    this.#headers = headers;
    this.readsBody = body;
    if (headers.every(({ source }) => source.kind === 'constant')) {
      this.#constant = blockOf(
        headers.map(({ name, source }) => [name, source.kind === 'constant' ? source.value : '']),
      );
    }
  }

  /** The mapped headers that have a value; `Content-Type: application/json` is added when none of them is one. */
  headersOf(exchange: Exchange, answer: BackendAnswer): HeaderBlock {
    if (this.#constant !== undefined) return this.#constant;
    return blockOf(this.#headers.map(({ name, source }) => [name, readText(source, exchange, answer)]));
  }
}

function blockOf(fields: readonly (readonly [name: string, value: string | undefined])[]): HeaderBlock {
  let block = '';
  let hasContentType = false;
  for (const [name, value] of fields) {
    const line = value === undefined ? undefined : headerLine(name, value);
    if (line === undefined) continue;
    block += line;
    hasContentType ||= name.length === 12 && name.toLowerCase() === 'content-type';
  }
  return hasContentType ? block : `Content-Type: application/json\r\n${block}`;
}
