/** From method and path to the resource that answers: reference 01 sections 2 and 3. */
import { atOnce, type Steps } from '../steps.js';
import { DenseRoutes } from './dense-routes.js';
import { MAX_PARTS } from './resource-path.js';
import {
  buildRouteTree,
  type Leaf,
  leafFor,
  methodBit,
  type Route,
  type RouteMatch,
  type RouteNode,
  worstVisits,
} from './route-tree.js';
import { compileSearchTree, type SearchNode } from './search-tree.js';

export type { Route, RouteInfo, RouteMatch } from './route-tree.js';

const SLASH = 47;

/**
 * Nodes that one search of the tree may visit. Trees that people write need 10 to 30 at worst, so it is far from them,
 * and at some 30 ns a visit what a hostile path can cost stays near the price of proxying one request.
 */
export const MAX_VISITS = 256;

/** Where the captured values of the match under way start and end in the path. Matching is synchronous: one pair serves all. */
const starts = new Int32Array(MAX_PARTS + 1);
const ends = new Int32Array(MAX_PARTS + 1);

/**
 * Compiles the methods of one deployed stage.
 * @throws Error when the paths are no resource tree or a method is defined twice (`findRouteConflicts` tells them all)
 */
export function compileRoutes<T>(routes: Iterable<Route<T>>): RouteTable<T> {
  return atOnce(compileRoutesInSteps(routes));
}

/** The same in steps; the last two, over a tree that is there, take some milliseconds for 10,000 routes. */
export function* compileRoutesInSteps<T>(routes: Iterable<Route<T>>): Steps<RouteTable<T>> {
  const root = yield* buildRouteTree(routes);
  const searchTree = compileSearchTree(root);
  yield;
  return new RouteTable(root, searchTree);
}

/**
 * The compiled matcher of one stage. Three ways, the first that answers wins:
 *
 * 1. a path without parameters is one lookup of the whole path, since nothing ranks before all literals;
 * 2. the tree is searched in order of rank, branches without the method left out;
 * 3. only in trees where that search could pass `MAX_VISITS`, and only when it does: `DenseRoutes`, whose cost no
 *    path can drive up.
 */
export class RouteTable<T> {
  /** Nodes visited (and words of `DenseRoutes` read) by the last `match`: what tests and benchmarks count. */
  visits = 0;

  readonly #root: SearchNode<T>;
  /** Resources without parameters, by path. */
  readonly #statics = new Map<string, Leaf<T>>();
  /** 1 where some key of `#statics` has that length: most other paths are spared the lookup. */
  readonly #staticLengths: Uint8Array;
  readonly #dense: DenseRoutes<T> | null;

  #path = '';
  #end = 0;
  #bit = 0;
  #after = 0;

  constructor(root: RouteNode<T>, searchTree: SearchNode<T>) {
    this.#root = searchTree;
    collectStatics(root, '', this.#statics);
    let longest = 0;
    for (const path of this.#statics.keys()) longest = Math.max(longest, path.length);
    this.#staticLengths = new Uint8Array(longest + 1);
    for (const path of this.#statics.keys()) this.#staticLengths[path.length] = 1;
    // One more for the lookup of the whole path, which counts as a visit.
    this.#dense = worstVisits(root) + 1 > MAX_VISITS ? new DenseRoutes(root) : null;
  }

  /**
   * @param method as sent: methods are case-sensitive, and only the seven that ANY stands for can match
   * @param path raw path after stage and base path, starting with `/`; nothing in it is decoded
   * @returns the best resource that has the method, or null; the object may be shared between calls
   */
  match(method: string, path: string): RouteMatch<T> | null {
    this.visits = 0;
    const bit = methodBit(method);
    if (bit === 0 || path.charCodeAt(0) !== SLASH) return null;
    let from = 1;
    let end = path.length;
    while (path.charCodeAt(from) === SLASH) from++;
    while (end > from && path.charCodeAt(end - 1) === SLASH) end--;

    const length = end - from + 1;
    if (this.#staticLengths[length] === 1) {
      this.visits = 1;
      const first = this.#statics.get(length === path.length ? path : path.slice(from - 1, end));
      const leaf = first === undefined ? null : leafFor(first, bit);
      if (leaf !== null) return leaf.match;
    }
    if (from === end) return null;

    this.#path = path;
    this.#end = end;
    this.#bit = bit;
    let leaf = this.#search(this.#root, from);
    if (leaf === null && this.visits > MAX_VISITS && this.#dense !== null) {
      leaf = this.#dense.match(bit, path, from, end, starts, ends);
      this.visits += this.#dense.reads;
    }
    if (leaf === null) return null;
    return leaf.match ?? { value: leaf.value, route: leaf.route, pathParameters: captures(path, leaf) };
  }

  /** The best leaf below `start` for the segments from `first` on. Recursion only where a second choice remains. */
  #search(start: SearchNode<T>, first: number): Leaf<T> | null {
    const path = this.#path;
    const end = this.#end;
    let node = start;
    let at = first;
    for (;;) {
      // Past the limit every level returns at once; `match` goes on with `DenseRoutes`.
      if (++this.visits > MAX_VISITS) return null;
      if (at > end) return leafFor(node.leaf, this.#bit);

      const { variable, greedy } = node;
      const next = this.#literal(node, at);
      if (next !== null && (next.methods & this.#bit) !== 0) {
        const after = this.#after;
        if (variable === null && greedy === null) {
          node = next;
          at = after;
          continue;
        }
        const leaf = this.#search(next, after);
        if (leaf !== null) return leaf;
      }
      if (variable !== null) {
        if ((variable.methods & this.#bit) === 0) return null;
        const slash = path.indexOf('/', at);
        const stop = slash < 0 || slash > end ? end : slash;
        if (stop === at) return null;
        starts[node.captured] = at;
        ends[node.captured] = stop;
        node = variable;
        at = stop + 1;
        continue;
      }
      if (greedy === null || this.visits > MAX_VISITS) return null;
      // The trailing slashes are cut, so what is left ends in a segment that is not empty.
      starts[node.captured] = at;
      ends[node.captured] = end;
      return leafFor(greedy, this.#bit);
    }
  }

  /** The literal child that the path goes on with at `at`, or null; sets `#after` to where its next segment starts. */
  #literal(node: SearchNode<T>, at: number): SearchNode<T> | null {
    const path = this.#path;
    const end = this.#end;
    if (node.literals !== null) {
      const slash = path.indexOf('/', at);
      const stop = slash < 0 || slash > end ? end : slash;
      this.#after = stop + 1;
      return node.literals.get(path.slice(at, stop)) ?? null;
    }
    for (let edge = node.edge; edge !== null; edge = edge.next) {
      const stop = at + edge.text.length;
      const whole = stop === end || (stop < end && path.charCodeAt(stop) === SLASH);
      if (whole && path.slice(at, stop) === edge.text) {
        this.#after = stop + 1;
        return edge.target;
      }
    }
    return null;
  }
}

function captures<T>(path: string, leaf: Leaf<T>): string[] {
  const count = leaf.captures;
  const values = [path.slice(starts[0], ends[0])];
  for (let i = 1; i < count; i++) values.push(path.slice(starts[i], ends[i]));
  return values;
}

function collectStatics<T>(node: RouteNode<T>, path: string, statics: Map<string, Leaf<T>>): void {
  if (node.leaf !== null) statics.set(path === '' ? '/' : path, node.leaf);
  if (node.literals === null) return;
  for (const [part, next] of node.literals) collectStatics(next, `${path}/${part}`, statics);
}
