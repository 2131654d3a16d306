/** Earlier revisions, made from the newest one and the history that leads to it. */
import type { Head, HistoryEntry } from '../proto/messages.js';
import { type Revision, readRevision } from './commit.js';
import { equalBytes, open, sameHead, UntrustedError } from './head.js';
import { contentDigest, type Items, type StoredItem, storedItems } from './items.js';
import type { ConfigStore } from './store.js';

/** More than any store keeps. */
const WHOLE_HISTORY = 1_000_000;

/** A revision, as far as those after it vouch for it. */
export interface PastRevision {
  head: Pick<Head, 'epoch' | 'revision' | 'digest'>;
  items: Items;
}

/** One commit of the history that was checked against what is believed of the revision it made. */
export interface Step {
  head: Head;
  entry: HistoryEntry;
  /** What it built on; null: on nothing, or on nothing that is believed. */
  previous: PastRevision | null;
}

/**
 * The newest revision, then those before it as far as the history leads.
 * @throws UntrustedError where it is damaged
 */
export type Revisions = Generator<PastRevision, void>;

/** Null: the store is empty. @throws UntrustedError, StoreUnavailableError */
export async function readRevisions(
  store: ConfigStore,
  key: Uint8Array | undefined,
): Promise<Revisions | null> {
  const newest = await readRevision(store, key);
  if (newest === null) return null;
  return revisionsFrom(newest, await store.history(WHOLE_HISTORY), key);
}

/** @param history newest first; what it has beyond `newest` is passed over */
export function* revisionsFrom(
  newest: Revision,
  history: readonly HistoryEntry[],
  key: Uint8Array | undefined,
): Revisions {
  yield newest;
  for (const { previous } of stepsTo(newest, history, key)) if (previous !== null) yield previous;
}

/**
 * The commits that led to the newest revision, newest first.
 * @param history newest first; what it has beyond `newest` is passed over
 * @throws UntrustedError where it is damaged
 */
export function* stepsTo(
  newest: Revision,
  history: readonly HistoryEntry[],
  key: Uint8Array | undefined,
): Generator<Step, void> {
  let made: PastRevision | null = newest;
  let found = false;
  for (const entry of history) {
    const head = open(entry, key);
    if (!sameHead(head, made.head)) {
      if (found) return;
      continue;
    }
    found = true;
    made = previousOf(head, made.items, entry);
    yield { head, entry, previous: made };
    if (made === null) return;
  }
}

function previousOf(head: Head, items: Items, entry: HistoryEntry): PastRevision | null {
  const { epoch, previousRevision: revision, previousDigest: digest } = head;
  const damaged = new UntrustedError(
    `the history is damaged between revisions ${revision} and ${head.revision}`,
  );
  for (const [key, { hash }] of storedItems(entry.upserts)) {
    if (items.get(key)?.hash !== hash) throw damaged;
  }
  const earlier = undo(items, entry);
  if (digest.length === 0) {
    if (earlier.size > 0) throw damaged;
    return null;
  }
  if (!equalBytes(contentDigest(earlier), digest)) throw damaged;
  return { head: { epoch, revision, digest }, items: earlier };
}

/** The same items without one step. */
function undo(items: Items, { upserts, before }: HistoryEntry): Map<string, StoredItem> {
  const previous = new Map(items);
  for (const { key } of upserts) previous.delete(key);
  for (const [key, item] of storedItems(before)) previous.set(key, item);
  return previous;
}
