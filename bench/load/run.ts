/** The load bench: every variant before the same backend, round by round. README.md says how to read the result. */
import { measureFile } from '../micro/measure-file.js';
import type { BenchOptions } from '../options.js';
import { installPeers } from '../peers.js';
import { describeEnvironment, environment } from '../report.js';
import { BACKEND } from './backend.js';
import { type Generator, generatorNamed } from './generator.js';
import { capacityOf, closedRound, idleRound, LeftOut, openRounds, type RoundOptions } from './measure.js';
import { type LoadReport, type Row, type ScenarioResult, SHARES } from './results.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios.js';
import { scenarioTable } from './tables.js';
import { targetsOf, targetsTable } from './targets.js';
import type { Variant } from './variant.js';

export interface LoadOutcome {
  report: LoadReport;
  /** A variant answered wrongly, or did not start. */
  failed: boolean;
}

/** The micro bench that one of the targets is about, and its two rows. */
const MATCHING = {
  file: 'routing/route-table',
  few: '10 routes, 10 paths in turn',
  many: '100000 routes, 10 paths in turn',
};

/** Measures and prints; a table follows each scenario. */
export async function runLoad(options: BenchOptions): Promise<LoadOutcome> {
  const scenarios = chosenScenarios(options);
  const generator = generatorNamed(options.generator);
  const { full, duration, rounds, connections } = options;
  if (full) installPeers((line) => process.stdout.write(`${line}\n`));
  const about = await environment(versionsOf(scenarios, generator, options));
  process.stdout.write(
    `${describeEnvironment(about)}\n${connections} connections, ${rounds} rounds of ${duration} s\n`,
  );
  const run = new Run(options, generator);
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const result = await run.scenario(scenario);
    progress('');
    process.stdout.write(`\n${scenario.name}: ${scenario.title}\n\n${scenarioTable(result)}\n`);
    results.push(result);
  }
  const matching =
    options.scenario.length === 0 && options.only.length === 0 ? await matchTimes() : undefined;
  const measured = { scenarios: results, ...(matching === undefined ? {} : { matching }) };
  const targets = targetsOf(measured);
  process.stdout.write(`\n${targetsTable(targets)}\n`);
  const report: LoadReport = {
    kind: 'load',
    date: new Date().toISOString(),
    ...about,
    options: { duration, rounds, connections, full, generator: generator.name },
    ...measured,
    targets,
  };
  return { report, failed: results.some(({ rows }) => rows.some(({ problem }) => problem !== '')) };
}

/** @throws Error when a name is not known */
function chosenScenarios({ scenario, only, full }: BenchOptions): Scenario[] {
  const scenarios = known('--scenario', scenario, SCENARIOS).filter(
    ({ quick, name }) => full || quick || scenario.includes(name),
  );
  if (only.length > 0)
    known(
      '--only',
      only,
      scenarios.flatMap(({ variants }) => variants),
    );
  return scenarios.filter(
    ({ variants }) => only.length === 0 || variants.some(({ name }) => only.includes(name)),
  );
}

function known<V extends { name: string }>(option: string, names: readonly string[], all: readonly V[]): V[] {
  const existing = new Set(all.map(({ name }) => name));
  const unknown = names.find((name) => !existing.has(name));
  if (unknown !== undefined) throw new Error(`${option}: no '${unknown}' among ${[...existing].join(', ')}`);
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

function versionsOf(
  scenarios: readonly Scenario[],
  generator: Generator,
  options: BenchOptions,
): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const variant of scenarios.flatMap((scenario) => chosenVariants(scenario, options))) {
    const version = variant.version();
    if (version !== '') versions[variant.name] = version ?? 'not installed';
  }
  return { ...versions, backend: BACKEND, load: `${generator.name} ${generator.version()}`.trim() };
}

function chosenVariants({ variants }: Scenario, { only, full }: BenchOptions): Variant[] {
  return variants.filter(({ name, fullOnly }) =>
    only.length === 0 ? full || !fullOnly : only.includes(name),
  );
}

/** What nobody chose, but a run without `--full` leaves out. */
function leftForFull({ variants }: Scenario, { only, full }: BenchOptions): Variant[] {
  return only.length === 0 && !full ? variants.filter(({ fullOnly }) => fullOnly) : [];
}

/** One line that is overwritten, for those who watch. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

async function matchTimes(): Promise<{ few: number; many: number } | undefined> {
  progress('matching routes');
  const measured = await measureFile(MATCHING.file, 'ignore');
  progress('');
  const median = (wanted: string): number | undefined => measured.find(({ name }) => name === wanted)?.median;
  const [few, many] = [median(MATCHING.few), median(MATCHING.many)];
  return few === undefined || many === undefined ? undefined : { few, many };
}

class Run {
  readonly #options: BenchOptions;
  readonly #round: RoundOptions;

  constructor(options: BenchOptions, generator: Generator) {
    this.#options = options;
    const { connections, duration } = options;
    this.#round = { connections, duration, generator };
  }

  async scenario(scenario: Scenario): Promise<ScenarioResult> {
    const { name, title, bodyBytes } = scenario;
    const variants = chosenVariants(scenario, this.#options);
    const result: ScenarioResult = {
      name,
      title,
      ...(bodyBytes === undefined ? {} : { bodyBytes }),
      rows: variants
        .filter((variant) => variant.version() !== undefined)
        .map((variant) => ({
          name: variant.name,
          isNodePeer: variant.isNodePeer,
          rounds: [],
          open: [],
          idle: [],
          problem: '',
        })),
      skipped: [
        ...variants
          .filter((variant) => variant.version() === undefined)
          .map((variant) => ({ name: variant.name, reason: variant.missing })),
        ...leftForFull(scenario, this.#options).map(({ name }) => ({
          name,
          reason: 'it takes part with --full',
        })),
      ],
    };
    const { idleConnections } = scenario;
    if (idleConnections !== undefined) {
      await this.#rounds(scenario, result, result.rows, 'idle connections', async (variant, row) => {
        row.idle.push(await idleRound(variant, scenario, idleConnections));
      });
    } else {
      await this.#rounds(scenario, result, result.rows, 'throughput', async (variant, row) => {
        row.rounds.push(await closedRound(variant, scenario, this.#round));
      });
      if (this.#options.open) await this.#atRates(scenario, result);
    }
    return result;
  }

  /** Latencies at rates that are the same for all: shares of what the reference can do. */
  async #atRates(scenario: Scenario, result: ScenarioResult): Promise<void> {
    const { open } = scenario;
    const { full, scenario: chosen } = this.#options;
    if (open === undefined) return;
    const all = full || chosen.includes(scenario.name);
    const rows = result.rows.filter(({ name }) => (all ? name !== 'direct' : open.quick.includes(name)));
    const reference = scenario.variants.find(({ name }) => name === open.reference);
    const usable = result.rows.some(({ name, problem }) => name === open.reference && problem === '');
    if (rows.length === 0 || reference === undefined || !usable) return;
    progress(`${scenario.name}: capacity of ${reference.name}`);
    let capacity: number;
    try {
      capacity = await capacityOf(reference, scenario, this.#round);
    } catch (error) {
      const row = result.rows.find(({ name }) => name === open.reference);
      if (row !== undefined) row.problem = (error as Error).message;
      return;
    }
    result.capacity = capacity;
    const rates = SHARES.map((share) => ({ share, rate: Math.max(1, Math.round((capacity * share) / 100)) }));
    await this.#rounds(scenario, result, rows, 'at fixed rates', async (variant, row) => {
      row.open.push(...(await openRounds(variant, scenario, rates, this.#round)));
    });
  }

  async #rounds(
    scenario: Scenario,
    result: ScenarioResult,
    rows: readonly Row[],
    what: string,
    measure: (variant: Variant, row: Row) => Promise<void>,
  ): Promise<void> {
    const { rounds } = this.#options;
    for (let round = 0; round < rounds; round++) {
      // Forwards and backwards in turn: what drifts (temperature, neighbours) then hits all variants alike.
      for (const row of round % 2 === 0 ? rows : [...rows].reverse()) {
        const variant = scenario.variants.find(({ name }) => name === row.name);
        if (variant === undefined || row.problem !== '' || !result.rows.includes(row)) continue;
        progress(`${scenario.name}, ${what}, round ${round + 1} of ${rounds}: ${variant.name} `);
        try {
          await measure(variant, row);
        } catch (error) {
          const { message } = error as Error;
          if (error instanceof LeftOut) {
            result.rows.splice(result.rows.indexOf(row), 1);
            result.skipped.push({ name: row.name, reason: message });
          } else row.problem = message;
        }
      }
    }
  }
}
