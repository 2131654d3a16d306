/**
 * A worker that becomes ready while its node stops used to hand its mailbox to an acceptor that had just been told to
 * end; the open port kept the acceptor's thread, and the stopping node, waiting for ever.
 */
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { startNode } from '../../dist/node/node.js';
import { nodeSettings } from '../support/node-settings.js';
import { servedConfiguration } from '../support/served-configuration.js';
import { proxyDefinition } from './definitions.js';

test.each([0, 30, 60, 90, 120, 150, 200])('a node stops %i ms after all its workers died', async (delay) => {
  const document = JSON.parse(proxyDefinition());
  const threads: Worker[] = [];
  const onThread = (thread: Worker): void => {
    threads.push(thread);
  };
  process.on('worker', onThread);
  const node = await startNode(
    nodeSettings({ workers: 2 }),
    servedConfiguration([{ document, stageVariables: { backend: 'localhost:9' } }]),
    (error: Error) => {
      throw error;
    },
  );
  // The first thread is the acceptor.
  const [, ...workers] = threads;
  await Promise.all(workers.map((worker) => worker.terminate()));
  await new Promise((resolve) => setTimeout(resolve, delay));
  const before = performance.now();
  await node.stop(0);
  process.off('worker', onThread);
  // By itself, not because the bound on a hanging acceptor ran out.
  expect(performance.now() - before).toBeLessThan(4_500);
});
