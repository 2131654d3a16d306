import { afterEach, describe, expect, it } from 'vitest';
import type { SealedRevision } from '../../../src/config/follower/sealed-revision.js';
import { ItemError } from '../../../src/config/items.js';
import { type FollowedNode, type FollowedOptions, FollowedStore } from './cluster.js';
import { NO_FAULTS } from './simulated-store.js';

const KEY = new Uint8Array(32).fill(1);
const started: FollowedNode[] = [];

afterEach(async () => {
  for (const { follower } of started.splice(0)) await follower.stop();
});

async function followed(cluster: FollowedStore, options?: Partial<FollowedOptions>): Promise<FollowedNode> {
  const node = cluster.follower(options);
  started.push(node);
  void node.follower.start(2_000);
  await cluster.time.pass(1_000);
  return node;
}

/** What a node with this configuration has on its disk. */
async function knownGood(cluster: FollowedStore): Promise<SealedRevision> {
  const node = await followed(cluster);
  const { served } = node.state;
  if (served === null) throw new Error('nothing is served');
  await node.follower.stop();
  return served.revision;
}

describe('a follower in step', () => {
  it('applies a signed change from its announcement alone, at once', async () => {
    const cluster = new FollowedStore(KEY);
    cluster.commit('stage/a/prod', '1');
    const node = await followed(cluster);
    expect(node.revisions).toEqual([1]);
    cluster.store.calls = 0;
    const from = cluster.time.now();
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(100);
    expect(node.revisions).toEqual([1, 2]);
    expect((node.applied[1]?.at ?? 0) - from).toBeLessThan(10);
    expect(cluster.store.calls).toBe(0);
  });

  it('without a key asks no more than some ten times a second in a burst, and the first time at once', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '0');
    const node = await followed(cluster);
    cluster.store.calls = 0;
    const from = cluster.time.now();
    for (let i = 1; i <= 50; i++) {
      cluster.commit('stage/a/prod', String(i));
      await cluster.time.pass(20);
    }
    await cluster.time.pass(300);
    expect((node.applied[1]?.at ?? 0) - from).toBeLessThan(10);
    expect(node.revisions.at(-1)).toBe(51);
    // One of them may be a look.
    expect(cluster.store.calls).toBeLessThanOrEqual(15);
  });

  it('without a key asks the store whether an announced change is its own, and believes no other', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const node = await followed(cluster);
    cluster.store.calls = 0;
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(100);
    expect(node.revisions).toEqual([1, 2]);
    expect(cluster.store.calls).toBe(1);
    // Somebody who can publish, and do nothing else, goes on from there.
    const { state } = cluster.store;
    cluster.store.links.clear();
    cluster.commit('stage/a/prod', 'forged');
    const thief = cluster.store.state;
    cluster.store.state = state;
    const entry = thief?.history.at(-1)?.entry;
    if (entry === undefined) throw new Error('there is a change');
    const { head, mac, upserts, deletes } = entry;
    node.link.deliver({ revision: 3, previousRevision: 2, head, mac, upserts, deletes, tooLarge: false });
    await cluster.time.pass(60_000);
    expect(node.revisions).toEqual([1, 2]);
    expect(node.follower.progress.untrusted).toBe(1);
    expect(node.log).toEqual([
      'something from the configuration store is not believed: revision 3 was announced, and the store has no such',
    ]);
  });

  it('skips what a burst makes obsolete: about ten applies a second, and the last change soon', async () => {
    const cluster = new FollowedStore();
    const node = await followed(cluster, { applyMs: 20 });
    for (let i = 0; i < 100; i++) {
      cluster.commit('stage/a/prod', String(i));
      await cluster.time.pass(20);
    }
    const last = cluster.time.now();
    await cluster.time.pass(1_000);
    expect(node.revisions.length).toBeLessThan(25);
    expect(node.revisions.at(-1)).toBe(100);
    expect((node.applied.at(-1)?.at ?? 0) - last).toBeLessThan(150);
  });

  it('applies changes that follow each other with a pause without delay', async () => {
    const cluster = new FollowedStore();
    const node = await followed(cluster);
    for (let i = 0; i < 20; i++) {
      cluster.commit('stage/a/prod', String(i));
      await cluster.time.pass(150);
    }
    expect(node.revisions).toHaveLength(20);
    expect(Math.max(...node.follower.progress.recent.map(({ lagMs }) => lagMs))).toBeLessThan(20);
  });

  it('measures the lag of what is committed while it follows, not of what was there before', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    await cluster.time.pass(60_000);
    const node = await followed(cluster);
    expect(node.state.served?.lagMs).toBeUndefined();
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(100);
    expect(node.state.served?.lagMs).toBeLessThan(10);
    expect(node.follower.progress.recent).toHaveLength(1);
  });

  it.each([
    ['lost', { lost: 1 }, 2_100],
    ['damaged and doubled', { lost: 1, damaged: 1 }, 1_000],
    ['forged', { lost: 1, forged: 1 }, 1_000],
  ])('reaches a change whose announcement is %s', async (_, faults, within) => {
    const cluster = new FollowedStore(KEY);
    cluster.commit('stage/a/prod', '1');
    const node = await followed(cluster);
    cluster.store.faults = { ...NO_FAULTS, ...faults };
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(within);
    expect(node.revisions).toEqual([1, 2]);
  });

  it('reads a change that is too large for an announcement', async () => {
    const cluster = new FollowedStore();
    const node = await followed(cluster);
    cluster.commit('stage/a/prod', '1');
    await cluster.time.pass(500);
    cluster.store.faults = { ...NO_FAULTS, lost: 1 };
    cluster.commit('stage/a/prod', '2');
    const state = cluster.store.state;
    if (state === null) throw new Error('there is a revision');
    const { revision, previousRevision } = state.revision.head;
    const event = { ...state.sealed, revision, previousRevision, upserts: [], deletes: [], tooLarge: true };
    node.link.deliver(event);
    await cluster.time.pass(100);
    expect(node.revisions).toEqual([1, 2]);
    expect(node.follower.progress).toMatchObject({ untrusted: 0, resyncs: { 'too-large': 1 } });
  });
});

describe('a revision that cannot be served', () => {
  const refuse: FollowedOptions['refuse'] = (_, items) =>
    items.has('stage/bad/prod') ? new ItemError('stage/bad/prod', 'cannot be compiled') : null;

  it('is told with item and reason, leaves the whole one before it, and is not tried again', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const node = await followed(cluster, { refuse });
    cluster.commit('stage/bad/prod', '1');
    await cluster.time.pass(600_000);
    expect(node.revisions).toEqual([1]);
    expect(node.attempts).toBe(2);
    expect(node.state.refused).toEqual({ revision: 2, item: 'stage/bad/prod', reason: 'cannot be compiled' });
    expect(node.log).toEqual([
      'revision 2 is refused, revision 1 goes on: stage/bad/prod: cannot be compiled',
    ]);
    node.follower.retry();
    await cluster.time.pass(1_000);
    expect(node.attempts).toBe(3);
  });

  it('does not keep the node from the next one', async () => {
    const cluster = new FollowedStore(KEY);
    cluster.commit('stage/a/prod', '1');
    let broken = true;
    const node = await followed(cluster, {
      refuse: (revision, items) => (broken ? refuse(revision, items) : null),
    });
    cluster.commit('stage/bad/prod', '1');
    await cluster.time.pass(1_000);
    broken = false;
    cluster.store.calls = 0;
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(100);
    expect(node.revisions).toEqual([1, 3]);
    expect(node.state.refused).toBeNull();
    expect(cluster.store.calls).toBe(0);
  });

  it('is tried again, less and less often, when no item is to blame', async () => {
    const cluster = new FollowedStore();
    let failures = 3;
    const node = await followed(cluster, {
      refuse: () => (failures-- > 0 ? new Error('all workers died') : null),
    });
    cluster.commit('stage/a/prod', '1');
    await cluster.time.pass(100);
    expect(node.state.refused).toEqual({ revision: 1, reason: 'all workers died' });
    await cluster.time.pass(90_000);
    expect(node.revisions).toEqual([1]);
    expect(node.attempts).toBe(4);
  });
});

describe('a start', () => {
  it('applies the newest revision only, though an older one is on the disk', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const lastKnownGood = await knownGood(cluster);
    cluster.commit('stage/a/prod', '2');
    const node = await followed(cluster, { lastKnownGood });
    expect(node.revisions).toEqual([2]);
  });

  it('serves the last known good when the store does not answer, and follows it when it does', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const lastKnownGood = await knownGood(cluster);
    cluster.commit('stage/a/prod', '2');
    const node = cluster.follower({ lastKnownGood });
    started.push(node);
    node.link.cut();
    void node.follower.start(2_000);
    await cluster.time.pass(1_900);
    expect(node.revisions).toEqual([]);
    await cluster.time.pass(200);
    expect(node.revisions).toEqual([1]);
    expect(node.state).toMatchObject({ read: false, trouble: 'configuration store: no answer' });
    node.link.mend();
    await cluster.time.pass(200);
    expect(node.revisions).toEqual([1, 2]);
    expect(node.state).toMatchObject({ read: true, trouble: null });
  });

  it('serves the last known good when the newest revision cannot be served', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const lastKnownGood = await knownGood(cluster);
    cluster.commit('stage/bad/prod', '1');
    const node = await followed(cluster, {
      lastKnownGood,
      refuse: (revision) => (revision === 2 ? new ItemError('stage/bad/prod', 'is bad') : null),
    });
    expect(node.revisions).toEqual([1]);
    expect(node.attempts).toBe(2);
    expect(node.state.refused?.revision).toBe(2);
  });

  it('is over with the first revision that is served, though more come all the time', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', 'first');
    const node = cluster.follower({ applyMs: 50 });
    started.push(node);
    let over = false;
    const start = node.follower.start(2_000).then(() => {
      over = true;
    });
    for (let i = 0; i < 50; i++) {
      await cluster.time.pass(10);
      cluster.commit('stage/a/prod', String(i));
    }
    expect(over).toBe(true);
    await start;
  });

  it('with an empty store and nothing on the disk applies nothing and is in step', async () => {
    const cluster = new FollowedStore();
    const node = await followed(cluster);
    expect(node.revisions).toEqual([]);
    expect(node.state).toEqual({ served: null, refused: null, read: true, known: null, trouble: null });
  });
});

describe('an empty store', () => {
  it('is no configuration: it gets back the newest revision that any node knows', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const behind = await followed(cluster);
    const ahead = await followed(cluster);
    behind.link.cut();
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(1_000);
    ahead.link.cut();
    const lost = cluster.store.state;
    cluster.wipe();
    behind.link.mend();
    await cluster.time.pass(1_000);
    expect(cluster.store.state?.revision.head.revision).toBe(1);
    ahead.link.mend();
    await cluster.time.pass(2_500);
    expect(cluster.store.state?.revision.head).toEqual(lost?.revision.head);
    expect(cluster.store.state?.sealed).toEqual(lost?.sealed);
    expect(ahead.revisions).toEqual([1, 2]);
    expect(behind.revisions).toEqual([1, 2]);
    // What was put back is announced without its predecessor; nobody takes that for a forgery.
    for (const { follower } of [behind, ahead]) expect(follower.progress.untrusted).toBe(0);
  });

  it('is noticed though nothing tells of it, each time it happens', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    await followed(cluster);
    for (let i = 0; i < 3; i++) {
      cluster.wipe();
      await cluster.time.pass(2_400);
      expect(cluster.store.state?.revision.head.revision).toBe(1);
    }
  });
});

describe('a store that went back in time', () => {
  async function restored(key?: Uint8Array): Promise<{ cluster: FollowedStore; node: FollowedNode }> {
    const cluster = new FollowedStore(key);
    cluster.commit('stage/a/prod', '1');
    const backup = cluster.store.state;
    const node = await followed(cluster);
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(1_000);
    cluster.store.state = backup;
    await cluster.time.pass(13_000);
    return { cluster, node };
  }

  it('is followed, loudly', async () => {
    const { cluster, node } = await restored();
    expect(node.revisions).toEqual([1, 2, 1]);
    expect(node.log).toHaveLength(1);
    expect(node.log[0]).toMatch(
      /^the configuration store went back in time: instead of revision 2 of .* it holds revision 1 of .*, which is followed$/,
    );
    expect(node.follower.progress.rewinds).toBe(1);
    cluster.commit('stage/a/prod', '3');
    await cluster.time.pass(100);
    expect(node.revisions).toEqual([1, 2, 1, 2]);
  });

  it('is not followed with a configuration key, until somebody makes a new revision', async () => {
    const { cluster, node } = await restored(KEY);
    expect(node.revisions).toEqual([1, 2]);
    expect(node.log).toHaveLength(1);
    expect(node.log[0]).toMatch(
      /holds revision 1 .* is not followed.*; push or roll back to make a new revision; revision 2 is served on$/,
    );
    await cluster.time.pass(60_000);
    expect(node.log).toHaveLength(1);
    cluster.commit('stage/a/prod', '3');
    await cluster.time.pass(500);
    expect(node.revisions).toEqual([1, 2, 2]);
    expect(node.state).toMatchObject({ trouble: null, served: { revision: { head: { revision: 2 } } } });
  });

  it('is noticed when it has reached the same revision with another content', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const backup = cluster.store.state;
    const node = await followed(cluster);
    cluster.commit('stage/a/prod', '2');
    await cluster.time.pass(1_000);
    node.link.cut();
    cluster.store.state = backup;
    cluster.commit('stage/a/prod', 'other');
    node.link.mend();
    await cluster.time.pass(500);
    expect(node.revisions).toEqual([1, 2, 2]);
    expect(Buffer.from(node.applied[2]?.items.get('stage/a/prod')?.bytes ?? []).toString()).toBe('other');
  });
});

describe('a store that is not believed', () => {
  it('changes nothing, and is told once', async () => {
    const cluster = new FollowedStore(KEY);
    cluster.commit('stage/a/prod', '1');
    const node = await followed(cluster);
    const { state } = cluster.store;
    if (state === null) throw new Error('there is a revision');
    const other = new FollowedStore();
    other.commit('stage/thief/prod', '1');
    cluster.store.state = other.store.state;
    await cluster.time.pass(60_000);
    expect(node.revisions).toEqual([1]);
    expect(node.state.trouble).toMatch(/^the configuration store is not believed: a revision is not signed/);
    cluster.store.state = state;
    await cluster.time.pass(13_000);
    expect(node.state.trouble).toBeNull();
  });

  it('whose items are damaged or missing under a true head gets them back within little more than a minute', async () => {
    const cluster = new FollowedStore();
    cluster.commit('stage/a/prod', '1');
    const node = await followed(cluster);
    const { state } = cluster.store;
    if (state === null) throw new Error('there is a revision');
    cluster.store.state = { ...state, revision: { ...state.revision, items: new Map() } };
    await cluster.time.pass(75_000);
    expect([...(cluster.store.state?.revision.items.keys() ?? [])]).toEqual(['stage/a/prod']);
    expect(node.follower.progress).toMatchObject({ untrusted: 1, restores: 1 });
    await cluster.time.pass(75_000);
    expect(node.follower.progress).toMatchObject({ untrusted: 1, restores: 1 });
    expect(node.state.trouble).toBeNull();
    expect(node.revisions).toEqual([1]);
  });
});
