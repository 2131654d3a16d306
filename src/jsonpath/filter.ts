/** Filters: `?(@.n > 3 && @.name in ['a','b'])`, with Jayway's operators and its rules of comparison. */
import { isNumber, toDouble } from '../java/numbers.js';
import { type JavaRegex, javaRegex, RegexSyntaxError } from '../java/regex/regex.js';
import { javaEquals, textOf } from '../java/text.js';
import { JavaDouble, JavaList, JavaMap, type Value } from '../java/values.js';
import { evaluate } from './evaluate.js';
import { parseLenient } from './lenient-json.js';
import { JsonPathError, parsePath, type Step } from './path-parser.js';
import { skipQuoted, unescaped } from './quoting.js';

/** True when the element passes. `root` is the document. */
export type FilterTest = (element: Value, root: Value) => boolean;

/** A side of a comparison; undefined: the path led nowhere. */
type Operand =
  | { kind: 'path'; root: '$' | '@'; steps: readonly Step[] }
  | { kind: 'value'; value: Value }
  | { kind: 'pattern'; regex: JavaRegex };

/** @param source what stands between the parentheses */
export function parseFilter(source: string, nesting: number): FilterTest {
  return new FilterParser(source, nesting).parse();
}

const MAX_DEPTH = 50;

class FilterParser {
  private readonly source: string;
  private readonly nesting: number;
  private at = 0;
  private depth = 0;

  constructor(source: string, nesting: number) {
    this.source = source;
    this.nesting = nesting;
  }

  parse(): FilterTest {
    const test = this.or();
    if (this.peek() !== '') throw this.error('Expected the end of the filter');
    return test;
  }

  private error(message: string): JsonPathError {
    return new JsonPathError(`${message} at position ${this.at} of the filter ${this.source}`, '');
  }

  private peek(): string {
    while (this.at < this.source.length && ' \t\n\r'.includes(this.source.charAt(this.at))) this.at++;
    return this.source.charAt(this.at);
  }

  private takes(word: string): boolean {
    this.peek();
    if (!this.source.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private or(): FilterTest {
    const tests = [this.and()];
    while (this.takes('||')) tests.push(this.and());
    const [only] = tests;
    if (tests.length === 1 && only !== undefined) return only;
    return (element, root) => tests.some((test) => test(element, root));
  }

  private and(): FilterTest {
    const tests = [this.operand()];
    while (this.takes('&&')) tests.push(this.operand());
    const [only] = tests;
    if (tests.length === 1 && only !== undefined) return only;
    return (element, root) => tests.every((test) => test(element, root));
  }

  private operand(): FilterTest {
    if (++this.depth > MAX_DEPTH) throw this.error('Parentheses nested too deeply');
    const test = this.operandInside();
    this.depth--;
    return test;
  }

  private operandInside(): FilterTest {
    const char = this.peek();
    if (char === '!') {
      this.at++;
      const test = this.operand();
      return (element, root) => !test(element, root);
    }
    if (char === '(') {
      this.at++;
      const test = this.or();
      if (!this.takes(')')) throw this.error("Expected ')'");
      return test;
    }
    return this.relation();
  }

  private relation(): FilterTest {
    const left = this.value();
    const operator = this.operator();
    if (operator === null) {
      if (left.kind !== 'path') throw this.error('Expected an operator');
      return (element, root) => resolve(left, element, root) !== undefined;
    }
    const right = this.value();
    const compare = OPERATORS.get(operator);
    if (operator === '=~') return matching(left, right);
    if (compare === undefined) throw this.error(`Unknown operator ${operator}`);
    return (element, root) => compare(resolve(left, element, root), resolve(right, element, root));
  }

  /** Null: none follows, the path is asked for its existence. */
  private operator(): string | null {
    this.peek();
    const match = /^(?:[<>=~!]+|[A-Za-z]+(?=[\s'"[(@$\-\d]))/.exec(
      this.source.slice(this.at, this.at + 20),
    )?.[0];
    if (match === undefined) return null;
    this.at += match.length;
    return match.toUpperCase();
  }

  private value(): Operand {
    const char = this.peek();
    if (char === '@' || char === '$') return this.path();
    if (char === "'" || char === '"') {
      const end = skipQuoted(this.source, this.at, char);
      if (end >= this.source.length) throw this.error(`A text is not closed by ${char}`);
      const text = unescaped(this.source.slice(this.at + 1, end));
      this.at = end + 1;
      return { kind: 'value', value: text };
    }
    if (char === '/') return this.pattern();
    const end = char === '[' || char === '{' ? this.closing(char) : this.wordEnd();
    const literal = this.source.slice(this.at, end);
    const value = parseLenient(literal);
    if (value === undefined || (typeof value === 'string' && !/^['"]/.test(literal))) {
      throw this.error(`Expected a path or a literal instead of ${literal || 'nothing'}`);
    }
    this.at = end;
    return { kind: 'value', value };
  }

  private wordEnd(): number {
    let end = this.at;
    while (end < this.source.length && !/[\s()&|<>=!~]/.test(this.source.charAt(end))) end++;
    return end;
  }

  private closing(open: string): number {
    const close = open === '[' ? ']' : '}';
    let depth = 0;
    for (let at = this.at; at < this.source.length; at++) {
      const char = this.source.charAt(at);
      if (char === "'" || char === '"') at = skipQuoted(this.source, at, char);
      else if (char === open) depth++;
      else if (char === close && --depth === 0) return at + 1;
    }
    throw this.error(`${open} is not closed`);
  }

  private path(): Operand {
    const from = this.at++;
    let parentheses = 0;
    while (this.at < this.source.length) {
      const char = this.source.charAt(this.at);
      if (char === '[') {
        this.at = this.closing('[');
        continue;
      }
      if (char === '(') parentheses++;
      else if (char === ')' && parentheses-- === 0) break;
      else if (parentheses <= 0 && /[\s<>=!~&|,]/.test(char)) break;
      this.at++;
    }
    const { root, steps } = parsePath(this.source.slice(from, this.at), this.nesting);
    return { kind: 'path', root, steps };
  }

  private pattern(): Operand {
    const end = skipQuoted(this.source, this.at, '/');
    if (end >= this.source.length) throw this.error('A regular expression is not closed by /');
    const pattern = this.source.slice(this.at + 1, end);
    const flags = /^[dixmsuU]*/.exec(this.source.slice(end + 1, end + 8))?.[0] ?? '';
    this.at = end + 1 + flags.length;
    try {
      return { kind: 'pattern', regex: javaRegex(pattern, flags) };
    } catch (error) {
      if (error instanceof RegexSyntaxError) throw this.error(error.message);
      throw error;
    }
  }
}

function resolve(operand: Operand, element: Value, root: Value): Value {
  if (operand.kind === 'value') return operand.value;
  if (operand.kind === 'pattern') return undefined;
  return evaluate(operand.steps, operand.root === '@' ? element : root, root);
}

function matching(left: Operand, right: Operand): FilterTest {
  const [pattern, other] = left.kind === 'pattern' ? [left, right] : [right, left];
  if (pattern.kind !== 'pattern' || other.kind === 'pattern') return () => false;
  const { regex } = pattern;
  const matches = (value: Value): boolean => {
    const text = value instanceof JavaMap || value instanceof JavaList ? '' : textOf(value);
    return regex.matches(text);
  };
  return (element, root) => {
    const value = resolve(other, element, root);
    return value instanceof JavaList ? value.items.some(matches) : matches(value);
  };
}

type Compare = (left: Value, right: Value) => boolean;

/** A text and a number are equal when they look alike; a path that led nowhere equals nothing. */
const equal: Compare = (left, right) => {
  if (left === undefined || right === undefined) return false;
  if (isNumber(left) && isNumber(right)) return order(left, right) === 0;
  if (isNumber(left) && typeof right === 'string') return right !== '' && Number(right) === toDouble(left);
  if (typeof left === 'string' && isNumber(right)) return left === textOf(right);
  return javaEquals(left, right);
};

const sameType: Compare = (left, right) => typeName(left) === typeName(right);

function typeName(value: Value): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (isNumber(value)) return 'number';
  return value instanceof JavaList || value instanceof JavaMap ? 'json' : typeof value;
}

/** Less than zero, zero, more; NaN when the two cannot be ordered. */
function order(left: Value, right: Value): number {
  if (isNumber(left) && isNumber(right)) {
    const a = left instanceof JavaDouble ? left.value : left;
    const b = right instanceof JavaDouble ? right.value : right;
    if (a < b) return -1;
    if (a > b) return 1;
    return a <= b ? 0 : Number.NaN;
  }
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return Number.NaN;
}

const contains = (list: Value, value: Value): boolean =>
  list instanceof JavaList && list.items.some((item) => equal(item, value));

const subset: Compare = (left, right) =>
  left instanceof JavaList && left.items.every((item) => contains(right, item));

const anyOf: Compare = (left, right) =>
  left instanceof JavaList && left.items.some((item) => contains(right, item));

const sizeOf = (value: Value): number => {
  if (typeof value === 'string') return value.length;
  return value instanceof JavaList ? value.items.length : -1;
};

const OPERATORS: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['==', equal],
  ['!=', (left, right) => !equal(left, right)],
  ['===', (left, right) => sameType(left, right) && equal(left, right)],
  ['!==', (left, right) => !(sameType(left, right) && equal(left, right))],
  ['<', (left, right) => order(left, right) < 0],
  ['<=', (left, right) => order(left, right) <= 0],
  ['>', (left, right) => order(left, right) > 0],
  ['>=', (left, right) => order(left, right) >= 0],
  ['IN', (left, right) => contains(right, left)],
  ['NIN', (left, right) => !contains(right, left)],
  ['ALL', (left, right) => left instanceof JavaList && subset(right, left)],
  ['SUBSETOF', subset],
  ['ANYOF', anyOf],
  ['NONEOF', (left, right) => left instanceof JavaList && right instanceof JavaList && !anyOf(left, right)],
  ['SIZE', (left, right) => isNumber(right) && sizeOf(left) === toDouble(right)],
  [
    'EMPTY',
    (left, right) => {
      if (left instanceof JavaMap) return (left.size === 0) === right;
      return sizeOf(left) >= 0 && (sizeOf(left) === 0) === right;
    },
  ],
  [
    'CONTAINS',
    (left, right) => {
      if (typeof left === 'string' && typeof right === 'string') return left.includes(right);
      return contains(left, right);
    },
  ],
]);
