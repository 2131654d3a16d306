/** The literals of filters and function arguments: JSON that may use single quotes, as in `['a','b']`. */
import { jsonNumber } from '../java/numbers.js';
import { JavaList, JavaMap, type Value } from '../java/values.js';
import { skipQuoted, unescaped } from './quoting.js';

const MAX_DEPTH = 32;

/** Undefined: not a literal. */
export function parseLenient(text: string): Value {
  const reader = new Reader(text);
  const value = reader.value(0);
  return reader.atEnd() ? value : undefined;
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  atEnd(): boolean {
    return this.peek() === '';
  }

  private peek(): string {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text.charAt(this.at))) this.at++;
    return this.text.charAt(this.at);
  }

  value(depth: number): Value {
    const char = this.peek();
    if (depth > MAX_DEPTH) return undefined;
    if (char === '[') return this.list(depth);
    if (char === '{') return this.map(depth);
    if (char === "'" || char === '"') return this.quoted(char);
    const word = /^[^,:\]}\s]+/.exec(this.text.slice(this.at, this.at + 400))?.[0];
    if (word === undefined) return undefined;
    this.at += word.length;
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) return jsonNumber(word);
    return /^[A-Za-z_]/.test(word) ? word : undefined;
  }

  private quoted(quote: string): Value {
    const end = skipQuoted(this.text, this.at, quote);
    if (end >= this.text.length) return undefined;
    const text = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return unescaped(text);
  }

  private list(depth: number): Value {
    const items: Value[] = [];
    this.at++;
    while (this.peek() !== ']') {
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      const next = this.peek();
      if (next === ',') this.at++;
      else if (next !== ']') return undefined;
    }
    this.at++;
    return new JavaList(items, true);
  }

  private map(depth: number): Value {
    const map = JavaMap.empty();
    this.at++;
    while (this.peek() !== '}') {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || this.peek() !== ':') return undefined;
      this.at++;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      map.put(key, value);
      const next = this.peek();
      if (next === ',') this.at++;
      else if (next !== '}') return undefined;
    }
    this.at++;
    return map;
  }
}
