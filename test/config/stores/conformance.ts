/** What holds for every store. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSnapshot, type Revision } from '../../../src/config/commit.js';
import { open } from '../../../src/config/head.js';
import { applyChange, itemsOf } from '../../../src/config/items.js';
import { type ConfigStore, ConflictError, StoreUnavailableError } from '../../../src/config/store.js';
import { configEventCodec } from '../../../src/proto/codec.js';
import type { SealedSnapshot } from '../../../src/proto/messages.js';
import { until } from '../../support/until.js';
import { apis, bytes, hearing, positionOf, push, step } from './changes.js';

/** Where one test's stores are. */
export interface StorePlace {
  /** Another one on the same place every time, except of a store that one process has for itself. */
  open(historyLimit?: number): Promise<ConfigStore>;
  /** Closes what was opened, and removes it. */
  remove(): Promise<void>;
}

async function snapshotOf(store: ConfigStore): Promise<SealedSnapshot> {
  const snapshot = await store.read();
  if (snapshot === null) throw new Error('the store is empty');
  return snapshot;
}

async function keysIn(store: ConfigStore): Promise<string[]> {
  return (await store.read())?.items.map(({ key }) => key) ?? [];
}

export function describeStore(kind: string, makePlace: () => Promise<StorePlace>): void {
  describe(`The ${kind} store`, () => {
    let place: StorePlace;
    let store: ConfigStore;
    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(() => place.remove());

    it('is empty at first', async () => {
      expect(await store.position()).toBeNull();
      expect(await store.head()).toBeNull();
      expect(await store.read()).toBeNull();
      expect(await store.readSince({ epoch: 'e', revision: 0 })).toBeNull();
      expect(await store.history(10)).toEqual([]);
      expect(await store.nodes()).toEqual([]);
      expect(await store.documents('')).toEqual([]);
    });

    it('holds what was committed, sorted by key, with the head that vouches for it', async () => {
      const revision = await push(store, apis('b', 'a'), apis('a', 'c', 'ü'));
      expect(await store.position()).toEqual(positionOf(revision));
      expect(await keysIn(store)).toEqual(['api/a', 'api/c', 'api/ü']);
      expect(openSnapshot(await snapshotOf(store), undefined)).toEqual(revision);
      const head = await store.head();
      expect(head === null ? null : open(head, undefined)).toEqual(revision.head);
    });

    it('refuses a commit that builds on an old revision, names both, and changes nothing', async () => {
      const first = await push(store, apis('a'));
      const late = step(first, apis('a', 'late'));
      await push(store, apis('a', 'b'));
      const before = await snapshotOf(store);
      const conflict = await store.commit({ revision: late.commit }).catch((error: unknown) => error);
      expect(conflict).toBeInstanceOf(ConflictError);
      expect((conflict as Error).message).toContain('revision 1');
      expect((conflict as Error).message).toContain('revision 2');
      expect(conflict).toMatchObject({
        expected: positionOf(first),
        actual: { epoch: first.head.epoch, revision: 2 },
      });
      expect(await snapshotOf(store)).toEqual(before);
      expect(await store.history(10)).toHaveLength(2);
    });

    it('refuses a first commit when it is not empty, and another one when it is', async () => {
      const other = step(null, apis('other'));
      await expect(store.commit({ revision: step(other.revision, apis('x')).commit })).rejects.toMatchObject({
        name: 'ConflictError',
        actual: null,
      });
      await push(store, apis('a'));
      await expect(store.commit({ revision: other.commit })).rejects.toMatchObject({ expected: null });
    });

    it('refuses a commit for the same revision of another epoch', async () => {
      await push(store, apis('a'));
      const elsewhere = step(step(null, apis('a')).revision, apis('a', 'b'));
      await expect(store.commit({ revision: elsewhere.commit })).rejects.toBeInstanceOf(ConflictError);
    });

    it('loses no update of two pushers at once, a hundred times', async () => {
      const rival = await place.open();
      await push(store, apis('start'));
      const add = async (on: ConfigStore, name: string): Promise<void> => {
        for (;;) {
          const base = openSnapshot(await snapshotOf(on), undefined);
          const items = new Map([...base.items, ...apis(name)]);
          try {
            return await on.commit({ revision: step(base, items).commit });
          } catch (error) {
            if (!(error instanceof ConflictError)) throw error;
          }
        }
      };
      for (let i = 0; i < 100; i++) await Promise.all([add(store, `a${i}`), add(rival, `b${i}`)]);
      expect(await keysIn(store)).toHaveLength(201);
      expect((await store.position())?.revision).toBe(201);
      const history = await store.history(1000);
      expect(history).toHaveLength(100);
      expect(history.map((entry) => open(entry, undefined).revision)).toEqual(
        Array.from({ length: 100 }, (_, i) => 201 - i),
      );
    }, 60_000);

    it('keeps as many revisions as it is told, newest first, each with its way back', async () => {
      const small = await place.open(3);
      await push(small, apis('a'), apis('b'), apis('b', 'c'), apis('c'), apis('c', 'd'));
      const history = await small.history(10);
      expect(history.map((entry) => open(entry, undefined).revision)).toEqual([5, 4, 3]);
      expect(history[1]).toMatchObject({ upserts: [], deletes: ['api/b'], before: [{ key: 'api/b' }] });
      expect(history[1]?.before[0]?.item).toEqual(Buffer.from(apis('b').get('api/b')?.bytes ?? []));
      expect(await small.history(1)).toEqual(history.slice(0, 1));
      expect(await small.history(0)).toEqual([]);
    });

    it('leads from a revision to the newest, as far back as it keeps them', async () => {
      const small = await place.open(3);
      const revisions: Revision[] = [];
      for (const name of ['a', 'b', 'c', 'd', 'e']) revisions.push(await push(small, apis(name)));
      const [first, second, third, , newest] = revisions as [
        Revision,
        Revision,
        Revision,
        Revision,
        Revision,
      ];
      expect(await small.readSince(positionOf(newest))).toEqual([]);
      const steps = await small.readSince(positionOf(second));
      expect(steps?.map((entry) => open(entry, undefined).revision)).toEqual([3, 4, 5]);
      let { items } = second;
      for (const { upserts, deletes } of steps ?? []) {
        items = applyChange(items, {
          upserts: new Map(apis(...upserts.map(({ key }) => key.slice(4)))),
          deletes,
        });
      }
      expect(items).toEqual(newest.items);
      expect(await small.readSince(positionOf(third))).toHaveLength(2);
      expect(await small.readSince(positionOf(first))).toBeNull();
      expect(await small.readSince({ epoch: newest.head.epoch, revision: 0 })).toBeNull();
      expect(await small.readSince({ epoch: newest.head.epoch, revision: 6 })).toBeNull();
      expect(await small.readSince({ epoch: 'f'.repeat(32), revision: 4 })).toBeNull();
    });

    it('does not lead from one epoch to another', async () => {
      const first = await push(store, apis('a'), apis('b'));
      const { commit } = step(first, apis('c'));
      const position = { epoch: 'ab'.repeat(16), revision: 1 };
      await store.commit({ revision: { ...commit, position } });
      expect(await store.position()).toEqual(position);
      expect(await store.readSince(positionOf(first))).toBeNull();
      expect(await store.readSince(position)).toEqual([]);
      expect(await store.history(10)).toHaveLength(3);
    });

    it('takes a configuration back when it is empty: the first one wins, a newer one of the same epoch replaces it', async () => {
      const elsewhere = step(null, apis('a')).revision;
      const newer = step(elsewhere, apis('a', 'b'));
      const newest = step(newer.revision, apis('c'));
      const sealed = (
        one: { commit: { head: { head: Uint8Array; mac: Uint8Array } } },
        ...names: string[]
      ): SealedSnapshot => ({
        ...one.commit.head,
        items: [...apis(...names)].map(([key, { bytes: item }]) => ({ key, item })),
      });
      const { position } = newer.commit;
      expect(await store.restore(sealed(newer, 'a', 'b'), position)).toBe(true);
      expect(await store.restore(sealed(newer, 'a', 'b'), position)).toBe(true);
      const stranger = step(null, apis('z'));
      expect(await store.restore(sealed(stranger, 'z'), stranger.commit.position)).toBe(false);
      expect(await store.restore(sealed(newest, 'c'), newest.commit.position)).toBe(true);
      expect(await store.restore(sealed(newer, 'a', 'b'), position)).toBe(false);
      expect(openSnapshot(await snapshotOf(store), undefined)).toEqual(newest.revision);
      expect(await store.history(10)).toEqual([]);
      expect(await store.readSince(newest.commit.position)).toEqual([]);
      expect(await store.readSince(position)).toBeNull();

      const built = step(newest.revision, apis('d'));
      await store.commit({ revision: built.commit });
      expect(await store.readSince(newest.commit.position)).toHaveLength(1);
      const far = { epoch: built.commit.position.epoch, revision: 99 };
      expect(await store.restore(sealed(newest, 'c'), far)).toBe(false);
      expect(await keysIn(store)).toEqual(['api/d']);
    });

    it('keeps documents by aggregate, each with a version of its own', async () => {
      const content = new Map([
        ['definition', randomBytes(300)],
        ['', bytes('')],
        ['tag/ü', bytes('x')],
      ]);
      await store.commit({ documents: [{ aggregate: 'api/ü', expectedVersion: 0, puts: content }] });
      expect(await store.documentVersion('api/ü')).toBe(1);
      const found = await store.document('api/ü');
      expect(found?.version).toBe(1);
      expect(new Map([...(found?.parts ?? [])].map(([name, part]) => [name, Buffer.from(part)]))).toEqual(
        new Map([...content].map(([name, part]) => [name, Buffer.from(part)])),
      );
      await store.commit({
        documents: [
          {
            aggregate: 'api/ü',
            expectedVersion: 1,
            puts: new Map([['', bytes('new')]]),
            deletes: ['', 'tag/ü'],
          },
          { aggregate: 'api/2', expectedVersion: 0 },
          { aggregate: 'domain/x', expectedVersion: 0 },
        ],
      });
      const changed = await store.document('api/ü');
      expect([...(changed?.parts.keys() ?? [])].sort()).toEqual(['', 'definition']);
      expect(Buffer.from(changed?.parts.get('') ?? [])).toEqual(Buffer.from('new'));
      expect(await store.document('api/2')).toEqual({ version: 1, parts: new Map() });
      expect(await store.documents('api/')).toEqual(['api/2', 'api/ü']);
      await store.commit({ documents: [{ aggregate: 'api/ü', expectedVersion: 2, drop: true }] });
      expect(await store.document('api/ü')).toBeNull();
      expect(await store.documentVersion('api/ü')).toBe(0);
      expect(await store.documents('')).toEqual(['api/2', 'domain/x']);
      expect(await store.position()).toBeNull();
    });

    it('changes documents and revision together or not at all', async () => {
      const first = step(null, apis('a'));
      const created = { aggregate: 'api/a', expectedVersion: 0, puts: new Map([['p', bytes('1')]]) };
      await store.commit({ revision: first.commit, documents: [created] });
      const second = step(first.revision, apis('b'));

      await expect(
        store.commit({
          revision: second.commit,
          documents: [
            { aggregate: 'api/b', expectedVersion: 0 },
            { aggregate: 'api/a', expectedVersion: 7 },
          ],
        }),
      ).rejects.toMatchObject({ name: 'ConflictError', aggregate: 'api/a' });
      await expect(
        store.commit({ revision: first.commit, documents: [{ ...created, expectedVersion: 1 }] }),
      ).rejects.toMatchObject({ name: 'ConflictError', actual: positionOf(first.revision) });
      expect(await store.position()).toEqual(positionOf(first.revision));
      expect(await store.documents('')).toEqual(['api/a']);
      expect(await store.documentVersion('api/a')).toBe(1);

      await store.commit({ revision: second.commit, documents: [{ ...created, expectedVersion: 1 }] });
      expect(await store.position()).toEqual(positionOf(second.revision));
      expect(await store.documentVersion('api/a')).toBe(2);
    });

    it('refuses commits that cannot be any', async () => {
      const first = step(null, apis('a'));
      const skipping = { ...first.commit, expected: { ...first.commit.position, revision: 5 } };
      await expect(store.commit({ revision: skipping })).rejects.toBeInstanceOf(RangeError);
      const twice = { aggregate: 'api/a', expectedVersion: 0 };
      await expect(store.commit({ documents: [twice, twice] })).rejects.toBeInstanceOf(RangeError);
      expect(await store.position()).toBeNull();
    });

    it('takes thousands of items and parts in one commit', async () => {
      const names = Array.from({ length: 2_500 }, (_, i) => `n${i}`);
      const parts = new Map(names.map((name) => [name, bytes(name)]));
      const first = step(null, apis(...names));
      await store.commit({
        revision: first.commit,
        documents: [
          { aggregate: 'x', expectedVersion: 0, puts: parts },
          { aggregate: 'y', expectedVersion: 0, puts: new Map([['only', bytes('y')]]) },
        ],
      });
      expect(openSnapshot(await snapshotOf(store), undefined).items.size).toBe(2_500);
      expect((await store.document('x'))?.parts.size).toBe(2_500);
      const half = names.slice(0, 1_250);
      const next = step(first.revision, apis(...half, 'one-more'));
      await store.commit({
        revision: next.commit,
        documents: [
          { aggregate: 'x', expectedVersion: 1, puts: new Map([['z', bytes('z')]]), deletes: half },
          { aggregate: 'y', expectedVersion: 1, deletes: ['only'] },
        ],
      });
      expect(openSnapshot(await snapshotOf(store), undefined)).toEqual(next.revision);
      expect((await store.document('x'))?.parts.size).toBe(1_251);
      expect((await store.document('y'))?.parts.size).toBe(0);
    });

    it('tells every subscriber of every revision, without the items when they are large', async () => {
      const rival = await place.open();
      const here = hearing();
      const there = hearing();
      const subscription = await store.subscribe(here);
      await rival.subscribe(there);
      expect(here.connections).toEqual(['connected']);
      const first = await push(store, apis('a'));
      const second = await push(rival, apis('b'));
      await until(() => here.events.length === 2 && there.events.length === 2);
      expect(here.events.map(configEventCodec.encode)).toEqual(there.events.map(configEventCodec.encode));
      expect(here.events[0]).toMatchObject({ revision: 1, previousRevision: 0, tooLarge: false });
      expect(here.events.map((event) => open(event, undefined).digest.toString())).toEqual(
        [first, second].map(({ head }) => Buffer.from(head.digest).toString()),
      );
      expect(here.events[1]).toMatchObject({
        revision: 2,
        previousRevision: 1,
        upserts: [{ key: 'api/b' }],
        deletes: ['api/a'],
      });

      await subscription.end();
      const large = itemsOf([
        { kind: 'api', api: { id: 'l', name: 'l'.repeat(300_000), disableExecuteApiEndpoint: false } },
      ]);
      await push(store, large);
      await until(() => there.events.length === 3);
      expect(there.events[2]).toMatchObject({ revision: 3, tooLarge: true, upserts: [], deletes: [] });
      expect(here.events).toHaveLength(2);
      expect(here.garbages).toEqual([]);
      await store.commit({ documents: [{ aggregate: 'quiet', expectedVersion: 0 }] });
      await push(store, apis('b'));
      await until(() => there.events.length === 4);
      expect(there.events[3]).toMatchObject({ revision: 4 });
    });

    it('tells of a configuration that was put back', async () => {
      const heard = hearing();
      await store.subscribe(heard);
      const { commit } = step(null, apis('a'));
      await store.restore({ ...commit.head, items: [] }, commit.position);
      await until(() => heard.events.length === 1);
      expect(heard.events[0]).toMatchObject({ revision: 1, tooLarge: true });
    });

    it('keeps node statuses until they expire by its own clock, or the node leaves', async () => {
      const other = await place.open();
      await store.report('node/1', bytes('one'), 60_000);
      await store.report('node/2', bytes('two'), 60_000);
      await store.report('node/2', bytes('two again'), 60_000);
      await other.report('node/3', bytes('three'), 1);
      await until(async () => (await store.nodes()).length === 2);
      const statuses = (await other.nodes()).map((status) => Buffer.from(status).toString()).sort();
      expect(statuses).toEqual(['one', 'two again']);
      await other.leave('node/1');
      await other.leave('nobody');
      expect((await store.nodes()).map((status) => Buffer.from(status).toString())).toEqual(['two again']);
    });

    it('tells the time', () => {
      expect(Math.abs(store.now() - Date.now())).toBeLessThan(2_000);
    });

    it('says so when it is used after it was closed', async () => {
      await store.close();
      await expect(store.read()).rejects.toThrow(StoreUnavailableError);
      await expect(store.commit({})).rejects.toThrow('closed');
      await expect(store.nodes()).rejects.toThrow('closed');
      await expect(store.subscribe(hearing())).rejects.toThrow('closed');
    });
  });
}
