/**
 * The `pattern`s of schemas. They are ECMA 262 regular expressions, but the platform's engine cannot be stopped once a
 * hostile pattern runs, so they are rewritten for the Java engine (java/regex), which pays for each step. The two
 * languages agree but for the forms rewritten here.
 */
import { DEFAULT_STEPS, refill, restore, spend } from '../java/budget.js';
import { JavaRegex, RegexSyntaxError } from '../java/regex/regex.js';

export { RegexSyntaxError };

/** Java's `.` stops at U+0085 too, its `\s` knows ASCII only, and its `$` matches before a last line end. */
const SPACES = String.raw`\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
const DOT = String.raw`[^\n\r\u2028\u2029]`;

/** Letters that are escapes in Java and plain letters in ECMA 262 (`\a`, `\e`, `\h`, `\A`, `\Q`...). */
const PLAIN_IN_ECMA = /[aeghiIjlmoqyzACEFGHIJKLMNOQRTUVXYZ]/;

/**
 * What a step of the regular expression engine and the start of a search cost here, in steps of a validation. A step of
 * the engine stands for 64 comparisons and takes up to a microsecond; honest patterns need less than one for ten bytes.
 */
const ENGINE_STEP = 16;
const SEARCH = 4;

/** A compiled pattern; the names of its members are those ajv calls. */
export class EcmaPattern {
  readonly source: string;
  readonly #regex: JavaRegex;

  /** @throws RegexSyntaxError */
  constructor(source: string) {
    this.source = source;
    const before = refill(DEFAULT_STEPS);
    try {
      this.#regex = new JavaRegex(javaSyntax(source));
    } finally {
      restore(before);
    }
  }

  /** True when the pattern occurs in the text. Spends from the budget. @throws BudgetError */
  test(text: string): boolean {
    const left = refill(0);
    const steps = Math.max(0, Math.floor(left / ENGINE_STEP));
    refill(steps);
    try {
      return this.#regex.finds(text);
    } finally {
      const unused = refill(left);
      spend(SEARCH + (steps - unused) * ENGINE_STEP);
    }
  }

  /** ajv tells patterns apart by their text. */
  toString(): string {
    return this.source;
  }
}

/** The same pattern in Java's syntax. */
export function javaSyntax(source: string): string {
  let java = '';
  let at = 0;
  while (at < source.length) {
    const char = source.charAt(at);
    if (char === '\\') {
      const braced = bracedEscape(source, at);
      java += braced ?? escapeOf(source, at, false);
      at += braced?.length ?? 2;
    } else if (char === '[') {
      const end = classEnd(source, at);
      java += characterClass(source.slice(at + 1, end));
      at = end + 1;
    } else {
      java += plain(source, at);
      at++;
    }
  }
  return java;
}

function plain(source: string, at: number): string {
  const char = source.charAt(at);
  if (char === '$') return String.raw`\z`;
  if (char === '.') return DOT;
  // A brace that opens no quantifier is a character.
  if (char === '{' && !/^\{\d+(?:,\d*)?\}/.test(source.slice(at, at + 24))) return String.raw`\{`;
  return char;
}

/** `\p{Lu}` and `\u{1f600}`, whose braces are part of them; as long in Java. */
function bracedEscape(source: string, at: number): string | undefined {
  const match = /^\\(?:[pP]\{\w{1,60}\}|u(\{[0-9A-Fa-f]{1,6}\}))/.exec(source.slice(at, at + 64));
  if (match === null) return undefined;
  return match[1] === undefined ? match[0] : `\\x${match[1]}`;
}

/** Of `\x` at `at`: two characters of the source, or what stands for them. */
function escapeOf(source: string, at: number, inClass: boolean): string {
  const next = source.charAt(at + 1);
  if (next === 's') return inClass ? SPACES : `[${SPACES}]`;
  if (next === 'S') return `[^${SPACES}]`;
  if (next === '0' && !/\d/.test(source.charAt(at + 2))) return String.raw`\x00`;
  if (next === 'v') return String.raw`\x0b`;
  if (inClass && next === 'b') return String.raw`\x08`;
  if (inClass && next === 'B') return 'B';
  if (PLAIN_IN_ECMA.test(next)) return next;
  return `\\${next}`;
}

function classEnd(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '\\') at++;
    else if (char === ']') return at;
  }
  throw new RegexSyntaxError('Unclosed character class', source, start);
}

/** `[` and `&&` mean nothing inside an ECMA 262 class. `[]` matches nothing, `[^]` everything. */
function characterClass(content: string): string {
  if (content === '') return '(?!)';
  if (content === '^') return String.raw`[\s\S]`;
  let java = '';
  for (let at = 0; at < content.length; at++) {
    const char = content.charAt(at);
    if (char === '\\') {
      const braced = bracedEscape(content, at);
      java += braced ?? escapeOf(content, at, true);
      at += (braced?.length ?? 2) - 1;
    } else if (char === '[' || char === '&') java += `\\${char}`;
    else if (char === '^' && at > 0) java += String.raw`\^`;
    else java += char;
  }
  return `[${java}]`;
}
