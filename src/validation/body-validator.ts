/** One model, compiled: does a request's body match it? (reference 06 section 1.2) */
import { isUtf8 } from 'node:buffer';
import { BudgetError, refill, restore } from '../java/budget.js';
import type { SchemaCheck } from './compiler.js';
import { details } from './details.js';
import type { SchemaRoot } from './schema.js';

/**
 * Steps of one validation: enough for every schema and body of real life, and growing with the body, since a longer one
 * honestly needs more. A step takes some 5 to 200 ns.
 */
const BASE_STEPS = 1_000_000;
const STEPS_PER_BYTE = 2;

export interface Rejection {
  /** `$context.error.validationErrorString`: `[a, b]`. */
  readonly detail: string;
  /** For the error log: only what the API's owner should know. */
  readonly cause: string;
}

export class BodyValidator {
  readonly #reached: readonly SchemaRoot[];
  readonly #check: SchemaCheck;

  constructor(reached: readonly SchemaRoot[], check: SchemaCheck) {
    this.#reached = reached;
    this.#check = check;
  }

  /** Undefined: the body is valid. @param body null: empty, which counts as `{}` */
  reject(body: Uint8Array | null): Rejection | undefined {
    let value: unknown = {};
    if (body !== null && body.length > 0) {
      try {
        value = parse(body);
      } catch {
        return { detail: '[the body is no JSON]', cause: '' };
      }
    }
    const before = refill(BASE_STEPS + STEPS_PER_BYTE * (body?.length ?? 0));
    try {
      if (this.#check(value)) return undefined;
    } catch (error) {
      return unfinished(error);
    } finally {
      restore(before);
    }
    const found = details(this.#reached, value);
    return { detail: `[${found.join(', ') || 'the body does not match the model'}]`, cause: '' };
  }
}

function parse(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw new SyntaxError('not UTF-8');
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
}

/** What cannot be found valid is not let in. */
function unfinished(error: unknown): Rejection {
  if (error instanceof RangeError) return { detail: '[the body is nested too deeply]', cause: '' };
  const detail =
    error instanceof BudgetError
      ? '[validating the body takes too many steps]'
      : '[the body cannot be validated]';
  return { detail, cause: `Validating the request body was given up: ${(error as Error).message}` };
}
