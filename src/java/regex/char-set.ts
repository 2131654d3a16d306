/** Character classes of Java's regular expressions: sets of code points. */

/** True for the code points of the set. */
export type Test = (codePoint: number) => boolean;

/** A set with its Latin-1 part as a table: most input never reaches `test`. */
export class CharSet {
  readonly table = new Uint8Array(256);
  readonly test: Test;
  constructor(test: Test) {
    this.test = test;
    for (let code = 0; code < 256; code++) this.table[code] = test(code) ? 1 : 0;
  }
  has(codePoint: number): boolean {
    return codePoint < 256 ? this.table[codePoint] === 1 : this.test(codePoint);
  }
}

export const single =
  (codePoint: number): Test =>
  (c) =>
    c === codePoint;
export const range =
  (from: number, to: number): Test =>
  (c) =>
    c >= from && c <= to;
export const not =
  (test: Test): Test =>
  (c) =>
    !test(c);
export const and =
  (a: Test, b: Test): Test =>
  (c) =>
    a(c) && b(c);

/** Members of one union, tried in order; a flat list, so that a long class is no deep chain of calls. */
export const anyOf = (tests: readonly Test[]): Test => {
  if (tests.length === 1 && tests[0] !== undefined) return tests[0];
  return (c) => {
    for (const test of tests) if (test(c)) return true;
    return false;
  };
};

const oneOf = (text: string): Test => {
  const codes = new Set(Array.from(text, (char) => char.codePointAt(0) ?? 0));
  return (c) => codes.has(c);
};

const isDigit = range(48, 57);
const isLower = range(97, 122);
const isUpper = range(65, 90);
const isAlpha = anyOf([isLower, isUpper]);
const isSpace = oneOf(' \t\n\v\f\r');
const isWord = anyOf([isAlpha, isDigit, single(95)]);
const isHorizontal = oneOf(
  ' \t\u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000',
);
export const isVertical = oneOf('\n\v\f\r\u0085\u2028\u2029');
export const isLineTerminator = oneOf('\n\r\u0085\u2028\u2029');
const isGraph = range(0x21, 0x7e);
const isPunct = and(isGraph, not(anyOf([isAlpha, isDigit])));

/** `\d` and its like, by the letter; ASCII only, as in Java without UNICODE_CHARACTER_CLASS. */
export const ESCAPES: ReadonlyMap<string, Test> = new Map([
  ['d', isDigit],
  ['D', not(isDigit)],
  ['s', isSpace],
  ['S', not(isSpace)],
  ['w', isWord],
  ['W', not(isWord)],
  ['h', isHorizontal],
  ['H', not(isHorizontal)],
  ['v', isVertical],
  ['V', not(isVertical)],
]);

const POSIX: ReadonlyMap<string, Test> = new Map([
  ['Lower', isLower],
  ['Upper', isUpper],
  ['ASCII', range(0, 127)],
  ['Alpha', isAlpha],
  ['Digit', isDigit],
  ['Alnum', anyOf([isAlpha, isDigit])],
  ['Punct', isPunct],
  ['Graph', isGraph],
  ['Print', range(0x20, 0x7e)],
  ['Blank', oneOf(' \t')],
  ['Cntrl', anyOf([range(0, 31), single(127)])],
  ['XDigit', anyOf([isDigit, range(97, 102), range(65, 70)])],
  ['Space', isSpace],
  ['javaLowerCase', unicode('Ll')],
  ['javaUpperCase', unicode('Lu')],
  ['javaWhitespace', oneOf(' \t\n\v\f\r\u001c\u001d\u001e\u001f\u2028\u2029')],
  ['javaLetter', unicode('L')],
  ['javaDigit', unicode('Nd')],
  ['javaLetterOrDigit', unicode('L', 'Nd')],
]);

/** What Java's word boundary takes for a word: letters and digits of any script, and `_`. */
export const isWordLetter: Test = anyOf([isWord, and((c) => c > 127, unicode('L', 'Nd'))]);

/**
 * Unicode properties by the platform's own tables. One character is tested at a time, so the platform's expressions
 * cannot run away. The names come from this file or from the check in `property`.
 */
function unicode(...names: string[]): Test {
  const expression = new RegExp(`[${names.map((name) => `\\p{${name}}`).join('')}]`, 'u');
  return (c) => expression.test(String.fromCodePoint(c));
}

/** The set of `\p{name}`; undefined when Java or the platform does not know it. */
export function property(name: string): Test | undefined {
  const posix = POSIX.get(name);
  if (posix !== undefined) return posix;
  if (!/^[A-Za-z][A-Za-z_=]*$/.test(name)) return undefined;
  const block = /^(?:In|blk=|block=)/.exec(name);
  if (block !== null) return undefined;
  const script = /^(?:script=|sc=|Is)(\w+)$/.exec(name);
  const plain = name.replace(/^(?:general_category=|gc=|Is)/, '');
  for (const candidate of script === null ? [plain] : [plain, `Script=${script[1]}`]) {
    try {
      return unicode(candidate);
    } catch {
      // Not a property the platform knows under this name: the next form of it, or none.
    }
  }
  return undefined;
}

/** The same characters in either case; ASCII only unless `unicodeCase`. */
export function foldCase(test: Test, unicodeCase: boolean): Test {
  return (c) => {
    if (test(c)) return true;
    if (c < 128 || unicodeCase) {
      const char = String.fromCodePoint(c);
      const lower = char.toLowerCase();
      const upper = char.toUpperCase();
      return sameLength(lower, c, test) || sameLength(upper, c, test);
    }
    return false;
  };
}

function sameLength(other: string, original: number, test: Test): boolean {
  const code = other.codePointAt(0);
  if (code === undefined || code === original || String.fromCodePoint(code).length !== other.length)
    return false;
  return test(code);
}
