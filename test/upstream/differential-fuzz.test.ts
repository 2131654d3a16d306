/**
 * Both clients against the same hostile bytes: split anywhere, mutilated, with lengths that lie and second answers
 * behind the first. They tell the same, or the difference is one of those listed here with their reasons.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forEachHeader } from '../../src/http/header-block.js';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../src/upstream/upstream.js';
import { bytesOf, type Damaged, damaged, partsOf, writeParts } from './support/damaged.js';
import { type RawServer, rawServer } from './support/raw-server.js';
import { exchange, type Recording } from './support/recording.js';

/** Where ours refuses what undici accepts: by our reason. */
const STRICTER: readonly { phrase: string; reason: string }[] = [
  {
    phrase: 'no HTTP/1.0 or HTTP/1.1 status line',
    reason: 'undici skips line breaks in front of a response and takes any digits for a version',
  },
  {
    phrase: 'a control character in the status line',
    reason: 'undici does not look at the reason phrase',
  },
  {
    phrase: 'Transfer-Encoding in an HTTP/1.0 response',
    reason:
      'HTTP/1.0 has no transfer codings, so recipients disagree where such a body ends (RFC 9112 section 6.1)',
  },
];

/** Where undici refuses what ours accepts. */
function acceptedWithReason({ status, headers }: Recording): boolean {
  // The length is that of the body a 200 would have (RFC 9110 section 8.6); undici waits for it.
  return status === 304 && /^content-length:/im.test(headers);
}

interface Told {
  status: number;
  fields: string[];
  body: string;
}

/** A whole response, or null for a failure: the clients word their failures differently. */
function toldBy({ ended, status, headers, body }: Recording): Told | null {
  if (!ended) return null;
  const fields: string[] = [];
  forEachHeader(headers, (name, value) => fields.push(`${name}: ${value}`));
  return { status, fields, body };
}

let server: RawServer;
let http1: UpstreamClient;
let undici: UpstreamClient;
let current: Damaged;

beforeAll(async () => {
  server = await rawServer((socket) => {
    void writeParts(socket, partsOf(bytesOf(current), current.cuts), true);
  });
  http1 = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
  undici = createUpstreamClient({ ...DEFAULT_UPSTREAM_SETTINGS, client: 'undici' });
});

afterAll(async () => {
  await server.close();
  await Promise.all([http1.close(), undici.close()]);
});

test('both clients tell the same about any bytes, but for listed reasons', async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (response) => {
      current = response;
      const { method } = response;
      const [ours, theirs] = await Promise.all([
        exchange(http1, server.origin, { method }),
        exchange(undici, server.origin, { method }),
      ]);
      const [our, their] = [toldBy(ours), toldBy(theirs)];
      const why = ours.error?.message ?? '';
      if (our === null && their !== null && STRICTER.some(({ phrase }) => why.includes(phrase))) return;
      if (our !== null && their === null && acceptedWithReason(ours)) return;
      expect({ ...our, why: our === null && their !== null ? why : '' }).toEqual({ ...their, why: '' });
    }),
    { numRuns: 600 },
  );
}, 60_000);
