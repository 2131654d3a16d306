/** Revisions with the bytes that make others believe them, and which of them follows which. Pure. */
import type { Head, HistoryEntry, SealedSnapshot } from '../../proto/messages.js';
import { openSnapshot, type Revision } from '../commit.js';
import { checkContent, equalBytes, open, type Position, type SealedHead, sameHead } from '../head.js';
import { keyedItems, storedItem } from '../items.js';

export interface SealedRevision extends Revision {
  /** As it was committed: what a store is given back when it has lost everything. */
  sealed: SealedHead;
}

/** @throws UntrustedError when the snapshot is damaged, or with a key not authentic */
export function openSealed(snapshot: SealedSnapshot, key: Uint8Array | undefined): SealedRevision {
  const { head: bytes, mac } = snapshot;
  const { head, items } = openSnapshot(snapshot, key);
  const kept = new Map([...items].map(([name, item]) => [name, { ...item, bytes: keep(item.bytes) }]));
  return { head, items: kept, sealed: { head: bytes, mac } };
}

/**
 * A copy of an item's bytes where a node's threads share them, so that there is no other; and a view would keep the
 * whole message in memory that the item came in.
 */
function keep(bytes: Uint8Array): Uint8Array {
  const kept = new Uint8Array(new SharedArrayBuffer(bytes.length));
  kept.set(bytes);
  return kept;
}

export function sealedSnapshot({ sealed, items }: SealedRevision): SealedSnapshot {
  return { ...sealed, items: keyedItems(items) };
}

export function positionOf({ epoch, revision }: Head): Position {
  return { epoch, revision };
}

/** A revision made from exactly the other one: number and content. */
export function succeeds(head: Head, base: Head): boolean {
  return (
    head.epoch === base.epoch &&
    head.revision === base.revision + 1 &&
    head.previousRevision === base.revision &&
    equalBytes(head.previousDigest, base.digest)
  );
}

/** Of the history, or an event. */
type Step = Pick<HistoryEntry, 'head' | 'mac' | 'upserts' | 'deletes'>;

/**
 * The revision that steps, oldest first, lead to. Null when they are no unbroken line from `base`.
 * @throws UntrustedError when a step is damaged, not authentic, or does not lead to what it says
 */
export function follow(
  base: SealedRevision,
  steps: readonly Step[],
  key: Uint8Array | undefined,
): SealedRevision | null {
  let { head, sealed } = base;
  const items = new Map(base.items);
  for (const step of steps) {
    sealed = { head: step.head, mac: step.mac };
    const next = open(sealed, key);
    if (!succeeds(next, head)) return null;
    head = next;
    for (const name of step.deletes) items.delete(name);
    for (const { key: name, item } of step.upserts) items.set(name, storedItem(keep(item)));
  }
  checkContent(head, items);
  return { head, items, sealed };
}

/**
 * What a store's head means to a node that knows a revision. `ahead`: the store went on. `back`: it went back in time,
 * or somebody replaced it. `replayed`: it is authentic and not newer, so it proves nothing about what is wanted now.
 */
export type Standing = 'same' | 'ahead' | 'back' | 'replayed';

export function standing(head: Head, known: Head, authenticated: boolean): Standing {
  if (sameHead(head, known)) return 'same';
  if (authenticated && head.at <= known.at) return 'replayed';
  return head.epoch === known.epoch && head.revision > known.revision ? 'ahead' : 'back';
}
