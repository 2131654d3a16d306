/**
 * APIs that are served and were not made by calls: published as definitions with `propylon push`, or given to this node
 * alone. They appear beside the store's own documents, so that every operation reads them like others; a commit that would
 * change one is refused, with the place it comes from.
 */
import { createHash } from 'node:crypto';
import { readRevision } from '../../config/commit.js';
import type { Position } from '../../config/head.js';
import { applyChange, EMPTY_ITEMS, type Items, readItem, type StoredItem } from '../../config/items.js';
import { overlay } from '../../config/overlay.js';
import type { Commit, StoredDocument } from '../../config/store.js';
import type { CallableStore } from '../../config/stores/remote.js';
import type { ApiItem, StageItem } from '../../model/snapshot.js';
import { logError } from '../../telemetry/error-log.js';
import { REST_APIS, restApiAggregate } from '../entities/parts.js';
import type { LocalDefinitions } from '../protocol.js';
import { badRequest } from '../wire/errors.js';
import { deploymentParts, deploymentsOf, restApiParts } from './documents.js';

/** Versions of these documents begin where those of a store's own, which are counted, never get. */
const FIRST_VERSION = 2 ** 44;

/** An API's items, by key. */
interface Served {
  readonly id: string;
  readonly api: StoredItem;
  /** Sorted by key. */
  readonly stages: ReadonlyMap<string, StoredItem>;
  /** Another when anything of it is another. */
  readonly version: number;
  /** The files it comes from; undefined: it was pushed. */
  readonly file?: string;
}

/** The same, decoded. */
interface Content {
  readonly api: ApiItem;
  readonly stages: readonly StageItem[];
}

export interface ReadOnlyApisOptions {
  /** With its methods as members of its own, as `remoteStore` makes it. */
  store: CallableStore;
  configKey?: Uint8Array;
  local: LocalDefinitions;
}

export class ReadOnlyApis {
  /** The store with these APIs in it. */
  readonly store: CallableStore;
  readonly #below: CallableStore;
  readonly #configKey: Uint8Array | undefined;
  #position: Position | null = null;
  #stored: Items = EMPTY_ITEMS;
  #local: LocalDefinitions;
  /** By id, as it was before `#stale` was set. */
  #served: ReadonlyMap<string, Served> = new Map();
  #stale = true;
  /** Null: it cannot be read. */
  readonly #contents = new WeakMap<Served, Content | null>();

  constructor({ store, configKey, local }: ReadOnlyApisOptions) {
    this.#below = store;
    this.#configKey = configKey;
    this.#local = local;
    this.store = {
      ...store,
      document: async (name) => (await store.document(name)) ?? (await this.#document(name)),
      documentVersion: async (name) => (await store.documentVersion(name)) || (await this.#version(name)),
      documents: (prefix) => this.#documents(prefix),
      commit: (commit) => this.#commit(commit),
    };
  }

  setLocal(local: LocalDefinitions): void {
    this.#local = local;
    this.#stale = true;
  }

  async #documents(prefix: string): Promise<string[]> {
    const own = await this.#below.documents(prefix);
    if (prefix !== REST_APIS) return own;
    const served = [...(await this.#servedNow()).values()].filter((one) => this.#content(one) !== null);
    return [...new Set([...own, ...served.map(({ id }) => restApiAggregate(id))])].sort();
  }

  async #version(name: string): Promise<number> {
    return (await this.#find(name))?.served.version ?? 0;
  }

  async #document(name: string): Promise<StoredDocument | null> {
    const found = await this.#find(name);
    if (found === undefined) return null;
    const { served, parts } = found;
    try {
      return { version: served.version, parts: parts() };
    } catch (error) {
      this.#damaged(served, error as Error);
      return null;
    }
  }

  async #find(name: string): Promise<{ served: Served; parts(): Map<string, Uint8Array> } | undefined> {
    const [kind, id = '', deploymentId] = name.split('/');
    if (kind !== 'restapi' && kind !== 'deployment') return undefined;
    // The deployments of an API of the store's own are the store's own.
    if (kind === 'deployment' && (await this.#below.documentVersion(restApiAggregate(id))) > 0) {
      return undefined;
    }
    const served = (await this.#servedNow()).get(id);
    const content = served && this.#content(served);
    if (served === undefined || content === undefined || content === null) return undefined;
    const { api, stages } = content;
    if (kind === 'restapi') {
      return { served, parts: () => restApiParts(api, stages, served.file ?? 'propylon push') };
    }
    const deployment = stages.flatMap(deploymentsOf).find((one) => one.id === deploymentId);
    return deployment && { served, parts: () => deploymentParts(id, deployment) };
  }

  /** Of an API of the store's own with the same id nobody gets to see what is found here. */
  async #servedNow(): Promise<ReadonlyMap<string, Served>> {
    const position = await this.#below.position();
    if (position?.revision !== this.#position?.revision || position?.epoch !== this.#position?.epoch) {
      const revision = position === null ? null : await readRevision(this.#below, this.#configKey);
      this.#moveTo(revision?.head ?? null, revision?.items ?? EMPTY_ITEMS);
    }
    if (this.#stale) {
      this.#served = servedApis(this.#stored, this.#local, this.#served);
      this.#stale = false;
    }
    return this.#served;
  }

  #moveTo(position: Position | null, items: Items): void {
    this.#position = position;
    this.#stored = items;
    this.#stale = true;
  }

  /** Null when it is damaged: then nobody serves it either. */
  #content(served: Served): Content | null {
    const known = this.#contents.get(served);
    if (known !== undefined) return known;
    try {
      const content = decoded(served);
      this.#contents.set(served, content);
      return content;
    } catch (error) {
      this.#damaged(served, error as Error);
      return null;
    }
  }

  /** One that cannot be shown must not keep the others from being shown. */
  #damaged(served: Served, { message }: Error): void {
    this.#contents.set(served, null);
    logError(`the control plane does not show API ${served.id}: ${message}`, served.id);
  }

  /** @throws ApiError when it would change an API that calls did not make */
  async #commit(commit: Commit): Promise<void> {
    for (const { aggregate, expectedVersion } of commit.documents ?? []) {
      if (expectedVersion >= FIRST_VERSION) throw this.#refusal(aggregate.split('/')[1] ?? '');
    }
    await this.#below.commit(commit);
    const { revision } = commit;
    const { epoch, revision: number } = revision?.expected ?? { epoch: undefined, revision: 0 };
    // Another revision than the one before is read when it is needed.
    if (revision === undefined || this.#position?.epoch !== epoch || this.#position?.revision !== number)
      return;
    this.#moveTo(revision.position, applyChange(this.#stored, revision.change));
  }

  #refusal(id: string): Error {
    const file = this.#served.get(id)?.file;
    return badRequest(
      file === undefined
        ? `API ${id} was published with propylon push and is read-only here: change its definition and push it again`
        : `API ${id} comes from ${file}, which this node was given at its start, and is read-only here: change the definition`,
    );
  }
}

/** What the node serves, API by API. @param before what is as it was is the same object, so that it is decoded once */
function servedApis(
  stored: Items,
  { items: local, files }: LocalDefinitions,
  before: ReadonlyMap<string, Served>,
): Map<string, Served> {
  const { items } = overlay(stored, local);
  const stages = new Map<string, Map<string, StoredItem>>();
  for (const key of [...items.keys()].sort()) {
    const [kind, id = ''] = key.split('/');
    const item = items.get(key);
    if (kind !== 'stage' || item === undefined) continue;
    const known = stages.get(id);
    if (known === undefined) stages.set(id, new Map([[key, item]]));
    else known.set(key, item);
  }
  const apis = new Map<string, Served>();
  for (const [id, own] of stages) {
    const api = items.get(`api/${id}`);
    if (api === undefined) continue;
    const file = Object.hasOwn(files, id) ? files[id] : undefined;
    const version = versionOf([api, ...own.values()], file);
    const known = before.get(id);
    const found: Served = { id, api, stages: own, version, ...(file === undefined ? {} : { file }) };
    apis.set(id, known?.version === version ? known : found);
  }
  return apis;
}

function versionOf(items: readonly StoredItem[], file = ''): number {
  const digest = createHash('sha256')
    .update(items.map(({ hash }) => hash).join())
    .update(file)
    .digest();
  return FIRST_VERSION + digest.readUIntBE(0, 5);
}

/** @throws ItemError */
function decoded({ id, api: stored, stages: storedStages }: Served): Content {
  const api = readItem(`api/${id}`, stored.bytes);
  const stages = [...storedStages].flatMap(([key, { bytes }]) => {
    const item = readItem(key, bytes);
    return item?.kind === 'stage' ? [item.stage] : [];
  });
  if (api?.kind !== 'api' || stages.length < storedStages.size) {
    throw new Error('it has items of a kind this version does not know');
  }
  return { api: api.api, stages };
}
