/** `propylon history`: who changed what, when and why. */
import { readRevision } from '../config/commit.js';
import { compareItems, type Summary, summarize } from '../config/diff.js';
import { UntrustedError } from '../config/head.js';
import { storedItems } from '../config/items.js';
import { type Step, stepsTo } from '../config/past.js';
import type { Source } from '../node/environment.js';
import { integer } from '../node/setting-values.js';
import { printable } from '../telemetry/printable.js';
import { summaryLine } from './diff-text.js';
import { complain, safeJson } from './output.js';
import { emptyStore, shownTime } from './revisions.js';
import { clusterSettings, flagValue, withCluster } from './store.js';

export interface HistoryFlags {
  limit?: string;
  json?: boolean;
}

/** More than a store can be told to keep. */
const EVERYTHING = 1_000_000;

/** @returns the exit code. @throws CommandError */
export async function history(flags: Source, options: HistoryFlags): Promise<number> {
  const limit =
    options.limit === undefined ? EVERYTHING : flagValue('--limit', options.limit, integer(1, EVERYTHING));
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async ({ store, key, progress }) => {
    const newest = await readRevision(store, key);
    if (newest === null) throw emptyStore();
    const entries = await store.history(EVERYTHING);
    const steps: Step[] = [];
    let trouble: string | undefined;
    try {
      for (const step of stepsTo(newest, entries, key)) if (steps.push(step) === limit) break;
    } catch (error) {
      if (!(error instanceof UntrustedError)) throw error;
      trouble = error.message;
    }
    const { revision } = newest.head;
    if (options.json === true) progress.print(safeJson({ revisions: steps.map(asJson) }));
    else if (steps.length > 0) progress.print(steps.map(asText).join(''));
    else if (trouble === undefined) progress.print(`no history: put back at revision ${revision}\n`);
    progress.end();
    if (trouble !== undefined) complain(`what is older is not believed and not shown: ${trouble}`);
    return 0;
  });
}

function changesOf({ entry }: Step): Summary[] {
  return summarize(compareItems(storedItems(entry.before), storedItems(entry.upserts)));
}

function asJson(step: Step): object {
  const { revision, previousRevision, epoch, at, by, message } = step.head;
  const changes = changesOf(step);
  return { revision, previousRevision, epoch, at: new Date(at).toISOString(), by, message, changes };
}

function asText(step: Step): string {
  const { revision, at, by, message } = step.head;
  const said = message === '' ? '' : `  ${message}`;
  const title = printable(`revision ${revision}  ${shownTime(at)}  ${by}${said}`);
  return [title, ...changesOf(step).map((summary) => `  ${summaryLine(summary)}`), ''].join('\n');
}
