/** Upstreams over real servers, and what their targets saw. */
import type { BalancedUpstream } from '../../../src/upstream/balancing/balanced-upstream.js';
import { readUpstream } from '../../../src/upstream/balancing/read-upstream.js';
import type { BalancedUpstreamSettings } from '../../../src/upstream/balancing/settings.js';
import { Upstreams } from '../../../src/upstream/balancing/upstreams.js';
import { createUpstreamClient } from '../../../src/upstream/client.js';
import {
  DEFAULT_UPSTREAM_SETTINGS,
  type Origin,
  type RequestSender,
  type UpstreamClient,
  type UpstreamRequest,
  type UpstreamSettings,
} from '../../../src/upstream/upstream.js';
import { type RawServer, type Respond, rawServer, response } from '../support/raw-server.js';
import { Recording, type Sent } from '../support/recording.js';

/** What is written under a name of `upstreams`. */
export type Written = Record<string, unknown>;

export function settingsOf(written: Written): BalancedUpstreamSettings {
  const problems: string[] = [];
  const read = readUpstream(written, false, (path, message) => problems.push(`${path.join('.')} ${message}`));
  if (read === undefined) throw new Error(problems.join('\n'));
  return read.settings;
}

/** Everything one test opens; closed by `close`. */
export class Bench {
  readonly servers: RawServer[] = [];
  readonly #clients: UpstreamClient[] = [];
  readonly #registries: Upstreams[] = [];

  /** A target that answers with its number, from 0. */
  async server(respond?: Respond): Promise<RawServer> {
    const name = String(this.servers.length);
    const server = await rawServer(respond ?? ((socket) => socket.write(response(name))));
    this.servers.push(server);
    return server;
  }

  async targets(count: number): Promise<string[]> {
    const made = [];
    for (let i = 0; i < count; i++) made.push(addressOf(await this.server()));
    return made;
  }

  upstreams(named: Record<string, Written>, settings: Partial<UpstreamSettings> = {}): Upstreams {
    const client = this.client(settings);
    const checkClient = createUpstreamClient({ ...DEFAULT_UPSTREAM_SETTINGS, connections: 1, maxPending: 1 });
    const parsed = Object.entries(named).map(([name, written]) => [name, settingsOf(written)]);
    const upstreams = new Upstreams({ named: Object.fromEntries(parsed), client, checkClient });
    this.#registries.push(upstreams);
    return upstreams;
  }

  client(settings: Partial<UpstreamSettings> = {}): UpstreamClient {
    const client = createUpstreamClient({ ...DEFAULT_UPSTREAM_SETTINGS, ...settings });
    this.#clients.push(client);
    return client;
  }

  upstream(written: Written, settings: Partial<UpstreamSettings> = {}): BalancedUpstream {
    const found = this.upstreams({ one: written }, settings).named('one', 'http');
    if (typeof found === 'string') throw new Error(found);
    return found;
  }

  async close(): Promise<void> {
    await Promise.all(this.#registries.map((registry) => registry.close()));
    await Promise.all(this.servers.map((server) => server.close()));
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

export function addressOf({ port }: RawServer): string {
  return `127.0.0.1:${port}`;
}

/** A port nobody listens on. */
export async function deadAddress(): Promise<string> {
  const server = await rawServer(() => {});
  await server.close();
  return addressOf(server);
}

/** Never connected to: an upstream has targets of its own. */
const NOWHERE: Origin = { scheme: 'http', host: 'nowhere.invalid', port: 1 };

export function start(
  upstream: BalancedUpstream,
  request: Partial<UpstreamRequest> = {},
  sender: Partial<RequestSender> = {},
): Sent {
  const recording = new Recording();
  recording.requesting = true;
  const call = upstream.request(
    {
      origin: NOWHERE,
      method: 'GET',
      target: '/',
      headers: 'Host: upstream.test\r\n',
      body: null,
      bodyLength: 0,
      timeoutMs: 10_000,
      ...request,
    },
    recording,
    { headers: '', sourceIp: '', ...sender },
  );
  recording.requesting = false;
  return { call, recording };
}

export async function send(
  upstream: BalancedUpstream,
  request: Partial<UpstreamRequest> = {},
  sender: Partial<RequestSender> = {},
): Promise<Recording> {
  const { recording } = start(upstream, request, sender);
  await recording.finished;
  if (recording.misplaced.length > 0) throw new Error(recording.misplaced.join(', '));
  return recording;
}

/** The bodies of so many answers, one after the other; a failure is its kind. */
export async function bodies(
  upstream: BalancedUpstream,
  count: number,
  request: Partial<UpstreamRequest> = {},
): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const { body, error } = await send(upstream, request);
    found.push(error === null ? body : error.kind);
  }
  return found;
}

export function counted(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
