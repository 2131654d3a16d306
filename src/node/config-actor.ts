/**
 * Gives a node its configuration: what the store has, followed revision by revision, and over it the definitions this
 * node was given itself. Starts the node with the first configuration there is, so that nobody connects to an empty one,
 * and tells the store what the node serves.
 */
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { SYSTEM_CLOCK } from '../config/follower/clock.js';
import { Follower } from '../config/follower/follower.js';
import { Heartbeat } from '../config/follower/heartbeat.js';
import { LAG_BOUNDS_MS } from '../config/follower/progress.js';
import type { SealedRevision } from '../config/follower/sealed-revision.js';
import { UntrustedError } from '../config/head.js';
import { EMPTY_ITEMS, type Items } from '../config/items.js';
import { LastKnownGoodWriter, readLastKnownGood } from '../config/last-known-good.js';
import { overlay } from '../config/overlay.js';
import type { NodeSettings } from '../config/settings.js';
import type { ConfigStore } from '../config/store.js';
import { openStore } from '../config/stores/open.js';
import { hasAccessKeys } from '../control-plane/authentication/access-keys.js';
import { ControlPlaneHost } from '../control-plane/host.js';
import type { LocalDefinitions } from '../control-plane/protocol.js';
import type { NodeLoad, NodeStatus } from '../proto/messages.js';
import type { ConfigMetrics } from '../telemetry/config-metrics.js';
import { logError } from '../telemetry/error-log.js';
import { VERSION } from '../version.js';
import type { Health } from './admin-server.js';
import { masterKey } from './master-key.js';
import { type FatalHandler, type Node, startNode } from './node.js';
import { newNodeId, openStateDirectory, type StateDirectory } from './state-directory.js';

/** How long a start waits for the store before it makes do with the last known good. */
const START_WAIT_MS = 2_000;
/** How long a stopping node waits to be forgotten. */
const LEAVE_MS = 1_000;
/** How long a start waits to be told of access keys. */
const KEYS_MS = 1_000;
/** Names in a status. */
const MAX_NAMES = 100;
const MAX_REASON = 2_000;
const NO_DIGEST = new Uint8Array(0);
const LOAD_MS = 1_000;

/** What comes from the store. */
interface Stored {
  revision: number;
  items: Items;
}

/** Where the configuration comes from, and how much of it is served. */
export interface ConfigSummary {
  /** Of the store, without secrets. */
  description: string;
  /** What is committed to it outlives the process. */
  durable: boolean;
  nodeId: string;
  /** 0: nothing of the store is served. */
  revision: number;
  apis: number;
  /** Why the node cannot say whether it is in step; null: it is. */
  trouble: string | null;
}

export class ConfigActor {
  readonly #settings: NodeSettings;
  readonly #onFatal: FatalHandler;
  readonly #state: StateDirectory | null;
  readonly store: ConfigStore;
  readonly #lastKnownGood: LastKnownGoodWriter | null;
  readonly #follower: Follower;
  readonly #heartbeat: Heartbeat;
  readonly #controlPlane: ControlPlaneHost;
  readonly #nodeId: string;
  readonly #startedAt: number;
  #node: Node | null = null;
  #stored: Stored | null = null;
  #local: LocalDefinitions;
  /** Counts the local definitions' changes: the revision of a node that has nothing from the store. */
  #localRevision = 1;
  #hidden: readonly string[] = [];
  /** The newest revision that is, or will soon be, the last known good. */
  #kept: SealedRevision | null;
  #serving: Promise<unknown> = Promise.resolve();
  #draining = false;
  #load: { at: number; used: NodeJS.CpuUsage; load: NodeLoad | null } = {
    at: performance.now(),
    used: process.cpuUsage(),
    load: null,
  };

  /**
   * Resolves when the node serves: the store's newest revision, or when the store cannot be read in time the last known
   * good, or when there is neither what it was given itself.
   * @throws Error in one sentence: as `startNode`, and for a store or a state directory that cannot be used
   */
  static async start(
    settings: NodeSettings,
    local: LocalDefinitions,
    onFatal: FatalHandler,
  ): Promise<ConfigActor> {
    const { stateDirectory, nodeId } = settings;
    const state = stateDirectory === undefined ? null : await openStateDirectory(stateDirectory, nodeId);
    try {
      const sealingKey = await masterKey(settings);
      const store = await openStore(settings.store);
      const actor = new ConfigActor(
        settings,
        local,
        onFatal,
        state,
        store,
        await lastKnownGood(settings, state),
        sealingKey,
      );
      try {
        await actor.#start();
      } catch (error) {
        await actor.#close();
        throw error;
      }
      return actor;
    } catch (error) {
      await state?.close();
      throw error;
    }
  }

  private constructor(
    settings: NodeSettings,
    local: LocalDefinitions,
    onFatal: FatalHandler,
    state: StateDirectory | null,
    store: ConfigStore,
    kept: SealedRevision | null,
    sealingKey: Uint8Array | undefined,
  ) {
    this.#settings = settings;
    this.#local = local;
    this.#onFatal = onFatal;
    this.#state = state;
    this.store = store;
    this.#kept = kept;
    this.#nodeId = state?.nodeId ?? settings.nodeId ?? newNodeId();
    this.#startedAt = store.now();
    this.#lastKnownGood =
      state === null || !needsLastKnownGood(settings)
        ? null
        : new LastKnownGoodWriter(state.lastKnownGood, (error) =>
            logError(`the last known good configuration is not kept: ${error.message}`, 'last known good'),
          );
    this.#follower = new Follower({
      store,
      key: settings.configKey,
      lastKnownGood: kept,
      apply: (revision, items) => this.#serve({ revision, items }, null),
      clock: SYSTEM_CLOCK,
      random: Math.random,
      log: logError,
      changed: () => this.#changed(),
    });
    this.#heartbeat = new Heartbeat(store, SYSTEM_CLOCK, () => this.#status());
    const { lambda, aws, upstream, upstreams, skipAuthorization, configKey, functions } = settings;
    this.#controlPlane = new ControlPlaneHost({
      store,
      settings: {
        lambda,
        aws,
        upstream,
        upstreams,
        skipAuthorization,
        functionNames: functions.map(({ name }) => name),
        ...(configKey === undefined ? {} : { configKey }),
        ...(sealingKey === undefined ? {} : { masterKey: sealingKey }),
      },
      functionPort: () => this.#node?.connectFunctions(),
      onDeath: (error) =>
        logError(`the control plane's thread died and is being replaced: ${error.message}`, 'control plane'),
    });
  }

  get node(): Node {
    if (this.#node === null) throw new Error('the node is not started yet');
    return this.#node;
  }

  /** For the start-up block. */
  summary(): ConfigSummary {
    const { description, durable } = this.store;
    const { served, trouble } = this.#follower.state;
    const keys = [...(served?.revision.items.keys() ?? [])];
    return {
      description,
      durable,
      nodeId: this.#nodeId,
      revision: served?.revision.head.revision ?? 0,
      apis: keys.filter((key) => key.startsWith('api/')).length,
      trouble,
    };
  }

  /** Whether callers of the control plane have to sign; null: the store did not say in time. */
  async hasAccessKeys(): Promise<boolean | null> {
    if (this.#follower.state.trouble !== null) return null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, KEYS_MS, null);
    });
    const told = hasAccessKeys(this.store).catch(() => null);
    return await Promise.race([told, late]).finally(() => clearTimeout(timer));
  }

  /**
   * Serves other local definitions.
   * @throws Error with the reason when they cannot be served; what ran before goes on
   */
  async setLocal(local: LocalDefinitions): Promise<void> {
    await this.#serve(null, local);
    this.#controlPlane.setLocal(local);
    // They may have been in the way of what came from the store.
    this.#follower.retry();
    this.#heartbeat.beat();
  }

  /** Follows the store no more, and stops the node: see `Node.stop`. */
  async stop(graceMs: number): Promise<boolean> {
    this.#draining = true;
    const stopped = this.#follower.stop();
    this.#heartbeat.beat();
    const complete = (await this.#node?.stop(graceMs)) ?? true;
    await stopped;
    await this.#close();
    return complete;
  }

  async #start(): Promise<void> {
    await this.#follower.start(START_WAIT_MS);
    if (this.#node === null) await this.#serve(null, this.#local);
    this.#heartbeat.beat();
    // Now, when nothing waits for the cores any more: the first calls wait for it.
    this.#controlPlane.setLocal(this.#local);
    this.#controlPlane.start();
  }

  async #close(): Promise<void> {
    await this.#follower.stop();
    const late = new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref());
    await Promise.race([this.#heartbeat.leave(), late]);
    await this.#lastKnownGood?.close();
    await this.#controlPlane.close();
    await this.store.close();
    await this.#state?.close();
  }

  /**
   * Changes what is served, one change at a time. Null: that part stays as it is.
   * @throws Error with the reason when it cannot be served; nothing has changed
   */
  #serve(stored: Stored | null, local: LocalDefinitions | null): Promise<void> {
    const served = this.#serving.then(async () => {
      const nextStored = stored ?? this.#stored;
      const nextLocal = local ?? this.#local;
      const { items, hidden } = overlay(nextStored?.items ?? EMPTY_ITEMS, nextLocal.items);
      const localRevision = nextLocal === this.#local ? this.#localRevision : this.#localRevision + 1;
      const next = { revision: nextStored?.revision ?? localRevision, items };
      if (this.#node === null) {
        this.#node = await startNode(this.#settings, next, this.#onFatal, {
          health: () => this.#health(),
          metrics: () => this.#metrics(),
          controlPlane: (request) => this.#controlPlane.handle(request),
          functionsRestarted: () => this.#controlPlane.reconnectFunctions(),
        });
      } else {
        await this.#node.apply(next);
      }
      this.#stored = nextStored;
      this.#local = nextLocal;
      this.#localRevision = localRevision;
      this.#warn(hidden);
    });
    this.#serving = served.catch(() => {});
    return served;
  }

  /** Each once, as long as it lasts. */
  #warn(hidden: readonly string[]): void {
    for (const line of hidden) if (!this.#hidden.includes(line)) logError(line, 'hidden item');
    this.#hidden = hidden;
  }

  #changed(): void {
    const { served } = this.#follower.state;
    if (served !== null && served.revision !== this.#kept) {
      this.#kept = served.revision;
      this.#lastKnownGood?.keep(served.revision);
    }
    if (this.#node !== null) this.#heartbeat.beat();
  }

  #health(): Health {
    const { served, read, known, refused, trouble } = this.#follower.state;
    if (served !== null) return { ready: true };
    if (refused !== null) {
      return { ready: false, reason: `revision ${refused.revision} cannot be served: ${refused.reason}` };
    }
    if (known !== null) return { ready: false, reason: `revision ${known.revision} is being compiled` };
    // A store that is empty has nothing the node could be behind.
    return read ? { ready: true } : { ready: false, reason: trouble ?? 'the configuration was not read yet' };
  }

  #metrics(): ConfigMetrics {
    const { progress, state, connected } = this.#follower;
    const { applied, refused, untrusted, rewinds, restores, resyncs } = progress;
    return {
      connected,
      refusing: state.refused !== null,
      applied,
      refused,
      untrusted,
      rewinds,
      restores,
      resyncs,
      lag: { boundsMs: LAG_BOUNDS_MS, buckets: progress.lagBuckets, sumMs: progress.lagSumMs },
    };
  }

  #status(): NodeStatus {
    const { served, refused, trouble } = this.#follower.state;
    return {
      nodeId: this.#nodeId,
      version: VERSION,
      epoch: served?.revision.head.epoch ?? '',
      appliedRevision: served?.revision.head.revision ?? 0,
      appliedAt: served?.at ?? 0,
      ...(served?.lagMs === undefined ? {} : { lagMs: served.lagMs }),
      startedAt: this.#startedAt,
      ...(refused === null ? {} : { refused: { ...refused, reason: refused.reason.slice(0, MAX_REASON) } }),
      load: this.#measuredLoad(),
      address: this.#address(),
      recent: [...this.#follower.progress.recent],
      unknownItems: this.#node?.unknownItems.slice(0, MAX_NAMES) ?? [],
      localApis: [...this.#local.items.keys()]
        .flatMap((key) => (key.startsWith('api/') ? [key.slice('api/'.length)] : []))
        .slice(0, MAX_NAMES),
      draining: this.#draining,
      ...(trouble === null ? {} : { trouble: trouble.slice(0, MAX_REASON) }),
      appliedDigest: served?.revision.head.digest ?? NO_DIGEST,
    };
  }

  /** Where other machines reach it, as far as the node itself knows. */
  #address(): string {
    const { host } = this.#settings;
    const everywhere = host === '0.0.0.0' || host === '::';
    const name = everywhere ? hostname() : host.includes(':') ? `[${host}]` : host;
    return `${name}:${this.#node?.port ?? this.#settings.port}`;
  }

  /** At most once a second: a burst of revisions makes a burst of statuses. */
  #measuredLoad(): NodeLoad {
    const at = performance.now();
    const { at: before, used, load } = this.#load;
    if (at - before < LOAD_MS && load !== null) return load;
    const spent = process.cpuUsage(used);
    const measured = {
      ...(this.#node?.load() ?? { requestsInFlight: 0, requests: 0 }),
      residentMemory: process.memoryUsage.rss(),
      cpu: at > before ? (spent.user + spent.system) / 1e3 / (at - before) : 0,
    };
    this.#load = { at, used: process.cpuUsage(), load: measured };
    return measured;
  }
}

/** The other stores are in the same machine, or in the process itself. */
function needsLastKnownGood({ store }: NodeSettings): boolean {
  return store.kind === 'redis';
}

/** A file that is not believed is as good as none: the store has the configuration. */
async function lastKnownGood(
  settings: NodeSettings,
  state: StateDirectory | null,
): Promise<SealedRevision | null> {
  if (state === null || !needsLastKnownGood(settings)) return null;
  try {
    return await readLastKnownGood(state.lastKnownGood, settings.configKey);
  } catch (error) {
    const { message } = error as Error;
    const why = error instanceof UntrustedError ? message : `cannot be read: ${message}`;
    logError(`the last known good configuration is not used: ${why}`);
    return null;
  }
}
