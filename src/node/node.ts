/** One node: assembles the actors, applies configurations, shuts down in order. */
import type { MessagePort } from 'node:worker_threads';
import type { RefusedRequest } from '../acceptor/protocol.js';
import { changeBetween, EMPTY_ITEMS, type ItemChange, readItem } from '../config/items.js';
import { hashesSourceIp } from '../config/needs-source-ip.js';
import type { ServedConfiguration } from '../config/served-configuration.js';
import type { NodeSettings } from '../config/settings.js';
import { now } from '../exchange/clock.js';
import { type AnswerSink, Exchange } from '../exchange/exchange.js';
import { FunctionHost } from '../functions/host.js';
import type { Domain } from '../model/snapshot.js';
import { AccessLogWriter, accessLogFormatter } from '../telemetry/access-log.js';
import type { ConfigMetrics } from '../telemetry/config-metrics.js';
import { COUNTER_SLOTS, Counters, readCounters } from '../telemetry/counters.js';
import { logError } from '../telemetry/error-log.js';
import { type EventLoopLoad, renderMetrics, type StageLabel } from '../telemetry/prometheus.js';
import { allocateTargetCounts, readTargetCounts } from '../upstream/balancing/target-counts.js';
import { VERSION } from '../version.js';
import type { ConfigurationFacts, SharedItem } from '../worker/protocol.js';
import { AcceptorPool } from './acceptor-pool.js';
import {
  type AdminAnswer,
  type AdminRequest,
  type AdminServer,
  type Health,
  startAdminServer,
} from './admin-server.js';
import { Certificates } from './certificates.js';
import { freePort } from './free-port.js';
import { type SharedChange, WorkerPool } from './worker-pool.js';

export interface Node {
  /** Where clients connect; the real one when settings said 0. */
  readonly port: number;
  /** The same for clients with TLS; null: there is no such port. */
  readonly tlsPort: number | null;
  readonly adminPort: number;
  /** Of the configuration that is served. */
  readonly revision: number;
  /** Keys of its items that are not served, because this version does not know their kind. */
  readonly unknownItems: readonly string[];
  /**
   * Serves another configuration from now on; requests under way finish with the one they started with. Only what
   * changed is compiled. Calls are carried out one after the other.
   * @throws Error with the reason when it cannot be served, an ItemError where one item is to blame; the running
   * configuration goes on, whole
   */
  apply(next: ServedConfiguration): Promise<void>;
  /** New threads for a local function whose file changed. */
  reloadFunction(name: string): void;
  /** A port to the local functions, to be transferred to the thread that calls them; undefined: there are none. */
  connectFunctions(): MessagePort | undefined;
  /** Requests under way, and those that ended since the start. */
  load(): { requestsInFlight: number; requests: number };
  /** Stops accepting, finishes what is in flight within `graceMs`, closes. True: no request was cut off. */
  stop(graceMs: number): Promise<boolean>;
}

/** Where a node's configuration comes from, as far as it shows at the admin port. */
export interface ConfigSource {
  /** Whether the node has what it is to serve. */
  health(): Health;
  metrics(): ConfigMetrics;
  /** Answers what the admin port has no page for. Never rejects. */
  controlPlane(request: AdminRequest): Promise<AdminAnswer>;
  /** Ports from `Node.connectFunctions` are dead: the functions have a new host. */
  functionsRestarted(): void;
}

/** Called when the node cannot go on (an acceptor thread died). */
export type FatalHandler = (error: Error) => void;

/**
 * @throws Error in one sentence: a port in use, a configuration that cannot be served (an ItemError where one item is
 * to blame), a function host that does not start
 */
export async function startNode(
  settings: NodeSettings,
  initial: ServedConfiguration,
  onFatal: FatalHandler,
  config?: ConfigSource,
): Promise<Node> {
  const node = new RunningNode(settings, await clientPorts(settings), onFatal, config);
  try {
    await node.start(initial);
  } catch (error) {
    await node.abandon();
    throw error;
  }
  return node;
}

interface ClientPorts {
  port: number;
  tlsPort: number | null;
}

async function clientPorts({ host, port: wanted, tls }: NodeSettings): Promise<ClientPorts> {
  const port = await freePort(host, wanted, '--port');
  if (tls === undefined) return { port, tlsPort: null };
  for (;;) {
    const tlsPort = await freePort(host, tls.port, '--tls-port');
    // The first is free again until it is listened on, and may be chosen twice.
    if (tlsPort !== port || tls.port !== 0) return { port, tlsPort };
  }
}

class RunningNode implements Node {
  readonly port: number;
  readonly tlsPort: number | null;
  readonly #settings: NodeSettings;
  readonly #onFatal: FatalHandler;
  readonly #config: ConfigSource | undefined;
  readonly #workerCounters: SharedArrayBuffer[];
  readonly #acceptorCounters: SharedArrayBuffer[];
  readonly #targetCounts: SharedArrayBuffer[];
  readonly #accessLog: AccessLogWriter | null;
  readonly #counterSlots = new Map<string, number>();
  readonly #stageLabels = new Map<number, StageLabel>();
  #acceptors: AcceptorPool | null = null;
  #workers: WorkerPool | null = null;
  #functions: FunctionHost | null = null;
  #certificates: Certificates | null = null;
  #admin: AdminServer | null = null;
  #workerDeaths = 0;
  #draining = false;
  #applying: Promise<unknown> = Promise.resolve();
  /** As acceptors begin. */
  #carriesSourceIp = true;
  #revision = 0;
  #items: ReadonlyMap<string, SharedItem> = new Map();
  #unknownItems: readonly string[] = [];

  constructor(settings: NodeSettings, ports: ClientPorts, onFatal: FatalHandler, config?: ConfigSource) {
    this.#settings = settings;
    this.port = ports.port;
    this.tlsPort = ports.tlsPort;
    this.#onFatal = onFatal;
    this.#config = config;
    this.#workerCounters = Array.from({ length: settings.workers }, () => Counters.allocate());
    this.#targetCounts = Array.from({ length: settings.workers }, () =>
      allocateTargetCounts(settings.upstreams),
    );
    this.#acceptorCounters = Array.from({ length: settings.acceptors }, () => Counters.allocate(1));
    const { format, file } = settings.accessLog;
    this.#accessLog = format === 'off' ? null : new AccessLogWriter(file);
  }

  get adminPort(): number {
    return this.#admin?.port ?? 0;
  }

  get revision(): number {
    return this.#revision;
  }

  get unknownItems(): readonly string[] {
    return this.#unknownItems;
  }

  async start(initial: ServedConfiguration): Promise<void> {
    const settings = this.#settings;
    const config = this.#config;
    if (settings.functions.length > 0) {
      this.#functions = await FunctionHost.start(settings.functions, settings.lambda, {
        onDeath: (error) => logError(`the function host died and is being replaced: ${error.message}`),
        onRestart: () => {
          this.#workers?.reconnectFunctions();
          this.#config?.functionsRestarted();
        },
      });
    }
    const acceptors = this.#startAcceptors();
    this.#acceptors = acceptors;
    if (settings.tls !== undefined) {
      this.#certificates = await Certificates.start(settings.tls, (change) =>
        acceptors.loadCertificates(change),
      );
    }
    const change = this.#share(changeBetween(EMPTY_ITEMS, initial.items) ?? NO_CHANGE);
    this.#workers = this.#newWorkers(change.items);
    this.#serving(initial.revision, change, await this.#workers.start());
    await this.#certificates?.serve(this.#domains());
    await acceptors.listen(this.port);
    this.#admin = await startAdminServer({
      host: settings.adminHost,
      port: settings.adminPort,
      health: () => this.#health(),
      metrics: () => this.#metrics(),
      ...(config === undefined ? {} : { controlPlane: (request) => config.controlPlane(request) }),
    });
  }

  apply(next: ServedConfiguration): Promise<void> {
    const applied = this.#applying.then(() => this.#apply(next));
    this.#applying = applied.catch(() => {});
    return applied;
  }

  async #apply({ revision, items }: ServedConfiguration): Promise<void> {
    const difference = changeBetween(this.#items, items);
    if (difference === null) {
      this.#revision = revision;
      return;
    }
    const slots = this.#counterSlots.size;
    const change = this.#share(difference);
    try {
      const facts = await this.#workers?.apply(change, ({ needsSourceIp }) => {
        // Carried before anybody asks for it, and until nobody does any more.
        if (needsSourceIp) this.#carrySourceIp(true);
      });
      if (facts !== undefined) this.#serving(revision, change, facts);
    } catch (error) {
      this.#freeCounterSlots(slots);
      throw error;
    }
    // Files differ from node to node: a certificate that is not there is no reason to refuse the revision.
    const { upserts, deletes } = change;
    if ([...upserts.map(({ key }) => key), ...deletes].some(isDomain)) {
      await this.#certificates?.serve(this.#domains());
    }
  }

  /** Of the configuration that is served. */
  #domains(): Domain[] {
    return [...this.#items.values()].flatMap(({ key, bytes }) => {
      const item = isDomain(key) ? readItem(key, bytes) : undefined;
      return item?.kind === 'domain' ? [item.domain] : [];
    });
  }

  #serving(revision: number, { items }: SharedChange, facts: ConfigurationFacts): void {
    this.#revision = revision;
    this.#items = items;
    this.#unknownItems = facts.unknownItems;
    this.#carrySourceIp(
      this.#accessLog !== null || hashesSourceIp(this.#settings.upstreams) || facts.needsSourceIp,
    );
  }

  #carrySourceIp(needed: boolean): void {
    if (needed === this.#carriesSourceIp) return;
    this.#carriesSourceIp = needed;
    this.#acceptors?.carrySourceIp(needed);
  }

  reloadFunction(name: string): void {
    this.#functions?.reload(name);
  }

  connectFunctions(): MessagePort | undefined {
    return this.#functions?.connect();
  }

  load(): { requestsInFlight: number; requests: number } {
    const totals = readCounters([...this.#workerCounters, ...this.#acceptorCounters]);
    let requests = 0;
    for (const slot of [0, ...this.#stageLabels.keys()]) {
      for (const count of totals.slot(slot).classes) requests += count;
    }
    return { requestsInFlight: totals.inFlight, requests };
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#draining = true;
    const complete = (await this.#acceptors?.drain(graceMs)) ?? true;
    await this.#close();
    return complete;
  }

  /** After a failed start: whatever had been started ends. */
  async abandon(): Promise<void> {
    this.#draining = true;
    await this.#close();
  }

  async #close(): Promise<void> {
    const certificatesClosed = this.#certificates?.close();
    await this.#acceptors?.stop();
    await certificatesClosed;
    await this.#workers?.stop();
    await this.#functions?.close();
    await this.#accessLog?.close();
    await this.#admin?.close();
  }

  #startAcceptors(): AcceptorPool {
    const { host, acceptors, limits } = this.#settings;
    const inFlight = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    return new AcceptorPool(
      acceptors,
      (index) => ({
        host,
        port: this.port,
        ...(this.tlsPort === null ? {} : { tlsPort: this.tlsPort }),
        limits,
        inFlight,
        counters: this.#acceptorCounters[index] as SharedArrayBuffer,
        exclusive: acceptors === 1,
        logRefused: this.#accessLog !== null,
      }),
      {
        refused: (requests) => this.#logRefused(requests),
        died: (error) => this.#onFatal(new Error(`an acceptor died: ${error.message}`, { cause: error })),
      },
    );
  }

  #newWorkers(items: ReadonlyMap<string, SharedItem>): WorkerPool {
    const settings = this.#settings;
    return new WorkerPool(
      {
        count: settings.workers,
        settings: {
          gateway: {
            region: settings.lambda.region,
            accountId: settings.lambda.accountId,
            executeApiHosts: settings.executeApiHosts,
            executeApiPaths: settings.executeApiPaths,
            skipAuthorization: settings.skipAuthorization,
          },
          upstream: settings.upstream,
          upstreams: settings.upstreams,
          lambda: settings.lambda,
          aws: settings.aws,
          accessLog: settings.accessLog.format,
          listener: {
            port: this.port,
            protocol: 'http',
            ...(this.tlsPort === null ? {} : { tlsPort: this.tlsPort }),
          },
        },
        functionNames: settings.functions.map(({ name }) => name),
        counters: this.#workerCounters,
        targetCounts: this.#targetCounts,
        mailboxes: () => (this.#acceptors as AcceptorPool).mailboxes(),
        functionPort: () => this.#functions?.connect(),
        accessLog: (lines, count) => this.#accessLog?.write(lines, count),
        died: (index, error) => {
          this.#workerDeaths++;
          logError(`worker ${index} died and is being replaced: ${error.message}`, 'worker death');
        },
      },
      items,
    );
  }

  /** A change as the workers take it: the only copy of each item's bytes that the node keeps is shared with them. */
  #share(change: ItemChange): SharedChange {
    const upserts = [...change.upserts].map(([key, { hash, bytes }]): SharedItem => {
      const [kind, api = '', ...stage] = key.split('/');
      const counterSlot = kind === 'stage' ? this.#counterSlot(api, stage.join('/')) : 0;
      return { key, hash, bytes: inSharedMemory(bytes), counterSlot };
    });
    const items = new Map(this.#items);
    for (const key of change.deletes) items.delete(key);
    for (const item of upserts) items.set(item.key, item);
    return { items, upserts, deletes: change.deletes };
  }

  /** A stage keeps its slot as long as the node runs, so that its counters never go back. */
  #counterSlot(api: string, stage: string): number {
    const key = `${api}/${stage}`;
    const known = this.#counterSlots.get(key);
    if (known !== undefined) return known;
    const slot = this.#counterSlots.size + 1;
    if (slot >= COUNTER_SLOTS) return 0;
    this.#counterSlots.set(key, slot);
    this.#stageLabels.set(slot, { api, stage });
    return slot;
  }

  /** Those given after the first `count`: what they were given for is not served. */
  #freeCounterSlots(count: number): void {
    for (const [key, slot] of [...this.#counterSlots].slice(count)) {
      this.#counterSlots.delete(key);
      this.#stageLabels.delete(slot);
    }
  }

  #health(): Health {
    if (this.#draining) return { ready: false, reason: 'draining' };
    const ready = this.#workers?.ready ?? 0;
    const { workers } = this.#settings;
    return ready === workers
      ? (this.#config?.health() ?? { ready: true })
      : { ready: false, reason: `${ready} of ${workers} workers have the configuration` };
  }

  #metrics(): string {
    return renderMetrics({
      version: VERSION,
      revision: this.revision,
      config: this.#config?.metrics(),
      stages: this.#stageLabels,
      buffers: [...this.#workerCounters, ...this.#acceptorCounters],
      targets: readTargetCounts(this.#settings.upstreams, this.#targetCounts),
      workerDeaths: this.#workerDeaths,
      logLinesDropped: this.#accessLog?.dropped ?? 0,
      eventLoops: this.#eventLoops(),
    });
  }

  #eventLoops(): EventLoopLoad[] {
    return [...(this.#acceptors?.eventLoops() ?? []), ...(this.#workers?.eventLoops() ?? [])];
  }

  /** Requests the acceptors answered by themselves get their access log lines here, off the acceptors' threads. */
  #logRefused(requests: RefusedRequest[]): void {
    const { format } = this.#settings.accessLog;
    if (this.#accessLog === null || format === 'off') return;
    const line = accessLogFormatter(format);
    const at = now();
    const lines = requests.map((request) => line(refusedExchange(request, at), at)).join('');
    this.#accessLog.write(lines, requests.length);
  }
}

function isDomain(key: string): boolean {
  return key.startsWith('domain/');
}

const NO_CHANGE: ItemChange = { upserts: new Map(), deletes: [] };

/** The bytes where threads share them: as they are when they are there already, else a copy. */
function inSharedMemory(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

const NO_SINK: AnswerSink = {
  answer() {},
  begin() {},
  write: () => true,
  end() {},
  destroy() {},
  consumed() {},
};

/** A refused request in the form the access log reads. */
function refusedExchange(refused: RefusedRequest, arrivedAt: number): Exchange {
  const { method, path, sourceIp, requestId } = refused;
  const exchange = new Exchange(
    {
      method,
      path,
      query: '',
      host: '',
      headers: '',
      sourceIp,
      overTls: false,
      requestId,
      body: null,
      bodyLength: 0,
      arrivedAt,
    },
    NO_SINK,
    0,
  );
  exchange.status = refused.status;
  exchange.errorType = refused.errorType;
  exchange.bytesSent = refused.bytesSent;
  return exchange;
}
