/** A way through the tree of a document that knows its JSON pointer (RFC 6901). */
import { findEntry, type Node } from './source-tree.js';

/** A value and the way to it. */
export class Cursor {
  constructor(
    readonly node: Node,
    /** Of the key, or of the value in a list. */
    readonly offset: number,
    readonly key: string,
    private readonly parent?: Cursor,
  ) {}

  get pointer(): string {
    return this.parent === undefined ? '' : `${this.parent.pointer}/${escapePointer(this.key)}`;
  }

  /** The member of a map or list; absent members and null are undefined. */
  get(key: string): Cursor | undefined {
    const { node } = this;
    if (node.kind === 'map') {
      const entry = findEntry(node, key);
      if (entry === undefined || isNull(entry.value)) return undefined;
      return new Cursor(entry.value, entry.keyStart, key, this);
    }
    if (node.kind !== 'list' || !/^(?:0|[1-9]\d{0,6})$/.test(key)) return undefined;
    const item = node.items[Number(key)];
    return item === undefined || isNull(item) ? undefined : new Cursor(item, item.start, key, this);
  }

  /** Members of a map or list in the document's order, nulls included. */
  *members(): Generator<Cursor, void, undefined> {
    const { node } = this;
    if (node.kind === 'map') {
      for (const entry of node.entries) yield new Cursor(entry.value, entry.keyStart, entry.key, this);
    } else if (node.kind === 'list') {
      let index = 0;
      for (const item of node.items) yield new Cursor(item, item.start, String(index++), this);
    }
  }

  get isNull(): boolean {
    return isNull(this.node);
  }
}

function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
