/**
 * The values a template works with, as Java would have them. Nothing here is a plain JavaScript object or array that a
 * template could name members of: maps and lists are these classes, and members are looked up in `names`, never as
 * properties, so `__proto__` and `constructor` are names like any other.
 *
 * - text: string; Boolean: boolean; Integer, Long, BigInteger: number when it is a safe integer, else bigint;
 * - Double: JavaDouble, so that 1 and 1.0 stay apart; null: null or undefined.
 */
import { spend } from './budget.js';

export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | JavaDouble
  | JavaMap
  | JavaList
  | JavaSet
  | JavaObject;

/** What maps have as names. Doubles, lists and maps used as names become their text. */
export type Key = string | number | bigint | boolean | null;

/**
 * A floating-point number. `text` is how it prints: digits as received for one read from JSON, Java's form for a
 * result of arithmetic.
 */
export class JavaDouble {
  readonly value: number;
  readonly text: string;
  /** As received in JSON, exponent and all; what JSON text of it shows. Same as `text` for results of arithmetic. */
  readonly json: string;
  constructor(value: number, text: string, json: string) {
    this.value = value;
    this.text = text;
    this.json = json;
  }
}

/** Any other object: what it offers is in its own `property` and `call`, closed lists both. */
export abstract class JavaObject {
  abstract readonly className: string;
  abstract toText(): string;
  /** `$object.name`; null: there is no such property. */
  property(_name: string): Value {
    return null;
  }
  /** `$object.name(args)`; null: there is no such method. */
  call(_name: string, _args: readonly Value[]): Value {
    return null;
  }
  /** Elements for `#foreach`; null: it cannot be walked. */
  elements(): readonly Value[] | null {
    return null;
  }
}

/** Above this many names an index is worth its memory; below, comparing is faster. */
const INDEX_FROM = 9;

/**
 * The names of a map, in order. Objects of one JSON shape share one (see json.ts), as V8's hidden classes do: a
 * property read compares one pointer and takes a position.
 */
export class Names {
  readonly list: Key[];
  /** Shared names never change; a map that gains or loses a name takes a copy. */
  readonly shared: boolean;
  #index: Map<Key, number> | null = null;

  constructor(list: Key[], shared: boolean) {
    this.list = list;
    this.shared = shared;
  }

  find(key: Key): number {
    const list = this.list;
    if (list.length < INDEX_FROM) {
      for (let i = 0; i < list.length; i++) if (list[i] === key) return i;
      return -1;
    }
    let index = this.#index;
    if (index === null) {
      spend(list.length);
      index = new Map();
      for (let i = 0; i < list.length; i++) index.set(list[i] as Key, i);
      this.#index = index;
    }
    return index.get(key) ?? -1;
  }

  /** Only on names that are not shared. */
  add(key: Key): void {
    this.#index?.set(key, this.list.length);
    this.list.push(key);
  }

  /** Only on names that are not shared. */
  removeAt(position: number): void {
    this.list.splice(position, 1);
    this.#index = null;
  }

  copy(): Names {
    spend(this.list.length);
    return new Names(this.list.slice(), false);
  }
}

const NO_NAMES = new Names([], true);

/**
 * Where a map or list read from JSON stands in its text. As long as `canonical` holds, the text between `start` and
 * `end` is what compact JSON of it looks like: the commonest `$input.json` is then one slice.
 */
export interface Source {
  readonly text: string;
  canonical: boolean;
}

/** A LinkedHashMap. */
export class JavaMap {
  names: Names;
  readonly values: Value[];
  readonly source: Source | null;
  readonly start: number;
  end: number;
  /**
   * `silent` maps print as empty text: some of `$context` (reference 03 section 6). `caseless` ones also find names
   * whatever their case: the headers of `$input.params()`.
   */
  kind: 'plain' | 'silent' | 'caseless' = 'plain';

  constructor(names: Names, values: Value[], source: Source | null = null, start = 0, end = 0) {
    this.names = names;
    this.values = values;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  static empty(): JavaMap {
    return new JavaMap(NO_NAMES, []);
  }

  static of(entries: Iterable<readonly [string, Value]>): JavaMap {
    const map = JavaMap.empty();
    for (const [key, value] of entries) map.put(key, value);
    return map;
  }

  get size(): number {
    return this.values.length;
  }

  /** Undefined: no such name. */
  get(key: Key): Value {
    const position = this.position(key);
    return position < 0 ? undefined : this.values[position];
  }

  has(key: Key): boolean {
    return this.position(key) >= 0;
  }

  position(key: Key): number {
    const position = this.names.find(key);
    if (position >= 0 || this.kind !== 'caseless' || typeof key !== 'string') return position;
    spend(this.values.length);
    const folded = key.toLowerCase();
    return this.names.list.findIndex((name) => typeof name === 'string' && name.toLowerCase() === folded);
  }

  /** Returns the value before. */
  put(key: Key, value: Value): Value {
    this.changed();
    const position = this.names.find(key);
    if (position >= 0) {
      const before = this.values[position];
      this.values[position] = value;
      return before;
    }
    spend(1);
    if (this.names.shared) this.names = this.names.copy();
    this.names.add(key);
    this.values.push(value);
    return null;
  }

  remove(key: Key): Value {
    const position = this.names.find(key);
    if (position < 0) return null;
    this.changed();
    spend(this.values.length);
    if (this.names.shared) this.names = this.names.copy();
    this.names.removeAt(position);
    return this.values.splice(position, 1)[0];
  }

  clear(): void {
    this.changed();
    this.names = NO_NAMES;
    this.values.length = 0;
  }

  private changed(): void {
    if (this.source !== null) this.source.canonical = false;
  }
}

/** An ArrayList, or a JSON array: `json` lists print as JSON text, the others as Java prints lists. */
export class JavaList {
  readonly items: Value[];
  readonly json: boolean;
  readonly source: Source | null;
  readonly start: number;
  end: number;

  constructor(items: Value[], json: boolean, source: Source | null = null, start = 0, end = 0) {
    this.items = items;
    this.json = json;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  /** To be called before `items` is changed. */
  changing(): Value[] {
    if (this.source !== null) this.source.canonical = false;
    return this.items;
  }
}

/** What `keySet()`, `values()` and `entrySet()` return: walked, counted, searched, not indexed. */
export class JavaSet {
  readonly items: readonly Value[];
  readonly className: string;
  constructor(items: readonly Value[], className: string) {
    this.items = items;
    this.className = className;
  }
}

/** One element of `entrySet()`. It writes through to its map. */
export class JavaEntry extends JavaObject {
  readonly className = 'java.util.LinkedHashMap$Entry';
  readonly map: JavaMap;
  readonly key: Key;
  constructor(map: JavaMap, key: Key) {
    super();
    this.map = map;
    this.key = key;
  }
  get value(): Value {
    return this.map.get(this.key);
  }
  override toText(): string {
    return '';
  }
  override property(name: string): Value {
    if (name === 'key') return this.key;
    if (name === 'value') return this.value;
    return null;
  }
  override call(name: string, args: readonly Value[]): Value {
    if (name === 'getKey' && args.length === 0) return this.key;
    if (name === 'getValue' && args.length === 0) return this.value;
    if (name === 'setValue' && args.length === 1) return this.map.put(this.key, args[0]);
    return null;
  }
}
