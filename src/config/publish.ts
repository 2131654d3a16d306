/** Publishing a change: on top of whatever is the newest revision, unless somebody else changed the same items. */
import { randomInt } from 'node:crypto';
import type { Head } from '../proto/messages.js';
import { damagedBase, settledBase } from './base.js';
import { type CommitNotes, nextRevision, type Revision, replacement } from './commit.js';
import { applyChange, EMPTY_ITEMS, type ItemChange, type Items } from './items.js';
import { type ConfigStore, ConflictError, StoreUnavailableError } from './store.js';

export interface Publication {
  /** The revision that has the change; null when there was nothing to change and the store is empty. */
  head: Head | null;
  /** False: it had it before. */
  changed: boolean;
  before: Items;
  after: Items;
}

export interface PublishOptions {
  /** What revisions are signed with. */
  key: Uint8Array | undefined;
  notes: CommitNotes;
  /** The change is meant for one revision only: any other commit is a conflict. */
  exclusive?: boolean;
  /** Called while an empty store may get back what nodes serve. */
  waiting?: () => void;
}

/** Every lost race is somebody else's commit: that many in a row are no coincidence. */
const MAX_ATTEMPTS = 100;
const MAX_WAIT_MS = 50;

/**
 * @param edit the change to a revision's items; called again for a newer revision when a commit lost its race
 * @throws ConflictError when another commit changed the same items meanwhile; nothing is published
 * @throws BaseError, UntrustedError
 * @throws StoreUnavailableError
 */
export async function publish(
  store: ConfigStore,
  edit: (items: Items) => ItemChange,
  { key, notes, exclusive = false, waiting }: PublishOptions,
): Promise<Publication> {
  let first: Revision | null | undefined;
  for (let attempt = 1; ; attempt++) {
    const base = await settledBase(store, key, waiting);
    const before = base?.items ?? EMPTY_ITEMS;
    const change = edit(before);
    if (first !== undefined && (exclusive || collide(first?.items ?? EMPTY_ITEMS, before, change))) {
      throw new ConflictError(position(first), position(base));
    }
    first ??= base;
    const after = applyChange(before, change);
    const next = nextRevision(base, after, notes, store.now(), key);
    if (next === null) return { head: base?.head ?? null, changed: false, before, after };
    try {
      await store.commit({ revision: next.commit });
      return { head: next.revision.head, changed: true, before, after };
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw uncertain(error, next.revision.head);
      if (!(error instanceof ConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, randomInt(MAX_WAIT_MS)));
  }
}

/**
 * Puts a configuration in the place of one that cannot be believed, all of it, whatever it was. It begins a new epoch,
 * so that every node reads it as a whole.
 * @throws BaseError when there is nothing wrong with what the store holds
 * @throws ConflictError when somebody else was first
 * @throws StoreUnavailableError
 */
export async function replaceAll(
  store: ConfigStore,
  items: Items,
  { key, notes }: Pick<PublishOptions, 'key' | 'notes'>,
): Promise<Publication> {
  const damaged = await damagedBase(store, key);
  const { commit, revision } = replacement(damaged, items, notes, store.now(), key);
  try {
    await store.commit({ revision: commit });
  } catch (error) {
    throw error instanceof StoreUnavailableError ? uncertain(error, revision.head) : error;
  }
  return { head: revision.head, changed: true, before: EMPTY_ITEMS, after: items };
}

/** Whether an item this change touches is another than it was, and another than it is to be. */
function collide(first: Items, now: Items, { upserts, deletes }: ItemChange): boolean {
  const other = (key: string, wanted: string | undefined): boolean => {
    const hash = now.get(key)?.hash;
    return hash !== first.get(key)?.hash && hash !== wanted;
  };
  return (
    [...upserts].some(([key, item]) => other(key, item.hash)) || deletes.some((key) => other(key, undefined))
  );
}

function uncertain(error: StoreUnavailableError, { revision }: Head): StoreUnavailableError {
  return new StoreUnavailableError(
    `${error.message}; it is not known whether revision ${revision} was published: "propylon history" tells`,
    { cause: error },
  );
}

function position(revision: Revision | null): { epoch: string; revision: number } | null {
  return revision && { epoch: revision.head.epoch, revision: revision.head.revision };
}
