/** A compiled JSONPath. */
import { DEFAULT_STEPS, refill, restore } from '../java/budget.js';
import { JavaList, JavaMap, type Names, type Value } from '../java/values.js';
import { evaluate, isDefinite } from './evaluate.js';
import { parsePath, type Step } from './path-parser.js';

export { JsonPathError } from './path-parser.js';

/** One step of a path that consists of names and indexes only. */
interface Read {
  /** Null: an index. */
  name: string | null;
  index: number;
  /** Where the name stood in the last object, by that object's names: see `Names`. */
  names: Names | null;
  position: number;
}

export class JsonPath {
  readonly source: string;
  private readonly steps: readonly Step[];
  /** Null: the path is not a plain walk. */
  private readonly reads: readonly Read[] | null;
  /** The path is `$`. */
  readonly isRoot: boolean;
  /** One hit or none; other paths give lists. */
  readonly isDefinite: boolean;

  /** @throws JsonPathError */
  constructor(source: string) {
    this.source = source;
    this.steps = parsePath(source).steps;
    this.isRoot = this.steps.length === 0;
    this.isDefinite = isDefinite(this.steps);
    this.reads = plainReads(this.steps);
  }

  /**
   * The value the path leads to in `root`, undefined when it leads nowhere; a JSON null is null. Spends from the budget
   * of whoever runs.
   * @throws BudgetError
   */
  evaluate(root: Value): Value {
    return this.reads === null ? evaluate(this.steps, root, root) : walk(this.reads, root);
  }

  /**
   * The same with a budget of its own, for callers outside of templates.
   * @throws BudgetError when the path takes too many steps on this document
   */
  read(root: Value): Value {
    const before = refill(DEFAULT_STEPS);
    try {
      return this.evaluate(root);
    } finally {
      restore(before);
    }
  }
}

function plainReads(steps: readonly Step[]): Read[] | null {
  const reads: Read[] = [];
  for (const step of steps) {
    if (step.kind === 'name') reads.push({ name: step.name, index: 0, names: null, position: 0 });
    else if (step.kind === 'index') reads.push({ name: null, index: step.index, names: null, position: 0 });
    else return null;
  }
  return reads;
}

function walk(reads: readonly Read[], root: Value): Value {
  let value = root;
  for (let i = 0; i < reads.length; i++) {
    const read = reads[i] as Read;
    if (read.name !== null) {
      if (!(value instanceof JavaMap)) return undefined;
      const { names } = value;
      if (names !== read.names) {
        const position = names.find(read.name);
        if (position < 0) return undefined;
        if (names.shared) {
          read.names = names;
          read.position = position;
        }
        value = value.values[position];
      } else value = value.values[read.position];
    } else {
      if (!(value instanceof JavaList)) return undefined;
      value = value.items[read.index < 0 ? value.items.length + read.index : read.index];
    }
  }
  return value;
}

/** Paths kept compiled by one worker; templates may build theirs from what clients send. */
const CACHED = 512;
const cache = new Map<string, JsonPath>();

/** @throws JsonPathError */
export function jsonPath(source: string): JsonPath {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const path = new JsonPath(source);
  if (source.length <= 1024) {
    const oldest = cache.keys().next();
    if (cache.size >= CACHED && oldest.done !== true) cache.delete(oldest.value);
    cache.set(source, path);
  }
  return path;
}
