/**
 * JSONPath as Jayway reads it: `$`, dot and bracket names, indexes, slices, unions, wildcards, deep scans, filters and
 * functions. A path without `$` means `$.` and the path.
 */
import type { Value } from '../java/values.js';
import { type FilterTest, parseFilter } from './filter.js';
import { parseLenient } from './lenient-json.js';
import { skipQuoted, unescaped } from './quoting.js';

/** The path is none: what, where, and the path. */
export class JsonPathError extends Error {
  constructor(message: string, path: string) {
    super(`${message} in the JSONPath ${path.length > 100 ? `${path.slice(0, 97)}...` : path}`);
    this.name = 'JsonPathError';
  }
}

export type Step =
  | { kind: 'name'; name: string }
  /** `['a','b']`: at the end an object of those members, before other steps each of them in turn. */
  | { kind: 'names'; names: readonly string[] }
  | { kind: 'index'; index: number }
  | { kind: 'indexes'; indexes: readonly number[] }
  /** Absent bounds are null; negative ones count from the end. */
  | { kind: 'slice'; from: number | null; to: number | null }
  | { kind: 'wildcard' }
  /** `..`: what follows is applied at every depth. */
  | { kind: 'scan' }
  | { kind: 'filter'; test: FilterTest }
  | { kind: 'function'; name: string; parameters: readonly Parameter[] };

export type Parameter = { kind: 'path'; steps: readonly Step[] } | { kind: 'value'; value: Value };

export interface ParsedPath {
  /** `@` paths start at the element a filter looks at. */
  root: '$' | '@';
  steps: readonly Step[];
}

/** Characters of a path, and steps in it: real ones have a handful. */
const MAX_LENGTH = 10_000;
const MAX_STEPS = 200;
/** Filters and functions inside each other. */
const MAX_NESTING = 16;

/** @throws JsonPathError */
export function parsePath(source: string, nesting = 0): ParsedPath {
  const path = source.trim();
  if (path.length > MAX_LENGTH) throw new JsonPathError(`More than ${MAX_LENGTH} characters`, path);
  if (nesting > MAX_NESTING) throw new JsonPathError('Filters and functions nested too deeply', path);
  if (path === '') throw new JsonPathError('Nothing', path);
  const first = path.charAt(0);
  const rooted = first === '$' || first === '@' ? path : `$.${path}`;
  if (rooted.endsWith('.')) throw new JsonPathError("A path must not end with '.' or '..'", path);
  return new PathParser(rooted, nesting).parse();
}

class PathParser {
  private readonly path: string;
  private readonly nesting: number;
  private readonly steps: Step[] = [];
  private at = 1;

  constructor(path: string, nesting: number) {
    this.path = path;
    this.nesting = nesting;
  }

  parse(): ParsedPath {
    const root = this.path.charAt(0) === '@' ? '@' : '$';
    const next = this.path.charAt(1);
    if (next !== '' && next !== '.' && next !== '[') throw this.error("Expected '.' or '['");
    while (this.at < this.path.length) {
      if (this.steps.length >= MAX_STEPS) throw this.error(`More than ${MAX_STEPS} steps`);
      this.step();
    }
    return { root, steps: this.steps };
  }

  private error(message: string): JsonPathError {
    return new JsonPathError(`${message} at position ${this.at}`, this.path);
  }

  private step(): void {
    const char = this.path.charAt(this.at);
    if (char === '[') this.bracket();
    else if (char === '.') this.dot();
    else if (char === '*') this.wildcard(this.at + 1);
    else this.nameOrFunction();
  }

  private dot(): void {
    if (this.path.charAt(this.at + 1) === '.') {
      this.steps.push({ kind: 'scan' });
      this.at += 2;
    } else this.at++;
    const next = this.path.charAt(this.at);
    if (next === '.' || next === '') throw this.error("Character '.' is not valid here");
    if (next === '[') this.bracket();
    else if (next === '*') this.wildcard(this.at + 1);
    else this.nameOrFunction();
  }

  private wildcard(end: number): void {
    this.steps.push({ kind: 'wildcard' });
    this.at = end;
  }

  private nameOrFunction(): void {
    const from = this.at;
    let at = from;
    for (; at < this.path.length; at++) {
      const char = this.path.charAt(at);
      if (char === ' ') {
        this.at = at;
        throw this.error("Write names with blanks as ['my name']; a blank");
      }
      if (char === '.' || char === '[') break;
      if (char === '(') {
        this.call(this.path.slice(from, at), at);
        return;
      }
    }
    this.steps.push({ kind: 'name', name: this.path.slice(from, at) });
    this.at = at;
  }

  private call(name: string, open: number): void {
    const close = closing(this.path, open);
    if (close < 0) throw this.error(`The arguments of ${name}() are not closed`);
    const parameters = split(this.path.slice(open + 1, close)).map((text) => this.parameter(text));
    this.steps.push({ kind: 'function', name, parameters });
    this.at = close + 1;
  }

  private parameter(text: string): Parameter {
    if (text.startsWith('$') || text.startsWith('@')) {
      return { kind: 'path', steps: parsePath(text, this.nesting + 1).steps };
    }
    const value = parseLenient(text);
    if (value === undefined) throw this.error(`The argument ${text} is neither a path nor JSON`);
    return { kind: 'value', value };
  }

  private bracket(): void {
    const inside = this.blanks(this.at + 1);
    const char = this.path.charAt(inside);
    if (char === "'" || char === '"') this.names(inside, char);
    else if (char === '*') {
      const end = this.blanks(inside + 1);
      if (this.path.charAt(end) !== ']') throw this.error("Expected ']' after '[*'");
      this.wildcard(end + 1);
    } else if (char === '?') this.filter(inside);
    else this.numbers();
  }

  private blanks(from: number): number {
    let at = from;
    while (at < this.path.length && ' \t\n\r'.includes(this.path.charAt(at))) at++;
    return at;
  }

  private names(from: number, quote: string): void {
    const names: string[] = [];
    let at = from;
    for (;;) {
      if (this.path.charAt(at) !== quote) throw this.error(`Expected a name in ${quote}`);
      const start = ++at;
      while (at < this.path.length && this.path.charAt(at) !== quote)
        at += this.path.charAt(at) === '\\' ? 2 : 1;
      if (at >= this.path.length) throw this.error(`A name is not closed by ${quote}`);
      names.push(unescaped(this.path.slice(start, at)));
      at = this.blanks(at + 1);
      const next = this.path.charAt(at);
      if (next === ']') break;
      if (next !== ',') throw this.error("Expected ',' or ']' after a name");
      at = this.blanks(at + 1);
    }
    const [name] = names;
    this.steps.push(
      names.length === 1 && name !== undefined ? { kind: 'name', name } : { kind: 'names', names },
    );
    this.at = at + 1;
  }

  private numbers(): void {
    const end = this.path.indexOf(']', this.at);
    const text = end < 0 ? '' : this.path.slice(this.at + 1, end).trim();
    const slice = /^(-?\d{1,9})? *: *(-?\d{1,9})?$/.exec(text);
    if (slice !== null) {
      const from = slice[1] === undefined ? null : Number(slice[1]);
      const to = slice[2] === undefined ? null : Number(slice[2]);
      if (from === null && to === null) throw this.error("A slice needs a bound before or after ':'");
      this.steps.push({ kind: 'slice', from, to });
    } else if (/^-?\d{1,9}(?: *, *-?\d{1,9})*$/.test(text)) {
      const indexes = text.split(',').map(Number);
      const [index] = indexes;
      this.steps.push(
        indexes.length === 1 && index !== undefined ? { kind: 'index', index } : { kind: 'indexes', indexes },
      );
    } else throw this.error("Expected ?, ', a number or * after '['");
    this.at = end + 1;
  }

  private filter(question: number): void {
    const open = this.blanks(question + 1);
    const close = this.path.charAt(open) === '(' ? closing(this.path, open) : -1;
    const end = close < 0 ? -1 : this.blanks(close + 1);
    if (end < 0 || this.path.charAt(end) !== ']') throw this.error('Expected a filter of the form [?(...)]');
    this.steps.push({
      kind: 'filter',
      test: parseFilter(this.path.slice(open + 1, close), this.nesting + 1),
    });
    this.at = end + 1;
  }
}

/** Position of the parenthesis that closes the one at `open`, quotes and patterns skipped; -1: none. */
function closing(path: string, open: number): number {
  let depth = 0;
  let at = open;
  while (at < path.length) {
    const char = path.charAt(at);
    if (char === "'" || char === '"') at = skipQuoted(path, at, char);
    else if (char === '/' && /[~(,&|\s]/.test(previous(path, at))) at = skipQuoted(path, at, '/');
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at;
    at++;
  }
  return -1;
}

function previous(path: string, at: number): string {
  let before = at - 1;
  while (before > 0 && path.charAt(before) === ' ') before--;
  return path.charAt(before);
}

/** Arguments, at commas outside quotes and brackets. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "'" || char === '"') at = skipQuoted(text, at, char);
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' && parts.length === 0 ? [] : [...parts, last];
}
