/** Making a revision: from the items a store has and those it is to have. */
import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { Head, SealedSnapshot } from '../proto/messages.js';
import { checkContent, open, type Position, seal } from './head.js';
import {
  applyChange,
  changeBetween,
  contentDigest,
  EMPTY_ITEMS,
  type Items,
  type StoredItem,
  storedItems,
} from './items.js';
import type { ConfigStore, RevisionCommit } from './store.js';

/** A revision that is believed: its head, and the items it vouches for. */
export interface Revision {
  head: Head;
  items: Items;
}

export interface CommitNotes {
  /** Who; `user@host` when nothing else is known. */
  by: string;
  message: string;
}

/** @throws UntrustedError when the snapshot is damaged, or with a key not authentic */
export function openSnapshot(snapshot: SealedSnapshot, key: Uint8Array | undefined): Revision {
  const head = open(snapshot, key);
  const items = storedItems(snapshot.items);
  checkContent(head, items);
  return { head, items };
}

/** Null: the store is empty. @throws UntrustedError, StoreUnavailableError */
export async function readRevision(
  store: Pick<ConfigStore, 'read'>,
  key: Uint8Array | undefined,
): Promise<Revision | null> {
  const snapshot = await store.read();
  return snapshot === null ? null : openSnapshot(snapshot, key);
}

/**
 * The commit that leads from `base` to `items`, and the revision it makes.
 * Null when nothing would change: a revision without a change tells nobody anything.
 */
export function nextRevision(
  base: Revision | null,
  items: Items,
  notes: CommitNotes,
  now: number,
  key: Uint8Array | undefined,
): { commit: RevisionCommit; revision: Revision } | null {
  const from = base?.items ?? EMPTY_ITEMS;
  const change = changeBetween(from, items);
  if (change === null) return null;
  const head: Head = {
    epoch: base?.head.epoch ?? newEpoch(),
    revision: (base?.head.revision ?? 0) + 1,
    previousRevision: base?.head.revision ?? 0,
    previousDigest: base?.head.digest ?? new Uint8Array(0),
    digest: contentDigest(items),
    // Never behind its predecessor, whatever clocks say: with a configuration key time tells new from replayed.
    at: Math.max(now, (base?.head.at ?? 0) + 1),
    by: notes.by,
    message: notes.message,
  };
  const before = [...change.upserts.keys(), ...change.deletes].flatMap((itemKey) => {
    const item: StoredItem | undefined = from.get(itemKey);
    return item === undefined ? [] : [{ key: itemKey, item: item.bytes }];
  });
  const position = { epoch: head.epoch, revision: head.revision };
  const expected = base === null ? null : { epoch: base.head.epoch, revision: base.head.revision };
  return {
    commit: { expected, position, head: seal(head, key), change, before },
    revision: { head, items: applyChange(from, change) },
  };
}

/**
 * The commit that puts `items` in the place of everything a store holds, none of which is believed: nothing of it
 * stands in the history, and no earlier revision can be reached through it.
 * @param damaged null: the store is empty
 */
export function replacement(
  damaged: (Position & { snapshot: SealedSnapshot }) | null,
  items: Items,
  notes: CommitNotes,
  now: number,
  key: Uint8Array | undefined,
): { commit: RevisionCommit; revision: Revision } {
  const expected = damaged && { epoch: damaged.epoch, revision: damaged.revision };
  const next = (expected?.revision ?? 0) + 1;
  const head: Head = {
    epoch: newEpoch(),
    // Whoever damaged it may have chosen the number.
    revision: Number.isSafeInteger(next) && next > 0 ? next : 1,
    previousRevision: expected?.revision ?? 0,
    previousDigest: new Uint8Array(0),
    digest: contentDigest(items),
    at: now,
    by: notes.by,
    message: notes.message,
  };
  const deletes = (damaged?.snapshot.items ?? []).flatMap((item) => (items.has(item.key) ? [] : [item.key]));
  const position = { epoch: head.epoch, revision: head.revision };
  return {
    commit: { expected, position, head: seal(head, key), change: { upserts: items, deletes }, before: [] },
    revision: { head, items },
  };
}

export function newEpoch(): string {
  return randomBytes(16).toString('hex');
}

/** `user@host`, as far as the machine says. */
export function localAuthor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container's user may have no name.
    return hostname();
  }
}
