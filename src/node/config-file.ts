/**
 * `propylon.yaml`: the settings as a file. Everything is checked and every problem is told with line and column, because
 * a key that is silently ignored is a setting somebody believes in. JSON is YAML too.
 *
 *   port: 8080
 *   apis:
 *     - definition: orders.yaml        # relative to this file
 *       basePath: orders
 *       stage: prod
 *       stageVariables: { backend: orders.internal }
 *     - definition: invoices.yaml
 *       mappings: [{ basePath: invoices }, { domain: invoices.example.com }]   # [] for none
 *     - pets.yaml                      # short for { definition: pets.yaml }
 *   functions:
 *     resize: { file: functions/resize.mjs, handler: handler, timeout: 10s, memory: 512, concurrency: 4 }
 *     hello: functions/hello.mjs       # short for { file: ... }; FILE#EXPORT names the handler
 *   awsEndpoints: { sqs: "http://localhost:9324" }
 *   upstream: { connections: 64, connectTimeout: 2s }
 *   upstreams:                         # read by upstream/balancing/read-upstream.ts
 *     orders: { targets: [10.0.0.1:8080, 10.0.0.2:8080] }
 *   limits: { maxInFlight: 5000 }
 *   accessLog: json                    # short for { format: json }
 *   redis: redis://localhost:6379      # short for { url: ... }
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { printable } from '../telemetry/printable.js';
import type { UpstreamPath } from '../upstream/balancing/read-upstream.js';
import { suggestion } from './did-you-mean.js';
import { readText } from './read-text.js';
import { type Layer, SETTINGS, type SettingKey, settingKeys, type Written } from './setting-table.js';

export interface ConfigFile {
  layer: Layer;
  /** For every API that does not set them itself. */
  stageVariables: ReadonlyMap<string, Written>;
  /** Undefined when the file has no `apis`. */
  apis?: readonly FileApi[];
  functions: readonly FileFunction[];
  /** Base URLs by service. */
  awsEndpoints: ReadonlyMap<string, Written>;
  upstreams: readonly FileUpstream[];
  /** `propylon.yaml:3:7: ...`, in the order of the file. */
  problems: readonly string[];
}

export interface FileApi {
  where: string;
  definition: Written;
  id?: Written;
  stage?: Written;
  /** `basePath` and `domain` of the entry itself. */
  mapping?: FileMapping;
  /** Its list of them, in place of those. */
  mappings?: readonly FileMapping[];
  stageVariables: ReadonlyMap<string, Written>;
}

export interface FileMapping {
  basePath?: Written;
  domain?: Written;
}

export interface FileFunction {
  name: Written;
  file: Written;
  handler?: Written;
  timeout?: Written;
  memory?: Written;
  concurrency?: Written;
  environment: ReadonlyMap<string, Written>;
}

/** An upstream of several targets, as it is written. */
export interface FileUpstream {
  name: Written;
  /** Maps, lists, texts, numbers and booleans. */
  value: unknown;
  /** What to name in a message: `propylon.yaml:3:7: upstreams.orders.retry.on[1]`. */
  where(path: UpstreamPath): string;
}

/** Nobody writes that much by hand. */
const MAX_BYTES = 1_048_576;

/** Sections that may be one value instead, and which of theirs it is. */
const SHORT_FORMS: ReadonlyMap<string, SettingKey> = new Map([
  ['accessLog', 'accessLog'],
  ['redis', 'redis'],
]);

const MAPPING_KEYS = ['basePath', 'domain'] as const;

/** Aliases that point at aliases, at most. */
const MAX_ALIASES = 16;

/**
 * @param shownPath how messages name the file
 * @throws Error in one sentence when the file cannot be read at all
 */
export function readConfigFile(path: string, shownPath = path): ConfigFile {
  let text: string;
  try {
    text = readText(path, MAX_BYTES);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`cannot read the configuration file ${shownPath}: ${reason}`, { cause: error });
  }
  return new Reader(shownPath, text).read();
}

type Members = Map<string, { key: Node; value: Node | null }>;

class Reader {
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #problems: string[] = [];

  constructor(path: string, text: string) {
    this.#path = path;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  read(): ConfigFile {
    const layer = new Map<SettingKey, Written>();
    const nothing: ConfigFile = {
      layer,
      stageVariables: new Map(),
      functions: [],
      awsEndpoints: new Map(),
      upstreams: [],
      problems: this.#problems,
    };
    for (const error of this.#document.errors) {
      this.#problem(error.pos[0], `not valid YAML: ${firstLine(error.message)}`);
    }
    if (this.#problems.length > 0) return nothing;
    const top = this.#members(this.#document.contents, 'the file', topKeys());
    if (top === undefined) return nothing;
    this.#readSettings(top, layer);
    return {
      layer,
      stageVariables: this.#texts(top, 'stageVariables', ''),
      ...(top.has('apis') ? { apis: this.#apis(top) } : {}),
      functions: this.#functions(top),
      awsEndpoints: this.#texts(top, 'awsEndpoints', ''),
      upstreams: this.#upstreams(top),
      problems: this.#problems,
    };
  }

  #readSettings(top: Members, layer: Map<SettingKey, Written>): void {
    const sections = new Map<string, Members>();
    for (const section of sectionNames()) {
      const node = this.#value(top, section, '');
      if (node === undefined) continue;
      const short = SHORT_FORMS.get(section);
      if (short !== undefined && isScalar(node)) {
        this.#set(layer, short, this.#written(node, section));
        continue;
      }
      const members = this.#members(node, section, sectionKeys(section));
      if (members !== undefined) sections.set(section, members);
    }
    for (const key of settingKeys()) {
      const path = rowPath(key);
      const [first, second] = path;
      if (first === undefined) continue;
      const members = second === undefined ? top : sections.get(first);
      const prefix = second === undefined ? '' : `${first}.`;
      if (members !== undefined) this.#set(layer, key, this.#text(members, second ?? first, prefix));
    }
  }

  #set(layer: Map<SettingKey, Written>, key: SettingKey, written: Written | undefined): void {
    if (written !== undefined) layer.set(key, written);
  }

  #apis(top: Members): FileApi[] {
    const node = this.#value(top, 'apis', '');
    if (node === undefined) return [];
    if (!isSeq(node)) {
      this.#problem(node, 'apis must be a list, each entry with a definition');
      return [];
    }
    return node.items.flatMap((item, i) => this.#api(this.#resolve(item as Node | null), `apis[${i}]`) ?? []);
  }

  #api(node: Node | null, name: string): FileApi | undefined {
    if (isScalar(node) && node.value !== null) {
      const definition = this.#written(node, name);
      return definition && { where: definition.where, definition, stageVariables: new Map() };
    }
    const members = this.#members(node, name, [
      'definition',
      'id',
      'stage',
      'stageVariables',
      ...MAPPING_KEYS,
      'mappings',
    ]);
    if (members === undefined || node === null) return undefined;
    const prefix = `${name}.`;
    const definition = this.#text(members, 'definition', prefix);
    if (definition === undefined && !members.has('definition')) {
      this.#problem(node, `${name} has no definition: name the OpenAPI document`);
    }
    const optional = this.#optional(members, prefix, ['id', 'stage']);
    const mapped = this.#mapped(members, prefix);
    const stageVariables = this.#texts(members, 'stageVariables', prefix);
    return (
      definition && { where: this.#where(node, name), definition, ...optional, ...mapped, stageVariables }
    );
  }

  #mapped(members: Members, prefix: string): Pick<FileApi, 'mapping' | 'mappings'> {
    const mapping = this.#optional(members, prefix, MAPPING_KEYS);
    const node = this.#value(members, 'mappings', prefix);
    const isMapped = Object.keys(mapping).length > 0;
    if (node === undefined) return isMapped ? { mapping } : {};
    if (isMapped) {
      this.#problem(node, `${prefix}mappings stands beside basePath or domain: move those into the list`);
    }
    if (isSeq(node))
      return {
        mappings: node.items.flatMap(
          (item, i) => this.#mapping(item as Node, `${prefix}mappings[${i}]`) ?? [],
        ),
      };
    this.#problem(node, `${prefix}mappings must be a list, each entry with a basePath, a domain or both`);
    return {};
  }

  #mapping(item: Node, name: string): FileMapping | undefined {
    const node = this.#resolve(item);
    const members = this.#members(node, name, MAPPING_KEYS);
    if (members === undefined) return undefined;
    const mapping = this.#optional(members, `${name}.`, MAPPING_KEYS);
    if (members.size > 0) return mapping;
    this.#problem(node ?? 0, `${name} is empty: give it a basePath, a domain or both`);
    return undefined;
  }

  #functions(top: Members): FileFunction[] {
    const node = this.#value(top, 'functions', '');
    if (node === undefined) return [];
    const members = this.#members(node, 'functions');
    return [...(members ?? [])].flatMap(([name, { key, value }]) => {
      const label = `functions.${printable(name)}`;
      return this.#function({ text: name, where: this.#where(key, label) }, value, label) ?? [];
    });
  }

  #function(name: Written, node: Node | null, label: string): FileFunction | undefined {
    if (isScalar(node) && node.value !== null) {
      const file = this.#written(node, label);
      return file && { name, file, environment: new Map() };
    }
    const members = this.#members(node, label, [
      'file',
      'handler',
      'timeout',
      'memory',
      'concurrency',
      'environment',
    ]);
    if (members === undefined || node === null) return undefined;
    const prefix = `${label}.`;
    const file = this.#text(members, 'file', prefix);
    if (file === undefined && !members.has('file')) {
      this.#problem(node, `${label} has no file: name the module with the handler`);
    }
    const optional = this.#optional(members, prefix, ['handler', 'timeout', 'memory', 'concurrency']);
    const environment = this.#texts(members, 'environment', prefix);
    return file && { name, file, ...optional, environment };
  }

  #upstreams(top: Members): FileUpstream[] {
    const node = this.#value(top, 'upstreams', '');
    if (node === undefined) return [];
    const members = this.#members(node, 'upstreams');
    return [...(members ?? [])].flatMap(([name, { key, value }]) => {
      const label = `upstreams.${printable(name)}`;
      const where = (path: UpstreamPath): string =>
        this.#where(this.#below(value, path) ?? key, label + path.map(pathPart).join(''));
      try {
        const plain: unknown = value?.toJS(this.#document);
        return [{ name: { text: name, where: this.#where(key, label) }, value: plain, where }];
      } catch (error) {
        // Aliases that stand for far more than is written.
        this.#problem(key, `${label} cannot be read: ${firstLine((error as Error).message)}`);
        return [];
      }
    });
  }

  /** The value at a path, or the nearest around it. */
  #below(node: Node | null, path: UpstreamPath): Node | null {
    let at = node;
    for (const step of path) {
      const inside = this.#resolve(at);
      let next: Node | null | undefined;
      if (isSeq(inside)) next = inside.items[Number(step)] as Node | undefined;
      else if (isMap(inside)) {
        const pair = inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        next = (pair?.value ?? pair?.key) as Node | undefined;
      }
      if (next === undefined || next === null) return at;
      at = next;
    }
    return at;
  }

  #optional<K extends string>(
    members: Members,
    prefix: string,
    keys: readonly K[],
  ): Partial<Record<K, Written>> {
    const found: Partial<Record<K, Written>> = {};
    for (const key of keys) {
      const written = this.#text(members, key, prefix);
      if (written !== undefined) found[key] = written;
    }
    return found;
  }

  /** A map of texts such as stage variables. */
  #texts(members: Members, key: string, prefix: string): Map<string, Written> {
    const texts = new Map<string, Written>();
    const node = this.#value(members, key, prefix);
    const inner = node && this.#members(node, prefix + key);
    for (const name of inner?.keys() ?? []) {
      const written = inner && this.#text(inner, name, `${prefix}${key}.`);
      if (written !== undefined) texts.set(name, written);
    }
    return texts;
  }

  #text(members: Members, key: string, prefix: string): Written | undefined {
    const node = this.#value(members, key, prefix);
    return node && this.#written(node, prefix + key);
  }

  /** The text as it stands in the file: `000000000000` and `1.10` are not numbers to us. */
  #written(node: Node, name: string): Written | undefined {
    if (isScalar(node)) {
      const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
      return { text, where: this.#where(node, printable(name)) };
    }
    this.#problem(node, `${printable(name)} must be one value, not a ${isMap(node) ? 'map' : 'list'}`);
    return undefined;
  }

  /** A member's node; undefined when there is none, or none with a value, which is a problem. */
  #value(members: Members, key: string, prefix: string): Node | undefined {
    const member = members.get(key);
    if (member === undefined) return undefined;
    if (member.value !== null && !(isScalar(member.value) && member.value.value === null))
      return member.value;
    this.#problem(member.key, `${printable(prefix + key)} has no value: give it one or take the line out`);
    return undefined;
  }

  /** The members of a map, aliases resolved; unknown keys are problems when the known ones are given. */
  #members(node: Node | null, name: string, known?: readonly string[]): Members | undefined {
    if (!isMap(node)) {
      this.#problem(
        node ?? 0,
        `${printable(name)} must be a map of ${known?.join(', ') ?? 'names and values'}`,
      );
      return undefined;
    }
    const members: Members = new Map();
    for (const { key, value } of (node as YAMLMap<Node, Node | null>).items) {
      const text = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : '';
      if (known !== undefined && !known.includes(text)) {
        const inside = name === 'the file' ? '' : ` in ${printable(name)}`;
        this.#problem(key, `the key ${printable(text)} is not known${inside}${suggestion(text, known)}`);
      } else {
        members.set(text, { key, value: this.#resolve(value) });
      }
    }
    return members;
  }

  #resolve(node: Node | null): Node | null {
    let at: Node | null = node;
    for (let i = 0; i < MAX_ALIASES && isAlias(at); i++) at = at.resolve(this.#document) ?? null;
    return at;
  }

  #where(node: Node | number, name: string): string {
    return `${this.#position(node)}: ${name}`;
  }

  #problem(node: Node | number, sentence: string): void {
    this.#problems.push(`${this.#position(node)}: ${sentence}`);
  }

  #position(node: Node | number): string {
    const offset = typeof node === 'number' ? node : (node.range?.[0] ?? 0);
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#path}:${line}:${col}`;
  }
}

function rowPath(key: SettingKey): readonly string[] {
  return SETTINGS[key].path ?? [];
}

function sectionNames(): string[] {
  return [
    ...new Set(settingKeys().flatMap((key) => (rowPath(key).length > 1 ? [rowPath(key)[0] ?? ''] : []))),
  ];
}

function sectionKeys(section: string): string[] {
  return settingKeys().flatMap((key) => (rowPath(key)[0] === section ? [rowPath(key)[1] ?? ''] : []));
}

function topKeys(): string[] {
  return [
    ...new Set([
      ...settingKeys().flatMap((key) => rowPath(key)[0] ?? []),
      'stageVariables',
      'apis',
      'functions',
      'awsEndpoints',
      'upstreams',
    ]),
  ];
}

function pathPart(step: string | number): string {
  return typeof step === 'number' ? `[${step}]` : `.${printable(step)}`;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
