/** A node in this process, so that its worker threads can be ended like any thread that dies. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
// From dist/: the node starts threads, which need JavaScript.
import { startNode } from '../../dist/node/node.js';
import type { Node } from '../../src/node/node.js';
import { type Backend, startBackend } from '../support/backend.js';
import { nodeSettings } from '../support/node-settings.js';
import { RawClient } from '../support/raw-client.js';
import { servedConfiguration } from '../support/served-configuration.js';
import { until } from '../support/until.js';
import { proxyDefinition } from './definitions.js';

let backend: Backend;
let node: Node;
/** Worker threads in the order they were made. */
const workers: Worker[] = [];
const fatal: Error[] = [];

const onThread = (thread: Worker): void => {
  workers.push(thread);
};

beforeAll(async () => {
  process.on('worker', onThread);
  backend = await startBackend((request, response) => {
    if (!request.url.endsWith('/held')) response.end('ok');
  });
  const document = JSON.parse(proxyDefinition());
  node = await startNode(
    nodeSettings({ workers: 2 }),
    servedConfiguration([{ document, id: 'death', stageVariables: { backend: backend.authority } }]),
    (error: Error) => fatal.push(error),
  );
});

afterAll(async () => {
  process.off('worker', onThread);
  await node?.stop(0);
  await backend?.close();
});

/** Requests in flight on each of two workers: the acceptor spreads them evenly. */
async function heldClients(count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  const before = backend.seen.length;
  for (let i = 0; i < count; i++) {
    const client = await RawClient.connect(node.port);
    client.send('GET /api/held HTTP/1.1\r\nHost: x\r\n\r\n');
    clients.push(client);
    await until(() => backend.seen.length === before + i + 1);
  }
  return clients;
}

test('a worker that dies fails only its own requests with 502, and is replaced', async () => {
  // The first thread is the acceptor; Piscina made the others.
  const [, victim] = workers;
  const clients = await heldClients(4);
  const exited = once(victim as Worker, 'exit');
  await victim?.terminate();
  await exited;
  await until(() => clients.filter((client) => client.received !== '').length === 2);
  const answered = clients.filter((client) => client.received !== '');
  for (const client of answered) {
    const answer = await client.answer();
    expect([answer.status, answer.body]).toEqual([502, '{"message": "Internal server error"}']);
    expect(answer.headers['x-amzn-errortype']).toBe('InternalServerErrorException');
  }
  await until(async () => {
    const ready = await fetch(`http://127.0.0.1:${node.adminPort}/readyz`);
    return ready.status === 200;
  });
  for (let i = 0; i < 20; i++) {
    expect((await fetch(`http://127.0.0.1:${node.port}/api/${i}`)).status).toBe(200);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${node.adminPort}/metrics`)).text();
  expect(metrics).toMatch(/^propylon_worker_deaths_total 1$/m);
  expect(fatal).toEqual([]);
  for (const client of clients) client.close();
});

test('the node serves on while every worker is being replaced, again and again', async () => {
  for (let round = 0; round < 3; round++) {
    const victims = workers.slice(1).filter((thread) => thread.threadId > 0);
    await Promise.all(victims.map((thread) => thread.terminate()));
    await until(async () => (await fetch(`http://127.0.0.1:${node.port}/api/${round}`)).status === 200);
  }
  expect(fatal).toEqual([]);
});
