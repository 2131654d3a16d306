/**
 * A connection that is kept: made, watched, made again when it is lost, for ever. ioredis would reconnect by itself, but
 * in three ways for its three kinds of clients, and without telling when a silent peer is to be given up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from './redis-clients.js';

export interface ConnectionUse<C extends RedisClient> {
  make(): C;
  /** The first words on a new connection; only when they were answered it counts as one. */
  greet(client: C): Promise<unknown>;
  /** Said every second; a peer that leaves it unanswered is gone. */
  beat(client: C): Promise<unknown>;
  up(client: C): void;
  /** What was up is gone; the next attempt follows at once. */
  lost(reason: string): void;
  /** An attempt came to nothing; the next one follows soon. */
  failed(reason: string): void;
}

/** Milliseconds between two signs of life. */
const BEAT_INTERVAL = 1_000;
/** After Redis is back it must be noticed soon; half a second apart, attempts of a hundred nodes do not hurt it. */
const MAX_BACKOFF = 500;
const FIRST_BACKOFF = 20;

export class Connection<C extends RedisClient> {
  readonly #use: ConnectionUse<C>;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();
  /** Ends the pause between two attempts. */
  #backoff = new AbortController();
  #current: { client: C; end: (reason: string) => void } | null = null;

  constructor(use: ConnectionUse<C>, timeoutMs: number) {
    this.#use = use;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when the first attempt is over, however it ended. */
  start(): Promise<void> {
    return new Promise((resolve) => void this.#keep(resolve));
  }

  /** Gives up the connection of this client, if it is still the current one, and makes another. */
  drop(client: C, reason: string): void {
    if (this.#current?.client === client) this.#current.end(reason);
  }

  /** Makes the next attempt at once: somebody else got through. */
  hurry(): void {
    this.#backoff.abort();
  }

  close(): void {
    this.#closing.abort();
    this.#backoff.abort();
    this.#current?.end('closed');
  }

  async #keep(attempted: () => void): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      let wasUp = false;
      const reason = await this.#live(() => {
        wasUp = true;
        attempted();
      });
      if (signal.aborted) break;
      if (wasUp) {
        attempt = 0;
        this.#use.lost(reason);
      } else this.#use.failed(reason);
      attempted();
      const longest = Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** attempt);
      this.#backoff = new AbortController();
      const pause = { signal: this.#backoff.signal };
      await delay(longest * (0.5 + Math.random() / 2), undefined, pause).catch(() => {});
    }
    attempted();
  }

  /** One client's life, to its end and the reason for that. */
  async #live(up: () => void): Promise<string> {
    const client = this.#use.make();
    let lastError: unknown;
    for (const kind of ['error', 'node error']) {
      client.on(kind, (error: unknown) => {
        lastError = error;
      });
    }
    const ended = new Promise<string>((resolve) => {
      this.#current = { client, end: resolve };
      // Of a cluster that is not ready ioredis tells no more than this.
      const closed = client.isCluster ? 'the cluster is not ready' : 'the connection was closed';
      client.once('end', () => resolve(reasonOf(lastError ?? new Error(closed))));
    });
    // A client that cannot connect says why in its 'error' event, and here only that it is closed.
    const established = (): void => {
      lastError = undefined;
      up();
    };
    const working = this.#work(client, established).catch((error: unknown) => reasonOf(lastError ?? error));
    const reason = await Promise.race([ended, working]);
    this.#current = null;
    if (client.status !== 'end') client.disconnect();
    return reason;
  }

  async #work(client: C, up: () => void): Promise<string> {
    await within(client.connect(), this.#timeoutMs);
    await within(this.#use.greet(client), this.#timeoutMs);
    if (this.#current?.client !== client) return 'closed';
    this.#use.up(client);
    up();
    while (this.#current?.client === client) {
      await delay(BEAT_INTERVAL, undefined, { ref: false });
      if (this.#current?.client === client) await within(this.#use.beat(client), this.#timeoutMs);
    }
    return 'closed';
  }
}

/** @throws Error `no answer within … ms` */
export async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(ms)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

const MAX_REASON = 200;

/** An error's first line, fit to be shown: what a server sends may be anything. */
export function reasonOf(error: unknown): string {
  const { message, code, errors, lastNodeError } = Object(error) as {
    message?: string;
    code?: string;
    /** Of a connection that was tried at several addresses. */
    errors?: unknown[];
    /** Of a cluster none of whose nodes could be asked. */
    lastNodeError?: unknown;
  };
  if (errors?.[0] !== undefined) return reasonOf(errors[0]);
  if (lastNodeError != null) return reasonOf(lastNodeError);
  const line = (message || code || String(error)).split('\n', 1)[0] ?? '';
  // ioredis speaks of its own settings here.
  const text = line
    .replace(/^All sentinels are unreachable and .* Last error:/, 'no sentinel names the master:')
    .replace(/^Stream isn't writeable and .*/, 'the connection is lost');
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_REASON);
}
