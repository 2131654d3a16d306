/** The cluster bench: pushes under load, the same load without them, and a burst. README.md says how to read it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Items } from '../../src/config/items.js';
import type { Histogram } from '../../src/load/histogram.js';
import { targetsTable } from '../load/targets.js';
import type { BenchOptions } from '../options.js';
import { describeEnvironment, environment } from '../report.js';
import { burst } from './burst.js';
import { Cluster } from './cluster.js';
import { apiItems, routesPerApi } from './configuration.js';
import { Lags } from './lags.js';
import { type LoadFound, latencyOfAll, startLoads } from './load.js';
import { REDIS_VERSION } from './redis.js';
import type { ClusterOptions, ClusterReport, LoadPhase, PushResult } from './results.js';
import { burstTable, loadTable, pushTable } from './tables.js';
import { clusterTargets } from './targets.js';

/** Statuses tell of the last 20 revisions. */
const STATUS_EVERY = 10;
/** Enough for the compilers of all processes. */
const WARM_UP_PUSHES = 12;

/** Measures and prints. @throws Error when an answer or a revision is not what it must be */
export async function runCluster({ cluster, connections, ...options }: BenchOptions): Promise<ClusterReport> {
  const rounds = Math.min(options.rounds, cluster.pushes);
  if (REDIS_VERSION === undefined) throw new Error('--cluster needs redis-server on the PATH');
  const about = await environment({ redis: REDIS_VERSION });
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  print(
    `${describeEnvironment(about)}\n${cluster.nodes} nodes, ${cluster.routes} routes in ${cluster.apis} APIs, ${cluster.pushes} pushes in ${rounds} rounds, one every ${cluster.every} ms, ${cluster.rate} requests/s on ${connections} connections`,
  );
  const run = new Run(await Cluster.start(cluster.nodes, cluster), { ...cluster, connections });
  try {
    await run.warmUp();
    for (let round = 1; round <= rounds; round++) {
      const pushes = Math.floor((cluster.pushes * round) / rounds) - run.pushes.length;
      // In turned order: what drifts then hits both alike.
      if (round % 2 === 1) await run.quiet(round, pushes);
      await run.pushing(round, pushes);
      if (round % 2 === 0) await run.quiet(round, pushes);
    }
  } finally {
    await run.end();
  }
  const { pushes, load } = run;
  const latency = run.latency();
  print(`\n${pushTable(pushes)}\n\n${loadTable(load, latency)}`);
  const half = { apis: Math.ceil(cluster.apis / 2), routes: Math.ceil(cluster.routes / 2) };
  const bursts = await burst(cluster.nodes, half);
  print(`\n${burstTable(bursts)}`);
  const targets = clusterTargets({ pushes, load, latency, burst: bursts });
  print(`\n${targetsTable(targets)}`);
  return {
    kind: 'cluster',
    date: new Date().toISOString(),
    ...about,
    options: { ...cluster, rounds, connections },
    pushes,
    load,
    latency,
    burst: bursts,
    targets,
  };
}

interface Push {
  number: number;
  api: number;
  items: Items;
}

type Pushed = Pick<PushResult, 'revision' | 'seen'>;

type RunOptions = ClusterOptions & { connections: number };

class Run {
  readonly pushes: PushResult[] = [];
  readonly load: LoadPhase[] = [];
  readonly #cluster: Cluster;
  readonly #options: RunOptions;
  readonly #histograms: Record<LoadPhase['during'], Histogram[]> = { quiet: [], pushes: [] };
  readonly #lags = new Lags();
  /** Which push each API has. */
  readonly #current: number[];
  #made = 0;

  constructor(cluster: Cluster, options: RunOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#current = Array.from({ length: options.apis }, () => 0);
  }

  /** Load and pushes that are not measured. */
  async warmUp(): Promise<void> {
    await this.#under(WARM_UP_PUSHES * this.#options.every, () => this.#pushSeveral(WARM_UP_PUSHES));
  }

  /** As long as so many pushes take. */
  async quiet(round: number, pushes: number): Promise<void> {
    await this.#phase(round, 'quiet', pushes, async () => {});
  }

  async pushing(round: number, pushes: number): Promise<void> {
    await this.#phase(round, 'pushes', pushes, async () => {
      const made = await this.#pushSeveral(pushes);
      for (const { revision, seen } of made) {
        this.pushes.push({ revision, seen, reported: this.#lags.of(revision) });
      }
    });
  }

  /** Of all rounds together. */
  latency(): ClusterReport['latency'] {
    const { quiet, pushes } = this.#histograms;
    return { quiet: latencyOfAll(quiet), pushes: latencyOfAll(pushes) };
  }

  async end(): Promise<void> {
    await this.#cluster.end();
  }

  async #phase(
    round: number,
    during: LoadPhase['during'],
    pushes: number,
    work: () => Promise<void>,
  ): Promise<void> {
    const durationMs = pushes * this.#options.every;
    const used = this.#cluster.measureCpu();
    const { latency, ...found } = await this.#under(durationMs, work);
    const cpu = used();
    this.#histograms[during].push(latency);
    this.load.push({ round, during, ...found, latency: latencyOfAll([latency]), cpu });
  }

  /** Runs the work under load. */
  async #under(durationMs: number, work: () => Promise<unknown>): Promise<LoadFound> {
    const load = startLoads(this.#cluster.nodes, { ...this.#options, durationMs });
    // Awaited after the work, which may fail first.
    load.result.catch(() => {});
    try {
      await work();
      return await load.result;
    } catch (error) {
      load.stop();
      throw error;
    }
  }

  /** Each on its own: the next one waits for its time, and until the last one serves everywhere. */
  async #pushSeveral(count: number): Promise<Pushed[]> {
    const made: Pushed[] = [];
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      // Imported while nothing is on its way, and not in the same breath as the commit.
      const next = this.#nextPush();
      await sleep(Math.max(0, started + i * this.#options.every - performance.now()));
      made.push(await this.#push(next));
      if (i % STATUS_EVERY === 0) this.#lags.note(await this.#cluster.pusher.statuses());
    }
    await this.#lags.complete(this.#cluster);
    return made;
  }

  #nextPush(): Push {
    const number = ++this.#made;
    const api = number % this.#options.apis;
    const { authority } = this.#cluster;
    return { number, api, items: apiItems(api, number, routesPerApi(this.#options), authority) };
  }

  async #push({ number, api, items }: Push): Promise<Pushed> {
    const { pusher, nodes } = this.#cluster;
    const before = this.#current[api] ?? 0;
    const { at, revision } = await pusher.push(items);
    this.#current[api] = number;
    const seen = await Promise.all(
      nodes.map(async ({ witness }) => {
        await witness.sees(api, number, before);
        return pusher.now() - at;
      }),
    );
    return { revision, seen };
  }
}
