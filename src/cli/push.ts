/** `propylon push`: definitions, checked as a node checks them, become the next revision of the cluster. */

import { mappingName } from '../config/diff.js';
import {
  ItemError,
  type Items,
  itemKey,
  itemsOfSnapshot,
  readItem,
  type StoredItem,
} from '../config/items.js';
import { type ApiSettings, type NodeSettings, ROOT_OF_ANY_HOST } from '../config/settings.js';
import type { Item, Mapping } from '../model/snapshot.js';
import { ApiDefinitions } from '../node/api-definitions.js';
import type { Source } from '../node/environment.js';
import { apiId, domain } from '../node/setting-values.js';
import { CommandError, complain, shownPath } from './output.js';
import { refuseOwned } from './owned.js';
import { Progress } from './progress.js';
import { type Content, compileFirst, type PublishFlags, publishOptions, runPublish } from './publishing.js';
import { importAll } from './settings.js';
import { clusterSettings, flagValue, withCluster } from './store.js';

export interface PushFlags extends PublishFlags {
  api?: string;
  domain?: string;
  force?: boolean;
}

/** @returns the exit code. @throws CommandError */
export async function push(flags: Source, options: PushFlags): Promise<number> {
  const publishing = publishOptions(options);
  const settings = named(await clusterSettings(flags), options);
  const definitions = new ApiDefinitions(settings, shownPath);
  importAll(definitions, 'nothing is pushed').forEach(complain);
  const progress = new Progress();
  progress.show('compiling');
  const content = await compileFirst(settings, () => definitions.snapshot(), 'nothing is pushed').finally(
    () => progress.end(),
  );
  const items = itemsOfSnapshot(content);
  return await withCluster(settings, async (cluster) => {
    const ids = content.apis.map(({ id }) => id);
    await refuseOwned(cluster.store, ids, 'nothing is pushed');
    return await runPublish(
      cluster,
      {
        edit: (before) => {
          checkMappings(content.mappings, before);
          return { upserts: items, deletes: [] };
        },
        ...(options.force === true ? { instead: items } : {}),
        unchanged: 'nothing to change: this is what the store has',
        lines: addresses(content),
        json: {
          apis: content.apis.flatMap(({ id, name, stages }) =>
            stages.map((stage) => ({ id, name, stage: stage.name })),
          ),
          mappings: content.mappings,
        },
      },
      publishing,
    );
  });
}

/**
 * The settings with what flags say about the one API they are about. Only mappings that were asked for are made.
 * @throws CommandError
 */
function named(settings: NodeSettings, options: PushFlags): NodeSettings {
  const [api, ...others] = settings.apis.map((one): ApiSettings => ({ mappings: [], ...one }));
  if (api === undefined) {
    throw new CommandError(
      'there is nothing to push: name an OpenAPI document, as in "propylon push api.yaml"',
    );
  }
  const id = options.api === undefined ? undefined : flagValue('--api', options.api, apiId);
  const host = options.domain === undefined ? undefined : flagValue('--domain', options.domain, domain);
  if (id === undefined && host === undefined) return { ...settings, apis: [api, ...others] };
  if (others.length > 0) {
    throw new CommandError(
      `--${id === undefined ? 'domain' : 'api'} is for one definition: push them one by one, or list them in a file for --config`,
    );
  }
  const changed: ApiSettings = {
    ...api,
    ...(id === undefined ? {} : { id }),
    ...(host === undefined
      ? {}
      : {
          mappings: (settings.apis[0]?.mappings ?? [ROOT_OF_ANY_HOST]).map((one) => ({
            ...one,
            domain: host,
          })),
        }),
  };
  return { ...settings, apis: [changed] };
}

/** An address is taken from another API on purpose only. @throws CommandError */
function checkMappings(mappings: readonly Mapping[], items: Items): void {
  for (const mapping of mappings) {
    const key = itemKey({ kind: 'mapping', mapping });
    const stored = items.get(key);
    const item = stored && mappingOf(key, stored);
    if (item?.kind !== 'mapping' || item.mapping.apiId === mapping.apiId) continue;
    const host = mapping.domain === '' ? '' : ` --domain ${mapping.domain}`;
    throw new CommandError(
      `nothing is pushed: /${mapping.basePath} of ${mapping.domain || 'any host'} is mapped to API ${item.mapping.apiId}; ` +
        `choose another --base-path, or first "propylon remove --base-path /${mapping.basePath}${host}"`,
    );
  }
}

/** One that cannot be read leads nowhere, and may be replaced. */
function mappingOf(key: string, { bytes }: StoredItem): Item | undefined {
  try {
    return readItem(key, bytes);
  } catch (error) {
    if (error instanceof ItemError) return undefined;
    throw error;
  }
}

function addresses({ apis, mappings }: Content): string[] {
  return apis.flatMap(({ id, stages, disableExecuteApiEndpoint }) =>
    stages.map(({ name }) => {
      const mapped = mappings
        .filter(({ apiId: api, stage }) => api === id && stage === name)
        .map(mappingName);
      const direct = disableExecuteApiEndpoint ? [] : [`/_aws/execute-api/${id}/${name}/`];
      return `${id}/${name} is at ${[...mapped, ...direct].join(' and ') || 'no address: map it with --base-path'}`;
    }),
  );
}
