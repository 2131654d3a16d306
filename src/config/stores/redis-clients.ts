/** ioredis clients for an address. Each lives for one connection: it does not come back by itself (see connection.ts). */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisTlsSettings } from '../settings.js';
import type { HostPort, RedisAddress } from './redis-url.js';
import { defineScripts } from './scripts.js';

export type RedisClient = Redis | Cluster;
type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** Milliseconds a connection that is given up may take to say goodbye. */
const DISCONNECT_TIMEOUT = 100;
const KEEP_ALIVE = 5_000;

export class RedisClients {
  readonly #address: RedisAddress;
  readonly #options: ClientOptions;
  #turn = 0;

  /** @throws Error when a TLS file cannot be read */
  constructor(address: RedisAddress, tls: RedisTlsSettings | undefined, timeoutMs: number) {
    this.#address = address;
    const secure = address.tls ? { tls: readTls(tls) } : {};
    this.#options = {
      ...address.credentials,
      ...secure,
      db: address.db,
      // Everything here is bytes and integers; RESP3 would only add shapes.
      protocol: 2,
      connectionName: 'propylon',
      lazyConnect: true,
      // What cannot be sent at once fails at once: a queue would send it later, when nobody waits for it any more.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Sent again after a reconnect a command might be carried out twice.
      autoResendUnfulfilledCommands: false,
      retryStrategy: null,
      connectTimeout: timeoutMs,
      disconnectTimeout: DISCONNECT_TIMEOUT,
      keepAlive: KEEP_ALIVE,
      ...(address.kind === 'sentinel' ? sentinelOptions(address, secure.tls, timeoutMs) : {}),
    };
  }

  /** For commands. */
  command(): RedisClient {
    const client = this.#address.kind === 'cluster' ? this.#cluster() : this.#server(this.#address.hosts[0]);
    defineScripts(client);
    return client;
  }

  /**
   * For a subscription: always one connection to one server, because a Redis Cluster tells every node what is
   * published on one, and ioredis' own cluster subscriber does not tell when it has moved.
   * @param known the cluster's nodes; those of the URL when none are known yet
   */
  subscriber(known: readonly HostPort[]): Redis {
    const hosts = known.length > 0 ? known : this.#address.hosts;
    return this.#server(hosts[this.#turn++ % hosts.length]);
  }

  /** Without passwords: some servers repeat in their errors what they did not understand. */
  redacted(text: string): string {
    const { credentials, sentinelCredentials } = this.#address;
    return [credentials.password, sentinelCredentials.password].reduce<string>(
      (clean, secret) => (secret === undefined ? clean : clean.replaceAll(secret, '***')),
      text,
    );
  }

  #server(host: HostPort | undefined): Redis {
    return new Redis({ ...(this.#address.kind === 'sentinel' ? {} : host), ...this.#options });
  }

  #cluster(): Cluster {
    const { retryStrategy, enableOfflineQueue, lazyConnect, db, ...redisOptions } = this.#options;
    return new Cluster(this.#address.hosts, {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: null,
      // Names stay names, so that certificates can be checked against them.
      dnsLookup: (name, callback) => callback(null, name),
      redisOptions,
    });
  }
}

function sentinelOptions(
  address: RedisAddress,
  tls: ConnectionOptions | undefined,
  timeoutMs: number,
): ClientOptions {
  const { username, password } = address.sentinelCredentials;
  return {
    sentinels: address.hosts,
    name: address.master,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: () => null,
    // A master that was cut off does not know that it is none any more; the sentinels do.
    failoverDetector: true,
  };
}

function readTls(tls: RedisTlsSettings = {}): ConnectionOptions {
  return {
    ...(tls.caFile === undefined ? {} : { ca: readPem(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { cert: readPem(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { key: readPem(tls.keyFile) }),
  };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
}
