/** Java's regular expression syntax (java.util.regex.Pattern) into a tree. */
import {
  and,
  anyOf,
  CharSet,
  ESCAPES,
  foldCase,
  isLineTerminator,
  isVertical,
  not,
  property,
  range,
  single,
  type Test,
} from './char-set.js';

/** The pattern is none: what and where. */
export class RegexSyntaxError extends Error {
  constructor(message: string, pattern: string, index: number) {
    const shown = pattern.length > 80 ? `${pattern.slice(0, 77)}...` : pattern;
    super(`${message} near index ${index} of the regular expression ${shown}`);
    this.name = 'RegexSyntaxError';
  }
}

export type RegexNode =
  | { kind: 'empty' }
  /** Matches nothing: a reference to a group that does not exist. */
  | { kind: 'fail' }
  | { kind: 'char'; code: number }
  | { kind: 'set'; set: CharSet }
  | { kind: 'sequence'; items: RegexNode[] }
  | { kind: 'choice'; items: RegexNode[] }
  | { kind: 'group'; index: number; body: RegexNode }
  | { kind: 'atomic'; body: RegexNode }
  | { kind: 'look'; behind: boolean; negative: boolean; body: RegexNode }
  | { kind: 'repeat'; body: RegexNode; min: number; max: number; greedy: boolean }
  | { kind: 'back'; index: number; ignoreCase: boolean }
  | { kind: 'assert'; what: Assertion };

/** `^ $` with and without (?m), `\A \z \Z \G \b \B`; the `unix` forms know only `\n` as a line's end. */
export type Assertion =
  | 'start'
  | 'lineStart'
  | 'lineStartUnix'
  | 'end'
  | 'endBeforeTerminator'
  | 'endBeforeTerminatorUnix'
  | 'lineEnd'
  | 'lineEndUnix'
  | 'lastMatch'
  | 'boundary'
  | 'notBoundary';

export interface ParsedPattern {
  root: RegexNode;
  /** Capturing groups, the whole match not counted. */
  groups: number;
  names: ReadonlyMap<string, number>;
}

interface Flags {
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  comments: boolean;
  unixLines: boolean;
  unicodeCase: boolean;
}

/** Group nesting; deeper patterns are nobody's and would overflow the stack. */
const MAX_DEPTH = 100;
const MAX_REPEAT = 2_147_483_647;

/** @param flags letters as in `(?i)`: d i m s u x */
export function parsePattern(pattern: string, flags = ''): ParsedPattern {
  return new PatternParser(pattern, flags).parse();
}

class PatternParser {
  private readonly pattern: string;
  private at = 0;
  private depth = 0;
  private groups = 0;
  private readonly names = new Map<string, number>();
  private flags: Flags = {
    ignoreCase: false,
    multiline: false,
    dotAll: false,
    comments: false,
    unixLines: false,
    unicodeCase: false,
  };

  constructor(pattern: string, flags: string) {
    this.pattern = pattern;
    for (const letter of flags) this.setFlag(letter, true);
  }

  parse(): ParsedPattern {
    const root = this.choice();
    if (this.at < this.pattern.length) throw this.error("Unmatched closing ')'");
    return { root, groups: this.groups, names: this.names };
  }

  private error(message: string): RegexSyntaxError {
    return new RegexSyntaxError(message, this.pattern, this.at);
  }

  private peek(): string {
    if (this.flags.comments) this.skipComments();
    return this.pattern.charAt(this.at);
  }

  private skipComments(): void {
    for (;;) {
      const char = this.pattern.charAt(this.at);
      if (char === '#') {
        while (this.at < this.pattern.length && !isLineTerminator(this.pattern.charCodeAt(this.at)))
          this.at++;
      } else if (char !== '' && ' \t\n\v\f\r'.includes(char)) this.at++;
      else return;
    }
  }

  private choice(): RegexNode {
    if (++this.depth > MAX_DEPTH) throw this.error('Groups nested too deeply');
    const outer = this.flags;
    const items = [this.sequence()];
    while (this.peek() === '|') {
      this.at++;
      items.push(this.sequence());
    }
    this.flags = outer;
    this.depth--;
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'choice', items };
  }

  private sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const char = this.peek();
      if (char === '' || char === '|' || char === ')') break;
      const atom = this.atom(char);
      if (atom === null) continue;
      if (atom.kind === 'sequence' && char === '\\') {
        // `\Qab\E*`: a quantifier behind quoted text is for its last character.
        const last = atom.items.pop();
        items.push(...atom.items);
        if (last !== undefined) items.push(this.quantified(last));
      } else items.push(this.quantified(atom));
    }
    if (items.length === 0) return { kind: 'empty' };
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'sequence', items };
  }

  /** Null: flags were set, there is nothing to match. */
  private atom(char: string): RegexNode | null {
    switch (char) {
      case '(':
        return this.group();
      case '[':
        this.at++;
        return this.set(this.charClass());
      case '.':
        this.at++;
        return { kind: 'set', set: new CharSet(this.dot()) };
      case '^':
        this.at++;
        if (!this.flags.multiline) return { kind: 'assert', what: 'start' };
        return { kind: 'assert', what: this.flags.unixLines ? 'lineStartUnix' : 'lineStart' };
      case '$':
        this.at++;
        if (this.flags.multiline) {
          return { kind: 'assert', what: this.flags.unixLines ? 'lineEndUnix' : 'lineEnd' };
        }
        return {
          kind: 'assert',
          what: this.flags.unixLines ? 'endBeforeTerminatorUnix' : 'endBeforeTerminator',
        };
      case '*':
      case '+':
      case '?':
        throw this.error(`Dangling meta character '${char}'`);
      case '{':
        throw this.error('Illegal repetition');
      case '\\':
        return this.escape();
      default:
        return this.char(this.codePoint());
    }
  }

  private dot(): Test {
    if (this.flags.dotAll) return () => true;
    return this.flags.unixLines ? not(single(10)) : not(isLineTerminator);
  }

  private char(code: number): RegexNode {
    if (!this.flags.ignoreCase) return { kind: 'char', code };
    return this.set(single(code));
  }

  private set(test: Test): RegexNode {
    const { ignoreCase, unicodeCase } = this.flags;
    return { kind: 'set', set: new CharSet(ignoreCase ? foldCase(test, unicodeCase) : test) };
  }

  private codePoint(): number {
    const code = this.pattern.codePointAt(this.at);
    if (code === undefined) throw this.error('Unexpected end');
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private group(): RegexNode | null {
    this.at++;
    if (this.pattern.charAt(this.at) !== '?') {
      const index = ++this.groups;
      return { kind: 'group', index, body: this.closed(this.choice()) };
    }
    this.at++;
    const next = this.pattern.charAt(this.at);
    const after = this.pattern.charAt(this.at + 1);
    if (next === ':') return this.opened(1, (body) => body);
    if (next === '=')
      return this.opened(1, (body) => ({ kind: 'look', behind: false, negative: false, body }));
    if (next === '!')
      return this.opened(1, (body) => ({ kind: 'look', behind: false, negative: true, body }));
    if (next === '>') return this.opened(1, (body) => ({ kind: 'atomic', body }));
    if (next === '<' && after === '=') {
      return this.opened(2, (body) => ({ kind: 'look', behind: true, negative: false, body }));
    }
    if (next === '<' && after === '!') {
      return this.opened(2, (body) => ({ kind: 'look', behind: true, negative: true, body }));
    }
    if (next === '<') return this.namedGroup();
    return this.flagGroup();
  }

  private opened(length: number, make: (body: RegexNode) => RegexNode): RegexNode {
    this.at += length;
    return make(this.closed(this.choice()));
  }

  private closed(body: RegexNode): RegexNode {
    if (this.peek() !== ')') throw this.error('Unclosed group');
    this.at++;
    return body;
  }

  private namedGroup(): RegexNode {
    const name = /^<([A-Za-z][A-Za-z0-9]*)>/.exec(this.pattern.slice(this.at, this.at + 200))?.[1];
    if (name === undefined) throw this.error('Named group without a proper name');
    if (this.names.has(name)) throw this.error(`Named group <${name}> is already defined`);
    this.at += name.length + 2;
    const index = ++this.groups;
    this.names.set(name, index);
    return { kind: 'group', index, body: this.closed(this.choice()) };
  }

  /** `(?i)` for the rest of the group, `(?i:...)` for its content. */
  private flagGroup(): RegexNode | null {
    const outer = this.flags;
    this.flags = { ...outer };
    let on = true;
    for (;;) {
      const letter = this.pattern.charAt(this.at++);
      if (letter === ')') return null;
      if (letter === ':') {
        const body = this.closed(this.choice());
        this.flags = outer;
        return body;
      }
      if (letter === '-') on = false;
      else this.setFlag(letter, on);
    }
  }

  private setFlag(letter: string, on: boolean): void {
    if (letter === 'i') this.flags.ignoreCase = on;
    else if (letter === 'm') this.flags.multiline = on;
    else if (letter === 's') this.flags.dotAll = on;
    else if (letter === 'x') this.flags.comments = on;
    else if (letter === 'd') this.flags.unixLines = on;
    else if (letter === 'u' || letter === 'U') this.flags.unicodeCase = on;
    else throw this.error('Unknown inline modifier');
  }

  private quantified(atom: RegexNode): RegexNode {
    const char = this.peek();
    let min: number;
    let max: number;
    if (char === '*') [min, max] = [0, MAX_REPEAT];
    else if (char === '+') [min, max] = [1, MAX_REPEAT];
    else if (char === '?') [min, max] = [0, 1];
    else if (char === '{') {
      const bounds = /^\{(\d{1,10})(,(\d{0,10}))?\}/.exec(this.pattern.slice(this.at, this.at + 24));
      if (bounds === null) throw this.error('Illegal repetition');
      min = Number(bounds[1]);
      max = bounds[2] === undefined ? min : bounds[3] === '' ? MAX_REPEAT : Number(bounds[3]);
      if (min > max || max > MAX_REPEAT) throw this.error('Illegal repetition range');
      this.at += bounds[0].length - 1;
    } else return atom;
    this.at++;
    const mode = this.pattern.charAt(this.at);
    if (mode === '?' || mode === '+') this.at++;
    const repeat: RegexNode = { kind: 'repeat', body: atom, min, max, greedy: mode !== '?' };
    return mode === '+' ? { kind: 'atomic', body: repeat } : repeat;
  }

  private escape(): RegexNode | null {
    this.at++;
    const char = this.pattern.charAt(this.at);
    const known = ESCAPES.get(char);
    if (known !== undefined) {
      this.at++;
      return { kind: 'set', set: new CharSet(known) };
    }
    if (char === 'Q') return this.quotedText();
    if (char >= '1' && char <= '9') return this.backReference();
    if (char === 'k') return this.namedBackReference();
    if (char === 'R') {
      this.at++;
      const pair: RegexNode = { kind: 'sequence', items: [this.plain(13), this.plain(10)] };
      return {
        kind: 'atomic',
        body: { kind: 'choice', items: [pair, { kind: 'set', set: new CharSet(isVertical) }] },
      };
    }
    const assertion = ASSERTIONS.get(char);
    if (assertion !== undefined) {
      this.at++;
      const unix = assertion === 'endBeforeTerminator' && this.flags.unixLines;
      return { kind: 'assert', what: unix ? 'endBeforeTerminatorUnix' : assertion };
    }
    const set = this.propertyEscape(char);
    if (set !== undefined) return this.set(set);
    return this.char(this.escapedCode());
  }

  private plain(code: number): RegexNode {
    return { kind: 'char', code };
  }

  /** `\Q...\E` */
  private quotedText(): RegexNode | null {
    const from = this.at + 1;
    const end = this.pattern.indexOf('\\E', from);
    const text = this.pattern.slice(from, end < 0 ? undefined : end);
    this.at = end < 0 ? this.pattern.length : end + 2;
    if (text === '') return null;
    return { kind: 'sequence', items: Array.from(text, (char) => this.char(char.codePointAt(0) ?? 0)) };
  }

  private backReference(): RegexNode {
    let index = Number(this.pattern.charAt(this.at++));
    for (;;) {
      const digit = this.pattern.charAt(this.at);
      if (digit < '0' || digit > '9' || index * 10 + Number(digit) > this.groups) break;
      index = index * 10 + Number(digit);
      this.at++;
    }
    if (index > this.groups) return { kind: 'fail' };
    return { kind: 'back', index, ignoreCase: this.flags.ignoreCase };
  }

  private namedBackReference(): RegexNode {
    const name = /^k<([A-Za-z][A-Za-z0-9]*)>/.exec(this.pattern.slice(this.at, this.at + 200))?.[1];
    const index = name === undefined ? undefined : this.names.get(name);
    if (name === undefined || index === undefined) throw this.error('Unknown named group reference');
    this.at += name.length + 3;
    return { kind: 'back', index, ignoreCase: this.flags.ignoreCase };
  }

  /** `\p{...}` and `\P{...}`; undefined when the escape is another one. */
  private propertyEscape(char: string): Test | undefined {
    if (char !== 'p' && char !== 'P') return undefined;
    const braced = /^.\{([^}]{1,60})\}/.exec(this.pattern.slice(this.at, this.at + 64));
    const name = braced?.[1] ?? this.pattern.charAt(this.at + 1);
    const test = property(name);
    if (test === undefined) throw this.error(`Unknown character property {${name}}`);
    this.at += braced === null ? 2 : braced[0].length;
    return char === 'P' ? not(test) : test;
  }

  /** The character of an escape like `\n`, `\x41`, `\.`; `at` is on the character behind the backslash. */
  private escapedCode(): number {
    const char = this.pattern.charAt(this.at);
    const simple = SIMPLE.get(char);
    if (simple !== undefined) {
      this.at++;
      return simple;
    }
    const rest = this.pattern.slice(this.at, this.at + 12);
    const coded =
      /^x([0-9A-Fa-f]{2})/.exec(rest) ??
      /^x\{([0-9A-Fa-f]{1,6})\}/.exec(rest) ??
      /^u([0-9A-Fa-f]{4})/.exec(rest);
    if (coded !== null) {
      this.at += coded[0].length;
      return this.validCode(Number.parseInt(coded[1] ?? '', 16));
    }
    const octal = /^0([0-3][0-7]{2}|[0-7]{1,2})/.exec(rest);
    if (octal !== null) {
      this.at += octal[0].length;
      return Number.parseInt(octal[1] ?? '', 8);
    }
    const control = /^c(.)/s.exec(rest);
    if (control !== null) {
      this.at += 2;
      return rest.charCodeAt(1) ^ 64;
    }
    if (char === '') throw this.error('Unexpected internal error: a backslash ends the pattern');
    if (/[A-Za-z0-9]/.test(char)) throw this.error('Illegal/unsupported escape sequence');
    return this.codePoint();
  }

  private validCode(code: number): number {
    if (code > 0x10ffff) throw this.error('Hexadecimal code point is too big');
    return code;
  }

  /** After the opening bracket; consumes the closing one. Unions, `&&`, ranges, nested classes; `^` binds loosest. */
  private charClass(): Test {
    if (++this.depth > MAX_DEPTH) throw this.error('Character classes nested too deeply');
    const negative = this.pattern.charAt(this.at) === '^';
    if (negative) this.at++;
    const parts: Test[] = [];
    let left: Test | null = null;
    let first = true;
    for (;;) {
      const char = this.peek();
      if (char === '') throw this.error('Unclosed character class');
      if (char === ']' && !first) break;
      first = false;
      if (char === '[') {
        this.at++;
        parts.push(this.charClass());
      } else if (this.pattern.startsWith('&&', this.at)) {
        this.at += 2;
        if (parts.length > 0)
          left = left === null ? anyOf(parts.splice(0)) : and(left, anyOf(parts.splice(0)));
      } else {
        parts.push(this.classMember(char));
      }
    }
    this.at++;
    this.depth--;
    const right = anyOf(parts.slice());
    const test = left === null ? right : parts.length === 0 ? left : and(left, right);
    return negative ? not(test) : test;
  }

  private classMember(char: string): Test {
    if (char === '\\') {
      const next = this.pattern.charAt(this.at + 1);
      const known = ESCAPES.get(next);
      if (known !== undefined) {
        this.at += 2;
        return known;
      }
      if (next === 'Q') {
        const end = this.pattern.indexOf('\\E', this.at);
        const text = this.pattern.slice(this.at + 2, end < 0 ? undefined : end);
        this.at = end < 0 ? this.pattern.length : end + 2;
        return anyOf(Array.from(text, (quoted) => single(quoted.codePointAt(0) ?? 0)));
      }
      this.at++;
      const set = this.propertyEscape(next);
      if (set !== undefined) return set;
      return this.classRange(this.escapedCode());
    }
    return this.classRange(this.codePoint());
  }

  private classRange(from: number): Test {
    const next = this.pattern.charAt(this.at + 1);
    if (this.pattern.charAt(this.at) !== '-' || next === ']' || next === '[' || next === '')
      return single(from);
    if (next === '\\' && ESCAPES.has(this.pattern.charAt(this.at + 2))) return single(from);
    this.at++;
    let to: number;
    if (next === '\\') {
      this.at++;
      to = this.escapedCode();
    } else to = this.codePoint();
    if (to < from) throw this.error('Illegal character range');
    return range(from, to);
  }
}

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['r', 13],
  ['f', 12],
  ['a', 7],
  ['e', 27],
]);

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['b', 'boundary'],
  ['B', 'notBoundary'],
  ['A', 'start'],
  ['z', 'end'],
  ['Z', 'endBeforeTerminator'],
  ['G', 'lastMatch'],
]);
