/**
 * Matching whose cost depends on the number of routes and parts, never on how the path was chosen. Searching a tree
 * that has a literal beside a variable on level after level can double its work with each. Here the segments of the
 * path, the last first, narrow one set of resources. It is kept as bits in the order of rank: the lowest one left wins.
 *
 *     resource            rank   level 0   level 1        request GET /a/x, all sets narrowed by AND
 *     /a/b                 0     a         b
 *     /a/{y}               1     a         any            length 2 and GET   1 1 1 1
 *     /{x}/b               2     any       b              level 1, "x"       0 1 0 1
 *     /{x}/{y}             3     any       any            level 0, "a"       0 1 0 1   -> rank 1
 *
 * A match reads at most 2 * (parts + 1) * ceil(resources / 32) words, fewer as the span of words still set shrinks. The
 * tree is quicker for usual paths, so this stands behind it.
 */
import { HTTP_METHODS } from '../model/snapshot.js';
import { type Leaf, leafFor, methodBit, type RouteNode } from './route-tree.js';

interface Level {
  /**
   * Resources that have the literal here: as bits, those of `open` included, when they are many; as sorted ranks when
   * listing them is shorter than the bits, so that all sets together are no larger than the paths they come from.
   */
  readonly literals: Map<string, Uint32Array | Int32Array>;
  /** Resources with a variable part here, or a greedy part here or before. */
  readonly open: Uint32Array;
  /** Only those with a greedy part here or before: they also take an empty segment (`a//b`). */
  readonly greedy: Uint32Array;
}

interface Ranked<T> {
  readonly leaf: Leaf<T>;
  readonly parts: readonly Part[];
}

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'variable' | 'greedy' };

export class DenseRoutes<T> {
  /** Words read by the last `match`. */
  reads = 0;

  readonly #resources: readonly Ranked<T>[];
  readonly #levels: readonly Level[];
  /** By number of segments: resources of that many parts, and greedy ones of that many or fewer. The last: for more. */
  readonly #lengths: readonly Uint32Array[];
  /** Resources that have the method, by `methodBit`. */
  readonly #methods: ReadonlyMap<number, Uint32Array>;
  /** The set that is narrowed, and the span of its words that may still hold a bit. */
  readonly #set: Uint32Array;
  #low = 0;
  #high = 0;
  /** Ranks of a sparse literal that were in the set. */
  readonly #kept: Int32Array;
  readonly #segmentStarts: Int32Array;
  readonly #segmentEnds: Int32Array;

  constructor(root: RouteNode<T>) {
    const resources: Ranked<T>[] = [];
    rank(root, [], resources);
    const depth = resources.reduce((deepest, { parts }) => Math.max(deepest, parts.length), 0);
    const words = Math.ceil(resources.length / 32);
    const none = (): Uint32Array => new Uint32Array(words);

    this.#resources = resources;
    this.#lengths = Array.from({ length: depth + 2 }, none);
    this.#methods = new Map(HTTP_METHODS.map((method) => [methodBit(method), none()]));
    this.#levels = Array.from({ length: depth }, (_, level) => compileLevel(resources, level, none));
    for (const [number, { leaf, parts }] of resources.entries()) {
      const greedy = parts.at(-1)?.kind === 'greedy';
      for (const [count, set] of this.#lengths.entries()) {
        if (count === parts.length || (greedy && count > parts.length)) add(set, number);
      }
      for (const [bit, set] of this.#methods) if (leafFor(leaf, bit) !== null) add(set, number);
    }
    this.#set = none();
    this.#kept = new Int32Array(words);
    this.#segmentStarts = new Int32Array(depth);
    this.#segmentEnds = new Int32Array(depth);
  }

  /**
   * Matches the segments of `path` between `from` and `end` (no slash at either), and writes the captured spans.
   * @param bit `methodBit`
   */
  match(
    bit: number,
    path: string,
    from: number,
    end: number,
    starts: Int32Array,
    ends: Int32Array,
  ): Leaf<T> | null {
    this.reads = 0;
    const levels = this.#levels;
    const segments = this.#split(path, from, end);
    this.#begin(this.#lengths[segments] as Uint32Array, this.#methods.get(bit) as Uint32Array);
    const depth = Math.min(segments, levels.length);
    // From the last part, which tells resources apart best: what is left is soon a few words.
    for (let i = depth - 1; i >= 0 && this.#low <= this.#high; i--) {
      const level = levels[i] as Level;
      const start = this.#segmentStarts[i] as number;
      const stop = this.#segmentEnds[i] as number;
      const literal = start === stop ? undefined : level.literals.get(path.slice(start, stop));
      if (literal === undefined) this.#narrow(start === stop ? level.greedy : level.open);
      else if (literal instanceof Uint32Array) this.#narrow(literal);
      else this.#narrowSparse(literal, level.open);
    }
    if (this.#low > this.#high) return null;

    const bits = this.#set[this.#low] as number;
    const winner = this.#resources[this.#low * 32 + 31 - Math.clz32(bits & -bits)] as Ranked<T>;
    let captured = 0;
    for (const [i, part] of winner.parts.entries()) {
      if (part.kind === 'literal') continue;
      starts[captured] = this.#segmentStarts[i] as number;
      ends[captured++] = part.kind === 'greedy' ? end : (this.#segmentEnds[i] as number);
    }
    return leafFor(winner.leaf, bit);
  }

  /** Finds the segments, and returns how many there are: at most one more than the deepest resource has parts. */
  #split(path: string, from: number, end: number): number {
    const depth = this.#levels.length;
    let count = 0;
    for (let at = from; at < end; count++) {
      if (count === depth) return depth + 1;
      let stop = path.indexOf('/', at);
      if (stop < 0 || stop > end) stop = end;
      this.#segmentStarts[count] = at;
      this.#segmentEnds[count] = stop;
      at = stop + 1;
    }
    return count;
  }

  #begin(lengths: Uint32Array, methods: Uint32Array): void {
    this.#set.set(lengths);
    this.#low = 0;
    this.#high = lengths.length - 1;
    this.reads += lengths.length;
    this.#narrow(methods);
  }

  #narrow(by: Uint32Array): void {
    const set = this.#set;
    let low = set.length;
    let high = -1;
    for (let word = this.#low; word <= this.#high; word++) {
      const bits = (set[word] as number) & (by[word] as number);
      set[word] = bits;
      if (bits !== 0) {
        if (high < 0) low = word;
        high = word;
      }
    }
    this.reads += this.#high - this.#low + 1;
    this.#low = low;
    this.#high = high;
  }

  /** `set = set AND (ranks OR open)`. */
  #narrowSparse(ranks: Int32Array, open: Uint32Array): void {
    const set = this.#set;
    const kept = this.#kept;
    let count = 0;
    for (const rank of ranks) {
      const word = rank >>> 5;
      if (word < this.#low || word > this.#high) continue;
      if (((set[word] as number) & (1 << (rank & 31))) !== 0) kept[count++] = rank;
    }
    this.reads += ranks.length;
    this.#narrow(open);
    for (let i = 0; i < count; i++) {
      const rank = kept[i] as number;
      add(set, rank);
      this.#low = Math.min(this.#low, rank >>> 5);
      this.#high = Math.max(this.#high, rank >>> 5);
    }
  }
}

function add(set: Uint32Array, rank: number): void {
  const word = rank >>> 5;
  set[word] = (set[word] as number) | (1 << (rank & 31));
}

/** Lists the resources best first: literal before variable before greedy, decided from the left. */
function rank<T>(node: RouteNode<T>, parts: readonly Part[], resources: Ranked<T>[]): void {
  if (node.leaf !== null) resources.push({ leaf: node.leaf, parts });
  for (const [text, next] of node.literals ?? [])
    rank(next, [...parts, { kind: 'literal', text }], resources);
  if (node.variable !== null) rank(node.variable, [...parts, { kind: 'variable' }], resources);
  if (node.greedy !== null) rank(node.greedy, [...parts, { kind: 'greedy' }], resources);
}

function compileLevel<T>(resources: readonly Ranked<T>[], level: number, none: () => Uint32Array): Level {
  const lists = new Map<string, number[]>();
  const open = none();
  const greedy = none();
  for (const [number, { parts }] of resources.entries()) {
    const part = parts[level];
    if (part?.kind === 'literal') {
      const list = lists.get(part.text);
      if (list === undefined) lists.set(part.text, [number]);
      else list.push(number);
    } else if (part?.kind === 'variable') {
      add(open, number);
    } else if (part?.kind === 'greedy' || parts.at(-1)?.kind === 'greedy') {
      add(open, number);
      add(greedy, number);
    }
  }
  const literals = new Map<string, Uint32Array | Int32Array>();
  for (const [text, list] of lists) {
    if (list.length < open.length) {
      literals.set(text, Int32Array.from(list));
    } else {
      const bits = Uint32Array.from(open);
      for (const number of list) add(bits, number);
      literals.set(text, bits);
    }
  }
  return { literals, open, greedy };
}
