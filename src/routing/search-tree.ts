/**
 * The resource tree in the form it is searched in. A part costs a lookup in a `Map` only below nodes with many
 * literal children; elsewhere the children are compared one by one, and literals that follow each other without any
 * choice between them (`/api/v1/users`) are one comparison.
 */
import type { Leaf, RouteNode } from './route-tree.js';

/** Up to so many children, comparing is quicker than hashing: most comparisons end at a length or a slash. */
const MAX_EDGES = 4;

export interface SearchNode<T> {
  /** The literal children, when they are few. */
  readonly edge: Edge<T> | null;
  /** The literal children by part, when they are many. */
  readonly literals: Map<string, SearchNode<T>> | null;
  readonly variable: SearchNode<T> | null;
  /** Methods of the greedy child. */
  readonly greedy: Leaf<T> | null;
  /** Methods of the resource itself. */
  readonly leaf: Leaf<T> | null;
  /** One bit for each method found in this subtree. */
  readonly methods: number;
  /** Index of the next captured value. */
  readonly captured: number;
}

/** One literal child, in a chain for the same reason as `Leaf`. */
interface Edge<T> {
  /** One part, or several joined by `/`. */
  readonly text: string;
  readonly target: SearchNode<T>;
  readonly next: Edge<T> | null;
}

export function compileSearchTree<T>(root: RouteNode<T>): SearchNode<T> {
  return compile(root, new Map());
}

/** @param texts one string for each text of an edge, since the same ones recur in large APIs */
function compile<T>(node: RouteNode<T>, texts: Map<string, string>): SearchNode<T> {
  const children = [...(node.literals ?? [])];
  const few = children.length <= MAX_EDGES;
  let edge: Edge<T> | null = null;
  if (few) {
    for (const [part, child] of children) {
      const [joined, target] = followed(part, child);
      const text = texts.get(joined) ?? joined;
      texts.set(text, text);
      edge = { text, target: compile(target, texts), next: edge };
    }
  }
  return {
    edge,
    literals: few ? null : new Map(children.map(([part, child]) => [part, compile(child, texts)])),
    variable: node.variable === null ? null : compile(node.variable, texts),
    greedy: node.greedy === null ? null : node.greedy.leaf,
    leaf: node.leaf,
    methods: node.methods,
    captured: node.captured,
  };
}

/** Goes on through nodes that have one literal child and nothing else. */
function followed<T>(part: string, next: RouteNode<T>): [string, RouteNode<T>] {
  let text = part;
  let node = next;
  for (;;) {
    const only = node.literals?.size === 1 ? [...node.literals][0] : undefined;
    if (only === undefined || node.leaf !== null || node.variable !== null || node.greedy !== null) {
      return [text, node];
    }
    text = `${text}/${only[0]}`;
    node = only[1];
  }
}
