/**
 * Name resolution with a short memory. `net.connect` asks `getaddrinfo` for every connection, in libuv's pool of four
 * threads, where a burst of connections queues behind itself (and behind every file operation of the process).
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Short enough to follow a fail-over by DNS, long enough to make a burst of connections one query. */
const TTL_MS = 10_000;
/** A name that fails is asked for again soon: it may just have been created. */
const FAILURE_TTL_MS = 1_000;
/** Names come from configurations; the bound is for configurations that are replaced for weeks. */
const MAX_NAMES = 1_000;

type Callback = Parameters<LookupFunction>[2];

interface Entry {
  expiresAt: number;
  addresses: LookupAddress[];
  error: NodeJS.ErrnoException | null;
  /** Connections opened with this answer: each starts at the next address, as a resolver's own rotation would do. */
  uses: number;
  /** Those who wait for the answer; null once it is there. */
  waiting: Waiting[] | null;
}

interface Waiting {
  all: boolean;
  callback: Callback;
}

export class Resolver {
  readonly #entries = new Map<string, Entry>();
  readonly #query: typeof systemLookup;

  /** @param query what is asked, `dns.lookup` unless a test counts its calls */
  constructor(query: typeof systemLookup = systemLookup) {
    this.#query = query;
  }

  /** For the `lookup` option of `net.connect` and `tls.connect`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const family =
      options.family === 4 || options.family === 'IPv4'
        ? 4
        : options.family === 6 || options.family === 'IPv6'
          ? 6
          : 0;
    const key = `${family} ${hostname}`;
    const waiting = { all: options.all === true, callback };
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (known.waiting !== null) {
        known.waiting.push(waiting);
        return;
      }
      if (known.expiresAt > performance.now()) {
        process.nextTick(tell, known, waiting);
        return;
      }
    }
    this.#ask(key, hostname, family, waiting);
  };

  #ask(key: string, hostname: string, family: number, first: Waiting): void {
    const entry: Entry = { expiresAt: 0, addresses: [], error: null, uses: 0, waiting: [first] };
    this.#entries.delete(key);
    if (this.#entries.size >= MAX_NAMES) this.#forgetOldest();
    this.#entries.set(key, entry);
    this.#query(hostname, { family, all: true, verbatim: true }, (error, addresses) => {
      entry.error = error;
      entry.addresses = error === null ? addresses : [];
      entry.expiresAt = performance.now() + (error === null ? TTL_MS : FAILURE_TTL_MS);
      const told = entry.waiting ?? [];
      entry.waiting = null;
      for (const waiting of told) tell(entry, waiting);
    });
  }

  #forgetOldest(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.waiting !== null) continue;
      this.#entries.delete(key);
      return;
    }
  }
}

function tell(entry: Entry, { all, callback }: Waiting): void {
  if (entry.error !== null) {
    callback(entry.error, all ? [] : '');
    return;
  }
  const addresses = rotated(entry.addresses, entry.uses++);
  const first = addresses[0];
  if (first === undefined) {
    const none: NodeJS.ErrnoException = new Error('The name has no address.');
    none.code = 'ENOTFOUND';
    callback(none, all ? [] : '');
  } else if (all) callback(null, addresses);
  else callback(null, first.address, first.family);
}

/** Each family rotated by itself: the resolver's preferred family stays in front (RFC 6724). */
function rotated(addresses: LookupAddress[], by: number): LookupAddress[] {
  const family = addresses[0]?.family;
  const preferred = addresses.filter((address) => address.family === family);
  const others = addresses.filter((address) => address.family !== family);
  return [...turned(preferred, by), ...turned(others, by)];
}

function turned<T>(list: T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
