/**
 * JSON text to a tree with positions. `JSON.parse` keeps neither positions nor duplicate keys, and puts keys that look
 * like numbers first; the YAML reader keeps them but takes twenty times as long for the same text.
 */
import {
  type Entry,
  HALF_CHARACTER,
  isWellFormed,
  LONG_KEY,
  listNode,
  MAX_DEPTH,
  MAX_KEY_LENGTH,
  MAX_NODES,
  MapBuilder,
  type Node,
  type ReadFailure,
  type ReadWarning,
  type ScalarNode,
  scalarNode,
  type Tree,
  warnDuplicate,
} from './source-tree.js';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Refused extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** Strict JSON (RFC 8259), a byte order mark at the start aside. `rewrite` is applied to every key and text. */
export function readJson(text: string, rewrite: (text: string) => string): Tree | ReadFailure {
  try {
    return new JsonReader(text, rewrite).read();
  } catch (error) {
    if (error instanceof Refused) return { offset: error.offset, message: error.message };
    throw error;
  }
}

class JsonReader {
  private at = 0;
  private nodes = 0;
  private depth = 0;
  private readonly path: string[] = [];
  private readonly warnings: ReadWarning[] = [];

  constructor(
    private readonly text: string,
    private readonly rewrite: (text: string) => string,
  ) {}

  read(): Tree {
    if (this.text.charCodeAt(0) === 0xfeff) this.at = 1;
    this.skipSpace();
    const root = this.value();
    this.skipSpace();
    if (this.at < this.text.length)
      this.refuse('There is text after the end of the JSON document: remove it.');
    return { root, warnings: this.warnings };
  }

  private value(): Node {
    if (++this.nodes > MAX_NODES)
      this.refuse(`The document has more than ${MAX_NODES} values: split the API.`);
    const start = this.at;
    switch (this.text.charCodeAt(start)) {
      case 0x7b: // {
        return this.map(start);
      case 0x5b: // [
        return this.list(start);
      case 0x22: {
        const text = this.rewrite(this.string());
        return scalarNode(text, text, start);
      }
      case 0x74:
        return this.word('true', true, start);
      case 0x66:
        return this.word('false', false, start);
      case 0x6e:
        return this.word('null', null, start);
      default:
        return this.number(start);
    }
  }

  private map(start: number): Node {
    this.enter();
    const map = new MapBuilder();
    if (this.opens(0x7d)) return this.leave(map.build(start));
    for (;;) {
      this.skipSpace();
      const keyStart = this.at;
      if (this.text.charCodeAt(keyStart) !== 0x22) this.refuse('Expected a key in double quotes: write one.');
      const key = this.rewrite(this.string());
      if (key.length > MAX_KEY_LENGTH) this.refuse(LONG_KEY);
      this.path.push(key);
      if (map.has(key)) warnDuplicate(this.warnings, key, keyStart, this.path);
      this.skipSpace();
      this.expect(0x3a, 'Expected ":" after the key: write it.');
      this.skipSpace();
      const entry: Entry = { key, keyStart, value: this.value() };
      map.add(entry);
      this.path.pop();
      if (!this.continues(0x7d, 'Expected "," or "}": write one of them.'))
        return this.leave(map.build(start));
    }
  }

  private list(start: number): Node {
    this.enter();
    const items: Node[] = [];
    if (this.opens(0x5d)) return this.leave(listNode(items, start));
    for (;;) {
      this.skipSpace();
      this.path.push(String(items.length));
      items.push(this.value());
      this.path.pop();
      if (!this.continues(0x5d, 'Expected "," or "]": write one of them.')) {
        return this.leave(listNode(items, start));
      }
    }
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) {
      this.refuse(`The document is nested more than ${MAX_DEPTH} levels deep: flatten it.`);
    }
    this.at++;
  }

  private leave(node: Node): Node {
    this.depth--;
    return node;
  }

  /** True, and past it, when the collection just entered ends at once. */
  private opens(close: number): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== close) return false;
    this.at++;
    return true;
  }

  /** True past a comma, false past the closing character. */
  private continues(close: number, message: string): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) === 0x2c) {
      this.at++;
      return true;
    }
    this.expect(close, message);
    return false;
  }

  private string(): string {
    const { text } = this;
    const start = this.at;
    let escaped = false;
    for (let at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.at = at + 1;
        return escaped ? this.unescape(start, at + 1) : text.slice(start + 1, at);
      }
      if (code === 0x5c) {
        escaped = true;
        at++;
      } else if (code < 0x20) {
        this.at = at;
        this.refuse('A text holds a line break or control character: escape it, as in "\\n".');
      }
    }
    return this.refuse('This text has no closing double quote: add it.');
  }

  private unescape(start: number, end: number): string {
    let text: string;
    try {
      text = JSON.parse(this.text.slice(start, end)) as string;
    } catch {
      this.at = start;
      return this.refuse('This text has an escape that JSON does not know: correct the backslash.');
    }
    if (isWellFormed(text)) return text;
    this.at = start;
    return this.refuse(HALF_CHARACTER);
  }

  private number(start: number): ScalarNode {
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined) return this.refuse('Expected a JSON value: write one, texts in double quotes.');
    this.at = start + found.length;
    return scalarNode(Number(found), found, start);
  }

  private word(word: string, value: boolean | null, start: number): ScalarNode {
    if (!this.text.startsWith(word, start))
      this.refuse('Expected a JSON value: write texts in double quotes.');
    this.at = start + word.length;
    return scalarNode(value, value === null ? '' : word, start);
  }

  private expect(code: number, message: string): void {
    if (this.text.charCodeAt(this.at) !== code) this.refuse(message);
    this.at++;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  private refuse(message: string): never {
    throw new Refused(Math.min(this.at, this.text.length), message);
  }
}
