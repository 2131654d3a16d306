/**
 * What one worker serves, item by item. A new configuration is prepared beside the running one, in slices between
 * requests: only stages that changed are compiled, and of those only resources that changed are decoded. What was
 * compiled before is dropped with the last request that uses it.
 */
import { ItemError, itemKey, stageKey } from '../config/items.js';
import { needsSourceIp } from '../config/needs-source-ip.js';
import type { IntegrationServices } from '../integrations/integration.js';
import type { ApiItem, Item, Mapping } from '../model/snapshot.js';
import { type CompiledStage, compileStage } from '../pipeline/compile-stage.js';
import { Gateway, type GatewayOptions, type ServedStage } from '../pipeline/gateway.js';
import { planOnDemand } from '../pipeline/plan.js';
import { decodeItemInSteps, type KnownResources, type ResourceMemory } from '../proto/item-steps.js';
import { type AddressTable, compileAddresses } from '../routing/address-table.js';
import { inSlices, type Steps } from '../steps.js';
import type { ConfigurationFacts, ConfigurationMessage, SharedItem } from './protocol.js';

type HeldItem =
  | { kind: 'api'; hash: string; api: ApiItem }
  | HeldStage
  | { kind: 'mapping'; hash: string; mapping: Mapping }
  | { kind: 'domain' | 'unknown'; hash: string };

interface HeldStage {
  kind: 'stage';
  hash: string;
  source: SharedItem;
  apiId: string;
  name: string;
  /** The part of the API's item that was compiled into the stage. */
  apiName: string;
  needsSourceIp: boolean;
  /** Plans that no request has asked for yet hold them anyway. */
  resources: KnownResources;
  compiled: CompiledStage;
  served: ServedStage;
}

type HeldItems = ReadonlyMap<string, HeldItem>;

export interface PreparedConfiguration {
  readonly generation: number;
  readonly facts: ConfigurationFacts;
  /** Keys of the stages that were compiled for it. */
  readonly compiledStages: readonly string[];
  readonly items: HeldItems;
  /** Null: those of the running configuration hold. */
  readonly addresses: AddressTable<ServedStage> | null;
}

const STAGE_PREFIX = 'stage/';
const NO_RESOURCES: KnownResources = new Map();

export class WorkerConfiguration {
  readonly gateway: Gateway;
  readonly #services: IntegrationServices;
  readonly #options: GatewayOptions;
  #generation = -1;
  #items: HeldItems = new Map();
  #prepared: PreparedConfiguration | null = null;

  constructor(services: IntegrationServices, options: GatewayOptions) {
    this.#services = services;
    this.#options = options;
    this.gateway = new Gateway(this.#addresses(this.#items));
  }

  /** What is served. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Makes ready what `commit` puts in service; one at a time.
   * @throws ItemError when it cannot be served; what runs is untouched
   */
  async prepare(message: ConfigurationMessage): Promise<PreparedConfiguration> {
    this.#prepared = null;
    this.#prepared = await inSlices(this.#prepare(message));
    return this.#prepared;
  }

  /** All that changed is swapped in one go: no request sees a part of it. Another generation than was prepared: none is. */
  commit(generation: number): void {
    const prepared = this.#prepared;
    this.#prepared = null;
    if (prepared?.generation !== generation) return;
    for (const key of prepared.compiledStages) {
      const held = prepared.items.get(key);
      if (held?.kind === 'stage') held.served.compiled = held.compiled;
    }
    if (prepared.addresses !== null) this.gateway.route(prepared.addresses);
    this.#items = prepared.items;
    this.#generation = generation;
  }

  *#prepare({ generation, base, upserts, deletes }: ConfigurationMessage): Steps<PreparedConfiguration> {
    if (base !== null && base !== this.#generation) {
      throw new Error(`a change of generation ${base} came to a worker that serves ${this.#generation}`);
    }
    const items = new Map(base === null ? [] : this.#items);
    for (const key of deletes) items.delete(key);
    const stages: SharedItem[] = [];
    for (const item of upserts) {
      const held = this.#items.get(item.key);
      if (held?.hash === item.hash) items.set(item.key, held);
      else if (item.key.startsWith(STAGE_PREFIX)) stages.push(item);
      else items.set(item.key, yield* readSmallItem(item));
    }
    // Stages come last, and one after the other: they need their APIs, and a decoded one takes much memory.
    const compiledStages: string[] = [];
    for (const source of stages) {
      const held = yield* this.#stage(source, items);
      items.set(source.key, held);
      if (held.kind === 'stage') compiledStages.push(source.key);
    }
    for (const [key, held] of items) {
      if (held.kind !== 'stage' || apiOf(held.apiId, key, items).name === held.apiName) continue;
      items.set(key, yield* this.#stage(held.source, items));
      compiledStages.push(key);
    }
    yield;
    return {
      generation,
      facts: factsOf(items),
      compiledStages,
      items,
      addresses: this.#sameAddresses(items) ? null : this.#addresses(items),
    };
  }

  *#stage(source: SharedItem, items: HeldItems): Steps<HeldItem> {
    const { key, hash } = source;
    const before = this.#items.get(key);
    const memory = { before: before?.kind === 'stage' ? before.resources : NO_RESOURCES, now: new Map() };
    const item = yield* readItem(source, memory);
    if (item === undefined) return { kind: 'unknown', hash };
    // Its key says that it is a stage.
    if (item.kind !== 'stage') throw new ItemError(key, 'is no stage');
    const { stage } = item;
    const api = apiOf(stage.apiId, key, items);
    let compiled: CompiledStage;
    try {
      compiled = yield* compileStage(
        api,
        stage,
        source.counterSlot,
        this.#services,
        this.#options,
        planOnDemand,
      );
    } catch (error) {
      throw new ItemError(key, (error as Error).message, { cause: error });
    }
    return {
      kind: 'stage',
      hash,
      source,
      apiId: stage.apiId,
      name: stage.name,
      apiName: api.name,
      needsSourceIp: yield* needsSourceIp(stage),
      resources: memory.now,
      compiled,
      served: before?.kind === 'stage' ? before.served : { compiled },
    };
  }

  /** Whether the same stages are found in the same ways. */
  #sameAddresses(items: HeldItems): boolean {
    if (items.size !== this.#items.size) return false;
    for (const [key, held] of items) {
      const before = this.#items.get(key);
      if (before !== held && !(before?.kind === 'stage' && held.kind === 'stage')) return false;
    }
    return true;
  }

  #addresses(items: HeldItems): AddressTable<ServedStage> {
    const apis = new Map<string, ApiItem & { stages: HeldStage[] }>();
    const mappings: Mapping[] = [];
    for (const held of items.values()) {
      if (held.kind === 'api') apis.set(held.api.id, { ...held.api, stages: [] });
      else if (held.kind === 'mapping') mappings.push(held.mapping);
    }
    for (const held of items.values()) {
      if (held.kind === 'stage') apis.get(held.apiId)?.stages.push(held);
    }
    return compileAddresses(
      { apis: apis.values(), mappings },
      this.#options,
      (apiId, stageName) => (items.get(stageKey(apiId, stageName)) as HeldStage).served,
    );
  }
}

/** An item that is no stage. */
function* readSmallItem(source: SharedItem): Steps<HeldItem> {
  const { hash } = source;
  const item = yield* readItem(source);
  switch (item?.kind) {
    case 'api':
      return { kind: 'api', hash, api: item.api };
    case 'mapping':
      return { kind: 'mapping', hash, mapping: item.mapping };
    default:
      return { kind: item === undefined ? 'unknown' : 'domain', hash };
  }
}

/** As config/items.ts does it, in steps. @throws ItemError */
function* readItem({ key, bytes }: SharedItem, memory?: ResourceMemory): Steps<Item | undefined> {
  let item: Item | undefined;
  try {
    // Copied out of the shared memory: text is not decoded straight from it.
    item = yield* decodeItemInSteps(Buffer.from(bytes), memory);
  } catch (error) {
    throw new ItemError(key, `is no configuration item: ${(error as Error).message}`, { cause: error });
  }
  if (item !== undefined && itemKey(item) !== key)
    throw new ItemError(key, `holds the item ${itemKey(item)}`);
  return item;
}

function apiOf(apiId: string, stageKey: string, items: HeldItems): ApiItem {
  const held = items.get(`api/${apiId}`);
  if (held?.kind !== 'api') throw new ItemError(stageKey, `there is no item api/${apiId}`);
  return held.api;
}

function factsOf(items: HeldItems): ConfigurationFacts {
  const facts: ConfigurationFacts = { needsSourceIp: false, unknownItems: [] };
  for (const [key, held] of items) {
    if (held.kind === 'unknown') facts.unknownItems.push(key);
    else if (held.kind === 'stage') facts.needsSourceIp ||= held.needsSourceIp;
  }
  return facts;
}
