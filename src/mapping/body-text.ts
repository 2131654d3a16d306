import { BudgetError, DEFAULT_STEPS, refill, restore } from '../java/budget.js';
import { textOf } from '../java/text.js';
import { JavaDouble, JavaList, type Value } from '../java/values.js';
import { parseJson } from '../jsonpath/json.js';
import type { JsonPath } from '../jsonpath/path.js';

/** Texts that start so are JSON to API Gateway; all others are taken as they are (reference 04 section 2). */
const STARTS_LIKE_JSON = /^[\0- ]*[[{'"]/;

/** A request's or a backend's body, as the body sources of a mapping see it. */
export class BodyText {
  /** The whole text; `{}` when the body is empty. */
  readonly whole: string;
  /** It starts like JSON and is none: the request is answered 400, a backend's answer 500. */
  readonly malformed: boolean;
  readonly #json: Value;

  /** @param bytes null: empty */
  constructor(bytes: Uint8Array | null) {
    this.whole = bytes === null || bytes.length === 0 ? '{}' : utf8Text(bytes);
    if (STARTS_LIKE_JSON.test(this.whole)) this.#json = withinBudget(() => parseJson(this.whole));
    this.malformed = this.#json === undefined && STARTS_LIKE_JSON.test(this.whole);
  }

  /**
   * The text, number (digits as received) or truth value at a path, those among several values if the path can lead to
   * several; undefined when there is none. Objects and lists have no text that a header or parameter could mean.
   */
  at(path: JsonPath): string | readonly string[] | undefined {
    const value = this.#json === undefined ? undefined : withinBudget(() => path.evaluate(this.#json));
    if (path.isDefinite || !(value instanceof JavaList)) return scalarText(value);
    const texts = value.items.flatMap((item) => scalarText(item) ?? []);
    return texts.length > 1 ? texts : texts[0];
  }
}

function scalarText(value: Value): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value !== 'object' || value instanceof JavaDouble ? textOf(value) : undefined;
}

/** Undefined when the work takes too many steps. */
function withinBudget(work: () => Value): Value {
  const before = refill(DEFAULT_STEPS);
  try {
    return work();
  } catch (error) {
    if (error instanceof BudgetError) return undefined;
    throw error;
  } finally {
    restore(before);
  }
}

function utf8Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
