/** The resource tree behind a route table, with what matching needs to know of each subtree. */
import { HTTP_METHODS, type HttpMethod } from '../model/snapshot.js';
import type { Steps } from '../steps.js';
import {
  parameterNamesOf,
  partKind,
  pathParts,
  type RouteConflict,
  routeConflictCheck,
} from './resource-path.js';

/** What `compileRoutes` takes: one method of one resource, and what a match is to return. */
export interface Route<T> {
  path: string;
  method: HttpMethod | 'ANY';
  value: T;
}

export interface RouteInfo {
  /** Path of the resource, `/a/{b}/{c+}`. */
  readonly path: string;
  /** The method that was defined: `ANY` when that is what answers. */
  readonly method: HttpMethod | 'ANY';
  /** Names of the path parameters, in the order of the path. */
  readonly parameterNames: readonly string[];
}

export interface RouteMatch<T> {
  readonly value: T;
  readonly route: RouteInfo;
  /** Raw (percent-encoded) values, in the order of `route.parameterNames`. */
  readonly pathParameters: readonly string[];
}

/**
 * One method of a resource. The methods of a resource are a short chain rather than a table of seven: among 100,000
 * routes every object that a match touches is likely to be a cache miss.
 */
export interface Leaf<T> {
  /** One bit for each HTTP method this one answers (`methodBit`): ANY answers what no exact method does. */
  readonly methods: number;
  /** The next method of the same resource. */
  readonly next: Leaf<T> | null;
  readonly value: T;
  readonly route: RouteInfo;
  /** Number of path parameters. */
  readonly captures: number;
  /** The complete match of a path without parameters, made once. */
  readonly match: RouteMatch<T> | null;
}

const BITS = new Map<string, number>(HTTP_METHODS.map((method, number) => [method, 1 << number]));
const ALL_METHODS = (1 << HTTP_METHODS.length) - 1;
/** Tells ANY from the others among the methods of one resource. */
const ANY_BIT = 1 << HTTP_METHODS.length;

/** One bit for each of the seven methods ANY stands for; 0 for every other text, lower-case ones included. */
export function methodBit(method: string): number {
  return BITS.get(method) ?? 0;
}

/** The one of a resource's methods that answers, or null. */
export function leafFor<T>(first: Leaf<T> | null, bit: number): Leaf<T> | null {
  let leaf = first;
  while (leaf !== null && (leaf.methods & bit) === 0) leaf = leaf.next;
  return leaf;
}

export class RouteNode<T> {
  /** How many variable parts lie above: the index of the next captured value. */
  readonly captured: number;
  /** Children by part; null when there are none. */
  literals: Map<string, RouteNode<T>> | null = null;
  /** The `{name}` child. Never together with `greedy`: a parent has one variable part at most. */
  variable: RouteNode<T> | null = null;
  /** The `{name+}` child, which has no children of its own. */
  greedy: RouteNode<T> | null = null;
  /** The methods of the resource itself; null when it has none. */
  leaf: Leaf<T> | null = null;
  /** One bit for each method that is found somewhere in this subtree: what has none need not be searched. */
  methods = 0;

  constructor(captured: number) {
    this.captured = captured;
  }
}

/**
 * Builds the tree.
 * @throws Error when paths break the siblings constraint or one method is given twice, naming both
 */
export function* buildRouteTree<T>(routes: Iterable<Route<T>>): Steps<RouteNode<T>> {
  const byPath = new Map<string, RoutesOfPath<T>>();
  for (const route of routes) {
    const { path } = route;
    const same = byPath.get(path);
    if (same === undefined) byPath.set(path, { path, parts: pathParts(path), routes: [route] });
    else same.routes.push(route);
  }
  yield;
  const conflictOf = routeConflictCheck();
  const conflicts: RouteConflict[] = [];
  for (const { path, parts } of byPath.values()) {
    const conflict = conflictOf(path, parts);
    if (conflict !== undefined) conflicts.push(conflict);
    yield;
  }
  const first = conflicts[0];
  if (first !== undefined) {
    const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more conflicts)` : '';
    throw new Error(`${first.message}${more}`);
  }
  const root = new RouteNode<T>(0);
  // Most parts occur in many paths (`users`, `{id}`): one string for each keeps the ones being compared in the cache.
  const texts = new Map<string, string>();
  for (const one of byPath.values()) {
    insert(root, one, texts);
    yield;
  }
  return root;
}

interface RoutesOfPath<T> {
  readonly path: string;
  readonly parts: readonly string[];
  readonly routes: Route<T>[];
}

function insert<T>(root: RouteNode<T>, one: RoutesOfPath<T>, texts: Map<string, string>): void {
  const leaf = resourceLeaves(one);
  let methods = 0;
  for (let each: Leaf<T> | null = leaf; each !== null; each = each.next) methods |= each.methods;

  let node = root;
  node.methods |= methods;
  for (const part of one.parts) {
    const text = texts.get(part) ?? part;
    texts.set(text, text);
    node = child(node, text);
    node.methods |= methods;
  }
  node.leaf = leaf;
}

function child<T>(node: RouteNode<T>, part: string): RouteNode<T> {
  switch (partKind(part)) {
    case 'variable':
      node.variable ??= new RouteNode<T>(node.captured + 1);
      return node.variable;
    case 'greedy':
      node.greedy ??= new RouteNode<T>(node.captured + 1);
      return node.greedy;
    case 'literal': {
      node.literals ??= new Map();
      let next = node.literals.get(part);
      if (next === undefined) {
        next = new RouteNode<T>(node.captured);
        node.literals.set(part, next);
      }
      return next;
    }
  }
}

/** Rules 4 and 5 of reference 01 section 3: the exact method, else ANY, for seven methods and no other. */
function resourceLeaves<T>({ path, parts, routes }: RoutesOfPath<T>): Leaf<T> | null {
  const names = parameterNamesOf(parts);
  let exact = 0;
  for (const { method } of routes) exact |= methodBit(method);
  let defined = 0;
  let first: Leaf<T> | null = null;
  for (const { method, value } of routes) {
    const bit = method === 'ANY' ? ANY_BIT : methodBit(method);
    if ((defined & bit) !== 0) {
      throw new Error(`Method ${method} of resource "${path}" is defined twice; remove one`);
    }
    defined |= bit;
    const route: RouteInfo = { path, method, parameterNames: names };
    first = {
      methods: method === 'ANY' ? ALL_METHODS & ~exact : methodBit(method),
      next: first,
      value,
      route,
      captures: names.length,
      match: names.length === 0 ? { value, route, pathParameters: names } : null,
    };
  }
  return first;
}

/**
 * The most nodes that backtracking can visit for any one path: down the costliest literal, and, since that may lead
 * nowhere, down the variable too. One or two per level in usual trees; a literal beside a variable on every level
 * doubles it with each.
 */
export function worstVisits<T>(node: RouteNode<T>): number {
  let literal = 0;
  if (node.literals !== null)
    for (const next of node.literals.values()) literal = Math.max(literal, worstVisits(next));
  return 1 + literal + (node.variable === null ? 0 : worstVisits(node.variable));
}
