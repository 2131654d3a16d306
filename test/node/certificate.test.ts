import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/node/certificate.js';
import { certificatePath } from '../support/tls-client.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-test-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function pem(file: string): string {
  return readFileSync(certificatePath(file), 'utf8');
}

function problem(certificateFile: string, privateKeyFile: string, certificateChainFile?: string): string {
  try {
    readCertificate({
      certificateFile,
      privateKeyFile,
      ...(certificateChainFile === undefined ? {} : { certificateChainFile }),
    });
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, '');
  }
}

describe('a certificate', () => {
  it('is the same from one file or from two, with a key before or behind it', () => {
    const chain = [pem('chained.crt'), pem('intermediate.crt')];
    const key = pem('chained.key');
    const apart = readCertificate({
      certificateFile: certificatePath('chained.crt'),
      privateKeyFile: certificatePath('chained.key'),
      certificateChainFile: certificatePath('intermediate.crt'),
    });
    expect(apart.chain).toBe(chain.join(''));
    expect(apart.leaf.subject).toBe('CN=chained');
    for (const text of [`${key}${chain.join('\n')}`, `a comment\n${chain.join('\r\n')}${key}`]) {
      const all = put('all.pem', text);
      expect(readCertificate({ certificateFile: all, privateKeyFile: all }).digest).toBe(apart.digest);
    }
    const short = {
      certificateFile: certificatePath('chained.crt'),
      privateKeyFile: certificatePath('chained.key'),
    };
    expect(readCertificate(short).digest).not.toBe(apart.digest);
  });

  it('that cannot be used is refused with the file and the reason, and nothing of what is in the file', () => {
    const [shop, shopKey] = [certificatePath('shop.crt'), certificatePath('shop.key')];
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const broken = `-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n`;
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect([
      problem(join(folder, 'none'), shopKey),
      problem(folder, shopKey).replace(folder, 'FOLDER'),
      problem(pipe, shopKey),
      problem(put('text', 'secret'), shopKey),
      problem(put('broken', pem('shop.crt') + broken), shopKey),
      problem(put('many', pem('shop.crt').repeat(21)), shopKey),
      problem(put('large', 'secret'.repeat(50_000)), shopKey),
      problem(shop, put('text', 'secret')),
      problem(shop, put('key', key)),
      problem(shop, put('encrypted', String(encrypted))),
      problem(shop, put('ed25519', String(ed25519))),
      problem(put('shop', pem('shop.crt')), put('default', pem('default.key'))),
      problem(shop, shopKey, put('text', 'secret')),
    ]).toEqual([
      'none cannot be read: there is no such file',
      'FOLDER cannot be read: it is a directory',
      'pipe cannot be read: it is not a file',
      'text holds no certificate in PEM form',
      'certificate 2 in broken is broken',
      'many holds more than 20 certificates',
      'large cannot be read: it is larger than 262144 bytes',
      'text holds no private key in PEM form',
      'the private key in key is broken',
      'the private key in encrypted is encrypted: store it without a passphrase, readable for this user only',
      'the private key in ed25519 is of a kind that is not served: use RSA, or ECDSA with P-256, P-384 or P-521',
      'default is not the key of the first certificate in shop',
      'text holds no certificate in PEM form',
    ]);
  });
});
