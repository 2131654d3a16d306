/** Whatever is done to a store, in whatever order: it does what the memory store does. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Position, SealedHead } from '../../../src/config/head.js';
import { keyedItems } from '../../../src/config/items.js';
import { type ConfigStore, ConflictError, type DocumentChange } from '../../../src/config/store.js';
import { MemoryStore } from '../../../src/config/stores/memory-store.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { apis, bytes } from './changes.js';
import type { StorePlace } from './conformance.js';
import { diskPlace, redisPlace } from './places.js';

const HISTORY = 4;
const AGGREGATES = ['x', 'y', 'yz'];

interface DocumentOperation {
  aggregate: string;
  /** From the version there is to the one that is expected. */
  off: number;
  puts: string[];
  deletes: string[];
  drop: boolean;
}

/** `off`: revisions from the newest one; `fresh`: not 0 for another epoch than the newest one's. */
interface Operation {
  kind: 'commit' | 'documents' | 'restore' | 'readSince' | 'history' | 'reopen';
  off: number;
  fresh: number;
  puts: string[];
  deletes: string[];
  documents: DocumentOperation[];
}

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
const rarely = fc.constantFrom(0, 0, 0, 0, 0, 1, 2);
const operation: fc.Arbitrary<Operation> = fc
  .constantFrom<Operation['kind'][]>(
    ...([
      'commit',
      'commit',
      'commit',
      'commit',
      'documents',
      'restore',
      'readSince',
      'history',
      'reopen',
    ] as const),
  )
  .chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      off: kind === 'commit' ? rarely : fc.integer({ min: kind === 'restore' ? -1 : -HISTORY - 1, max: 2 }),
      fresh: rarely,
      puts: names,
      deletes: names,
      documents: fc.uniqueArray(
        fc.record({
          aggregate: fc.constantFrom(...AGGREGATES),
          off: rarely,
          puts: names,
          deletes: names,
          drop: fc.constantFrom(false, false, true),
        }),
        { maxLength: 2, selector: ({ aggregate }) => aggregate },
      ),
    }),
  );

/** Answers as texts, so that all kinds of byte arrays compare. */
function plain(answer: unknown): string {
  const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
  return JSON.stringify(answer, (_, value) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (value?.type === 'Buffer') return Buffer.from(value.data).toString('hex');
    if (value instanceof Map) return [...value].sort(byName);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(byName));
  });
}

async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    return plain((await call) ?? null);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const { message, expected, actual, aggregate } = error;
    return plain({ message, expected, actual, aggregate });
  }
}

/** Everything that a store tells about what it holds. */
async function everything(store: ConfigStore): Promise<string> {
  const documents = await Promise.all(AGGREGATES.map((aggregate) => store.document(aggregate)));
  const held = [await store.position(), await store.head(), await store.read()];
  return plain([held, documents, await store.documents('y'), await store.history(2 * HISTORY)]);
}

class Run {
  readonly #model = new MemoryStore(HISTORY);
  readonly #place: StorePlace;
  #store: ConfigStore;
  #heads = 0;

  private constructor(place: StorePlace, store: ConfigStore) {
    this.#place = place;
    this.#store = store;
  }

  static async start(place: StorePlace): Promise<Run> {
    return new Run(place, await place.open(HISTORY));
  }

  async do({ kind, off, fresh, puts, deletes, documents }: Operation): Promise<void> {
    const position = await this.#position(kind === 'commit' ? off + 1 : off, fresh);
    if (kind === 'commit') {
      const revision = {
        expected: position.revision === 1 ? null : await this.#position(off, 0),
        position,
        head: this.#head(),
        change: { upserts: apis(...puts), deletes: deletes.map((name) => `api/${name}`) },
        before: keyedItems(apis(...deletes)),
      };
      const changes = await this.#documents(documents);
      await this.#same((store) => store.commit({ revision, documents: changes }));
    } else if (kind === 'documents') {
      const changes = await this.#documents(documents);
      await this.#same((store) => store.commit({ documents: changes }));
    } else if (kind === 'restore') {
      const snapshot = { ...this.#head(), items: keyedItems(apis(...puts)) };
      // Twice, as of two nodes, or of one that did not hear the answer.
      for (let i = 0; i < 2; i++) await this.#same((store) => store.restore(snapshot, position));
    } else if (kind === 'readSince') await this.#same((store) => store.readSince(position));
    else if (kind === 'history') await this.#same((store) => store.history(Math.abs(off)));
    else this.#store = await this.#place.open(HISTORY);
    expect(await everything(this.#store)).toBe(await everything(this.#model));
  }

  async #same(call: (store: ConfigStore) => Promise<unknown>): Promise<void> {
    const expected = await outcome(call(this.#model));
    expect(await outcome(call(this.#store))).toBe(expected);
  }

  async #position(off: number, fresh: number): Promise<Position> {
    const newest = await this.#model.position();
    return {
      epoch: fresh > 0 ? `fresh${fresh}` : (newest?.epoch ?? 'first'),
      revision: Math.max(1, (newest?.revision ?? 0) + off),
    };
  }

  #head(): SealedHead {
    return { head: bytes(`head ${this.#heads++}`), mac: bytes('mac') };
  }

  async #documents(operations: readonly DocumentOperation[]): Promise<DocumentChange[]> {
    return Promise.all(
      operations.map(async ({ aggregate, off, puts, deletes, drop }) => ({
        aggregate,
        expectedVersion: (await this.#model.documentVersion(aggregate)) + off,
        puts: new Map(puts.map((name) => [name, bytes(`${name}${off}`)])),
        deletes,
        drop,
      })),
    );
  }
}

describe('Whatever is done to it', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const places: [string, () => StorePlace][] = [
    ['disk', () => diskPlace()],
    ['Redis', () => redisPlace({ url: server.url })],
  ];
  it.each(places)(
    'a %s store does what a memory store does',
    async (_, makePlace) => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 30 }), async (operations) => {
          const place = makePlace();
          try {
            const run = await Run.start(place);
            for (const one of operations) await run.do(one);
          } finally {
            await place.remove();
          }
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );
});
