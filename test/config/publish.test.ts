import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CommitNotes, readRevision } from '../../src/config/commit.js';
import { UntrustedError } from '../../src/config/head.js';
import { type Items, itemsOf } from '../../src/config/items.js';
import { readRevisions, revisionsFrom } from '../../src/config/past.js';
import { type Publication, type PublishOptions, publish, replaceAll } from '../../src/config/publish.js';
import {
  type Commit,
  type ConfigStore,
  ConflictError,
  StoreUnavailableError,
} from '../../src/config/store.js';
import { MemoryStore } from '../../src/config/stores/memory-store.js';
import { nodeStatusCodec } from '../../src/proto/codec.js';

const notes: CommitNotes = { by: 'ann', message: '' };
const options: PublishOptions = { key: undefined, notes };

function api(id: string, name: string): Items {
  return itemsOf([{ kind: 'api', api: { id, name, disableExecuteApiEndpoint: false } }]);
}

function put(items: Items): () => { upserts: Items; deletes: string[] } {
  return () => ({ upserts: items, deletes: [] });
}

/** In whose way somebody else gets, once, after the reading and before the commit. */
class ContestedStore extends MemoryStore {
  contest: (() => Promise<unknown>) | undefined;

  override async commit(commit: Commit): Promise<void> {
    const { contest } = this;
    this.contest = undefined;
    await contest?.();
    await super.commit(commit);
  }

  /** Publishes `mine` while another publishes `others`. */
  async race(others: Items, mine: Items, exclusive = false): Promise<Publication> {
    this.contest = () => publish(this, put(others), options);
    return await publish(this, put(mine), { ...options, exclusive });
  }
}

async function content(store: ConfigStore): Promise<string[]> {
  return [...((await readRevision(store, undefined))?.items.keys() ?? [])].sort();
}

describe('publishing', () => {
  it('makes a revision of a change, and none of what is there already', async () => {
    const store = new MemoryStore();
    expect(await publish(store, put(new Map()), options)).toMatchObject({ changed: false, head: null });
    const first = await publish(store, put(api('a', '1')), options);
    expect(first).toMatchObject({ changed: true, head: { revision: 1, by: 'ann' } });
    const again = await publish(store, put(api('a', '1')), options);
    expect(again).toMatchObject({ changed: false, head: { revision: 1 } });
  });

  it('goes on top of a commit that was faster, into an empty store too', async () => {
    const store = new ContestedStore();
    expect(await store.race(api('a', '1'), api('b', '1'))).toMatchObject({ head: { revision: 2 } });
    expect(await store.race(api('c', '1'), api('d', '1'))).toMatchObject({ head: { revision: 4 } });
    expect(await content(store)).toEqual(['api/a', 'api/b', 'api/c', 'api/d']);
  });

  it('fails when the faster one changed the same, and names both revisions', async () => {
    const store = new ContestedStore();
    await publish(store, put(api('a', '1')), options);
    await expect(store.race(api('a', '2'), api('a', '3'))).rejects.toMatchObject({
      name: 'ConflictError',
      message: expect.stringMatching(/builds on revision 1, the store is at revision 2/) as string,
    });
    expect((await readRevision(store, undefined))?.items).toEqual(api('a', '2'));
  });

  it('is content when the faster one wanted the same', async () => {
    const store = new ContestedStore();
    const both = await store.race(api('a', '1'), api('a', '1'));
    expect(both).toMatchObject({ changed: false, head: { revision: 1 } });
  });

  it('fails after any other commit when the change is meant for one revision', async () => {
    const store = new ContestedStore();
    await expect(store.race(api('a', '1'), api('b', '1'), true)).rejects.toBeInstanceOf(ConflictError);
    expect(await content(store)).toEqual(['api/a']);
  });

  it('says so when it is not known whether a commit was carried out', async () => {
    const store = new ContestedStore();
    store.contest = () => Promise.reject(new StoreUnavailableError('r:6379 does not answer'));
    await expect(publish(store, put(api('a', '1')), options)).rejects.toThrow(
      'r:6379 does not answer; it is not known whether revision 1 was published: "propylon history" tells',
    );
  });
});

/** One that may come back empty, and whose nodes may tell so. */
class ExternalStore extends MemoryStore {
  override readonly external = true;

  async tell(appliedRevision: number): Promise<void> {
    const status = nodeStatusCodec.encode({
      nodeId: 'n1',
      version: '0.1.0',
      epoch: '',
      appliedRevision,
      appliedAt: 0,
      startedAt: 0,
      load: { requestsInFlight: 0, requests: 0, residentMemory: 0, cpu: 0 },
      address: '',
      recent: [],
      unknownItems: [],
      localApis: [],
      draining: false,
      appliedDigest: new Uint8Array(0),
    });
    await this.report('n1', status, 60_000);
  }
}

describe('publishing into a store that came back empty', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A push, and how long it took: seconds, by a clock that runs ahead. */
  async function push(store: ConfigStore, meanwhile: () => Promise<unknown> = async () => {}) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const began = performance.now();
    const done = publish(store, put(api('new', '1')), options).then(
      () => 'published',
      (error: Error) => error.message,
    );
    await vi.advanceTimersByTimeAsync(1_000);
    await meanwhile();
    let result: string | undefined;
    void done.then((text) => {
      result = text;
    });
    while (result === undefined) await vi.advanceTimersByTimeAsync(100);
    return { result, seconds: Math.floor((performance.now() - began) / 1_000) };
  }

  it('builds on what a node puts back, also when the node has yet to tell that it is there', async () => {
    const lost = new MemoryStore();
    await publish(lost, put(api('old', '1')), options);
    const [snapshot, position] = [await lost.read(), await lost.position()];
    if (snapshot === null || position === null) throw new Error('the store is empty');
    const store = new ExternalStore();
    const { result } = await push(store, async () => {
      await store.tell(1);
      await vi.advanceTimersByTimeAsync(5_000);
      await store.restore(snapshot, position);
    });
    expect(result).toBe('published');
    expect(await content(store)).toEqual(['api/new', 'api/old']);
    // Nothing is lost with the history: the first push after it knows what was before.
    const revisions = [...((await readRevisions(store, undefined)) ?? [])];
    expect(revisions.map(({ head, items }) => [head.revision, [...items.keys()].sort()])).toEqual([
      [2, ['api/new', 'api/old']],
      [1, ['api/old']],
    ]);
  });

  it('is refused when nobody puts back what a node serves', async () => {
    const store = new ExternalStore();
    await store.tell(7);
    const { result, seconds } = await push(store);
    expect(result).toMatch(/^the store is empty, and node n1 serves revision 7 without having put it back/);
    expect(seconds).toBe(15);
    expect(await store.position()).toBeNull();
  });

  it('waits for a heartbeat when no node is known, and not at all for nodes that serve nothing', async () => {
    expect(await push(new ExternalStore())).toEqual({ result: 'published', seconds: 2 });
    const store = new ExternalStore();
    await store.tell(0);
    vi.useRealTimers();
    expect(await publish(store, put(api('a', '1')), options)).toMatchObject({ changed: true });
  });
});

describe('publishing over what may not be built on', () => {
  it('refuses to follow a signed revision with one that is not', async () => {
    const store = new MemoryStore();
    await publish(store, put(api('a', '1')), { ...options, key: new Uint8Array(32) });
    await expect(publish(store, put(api('b', '1')), options)).rejects.toThrow(
      /^revision 1 is signed, .*: give --config-key$/,
    );
  });

  it('replaces everything that is damaged, nothing that is whole, and leads back to nothing of it', async () => {
    const store = new MemoryStore();
    await expect(replaceAll(store, api('a', '1'), options)).resolves.toMatchObject({ head: { revision: 1 } });
    await expect(replaceAll(store, api('b', '1'), options)).rejects.toThrow('nothing wrong with revision 1');
    const expected = await store.position();
    const epoch = expected?.epoch ?? '';
    await store.commit({
      revision: {
        expected,
        position: { epoch, revision: 2 },
        head: { head: new Uint8Array([1]), mac: new Uint8Array(0) },
        change: { upserts: api('forged', '1'), deletes: [] },
        before: [],
      },
    });
    await expect(publish(store, put(api('c', '1')), options)).rejects.toBeInstanceOf(UntrustedError);
    const { head } = await replaceAll(store, api('c', '1'), options);
    expect(head).toMatchObject({ revision: 3, previousRevision: 2 });
    expect(head?.epoch).not.toBe(epoch);
    expect(await content(store)).toEqual(['api/c']);
    const revisions = [...((await readRevisions(store, undefined)) ?? [])];
    expect(revisions.map((one) => one.head.revision)).toEqual([3]);
  });
});

describe('earlier revisions', () => {
  async function storeWith(names: readonly string[], key?: Uint8Array): Promise<MemoryStore> {
    const store = new MemoryStore(3);
    for (const name of names) {
      const [id = '', value = ''] = name.split('=');
      const change = value === '' ? { upserts: new Map(), deletes: [`api/${id}`] } : put(api(id, value))();
      await publish(store, () => change, { key, notes });
    }
    return store;
  }

  it('are what they were, as far as the history goes', async () => {
    const store = await storeWith(['a=1', 'b=1', 'a=2', 'a=', 'c=1']);
    const revisions = [...((await readRevisions(store, undefined)) ?? [])];
    expect(revisions.map(({ head, items }) => [head.revision, [...items.keys()].sort()])).toEqual([
      [5, ['api/b', 'api/c']],
      [4, ['api/b']],
      [3, ['api/a', 'api/b']],
      // What the oldest entry of the history replaced is in that entry.
      [2, ['api/a', 'api/b']],
    ]);
    expect(revisions[2]?.items.get('api/a')).toEqual(api('a', '2').get('api/a'));
    expect(await readRevisions(new MemoryStore(), undefined)).toBeNull();
  });

  it('are not believed when the history is damaged, or not signed with the key', async () => {
    const key = new Uint8Array(32).fill(1);
    const store = await storeWith(['a=1', 'a=2', 'a=3'], key);
    const newest = await readRevision(store, key);
    const history = await store.history(10);
    if (newest === null) throw new Error('the store is empty');
    expect([...revisionsFrom(newest, history, key)]).toHaveLength(3);
    const [first, ...rest] = history;
    if (first === undefined) throw new Error('there is no history');
    const forged = {
      ...first,
      before: [{ key: 'api/a', item: first.upserts[0]?.item ?? new Uint8Array(0) }],
    };
    expect(() => [...revisionsFrom(newest, [forged, ...rest], key)]).toThrow(
      'the history is damaged between revisions 2 and 3',
    );
    const told = { ...first, upserts: forged.before.map(({ key }) => ({ key, item: new Uint8Array(0) })) };
    expect(() => [...revisionsFrom(newest, [told, ...rest], key)]).toThrow(UntrustedError);
    expect(() => [...revisionsFrom(newest, history, new Uint8Array(32))]).toThrow(UntrustedError);
  });
});
