/** `propylon rollback`: the content of an earlier revision as a new one. */
import { changeBetween, snapshotOfItems } from '../config/items.js';
import type { Source } from '../node/environment.js';
import { compileFirst, type PublishFlags, publishOptions, runPublish } from './publishing.js';
import { findRevisions, revisionNumber } from './revisions.js';
import { clusterSettings, withCluster } from './store.js';

/** @returns the exit code. @throws CommandError */
export async function rollback(flags: Source, text: string, options: PublishFlags): Promise<number> {
  const number = revisionNumber(text);
  const message = options.message ?? `rollback to revision ${number}`;
  const publishing = publishOptions({ ...options, message });
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async (cluster) => {
    const { newest, wanted } = await findRevisions(cluster, [number]);
    const { items: earlier } = wanted[0] ?? newest;
    cluster.progress.show('compiling');
    await compileFirst(settings, () => snapshotOfItems(earlier, number), 'nothing is published');
    return await runPublish(
      cluster,
      {
        edit: (items) => changeBetween(items, earlier) ?? { upserts: new Map(), deletes: [] },
        // What somebody else publishes meanwhile is not to be undone unseen.
        exclusive: true,
        unchanged: `nothing to change: this is the content of revision ${number}`,
      },
      publishing,
    );
  });
}
