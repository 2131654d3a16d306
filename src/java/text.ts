/** How values print: Java's `toString` and compact JSON (reference 03 section 2.1), and Java's `equals`. */
import { BudgetError, checkText, MAX_TEXT, spend, spendCompare, spendText } from './budget.js';
import { JavaDouble, JavaEntry, JavaList, JavaMap, JavaSet, type Key, type Value } from './values.js';

/**
 * Depth of nested values that can be printed, compared or read from JSON. Java overflows its stack somewhere above;
 * real payloads stay below 30.
 */
export const MAX_DEPTH = 500;

/** The text of a value; null and undefined are the empty text. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return objectText(value, 0);
  return String(value);
}

function objectText(
  value: Exclude<Value, string | number | bigint | boolean | null | undefined>,
  depth: number,
): string {
  if (value instanceof JavaDouble) return value.text;
  if (depth > MAX_DEPTH) throw new BudgetError('a value is nested too deeply to be printed');
  if (value instanceof JavaMap) return mapText(value, depth);
  if (value instanceof JavaList) return value.json ? jsonText(value) : listText(value.items, depth);
  if (value instanceof JavaSet) return listText(value.items, depth);
  if (value instanceof JavaEntry) return `${nestedText(value.key, depth)}=${nestedText(value.value, depth)}`;
  return value.toText();
}

/** A value inside another: null shows as `null`, as Java's collections print it. */
function nestedText(value: Value, depth: number): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'object') return objectText(value, depth + 1);
  return String(value);
}

function mapText(map: JavaMap, depth: number): string {
  if (map.kind === 'silent') return '';
  const { values } = map;
  const names = map.names.list;
  spend(values.length);
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ', ';
    text += `${String(names[i])}=${nestedText(values[i], depth)}`;
    if (text.length > MAX_TEXT) checkText(text);
  }
  return `${text}}`;
}

function listText(items: readonly Value[], depth: number): string {
  spend(items.length);
  let text = '[';
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ', ';
    text += nestedText(items[i], depth);
    if (text.length > MAX_TEXT) checkText(text);
  }
  return `${text}]`;
}

/** Compact JSON: members in order, numbers as received, characters outside ASCII as they are. */
export function jsonText(value: Value): string {
  const text = json(value, 0);
  if (text.length > MAX_TEXT) checkText(text);
  return text;
}

function json(value: Value, depth: number): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return String(value);
  if (value instanceof JavaDouble) return value.json;
  if (depth > MAX_DEPTH) throw new BudgetError('a value is nested too deeply to be printed');
  if (value instanceof JavaMap) {
    const { source, values } = value;
    if (source?.canonical === true) return source.text.slice(value.start, value.end);
    const names = value.names.list;
    spend(values.length);
    let text = '{';
    for (let i = 0; i < values.length; i++) {
      if (i > 0) text += ',';
      text += `${quoted(String(names[i]))}:${json(values[i], depth + 1)}`;
      if (text.length > MAX_TEXT) checkText(text);
    }
    return `${text}}`;
  }
  if (value instanceof JavaList || value instanceof JavaSet) {
    if (value instanceof JavaList && value.source?.canonical === true) {
      return value.source.text.slice(value.start, value.end);
    }
    const { items } = value;
    spend(items.length);
    let text = '[';
    for (let i = 0; i < items.length; i++) {
      if (i > 0) text += ',';
      text += json(items[i], depth + 1);
      if (text.length > MAX_TEXT) checkText(text);
    }
    return `${text}]`;
  }
  return quoted(objectText(value, depth));
}

function quoted(text: string): string {
  if (text.length > 1024) spendText(text.length);
  return JSON.stringify(text);
}

/** What a value is as the name of a map's member. */
export function keyOf(value: Value): Key {
  if (value === undefined || value === null) return null;
  return typeof value === 'object' ? textOf(value) : value;
}

/** Java's `equals`: numbers by value, lists and maps by content, everything else by identity. */
export function javaEquals(a: Value, b: Value): boolean {
  return equalsAt(a, b, 0);
}

function equalsAt(a: Value, b: Value, depth: number): boolean {
  if (typeof a === 'string') {
    if (typeof b !== 'string') return false;
    spendCompare(a, b);
    return a === b;
  }
  if (a === b) return true;
  if (a === null || a === undefined) return b === null || b === undefined;
  if (b === null || b === undefined) return false;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof JavaDouble) return b instanceof JavaDouble && Object.is(a.value, b.value);
  if (depth > MAX_DEPTH) throw new BudgetError('a value is nested too deeply to be compared');
  if (a instanceof JavaMap) {
    if (!(b instanceof JavaMap) || a.size !== b.size) return false;
    spend(a.size + 1);
    for (let i = 0; i < a.size; i++) {
      const position = b.names.find(a.names.list[i] as Key);
      if (position < 0 || !equalsAt(a.values[i], b.values[position], depth + 1)) return false;
    }
    return true;
  }
  if (a instanceof JavaList || a instanceof JavaSet) {
    if (a.constructor !== b.constructor) return false;
    const { items } = b as JavaList | JavaSet;
    if (a.items.length !== items.length) return false;
    spend(items.length + 1);
    return a.items.every((item, i) => equalsAt(item, items[i], depth + 1));
  }
  if (a instanceof JavaEntry) {
    return b instanceof JavaEntry && a.key === b.key && equalsAt(a.value, b.value, depth + 1);
  }
  return false;
}

/** `hashCode()` of a text: sums of 31 in 32 bits. */
export function textHash(text: string): number {
  spendText(text.length);
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
