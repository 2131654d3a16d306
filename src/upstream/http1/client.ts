/**
 * The HTTP/1.1 client on bare sockets: one per worker.
 *
 * Requests are not written at once but at the end of the event loop's turn (its check phase, right after all sockets
 * were read), all together. So a kept connection is looked at before it is written to: one that its peer has closed, or
 * on which bytes arrived that nobody asked for, is replaced while nothing of the request was sent. For the same reason a
 * connection that became idle in this very turn waits for the next one: a response that is followed by a second,
 * smuggled one (a body after HEAD, a split response) shows itself then. This narrows the window in which a response
 * could meet the wrong request to what is still on its way; HTTP/1.1 allows no more.
 */
import { performance } from 'node:perf_hooks';
import { Deadlines } from '../deadlines.js';
import { type UpstreamClientOptions, warnOfFault } from '../options.js';
import { isSafeTarget, originKey } from '../origin.js';
import { Resolver } from '../resolver.js';
import { SecureContexts } from '../secure-contexts.js';
import {
  type Origin,
  type UpstreamCall,
  type UpstreamClient,
  UpstreamError,
  type UpstreamHandler,
  type UpstreamRequest,
  type UpstreamSettings,
  type UpstreamStats,
} from '../upstream.js';
import { Http1Call } from './call.js';
import type { Http1Connection } from './connection.js';
import { OriginPool } from './pool.js';

/**
 * One read takes this much. Reads end before the next one begins and handlers copy what they keep, so all plain
 * connections of a client share one buffer.
 */
const READ_BYTES = 65_536;

/** How often idle connections are looked at: often enough for second-long limits, seldom enough to cost nothing. */
const SWEEP_MS = 1_000;

/** Different ages at which connections are given up, in the last fifth of the limit; each needs a timer of its own. */
const AGE_STEPS = 8;

export class Http1Client implements UpstreamClient {
  readonly settings: UpstreamSettings;
  readonly onFault: (error: unknown) => void;
  readonly resolver: Resolver;
  readonly secureContexts: SecureContexts;
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  closing = false;

  readonly #deadlines: Deadlines;
  readonly #pools = new Map<string, OriginPool>();
  /** Origins are compiled once and used a million times: their identity finds the pool without building a key. */
  readonly #poolOf = new WeakMap<Origin, OriginPool>();
  readonly #sweeper: NodeJS.Timeout;

  /** Number of the event loop's turns in which anything was released or written. */
  #turn = 0;
  #turnEndScheduled = false;
  /** `performance.now()` as read in this turn; -1: not yet. */
  #turnStartedAt = -1;
  /** Connections that were chosen for a request which is still to be written. */
  #outbox: Http1Connection[] = [];
  #spareOutbox: Http1Connection[] = [];

  #active = 0;
  #sockets = 0;
  #agesArmed = 0;
  #closed: (() => void)[] = [];

  constructor(settings: UpstreamSettings, options: UpstreamClientOptions = {}) {
    this.settings = settings;
    this.onFault = options.onFault ?? warnOfFault;
    this.resolver = new Resolver(options.lookup);
    this.secureContexts = new SecureContexts(options.ca);
    this.#deadlines = new Deadlines(this.onFault);
    const sweepMs = Math.min(SWEEP_MS, Math.max(10, Math.ceil(settings.keepAliveMs / 4)));
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
    this.#sweeper.unref();
  }

  request(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    let pool = this.#poolOf.get(request.origin);
    if (pool === undefined || pool.retired) pool = this.#findPool(request.origin);
    const call = new Http1Call(request, handler, pool);
    this.#active++;
    if (pool.fault !== null) call.reportErrorLater(pool.fault);
    else if (this.closing)
      call.reportErrorLater(new UpstreamError('network', 'The upstream client is closed.'));
    else if (!isSafeTarget(request.target)) {
      call.reportErrorLater(
        new UpstreamError('address', 'The request target holds a space or a control character.'),
      );
    } else {
      this.#deadlines.arm(call, request.timeoutMs, this.#turnTime());
      pool.assign(call);
    }
    return call;
  }

  close(): Promise<void> {
    this.closing = true;
    clearInterval(this.#sweeper);
    this.closeIdle();
    return new Promise((resolve) => {
      this.#closed.push(resolve);
      this.#reportClosed();
    });
  }

  stats(): UpstreamStats {
    let pending = 0;
    for (const pool of this.#pools.values()) pending += pool.pending;
    return { connections: this.#sockets, active: this.#active - pending, pending };
  }

  // --- for pools, connections and calls ---

  /** The process has no file descriptor left: those of idle connections are of more use elsewhere. */
  closeIdle(): void {
    for (const pool of this.#pools.values()) pool.closeIdle();
  }

  armAnswer(call: Http1Call): void {
    this.#deadlines.arm(call, call.request.timeoutMs);
  }

  armIdle(call: Http1Call): void {
    this.#deadlines.arm(call, this.settings.idleTimeoutMs);
  }

  armConnect(connection: Http1Connection): void {
    this.#sockets++;
    this.#deadlines.arm(connection, this.settings.connectTimeoutMs);
  }

  /** In place of the time for connecting. Not all at once, since connections are often opened at the same moment. */
  armAge(connection: Http1Connection): void {
    this.#agesArmed = (this.#agesArmed + 1) % AGE_STEPS;
    const share = 1 - (0.2 * this.#agesArmed) / AGE_STEPS;
    this.#deadlines.arm(connection, this.settings.maxConnectionAgeMs * share);
  }

  disarm(connection: Http1Connection): void {
    this.#deadlines.disarm(connection);
  }

  markReleased(connection: Http1Connection): void {
    connection.releasedIn = this.#turn;
    this.#scheduleTurnEnd();
  }

  enqueue(connection: Http1Connection): void {
    if (connection.queued) return;
    connection.queued = true;
    this.#outbox.push(connection);
    this.#scheduleTurnEnd();
  }

  callEnded(call: Http1Call): void {
    this.#active--;
    this.#deadlines.disarm(call);
    if (this.closing) this.#reportClosed();
  }

  socketClosed(): void {
    this.#sockets--;
    if (this.closing) this.#reportClosed();
  }

  // --- internals ---

  #scheduleTurnEnd(): void {
    if (this.#turnEndScheduled) return;
    this.#turnEndScheduled = true;
    setImmediate(this.#endTurn);
  }

  /** The monotonic time, read once a turn: limits are exact to milliseconds, and a turn is shorter. */
  #turnTime(): number {
    if (!this.#turnEndScheduled || this.#turnStartedAt < 0) this.#turnStartedAt = performance.now();
    return this.#turnStartedAt;
  }

  readonly #endTurn = (): void => {
    this.#turnEndScheduled = false;
    this.#turnStartedAt = -1;
    const turn = this.#turn++;
    const outbox = this.#outbox;
    this.#outbox = this.#spareOutbox;
    this.#spareOutbox = outbox;
    for (const connection of outbox) {
      connection.queued = false;
      if (connection.releasedIn === turn) this.enqueue(connection);
      else connection.send();
    }
    outbox.length = 0;
  };

  #findPool(origin: Origin): OriginPool {
    const key = originKey(origin);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new OriginPool(this, { ...origin });
      this.#pools.set(key, pool);
    }
    this.#poolOf.set(origin, pool);
    return pool;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [key, pool] of this.#pools) {
      pool.sweep(now);
      if (!pool.unused) continue;
      pool.retired = true;
      this.#pools.delete(key);
    }
  }

  #reportClosed(): void {
    if (this.#active > 0 || this.#sockets > 0) return;
    for (const resolve of this.#closed.splice(0)) resolve();
  }
}
