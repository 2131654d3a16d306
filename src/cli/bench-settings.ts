/** What `propylon bench` is told, as it was written: the flags, or a scenario file with flags that win over it. */
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { suggestion } from '../node/did-you-mean.js';
import { readText } from '../node/read-text.js';
import type { Written } from '../node/setting-table.js';
import { printable } from '../telemetry/printable.js';
import { CommandError } from './output.js';

/** The flags, by commander's names. */
export interface BenchFlags {
  rate?: string;
  duration?: string;
  arrivals?: string;
  connections?: string;
  threads?: string;
  timeout?: string;
  warmUp?: string;
  insecure?: boolean;
  method?: string;
  header?: string[];
  body?: string;
  expectStatus?: string;
  expectBody?: string;
  threshold?: string[];
  json?: boolean;
}

const SINGLE = [
  'target',
  'rate',
  'duration',
  'arrivals',
  'connections',
  'threads',
  'timeout',
  'warmUp',
] as const;
export type SettingName = (typeof SINGLE)[number];

export interface BenchSettings {
  single: Partial<Record<SettingName, Written>>;
  insecure: boolean;
  requests: WrittenRequest[];
  stages: WrittenStage[];
  thresholds: Written[];
}

export interface WrittenRequest {
  /** Of the request as a whole, for what is missing in it. */
  where: string;
  name?: Written;
  weight?: Written;
  method?: Written;
  /** Absent: that of the target. */
  path?: Written;
  /** `Name: value`. */
  headers: Written[];
  /** A text, or `@FILE` with an absolute path. */
  body?: Written;
  expectStatus?: Written;
  expectBody?: Written;
}

/** `rate`, or `from` and `to`. */
export interface WrittenStage {
  where: string;
  rate?: Written;
  from?: Written;
  to?: Written;
  duration?: Written;
}

const flag = (name: string, text: string): Written => ({ text, where: `--${name}` });

const OF_REQUEST = {
  method: 'method',
  body: 'body',
  expectStatus: 'expect-status',
  expectBody: 'expect-body',
} as const;

/** @throws CommandError */
export function benchSettings(target: string, flags: BenchFlags): BenchSettings {
  const settings = /^https?:\/\//i.test(target) ? ofUrl(target, flags) : ofScenario(target, flags);
  const { single } = settings;
  for (const [key, name] of Object.entries({
    rate: 'rate',
    duration: 'duration',
    arrivals: 'arrivals',
    connections: 'connections',
    threads: 'threads',
    timeout: 'timeout',
    warmUp: 'warm-up',
  } as const)) {
    const text = flags[key as keyof typeof flags];
    if (typeof text === 'string') single[key as SettingName] = flag(name, text);
  }
  // A duration alone does not replace the stages: with no rate left, answers would set the pace.
  if (flags.rate !== undefined) settings.stages = [];
  if (flags.insecure === true) settings.insecure = true;
  settings.thresholds.push(...(flags.threshold ?? []).map((text) => flag('threshold', text)));
  return settings;
}

function ofUrl(target: string, flags: BenchFlags): BenchSettings {
  const request: WrittenRequest = {
    where: 'the request',
    headers: (flags.header ?? []).map((text) => flag('header', text)),
  };
  for (const key of ['method', 'body', 'expectStatus', 'expectBody'] as const) {
    const text = flags[key];
    if (text !== undefined) request[key] = flag(OF_REQUEST[key], text);
  }
  return {
    single: { target: { text: target, where: 'the URL' } },
    insecure: false,
    requests: [request],
    stages: [],
    thresholds: [],
  };
}

function ofScenario(path: string, flags: BenchFlags): BenchSettings {
  const given = Object.entries({ ...OF_REQUEST, header: 'header' }).find(
    ([key]) => flags[key as keyof BenchFlags] !== undefined,
  );
  if (given !== undefined) {
    throw new CommandError(`--${given[1]} goes with a URL; a scenario file says it for each of its requests`);
  }
  let text: string;
  try {
    text = readText(path, MAX_BYTES);
  } catch (error) {
    const hint = /^[\w.-]+(:\d+|\.\w+)?(\/|$)/.test(path) && !/\.(ya?ml|json)$/.test(path);
    const or = hint ? ` (a URL begins with http://, as in http://${printable(path)})` : '';
    throw new CommandError(`cannot read the scenario ${printable(path)}: ${(error as Error).message}${or}`);
  }
  return new ScenarioReader(path, text).read();
}

/** Nobody writes that much by hand. */
const MAX_BYTES = 1_048_576;

type Members = Map<string, Node | null>;

/** Everything is checked and every problem told with line and column: a key that is ignored would be believed in. */
class ScenarioReader {
  readonly #path: string;
  readonly #folder: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #problems: string[] = [];

  constructor(path: string, text: string) {
    this.#path = path;
    this.#folder = dirname(resolve(path));
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  /** @throws CommandError with a line for each problem */
  read(): BenchSettings {
    for (const error of this.#document.errors) {
      this.#problem(error.pos[0], `not valid YAML: ${error.message.split('\n', 1)[0]}`);
    }
    const settings: BenchSettings = { single: {}, insecure: false, requests: [], stages: [], thresholds: [] };
    if (this.#problems.length === 0) this.#readInto(settings);
    if (this.#problems.length > 0) throw new CommandError(...this.#problems);
    return settings;
  }

  #readInto(settings: BenchSettings): void {
    const top = this.#members(this.#document.contents, 'the file', [
      ...SINGLE,
      'insecure',
      'headers',
      'requests',
      'stages',
      'thresholds',
    ]);
    if (top === undefined) return;
    Object.assign(settings.single, this.#texts(top, SINGLE, ''));
    if (settings.single.target === undefined) this.#problem(0, 'target is missing: the URL of the server');
    settings.insecure = this.#bool(top, 'insecure');
    const common = this.#headers(top, '');
    settings.requests = this.#list(top, 'requests').flatMap(
      (node, i) => this.#request(node, `requests[${i}]`, common) ?? [],
    );
    if (!top.has('requests')) settings.requests.push({ where: 'the request', headers: common });
    settings.stages = this.#list(top, 'stages').flatMap((node, i) => this.#stage(node, `stages[${i}]`) ?? []);
    settings.thresholds = this.#list(top, 'thresholds').flatMap(
      (node, i) => this.#written(node, `thresholds[${i}]`) ?? [],
    );
  }

  #request(node: Node, name: string, common: readonly Written[]): WrittenRequest | undefined {
    const members = this.#members(node, name, [
      'name',
      'weight',
      'method',
      'path',
      'headers',
      'body',
      'expect',
    ]);
    if (members === undefined) return undefined;
    const request: WrittenRequest = {
      where: this.#where(node, name),
      headers: [...common, ...this.#headers(members, `${name}.`)],
      ...this.#texts(members, ['name', 'weight', 'method', 'path', 'body'], `${name}.`),
    };
    const expect = members.get('expect');
    if (expect !== undefined) {
      const inner = this.#members(expect, `${name}.expect`, ['status', 'body']);
      const { status, body } = this.#texts(inner ?? new Map(), ['status', 'body'], `${name}.expect.`);
      if (status !== undefined) request.expectStatus = status;
      if (body !== undefined) request.expectBody = this.#absolute(body);
    }
    if (request.body !== undefined) request.body = this.#absolute(request.body);
    return request;
  }

  /** Files are found from the scenario's folder. */
  #absolute(written: Written): Written {
    const { text, where } = written;
    return text.startsWith('@') ? { text: `@${resolve(this.#folder, text.slice(1))}`, where } : written;
  }

  #stage(node: Node, name: string): WrittenStage | undefined {
    const members = this.#members(node, name, ['rate', 'from', 'to', 'duration']);
    if (members === undefined) return undefined;
    return {
      where: this.#where(node, name),
      ...this.#texts(members, ['rate', 'from', 'to', 'duration'], `${name}.`),
    };
  }

  #headers(members: Members, prefix: string): Written[] {
    const node = members.get('headers');
    if (node === undefined) return [];
    const name = `${prefix}headers`;
    const headers = this.#members(node, name) ?? new Map<string, Node | null>();
    return [...headers].flatMap(([header, value]) => {
      const written = this.#written(value, `${name}.${header}`);
      return written === undefined ? [] : [{ ...written, text: `${header}: ${written.text}` }];
    });
  }

  #texts<K extends string>(
    members: Members,
    keys: readonly K[],
    prefix: string,
  ): Partial<Record<K, Written>> {
    const found: Partial<Record<K, Written>> = {};
    for (const key of keys) {
      const node = members.get(key);
      const written = node === undefined ? undefined : this.#written(node, prefix + key);
      if (written !== undefined) found[key] = written;
    }
    return found;
  }

  #bool(members: Members, key: string): boolean {
    const node = members.get(key);
    if (node === undefined) return false;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    this.#problem(node ?? 0, `${key} must be true or false`);
    return false;
  }

  #list(members: Members, key: string): Node[] {
    const node = members.get(key);
    if (node === undefined) return [];
    if (isSeq(node) && node.items.length > 0) return node.items as Node[];
    this.#problem(node ?? 0, `${key} must be a list with at least one entry`);
    return [];
  }

  /** The text as it stands in the file: `1.10` is not a number to us. */
  #written(node: Node | null, name: string): Written | undefined {
    if (isScalar(node) && node.value !== null) {
      const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
      return { text, where: this.#where(node, name) };
    }
    this.#problem(node ?? 0, `${printable(name)} must be one value`);
    return undefined;
  }

  #members(node: Node | null, name: string, known?: readonly string[]): Members | undefined {
    if (!isMap(node)) {
      this.#problem(
        node ?? 0,
        `${printable(name)} must be a map of ${known?.join(', ') ?? 'names and values'}`,
      );
      return undefined;
    }
    const members: Members = new Map();
    for (const { key, value } of node.items) {
      const text = isScalar(key) ? String(key.value) : '';
      if (known !== undefined && !known.includes(text)) {
        const inside = name === 'the file' ? '' : ` in ${name}`;
        this.#problem(
          key as Node,
          `the key ${printable(text)} is not known${inside}${suggestion(text, known)}`,
        );
      } else members.set(text, value as Node | null);
    }
    return members;
  }

  #where(node: Node | number, name: string): string {
    const offset = typeof node === 'number' ? node : (node.range?.[0] ?? 0);
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#path}:${line}:${col}: ${printable(name)}`;
  }

  #problem(node: Node | number, sentence: string): void {
    this.#problems.push(this.#where(node, sentence));
  }
}
