/** `propylon diff`: what differs between two revisions. */
import { compareItems } from '../config/diff.js';
import type { Source } from '../node/environment.js';
import { differenceLine } from './diff-text.js';
import { safeJson } from './output.js';
import { findRevisions, revisionNumber } from './revisions.js';
import { clusterSettings, withCluster } from './store.js';

/** @param to the newest revision when it is not given. @returns the exit code. @throws CommandError */
export async function diff(
  flags: Source,
  from: string,
  to: string | undefined,
  json: boolean,
): Promise<number> {
  const numbers = [from, ...(to === undefined ? [] : [to])].map(revisionNumber);
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async (cluster) => {
    const { progress } = cluster;
    const { newest, wanted } = await findRevisions(cluster, numbers);
    const [old = newest, next = newest] = wanted;
    const differences = compareItems(old.items, next.items);
    const names = { from: old.head.revision, to: next.head.revision };
    if (json) progress.print(safeJson({ ...names, differences }));
    else if (differences.length > 0) {
      progress.print(differences.map((one) => `${differenceLine(one)}\n`).join(''));
    } else progress.print(`revisions ${names.from} and ${names.to} are equal\n`);
    return 0;
  });
}
