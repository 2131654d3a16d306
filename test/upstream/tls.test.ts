/** TLS: whom we trust, what we ask for (reference 02 section 4). */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { describe, expect } from 'vitest';
import type { Origin } from '../../src/upstream/upstream.js';
import { type Bench, claim } from './support/adapters.js';
import { always, type RawServer, rawTlsServer, response } from './support/raw-server.js';
import { exchange, type Recording } from './support/recording.js';

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'latin1');
}

const AUTHORITY = fixture('authority.crt');

function identity(name: string): TlsOptions {
  return { cert: fixture(`${name}.crt`), key: fixture(`${name}.key`) };
}

function tlsServer(bench: Bench, name: string, options: TlsOptions = {}): Promise<RawServer> {
  return bench.server(rawTlsServer({ ...identity(name), ...options }, always(response('secret'))));
}

async function outcome(
  bench: Bench,
  certificate: string,
  origin: Partial<Origin>,
  ca: readonly string[] = [AUTHORITY],
): Promise<Recording> {
  const server = await tlsServer(bench, certificate);
  const recording = await exchange(
    bench.client({}, { ca }),
    { ...server.origin, ...origin },
    { method: 'POST' },
  );
  expect(recording.misplaced).toEqual([]);
  // Nothing of a request may reach a server that was not accepted.
  if (recording.error !== null) expect(server.received()).toBe('');
  return recording;
}

const LENIENT = { insecureSkipVerification: true };
/** Trusts nobody who signed anything here. */
const STRANGERS = [fixture('self-signed.crt')];

describe('an https origin is accepted', () => {
  claim('when an authority we trust vouches for its name', async (bench) => {
    expect((await outcome(bench, 'localhost', { host: 'localhost' })).body).toBe('secret');
  });

  claim('when it is an address and the certificate names the address', async (bench) => {
    expect((await outcome(bench, 'localhost', { host: '127.0.0.1' })).body).toBe('secret');
  });

  claim('when the certificate is for serverName instead of the host', async (bench) => {
    expect((await outcome(bench, 'other', { serverName: 'other.example' })).body).toBe('secret');
  });

  claim('with insecureSkipVerification and a self-signed certificate', async (bench) => {
    expect((await outcome(bench, 'self-signed', { ...LENIENT, host: 'localhost' })).body).toBe('secret');
  });

  claim('with insecureSkipVerification and an unknown authority', async (bench) => {
    expect((await outcome(bench, 'localhost', { ...LENIENT, host: 'localhost' }, STRANGERS)).body).toBe(
      'secret',
    );
  });

  claim('with insecureSkipVerification and a chain that includes its unknown root', async (bench) => {
    const chain = fixture('localhost.crt') + AUTHORITY;
    const server = await tlsServer(bench, 'localhost', { cert: chain });
    const client = bench.client({}, { ca: STRANGERS });
    expect((await exchange(client, { ...server.origin, ...LENIENT })).body).toBe('secret');
  });

  claim('with insecureSkipVerification and a certificate for serverName', async (bench) => {
    const origin = { ...LENIENT, serverName: 'other.example' };
    expect((await outcome(bench, 'other', origin, STRANGERS)).body).toBe('secret');
  });
});

describe('an https origin is refused with `network`, before a byte of the request,', () => {
  const refusals: [string, string, Partial<Origin>, readonly string[]][] = [
    ['when its certificate is self-signed', 'self-signed', { host: 'localhost' }, [AUTHORITY]],
    ['when its authority is unknown', 'localhost', { host: 'localhost' }, STRANGERS],
    ['when its certificate has expired', 'expired', { host: 'localhost' }, [AUTHORITY]],
    ['when its certificate is for another name', 'other', { host: 'localhost' }, [AUTHORITY]],
    ['when its certificate is for another address', 'other', {}, [AUTHORITY]],
    ['when its certificate is not for serverName', 'localhost', { serverName: 'other.example' }, [AUTHORITY]],
    [
      'with insecureSkipVerification when a known authority signed an expired certificate',
      'expired',
      { ...LENIENT, host: 'localhost' },
      [AUTHORITY],
    ],
    [
      'with insecureSkipVerification when an unknown authority signed an expired certificate',
      'expired',
      { ...LENIENT, host: 'localhost' },
      STRANGERS,
    ],
    [
      'with insecureSkipVerification when a known authority signed for another name',
      'other',
      { ...LENIENT, host: 'localhost' },
      [AUTHORITY],
    ],
    [
      'with insecureSkipVerification when an unknown authority signed for another name',
      'other',
      { ...LENIENT, host: 'localhost' },
      STRANGERS,
    ],
    [
      'with insecureSkipVerification when a self-signed certificate is for another name',
      'self-signed',
      { ...LENIENT, serverName: 'other.example' },
      [AUTHORITY],
    ],
  ];
  for (const [what, certificate, origin, ca] of refusals) {
    claim(what, async (bench) => {
      expect((await outcome(bench, certificate, origin, ca)).error?.kind).toBe('network');
    });
  }

  claim('when it does not speak TLS', async (bench) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const recording = await exchange(bench.client(), { scheme: 'https', host: '127.0.0.1', port });
    expect(recording).toMatchObject({ error: { kind: 'network' }, misplaced: [] });
    await new Promise((resolve) => server.close(resolve));
  });
});

interface Handshake {
  sni: unknown;
  alpn: unknown;
  reused: boolean;
}

/** A server that answers once per connection, and what each handshake with it showed. */
async function handshakeServer(
  bench: Bench,
  certificate: string,
  options: TlsOptions,
): Promise<[RawServer, Handshake[]]> {
  const seen: Handshake[] = [];
  const server = await bench.server(
    rawTlsServer({ ...identity(certificate), ...options }, (socket) => {
      if (!(socket instanceof TLSSocket)) throw new Error('Not a TLS connection.');
      const sni = 'servername' in socket ? socket.servername : undefined;
      seen.push({ sni, alpn: socket.alpnProtocol, reused: socket.isSessionReused() });
      socket.end(response('once', 'Connection: close\r\n'));
    }),
  );
  return [server, seen];
}

/** What the handshakes of some requests, each on a connection of its own, showed. */
async function handshakes(
  bench: Bench,
  origin: Partial<Origin>,
  options: TlsOptions = {},
  requests = 1,
): Promise<Handshake[]> {
  const [server, seen] = await handshakeServer(bench, 'localhost', options);
  const client = bench.client({}, { ca: [AUTHORITY] });
  for (let i = 0; i < requests; i++) {
    const recording = await exchange(
      client,
      { ...server.origin, ...origin },
      { headers: 'Host: header.test\r\n' },
    );
    expect(recording.body).toBe('once');
  }
  return seen;
}

/** Whether each of three connections resumed the session of the one before. */
async function lenientHandshakes(bench: Bench, options: TlsOptions): Promise<boolean[]> {
  const [server, seen] = await handshakeServer(bench, 'localhost', options);
  const client = bench.client({}, { ca: STRANGERS });
  for (let i = 0; i < 3; i++) {
    expect((await exchange(client, { ...server.origin, ...LENIENT })).body).toBe('once');
  }
  return seen.map(({ reused }) => reused);
}

describe('a TLS handshake', () => {
  claim('names the host, not the Host header', async (bench) => {
    expect(await handshakes(bench, { host: 'localhost' })).toMatchObject([{ sni: 'localhost' }]);
  });

  claim('names serverName when there is one', async (bench) => {
    expect(await handshakes(bench, { serverName: 'api.internal' })).toMatchObject([{ sni: 'api.internal' }]);
  });

  claim('names nothing when the host is an address', async (bench) => {
    expect(await handshakes(bench, {})).toMatchObject([{ sni: false }]);
  });

  claim('offers HTTP/1.1 and nothing else', async (bench) => {
    const seen = await handshakes(bench, {}, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(seen).toMatchObject([{ alpn: 'http/1.1' }]);
  });

  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    claim(`resumes the session of ${maxVersion}`, async (bench) => {
      const seen = await handshakes(bench, { host: 'localhost' }, { maxVersion }, 3);
      expect(seen.map(({ reused }) => reused)).toEqual([false, true, true]);
    });

    claim(
      `resumes the session of ${maxVersion} with an unknown authority, too`,
      async (bench) => {
        expect(await lenientHandshakes(bench, { maxVersion })).toEqual([false, true, true]);
      },
      {
        reason: 'it would resume sessions of connections that were refused',
        instead: async (bench) => {
          expect(await lenientHandshakes(bench, { maxVersion })).toEqual([false, false, false]);
        },
      },
    );

    claim(
      `is refused every time with ${maxVersion} and insecureSkipVerification for another name`,
      async (bench) => {
        const [server, seen] = await handshakeServer(bench, 'other', { maxVersion });
        const client = bench.client({}, { ca: STRANGERS });
        for (let i = 0; i < 3; i++) {
          expect((await exchange(client, { ...server.origin, ...LENIENT })).error?.kind).toBe('network');
        }
        expect(seen).toEqual([]);
      },
    );
  }

  claim('is made once for many requests', async (bench) => {
    const server = await tlsServer(bench, 'localhost');
    const client = bench.client({}, { ca: [AUTHORITY] });
    for (let i = 0; i < 20; i++) expect((await exchange(client, server.origin)).body).toBe('secret');
    expect(server.accepted()).toBe(1);
  });
});

describe('over TLS', () => {
  claim('large bodies pass both ways', async (bench) => {
    const answer = Buffer.alloc(2_000_000, 'abcdefghijklmnopqrstuvwxyz').toString('latin1');
    const server = await bench.server(rawTlsServer(identity('localhost'), always(response(answer))));
    const body = Buffer.alloc(1_000_000, '0123456789');
    const client = bench.client({}, { ca: [AUTHORITY] });
    const recording = await exchange(client, server.origin, { method: 'POST', body });
    expect(recording.body).toBe(answer);
    expect(server.requests[0]?.body).toBe(body.toString('latin1'));
    await exchange(client, server.origin, { method: 'POST', body });
    expect(server.accepted()).toBe(1);
  });

  claim('a second response that follows in a record of its own is never used', async (bench) => {
    // The first response fills a record to its last byte.
    const bare = response('x'.repeat(16_000)).length - 16_000;
    const first = response('x'.repeat(16_384 - bare));
    const server = await bench.server(
      rawTlsServer(identity('localhost'), (socket, { connection }) => {
        socket.write(connection === 1 ? first + response('smuggled') : response('on 2'));
      }),
    );
    const client = bench.client({}, { ca: [AUTHORITY] });
    expect((await exchange(client, server.origin)).bytes).toBe(16_384 - bare);
    expect((await exchange(client, server.origin)).body).toBe('on 2');
  });
});

describe('a server that asks for a client certificate', () => {
  const ASKING: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: AUTHORITY };
  const SHOWN = { cert: fixture('other.crt'), key: fixture('other.key') };

  claim('gets the one of the origin, and answers', async (bench) => {
    const server = await tlsServer(bench, 'localhost', ASKING);
    const origin = { ...server.origin, identity: { name: 'shows', ca: AUTHORITY, ...SHOWN } };
    expect((await exchange(bench.client(), origin)).body).toBe('secret');
  });

  claim('fails an origin that has none, or one it does not trust', async (bench) => {
    const server = await tlsServer(bench, 'localhost', ASKING);
    const stranger = { cert: fixture('self-signed.crt'), key: fixture('self-signed.key') };
    const client = bench.client();
    for (const identity of [
      { name: 'none', ca: AUTHORITY },
      { name: 'stranger', ca: AUTHORITY, ...stranger },
    ]) {
      const { error } = await exchange(client, { ...server.origin, identity }, { method: 'POST' });
      expect(error?.kind).toBe('network');
    }
    expect(server.received()).toBe('');
  });

  claim('is never reached over the connection of another identity', async (bench) => {
    const server = await tlsServer(bench, 'localhost', { ...ASKING, rejectUnauthorized: false });
    const client = bench.client({}, { ca: [AUTHORITY] });
    await exchange(client, server.origin);
    await exchange(client, { ...server.origin, identity: { name: 'shows', ca: AUTHORITY, ...SHOWN } });
    await exchange(client, { ...server.origin, identity: { name: 'other', ca: AUTHORITY } });
    await exchange(client, { ...server.origin, identity: { name: 'shows', ca: AUTHORITY, ...SHOWN } });
    expect(server.accepted()).toBe(3);
  });

  claim('is refused when the authority of the identity does not vouch for it', async (bench) => {
    const server = await tlsServer(bench, 'localhost');
    const identity = { name: 'strict', ca: fixture('self-signed.crt') };
    const { error } = await exchange(bench.client({}, { ca: [AUTHORITY] }), { ...server.origin, identity });
    expect(error?.kind).toBe('network');
  });
});
