/** A payload that is decoded, and read as JSON, when something asks for it, once. */
import { jsonText } from '../java/text.js';
import type { Value } from '../java/values.js';
import { parseJson } from './json.js';
import type { JsonPath } from './path.js';

export class JsonBody {
  readonly #bytes: Uint8Array | null;
  #text: string | null;
  #value: Value;
  #parsed = false;

  /** @param payload text, or UTF-8 (invalid bytes become U+FFFD). Empty: templates see `{}` (reference 03 section 2). */
  constructor(payload: string | Uint8Array) {
    if (payload.length === 0) {
      this.#bytes = null;
      this.#text = '{}';
    } else if (typeof payload === 'string') {
      this.#bytes = null;
      this.#text = payload;
    } else {
      this.#bytes = payload;
      this.#text = null;
    }
  }

  get text(): string {
    let text = this.#text;
    if (text === null) {
      const bytes = this.#bytes as Uint8Array;
      text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
      this.#text = text;
    }
    return text;
  }

  /** Undefined: not JSON. */
  get value(): Value {
    if (!this.#parsed) {
      this.#parsed = true;
      this.#value = parseJson(this.text, this.#bytes);
    }
    return this.#value;
  }

  /** The value a path leads to, undefined when it leads nowhere. Spends from the running budget. */
  path(path: JsonPath): Value {
    const { value } = this;
    return value === undefined ? undefined : path.evaluate(value);
  }

  /** JSON text of what a path leads to; a missing path or a body that is no JSON gives `""` (two quote characters). */
  json(path: JsonPath): string {
    const value = this.path(path);
    return value === undefined ? '""' : jsonText(value);
  }
}
