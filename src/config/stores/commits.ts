/** Commits as they are kept and announced, the same in every store. */
import type { ConfigEvent, HistoryEntry, JournalCommit, KeyedItem } from '../../proto/messages.js';
import type { SealedHead } from '../head.js';
import { keyedItems } from '../items.js';
import type { Commit, RevisionCommit } from '../store.js';

/** Bytes of a change that travels in an event; a larger one is announced without its items. */
export const MAX_EVENT_BYTES = 262_144;
/** What protobuf adds to one item, at most. */
const ITEM_OVERHEAD = 24;

/** @throws RangeError when the caller's commit cannot be one */
export function checkCommit({ revision, documents = [] }: Commit): void {
  if (revision !== undefined) {
    const { expected, position } = revision;
    if (!Number.isSafeInteger(position.revision) || position.revision < 1) {
      throw new RangeError(`revision ${position.revision} is no revision`);
    }
    if (expected?.epoch === position.epoch && position.revision !== expected.revision + 1) {
      throw new RangeError(`revision ${position.revision} does not follow revision ${expected.revision}`);
    }
  }
  const aggregates = new Set(documents.map(({ aggregate }) => aggregate));
  if (aggregates.size !== documents.length) throw new RangeError('a commit changes an aggregate twice');
}

export function historyEntryOf({ head, change, before }: RevisionCommit): HistoryEntry {
  return {
    head: head.head,
    mac: head.mac,
    upserts: keyedItems(change.upserts),
    deletes: [...change.deletes],
    before: [...before],
  };
}

export function journalCommitOf({ revision, documents = [] }: Commit): JournalCommit {
  return {
    ...(revision === undefined
      ? {}
      : { revision: { ...revision.position, entry: historyEntryOf(revision) } }),
    documents: documents.map(({ aggregate, expectedVersion, puts, deletes = [], drop = false }) => ({
      aggregate,
      version: expectedVersion + 1,
      puts: [...(puts ?? [])].map(([name, content]) => ({ name, content })),
      deletes: [...deletes],
      drop,
    })),
  };
}

/** What subscribers hear of a revision. */
export function eventOf(revision: number, previousRevision: number, entry: HistoryEntry): ConfigEvent {
  const { head, mac, upserts, deletes } = entry;
  if (sizeOf(upserts, deletes) > MAX_EVENT_BYTES) {
    return fetchEvent({ head, mac }, revision, previousRevision);
  }
  return { revision, previousRevision, head, mac, upserts, deletes, tooLarge: false };
}

/** What subscribers hear when they have to read: of a change that is too large, or a revision that was put back. */
export function fetchEvent(
  { head, mac }: SealedHead,
  revision: number,
  previousRevision: number,
): ConfigEvent {
  return { revision, previousRevision, head, mac, upserts: [], deletes: [], tooLarge: true };
}

function sizeOf(upserts: readonly KeyedItem[], deletes: readonly string[]): number {
  let size = 0;
  for (const { key, item } of upserts) size += Buffer.byteLength(key) + item.length + ITEM_OVERHEAD;
  for (const key of deletes) size += Buffer.byteLength(key) + ITEM_OVERHEAD;
  return size;
}
