/** Both adapters of the port, and how a test says that one of them differs. */
import { test } from 'vitest';
import { createUpstreamClient } from '../../../src/upstream/client.js';
import type { UpstreamClientOptions } from '../../../src/upstream/options.js';
import {
  DEFAULT_UPSTREAM_SETTINGS,
  type UpstreamClient,
  type UpstreamSettings,
} from '../../../src/upstream/upstream.js';
import type { RawServer } from './raw-server.js';

export type AdapterName = UpstreamSettings['client'];

/** What one test uses; everything is closed when it ends. */
export interface Bench {
  adapter: AdapterName;
  client: (settings?: Partial<UpstreamSettings>, options?: UpstreamClientOptions) => UpstreamClient;
  server: (making: Promise<RawServer>) => Promise<RawServer>;
}

export type Claim = (bench: Bench) => Promise<void>;

/** Why undici does something else, and what it does. */
export interface Difference {
  reason: string;
  instead: Claim;
}

/** One claim, held against both adapters; a difference is a claim of its own about undici. */
export function claim(name: string, run: Claim, undici?: Difference): void {
  test(`http1: ${name}`, () => onBench('http1', run));
  if (undici === undefined) test(`undici: ${name}`, () => onBench('undici', run));
  else test(`undici differs: ${name} (${undici.reason})`, () => onBench('undici', undici.instead));
}

/** A claim undici makes no promise about. */
export function http1Claim(name: string, run: Claim): void {
  test(`http1 only: ${name}`, () => onBench('http1', run));
}

async function onBench(adapter: AdapterName, run: Claim): Promise<void> {
  const clients: UpstreamClient[] = [];
  const servers: RawServer[] = [];
  try {
    await run({
      adapter,
      client: (settings = {}, options = {}) => {
        const client = createUpstreamClient(
          { ...DEFAULT_UPSTREAM_SETTINGS, ...settings, client: adapter },
          options,
        );
        clients.push(client);
        return client;
      },
      server: async (making) => {
        const server = await making;
        servers.push(server);
        return server;
      },
    });
  } finally {
    // Servers first: a client's close waits for exchanges under way, and these end with their sockets.
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all(clients.map((client) => client.close()));
  }
}
