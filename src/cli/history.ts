/** `propylon history`: who changed what, when and why. */
import { compareItems, type Summary, summarize } from '../config/diff.js';
import { open } from '../config/head.js';
import { storedItems } from '../config/items.js';
import type { Source } from '../node/environment.js';
import { integer } from '../node/setting-values.js';
import type { Head, HistoryEntry } from '../proto/messages.js';
import { printable } from '../telemetry/printable.js';
import { summaryLine } from './diff-text.js';
import { safeJson } from './output.js';
import { emptyStore, shownTime } from './revisions.js';
import { clusterSettings, flagValue, withCluster } from './store.js';

export interface HistoryFlags {
  limit?: string;
  json?: boolean;
}

/** More than a store can be told to keep. */
const EVERYTHING = 1_000_000;

interface Entry {
  head: Head;
  changes: Summary[];
}

/** @returns the exit code. @throws CommandError */
export async function history(flags: Source, options: HistoryFlags): Promise<number> {
  const limit =
    options.limit === undefined ? EVERYTHING : flagValue('--limit', options.limit, integer(1, EVERYTHING));
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async ({ store, key, progress }) => {
    const entries = (await store.history(limit)).map((entry) => readEntry(entry, key));
    if (entries.length === 0 && (await store.position()) === null) throw emptyStore();
    progress.print(
      options.json === true ? safeJson({ revisions: entries.map(asJson) }) : entries.map(asText).join(''),
    );
    return 0;
  });
}

function readEntry(entry: HistoryEntry, key: Uint8Array | undefined): Entry {
  const changes = summarize(compareItems(storedItems(entry.before), storedItems(entry.upserts)));
  return { head: open(entry, key), changes };
}

function asJson({ head, changes }: Entry): object {
  const { revision, previousRevision, epoch, at, by, message } = head;
  return { revision, previousRevision, epoch, at: new Date(at).toISOString(), by, message, changes };
}

function asText({ head, changes }: Entry): string {
  const { revision, at, by, message } = head;
  const said = message === '' ? '' : `  ${message}`;
  const title = printable(`revision ${revision}  ${shownTime(at)}  ${by}${said}`);
  return [title, ...changes.map((summary) => `  ${summaryLine(summary)}`), ''].join('\n');
}
