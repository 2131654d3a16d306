/** Revisions as they are named on a command line. */
import { type PastRevision, readRevisions } from '../config/past.js';
import { integer } from '../node/setting-values.js';
import { CommandError } from './output.js';
import { type Cluster, flagValue } from './store.js';

/** @throws CommandError */
export function revisionNumber(text: string): number {
  return flagValue('the revision', text, integer(1, Number.MAX_SAFE_INTEGER));
}

export interface KeptRevisions {
  newest: PastRevision;
  /** In the order in which they were asked for. */
  wanted: PastRevision[];
}

/** @throws CommandError when one of them is not kept, and what `readRevisions` throws */
export async function findRevisions(
  { store, key }: Cluster,
  numbers: readonly number[],
): Promise<KeptRevisions> {
  const revisions = await readRevisions(store, key);
  if (revisions === null) throw emptyStore();
  const missing = new Set(numbers);
  const found = new Map<number, PastRevision>();
  let newest: PastRevision | undefined;
  let oldest = 0;
  for (const revision of revisions) {
    newest ??= revision;
    oldest = revision.head.revision;
    if (missing.delete(oldest)) found.set(oldest, revision);
    if (missing.size === 0) break;
  }
  if (newest === undefined) throw emptyStore();
  const { revision: last } = newest.head;
  for (const number of missing) {
    const range = oldest === last ? `only revision ${last} is` : `revisions ${oldest} to ${last} are`;
    throw new CommandError(`there is no revision ${number}: ${range} kept`);
  }
  return { newest, wanted: numbers.flatMap((number) => found.get(number) ?? []) };
}

export function emptyStore(): CommandError {
  return new CommandError('the store is empty: nothing was ever pushed to this namespace');
}

/** `2026-01-31 12:00:00Z` */
export function shownTime(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}
