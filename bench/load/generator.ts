/** Makes the load of the closed loop, in a process of its own: wrk, autocannon, or the load generator of `propylon bench`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadPlan, requestBytes } from '../../src/load/plan.js';
import { startLoad } from '../../src/load/run-load.js';
import { ROOT } from '../paths.js';
import { packageVersion, toolVersion } from '../report.js';
import { Child } from './processes.js';
import type { RequestSpec } from './requests.js';
import type { Scenario, WeightedRequest } from './scenario.js';

export interface ClosedLoop {
  scenario: Scenario;
  port: number;
  connections: number;
  seconds: number;
  /** For files. */
  folder: string;
}

export interface LoadFound {
  requests: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Bytes of all answers; undefined when the tool counts heads or bodies only. */
  bytes: number | undefined;
  /** What was wrong, with how often. */
  wrong: Record<string, number>;
}

export interface Generator {
  readonly name: string;
  /** Undefined: not installed. */
  version(): string | undefined;
  run(loop: ClosedLoop): Promise<LoadFound>;
}

const url = ({ scenario, port }: ClosedLoop): string =>
  `http${scenario.secure === true ? 's' : ''}://127.0.0.1:${port}${first(scenario).request.path}`;

/** What the closed loop asks for. */
export function first(scenario: Scenario): WeightedRequest {
  return scenario.requests[0] as WeightedRequest;
}

const headerFlags = ({ headers }: RequestSpec, flag: string, separator: string): string[] =>
  headers.flatMap(([name, value]) => [flag, `${name}${separator}${value}`]);

const wrk: Generator = {
  name: 'wrk',
  version: () => toolVersion('wrk', '-v', /wrk \S*?([\d.]+\S*)/),
  async run(loop) {
    const { scenario, connections, seconds, folder } = loop;
    const { request } = first(scenario);
    const script = join(folder, 'wrk.lua');
    writeFileSync(script, `${bodyScript(request, folder)}${readFileSync(join(ROOT, 'bench/load/wrk.lua'))}`);
    const child = new Child('wrk', 'wrk', [
      ...['--threads', '1', '--connections', String(connections)],
      ...['--duration', `${Math.ceil(seconds)}s`, '--timeout', '5s'],
      ...headerFlags(request, '--header', ': '),
      ...['--script', script, url(loop)],
    ]);
    return parseWrk(await child.finished());
  },
};

/** Lua that is run once, before the load. */
function bodyScript({ method, body }: RequestSpec, folder: string): string {
  if (body === null) return '';
  const file = join(folder, 'request-body');
  writeFileSync(file, body);
  return `wrk.method = "${method}"\nwrk.body = assert(io.open("${file}", "rb")):read("*a")\n`;
}

/** @throws Error when wrk printed no result */
export function parseWrk(output: string): LoadFound {
  const line = /^RESULT (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`);
  const counts = JSON.parse(line) as Record<string, number>;
  const number = (key: string): number => counts[key] ?? Number.NaN;
  const wrong: Record<string, number> = {};
  for (const key of ['status', 'connect', 'read', 'write', 'timeout']) {
    // wrk counts statuses from 400 on: the check of every answer's size (measure.ts) sees the others.
    if (number(key) !== 0) wrong[key === 'status' ? 'status from 400 on' : key] = number(key);
  }
  return {
    requests: number('requests'),
    seconds: number('micros') / 1e6,
    p50: number('p50') / 1000,
    p99: number('p99') / 1000,
    bytes: number('bytes'),
    wrong,
  };
}

const autocannon: Generator = {
  name: 'autocannon',
  version: () => packageVersion('autocannon'),
  async run(loop) {
    const { scenario, connections, seconds, folder } = loop;
    const { request, answer } = first(scenario);
    const input = join(folder, 'request-body');
    if (request.body !== null) writeFileSync(input, request.body);
    const child = new Child('autocannon', process.execPath, [
      join(ROOT, 'node_modules/autocannon/autocannon.js'),
      ...['--json', '--no-progress', '--connections', String(connections), '--duration', String(seconds)],
      ...['--method', request.method, '--timeout', '5'],
      ...(request.body === null ? [] : ['--input', input]),
      // An argument holds no megabytes; those answers are checked by their number and statuses.
      ...(answer.length > MAX_ARGUMENT_BYTES ? [] : ['--expectBody', answer.toString()]),
      ...headerFlags(request, '--headers', '='),
      url(loop),
    ]);
    return parseAutocannon(await child.finished());
  },
};

const MAX_ARGUMENT_BYTES = 65_536;

/** @throws Error when autocannon printed no result */
export function parseAutocannon(output: string): LoadFound {
  const line = /^\{.*\}$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(`autocannon printed no result:\n${output}`);
  const found = JSON.parse(line) as {
    requests: { total: number };
    duration: number;
    latency: { p50: number; p99: number };
  } & Record<string, number>;
  const wrong: Record<string, number> = {};
  for (const key of ['errors', 'timeouts', 'mismatches', 'non2xx', 'resets']) {
    const times = found[key] ?? 0;
    if (times > 0) wrong[key] = times;
  }
  const { requests, duration, latency } = found;
  return {
    requests: requests.total,
    seconds: duration,
    p50: latency.p50,
    p99: latency.p99,
    bytes: undefined,
    wrong,
  };
}

const own: Generator = {
  name: 'own',
  version: () => '',
  run: async ({ scenario, port, connections, seconds }) =>
    await ownClosedLoop(scenario, port, connections, { durationMs: seconds * 1000 }),
};

const GENERATORS: readonly Generator[] = [wrk, autocannon, own];

/** @param name undefined for the first one that is installed. @throws Error when it is not there */
export function generatorNamed(name: string | undefined): Generator {
  const wanted = name === undefined ? GENERATORS : GENERATORS.filter((one) => one.name === name);
  const found = wanted.find((one) => one.version() !== undefined);
  if (found !== undefined) return found;
  if (wanted.length > 0) throw new Error(`--generator ${name} is not installed`);
  throw new Error(`--generator: no '${name}' among ${GENERATORS.map((one) => one.name).join(', ')}`);
}

/** What the load generator of `propylon bench` needs to know of a scenario. */
export function planOf(scenario: Scenario, port: number, connections: number): Omit<LoadPlan, 'pace'> {
  const authority = `127.0.0.1:${port}`;
  return {
    target: { secure: scenario.secure === true, host: '127.0.0.1', port, verify: false },
    requests: scenario.requests.map(({ request, answer, weight, name }) => ({
      name,
      weight,
      method: request.method,
      bytes: requestBytes({ ...request, authority }),
      expect: { status: 200, body: answer },
    })),
    warmUpMs: 0,
    connections,
    threads: 1,
    timeoutMs: 5000,
  };
}

/** Every answer is compared with what it must be. */
export async function ownClosedLoop(
  scenario: Scenario,
  port: number,
  connections: number,
  until: { durationMs: number; maxRequests?: number },
): Promise<LoadFound> {
  const { requests, ...plan } = planOf(scenario, port, connections);
  const result = await startLoad({
    ...plan,
    requests: requests.slice(0, 1),
    pace: { kind: 'closed', ...until },
  }).result;
  return {
    requests: result.requests,
    seconds: result.seconds,
    p50: result.latency.percentile(50),
    p99: result.latency.percentile(99),
    bytes: result.bytes,
    wrong: result.failures,
  };
}
