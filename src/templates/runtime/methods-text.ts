/** Methods of `java.lang.String`. Arguments of other types than Java's signature mean there is no such method: null. */
import { BudgetError, checkText, MAX_TEXT, spend, spendJoin, spendText } from '../../java/budget.js';
import { type JavaRegex, javaRegex, RegexSyntaxError, ReplacementError } from '../../java/regex/regex.js';
import { javaEquals, textHash, textOf } from '../../java/text.js';
import { JavaList, type Value } from '../../java/values.js';
import { CallError } from '../errors.js';

/** A method: the target is of the type of its table. Undefined: the arguments do not fit. */
export type TextMethod = (target: string, a: Value, b: Value) => Value;

const isText = (value: Value): value is string => typeof value === 'string';
const isIndex = (value: Value): value is number => typeof value === 'number';

function outOfRange(begin: number, end: number, length: number): CallError {
  return new CallError(`substring: begin ${begin}, end ${end}, length ${length}`);
}

function substring(text: string, begin: number, end: number): string {
  if (begin < 0 || end > text.length || begin > end) throw outOfRange(begin, end, text.length);
  return text.slice(begin, end);
}

/** A regular expression's faults become errors of the call. */
function withRegex<T>(pattern: string, use: (regex: JavaRegex) => T): T {
  try {
    return use(javaRegex(pattern));
  } catch (error) {
    if (error instanceof RegexSyntaxError || error instanceof ReplacementError)
      throw new CallError(error.message);
    throw error;
  }
}

/** Pays for looking a text up in another: long ones can make the search slow down. */
function spendSearch(text: string, what: string): void {
  spendText(what.length > 64 ? text.length * 16 : text.length);
}

/** `String.replace`: every occurrence of a plain text. */
function replace(text: string, from: string, to: string): string {
  spendSearch(text, from);
  const grown = to.length - from.length;
  if (grown > 0) {
    let count = 0;
    if (from === '') count = text.length + 1;
    else for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + from.length)) count++;
    if (text.length + count * grown > MAX_TEXT)
      throw new BudgetError(`a text grew past ${MAX_TEXT} characters`);
  }
  // A function, because a text would have its `$` read as groups.
  return text.replaceAll(from, () => to);
}

function indexOf(text: string, what: Value, from: number): Value {
  spendSearch(text, isText(what) ? what : '');
  if (isText(what)) return text.indexOf(what, Math.max(0, from));
  return isIndex(what) ? text.indexOf(charOf(what), Math.max(0, from)) : undefined;
}

function lastIndexOf(text: string, what: Value, from: number): Value {
  spendSearch(text, isText(what) ? what : '');
  if (from < 0) return -1;
  if (isText(what)) return text.lastIndexOf(what, from);
  return isIndex(what) ? text.lastIndexOf(charOf(what), from) : undefined;
}

function charOf(code: number): string {
  return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function equalsIgnoreCase(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  spendText(a.length);
  return a.toUpperCase() === b.toUpperCase() || a.toLowerCase() === b.toLowerCase();
}

/** Java compares UTF-16 units, as JavaScript does, and returns the first difference. */
function compare(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  spendText(length);
  for (let i = 0; i < length; i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `String.trim`: characters up to U+0020. */
function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= 32) from++;
  while (to > from && text.charCodeAt(to - 1) <= 32) to--;
  spendText(text.length);
  return text.slice(from, to);
}

function split(text: string, pattern: string, limit: number): JavaList {
  return new JavaList(
    withRegex(pattern, (regex) => regex.split(text, limit)),
    false,
  );
}

function repeat(text: string, count: number): string {
  if (count < 0) throw new CallError(`count is negative: ${count}`);
  if (text.length * count > MAX_TEXT) throw new BudgetError(`a text grew past ${MAX_TEXT} characters`);
  return text.repeat(count);
}

/** The text, paid for as often as it will be read: whole, or as far as `other` reaches. */
function passed(text: string, other = text): string {
  spendText(other.length);
  return text;
}

function includes(text: string, part: string): boolean {
  spendSearch(text, part);
  return text.includes(part);
}

function concat(text: string, other: string): string {
  spendJoin(text.length + other.length);
  return checkText(text + other);
}

const NONE: Value = undefined;

/** By name and number of arguments. */
export const TEXT_METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ['length/0', (text) => text.length],
  ['isEmpty/0', (text) => text === ''],
  ['isBlank/0', (text) => passed(text).trim() === ''],
  ['toLowerCase/0', (text) => passed(text).toLowerCase()],
  ['toUpperCase/0', (text) => checkText(passed(text).toUpperCase())],
  ['trim/0', (text) => trim(text)],
  ['strip/0', (text) => passed(text).trim()],
  ['toString/0', (text) => text],
  ['intern/0', (text) => text],
  ['hashCode/0', (text) => textHash(text)],
  ['substring/1', (text, begin) => (isIndex(begin) ? substring(text, begin, text.length) : NONE)],
  [
    'substring/2',
    (text, begin, end) => (isIndex(begin) && isIndex(end) ? substring(text, begin, end) : NONE),
  ],
  [
    'subSequence/2',
    (text, begin, end) => (isIndex(begin) && isIndex(end) ? substring(text, begin, end) : NONE),
  ],
  [
    'charAt/1',
    (text, index) => {
      if (!isIndex(index)) return NONE;
      if (index < 0 || index >= text.length)
        throw new CallError(`charAt: index ${index}, length ${text.length}`);
      return text.charAt(index);
    },
  ],
  [
    'codePointAt/1',
    (text, index) => {
      if (!isIndex(index)) return NONE;
      const point = index < 0 ? undefined : text.codePointAt(index);
      if (point === undefined) throw new CallError(`codePointAt: index ${index}, length ${text.length}`);
      return point;
    },
  ],
  ['indexOf/1', (text, what) => indexOf(text, what, 0)],
  ['indexOf/2', (text, what, from) => (isIndex(from) ? indexOf(text, what, from) : NONE)],
  ['lastIndexOf/1', (text, what) => lastIndexOf(text, what, text.length)],
  ['lastIndexOf/2', (text, what, from) => (isIndex(from) ? lastIndexOf(text, what, from) : NONE)],
  ['startsWith/1', (text, prefix) => (isText(prefix) ? passed(text, prefix).startsWith(prefix) : NONE)],
  [
    'startsWith/2',
    (text, prefix, from) => {
      if (!isText(prefix) || !isIndex(from)) return NONE;
      return from >= 0 && from <= text.length && passed(text, prefix).startsWith(prefix, from);
    },
  ],
  ['endsWith/1', (text, suffix) => (isText(suffix) ? passed(text, suffix).endsWith(suffix) : NONE)],
  ['contains/1', (text, part) => (isText(part) ? includes(text, part) : NONE)],
  ['equals/1', (text, other) => javaEquals(text, other)],
  ['equalsIgnoreCase/1', (text, other) => (isText(other) ? equalsIgnoreCase(text, other) : NONE)],
  ['contentEquals/1', (text, other) => (isText(other) ? javaEquals(text, other) : NONE)],
  ['compareTo/1', (text, other) => (isText(other) ? compare(text, other) : NONE)],
  [
    'compareToIgnoreCase/1',
    (text, other) =>
      isText(other) ? compare(passed(text).toLowerCase(), passed(other).toLowerCase()) : NONE,
  ],
  ['concat/1', (text, other) => (isText(other) ? concat(text, other) : NONE)],
  ['repeat/1', (text, count) => (isIndex(count) ? repeat(text, count) : NONE)],
  ['replace/2', (text, from, to) => (isText(from) && isText(to) ? replace(text, from, to) : NONE)],
  [
    'replaceAll/2',
    (text, pattern, to) => {
      if (!isText(pattern) || !isText(to)) return NONE;
      return withRegex(pattern, (regex) => regex.replaceAll(text, to));
    },
  ],
  [
    'replaceFirst/2',
    (text, pattern, to) => {
      if (!isText(pattern) || !isText(to)) return NONE;
      return withRegex(pattern, (regex) => regex.replaceFirst(text, to));
    },
  ],
  [
    'matches/1',
    (text, pattern) => (isText(pattern) ? withRegex(pattern, (regex) => regex.matches(text)) : NONE),
  ],
  ['split/1', (text, pattern) => (isText(pattern) ? split(text, pattern, 0) : NONE)],
  [
    'split/2',
    (text, pattern, limit) => (isText(pattern) && isIndex(limit) ? split(text, pattern, limit) : NONE),
  ],
  [
    'toCharArray/0',
    (text) => {
      spend(text.length);
      return new JavaList(text.split(''), false);
    },
  ],
  ['valueOf/1', (_text, value) => textOf(value)],
]);
