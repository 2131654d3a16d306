/** Responses damaged at random, in random pieces: every call ends, nothing throws, nothing reaches another request. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../src/upstream/upstream.js';
import { bytesOf, type Damaged, damaged, partsOf, writeParts } from './support/damaged.js';
import { type RawServer, rawServer, response } from './support/raw-server.js';
import { exchange, start } from './support/recording.js';

let server: RawServer;
let client: UpstreamClient;
let current: Damaged;
/** Resolves when the server has written all it wants to write for the damaged response. */
let written: Promise<void> = Promise.resolve();
const faults: unknown[] = [];

beforeAll(async () => {
  server = await rawServer((socket, { head }) => {
    const target = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP'));
    if (target === '/damaged')
      written = writeParts(socket, partsOf(bytesOf(current), current.cuts), current.closes);
    else socket.write(response(target));
  });
  client = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS, { onFault: (fault) => faults.push(fault) });
});

afterAll(async () => {
  await server.close();
  await client.close();
});

test('a damaged response ends in onEnd or onError within its time, and the next requests get their own answers', async () => {
  let token = 0;
  await fc.assert(
    fc.asyncProperty(damaged, async (response) => {
      current = response;
      const { recording } = start(client, server.origin, {
        target: '/damaged',
        method: response.method,
        timeoutMs: 40,
      });
      await recording.finished;
      expect(recording.ended).toBe(recording.error === null);
      expect(recording.misplaced).toEqual([]);
      await written;
      for (let i = 0; i < 2; i++) {
        const target = `/own-${++token}`;
        // POST: nothing is repeated on another connection unnoticed.
        const next = await exchange(client, server.origin, { target, method: 'POST', body: 'x' });
        expect(next).toMatchObject({ status: 200, body: target, ended: true, error: null, misplaced: [] });
      }
      expect(faults).toEqual([]);
      expect(client.stats()).toMatchObject({ active: 0, pending: 0 });
    }),
    { numRuns: 400 },
  );
}, 60_000);
