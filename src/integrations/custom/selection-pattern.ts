/** `selectionPattern`: a Java regular expression that must match the whole text (reference 05 section 1). */
import { BudgetError, refill, restore } from '../../java/budget.js';
import { JavaRegex, RegexSyntaxError } from '../../java/regex/regex.js';

/** Characters of a text that are looked at. The texts are error messages, which clients can shape and lengthen. */
export const MAX_MATCHED_TEXT = 8_192;

/**
 * What one match may take: 5 to 20 ms of a hostile pattern. The documented idiom for messages of several lines,
 * `(\n|.)*text(\n|.)*`, takes a third of it on the longest text that is looked at.
 */
const STEPS = 20_000;

export class SelectionPattern {
  readonly #regex: JavaRegex;
  /** Equivalent of the commonest patterns, `.*` and `.+`, which one scan decides. */
  readonly #anyText: RegExp | undefined;

  /** @throws RegexSyntaxError */
  constructor(source: string) {
    const before = refill(STEPS);
    try {
      this.#regex = new JavaRegex(source);
    } finally {
      restore(before);
    }
    this.#anyText = ANY_TEXT[source];
  }

  /** A text longer than the bound is judged by its start; a match that takes too long is none. */
  matches(text: string): boolean {
    if (this.#anyText !== undefined) return this.#anyText.test(text);
    const before = refill(STEPS);
    try {
      return this.#regex.matches(text.slice(0, MAX_MATCHED_TEXT));
    } catch (error) {
      if (error instanceof BudgetError) return false;
      throw error;
    } finally {
      restore(before);
    }
  }
}

/** `.` does not cross lines. */
const ANY_TEXT: Readonly<Partial<Record<string, RegExp>>> = {
  '.*': /^[^\n\r\u0085\u2028\u2029]*$/,
  '.+': /^[^\n\r\u0085\u2028\u2029]+$/,
};

/** Undefined when it cannot be compiled: it selects nothing then, and validation reports it. */
export function compileSelectionPattern(source: string): SelectionPattern | undefined {
  try {
    return new SelectionPattern(source);
  } catch (error) {
    if (error instanceof RegexSyntaxError || error instanceof BudgetError) return undefined;
    throw error;
  }
}

/** For validation: why a pattern selects nothing, or undefined. */
export function patternProblem(source: string): string | undefined {
  try {
    new SelectionPattern(source);
    return undefined;
  } catch (error) {
    if (error instanceof RegexSyntaxError || error instanceof BudgetError) return error.message;
    throw error;
  }
}
