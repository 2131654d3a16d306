/**
 * The parts an exported document is made of. A plain object would put keys that look like numbers first, and integration
 * responses are tried in their order (reference 05 section 1); it would also lose how a model writes its numbers.
 */
import { listNode, MapBuilder, type MapNode, type Node, scalarNode } from '../source-tree.js';

export function text(value: string): Node {
  return scalarNode(value, value, 0);
}

/** Undefined stays undefined, and so is left out of the map it was meant for. */
export function optionalText(value: string | undefined): Node | undefined {
  return value === undefined ? undefined : text(value);
}

export function plain(value: number | boolean): Node {
  return scalarNode(value, String(value), 0);
}

export function list(items: Node[]): Node {
  return listNode(items, 0);
}

/** Members without a value are left out; of two with one key the first stays. */
export function map(entries: Iterable<readonly [string, Node | undefined]>): MapNode {
  const builder = new MapBuilder();
  for (const [key, value] of entries) {
    if (value !== undefined && !builder.has(key)) builder.add({ key, keyStart: 0, value });
  }
  return builder.build(0);
}

/** Of a literal with fixed keys, none of which looks like a number. */
export function object(members: Readonly<Record<string, Node | undefined>>): MapNode {
  return map(Object.entries(members));
}

/** Undefined when there is nothing in it. */
export function nonEmpty(node: MapNode): MapNode | undefined {
  return node.entries.length === 0 ? undefined : node;
}

export function texts(record: Readonly<Record<string, string>>): MapNode | undefined {
  return nonEmpty(map(Object.entries(record).map(([key, value]) => [key, text(value)])));
}

export function textList(values: readonly string[]): Node | undefined {
  return values.length === 0 ? undefined : list(values.map(text));
}
