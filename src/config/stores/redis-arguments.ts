/** What a commit carries to its script (src/config/stores/lua/commit.ts says in which order). */
import { configEventCodec, historyEntryCodec } from '../../proto/codec.js';
import type { DocumentChange, RevisionCommit } from '../store.js';
import { eventOf, historyEntryOf } from './commits.js';
import type { ScriptArgument } from './scripts.js';

export function revisionArguments(commit: RevisionCommit): ScriptArgument[] {
  const { expected, position, head, change } = commit;
  const entry = historyEntryOf(commit);
  const event = eventOf(position.revision, expected?.revision ?? 0, entry);
  return [
    '1',
    expected?.epoch ?? '',
    expected?.revision ?? '',
    position.epoch,
    position.revision,
    head.head,
    head.mac,
    historyEntryCodec.encode(entry),
    configEventCodec.encode(event),
    change.upserts.size,
    ...[...change.upserts].flatMap(([key, { bytes }]) => [key, bytes]),
    change.deletes.length,
    ...change.deletes,
  ];
}

export function documentArguments(change: DocumentChange): ScriptArgument[] {
  const { aggregate, expectedVersion, puts = new Map<string, Uint8Array>(), deletes = [], drop } = change;
  return [
    aggregate,
    expectedVersion,
    drop === true ? '1' : '0',
    puts.size,
    ...[...puts].flat(),
    deletes.length,
    ...deletes,
  ];
}
