/** One listener's connection to the events of a namespace. */
import type { Redis } from 'ioredis';
import { configEventCodec } from '../../proto/codec.js';
import type { ConfigEvent } from '../../proto/messages.js';
import type { StoreListener, Subscription } from '../store.js';
import { MAX_EVENT_BYTES } from './commits.js';
import { Connection } from './connection.js';
import type { RedisClients } from './redis-clients.js';
import type { HostPort } from './redis-url.js';

/** Room for the head, and for versions that send more. */
const MAX_MESSAGE_BYTES = 4 * MAX_EVENT_BYTES;

export interface RedisSubscriptionSettings {
  clients: RedisClients;
  /** Where a cluster's nodes are, as far as known. */
  clusterNodes(): HostPort[];
  channel: string;
  timeoutMs: number;
  listener: StoreListener;
  up(): void;
  ended(): void;
}

export class RedisSubscription implements Subscription {
  readonly #settings: RedisSubscriptionSettings;
  readonly #connection: Connection<Redis>;
  #told = false;
  #ended = false;

  constructor(settings: RedisSubscriptionSettings) {
    this.#settings = settings;
    const { clients, channel, timeoutMs, listener } = settings;
    this.#connection = new Connection<Redis>(
      {
        make: () => clients.subscriber(settings.clusterNodes()),
        greet: (client) => {
          client.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.#receive(message));
          return client.subscribe(channel);
        },
        beat: (client) => client.ping(),
        up: () => {
          this.#told = false;
          settings.up();
          if (!this.#ended) listener.connected();
        },
        lost: (reason) => this.#tell(reason),
        failed: (reason) => this.#tell(reason),
      },
      timeoutMs,
    );
  }

  start(): Promise<void> {
    return this.#connection.start();
  }

  /** Somebody else got through. */
  hurry(): void {
    this.#connection.hurry();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#connection.close();
    this.#settings.ended();
  }

  /** Once per loss, not once per attempt. */
  #tell(reason: string): void {
    if (this.#told || this.#ended) return;
    this.#told = true;
    this.#settings.listener.disconnected(this.#settings.clients.redacted(reason));
  }

  #receive(message: Buffer): void {
    if (this.#ended) return;
    const { listener } = this.#settings;
    if (message.length > MAX_MESSAGE_BYTES) {
      listener.garbage(`a message of ${message.length} bytes is no event`);
      return;
    }
    let event: ConfigEvent;
    try {
      event = configEventCodec.decode(message);
    } catch (error) {
      listener.garbage(`a message of ${message.length} bytes is no event: ${(error as Error).message}`);
      return;
    }
    if (!Number.isSafeInteger(event.revision) || event.revision < 1 || event.head.length === 0) {
      listener.garbage('an event names no revision');
      return;
    }
    listener.event(event);
  }
}
