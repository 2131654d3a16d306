/**
 * A document as a tree that keeps what plain objects lose: where each value stands, the order of keys that look like
 * numbers (integration responses are tried in order, reference 05 section 1) and how numbers were written (`1.0`).
 */

export type Node = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: 'map';
  readonly entries: Entry[];
  /** Offset of the first character in the text. */
  readonly start: number;
  /** Characters of all keys and scalars below, aliases written out: what a walk over this node costs. */
  weight: number;
  /** Made at the first look-up in a large map. */
  index?: Map<string, Entry>;
}

export interface Entry {
  readonly key: string;
  readonly keyStart: number;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: Node[];
  readonly start: number;
  weight: number;
}

/** JSON and YAML can write half a surrogate pair, which no UTF-8 holds: no node could read the item it is in. */
export const HALF_CHARACTER =
  'This text holds half a character, a surrogate without its partner: write both, as in "\\ud83d\\ude00".';

const HALF = /\p{Surrogate}/u;

/** Whether every surrogate has its partner. */
export function isWellFormed(text: string): boolean {
  return !HALF.test(text);
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written, for numbers and booleans too; empty for null. */
  readonly text: string;
  readonly start: number;
  readonly weight: number;
}

/** A text that is no document, or one too costly to read. */
export interface ReadFailure {
  readonly offset: number;
  readonly message: string;
}

/** Something to tell about a document that could be read. */
export interface ReadWarning {
  readonly offset: number;
  readonly path: readonly string[];
  readonly message: string;
}

export interface Tree {
  readonly root: Node;
  readonly warnings: ReadWarning[];
}

/** Deeper documents are refused: every walk over the tree recurses. OpenAPI documents stay below 50. */
export const MAX_DEPTH = 200;
/** A document at the limit of 6 MB has about 400,000. */
export const MAX_NODES = 1_000_000;
/** Characters that YAML aliases, or `$ref`s, may add by being followed: nearly three times the largest document. */
export const MAX_EXPANSION = 16 * 1024 * 1024;

/** The longest path a request can have (reference 10); pointers and messages repeat keys. */
export const MAX_KEY_LENGTH = 10_240;
export const LONG_KEY = `A key is longer than ${MAX_KEY_LENGTH} characters: shorten it.`;

const INDEX_FROM = 12;

export function findEntry(map: MapNode, key: string): Entry | undefined {
  if (map.entries.length < INDEX_FROM) {
    for (const entry of map.entries) if (entry.key === key) return entry;
    return undefined;
  }
  map.index ??= new Map(map.entries.map((entry) => [entry.key, entry]));
  return map.index.get(key);
}

/** Collects the entries of one map; of two with one key the last wins and keeps the first one's place in the order. */
export class MapBuilder {
  readonly entries: Entry[] = [];
  private weight = 1;
  private readonly places = new Map<string, number>();

  has(key: string): boolean {
    return this.places.has(key);
  }

  add(entry: Entry): void {
    this.weight += entry.key.length + entry.value.weight;
    const place = this.places.get(entry.key);
    if (place === undefined) {
      this.places.set(entry.key, this.entries.length);
      this.entries.push(entry);
    } else {
      this.entries[place] = entry;
    }
  }

  build(start: number): MapNode {
    return { kind: 'map', entries: this.entries, start, weight: this.weight };
  }
}

export function listNode(items: Node[], start: number): ListNode {
  let weight = 1;
  for (const item of items) weight += item.weight;
  return { kind: 'list', items, start, weight };
}

export function scalarNode(value: ScalarNode['value'], text: string, start: number): ScalarNode {
  return { kind: 'scalar', value, text, start, weight: text.length + 1 };
}

const MAX_WARNINGS = 1001;

export function warn(
  warnings: ReadWarning[],
  offset: number,
  path: readonly string[],
  message: string,
): void {
  if (warnings.length < MAX_WARNINGS) warnings.push({ offset, path: [...path], message });
}

export function warnDuplicate(
  warnings: ReadWarning[],
  key: string,
  offset: number,
  path: readonly string[],
): void {
  const message = `The key "${key}" stands twice in one object, the last one is used: remove one of them.`;
  warn(warnings, offset, path, message);
}

/** Offsets to lines and columns, both from 1. */
export class LineStarts {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }
}
