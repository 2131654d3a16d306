/** From what was written to a plan that can be run, with everything that is wrong told at once. */
import { availableParallelism } from 'node:os';
import {
  type LoadPlan,
  type LoadRequest,
  type LoadTarget,
  type Pace,
  requestBytes,
  type Stage,
} from '../load/plan.js';
import { parseThreshold, type Threshold } from '../load/thresholds.js';
import type { Written } from '../node/setting-table.js';
import { duration, InvalidValue, integer, oneOf, type Parser } from '../node/setting-values.js';
import type { BenchSettings, WrittenRequest, WrittenStage } from './bench-settings.js';
import { methodProblems, pathProblems, readBody, readHeader } from './invoke-arguments.js';
import { CommandError } from './output.js';

export interface BenchPlan {
  plan: LoadPlan;
  thresholds: Threshold[];
  /** What is asked, for the first line of the output. */
  title: string;
}

const HOUR_MS = 3_600_000;
const MAX_BODY_BYTES = 64 * 1_048_576;
const DEFAULTS = { durationMs: 10_000, connections: 64, timeoutMs: 10_000, warmUpMs: 1_000 };
/** What one thread sends without being late, with some room. */
const RATE_PER_THREAD = 30_000;

const rate: Parser<number> = (text) => {
  const value = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 1_000_000) return value;
  throw new InvalidValue('must be a number of requests per second, up to 1000000', text);
};

/** @throws CommandError, one line for each thing that is wrong */
export async function benchPlan(settings: BenchSettings): Promise<BenchPlan> {
  return await new Planner(settings).plan();
}

class Planner {
  readonly #settings: BenchSettings;
  readonly #problems: string[] = [];

  constructor(settings: BenchSettings) {
    this.#settings = settings;
  }

  async plan(): Promise<BenchPlan> {
    const { single, insecure } = this.#settings;
    const url = this.#url(single.target);
    const requests: LoadRequest[] = [];
    for (const written of this.#settings.requests) {
      const request = url && (await this.#request(written, url));
      if (request !== undefined) requests.push(request);
    }
    const pace = this.#pace();
    const plan: Omit<LoadPlan, 'target'> = {
      requests,
      pace,
      warmUpMs: this.#value(single.warmUp, duration(0, HOUR_MS)) ?? DEFAULTS.warmUpMs,
      connections: this.#value(single.connections, integer(1, 50_000)) ?? DEFAULTS.connections,
      threads: this.#value(single.threads, integer(1, 64)) ?? threadsFor(pace),
      timeoutMs: this.#value(single.timeout, duration(1, HOUR_MS)) ?? DEFAULTS.timeoutMs,
    };
    const thresholds = this.#settings.thresholds.flatMap((written) => this.#threshold(written) ?? []);
    if (url === undefined || this.#problems.length > 0) throw new CommandError(...this.#problems);
    return {
      plan: { target: targetOf(url, insecure), ...plan },
      thresholds,
      title:
        requests.length === 1 ? `${url.origin}${this.#path(this.#settings.requests[0], url)}` : url.origin,
    };
  }

  #url(written: Written | undefined): URL | undefined {
    if (written === undefined) return undefined;
    const url = URL.canParse(written.text) ? new URL(written.text) : undefined;
    const plain =
      url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.hash === '';
    if (plain && url.password === '') return url;
    this.#problems.push(
      `${written.where} must be an http or https URL without user and fragment such as http://localhost:8080/pets, not "${written.text}"`,
    );
    return undefined;
  }

  #path(written: WrittenRequest | undefined, url: URL): string {
    return written?.path?.text ?? `${url.pathname}${url.search}`;
  }

  async #request(written: WrittenRequest, url: URL): Promise<LoadRequest | undefined> {
    const before = this.#problems.length;
    const method = written.method?.text ?? 'GET';
    this.#problems.push(...methodProblems(method).map((problem) => located(written.method, problem)));
    const path = this.#path(written, url);
    this.#problems.push(...pathProblems(path).map((problem) => located(written.path, problem)));
    const headers = written.headers.flatMap((header) => {
      try {
        return [readHeader(header.text)];
      } catch (error) {
        this.#problems.push((error as Error).message.replace('--header', header.where));
        return [];
      }
    });
    const body = await this.#body(written.body);
    const weight = this.#value(written.weight, integer(1, 1_000_000)) ?? 1;
    const status = this.#value(written.expectStatus, integer(200, 599));
    const expected = await this.#body(written.expectBody);
    if (this.#problems.length > before) return undefined;
    return {
      name: written.name?.text ?? `${method} ${path}`,
      weight,
      method,
      bytes: requestBytes({ method, path, authority: url.host, headers, body }),
      expect: {
        ...(status === undefined ? {} : { status }),
        ...(expected === null ? {} : { body: expected }),
      },
    };
  }

  async #body(written: Written | undefined): Promise<Uint8Array | null> {
    if (written === undefined) return null;
    const { text } = written;
    // Only a flag can mean standard input: a file that waits for somebody to type is a file that hangs.
    const fromFlag = written.where.startsWith('--');
    if (!text.startsWith('@') && !(text === '-' && fromFlag)) return Buffer.from(text, 'utf8');
    try {
      const bytes = await readBody(text, MAX_BODY_BYTES + 1);
      if ((bytes?.length ?? 0) <= MAX_BODY_BYTES) return bytes;
      this.#problems.push(`${written.where} is longer than ${MAX_BODY_BYTES} bytes`);
    } catch (error) {
      this.#problems.push((error as Error).message.replace('--body', written.where));
    }
    return null;
  }

  #pace(): Pace {
    const { single, stages } = this.#settings;
    const arrivals = this.#value(single.arrivals, oneOf('constant', 'poisson')) ?? 'constant';
    if (stages.length > 0) {
      if (single.rate !== undefined)
        this.#problems.push(`${single.rate.where} is said by each of the stages: take it out`);
      if (single.duration !== undefined) this.#problems.push(besideStages(single.duration.where));
      return { kind: 'open', arrivals, stages: this.#stages(stages) };
    }
    const durationMs = this.#value(single.duration, duration(100, 24 * HOUR_MS)) ?? DEFAULTS.durationMs;
    if (single.rate !== undefined) {
      const value = this.#value(single.rate, rate) ?? 1;
      if (value === 0) this.#problems.push(`${single.rate.where} must be more than 0`);
      return { kind: 'open', arrivals, stages: [{ from: value, to: value, durationMs }] };
    }
    if (single.arrivals !== undefined) {
      this.#problems.push(`${single.arrivals.where} goes with a rate: without one, answers set the pace`);
    }
    return { kind: 'closed', durationMs };
  }

  #stages(written: readonly WrittenStage[]): Stage[] {
    const before = this.#problems.length;
    const stages = written.flatMap((stage) => this.#stage(stage) ?? []);
    if (this.#problems.length === before && stages.every(({ from, to }) => from === 0 && to === 0)) {
      this.#problems.push(`${written[0]?.where}: one of the stages at least must have a rate of more than 0`);
    }
    return stages;
  }

  #stage(written: WrittenStage): Stage | undefined {
    const durationMs = this.#value(written.duration, duration(100, 24 * HOUR_MS));
    if (written.duration === undefined) this.#problems.push(`${written.where} has no duration`);
    const constant = this.#value(written.rate, rate);
    const from = this.#value(written.from, rate);
    const to = this.#value(written.to, rate);
    const ramp = written.from !== undefined && written.to !== undefined;
    const half = written.from !== undefined || written.to !== undefined;
    if (written.rate !== undefined ? half : !ramp) {
      this.#problems.push(`${written.where} must have a rate, or from and to for a ramp`);
    }
    if (durationMs === undefined) return undefined;
    return { from: constant ?? from ?? 0, to: constant ?? to ?? 0, durationMs };
  }

  #threshold(written: Written): Threshold | undefined {
    try {
      return parseThreshold(written.text);
    } catch (error) {
      this.#problems.push(`${written.where} ${(error as Error).message}`);
      return undefined;
    }
  }

  #value<T>(written: Written | undefined, parser: Parser<T>): T | undefined {
    if (written === undefined) return undefined;
    try {
      return parser(written.text);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      this.#problems.push(`${written.where} ${error.message}`);
      return undefined;
    }
  }
}

/** Problems of requests name the flag themselves; those of a file need their place before them. */
function located(written: Written | undefined, problem: string): string {
  return written === undefined || written.where.startsWith('--') ? problem : `${written.where}: ${problem}`;
}

function besideStages(where: string): string {
  return where.startsWith('--')
    ? `${where} alone cannot replace stages, and the file has stages: say --rate too`
    : `${where} is said by each of the stages: take it out`;
}

function targetOf(url: URL, insecure: boolean): LoadTarget {
  const secure = url.protocol === 'https:';
  return {
    secure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    verify: !insecure,
  };
}

function threadsFor(pace: Pace): number {
  if (pace.kind === 'closed') return 1;
  const highest = Math.max(0, ...pace.stages.map(({ from, to }) => Math.max(from, to)));
  return Math.max(1, Math.min(Math.ceil(highest / RATE_PER_THREAD), availableParallelism()));
}
