/** One variant in one round: fresh processes, warm-up, verification, the measured runs, verification. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLoad } from '../../src/load/run-load.js';
import type { LoadResult } from '../../src/load/tally.js';
import { startBackend } from './backend.js';
import {
  type ClosedLoop,
  first,
  type Generator,
  type LoadFound,
  ownClosedLoop,
  planOf,
} from './generator.js';
import { openIdle } from './idle.js';
import { type Child, freePorts } from './processes.js';
import { type IdleRound, type Latency, OPEN_PERCENTILES, type OpenRound, type Round } from './results.js';
import type { Scenario } from './scenario.js';
import type { Beside, Certificate, Place, Variant } from './variant.js';

const VERIFIED = 500;
const VERIFYING_MS = 60_000;
/** Between looks at the memory of a variant. */
const LOOK_MS = 500;
/** Of what the last answers come after the last request: more than that, and a variant has fallen behind. */
const LATE_SHARE = 0.03;
const LATE_SECONDS = 0.5;

/** The variant cannot take part; the message is the reason. */
export class LeftOut extends Error {}

interface Standing {
  place: Place;
  /** Null for the direct path. */
  proxy: Child | null;
  /** Where clients connect. */
  port: number;
}

/** Runs `measure` between start and end of backend and variant. @throws LeftOut */
async function standing<T>(
  variant: Variant,
  scenario: Scenario,
  measure: (standing: Standing) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'propylon-bench-'));
  const discard = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', discard);
  const children: Child[] = [];
  let beside: Beside | undefined;
  try {
    const [upstream = 0, port = 0, ...spare] = await freePorts(4);
    const certificate = scenario.secure === true ? selfSigned(folder) : undefined;
    const place: Place = { port, upstream, spare, folder, certificate, body: scenario.backend.body };
    const backend = startBackend(scenario.backend, upstream, folder);
    children.push(backend);
    await backend.listening(async () => await accepts(upstream));
    beside = await variant.beside?.(place);
    const proxy = variant.start?.(place) ?? null;
    if (proxy !== null) children.unshift(proxy);
    const at = proxy === null ? upstream : port;
    await proxy?.listening(() => answers(scenario, at));
    return await measure({ place, proxy, port: at });
  } finally {
    // The proxy first, so that it does not report a backend that went away.
    for (const child of children) await child.end();
    await beside?.end();
    process.off('exit', discard);
    discard();
  }
}

async function accepts(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

async function answers(scenario: Scenario, port: number): Promise<boolean> {
  try {
    const found = await ownClosedLoop(scenario, port, 1, { durationMs: 5000, maxRequests: 1 });
    return found.requests === 1 && Object.keys(found.wrong).length === 0;
  } catch {
    return false;
  }
}

/** @throws LeftOut without openssl */
function selfSigned(folder: string): Certificate {
  const certificate = {
    cert: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
    both: join(folder, 'both.pem'),
  };
  try {
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', '/CN=localhost', '-keyout', certificate.key, '-out', certificate.cert],
      ],
      { stdio: 'pipe' },
    );
  } catch {
    throw new LeftOut('openssl, which makes the certificate, is not installed');
  }
  writeFileSync(certificate.both, `${readFileSync(certificate.cert)}${readFileSync(certificate.key)}`);
  return certificate;
}

export interface RoundOptions {
  connections: number;
  /** Seconds of a measured run. */
  duration: number;
  generator: Generator;
}

/** Throughput, and what it costs. */
export async function closedRound(
  variant: Variant,
  scenario: Scenario,
  options: RoundOptions,
): Promise<Round> {
  const { connections, duration, generator } = options;
  return await standing(variant, scenario, async ({ place, proxy, port }) => {
    const loop: ClosedLoop = { scenario, port, connections, seconds: duration, folder: place.folder };
    await generator.run({ ...loop, seconds: Math.max(1, duration / 3) });
    const verify = async (when: string): Promise<LoadFound> => {
      const found = await ownClosedLoop(scenario, port, 4, {
        durationMs: VERIFYING_MS,
        maxRequests: VERIFIED,
      });
      refuse(when, found);
      return found;
    };
    const before = await verify('before the run');
    const cpuBefore = proxy?.cpuMicros() ?? 0;
    const watch = proxy === null ? null : new MemoryWatch(proxy);
    const meanwhile = variant.meanwhile?.(place);
    const found = await generator.run(loop);
    const cpu = (proxy?.cpuMicros() ?? 0) - cpuBefore;
    const peakMemory = watch?.end() ?? null;
    await meanwhile?.stop();
    refuse('in the run', found);
    sameSize(found, before, connections);
    await verify('after the run');
    return {
      requestsPerSecond: found.requests / found.seconds,
      p50: found.p50,
      p99: found.p99,
      cpuPerRequest: proxy === null ? null : cpu / found.requests,
      peakMemory,
      requests: found.requests,
    };
  });
}

/** What our own generator, which the fixed rates come from, gets out of a variant: requests per second. */
export async function capacityOf(
  variant: Variant,
  scenario: Scenario,
  options: RoundOptions,
): Promise<number> {
  return await standing(variant, scenario, async ({ port }) => {
    const run = (seconds: number) =>
      ownClosedLoop(scenario, port, options.connections, { durationMs: seconds * 1000 });
    await run(Math.max(1, options.duration / 3));
    const found = await run(options.duration);
    refuse('in the run for the capacity', found);
    return found.requests / found.seconds;
  });
}

/**
 * Latencies at fixed rates, from the lowest to the highest; once a variant falls behind, the higher ones are not tried.
 * @param rates requests per second, with their share of the capacity
 */
export async function openRounds(
  variant: Variant,
  scenario: Scenario,
  rates: readonly { share: number; rate: number }[],
  { connections, duration }: RoundOptions,
): Promise<OpenRound[]> {
  return await standing(variant, scenario, async ({ place, port }) => {
    const rounds: OpenRound[] = [];
    const plan = planOf(scenario, port, connections);
    // At full speed: a fresh process would spend the lowest rate on compiling what the first requests need.
    await ownClosedLoop(scenario, port, connections, { durationMs: Math.max(1000, (duration * 1000) / 3) });
    for (const { share, rate } of rates) {
      const meanwhile = variant.meanwhile?.(place);
      const result = await startLoad({
        ...plan,
        warmUpMs: Math.max(1000, (duration * 1000) / 3),
        pace: {
          kind: 'open',
          arrivals: 'poisson',
          stages: [{ from: rate, to: rate, durationMs: duration * 1000 }],
        },
      }).result;
      await meanwhile?.stop();
      const round = openRound(share, rate, duration, result, scenario.requests.length > 1);
      rounds.push(round);
      if (round.overloaded) break;
      if (result.failed > 0)
        refuse(`at ${share} % load`, { requests: result.requests, wrong: result.failures });
    }
    return rounds;
  });
}

function openRound(
  share: number,
  rate: number,
  seconds: number,
  result: LoadResult,
  several: boolean,
): OpenRound {
  return {
    share,
    rate,
    answered: result.rate,
    failed: result.failed,
    overloaded: result.seconds > seconds * (1 + LATE_SHARE) + LATE_SECONDS,
    latency: percentiles(result),
    byRequest: several ? result.byRequest.map((one) => ({ name: one.name, latency: percentiles(one) })) : [],
  };
}

/** Those of `OPEN_PERCENTILES`, and the highest. */
export function percentiles({ latency }: Pick<LoadResult, 'latency'>): Latency {
  return {
    ...Object.fromEntries(OPEN_PERCENTILES.map((p) => [`p${p}`, latency.percentile(p)])),
    max: latency.max,
  };
}

/** Resident memory before and after so many clients connect, ask once, and stay. @throws LeftOut */
export async function idleRound(variant: Variant, scenario: Scenario, wanted: number): Promise<IdleRound> {
  const files = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 0);
  if (files < wanted + 1000)
    throw new LeftOut(`${files} open files are allowed (ulimit -n), too few for ${wanted} connections`);
  return await standing(variant, scenario, async ({ proxy, port }) => {
    if (proxy === null) throw new LeftOut('there is nothing in between');
    // What a first request allocates is no connection's.
    await ownClosedLoop(scenario, port, 16, { durationMs: 1000 });
    const before = proxy.memoryBytes();
    const idle = await openIdle(port, first(scenario), wanted);
    const after = proxy.memoryBytes();
    const open = idle.open();
    idle.close();
    if (open < wanted) throw new Error(`only ${open} of ${wanted} idle connections were still open`);
    return { connections: wanted, before, after };
  });
}

class MemoryWatch {
  readonly #child: Child;
  readonly #timer: NodeJS.Timeout;
  #peak: number;

  constructor(child: Child) {
    this.#child = child;
    this.#peak = child.memoryBytes();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, this.#child.memoryBytes());
  }

  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#peak;
  }
}

function refuse(when: string, { wrong, requests }: Pick<LoadFound, 'wrong' | 'requests'>): void {
  const problems = Object.entries(wrong).map(([what, times]) => `${what} (${times} times)`);
  if (requests === 0) problems.push('no answer at all');
  if (problems.length > 0) throw new Error(`wrong answers ${when}: ${problems.join(', ')}`);
}

/**
 * wrk looks at no body. But all answers of a variant have one length, known from those that were verified: an answer
 * that is another one would change the mean. Half a byte is tolerated, and one cut-off answer per connection at the end.
 */
export function sameSize(
  run: Pick<LoadFound, 'bytes' | 'requests'>,
  verified: Pick<LoadFound, 'bytes' | 'requests'>,
  connections: number,
): void {
  if (run.bytes === undefined || verified.bytes === undefined) return;
  const mean = run.bytes / run.requests;
  const expected = verified.bytes / verified.requests;
  if (Math.abs(mean - expected) > 0.5 + (connections * expected) / run.requests) {
    throw new Error(
      `answers of ${mean.toFixed(1)} bytes on average in the run, of ${expected.toFixed(1)} when verified`,
    );
  }
}
