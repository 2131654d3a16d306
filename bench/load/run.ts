/** The load bench: every variant before the same backend, round by round. README.md says how to read the result. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from '../options.js';
import { describeEnvironment, environment, keep, toolVersion } from '../report.js';
import { closedLoop, type LoadResult } from './client.js';
import { type Generator, ownClient, wrk } from './generator.js';
import { type Child, freePorts } from './processes.js';
import { type Row, scenarioTable } from './result-table.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { BACKEND, startBackend, VARIANTS, type Variant } from './variants.js';

/** One variant in one round. */
export interface Round {
  requestsPerSecond: number;
  p50: number;
  p99: number;
  /** Microseconds, user and system, of all processes of the variant; null for the direct path. */
  cpuPerRequest: number | null;
  requests: number;
}

const VERIFIED = 500;

/** @returns the exit code: 1 when a variant answered wrongly */
export async function runLoad(options: BenchOptions): Promise<number> {
  const scenarios = chosen('--scenario', SCENARIOS, options.scenario);
  const variants = chosen('--only', VARIANTS, options.only);
  const wrkVersion = toolVersion('wrk', '-v', /wrk \S*?([\d.]+\S*)/);
  const generator = wrkVersion === undefined ? ownClient : wrk;
  const versions = Object.fromEntries(
    variants
      .filter(({ name }) => name !== 'direct' && !name.startsWith('propylon'))
      .map((v) => [v.name, v.version ?? 'not installed']),
  );
  const about = await environment({
    ...versions,
    backend: BACKEND,
    load: wrkVersion ? `wrk ${wrkVersion}` : 'own client',
  });
  process.stdout.write(
    `${describeEnvironment(about)}\n${options.connections} connections, ${options.rounds} rounds of ${options.duration} s\n`,
  );

  const results: { scenario: string; rows: Row[] }[] = [];
  let failed = false;
  for (const scenario of scenarios) {
    const rows = variants
      .filter(({ name, version }) => version !== undefined && scenario.variants.includes(name))
      .map(
        (variant): Row => ({ name: variant.name, isNodePeer: variant.isNodePeer, rounds: [], problem: '' }),
      );
    for (let round = 0; round < options.rounds; round++) {
      // Forwards and backwards in turn: what drifts (temperature, neighbours) then hits all variants alike.
      for (const row of round % 2 === 0 ? rows : [...rows].reverse()) {
        if (row.problem !== '') continue;
        const variant = VARIANTS.find(({ name }) => name === row.name) as Variant;
        progress(`${scenario.name}, round ${round + 1} of ${options.rounds}: ${variant.name} `);
        try {
          row.rounds.push(await measure(variant, scenario, options, generator));
        } catch (error) {
          row.problem = (error as Error).message;
          failed = true;
        }
      }
    }
    progress('');
    process.stdout.write(`\n${scenario.name}: ${scenario.title}\n\n${scenarioTable(rows)}\n`);
    results.push({ scenario: scenario.name, rows });
  }
  const file = keep('load', { ...about, options, results }, options.json);
  process.stdout.write(`\nRaw values: ${file}\n`);
  return failed ? 1 : 0;
}

/** One line that is overwritten, for those who watch. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** Fresh processes, warm-up, verification, the measured run, verification. */
async function measure(
  variant: Variant,
  scenario: Scenario,
  options: BenchOptions,
  generate: Generator,
): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'propylon-bench-'));
  const discard = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', discard);
  const { connections, duration } = options;
  const children: Child[] = [];
  try {
    const [upstream = 0, port = 0, spare = 0] = await freePorts(3);
    const answers = async (at: number): Promise<boolean> => {
      const { wrong, requests } = await closedLoop({ port: at, scenario, connections: 1, requests: 1 });
      return requests === 1 && Object.keys(wrong).length === 0;
    };
    const backend = startBackend(upstream, folder);
    children.push(backend);
    await backend.listening(() => answers(upstream));
    const proxy = variant.start?.({ upstream, port, spare }, folder) ?? null;
    if (proxy !== null) children.unshift(proxy);
    await proxy?.listening(() => answers(port));

    const target = { port: proxy === null ? upstream : port, scenario };
    await generate({ ...target, connections, seconds: Math.ceil(duration / 3) });
    const before = await closedLoop({ ...target, connections: 4, requests: VERIFIED });
    refuse('before the run', before);
    const cpuBefore = proxy?.cpuMicros() ?? 0;
    const result = await generate({ ...target, connections, seconds: duration });
    const cpu = (proxy?.cpuMicros() ?? 0) - cpuBefore;
    refuse('in the run', result);
    sameSize(result, before, connections);
    refuse('after the run', await closedLoop({ ...target, connections: 4, requests: VERIFIED }));
    return {
      requestsPerSecond: result.requests / result.seconds,
      p50: result.p50,
      p99: result.p99,
      cpuPerRequest: proxy === null ? null : cpu / result.requests,
      requests: result.requests,
    };
  } finally {
    // The proxy first, so that it does not report a backend that went away.
    for (const child of children) await child.end();
    process.off('exit', discard);
    discard();
  }
}

function refuse(when: string, { wrong, requests }: LoadResult): void {
  const problems = Object.entries(wrong).map(([what, times]) => `${what} (${times} times)`);
  if (requests === 0) problems.push('no answer at all');
  if (problems.length > 0) throw new Error(`wrong answers ${when}: ${problems.join(', ')}`);
}

/**
 * wrk looks at no body. But all answers of a variant have one length, known from those that were verified: an answer
 * that is another one would change the mean. Half a byte is tolerated, and one cut-off answer per connection at the end.
 */
export function sameSize(run: LoadResult, verified: LoadResult, connections: number): void {
  const mean = run.bytes / run.requests;
  const expected = verified.bytes / verified.requests;
  if (Math.abs(mean - expected) > 0.5 + (connections * expected) / run.requests) {
    throw new Error(
      `answers of ${mean.toFixed(1)} bytes on average in the run, of ${expected.toFixed(1)} when verified`,
    );
  }
}

function chosen<V extends { name: string }>(
  option: string,
  all: readonly V[],
  names: readonly string[],
): V[] {
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${option}: no '${unknown}' among ${known.join(', ')}`);
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}
