/** Small configurations and the commits between them. */
import { type CommitNotes, nextRevision, openSnapshot, type Revision } from '../../../src/config/commit.js';
import type { Position } from '../../../src/config/head.js';
import { type Items, itemsOf } from '../../../src/config/items.js';
import type { ConfigStore, RevisionCommit, StoreListener } from '../../../src/config/store.js';
import type { ConfigEvent } from '../../../src/proto/messages.js';

export const NOTES: CommitNotes = { by: 'tester@here', message: 'a change' };

/** One API per name. */
export function apis(...names: string[]): Items {
  return itemsOf(
    names.map((name) => ({ kind: 'api', api: { id: name, name, disableExecuteApiEndpoint: false } })),
  );
}

/** @throws Error when nothing would change */
export function step(base: Revision | null, items: Items): { commit: RevisionCommit; revision: Revision } {
  const next = nextRevision(base, items, NOTES, 1_000_000, undefined);
  if (next === null) throw new Error('nothing changes');
  return next;
}

/** Commits one configuration after another, on top of what the store has, and returns the last revision. */
export async function push(store: ConfigStore, ...configurations: Items[]): Promise<Revision> {
  const snapshot = await store.read();
  let revision = snapshot === null ? null : openSnapshot(snapshot, undefined);
  for (const items of configurations) {
    const next = step(revision, items);
    await store.commit({ revision: next.commit });
    revision = next.revision;
  }
  if (revision === null) throw new Error('no configurations');
  return revision;
}

export function positionOf({ head: { epoch, revision } }: Revision): Position {
  return { epoch, revision };
}

export interface Heard extends StoreListener {
  readonly events: ConfigEvent[];
  readonly garbages: string[];
  readonly connections: string[];
}

/** A listener that writes down what it hears. */
export function hearing(): Heard {
  const events: ConfigEvent[] = [];
  const garbages: string[] = [];
  const connections: string[] = [];
  return {
    events,
    garbages,
    connections,
    event: (event) => void events.push(event),
    garbage: (reason) => void garbages.push(reason),
    connected: () => void connections.push('connected'),
    disconnected: (reason) => void connections.push(`disconnected: ${reason}`),
  };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
