/**
 * The store's connection for commands. A call while a connection is being made waits for it; after a failed attempt
 * calls fail at once with its reason, until a connection is there again.
 */
import { Cluster } from 'ioredis';
import { StoreUnavailableError } from '../store.js';
import { Connection, reasonOf, TimeoutError, within } from './connection.js';
import type { RedisClient, RedisClients } from './redis-clients.js';
import { NonsenseError } from './redis-replies.js';
import type { HostPort } from './redis-url.js';

/** The question may have been heard, the answer was not. */
export class LostAnswerError extends StoreUnavailableError {}

export interface RedisLinkSettings {
  clients: RedisClients;
  /** Of the store, for error texts. */
  description: string;
  /** Milliseconds of one call. */
  timeoutMs: number;
  /** The first words on a connection. */
  greet(client: RedisClient): Promise<unknown>;
  /** Said every second. */
  beat(client: RedisClient): Promise<unknown>;
  up(): void;
}

export class RedisLink {
  readonly #settings: RedisLinkSettings;
  readonly #connection: Connection<RedisClient>;
  #client: RedisClient | null = null;
  /** Why the last attempt came to nothing; undefined: one is under way, or there is a connection. */
  #failure: string | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(settings: RedisLinkSettings) {
    this.#settings = settings;
    this.#connection = new Connection<RedisClient>(
      {
        make: () => settings.clients.command(),
        greet: settings.greet,
        beat: settings.beat,
        up: (client) => {
          this.#become(client, undefined);
          settings.up();
        },
        lost: () => this.#become(null, undefined),
        failed: (reason) => this.#become(null, reason),
      },
      settings.timeoutMs,
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when the first attempt to connect is over, however it ended. */
  start(): Promise<void> {
    return this.#connection.start();
  }

  /** The masters of a cluster one is connected to. */
  clusterNodes(): HostPort[] {
    if (!(this.#client instanceof Cluster)) return [];
    return this.#client.nodes('master').flatMap(({ options: { host, port } }) => {
      return host === undefined || port === undefined ? [] : [{ host, port }];
    });
  }

  /**
   * @param patientMs how long to wait for a connection even when attempts fail; absent: not at all
   * @throws StoreUnavailableError, LostAnswerError
   */
  async call<T>(work: (client: RedisClient) => Promise<T>, patientMs?: number): Promise<T> {
    const client = await this.#connected(patientMs);
    try {
      return await within(work(client), this.#settings.timeoutMs);
    } catch (error) {
      throw this.#explained(error, client);
    }
  }

  /** Somebody else got through: calls wait for the attempt that is made now. */
  hurry(): void {
    if (this.#client !== null) return;
    this.#failure = undefined;
    this.#connection.hurry();
  }

  close(): void {
    this.#closed = true;
    this.#connection.close();
    this.#become(null, undefined);
  }

  async #connected(patientMs: number | undefined): Promise<RedisClient> {
    const { description, timeoutMs } = this.#settings;
    const deadline = performance.now() + (patientMs ?? timeoutMs);
    for (;;) {
      if (this.#closed) throw new StoreUnavailableError('the store is closed');
      if (this.#client !== null) return this.#client;
      const left = deadline - performance.now();
      if (left <= 0 || (patientMs === undefined && this.#failure !== undefined)) {
        throw new StoreUnavailableError(`${description} cannot be reached: ${this.#failure ?? 'no answer'}`);
      }
      await within(new Promise<void>((resolve) => this.#waiting.push(resolve)), left).catch(() => {});
    }
  }

  #become(client: RedisClient | null, failure: string | undefined): void {
    this.#client = client;
    this.#failure = failure === undefined ? undefined : this.#settings.clients.redacted(failure);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #explained(error: unknown, client: RedisClient): StoreUnavailableError {
    const { description, clients } = this.#settings;
    const reason = clients.redacted(reasonOf(error));
    if (error instanceof NonsenseError || /\b(?:WRONGTYPE|TOOLARGE)\b/.test(reason)) {
      return new StoreUnavailableError(
        `${description} holds something that is not Propylon's: ${reason}; put it right, or choose another namespace`,
      );
    }
    const refused = (error as Error).name === 'ReplyError';
    // A master that became a replica: the next connection finds the new one.
    const demoted = refused && /\bREADONLY\b/.test(reason);
    if (demoted || error instanceof TimeoutError) this.#connection.drop(client, reason);
    if (refused && !demoted) return new StoreUnavailableError(`${description} refuses: ${reason}`);
    return new LostAnswerError(`${description} gave no answer: ${reason}`);
  }
}
