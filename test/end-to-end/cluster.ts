/** A cluster as users run it: a Redis server, `propylon start` processes, and clients that never stop asking. */
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { buildSnapshot } from '../../src/config/build-snapshot.js';
import { changeBetween, type Items, itemsOfSnapshot } from '../../src/config/items.js';
import { publish } from '../../src/config/publish.js';
import type { ConfigStore } from '../../src/config/store.js';
import { openStore } from '../../src/config/stores/open.js';
import { nodeStatusCodec } from '../../src/proto/codec.js';
import type { NodeStatus } from '../../src/proto/messages.js';
import { type Backend, startBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway } from '../support/gateway-process.js';
import { definitionOf } from '../support/in-process-gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

export const CONFIG_KEY = 'a-key-of-more-than-thirty-two-characters';
const NAMESPACE = 'cluster-test';
export const EVENTS = `{${NAMESPACE}}:events`;
const PATH = '/_aws/execute-api/shop/prod/item';
/** Short, so that a Redis that hangs is noticed within the test. */
const REDIS_TIMEOUT_MS = 500;

export interface Answer {
  status: number;
  body: string;
}

/** One API whose answers tell the version of its definition. */
export class TestCluster {
  readonly redis: RedisServer;
  readonly backend: Backend;
  readonly store: ConfigStore;
  readonly key = Buffer.from(CONFIG_KEY);
  readonly #folder: string;
  readonly #agents = new Map<GatewayProcess, Agent>();
  #version = 0;

  private constructor(redis: RedisServer, backend: Backend, store: ConfigStore, folder: string) {
    this.redis = redis;
    this.backend = backend;
    this.store = store;
    this.#folder = folder;
  }

  static async start(folder: string): Promise<TestCluster> {
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const backend = await startBackend(({ url }, response) => response.end(url));
    const store = await openStore({
      kind: 'redis',
      url: redis.url,
      namespace: NAMESPACE,
      timeoutMs: REDIS_TIMEOUT_MS,
    });
    return new TestCluster(redis, backend, store, folder);
  }

  /** The newest version published. */
  get version(): number {
    return this.#version;
  }

  /** @param name of the node and its folder; the same name is the same node again */
  startNode(name: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
    return startGateway(['--workers', '1'], {
      env: {
        PROPYLON_REDIS: this.redis.url,
        PROPYLON_REDIS_TIMEOUT: `${REDIS_TIMEOUT_MS}ms`,
        PROPYLON_NAMESPACE: NAMESPACE,
        PROPYLON_CONFIG_KEY: CONFIG_KEY,
        PROPYLON_DATA_DIR: join(this.#folder, name),
        ...env,
      },
    });
  }

  /** @param routes beside the one that is asked for; they make it take its time to compile */
  async publish(routes = 0): Promise<number> {
    const version = ++this.#version;
    await publish(this.store, (items) => changeBetween(items, this.items(version, routes)) ?? NOTHING, {
      key: this.key,
      notes: { by: 'test', message: `version ${version}` },
    });
    return version;
  }

  items(version: number, routes: number): Items {
    const paths: Record<string, object> = { '/item': method(this.backend.authority, `v${version}`) };
    for (let i = 0; i < routes; i++) paths[`/other${i}`] = method(this.backend.authority, `other${i}`);
    const definition = definitionOf({ openapi: '3.0.1', info: { title: 'Shop', version: '1' }, paths });
    const stage = { id: 'shop', stage: 'prod', stageVariables: {}, definition };
    return itemsOfSnapshot(buildSnapshot([stage]));
  }

  ask(node: GatewayProcess, path = PATH): Promise<Answer> {
    let agent = this.#agents.get(node);
    if (agent === undefined) {
      agent = new Agent({ keepAlive: true });
      this.#agents.set(node, agent);
    }
    return ask(`${node.url}${path}`, agent);
  }

  async serves(node: GatewayProcess, version: number): Promise<boolean> {
    return (await this.ask(node)).body === `/v${version}`;
  }

  /** Every one of them serves the version. */
  async converged(nodes: readonly GatewayProcess[], version = this.#version): Promise<void> {
    for (const node of nodes) await until(() => this.serves(node, version));
  }

  async statuses(): Promise<NodeStatus[]> {
    return (await this.store.nodes()).map((status) => nodeStatusCodec.decode(status));
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
    await this.store.close();
    await this.redis.stop();
    await this.backend.close();
  }
}

/** Clients of one node, one request after the other until they are stopped. */
export class Traffic {
  answers = 0;
  readonly failures: string[] = [];
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(cluster: TestCluster, node: GatewayProcess) {
    this.#running = this.#run(cluster, node);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(cluster: TestCluster, node: GatewayProcess): Promise<void> {
    while (!this.#stopped) {
      const { status, body } = await cluster.ask(node).catch((error) => ({ status: 0, body: String(error) }));
      this.answers++;
      // Only a version that was published, and as a whole.
      const version = /^\/v(\d+)$/.exec(body)?.[1];
      if (status !== 200 || version === undefined || Number(version) > cluster.version) {
        this.failures.push(`${status} ${body}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

const NOTHING = { upserts: new Map(), deletes: [] };

function method(authority: string, path: string): object {
  return {
    get: {
      responses: {},
      'x-amazon-apigateway-integration': {
        type: 'http_proxy',
        httpMethod: 'GET',
        uri: `http://${authority}/${path}`,
      },
    },
  };
}

export function ask(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, agent === undefined ? {} : { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
