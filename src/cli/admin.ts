/** `propylon admin`: the access keys that callers of the control plane sign with. */
import { localAuthor } from '../config/commit.js';
import type { NodeSettings } from '../config/settings.js';
import {
  type AccessKey,
  AccessKeys,
  type NewAccessKey,
} from '../control-plane/authentication/access-keys.js';
import { SecretBox } from '../control-plane/authentication/secret-box.js';
import { ApiError } from '../control-plane/wire/errors.js';
import { Workspace } from '../control-plane/workspace/workspace.js';
import type { Source } from '../node/environment.js';
import { masterKey } from '../node/master-key.js';
import { text } from '../node/setting-values.js';
import { printable } from '../telemetry/printable.js';
import { CommandError, safeJson } from './output.js';
import { shownTime } from './revisions.js';
import { type Cluster, clusterSettings, flagValue, withCluster } from './store.js';

export interface CreateKeyFlags {
  name?: string;
  readOnly?: boolean;
  json?: boolean;
}

const MAX_NAME = 100;

/** @returns the exit code. @throws CommandError */
export async function createKey(flags: Source, options: CreateKeyFlags): Promise<number> {
  const name = options.name === undefined ? undefined : flagValue('--name', options.name, text);
  if (name !== undefined && name.length > MAX_NAME) {
    throw new CommandError(`--name must be at most ${MAX_NAME} characters`);
  }
  const settings = await clusterSettings(flags);
  const master = await sealingKey(settings);
  if (master === undefined) {
    throw new CommandError(
      'no key is made: its secret would lie in Redis in the clear; start the nodes with a --config-key, and give it here too',
    );
  }
  return await withKeys(settings, master, async (keys, { progress }) => {
    const key = await keys.create(
      { ...(name === undefined ? {} : { name }), readOnly: options.readOnly === true },
      localAuthor(),
    );
    progress.print(options.json === true ? safeJson(jsonOf(key)) : createdText(key, settings.lambda.region));
    return 0;
  });
}

/** @returns the exit code. @throws CommandError */
export async function listKeys(flags: Source, json: boolean): Promise<number> {
  return await withKeys(await clusterSettings(flags), undefined, async (keys, { progress }) => {
    const list = await keys.list();
    progress.print(json ? safeJson({ keys: list.map(jsonOf) }) : listText(list));
    return 0;
  });
}

/** @returns the exit code. @throws CommandError */
export async function deleteKey(flags: Source, id: string, json: boolean): Promise<number> {
  return await withKeys(await clusterSettings(flags), undefined, async (keys, { store, progress }) => {
    if (!(await keys.delete(id, localAuthor()))) {
      throw new CommandError(`there is no access key ${id} in ${store.description}`);
    }
    const left = (await keys.list()).length;
    const last = left === 0 ? `\n${UNSIGNED}` : '';
    progress.print(json ? safeJson({ deleted: id, left }) : `access key ${id} is deleted${last}\n`);
    return 0;
  });
}

const UNSIGNED =
  'it was the last one: from now on calls from the machine of a node need no signature, and no others are served';

async function sealingKey(settings: NodeSettings): Promise<Uint8Array | undefined> {
  try {
    return await masterKey(settings);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/** @param master absent: no secret is sealed or opened */
async function withKeys<T>(
  settings: NodeSettings,
  master: Uint8Array | undefined,
  work: (keys: AccessKeys, cluster: Cluster) => Promise<T>,
): Promise<T> {
  return await withCluster(settings, async (cluster) => {
    const { region, accountId } = settings.lambda;
    const workspace = new Workspace({ store: cluster.store, settings: { region, accountId } });
    const box = new SecretBox(master ?? crypto.getRandomValues(new Uint8Array(32)));
    try {
      return await work(new AccessKeys(workspace, box), cluster);
    } catch (error) {
      if (error instanceof ApiError) throw new CommandError(error.message);
      throw error;
    }
  });
}

function jsonOf({ id, name, readOnly, createdDate, ...secret }: AccessKey & Partial<NewAccessKey>): object {
  return {
    id,
    ...(name === undefined ? {} : { name }),
    readOnly,
    createdAt: new Date(createdDate * 1000).toISOString(),
    ...secret,
  };
}

/** Lines a shell takes as they are: ids and secrets have no characters that mean something to it. */
function createdText({ id, name, readOnly, secret }: NewAccessKey, region: string): string {
  const rights = readOnly ? 'read-only' : 'read and write';
  return `access key ${id}${name === undefined ? '' : ` "${name}"`}, ${rights}; its secret is shown this once:

aws configure set aws_access_key_id ${id} --profile propylon
aws configure set aws_secret_access_key ${secret} --profile propylon
aws configure set region ${region} --profile propylon

then, as in: aws apigateway get-rest-apis --profile propylon --endpoint-url http://localhost:8081
From now on every call to the control plane has to be signed with an access key, and for this region.
`;
}

function listText(keys: readonly AccessKey[]): string {
  if (keys.length === 0) {
    return 'no access keys: calls from the machine of a node need no signature, and no others are served\n';
  }
  const rows = keys.map(({ id, name = '', readOnly, createdDate }) =>
    `${id}  ${readOnly ? 'read-only ' : 'read-write'}  ${shownTime(createdDate * 1000)}  ${name}`.trimEnd(),
  );
  return `${rows.map(printable).join('\n')}\n`;
}
