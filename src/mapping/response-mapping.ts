/** An integration response's `responseParameters`, compiled (reference 04 section 3). */
import type { Exchange } from '../exchange/exchange.js';
import { type HeaderBlock, headerLine, isSafeHeader } from '../http/header-block.js';
import type { MappingContext } from './context-variables.js';
import type { OverriddenHeader } from './overrides.js';
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
  readonly #rename: HeaderRenaming;

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
    this.#rename = rename;
    this.readsBody = body;
    if (headers.every(({ source }) => source.kind === 'constant')) {
      this.#constant = blockOf(
        headers.map(({ name, source }) => [name, source.kind === 'constant' ? source.value : '']),
      );
    }
  }

  /**
   * The mapped headers that have a value, with overrides over those of exactly their name; `Content-Type:
   * application/json` is added when none of them is one.
   */
  headersOf(
    exchange: Exchange,
    answer: BackendAnswer,
    overrides: readonly OverriddenHeader[] = [],
  ): HeaderBlock {
    if (overrides.length === 0 && this.#constant !== undefined) return this.#constant;
    const fields: [name: string, value: string | undefined][] = [];
    const leaving = overrides.map(({ name }) => this.#rename(name));
    for (const { name, source } of this.#headers) {
      if (!leaving.includes(name)) fields.push([name, readText(source, exchange, answer)]);
    }
    overrides.forEach(({ values }, index) => {
      const name = leaving[index];
      if (name !== undefined) for (const value of values) fields.push([name, value]);
    });
    return blockOf(fields);
  }
}

/** An answer has one Content-Type: the last of those set, whatever their case, stands. */
function blockOf(fields: readonly (readonly [name: string, value: string | undefined])[]): HeaderBlock {
  let block = '';
  let contentType = 'Content-Type: application/json\r\n';
  for (const [name, value] of fields) {
    const line = value === undefined ? undefined : headerLine(name, value);
    if (line === undefined) continue;
    if (name.length === 12 && name.toLowerCase() === 'content-type') contentType = line;
    else block += line;
  }
  return contentType + block;
}
