/**
 * The port over undici 7, for comparison and as a way out: a request costs about four times as much as with our own client.
 * What undici does differently from it, on its own account, is listed by name in the conformance tests.
 */
import { createRequire } from 'node:module';
import { isIPv6 } from 'node:net';
import { TLSSocket } from 'node:tls';
import type * as Undici from 'undici';
import { Deadlines } from './deadlines.js';
import { KEEP_ALIVE_MARGIN_MS, type UpstreamClientOptions, warnOfFault } from './options.js';
import { describe, isSafeTarget, originFault, originKey, sniName, verifiedName } from './origin.js';
import { Resolver } from './resolver.js';
import { SecureContexts } from './secure-contexts.js';
import { privateAuthorityFault } from './tls-verification.js';
import { UndiciCall } from './undici-call.js';
import {
  type Origin,
  type UpstreamCall,
  type UpstreamClient,
  UpstreamError,
  type UpstreamHandler,
  type UpstreamRequest,
  type UpstreamSettings,
  type UpstreamStats,
} from './upstream.js';

/** Loaded with the first such client: a worker with our own client can do without its megabytes. */
const load = (): typeof Undici => createRequire(import.meta.url)('undici') as typeof Undici;

/** How often pools nobody uses any more are looked for. */
const SWEEP_MS = 10_000;

/** One origin's pool and how many calls it has. */
export interface UndiciPool {
  readonly origin: Origin;
  /** Null when nothing can be connected to there. */
  readonly pool: Undici.Pool | null;
  readonly fault: UpstreamError | null;
  calls: number;
  retired: boolean;
}

export class UndiciClient implements UpstreamClient {
  readonly settings: UpstreamSettings;
  readonly onFault: (error: unknown) => void;
  readonly deadlines: Deadlines;

  readonly #undici = load();
  readonly #resolver: Resolver;
  readonly #secureContexts: SecureContexts;
  readonly #pools = new Map<string, UndiciPool>();
  readonly #poolOf = new WeakMap<Origin, UndiciPool>();
  readonly #sweeper: NodeJS.Timeout;
  #closed: Promise<void> | null = null;
  #active = 0;

  constructor(settings: UpstreamSettings, options: UpstreamClientOptions = {}) {
    this.settings = settings;
    this.onFault = options.onFault ?? warnOfFault;
    this.deadlines = new Deadlines(this.onFault);
    this.#resolver = new Resolver(options.lookup);
    this.#secureContexts = new SecureContexts(options.ca);
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  request(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    let pool = this.#poolOf.get(request.origin);
    if (pool === undefined || pool.retired) pool = this.#findPool(request.origin);
    const call = new UndiciCall(this, pool, request, handler);
    this.#active++;
    pool.calls++;
    const fault = this.#refusal(pool, request);
    if (fault !== null) call.reportErrorLater(fault);
    else {
      this.deadlines.arm(call, request.timeoutMs);
      call.dispatch();
    }
    return call;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  stats(): UpstreamStats {
    let connections = 0;
    let pending = 0;
    for (const { pool, calls } of this.#pools.values()) {
      if (pool !== null) connections += pool.stats.connected;
      pending += Math.max(0, calls - this.settings.connections);
    }
    return { connections, active: this.#active - pending, pending };
  }

  callEnded(call: UndiciCall): void {
    this.#active--;
    call.pool.calls--;
    this.deadlines.disarm(call);
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool?.close()));
  }

  #refusal(pool: UndiciPool, request: UpstreamRequest): UpstreamError | null {
    if (pool.fault !== null) return pool.fault;
    if (this.#closed !== null) return new UpstreamError('network', 'The upstream client is closed.');
    if (!isSafeTarget(request.target)) {
      return new UpstreamError('address', 'The request target holds a space or a control character.');
    }
    // undici queues without bounds and does not tell how long its queue is: the calls beyond its connections wait.
    if (pool.calls > this.settings.connections + this.settings.maxPending) {
      const { host, port } = pool.origin;
      const message = `${this.settings.maxPending} requests wait for a connection to ${host}:${port} already.`;
      return new UpstreamError('overload', message);
    }
    return null;
  }

  #findPool(origin: Origin): UndiciPool {
    const key = originKey(origin);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = this.#makePool({ ...origin });
      this.#pools.set(key, pool);
    }
    this.#poolOf.set(origin, pool);
    return pool;
  }

  #makePool(origin: Origin): UndiciPool {
    const fault = originFault(origin);
    if (fault !== null) return { origin, pool: null, fault, calls: 0, retired: false };
    const host = isIPv6(origin.host) ? `[${origin.host}]` : origin.host;
    const { connections, keepAliveMs, maxConnectionAgeMs, maxHeadBytes } = this.settings;
    try {
      const pool = new this.#undici.Pool(`${origin.scheme}://${host}:${origin.port}`, {
        connections,
        pipelining: 1,
        keepAliveTimeout: keepAliveMs,
        keepAliveMaxTimeout: keepAliveMs,
        clientTtl: maxConnectionAgeMs,
        keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
        maxHeaderSize: maxHeadBytes,
        // Ours to keep: one queue for all calls instead of a timer per connection.
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: this.#connector(origin),
      });
      return { origin, pool, fault: null, calls: 0, retired: false };
    } catch (error) {
      const message = `${origin.host}:${origin.port} is not an address: ${describe(error)}.`;
      const unusable = new UpstreamError('address', message, { cause: error });
      return { origin, pool: null, fault: unusable, calls: 0, retired: false };
    }
  }

  #connector(origin: Origin): Undici.buildConnector.connector {
    const place = {
      lookup: this.#resolver.lookup,
      autoSelectFamily: true,
      timeout: this.settings.connectTimeoutMs,
    };
    if (origin.scheme === 'http') return this.#undici.buildConnector(place);
    const lenient = origin.insecureSkipVerification === true;
    const connect = this.#undici.buildConnector({
      ...place,
      secureContext: this.#secureContexts.of(origin.identity),
      rejectUnauthorized: !lenient,
      servername: sniName(origin),
      // undici would also keep the sessions of sockets that are refused below, and a resumed one cannot be judged.
      ...(lenient ? { maxCachedSessions: 0 } : {}),
    });
    return (options, callback) => {
      // The name is the origin's, whatever Host header a request carries.
      connect({ ...options, servername: sniName(origin) }, (...outcome) => {
        const [error, socket] = outcome;
        const judged = error === null && lenient && socket instanceof TLSSocket;
        const problem = judged ? privateAuthorityFault(socket, verifiedName(origin)) : null;
        if (problem === null) {
          callback(...outcome);
          return;
        }
        socket?.destroy();
        callback(problem, null);
      });
    };
  }

  #sweep(): void {
    for (const [key, entry] of this.#pools) {
      if (entry.calls > 0 || (entry.pool !== null && entry.pool.stats.connected > 0)) continue;
      entry.retired = true;
      this.#pools.delete(key);
      entry.pool?.close().catch(this.onFault);
    }
  }
}
