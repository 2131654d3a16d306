/** A burst: 50 changes a second, each of another API than the last, and what they cost each node. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from './cluster.js';
import { apiItems, type ConfigurationSize, routesPerApi } from './configuration.js';
import { Lags } from './lags.js';
import type { BurstResult } from './results.js';

const PER_SECOND = 50;
const SECONDS = 10;
const WARM_UP_SECONDS = 5;
/** How long the nodes are left alone for comparison. */
const IDLE_MS = 5_000;
const MS = 1_000;

/** @throws Error when a node does not serve the newest of every API in the end */
export async function burst(nodeCount: number, size: ConfigurationSize): Promise<BurstResult> {
  const cluster = await Cluster.start(nodeCount, size);
  try {
    const { nodes, pusher, authority } = cluster;
    const commits = PER_SECOND * SECONDS;
    const warmUps = PER_SECOND * WARM_UP_SECONDS;
    // Made before: the work of pushing is not the nodes'.
    const changes = Array.from({ length: warmUps + commits }, (_, index) =>
      apiItems(index % size.apis, index + 1, routesPerApi(size), authority),
    );
    const commitAll = async (some: typeof changes): Promise<void> => {
      const started = performance.now();
      for (const [index, items] of some.entries()) {
        await sleep(Math.max(0, started + (index * MS) / PER_SECOND - performance.now()));
        await pusher.push(items);
      }
    };
    const lags = new Lags();
    await commitAll(changes.slice(0, warmUps));
    await lags.complete(cluster);

    const idle = cluster.measureCpu();
    await sleep(IDLE_MS);
    const idleCpu = idle();

    const appliesBefore = await appliesOf(cluster);
    const busy = cluster.measureCpu();
    const started = performance.now();
    await commitAll(changes.slice(warmUps));
    const committed = performance.now();
    await lags.complete(cluster);
    const convergedMs = performance.now() - committed;
    const cpu = busy();
    const applies = await appliesOf(cluster);
    for (const { witness } of nodes) {
      for (let api = 0; api < size.apis; api++) {
        const newest = changes.findLastIndex((_, index) => index % size.apis === api) + 1;
        const answered = await witness.look(api);
        if (answered !== newest)
          throw new Error(`API ${api} answers push ${answered} after the burst, not push ${newest}`);
      }
    }
    return {
      ...size,
      commits,
      seconds: (committed - started) / MS,
      idleCpu,
      cpu,
      applies: applies.map((count, node) => count - (appliesBefore[node] ?? 0)),
      convergedMs,
    };
  } finally {
    await cluster.end();
  }
}

async function appliesOf({ nodes }: Cluster): Promise<number[]> {
  return await Promise.all(
    nodes.map(async ({ adminPort }) => {
      const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
      return Number(/^propylon_config_applied_total (\d+)$/m.exec(metrics)?.[1]);
    }),
  );
}
