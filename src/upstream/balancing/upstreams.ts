/** The upstreams of several targets of one worker: those of `propylon.yaml` by name, and those integrations bring along. */
import { warnOfFault } from '../options.js';
import type { UpstreamClient, UpstreamPort } from '../upstream.js';
import { BalancedUpstream } from './balanced-upstream.js';
import { readUpstream } from './read-upstream.js';
import type { BalancedUpstreamSettings } from './settings.js';
import { type NamedUpstreams, openTargetCounts } from './target-counts.js';

export type Scheme = 'http' | 'https';

export interface UpstreamsOptions {
  /** Names in lower case. */
  readonly named: NamedUpstreams;
  readonly client: UpstreamPort;
  /** For health checks, closed with this; absent: none are made. */
  readonly checkClient?: UpstreamClient;
  /** Made by `allocateTargetCounts` for the same upstreams; absent: nobody reads the counts. */
  readonly counts?: SharedArrayBuffer;
}

export class Upstreams {
  readonly #settings: ReadonlyMap<string, BalancedUpstreamSettings>;
  readonly #options: UpstreamsOptions;
  readonly #counts: ReadonlyMap<string, Float64Array[]>;
  /** By name and scheme: made when first used, kept as long as the worker lives. */
  readonly #named = new Map<string, BalancedUpstream>();
  /** By scheme and text: what integrations bring along lives as long as one of them is served. */
  readonly #inline = new Map<string, WeakRef<BalancedUpstream>>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: UpstreamsOptions) {
    const { named, counts } = options;
    this.#options = options;
    this.#settings = new Map(Object.entries(named));
    this.#counts = counts === undefined ? new Map() : openTargetCounts(named, counts);
  }

  /** @param name in any case */
  has(name: string): boolean {
    return this.#settings.has(name.toLowerCase());
  }

  /** @returns why there is none, as a sentence without its end */
  named(name: string, scheme: Scheme): BalancedUpstream | string {
    const lower = name.toLowerCase();
    const settings = this.#settings.get(lower);
    if (settings === undefined) return `The configuration of this node has no upstream ${name}`;
    const problem = schemeProblem(settings, scheme);
    if (problem !== undefined) return problem;
    const key = `${scheme} ${lower}`;
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const upstream = this.#make(lower, settings, scheme);
    // Before its shadow is looked for: two upstreams may be each other's shadow.
    this.#named.set(key, upstream);
    const fault = this.#setShadow(upstream, scheme);
    if (fault !== undefined) {
      this.#named.delete(key);
      return fault;
    }
    this.#startChecks(upstream);
    return upstream;
  }

  /**
   * @param text JSON of what an integration says
   * @returns why it cannot be used, as a sentence without its end
   */
  inline(text: string, scheme: Scheme): BalancedUpstream | string {
    const key = `${scheme} ${text}`;
    const known = this.#inline.get(key)?.deref();
    if (known !== undefined) return known;
    const settings = readInline(text);
    if (typeof settings === 'string') return settings;
    const problem = schemeProblem(settings, scheme);
    if (problem !== undefined) return problem;
    for (const [other, reference] of this.#inline) {
      if (reference.deref() === undefined) this.#inline.delete(other);
    }
    const upstream = this.#make('of the integration', settings, scheme);
    const fault = this.#setShadow(upstream, scheme);
    if (fault !== undefined) return fault;
    this.#inline.set(key, new WeakRef(upstream));
    this.#startChecks(upstream);
    return upstream;
  }

  /** Ends health checks and shadow copies. Requests under way are their callers' to end. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    for (const upstream of this.#named.values()) upstream.stop();
    for (const reference of this.#inline.values()) reference.deref()?.stop();
    await this.#options.checkClient?.close();
  }

  #make(name: string, settings: BalancedUpstreamSettings, scheme: Scheme): BalancedUpstream {
    const { client, checkClient } = this.#options;
    const counts = this.#counts.get(name);
    return new BalancedUpstream({
      name,
      settings,
      scheme,
      client,
      onFault: warnOfFault,
      ...(counts === undefined ? {} : { counts }),
      ...(checkClient === undefined ? {} : { checkClient }),
    });
  }

  #setShadow(upstream: BalancedUpstream, scheme: Scheme): string | undefined {
    const { shadow } = upstream.settings;
    if (shadow === undefined) return undefined;
    const { tls } = this.#settings.get(shadow.upstream) ?? {};
    const found = this.named(shadow.upstream, tls === undefined ? scheme : 'https');
    if (typeof found === 'string') return `${found}, which is to get shadow copies`;
    upstream.shadow = found;
    return undefined;
  }

  /** The timer does not keep the upstream alive, and stops when it is gone. */
  #startChecks({ checks }: BalancedUpstream): void {
    if (checks === null) return;
    const reference = new WeakRef(checks);
    const timer = setInterval(() => {
      const alive = reference.deref();
      if (alive !== undefined) alive.next();
      else {
        clearInterval(timer);
        this.#timers.delete(timer);
      }
    }, checks.everyMs);
    timer.unref();
    this.#timers.add(timer);
  }
}

/** Snapshots may come from anywhere: what the importer has checked is checked again. */
function readInline(text: string): BalancedUpstreamSettings | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'The upstream of the integration is neither a name nor JSON';
  }
  let problem = 'The upstream of the integration cannot be used';
  const read = readUpstream(value, false, (path, message) => {
    problem = `x-propylon-upstream${path.map((key) => `.${key}`).join('')} ${message}`;
  });
  return read?.settings ?? problem;
}

function schemeProblem({ tls }: BalancedUpstreamSettings, scheme: Scheme): string | undefined {
  if (tls === undefined || scheme === 'https') return undefined;
  return 'The upstream has tls, but the URI says http: write https';
}
