/**
 * A worker that was replaced between the two steps of a change (prepare, commit) used to stay on the configuration it
 * was started with, and the node was never ready again.
 */
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { startNode } from '../../dist/node/node.js';
import { nodeSettings } from '../support/node-settings.js';
import { servedConfiguration } from '../support/served-configuration.js';
import { until } from '../support/until.js';
import { mockOperation } from './definitions.js';

function version(number: number) {
  const paths = { '/value': { get: mockOperation({ version: number }) } };
  const document = { openapi: '3.0.3', info: { title: 'Mock', version: '1' }, paths };
  return servedConfiguration([{ document }], number);
}

test('workers that die while configurations change all end up on the last one', async () => {
  const threads: Worker[] = [];
  const onThread = (thread: Worker): void => {
    threads.push(thread);
  };
  process.on('worker', onThread);
  const node = await startNode(nodeSettings({ workers: 2 }), version(0), (error: Error) => {
    throw error;
  });
  // The first thread is the acceptor.
  const workers = (): Worker[] => threads.slice(1).filter((thread) => thread.threadId > 0);
  for (let number = 1; number <= 12; number++) {
    const victim = workers()[number % 2];
    const changed = node.apply(version(number));
    // At another moment of the change in each round.
    for (let turn = 0; turn < number; turn++) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([changed, victim?.terminate()]);
  }
  await until(async () => (await fetch(`http://127.0.0.1:${node.adminPort}/readyz`)).status === 200);
  for (let i = 0; i < 10; i++) {
    const answer = await fetch(`http://127.0.0.1:${node.port}/value`);
    expect(await answer.json()).toEqual({ version: 12 });
  }
  process.off('worker', onThread);
  await node.stop(0);
}, 60_000);
