/** Client certificates: reference 09 sections 2, 3 and 5. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/config/stores/memory-store.js';
import { SecretBox } from '../../src/control-plane/authentication/secret-box.js';
import { integer, objectIdentifier, sequence, utf8 } from '../../src/control-plane/certificates/der.js';
import { selfSignedCertificate } from '../../src/control-plane/certificates/self-signed.js';
import {
  CLIENT_CERTIFICATE,
  CLIENT_CERTIFICATE_OPERATIONS,
  CLIENT_CERTIFICATES,
  type ClientCertificatePart,
} from '../../src/control-plane/operations/client-certificates.js';
import { Workspace } from '../../src/control-plane/workspace/workspace.js';
import { deployedApi, missing, wholeControlPlane, wrongPath } from './support.js';

const LIST = '/clientcertificates';

test('a certificate is good for a year and is shown without its key', async () => {
  const cp = wholeControlPlane();
  const made = await cp.ok('POST', LIST, { description: 'to the shop', tags: { a: 'b' } });
  expect(made).toEqual({
    clientCertificateId: expect.stringMatching(/^[a-z0-9]{6}$/),
    description: 'to the shop',
    pemEncodedCertificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
    createdDate: expect.any(Number),
    expirationDate: made.createdDate + 365 * 86_400,
    tags: { a: 'b' },
  });
  const certificate = new X509Certificate(made.pemEncodedCertificate);
  expect(certificate.subject).toBe('CN=ApiGateway');
  expect(Date.parse(certificate.validFrom) / 1000).toBe(made.createdDate);
  expect(Date.parse(certificate.validTo) / 1000).toBe(made.expirationDate);
  expect(await cp.ok('GET', `${LIST}/${made.clientCertificateId}`)).toEqual(made);
  expect(await cp.ok('GET', LIST)).toEqual({ item: [made] });
});

test('a certificate can be described anew, and deleted when no stage uses it', async () => {
  const cp = wholeControlPlane();
  const { clientCertificateId: id } = await cp.ok('POST', LIST);
  const one = `${LIST}/${id}`;
  const described = await cp.patch(one, { op: 'replace', path: '/description', value: 'x' });
  expect(described).toMatchObject({ description: 'x', tags: {} });
  expect(await cp.patchError(one, { op: 'replace', path: '/tags' })).toEqual(
    wrongPath('/tags', '/description'),
  );
  const stage = `/restapis/${await deployedApi(cp)}/stages/prod`;
  await cp.patch(stage, { op: 'replace', path: '/clientCertificateId', value: id });
  const [status, type] = await cp.error('DELETE', one);
  expect([status, type]).toEqual([409, 'ConflictException']);
  await cp.patch(stage, { op: 'replace', path: '/clientCertificateId', value: '' });
  expect((await cp.call('DELETE', one)).status).toBe(202);
  expect(await cp.error('GET', one)).toEqual(missing('Invalid Client Certificate identifier specified'));
});

test('its private key is kept, and is sealed where there is a master key', async () => {
  const box = new SecretBox(Buffer.alloc(32, 1));
  for (const seal of [undefined, box.seal.bind(box)]) {
    const settings = { region: 'eu-central-1', accountId: '123456789012', ...(seal && { seal }) };
    const workspace = new Workspace({ store: new MemoryStore(), settings });
    const [generate] = CLIENT_CERTIFICATE_OPERATIONS;
    const request = { path: {}, query: new URLSearchParams(), body: {}, raw: new Uint8Array(), headers: {} };
    await workspace.run((transaction) => generate?.run(transaction, request), 'tester');
    const [part] = await workspace.run(async (transaction) => {
      const draft = await transaction.aggregateOrNew(CLIENT_CERTIFICATES);
      return draft.list<ClientCertificatePart>(CLIENT_CERTIFICATE);
    }, 'tester');
    const kept = part?.privateKey ?? { clear: '' };
    expect('sealed' in kept).toBe(seal !== undefined);
    const owner = `clientcertificate/${part?.clientCertificateId}`;
    const key = 'sealed' in kept ? box.open(kept.sealed, owner) : kept.clear;
    const certificate = new X509Certificate(part?.pemEncodedCertificate ?? '');
    expect(certificate.checkPrivateKey(createPrivateKey(key ?? ''))).toBe(true);
  }
});

describe('a self-signed certificate', () => {
  const day = (text: string) => new Date(`${text}T00:00:00Z`);

  test('is read by others as it was meant', async () => {
    const pair = await selfSignedCertificate('Grüße', day('2024-02-29'), day('2051-01-02'));
    const certificate = new X509Certificate(pair.certificate);
    expect(certificate.subject).toBe('CN=Grüße');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(pair.privateKey))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.serialNumber).toMatch(/^[0-7][0-9A-F]{31}$/);
    expect(new Date(certificate.validFrom)).toEqual(day('2024-02-29'));
    expect(new Date(certificate.validTo)).toEqual(day('2051-01-02'));
  });

  test('opens the door of a server that trusts exactly this one', async () => {
    const now = Date.now();
    const [server, client, stranger] = await Promise.all(
      ['localhost', 'ApiGateway', 'ApiGateway'].map((name) =>
        selfSignedCertificate(name, new Date(now - 60_000), new Date(now + 3_600_000)),
      ),
    );
    const listening = createServer(
      {
        cert: server?.certificate,
        key: server?.privateKey,
        ca: client?.certificate,
        requestCert: true,
        // Strangers are told so, which is easier to read than how a handshake fails.
        rejectUnauthorized: false,
      },
      (socket) => socket.end(String(socket.authorized)),
    );
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    const welcomed = async (pair: typeof client): Promise<string> => {
      const socket: TLSSocket = connect({
        port,
        host: '127.0.0.1',
        cert: pair?.certificate,
        key: pair?.privateKey,
        // The server's own certificate is not what this is about.
        rejectUnauthorized: false,
      });
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      return text;
    };
    expect(await welcomed(client)).toBe('true');
    expect(await welcomed(stranger)).toBe('false');
    listening.close();
  });
});

describe('DER', () => {
  /** Tag, contents, and what follows, by the rules of X.690. */
  function read(der: Uint8Array): { tag: number; content: Uint8Array; rest: Uint8Array } {
    const [tag = 0, first = 0] = der;
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length = count === 0 ? first : Buffer.from(der).readUIntBE(2, count);
    const start = 2 + count;
    return { tag, content: der.subarray(start, start + length), rest: der.subarray(start + length) };
  }

  test('lengths and contents come back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 300 }), { maxLength: 4 }),
        fc.nat(70_000),
        (texts, length) => {
          const all = [...texts, 'x'.repeat(length)];
          const whole = read(sequence(...all.map(utf8)));
          expect([whole.tag, whole.rest.length]).toEqual([0x30, 0]);
          let rest = whole.content;
          for (const text of all) {
            const one = read(rest);
            expect([one.tag, Buffer.from(one.content).toString()]).toEqual([
              0x0c,
              Buffer.from(text).toString(),
            ]);
            rest = one.rest;
          }
          expect(rest).toHaveLength(0);
        },
      ),
    );
  });

  test('integers are as short as can be and never negative', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (magnitude) => {
        const { content } = read(integer(magnitude));
        expect(BigInt(`0x${Buffer.from(content).toString('hex')}`)).toBe(
          BigInt(`0x${Buffer.from(magnitude).toString('hex')}`),
        );
        const [first = 0, second = 0x80] = content;
        expect(first).toBeLessThan(0x80);
        expect(first === 0 && content.length > 1 && second < 0x80).toBe(false);
      }),
    );
  });

  test('object identifiers are written in groups of seven bits', () => {
    expect(Buffer.from(objectIdentifier('1.2.840.113549.1.1.11')).toString('hex')).toBe(
      '06092a864886f70d01010b',
    );
  });
});
