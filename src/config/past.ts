/** Earlier revisions, made from the newest one and the history that leads to it. */
import type { Head, HistoryEntry } from '../proto/messages.js';
import { type Revision, readRevision } from './commit.js';
import { equalBytes, open, sameHead, UntrustedError } from './head.js';
import { contentDigest, type Items, type StoredItem, storedItems } from './items.js';
import type { ConfigStore } from './store.js';

/** More than any store keeps. */
const WHOLE_HISTORY = 1_000_000;

/**
 * The newest revision, then those before it as far as the history has their heads.
 * @throws UntrustedError where it is damaged
 */
export type Revisions = Generator<Revision, void>;

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
  let step: { head: Head; entry: HistoryEntry; items: Items } | undefined;
  yield newest;
  for (const entry of history) {
    const head = open(entry, key);
    if (step === undefined) {
      if (sameHead(head, newest.head)) step = { head, entry, items: newest.items };
      continue;
    }
    if (!leadsFrom(head, step.head)) return;
    const items = undo(step.items, step.entry);
    if (!equalBytes(contentDigest(items), head.digest)) {
      throw new UntrustedError(
        `the history is damaged between revisions ${head.revision} and ${step.head.revision}`,
      );
    }
    yield { head, items };
    step = { head, entry, items };
  }
}

function leadsFrom(previous: Head, head: Head): boolean {
  return (
    previous.epoch === head.epoch &&
    previous.revision === head.previousRevision &&
    equalBytes(previous.digest, head.previousDigest)
  );
}

/** The same items without one step. */
function undo(items: Items, { upserts, before }: HistoryEntry): Map<string, StoredItem> {
  const previous = new Map(items);
  for (const { key } of upserts) previous.delete(key);
  for (const [key, item] of storedItems(before)) previous.set(key, item);
  return previous;
}
