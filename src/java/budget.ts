/**
 * What templates, JSONPath and regular expressions may spend. They come from whoever may deploy an API, and their input
 * from whoever may call it, so no loop runs without paying here. Everything is synchronous and a worker has one thread:
 * one counter in the module is enough and costs a decrement, where a budget object handed down every call would cost a
 * parameter in each helper.
 */

/**
 * Steps of one render, or of one JSONPath or selection pattern outside of a render. A step is one pass of a loop, one
 * list element touched, or 64 characters handled by a string method. A million takes some 50 to 200 ms: far more than a
 * real template needs, and about as long as a hostile one may hold a worker.
 */
export const DEFAULT_STEPS = 1_000_000;

/** Characters of the output and of any text on the way to it: the payload limit of reference 10. */
export const MAX_TEXT = 10_485_760;

/** Thrown when something runs out; the message says what. Whoever started the work turns it into an error of its own. */
export class BudgetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BudgetError';
  }
}

let left = DEFAULT_STEPS;

/** Starts a new piece of work; returns what was left of the one before, for `restore`. */
export function refill(steps: number): number {
  const before = left;
  left = steps;
  return before;
}

export function restore(steps: number): void {
  left = steps;
}

export function spend(steps: number): void {
  left -= steps;
  // Written so that NaN, which no caller should bring, ends the work too.
  if (!(left >= 0)) throw new BudgetError('it takes too many steps; make loops, lists or texts smaller');
}

/** Pays for a pass over `length` characters. */
export function spendText(length: number): void {
  spend((length >> 6) + 1);
}

/**
 * Pays for a text that was put together. Less than for reading it: V8 only links the parts until somebody reads them,
 * and a list of a thousand elements may well be built by appending to one text.
 */
export function spendJoin(length: number): void {
  spend((length >> 8) + 1);
}

/** Pays for comparing two texts, when that takes more than a moment. */
export function spendCompare(a: string, b: string): void {
  if (a.length > 256 && a.length === b.length) spendText(a.length);
}

/** Refuses a text that has grown past `MAX_TEXT`. */
export function checkText(text: string): string {
  if (text.length > MAX_TEXT) throw new BudgetError(`a text grew past ${MAX_TEXT} characters`);
  return text;
}
