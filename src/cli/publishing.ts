/** What `push`, `remove` and `rollback` share: publish a change, say what it was, wait for the nodes. */
import { type CommitNotes, localAuthor } from '../config/commit.js';
import { compareItems, summarize } from '../config/diff.js';
import type { ItemChange, Items } from '../config/items.js';
import { type Publication, publish, replaceAll } from '../config/publish.js';
import type { NodeSettings } from '../config/settings.js';
import { type ConfigStore, StoreUnavailableError } from '../config/store.js';
import { formatDuration } from '../model/duration.js';
import type { Snapshot } from '../model/snapshot.js';
import { duration, text } from '../node/setting-values.js';
import type { Head, NodeStatus } from '../proto/messages.js';
import { summaryLine } from './diff-text.js';
import { complainOfNodes, type Rollout, rolloutText, waitForNodes } from './nodes.js';
import { CommandError, safeJson } from './output.js';
import type { Progress } from './progress.js';
import { type Cluster, flagValue } from './store.js';

/** As commander gives them. */
export interface PublishFlags {
  message?: string;
  by?: string;
  wait?: boolean;
  timeout?: string;
  json?: boolean;
}

export interface PublishOptions {
  notes: CommitNotes;
  /** Milliseconds; undefined: nobody waits. */
  waitMs: number | undefined;
  json: boolean;
}

/** A configuration that is no revision yet. */
export type Content = Omit<Snapshot, 'revision'>;

/** Both stand in the head of the revision, which is bounded. */
const MAX_MESSAGE = 1_000;
const MAX_AUTHOR = 200;
const DEFAULT_TIMEOUT = '30s';
const timeout = duration(1, 86_400_000);

/** @throws CommandError */
export function publishOptions(flags: PublishFlags): PublishOptions {
  const waitMs = flagValue('--timeout', flags.timeout ?? DEFAULT_TIMEOUT, timeout);
  if (flags.timeout !== undefined && flags.wait !== true) {
    throw new CommandError('--timeout has no effect without --wait');
  }
  return {
    notes: {
      by: short('--by', flags.by, MAX_AUTHOR) ?? localAuthor(),
      message: short('--message', flags.message, MAX_MESSAGE) ?? '',
    },
    waitMs: flags.wait === true ? waitMs : undefined,
    json: flags.json === true,
  };
}

function short(flag: string, value: string | undefined, most: number): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > most) throw new CommandError(`${flag} must be at most ${most} characters`);
  return flagValue(flag, value, text);
}

/**
 * Makes a configuration and compiles it as a node does.
 * @param consequence what does not happen when a node could not serve it: `nothing is pushed`
 * @throws CommandError
 */
export async function compileFirst(
  settings: NodeSettings,
  make: () => Content,
  consequence: string,
): Promise<Content> {
  const { checkServable } = await import('../invoke/check.js');
  try {
    const content = make();
    await checkServable(settings, content);
    return content;
  } catch (error) {
    const failure = new CommandError(`${consequence}: ${(error as Error).message}`);
    failure.cause = error;
    throw failure;
  }
}

export interface PublishTask {
  edit: (items: Items) => ItemChange;
  /** The change is meant for the newest revision only. */
  exclusive?: boolean;
  /** Set: what is to stand in the place of everything that the store holds and nobody believes. */
  instead?: Items;
  /** When there is nothing to change: `orders/prod is as it was`. */
  unchanged: string;
  /** Further lines and members of the result. */
  lines?: readonly string[];
  json?: object;
}

/** Prints the revision and what changed. @returns the exit code. @throws CommandError, and what `publish` throws */
export async function runPublish(
  { store, key, progress }: Cluster,
  task: PublishTask,
  { notes, waitMs, json: asJson }: PublishOptions,
): Promise<number> {
  const { unchanged, lines = [], json = {} } = task;
  progress.show('publishing');
  const { head, changed, before, after } = await carryOut({ store, key, progress }, task, notes);
  if (head === null) throw new CommandError('the store is empty, and there is nothing to publish');
  const { revision, epoch } = head;
  const summaries = summarize(compareItems(before, after));
  if (!asJson) {
    const what = changed ? summaries.map(summaryLine) : [unchanged];
    progress.print([`revision ${revision}`, ...what, ...lines].join('\n  ').concat('\n'));
  }
  const rollout = waitMs === undefined ? undefined : await wait(store, head, key, waitMs, progress);
  if (asJson) {
    const nodes = rollout && { nodes: rolloutJson(rollout) };
    progress.print(safeJson({ revision, epoch, changed, ...json, changes: summaries, ...nodes }));
  } else if (rollout !== undefined) progress.print(`  ${rolloutText(rollout)}\n`);
  return rollout === undefined ? 0 : complainOfNodes(rollout, head, formatDuration(waitMs ?? 0));
}

function carryOut(
  { store, key, progress }: Cluster,
  { edit, exclusive = false, instead }: PublishTask,
  notes: CommitNotes,
): Promise<Publication> {
  if (instead !== undefined) return replaceAll(store, instead, { key, notes });
  const waiting = (): void =>
    progress.show('the store is empty: waiting for nodes that may put their configuration back');
  return publish(store, edit, { key, notes, exclusive, waiting });
}

/** What is published stays so whatever happens now, and the error says that. */
async function wait(
  store: ConfigStore,
  head: Head,
  key: Uint8Array | undefined,
  timeoutMs: number,
  progress: Progress,
): Promise<Rollout> {
  try {
    return await waitForNodes(store, head, key, timeoutMs, progress);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new CommandError(
      `revision ${head.revision} is published, but what the nodes serve is not known: ${error.message}`,
    );
  }
}

function rolloutJson({ applied, refused, diverged, behind }: Rollout): object {
  return {
    applied: applied.map(({ nodeId }) => nodeId),
    refused: refused.map(({ nodeId, refused: why }) => ({ id: nodeId, ...why })),
    diverged: diverged.map(lateJson),
    behind: behind.map(lateJson),
  };
}

function lateJson({ nodeId, appliedRevision, trouble }: NodeStatus): object {
  return { id: nodeId, appliedRevision, ...(trouble === undefined ? {} : { trouble }) };
}
