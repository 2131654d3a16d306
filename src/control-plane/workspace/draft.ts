/** One aggregate as an operation sees and changes it: named parts, each an immutable JSON value. */

/** An aggregate as it is stored, decoded. */
export interface AggregateState {
  /** 0: it does not exist yet. */
  readonly version: number;
  /** In the order in which they were first put. */
  readonly parts: ReadonlyMap<string, unknown>;
  /** What that order is stored as, by part. */
  readonly orders: ReadonlyMap<string, number>;
}

export const NO_AGGREGATE: AggregateState = { version: 0, parts: new Map(), orders: new Map() };

/** Parts one commit can make, so that orders of different commits do not meet. */
const ORDERS_PER_VERSION = 1_000_000;

const decoder = new TextDecoder();

/** @throws Error when a part is not what `Draft.encodedPuts` made */
export function decodeAggregate(version: number, stored: ReadonlyMap<string, Uint8Array>): AggregateState {
  const entries = [...stored].map(([name, bytes]) => {
    const [order, value] = JSON.parse(decoder.decode(bytes)) as [number, unknown];
    return { name, order, value };
  });
  entries.sort((a, b) => a.order - b.order);
  return {
    version,
    parts: new Map(entries.map(({ name, value }) => [name, value])),
    orders: new Map(entries.map(({ name, order }) => [name, order])),
  };
}

/**
 * A part is replaced, never changed in place: what `get` returns belongs to everybody.
 * The part's type is a promise of its name: `resource/{id}` holds a `ResourcePart`, and so on (see parts.ts).
 */
export class Draft {
  readonly name: string;
  readonly base: AggregateState;
  readonly #puts = new Map<string, unknown>();
  readonly #deletes = new Set<string>();
  #dropped = false;
  #pinned = false;

  constructor(name: string, base: AggregateState) {
    this.name = name;
    this.base = base;
  }

  get<T>(part: string): T | undefined {
    if (this.#puts.has(part)) return this.#puts.get(part) as T;
    return this.#dropped || this.#deletes.has(part)
      ? undefined
      : (this.base.parts.get(part) as T | undefined);
  }

  put(part: string, value: object): void {
    this.#deletes.delete(part);
    this.#puts.set(part, value);
  }

  delete(part: string): void {
    this.#puts.delete(part);
    if (this.base.parts.has(part)) this.#deletes.add(part);
  }

  /** Parts whose names begin with `prefix`, in the order in which they were first put. */
  list<T>(prefix: string): T[] {
    const found: T[] = [];
    if (!this.#dropped) {
      for (const [name, value] of this.base.parts) {
        if (!name.startsWith(prefix) || this.#deletes.has(name)) continue;
        found.push((this.#puts.has(name) ? this.#puts.get(name) : value) as T);
      }
    }
    for (const [name, value] of this.#puts) {
      if (name.startsWith(prefix) && (this.#dropped || !this.base.parts.has(name))) found.push(value as T);
    }
    return found;
  }

  /** Names and values of the parts whose names begin with one of the prefixes. */
  entries(prefixes: readonly string[]): [name: string, value: object][] {
    const names = new Set([...(this.#dropped ? [] : this.base.parts.keys()), ...this.#puts.keys()]);
    return [...names].flatMap((name): [string, object][] => {
      const value = prefixes.some((prefix) => name.startsWith(prefix)) ? this.get<object>(name) : undefined;
      return value === undefined ? [] : [[name, value]];
    });
  }

  /** The aggregate ends. */
  drop(): void {
    this.#dropped = true;
    this.#puts.clear();
    this.#deletes.clear();
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /**
   * Something else comes to refer to this aggregate: the commit fails when it has changed or ended meanwhile, and whoever
   * ends it at the same time finds another version.
   */
  pin(): void {
    this.#pinned = true;
  }

  get changed(): boolean {
    return this.#pinned || this.#dropped || this.#puts.size > 0 || this.#deletes.size > 0;
  }

  get deletes(): string[] {
    return [...this.#deletes];
  }

  /** What is to be stored: each part with the place it has in the aggregate's order. */
  encodedPuts(): Map<string, Uint8Array> {
    const { orders } = this.committed();
    return new Map(
      [...this.#puts].map(([name, value]) => [name, Buffer.from(JSON.stringify([orders.get(name), value]))]),
    );
  }

  /** What it is after a commit. */
  committed(): AggregateState {
    if (this.#dropped && this.#puts.size === 0) return NO_AGGREGATE;
    const version = this.base.version + 1;
    const parts = new Map(this.#dropped ? [] : this.base.parts);
    const orders = new Map(this.#dropped ? [] : this.base.orders);
    for (const name of this.#deletes) {
      parts.delete(name);
      orders.delete(name);
    }
    let next = version * ORDERS_PER_VERSION;
    for (const [name, value] of this.#puts) {
      parts.set(name, value);
      if (!orders.has(name)) orders.set(name, next++);
    }
    return { version, parts, orders };
  }
}
