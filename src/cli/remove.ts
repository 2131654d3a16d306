/** `propylon remove`: takes an API, a stage or a mapping away. */

import { readRevision } from '../config/commit.js';
import { mappingName } from '../config/diff.js';
import { EMPTY_ITEMS, type ItemChange, type Items, itemKey, snapshotOfItems } from '../config/items.js';
import type { Item, Mapping, Snapshot } from '../model/snapshot.js';
import type { Source } from '../node/environment.js';
import { apiId, basePath, domain, stageName } from '../node/setting-values.js';
import { findApi, findStage, known } from './find-api.js';
import { CommandError } from './output.js';
import { refuseOwned } from './owned.js';
import { type PublishFlags, publishOptions, runPublish } from './publishing.js';
import { clusterSettings, flagValue, withCluster } from './store.js';

export interface RemoveFlags extends PublishFlags {
  api?: string;
  stage?: string;
  basePath?: string;
  domain?: string;
}

/** What is to go: an API, one of its stages, or a mapping. */
type Target = { api: string; stage: string | undefined } | { basePath: string; domain: string };

/** @returns the exit code. @throws CommandError */
export async function remove(flags: Source, options: RemoveFlags): Promise<number> {
  const publishing = publishOptions(options);
  const target = targetOf(options);
  const settings = await clusterSettings(flags);
  return await withCluster(settings, async (cluster) => {
    const { store, key } = cluster;
    const revision = await readRevision(store, key);
    await refuseOwned(store, [apiOf(revision?.items ?? EMPTY_ITEMS, target)], 'nothing is removed');
    return await runPublish(
      cluster,
      { edit: (items) => without(items, target), unchanged: 'nothing to remove' },
      publishing,
    );
  });
}

/** The API the target is, or is a part of. @throws CommandError when there is no such mapping */
function apiOf(items: Items, target: Target): string {
  return 'api' in target ? target.api : findMapping(snapshotOfItems(items, 0), target).apiId;
}

/** @throws CommandError */
function targetOf(options: RemoveFlags): Target {
  const api = options.api === undefined ? undefined : flagValue('--api', options.api, apiId);
  const stage = options.stage === undefined ? undefined : flagValue('--stage', options.stage, stageName);
  const isMapping = options.basePath !== undefined || options.domain !== undefined;
  if (api !== undefined && !isMapping) return { api, stage };
  if (api === undefined && stage === undefined && isMapping) {
    return {
      basePath: flagValue('--base-path', options.basePath ?? '/', basePath),
      domain: options.domain === undefined ? '' : flagValue('--domain', options.domain, domain),
    };
  }
  throw new CommandError(
    'say what is to go: --api NAME, --api NAME --stage NAME, or --base-path PATH with or without --domain HOST',
  );
}

/** @throws CommandError when there is no such thing */
function without(items: Items, target: Target): ItemChange {
  const snapshot = snapshotOfItems(items, 0);
  const gone: Item[] =
    'api' in target ? ofApi(snapshot, target) : [{ kind: 'mapping', mapping: findMapping(snapshot, target) }];
  return { upserts: new Map(), deletes: gone.map(itemKey) };
}

function findMapping({ mappings }: Snapshot, target: { basePath: string; domain: string }): Mapping {
  const name = mappingName(target);
  const mapping = mappings.find((one) => mappingName(one) === name);
  if (mapping !== undefined) return mapping;
  throw new CommandError(`there is no mapping ${name}${known(name, mappings.map(mappingName))}`);
}

/** An API goes with its last stage, and what is mapped to a stage goes with it: neither could be reached. */
function ofApi(snapshot: Snapshot, target: { api: string; stage: string | undefined }): Item[] {
  const found = findApi(snapshot, target.api);
  const { stages, ...api } = found;
  const going = target.stage === undefined ? stages : [findStage(found, target.stage)];
  const last = going.length === stages.length;
  const names = new Set(going.map(({ name }) => name));
  const unreachable = snapshot.mappings.filter(
    ({ apiId: id, stage }) => id === api.id && (last || names.has(stage)),
  );
  return [
    ...(last ? [{ kind: 'api', api } as const] : []),
    ...going.map((stage): Item => ({ kind: 'stage', stage: { ...stage, apiId: api.id } })),
    ...unreachable.map((mapping): Item => ({ kind: 'mapping', mapping })),
  ];
}
