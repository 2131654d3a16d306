/** One node: assembles the actors, applies snapshots, shuts down in order. */
import type { RefusedRequest } from '../acceptor/protocol.js';
import { hashesSourceIp, needsSourceIp } from '../config/needs-source-ip.js';
import type { NodeSettings } from '../config/settings.js';
import { now } from '../exchange/clock.js';
import { type AnswerSink, Exchange } from '../exchange/exchange.js';
import { FunctionHost } from '../functions/host.js';
import type { Snapshot } from '../model/snapshot.js';
import { encodeSnapshot } from '../proto/codec.js';
import { AccessLogWriter, accessLogFormatter } from '../telemetry/access-log.js';
import { COUNTER_SLOTS, Counters } from '../telemetry/counters.js';
import { logError } from '../telemetry/error-log.js';
import { type EventLoopLoad, renderMetrics, type StageLabel } from '../telemetry/prometheus.js';
import { allocateTargetCounts, readTargetCounts } from '../upstream/balancing/target-counts.js';
import { VERSION } from '../version.js';
import type { SnapshotMessage } from '../worker/protocol.js';
import { AcceptorPool } from './acceptor-pool.js';
import { type AdminServer, type Health, startAdminServer } from './admin-server.js';
import { freePort } from './free-port.js';
import { WorkerPool } from './worker-pool.js';

export interface Node {
  /** Where clients connect; the real one when settings said 0. */
  readonly port: number;
  readonly adminPort: number;
  readonly revision: number;
  /**
   * Serves another snapshot from now on; requests under way finish with the one they started with. Calls are carried
   * out one after the other.
   * @throws Error with the reason when it cannot be served; the running one goes on
   */
  apply(snapshot: Omit<Snapshot, 'revision'>): Promise<void>;
  /** New threads for a local function whose file changed. */
  reloadFunction(name: string): void;
  /** Stops accepting, finishes what is in flight within `graceMs`, closes. True: no request was cut off. */
  stop(graceMs: number): Promise<boolean>;
}

/** Called when the node cannot go on (an acceptor thread died). */
export type FatalHandler = (error: Error) => void;

/**
 * @throws Error in one sentence: a port in use, a snapshot that cannot be served, a function host that does not start
 */
export async function startNode(
  settings: NodeSettings,
  snapshot: Omit<Snapshot, 'revision'>,
  onFatal: FatalHandler,
): Promise<Node> {
  const port = await freePort(settings.host, settings.port);
  const node = new RunningNode(settings, port, onFatal);
  try {
    await node.start(snapshot);
  } catch (error) {
    await node.abandon();
    throw error;
  }
  return node;
}

class RunningNode implements Node {
  readonly port: number;
  readonly #settings: NodeSettings;
  readonly #onFatal: FatalHandler;
  readonly #workerCounters: SharedArrayBuffer[];
  readonly #acceptorCounters: SharedArrayBuffer[];
  readonly #targetCounts: SharedArrayBuffer[];
  readonly #accessLog: AccessLogWriter | null;
  readonly #counterSlots = new Map<string, number>();
  readonly #stageLabels = new Map<number, StageLabel>();
  #acceptors: AcceptorPool | null = null;
  #workers: WorkerPool | null = null;
  #functions: FunctionHost | null = null;
  #admin: AdminServer | null = null;
  #workerDeaths = 0;
  #draining = false;
  #applying: Promise<unknown> = Promise.resolve();
  #revision = 0;

  constructor(settings: NodeSettings, port: number, onFatal: FatalHandler) {
    this.#settings = settings;
    this.port = port;
    this.#onFatal = onFatal;
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
    return this.#workers?.revision ?? 0;
  }

  async start(snapshot: Omit<Snapshot, 'revision'>): Promise<void> {
    const settings = this.#settings;
    if (settings.functions.length > 0) {
      this.#functions = await FunctionHost.start(settings.functions, settings.lambda, {
        onDeath: (error) => logError(`the function host died and is being replaced: ${error.message}`),
        onRestart: () => this.#workers?.reconnectFunctions(),
      });
    }
    this.#acceptors = this.#startAcceptors();
    this.#acceptors.carrySourceIp(this.#needsSourceIp(snapshot));
    this.#workers = this.#newWorkers(this.#message(snapshot));
    await this.#workers.start();
    await this.#acceptors.listen(this.port);
    this.#admin = await startAdminServer({
      host: settings.adminHost,
      port: settings.adminPort,
      health: () => this.#health(),
      metrics: () => this.#metrics(),
    });
  }

  apply(snapshot: Omit<Snapshot, 'revision'>): Promise<void> {
    const applied = this.#applying.then(async () => {
      // Carried before anybody asks for it, and until nobody does any more.
      if (this.#needsSourceIp(snapshot)) this.#acceptors?.carrySourceIp(true);
      await this.#workers?.apply(this.#message(snapshot));
      this.#acceptors?.carrySourceIp(this.#needsSourceIp(snapshot));
    });
    this.#applying = applied.catch(() => {});
    return applied;
  }

  reloadFunction(name: string): void {
    this.#functions?.reload(name);
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
    await this.#acceptors?.stop();
    await this.#workers?.stop();
    await this.#functions?.close();
    await this.#accessLog?.close();
    await this.#admin?.close();
  }

  #needsSourceIp(snapshot: Omit<Snapshot, 'revision'>): boolean {
    const { upstreams } = this.#settings;
    return this.#accessLog !== null || hashesSourceIp(upstreams) || needsSourceIp(snapshot);
  }

  #startAcceptors(): AcceptorPool {
    const { host, acceptors, limits } = this.#settings;
    const inFlight = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    return new AcceptorPool(
      acceptors,
      (index) => ({
        host,
        port: this.port,
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

  #newWorkers(snapshot: SnapshotMessage): WorkerPool {
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
          listener: { port: this.port, protocol: 'http' },
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
      snapshot,
    );
  }

  /** The next revision, as the workers take it. */
  #message(snapshot: Omit<Snapshot, 'revision'>): SnapshotMessage {
    const revision = ++this.#revision;
    const encoded = encodeSnapshot({ ...snapshot, revision });
    const bytes = new SharedArrayBuffer(encoded.length);
    new Uint8Array(bytes).set(encoded);
    const counterSlots: Record<string, number> = {};
    for (const api of snapshot.apis) {
      for (const stage of api.stages) {
        counterSlots[`${api.id}/${stage.name}`] = this.#counterSlot(api.id, stage.name);
      }
    }
    return { revision, bytes, counterSlots };
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

  #health(): Health {
    if (this.#draining) return { ready: false, reason: 'draining' };
    const ready = this.#workers?.ready ?? 0;
    const { workers } = this.#settings;
    return ready === workers
      ? { ready: true }
      : { ready: false, reason: `${ready} of ${workers} workers have the snapshot` };
  }

  #metrics(): string {
    return renderMetrics({
      version: VERSION,
      revision: this.revision,
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
