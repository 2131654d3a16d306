/**
 * From host and path to a deployed stage: execute-api addresses and base path mappings, reference 01 sections 1, 2
 * and 7. Nothing in a path is decoded.
 */
import type { Api, Mapping, Stage } from '../model/snapshot.js';
import { normalizeHost } from './host.js';

/** What addresses are compiled from: a `Snapshot` is one. */
export interface Addresses {
  apis: Iterable<Pick<Api, 'id' | 'disableExecuteApiEndpoint'> & { stages: Iterable<Pick<Stage, 'name'>> }>;
  mappings: Iterable<Mapping>;
}

/** Where a request arrived, and the forms of its path that the rest of the gateway needs. */
export interface Address<S> {
  /** What `lookup` gave for the stage. */
  target: S;
  apiId: string;
  stageName: string;
  /** What the resource tree sees: stage and base path removed, extra slashes at its start collapsed. */
  resourcePath: string;
  /** `requestContext.path`, `$context.path`: with the stage on execute-api addresses, with the base path on mappings. */
  contextPath: string;
  /** The event's `path`: without the stage, with the base path of a mapping. */
  eventPath: string;
  /** The host without port, lower case. */
  domainName: string;
  /** Its first label. */
  domainPrefix: string;
  /** Base path of the mapping, e.g. `v1/orders`; empty for a root mapping and on execute-api addresses. */
  basePathMatched: string;
}

/**
 * Unknown API or stage, no mapping for the path, a switched-off execute-api endpoint: all answer 403 `Forbidden`
 * (reference 01 section 4).
 */
export type AddressFailure = 'forbidden';

export interface AddressOptions {
  /** Answer at `{apiId}.execute-api.*`. */
  executeApiHosts: boolean;
  /** Answer at `/_aws/execute-api/{apiId}/{stage}/`, on any host. */
  executeApiPaths: boolean;
}

interface ApiEntry<S> {
  readonly apiId: string;
  readonly disabled: boolean;
  readonly stages: ReadonlyMap<string, StageEntry<S>>;
}

interface StageEntry<S> {
  readonly apiId: string;
  readonly stageName: string;
  readonly target: S;
}

interface MappingEntry<S> {
  readonly basePath: string;
  /** `/{basePath}`; empty for the root. */
  readonly prefix: string;
  /** The stage it fixes; null: the next segment names one of `stages`. */
  readonly stage: StageEntry<S> | null;
  readonly stages: ReadonlyMap<string, StageEntry<S>>;
}

/** Base paths of one domain, segment by segment. */
interface MappingNode<S> {
  mapping: MappingEntry<S> | null;
  children: Map<string, MappingNode<S>> | null;
}

/** What a host decides: an API, or the mappings that may apply, or (both null) nothing. */
interface HostEntry<S> {
  readonly domainName: string;
  readonly domainPrefix: string;
  readonly api: ApiEntry<S> | null;
  readonly mappings: MappingNode<S> | null;
}

/** Hosts remembered, and the longest that is: 253 characters are the most a name can have, 6 more a port. */
const MAX_SEEN_HOSTS = 256;
const MAX_SEEN_LENGTH = 259;

const SLASH = 47;
const UNDERSCORE = 95;
const EXECUTE_API_PATH = '/_aws/execute-api/';
const EXECUTE_API_LABEL = 'execute-api.';
const NO_STAGES: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * Compiles the addresses of a configuration.
 * @param lookup called once for every deployed stage; its result is `Address.target`
 * @throws Error when two mappings have the same domain and base path
 */
export function compileAddresses<S>(
  addresses: Addresses,
  options: AddressOptions,
  lookup: (apiId: string, stageName: string) => S,
): AddressTable<S> {
  return new AddressTable(addresses, options, lookup);
}

export class AddressTable<S> {
  readonly #options: AddressOptions;
  readonly #apis = new Map<string, ApiEntry<S>>();
  /** Mappings by domain; `''` holds those of any host, `*.example.com` those of a wildcard. */
  readonly #domains = new Map<string, MappingNode<S>>();
  /** The host seen last, and what it decided: most nodes are known by one name, and comparing it is one `memcmp`. */
  #host: string | null = null;
  #entry: HostEntry<S> | null = null;
  /** What others decided; emptied when full, so that invented hosts cost time but no memory. */
  readonly #seen = new Map<string, HostEntry<S>>();
  /** The one result, written anew by every call. */
  #address: Address<S> | null = null;

  constructor(
    addresses: Addresses,
    options: AddressOptions,
    lookup: (apiId: string, stageName: string) => S,
  ) {
    this.#options = { ...options };
    for (const { id: apiId, disableExecuteApiEndpoint: disabled, stages } of addresses.apis) {
      const entries = new Map<string, StageEntry<S>>();
      for (const { name: stageName } of stages) {
        const target = lookup(apiId, stageName);
        entries.set(stageName, { apiId, stageName, target });
      }
      this.#apis.set(apiId, { apiId, disabled, stages: entries });
    }
    for (const mapping of addresses.mappings) this.#addMapping(mapping);
  }

  /**
   * @param host the Host header as sent, port included or not
   * @param path raw path of the request line
   * @returns an object that the next call overwrites: take what you need from it before that
   */
  resolve(host: string, path: string): Address<S> | AddressFailure {
    const entry = host === this.#host && this.#entry !== null ? this.#entry : this.#enter(host);
    if (path.charCodeAt(0) !== SLASH) return 'forbidden';
    if (
      this.#options.executeApiPaths &&
      path.charCodeAt(1) === UNDERSCORE &&
      path.startsWith(EXECUTE_API_PATH)
    ) {
      const start = EXECUTE_API_PATH.length;
      const stop = segmentEnd(path, start);
      const api = this.#apis.get(path.slice(start, stop));
      return api === undefined ? 'forbidden' : this.#executeApi(entry, api, path, stop);
    }
    if (entry.api !== null) return this.#executeApi(entry, entry.api, path, 0);
    if (entry.mappings !== null) return this.#mapped(entry, entry.mappings, path);
    return 'forbidden';
  }

  /** @param at where the slash before the stage is */
  #executeApi(entry: HostEntry<S>, api: ApiEntry<S>, path: string, at: number): Address<S> | AddressFailure {
    if (api.disabled) return 'forbidden';
    const start = lastSlash(path, at) + 1;
    const stop = segmentEnd(path, start);
    const stage = api.stages.get(path.slice(start, stop));
    if (stage === undefined) return 'forbidden';
    const contextPath = start === 1 ? path : path.slice(start - 1);
    const resourcePath = fromLastSlash(path, stop);
    return this.#fill(entry, stage, resourcePath, contextPath, resourcePath, '');
  }

  #mapped(entry: HostEntry<S>, root: MappingNode<S>, path: string): Address<S> | AddressFailure {
    const first = lastSlash(path, 0);
    let mapping = root.mapping;
    /** Where the path goes on behind the base path. */
    let rest = first;
    let at = first + 1;
    for (let node = root; node.children !== null; ) {
      const stop = segmentEnd(path, at);
      const next = node.children.get(path.slice(at, stop));
      if (next === undefined) break;
      node = next;
      at = stop + 1;
      if (node.mapping !== null) {
        mapping = node.mapping;
        rest = stop;
      }
      if (stop === path.length) break;
    }
    if (mapping === null) return 'forbidden';

    const { prefix, basePath } = mapping;
    let stage = mapping.stage;
    if (stage === null) {
      const start = lastSlash(path, rest) + 1;
      rest = segmentEnd(path, start);
      stage = mapping.stages.get(path.slice(start, rest)) ?? null;
      if (stage === null) return 'forbidden';
    }
    const resourcePath = fromLastSlash(path, rest);
    if (prefix === '') {
      // Behind a stage extra slashes are kept in the context, as on execute-api addresses.
      const contextPath = rest === path.length ? '/' : rest === 0 ? path : path.slice(rest);
      return this.#fill(entry, stage, resourcePath, contextPath, resourcePath, basePath);
    }
    const contextPath = rest === prefix.length ? path : prefix + path.slice(rest);
    const single = path.charCodeAt(rest + 1) !== SLASH;
    const eventPath = single ? contextPath : prefix + resourcePath;
    return this.#fill(entry, stage, resourcePath, contextPath, eventPath, basePath);
  }

  #fill(
    { domainName, domainPrefix }: HostEntry<S>,
    { apiId, stageName, target }: StageEntry<S>,
    resourcePath: string,
    contextPath: string,
    eventPath: string,
    basePathMatched: string,
  ): Address<S> {
    const address = this.#address;
    if (address === null) {
      this.#address = {
        target,
        apiId,
        stageName,
        resourcePath,
        contextPath,
        eventPath,
        domainName,
        domainPrefix,
        basePathMatched,
      };
      return this.#address;
    }
    address.target = target;
    address.apiId = apiId;
    address.stageName = stageName;
    address.resourcePath = resourcePath;
    address.contextPath = contextPath;
    address.eventPath = eventPath;
    address.domainName = domainName;
    address.domainPrefix = domainPrefix;
    address.basePathMatched = basePathMatched;
    return address;
  }

  #enter(host: string): HostEntry<S> {
    let entry = this.#seen.get(host);
    if (entry === undefined) {
      entry = this.#decide(host);
      if (host.length <= MAX_SEEN_LENGTH) {
        if (this.#seen.size === MAX_SEEN_HOSTS) this.#seen.clear();
        this.#seen.set(host, entry);
      }
    }
    this.#host = host;
    this.#entry = entry;
    return entry;
  }

  /**
   * Decides what a host stands for: an exact domain, an execute-api host, a wildcard domain (one label in the place of
   * the star, as certificates have it), any host. The first that fits is the only one: an exact domain without a
   * mapping for the path does not fall back to the wildcard.
   */
  #decide(host: string): HostEntry<S> {
    const domainName = normalizeHost(host);
    const dot = domainName.indexOf('.');
    const domainPrefix = dot < 0 ? domainName : domainName.slice(0, dot);
    const exact = domainName === '' ? undefined : this.#domains.get(domainName);
    if (exact !== undefined) return { domainName, domainPrefix, api: null, mappings: exact };
    if (this.#options.executeApiHosts && dot >= 0 && domainName.startsWith(EXECUTE_API_LABEL, dot + 1)) {
      const api = this.#apis.get(domainPrefix) ?? this.#apis.get(withoutEndpoint(domainPrefix)) ?? null;
      return { domainName, domainPrefix, api, mappings: null };
    }
    const wildcard = dot < 0 ? undefined : this.#domains.get(`*${domainName.slice(dot)}`);
    return { domainName, domainPrefix, api: null, mappings: wildcard ?? this.#domains.get('') ?? null };
  }

  #addMapping({ domain, basePath, apiId, stage }: Mapping): void {
    let node = this.#domains.get(domain);
    if (node === undefined) {
      node = { mapping: null, children: null };
      this.#domains.set(domain, node);
    }
    if (basePath !== '') {
      for (const segment of basePath.split('/')) {
        node.children ??= new Map();
        let child = node.children.get(segment);
        if (child === undefined) {
          child = { mapping: null, children: null };
          node.children.set(segment, child);
        }
        node = child;
      }
    }
    if (node.mapping !== null) {
      throw new Error(
        `Two mappings have base path "/${basePath}" on ${domain === '' ? 'any host' : `domain "${domain}"`}; the second is for API "${apiId}". Give one of them another base path or domain`,
      );
    }
    // A mapping to what is not deployed still owns its base path: it answers 403, as an unknown stage does.
    const stages = this.#apis.get(apiId)?.stages ?? NO_STAGES;
    const fixed = stage === '' ? null : (stages.get(stage) ?? null);
    node.mapping = {
      basePath,
      prefix: basePath === '' ? '' : `/${basePath}`,
      stage: fixed,
      stages: stage === '' ? stages : NO_STAGES,
    };
  }
}

/** `{apiId}-{vpceId}` names the API too. */
function withoutEndpoint(label: string): string {
  const vpce = label.indexOf('-vpce-');
  return vpce < 0 ? label : label.slice(0, vpce);
}

function segmentEnd(path: string, start: number): number {
  const stop = path.indexOf('/', start);
  return stop < 0 ? path.length : stop;
}

/** Index of the last of the slashes that follow each other from `at` on; `at` when there is none. */
function lastSlash(path: string, at: number): number {
  let last = at;
  while (path.charCodeAt(last + 1) === SLASH) last++;
  return last;
}

/** The path from `at` on, `at` being its end or a slash; extra slashes at its start are dropped. */
function fromLastSlash(path: string, at: number): string {
  if (at === path.length) return '/';
  const start = lastSlash(path, at);
  return start === 0 ? path : path.slice(start);
}
