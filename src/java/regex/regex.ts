/**
 * Java's regular expressions, for templates, JSONPath and selection patterns. The platform's own engine is not used: its
 * syntax and rules differ from Java's, and it cannot be stopped once a hostile pattern runs.
 *
 * Everything spends from the budget (budget.ts) and throws BudgetError when it runs out.
 */
import { checkText, spend, spendCompare, spendText } from '../budget.js';
import { Matcher } from './matcher.js';
import { compilePattern, type Program } from './program.js';

export { RegexSyntaxError } from './pattern.js';

/** A replacement text refers to a group that is not there, or ends in the middle of something. */
export class ReplacementError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplacementError';
  }
}

type Piece = string | number;

export class JavaRegex {
  readonly pattern: string;
  private readonly program: Program;

  /**
   * @param flags letters as in `(?i)`
   * @throws RegexSyntaxError
   */
  constructor(pattern: string, flags = '') {
    this.pattern = pattern;
    spend(64 + pattern.length * 16);
    this.program = compilePattern(pattern, flags);
  }

  /** `String.matches`: the whole text. */
  matches(text: string): boolean {
    if (this.program.literal !== null) {
      spendCompare(text, this.program.literal);
      return text === this.program.literal;
    }
    return new Matcher(this.program, text).matches();
  }

  /** True when the pattern occurs in the text. */
  finds(text: string): boolean {
    const { literal } = this.program;
    if (literal === null) return new Matcher(this.program, text).find(0);
    spendText(text.length);
    return text.includes(literal);
  }

  replaceAll(text: string, replacement: string): string {
    return this.replace(text, replacement, Number.POSITIVE_INFINITY);
  }

  replaceFirst(text: string, replacement: string): string {
    return this.replace(text, replacement, 1);
  }

  /** Java's `split` without limit: trailing empty parts are dropped, a match of nothing at the start makes no part. */
  split(text: string, limit = 0): string[] {
    const parts: string[] = [];
    let from = 0;
    this.each(text, limit > 0 ? limit - 1 : Number.POSITIVE_INFINITY, (start, end) => {
      if (end === 0) return false;
      spend(1);
      parts.push(text.slice(from, start));
      from = end;
      return true;
    });
    if (parts.length === 0 && from === 0) return [text];
    parts.push(text.slice(from));
    if (limit === 0) while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop();
    return parts;
  }

  /** Calls `visit` for each match, as often as `most`, as long as it counts (returns true). */
  private each(
    text: string,
    most: number,
    visit: (start: number, end: number, match: Matcher | null) => boolean,
  ): void {
    const { literal } = this.program;
    let seen = 0;
    if (literal !== null && literal !== '') {
      spendText(text.length);
      for (
        let at = text.indexOf(literal);
        at >= 0 && seen < most;
        at = text.indexOf(literal, at + literal.length)
      ) {
        if (visit(at, at + literal.length, null)) seen++;
      }
      return;
    }
    const matcher = new Matcher(this.program, text);
    let at = 0;
    while (seen < most && at <= text.length && matcher.find(at)) {
      const [start = 0, end = 0] = matcher.groups;
      if (visit(start, end, matcher)) seen++;
      at = end > start ? end : end + 1;
    }
  }

  private replace(text: string, replacement: string, most: number): string {
    let pieces: readonly Piece[] | null = null;
    let result = '';
    let from = 0;
    this.each(text, most, (start, end, match) => {
      pieces ??= this.pieces(replacement);
      spend(1);
      result += text.slice(from, start);
      for (const piece of pieces) {
        if (typeof piece === 'string') result += piece;
        else result += match === null ? text.slice(start, end) : group(match, piece);
      }
      from = end;
      checkText(result);
      return true;
    });
    return from === 0 && pieces === null ? text : checkText(result + text.slice(from));
  }

  /** A replacement's parts: texts, and numbers of groups (`$1`, `${name}`; `\` makes the next character plain). */
  private pieces(replacement: string): Piece[] {
    const pieces: Piece[] = [];
    let plain = '';
    for (let i = 0; i < replacement.length; i++) {
      const char = replacement.charAt(i);
      if (char === '\\') {
        if (++i >= replacement.length) throw new ReplacementError('character to be escaped is missing');
        plain += replacement.charAt(i);
      } else if (char === '$') {
        const named = /^\{([A-Za-z][A-Za-z0-9]*)\}/.exec(replacement.slice(i + 1, i + 130));
        let index =
          named === null
            ? Number.parseInt(replacement.charAt(i + 1), 10)
            : this.program.names.get(named[1] ?? '');
        if (index === undefined || Number.isNaN(index)) throw new ReplacementError('Illegal group reference');
        if (index > this.program.groups) throw new ReplacementError(`No group ${index}`);
        if (named !== null) i += named[0].length;
        else {
          i++;
          for (;;) {
            const digit = Number.parseInt(replacement.charAt(i + 1), 10);
            if (Number.isNaN(digit) || index * 10 + digit > this.program.groups) break;
            index = index * 10 + digit;
            i++;
          }
        }
        pieces.push(plain, index);
        plain = '';
      } else plain += char;
    }
    pieces.push(plain);
    return pieces;
  }
}

function group(match: Matcher, index: number): string {
  const from = match.groups[index * 2] ?? -1;
  const to = match.groups[index * 2 + 1] ?? -1;
  return from < 0 ? '' : match.text.slice(from, to);
}

/** Patterns kept compiled by one worker: templates bring a handful, and some build them from what clients send. */
const CACHED = 256;
const cache = new Map<string, JavaRegex>();

/** @throws RegexSyntaxError */
export function javaRegex(pattern: string, flags = ''): JavaRegex {
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const regex = new JavaRegex(pattern, flags);
  if (pattern.length <= 1024) {
    const oldest = cache.keys().next();
    if (cache.size >= CACHED && oldest.done !== true) cache.delete(oldest.value);
    cache.set(key, regex);
  }
  return regex;
}
