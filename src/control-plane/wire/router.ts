/** From method, path and query to an operation. */
import type { Operation } from '../operation.js';

export interface RoutedOperation {
  operation: Operation;
  /** Path parameters, decoded. */
  path: Record<string, string>;
}

interface PathNode {
  literals: Map<string, PathNode>;
  /** What follows a parameter; operations name it differently. */
  parameter: PathNode | null;
  operations: Operation[];
}

export class Router {
  readonly #root = newNode();

  /** @throws Error when two operations cannot be told apart */
  constructor(operations: readonly Operation[]) {
    for (const operation of operations) this.#add(operation);
  }

  /**
   * Undefined: there is no such operation; null: a path parameter is not percent-encoded text.
   * @param path with its percent-encoding, without query
   */
  find(method: string, path: string, query: URLSearchParams): RoutedOperation | undefined | null {
    const values: string[] = [];
    let node = this.#root;
    for (const segment of segmentsOf(path)) {
      const literal = node.literals.get(segment);
      if (literal !== undefined) {
        node = literal;
        continue;
      }
      // Dot segments are resolved before a signature is made: here they would name something else.
      if (node.parameter === null || segment === '' || segment === '.' || segment === '..') return undefined;
      const value = decoded(segment);
      if (value === undefined) return null;
      values.push(value);
      node = node.parameter;
    }
    const candidates = node.operations.filter((operation) => operation.method === method);
    const operation =
      candidates.find(({ mode }) => mode !== undefined && mode === query.get('mode')) ??
      candidates.find(({ mode }) => mode === undefined);
    if (operation === undefined) return undefined;
    const names = parameterNames(operation.path);
    return { operation, path: Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])) };
  }

  #add(operation: Operation): void {
    let node = this.#root;
    for (const segment of segmentsOf(operation.path)) {
      if (!segment.startsWith('{')) node = literalChild(node, segment);
      else {
        node.parameter ??= newNode();
        node = node.parameter;
      }
    }
    const twin = node.operations.find(
      ({ method, mode }) => method === operation.method && mode === operation.mode,
    );
    if (twin !== undefined)
      throw new Error(`${operation.name} and ${twin.name} have the same method and path`);
    node.operations.push(operation);
  }
}

function newNode(): PathNode {
  return { literals: new Map(), parameter: null, operations: [] };
}

function literalChild(node: PathNode, segment: string): PathNode {
  const child = node.literals.get(segment) ?? newNode();
  node.literals.set(segment, child);
  return child;
}

function parameterNames(path: string): string[] {
  return segmentsOf(path).flatMap((segment) => /^\{(.+)\}$/.exec(segment)?.[1] ?? []);
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
