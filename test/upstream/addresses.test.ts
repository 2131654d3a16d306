/** Names with several addresses, some of which nobody answers at, and names that move. */
import type { LookupAddress, lookup } from 'node:dns';
import { describe, expect } from 'vitest';
import { claim } from './support/adapters.js';
import { always, rawServer, response } from './support/raw-server.js';
import { exchange } from './support/recording.js';

/** A name service that gives these addresses for every name. */
function names(answer: () => LookupAddress[]): typeof lookup {
  const service = (_: string, __: object, callback: (error: null, all: LookupAddress[]) => void) => {
    setImmediate(() => callback(null, answer()));
  };
  return service as unknown as typeof lookup;
}

const V4 = { address: '127.0.0.1', family: 4 };
/** Loopback too, but no test server listens there. */
const NOBODY_V4 = { address: '127.0.0.9', family: 4 };
const NOBODY_V6 = { address: '::1', family: 6 };

describe('a name', () => {
  claim('whose IPv6 address does not answer is reached over IPv4', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client({}, { lookup: names(() => [NOBODY_V6, V4]) });
    expect((await exchange(client, { ...server.origin, host: 'two.test' })).body).toBe('ok');
  });

  claim(
    'whose first address does not answer is reached at the next, whichever comes first',
    async (bench) => {
      const server = await bench.server(
        rawServer((socket) => socket.end(response('ok', 'Connection: close\r\n'))),
      );
      const client = bench.client({}, { lookup: names(() => [NOBODY_V4, V4]) });
      for (let i = 0; i < 4; i++) {
        expect((await exchange(client, { ...server.origin, host: 'two.test' })).body).toBe('ok');
      }
      expect(server.accepted()).toBe(4);
    },
  );

  claim('none of whose addresses answers is a failure to connect: nothing was sent', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client({}, { lookup: names(() => [NOBODY_V6, NOBODY_V4]) });
    const { error } = await exchange(client, { ...server.origin, host: 'two.test' }, { method: 'POST' });
    expect(error).toMatchObject({ kind: 'network', unconnected: true });
  });

  claim('that does not exist is an address nothing was sent to', async (bench) => {
    const client = bench.client({}, { lookup: names(() => []) });
    const { error } = await exchange(client, { scheme: 'http', host: 'none.test', port: 1 });
    expect(error).toMatchObject({ kind: 'address', unconnected: true });
  });
});

describe('a connection that is older than maxConnectionAgeMs', () => {
  claim('takes no further request, however busy it is', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client({ maxConnectionAgeMs: 60 });
    while (server.accepted() < 3) expect((await exchange(client, server.origin)).error).toBeNull();
    // Hundreds of requests went over each of them.
    expect(server.requests.length).toBeGreaterThan(3);
  });

  claim('answers the request it has', async (bench) => {
    const server = await bench.server(
      rawServer((socket) => setTimeout(() => socket.write(response('late')), 80)),
    );
    const client = bench.client({ maxConnectionAgeMs: 20 });
    const { body, error } = await exchange(client, server.origin, { method: 'POST' });
    expect({ body, error }).toEqual({ body: 'late', error: null });
    expect((await exchange(client, server.origin, { method: 'POST' })).body).toBe('late');
    expect(server.accepted()).toBe(2);
  });
});
