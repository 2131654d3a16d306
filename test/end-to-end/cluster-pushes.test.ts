/**
 * Three nodes, 10,000 routes in 100 APIs, and changes that come as fast as they can be published while clients ask every
 * node without a pause. What a client has seen of one revision, it never sees undone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSnapshot } from '../../src/config/build-snapshot.js';
import { type Items, itemsOfSnapshot } from '../../src/config/items.js';
import { publish } from '../../src/config/publish.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { definitionOf } from '../support/in-process-gateway.js';
import { until } from '../support/until.js';
import { ask, TestCluster } from './cluster.js';

const APIS = 100;
const ROUTES = 100;
const PUSHES = 60;
const CLIENTS_PER_NODE = 3;

let folder = '';
let cluster: TestCluster;
let nodes: GatewayProcess[] = [];
let clients: Client[] = [];
/** Pushes that may have been committed: number n changes API n % APIS, and is revision n + 1. */
let begun = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-pushes-'));
  cluster = await TestCluster.start(folder);
  const all = new Map(Array.from({ length: APIS }, (_, api) => [...apiItems(api, 0)]).flat());
  await commit(all);
  nodes = await Promise.all(['a', 'b', 'c'].map((name) => cluster.startNode(name)));
}, 60_000);

afterAll(async () => {
  await Promise.all(clients.map((client) => client.stop()));
  await Promise.all(nodes.map((node) => node.stop()));
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** One API: a route whose answer tells the push, and many others. */
function apiItems(api: number, push: number): Items {
  const paths: Record<string, object> = { '/push': method(`push${push}`) };
  for (let route = 1; route < ROUTES; route++) paths[`/other${route}/{id}`] = method(`other${route}`);
  const definition = definitionOf({ openapi: '3.0.1', info: { title: `API ${api}`, version: '1' }, paths });
  const id = `api${api}`;
  return itemsOfSnapshot(
    buildSnapshot([{ id, stage: 'prod', stageVariables: {}, mappings: [], definition }]),
  );
}

function method(answer: string): object {
  return {
    get: {
      responses: {},
      'x-amazon-apigateway-integration': {
        type: 'http_proxy',
        httpMethod: 'GET',
        uri: `http://${cluster.backend.authority}/${answer}`,
      },
    },
  };
}

async function commit(items: Items): Promise<number> {
  const { head } = await publish(cluster.store, () => ({ upserts: items, deletes: [] }), {
    key: cluster.key,
    notes: { by: 'test', message: '' },
  });
  return head?.revision ?? 0;
}

/** The push an API has after so many of all. */
function pushOf(api: number, pushes: number): number {
  const newest = pushes - ((((pushes - api) % APIS) + APIS) % APIS);
  return Math.max(0, newest);
}

/** Asks one API after the other, on one connection, until it is stopped. */
class Client {
  answers = 0;
  /** The newest push it has seen of any API. */
  seen = 0;
  readonly failures: string[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(node: GatewayProcess, first: number) {
    this.#running = this.#run(node, first);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #run(node: GatewayProcess, first: number): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      // Mostly those that change about now.
      const api = (turn % 3 === 0 ? first + turn : begun + turn) % APIS;
      const url = `${node.url}/_aws/execute-api/api${api}/prod`;
      const { status, body } = await ask(`${url}/push`, this.#agent).catch((error) => ({
        status: 0,
        body: String(error),
      }));
      this.answers++;
      const push = Number(/^\/push(\d+)$/.exec(body)?.[1] ?? Number.NaN);
      const least = pushOf(api, this.seen);
      const isPush = push === 0 || (push % APIS === api && push <= begun);
      if (status !== 200 || !isPush || push < least) {
        this.failures.push(`API ${api}: ${status} ${body}, when push ${least} to ${begun} was to answer`);
        continue;
      }
      this.seen = Math.max(this.seen, push);
      const other = await ask(`${url}/other${1 + (turn % (ROUTES - 1))}/7`, this.#agent).catch(() => null);
      if (other?.body !== `/other${1 + (turn % (ROUTES - 1))}`) this.failures.push(`${other?.status} ${url}`);
    }
  }
}

test('under constant traffic every answer is of a committed revision, none is undone, and all nodes arrive at the last', async () => {
  clients = nodes.flatMap((node) =>
    Array.from({ length: CLIENTS_PER_NODE }, (_, index) => new Client(node, index * 31)),
  );
  for (let push = 1; push <= PUSHES; push++) {
    begun = push;
    expect(await commit(apiItems(push % APIS, push))).toBe(push + 1);
  }
  await until(async () => {
    const statuses = await cluster.statuses();
    return statuses.length === 3 && statuses.every(({ appliedRevision }) => appliedRevision === PUSHES + 1);
  });
  await until(() => clients.every(({ seen }) => seen > 0));
  await Promise.all(clients.map((client) => client.stop()));

  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  for (const { refused } of await cluster.statuses()) expect(refused).toBeUndefined();
  for (const node of nodes) {
    for (let api = 0; api < APIS; api++) {
      const { body } = await ask(`${node.url}/_aws/execute-api/api${api}/prod/push`);
      expect(body).toBe(`/push${pushOf(api, PUSHES)}`);
    }
  }
}, 60_000);
