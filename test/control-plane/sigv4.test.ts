/** Signatures as AWS's own signer makes them, and every way in which they can be wrong. */

import { createHash, createHmac } from 'node:crypto';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/config/stores/memory-store.js';
import { AccessKeys, type NewAccessKey } from '../../src/control-plane/authentication/access-keys.js';
import { SecretBox } from '../../src/control-plane/authentication/secret-box.js';
import { SignedRequests } from '../../src/control-plane/authentication/signed-requests.js';
import type { ControlPlaneRequest } from '../../src/control-plane/control-plane.js';
import { Workspace } from '../../src/control-plane/workspace/workspace.js';

const REGION = 'eu-central-1';
const NOW = Date.parse('2026-03-04T05:06:07Z');

class Sha256 {
  #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

interface Signing {
  method?: string;
  path?: string;
  query?: Record<string, string>;
  body?: string;
  region?: string;
  service?: string;
  at?: number;
  secret?: string;
  id?: string;
}

let store: MemoryStore;
let keys: AccessKeys;
let key: NewAccessKey;
let authenticator: SignedRequests;
beforeEach(async () => {
  store = new MemoryStore();
  const workspace = new Workspace({ store, settings: { region: REGION, accountId: '000000000000' } });
  keys = new AccessKeys(workspace, new SecretBox(Buffer.alloc(32, 1)));
  key = await keys.create({ name: 'ci', readOnly: false }, 'tester');
  authenticator = new SignedRequests({ keys, region: REGION, now: () => NOW });
});

async function signed(options: Signing = {}): Promise<ControlPlaneRequest> {
  const { method = 'GET', path = '/restapis', query = {}, body = '' } = options;
  const signer = new SignatureV4({
    credentials: { accessKeyId: options.id ?? key.id, secretAccessKey: options.secret ?? key.secret },
    region: options.region ?? REGION,
    service: options.service ?? 'apigateway',
    // The signer's own constructor type wants a full hash class; these three members are what it uses.
    sha256: Sha256 as never,
    uriEscapePath: true,
  });
  const request = new HttpRequest({
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: 8081,
    path,
    query,
    headers: { host: '127.0.0.1:8081', accept: 'application/json' },
    ...(body === '' ? {} : { body }),
  });
  const { headers } = await signer.sign(request, { signingDate: new Date(options.at ?? NOW) });
  const text = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return {
    method,
    target: text === '' ? path : `${path}?${text}`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body),
    loopback: false,
  };
}

const refusal = async (request: ControlPlaneRequest): Promise<[string, string]> => {
  try {
    await authenticator.identify(request);
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  throw new Error('the request was let in');
};
const MISMATCH = [
  'InvalidSignatureException',
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
];

test('what the SDK signs is let in, whatever is in path, query and body', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 4 }),
      // The SDK's signer loses a parameter of this name.
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
        fc.string(),
        { maxKeys: 4 },
      ),
      fc.string(),
      async (segments, query, body) => {
        const path = `/${segments.map(encodeURIComponent).join('/')}`;
        const identity = await authenticator.identify(await signed({ method: 'POST', path, query, body }));
        expect(identity).toEqual({ name: `${key.id} (ci)`, mayWrite: true });
      },
    ),
    { numRuns: 200 },
  );
});

test('a read-only key may not write', async () => {
  const reader = await keys.create({ readOnly: true }, 'tester');
  const identity = await authenticator.identify(await signed({ id: reader.id, secret: reader.secret }));
  expect(identity).toEqual({ name: reader.id, mayWrite: false });
});

describe('refused', () => {
  test('no signature, from this machine too', async () => {
    const request = { ...(await signed()), loopback: true };
    expect(await refusal({ ...request, headers: {} })).toEqual([
      'MissingAuthenticationTokenException',
      'Missing Authentication Token',
    ]);
  });

  test('half a signature', async () => {
    const request = await signed();
    const headers = { ...request.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' };
    const [name, message] = await refusal({ ...request, headers });
    expect(name).toBe('IncompleteSignatureException');
    expect(message).toContain("requires 'Signature' parameter");
    expect(message).toContain("requires 'SignedHeaders' parameter");
  });

  test('an unknown key', async () => {
    expect(await refusal(await signed({ id: 'AKIAAAAAAAAAAAAAAAAA' }))).toEqual([
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ]);
  });

  test('another secret', async () => {
    expect(await refusal(await signed({ secret: 'x' }))).toEqual(MISMATCH);
  });

  test('another body, query, path, method or signed header', async () => {
    const request = await signed({ method: 'POST', query: { a: '1' }, body: '{"name":"a"}' });
    const { headers } = request;
    const tampered: Partial<ControlPlaneRequest>[] = [
      { body: Buffer.from('{"name":"b"}') },
      { target: '/restapis?a=2' },
      { target: '/account?a=1' },
      { method: 'PUT' },
      { headers: { ...headers, host: 'elsewhere' } },
    ];
    for (const change of tampered) expect(await refusal({ ...request, ...change })).toEqual(MISMATCH);
  });

  test('a signature that does not cover the host', async () => {
    const request = await signed();
    const authorization = (request.headers.authorization ?? '').replace(/host;/, '');
    const [name] = await refusal({ ...request, headers: { ...request.headers, authorization } });
    expect(name).toBe('InvalidSignatureException');
  });

  test('an old one, and one from the future', async () => {
    expect(await refusal(await signed({ at: NOW - 301_000 }))).toEqual([
      'InvalidSignatureException',
      'Signature expired: 20260304T050106Z is now earlier than 20260304T050107Z (20260304T050607Z - 5 min.)',
    ]);
    expect(await refusal(await signed({ at: NOW + 301_000 }))).toEqual([
      'InvalidSignatureException',
      'Signature not yet current: 20260304T051108Z is still later than 20260304T051107Z (20260304T050607Z + 5 min.)',
    ]);
    await authenticator.identify(await signed({ at: NOW - 299_000 }));
  });

  test('one for another region or service', async () => {
    expect((await refusal(await signed({ region: 'us-east-1' })))[1]).toContain("not 'us-east-1'");
    expect(await refusal(await signed({ service: 's3' }))).toEqual([
      'InvalidSignatureException',
      "Credential should be scoped to correct service: 'apigateway'.",
    ]);
  });

  test('whatever a stranger writes into the header, without a crash', async () => {
    const request = await signed();
    await fc.assert(
      fc.asyncProperty(fc.string(), async (junk) => {
        const authorization = `AWS4-HMAC-SHA256 ${junk}`;
        const [name] = await refusal({ ...request, headers: { ...request.headers, authorization } });
        expect(name).toMatch(/Exception$/);
      }),
    );
  });
});

test('without any key, this machine is let in and no other', async () => {
  await keys.delete(key.id, 'tester');
  const request = { ...(await signed()), headers: {} };
  expect((await refusal(request))[0]).toBe('AccessDeniedException');
  for (const host of ['localhost:8081', '127.0.0.1:8081', '[::1]:8081', 'api.localhost']) {
    expect(await authenticator.identify({ ...request, headers: { host }, loopback: true })).toEqual({
      name: 'anonymous',
      mayWrite: true,
    });
  }
});

test('without any key, a page in a browser on this machine is not let in', async () => {
  await keys.delete(key.id, 'tester');
  const request = { ...(await signed()), loopback: true };
  const host = 'localhost:8081';
  for (const headers of [
    { host, origin: 'https://evil.example' },
    { host, 'sec-fetch-site': 'cross-site' },
    { host: 'rebound.example:8081' },
    {},
  ]) {
    expect((await refusal({ ...request, headers: headers as Record<string, string> }))[0]).toBe(
      'AccessDeniedException',
    );
  }
});

test('the store holds no secret that can be read', async () => {
  const document = await store.document('admin/keys');
  const bytes = Buffer.concat([...(document?.parts.values() ?? [])]).toString();
  expect(bytes).toContain(key.id);
  expect(bytes).not.toContain(key.secret);
  expect(JSON.stringify(await keys.list())).not.toContain('secret');
});

test('a secret opens for its own key and with its own master only', () => {
  const box = new SecretBox(Buffer.alloc(32, 1));
  const sealed = box.seal('secret', 'a');
  expect(box.open(sealed, 'a')).toBe('secret');
  expect(box.open(sealed, 'b')).toBeUndefined();
  expect(new SecretBox(Buffer.alloc(32, 2)).open(sealed, 'a')).toBeUndefined();
  expect(box.open('AAAA', 'a')).toBeUndefined();
});
