/** The same response, cut in two at every byte, or into single bytes, comes to the same. Our own client only. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../src/upstream/upstream.js';
import { type RawServer, rawServer, response } from './support/raw-server.js';
import { exchange } from './support/recording.js';
import { CHUNKED, OK, REFUSALS } from './support/refusals.js';

const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';

const ACCEPTED: [string, string][] = [
  ['with a length', response('hello', 'X-A: 1\r\nContent-Type: text/plain\r\n')],
  ['without a body', response('')],
  ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi'],
  ['without headers', `${OK}\r\nbody to the end`],
  ['in one chunk', `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`],
  [
    'in chunks with extensions and trailers',
    `${CHUNKED}5;a=b\r\nhello\r\nA\r\n0123456789\r\n0;x\r\nX: y\r\nZ: 1\r\n\r\n`,
  ],
  ['with 204', 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n'],
  ['with 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
  ['after hints', HINT + HINT + response('final')],
  [
    'of HTTP/1.0',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nhi',
  ],
  ['that closes', response('hello', 'Connection: close\r\n')],
  ['with a second one behind it', response('hello') + response('smuggled')],
  ['cut in its head', 'HTTP/1.1 200 OK\r\nContent-Le'],
  ['cut in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ['cut in a chunk', `${CHUNKED}5\r\nhel`],
  ['cut in its trailers', `${CHUNKED}5\r\nhello\r\n0\r\nX`],
];

/** A long one would make thousands of exchanges and show nothing else. */
const LONGEST = 400;
const REFUSED = REFUSALS.filter(({ bytes }) => bytes.length <= LONGEST).map(
  ({ what, bytes }): [string, string] => [what, bytes],
);

/** Writes the parts so that each is read by itself: a turn of the loop, in which the client reads, lies between. */
async function writeParts(socket: Socket, parts: string[]): Promise<void> {
  for (const part of parts) {
    await new Promise<void>((resolve) => socket.write(part, 'latin1', () => resolve()));
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

/** Serves one response, cut as the request's target says. */
function cutting(bytes: string): Promise<RawServer> {
  return rawServer((socket, { head }) => {
    const at = Number(head.slice('GET /'.length, head.indexOf(' HTTP')));
    void writeParts(socket, at < 0 ? [...bytes] : [bytes.slice(0, at), bytes.slice(at)]);
  });
}

/** Everything a handler was told, in one text. */
async function told(client: UpstreamClient, server: RawServer, at: number): Promise<string> {
  const { status, headers, contentLength, body, ended, error, misplaced } = await exchange(
    client,
    server.origin,
    {
      target: `/${at}`,
    },
  );
  const message = error?.message.replace(String(server.port), 'port');
  return JSON.stringify({ status, headers, contentLength, body, ended, message, misplaced });
}

describe('wherever it is cut, the outcome is the same for a response', () => {
  for (const [what, bytes] of [...ACCEPTED, ...REFUSED]) {
    test(what, async () => {
      const server = await cutting(bytes);
      const client = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
      const whole = await told(client, server, bytes.length);
      const positions = Array.from({ length: bytes.length }, (_, at) => at);
      const outcomes = await Promise.all([-1, ...positions].map((at) => told(client, server, at)));
      expect([...new Set(outcomes)]).toEqual([whole]);
      await server.close();
      await client.close();
    });
  }
});
