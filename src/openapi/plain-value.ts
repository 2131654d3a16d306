import type { Node } from './source-tree.js';

/**
 * A part of a document as plain maps, lists and scalars, placeholders and functions left as they are written. It is
 * bounded as the document is: shared parts are shared again.
 */
export function plainValue(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
}
