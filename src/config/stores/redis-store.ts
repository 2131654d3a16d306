/**
 * The store of a cluster: every key under the hash tag `{namespace}`, so that one script can change all of them in a
 * Redis Cluster too, and every change one script (src/config/stores/lua). No call takes longer than the time-out; a
 * commit whose answer was lost is asked for again under its id, and takes at most three times that.
 *
 * The server must not evict keys (`maxmemory-policy noeviction`), and its user needs `~{namespace}:*`, `&{namespace}:*`
 * and the commands of hashes, lists, strings, sorted sets, scripts and pub/sub.
 */
import { randomUUID } from 'node:crypto';
import { configEventCodec } from '../../proto/codec.js';
import type { HistoryEntry, SealedSnapshot } from '../../proto/messages.js';
import type { Position, SealedHead } from '../head.js';
import type { RedisStoreSettings } from '../settings.js';
import {
  type Commit,
  type ConfigStore,
  ConflictError,
  DEFAULT_HISTORY,
  type StoredDocument,
  type StoreListener,
  StoreUnavailableError,
  type Subscription,
} from '../store.js';
import { checkCommit, fetchEvent } from './commits.js';
import { documentArguments, revisionArguments } from './redis-arguments.js';
import { type RedisClient, RedisClients } from './redis-clients.js';
import { LostAnswerError, RedisLink } from './redis-link.js';
import {
  bytesOf,
  entryOf,
  headOf,
  itemsOf,
  listOf,
  NonsenseError,
  numberOf,
  pairsOf,
  positionOf,
  textOf,
} from './redis-replies.js';
import { RedisSubscription } from './redis-subscription.js';
import { parseRedisUrl } from './redis-url.js';
import { runScript, type ScriptArgument, type ScriptName } from './scripts.js';
import { StoreClock } from './store-clock.js';

const DEFAULT_TIMEOUT = 5_000;
/** Bytes of one reading: more than an honest configuration has, and less than a machine chokes on. */
const MAX_READ_BYTES = 536_870_912;
const MAX_STATUS_BYTES = 65_536;
const MAX_NODES = 10_000;
/** Milliseconds for which a commit is known by its id, beyond the time in which it is asked for again. */
const ID_MEMORY = 60_000;
/** Redis takes 1,048,576 arguments in one command. */
const MAX_ARGUMENTS = 1_000_000;
const NAMESPACE = /^[A-Za-z0-9._-]{1,64}$/;
const NOTHING = Buffer.alloc(0);

export class RedisStore implements ConfigStore {
  readonly description: string;
  readonly durable = true;
  readonly external = true;
  readonly #clients: RedisClients;
  readonly #link: RedisLink;
  readonly #timeoutMs: number;
  readonly #historyLimit: number;
  readonly #prefix: string;
  readonly #clock = new StoreClock();
  readonly #subscriptions = new Set<RedisSubscription>();

  /** @throws Error when the settings cannot work: URL, namespace, TLS files */
  constructor(settings: RedisStoreSettings) {
    if (!NAMESPACE.test(settings.namespace)) {
      throw new Error(`a namespace is 1 to 64 letters, digits and . _ -`);
    }
    const address = parseRedisUrl(settings.url);
    this.#timeoutMs = settings.timeoutMs ?? DEFAULT_TIMEOUT;
    this.#historyLimit = settings.historyLimit ?? DEFAULT_HISTORY;
    this.#prefix = `{${settings.namespace}}:`;
    this.description = `${address.description} (namespace ${settings.namespace})`;
    this.#clients = new RedisClients(address, settings.tls, this.#timeoutMs);
    this.#link = new RedisLink({
      clients: this.#clients,
      description: this.description,
      timeoutMs: this.#timeoutMs,
      greet: (client) => {
        this.#clock.doubt();
        return this.#askTime(client);
      },
      beat: (client) => this.#askTime(client),
      up: () => {
        for (const subscription of this.#subscriptions) subscription.hurry();
      },
    });
  }

  /** Resolves when the first attempt to connect is over, however it ended. */
  start(): Promise<void> {
    return this.#link.start();
  }

  now(): number {
    return this.#clock.now();
  }

  position(): Promise<Position | null> {
    return this.#link.call(async (client) => {
      const [epoch, revision] = await client.hmgetBuffer(this.#key('revision'), 'epoch', 'revision');
      return positionOf(epoch ?? NOTHING, revision ?? NOTHING);
    });
  }

  head(): Promise<SealedHead | null> {
    return this.#link.call(async (client) => {
      const fields = await client.hmgetBuffer(this.#key('revision'), 'epoch', 'head', 'mac');
      const [epoch, head, mac] = fields;
      return epoch == null ? null : headOf(head, mac);
    });
  }

  read(): Promise<SealedSnapshot | null> {
    return this.#script('propylonRead', ['revision', 'items'], [MAX_READ_BYTES], (reply) => {
      const fields = listOf(reply);
      if (fields.length === 0) return null;
      const [epoch, revision, head, mac, items] = fields;
      if (positionOf(epoch, revision) === null) throw new NonsenseError('a revision has no number');
      return { ...headOf(head, mac), items: itemsOf(items) };
    });
  }

  readSince({ epoch, revision }: Position): Promise<HistoryEntry[] | null> {
    const args = [epoch, revision, MAX_READ_BYTES];
    return this.#script('propylonReadSince', ['revision', 'history'], args, (reply) => {
      const [found, ...entries] = listOf(reply);
      return textOf(found) === 'found' ? entries.map(entryOf) : null;
    });
  }

  history(limit: number): Promise<HistoryEntry[]> {
    const args = [Math.min(limit, MAX_ARGUMENTS), MAX_READ_BYTES];
    return this.#script('propylonHistory', ['revision', 'history'], args, (reply) => {
      return listOf(reply).map(entryOf);
    });
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    const { revision, documents = [] } = commit;
    const id = `commit:${randomUUID()}`;
    const keys = ['revision', 'items', 'history', 'documents', id];
    const args = [
      this.#key('events'),
      2 * this.#timeoutMs + ID_MEMORY,
      this.#historyLimit,
      ...(revision === undefined ? ['0'] : revisionArguments(revision)),
      ...documents.flatMap(documentArguments),
    ];
    const allKeys = [...keys, ...documents.map(({ aggregate }) => documentKey(aggregate))];
    const reply = await this.#atMostOnce((patientMs) =>
      this.#script('propylonCommit', allKeys, args, listOf, patientMs),
    );
    if (textOf(reply[0]) === 'done') return;
    throw new ConflictError(
      revision?.expected ?? null,
      positionOf(reply[1], reply[2]),
      reply[3] === undefined ? undefined : textOf(reply[3]),
    );
  }

  restore(snapshot: SealedSnapshot, { epoch, revision }: Position): Promise<boolean> {
    const { head, mac, items } = snapshot;
    const event = configEventCodec.encode(fetchEvent(snapshot, revision, 0));
    const args = [this.#key('events'), epoch, revision, head, mac, event];
    const pairs = items.flatMap(({ key, item }) => [key, item]);
    return this.#script(
      'propylonRestore',
      ['revision', 'items'],
      [...args, ...pairs],
      (reply) => reply === 1,
    );
  }

  document(aggregate: string): Promise<StoredDocument | null> {
    const keys = ['documents', documentKey(aggregate)];
    return this.#script('propylonDocument', keys, [aggregate, MAX_READ_BYTES], (reply) => {
      const fields = listOf(reply);
      if (fields.length === 0) return null;
      const [version, parts] = fields;
      return { version: numberOf(version, 'a version'), parts: new Map(pairsOf(parts)) };
    });
  }

  documentVersion(aggregate: string): Promise<number> {
    return this.#link.call(async (client) => {
      const version = await client.hgetBuffer(this.#key('documents'), aggregate);
      return version === null ? 0 : numberOf(version, 'a version');
    });
  }

  documents(prefix: string): Promise<string[]> {
    return this.#script('propylonDocuments', ['documents'], [prefix], (reply) => {
      return listOf(reply).map(textOf).sort();
    });
  }

  async report(nodeId: string, status: Uint8Array, ttlMs: number): Promise<void> {
    if (status.length > MAX_STATUS_BYTES)
      throw new RangeError(`a status of ${status.length} bytes is too large`);
    await this.#script('propylonReport', ['nodes', 'nodes-expiry'], [nodeId, status, ttlMs], () => {});
  }

  async leave(nodeId: string): Promise<void> {
    await this.#script('propylonLeave', ['nodes', 'nodes-expiry'], [nodeId], () => {});
  }

  nodes(): Promise<Uint8Array[]> {
    const args = [MAX_NODES, MAX_STATUS_BYTES];
    return this.#script('propylonNodes', ['nodes', 'nodes-expiry'], args, (reply) => {
      return listOf(reply).map(bytesOf);
    });
  }

  async subscribe(listener: StoreListener): Promise<Subscription> {
    if (this.#link.closed) throw new StoreUnavailableError('the store is closed');
    const subscription = new RedisSubscription({
      clients: this.#clients,
      clusterNodes: () => this.#link.clusterNodes(),
      channel: this.#key('events'),
      timeoutMs: this.#timeoutMs,
      listener,
      up: () => this.#link.hurry(),
      ended: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    await subscription.start();
    return subscription;
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) await subscription.end();
    this.#link.close();
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  async #script<T>(
    name: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    read: (reply: unknown) => T,
    patientMs?: number,
  ): Promise<T> {
    if (args.length > MAX_ARGUMENTS) {
      throw new RangeError('this is more than Redis takes at once, about 500,000 items: commit it in parts');
    }
    const full = keys.map((key) => this.#key(key));
    return this.#link.call(async (client) => read(await runScript(client, name, full, args)), patientMs);
  }

  /** Asks again when an answer was lost: the script knows by the commit's id whether it was carried out. */
  async #atMostOnce<T>(ask: (patientMs?: number) => Promise<T>): Promise<T> {
    const deadline = performance.now() + 2 * this.#timeoutMs;
    let lost = false;
    for (;;) {
      const left = deadline - performance.now();
      try {
        return await ask(lost ? left : undefined);
      } catch (error) {
        lost ||= error instanceof LostAnswerError;
        if (!lost) throw error;
        if (!(error instanceof LostAnswerError) || left <= 0) {
          throw new StoreUnavailableError(
            `${(error as Error).message}; it is not known whether the change was made`,
          );
        }
      }
    }
  }

  async #askTime(client: RedisClient): Promise<void> {
    const sent = performance.now();
    const time = await runScript(client, 'propylonClock', [this.#key('revision')], []);
    if (typeof time === 'number') this.#clock.observe(time, sent, performance.now());
  }
}

function documentKey(aggregate: string): string {
  return `document:${aggregate}`;
}
