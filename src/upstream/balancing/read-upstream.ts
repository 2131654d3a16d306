/**
 * Reads what people write about an upstream, in `propylon.yaml` and in `x-propylon-upstream`, from plain values:
 *
 *     targets: [{ address: 10.0.0.1:8080, weight: 2 }, 10.0.0.2:8080]
 *     balance: round-robin              # or least-requests, consistent-hash with hashOn
 *     ...
 *
 * Every problem is told with the way to its place; the reader goes on, so that one run tells all of them.
 */
import { formatDuration, parseDuration } from '../../model/duration.js';
import { parseAuthority } from '../authority.js';
import type {
  BalancedTlsSettings,
  BalancedUpstreamSettings,
  CircuitBreakerSettings,
  HashSource,
  HealthCheckSettings,
  OutlierDetectionSettings,
  RetrySettings,
  ShadowSettings,
  TargetSettings,
} from './settings.js';

/** Keys and indexes from the upstream's own map downwards. */
export type UpstreamPath = readonly (string | number)[];

/** @param message begins behind the name of the place: `must be ...` */
export type ReportUpstream = (path: UpstreamPath, message: string) => void;

/** Certificate files by their key, as written; only who owns the machine may name files. */
export interface TlsFiles {
  cert?: string;
  key?: string;
  ca?: string;
}

export interface ReadUpstream {
  readonly settings: BalancedUpstreamSettings;
  readonly tlsFiles: TlsFiles;
}

/** The choice of a target looks at each of them. */
const MAX_TARGETS = 100;
const MAX_WEIGHT = 1_000;
const HOUR_MS = 3_600_000;
/** Checks are spread over their interval; a hundred targets are a check a millisecond then. */
const LEAST_INTERVAL_MS = 100;

/**
 * @param value maps, lists, texts, numbers and booleans
 * @param files whether `tls` may name files
 * @returns undefined after a problem
 */
export function readUpstream(
  value: unknown,
  files: boolean,
  report: ReportUpstream,
): ReadUpstream | undefined {
  let sound = true;
  const root = new Place(value, [], (path, message) => {
    sound = false;
    report(path, message);
  });
  const read = readMembers(root, files);
  return sound ? read : undefined;
}

function readMembers(root: Place, files: boolean): ReadUpstream {
  const members = root.members([
    'targets',
    'balance',
    'hashOn',
    'healthCheck',
    'outlierDetection',
    'circuitBreaker',
    'retry',
    'slowStart',
    'shadow',
    'tls',
  ]);
  const balance =
    members.get('balance')?.oneOf('round-robin', 'least-requests', 'consistent-hash') ?? 'round-robin';
  const { tls, tlsFiles } = readTls(members.get('tls'), files);
  const defaultPort = members.has('tls') ? 443 : 80;
  return {
    tlsFiles,
    settings: {
      targets: readTargets(root, members.get('targets'), defaultPort),
      balance,
      hashOn: readHashOn(members.get('hashOn'), balance),
      slowStartMs: members.get('slowStart')?.duration(0, HOUR_MS) ?? 0,
      ...optional('healthCheck', members.get('healthCheck'), readHealthCheck),
      ...optional('outlierDetection', members.get('outlierDetection'), readOutlierDetection),
      ...optional('circuitBreaker', members.get('circuitBreaker'), readCircuitBreaker),
      ...optional('retry', members.get('retry'), readRetry),
      ...optional('shadow', members.get('shadow'), readShadow),
      ...(tls === undefined ? {} : { tls }),
    },
  };
}

function optional<K extends string, T>(
  key: K,
  place: Place | undefined,
  read: (place: Place) => T | undefined,
): { [key in K]?: T } {
  const value = place === undefined ? undefined : read(place);
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: T });
}

/** @param defaultPort without `tls` the URI decides; 80 then, since nobody speaks TLS there */
function readTargets(root: Place, place: Place | undefined, defaultPort: number): TargetSettings[] {
  if (place === undefined) {
    if (root.lacks('targets')) root.problem('needs targets: list at least one address such as 10.0.0.1:8080');
    return [];
  }
  const items = place.items();
  if (items !== undefined && (items.length === 0 || items.length > MAX_TARGETS)) {
    place.problem(`must list 1 to ${MAX_TARGETS} targets, not ${items.length}`);
    return [];
  }
  const seen = new Set<string>();
  return (items ?? []).flatMap((item) => {
    const target = readTarget(item);
    if (target === undefined) return [];
    const name = `${target.host} ${target.port ?? defaultPort}`;
    if (seen.has(name)) item.problem('is the same target as one before it: give that one more weight');
    seen.add(name);
    return [target];
  });
}

function readTarget(place: Place): TargetSettings | undefined {
  const members = place.isMap ? place.members(['address', 'weight']) : undefined;
  const at = members === undefined ? place : members.get('address');
  if (at === undefined) {
    if (place.lacks('address')) place.problem('needs an address such as 10.0.0.1:8080');
    return undefined;
  }
  const text = at.text();
  if (text === undefined) return undefined;
  const authority = parseAuthority(text);
  // A number alone is a host to parsers and a port to people.
  if (authority === undefined || /^\d+$/.test(authority.host)) {
    const examples = '10.0.0.1:8080, orders-1.internal or [fd00::1]:8080';
    return at.problem(`must be an address such as ${examples}, not ${shown(text)}`);
  }
  const { host, port } = authority;
  const weight = members?.get('weight')?.integer(1, MAX_WEIGHT) ?? 1;
  return { host, weight, ...(port === undefined ? {} : { port }) };
}

function readHashOn(place: Place | undefined, balance: BalancedUpstreamSettings['balance']): HashSource {
  const none: HashSource = { kind: 'source-ip' };
  if (place === undefined) return none;
  const text = place.text();
  if (text === undefined) return none;
  if (balance !== 'consistent-hash') {
    place.problem('has an effect with balance: consistent-hash only: set that or take hashOn out');
  } else if (text === 'source-ip' || text === 'path') return { kind: text };
  else {
    const name = /^header:([A-Za-z0-9-]{1,100})$/.exec(text)?.[1];
    if (name !== undefined) return { kind: 'header', name: name.toLowerCase() };
    place.problem(`must be source-ip, path or header:NAME, not ${shown(text)}`);
  }
  return none;
}

function readHealthCheck(place: Place): HealthCheckSettings {
  const members = place.members(['path', 'host', 'interval', 'timeout', 'unhealthyAfter', 'healthyAfter']);
  const path = members.get('path')?.matching(/^\/[!-~]{0,1000}$/, 'a path such as /health') ?? '/';
  const host = members.get('host')?.matching(/^[A-Za-z0-9_.:[\]-]{1,253}$/, 'a host such as api.internal');
  const interval = members.get('interval');
  const readMs = interval === undefined ? 5_000 : interval.duration(LEAST_INTERVAL_MS, HOUR_MS);
  const intervalMs = readMs ?? HOUR_MS;
  const timeout = members.get('timeout');
  const timeoutMs = timeout?.duration(1, HOUR_MS) ?? Math.min(1_000, intervalMs);
  // A check that is due while the one before it is under way is left out.
  if (timeoutMs > intervalMs) {
    const most = formatDuration(intervalMs);
    timeout?.problem(`must not be longer than the interval of ${most}, and is ${formatDuration(timeoutMs)}`);
  }
  return {
    path,
    ...(host === undefined ? {} : { host }),
    intervalMs,
    timeoutMs,
    unhealthyAfter: members.get('unhealthyAfter')?.integer(1, 1_000) ?? 3,
    healthyAfter: members.get('healthyAfter')?.integer(1, 1_000) ?? 2,
  };
}

function readOutlierDetection(place: Place): OutlierDetectionSettings {
  const members = place.members(['consecutiveFailures', 'ejectionTime', 'maxEjected']);
  return {
    consecutiveFailures: members.get('consecutiveFailures')?.integer(1, 1_000) ?? 5,
    ejectionMs: members.get('ejectionTime')?.duration(1, HOUR_MS) ?? 30_000,
    maxEjected: members.get('maxEjected')?.percent(100) ?? 50,
  };
}

function readCircuitBreaker(place: Place): CircuitBreakerSettings {
  const members = place.members(['maxRequests', 'maxPending']);
  return {
    maxRequests: members.get('maxRequests')?.integer(1, 1_000_000) ?? 1_024,
    maxPending: members.get('maxPending')?.integer(0, 1_000_000) ?? 256,
  };
}

function readRetry(place: Place): RetrySettings {
  const members = place.members(['attempts', 'budget', 'on', 'nonIdempotent']);
  const conditions = members.get('on')?.items() ?? [];
  const names = new Set<string>();
  const onStatus = new Set<number>();
  for (const condition of conditions) {
    const text = condition.text();
    if (text === undefined) continue;
    if (text === 'connect-failure' || text === 'reset') names.add(text);
    else if (/^(?:429|5\d\d)$/.test(text)) onStatus.add(Number(text));
    else {
      const rule = 'must be connect-failure, reset, 429 or a status from 500 to 599';
      condition.problem(`${rule}, not ${shown(text)}`);
    }
  }
  return {
    attempts: members.get('attempts')?.integer(2, 10) ?? 2,
    budget: members.get('budget')?.percent(1_000) ?? 20,
    onConnectFailure: !members.has('on') || names.has('connect-failure'),
    onReset: names.has('reset'),
    onStatus,
    nonIdempotent: members.get('nonIdempotent')?.boolean() ?? false,
  };
}

function readShadow(place: Place): ShadowSettings | undefined {
  const members = place.members(['upstream', 'percent']);
  const upstream = members.get('upstream')?.matching(UPSTREAM_NAME, 'the name of an upstream');
  if (place.lacks('upstream')) place.problem('needs the name of an upstream that gets the copies');
  const percent = members.get('percent')?.percent(100) ?? 100;
  return upstream === undefined ? undefined : { upstream: upstream.toLowerCase(), percent };
}

function readTls(
  place: Place | undefined,
  files: boolean,
): { tls?: BalancedTlsSettings; tlsFiles: TlsFiles } {
  if (place === undefined) return { tlsFiles: {} };
  const members = place.members(['serverName', 'insecureSkipVerification', 'cert', 'key', 'ca']);
  const tlsFiles: TlsFiles = {};
  for (const key of ['cert', 'key', 'ca'] as const) {
    const member = members.get(key);
    const file = member?.text();
    if (member !== undefined && !files) {
      member.problem('names a file, which only propylon.yaml may: configure a named upstream there');
    } else if (file !== undefined) tlsFiles[key] = file;
  }
  if (files && place.lacks('cert') !== place.lacks('key')) {
    place.problem('needs cert and key together: the certificate to show and its private key');
  }
  const serverName = members.get('serverName')?.matching(/^[A-Za-z0-9_.-]{1,253}$/, 'a host name');
  const insecureSkipVerification = members.get('insecureSkipVerification')?.boolean();
  return {
    tlsFiles,
    tls: {
      ...(serverName === undefined ? {} : { serverName }),
      ...(insecureSkipVerification === undefined ? {} : { insecureSkipVerification }),
    },
  };
}

/** A name is a host name, because URIs have it in the place of one. */
export const UPSTREAM_NAME = /^(?=.{1,253}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/** A value, and the way to it. */
class Place {
  readonly #value: unknown;
  readonly #path: UpstreamPath;
  readonly #report: ReportUpstream;

  constructor(value: unknown, path: UpstreamPath, report: ReportUpstream) {
    this.#value = value;
    this.#path = path;
    this.#report = report;
  }

  problem(message: string): undefined {
    this.#report(this.#path, message);
    return undefined;
  }

  get isMap(): boolean {
    return typeof this.#value === 'object' && this.#value !== null && !Array.isArray(this.#value);
  }

  /** Whether it is a map without this key; false when there is another problem, told elsewhere. */
  lacks(key: string): boolean {
    return this.isMap && !Object.hasOwn(this.#value as object, key);
  }

  /** The members of a map; keys that are not known are problems, as is a member without a value. */
  members(known: readonly string[]): Map<string, Place> {
    const found = new Map<string, Place>();
    if (!this.isMap) {
      this.problem(`must be a map of ${known.join(', ')}`);
      return found;
    }
    for (const [key, value] of Object.entries(this.#value as object)) {
      const place = new Place(value, [...this.#path, key], this.#report);
      if (!known.includes(key)) place.problem(`is not known: use ${known.join(', ')}`);
      else if (value === null || value === undefined)
        place.problem('has no value: give it one or take it out');
      else found.set(key, place);
    }
    return found;
  }

  items(): Place[] | undefined {
    if (!Array.isArray(this.#value)) return this.problem('must be a list');
    return this.#value.map((item, i) => new Place(item, [...this.#path, i], this.#report));
  }

  /** Numbers and booleans as they are usually written. */
  text(): string | undefined {
    const value = this.#value;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (value === null || value === undefined)
      return this.problem('has no value: give it one or take it out');
    return this.problem(`must be one value, not a ${this.isMap ? 'map' : 'list'}`);
  }

  matching(pattern: RegExp, what: string): string | undefined {
    const text = this.text();
    if (text === undefined || pattern.test(text)) return text;
    return this.problem(`must be ${what}, not ${shown(text)}`);
  }

  oneOf<const T extends string>(...values: T[]): T | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text);
    return found ?? this.problem(`must be one of ${values.join(', ')}, not ${shown(text)}`);
  }

  integer(least: number, most: number): number | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    return this.problem(`must be a whole number from ${least} to ${most}, not ${shown(text)}`);
  }

  /** `20%`; the sign may be left out. */
  percent(most: number): number | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    const match = /^(\d{1,4}(?:\.\d{1,3})?)%?$/.exec(text);
    const value = match === null ? Number.NaN : Number(match[1]);
    if (value <= most) return value;
    return this.problem(`must be a percentage from 0% to ${most}%, not ${shown(text)}`);
  }

  /** Milliseconds. */
  duration(least: number, most: number): number | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    const value = parseDuration(text);
    if (value >= least && value <= most) return value;
    return this.problem(
      `must be a time from ${formatDuration(least)} to ${formatDuration(most)} such as 5s or 500ms, not ${shown(text)}`,
    );
  }

  boolean(): boolean | undefined {
    const text = this.text()?.toLowerCase();
    if (text === undefined) return undefined;
    if (text === 'true' || text === 'false') return text === 'true';
    return this.problem(`must be true or false, not ${shown(text)}`);
  }
}

/** A value in a message: one short line. */
function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
