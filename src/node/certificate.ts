/**
 * A certificate with its private key, from PEM files. Everything is checked here that uWebSockets.js would not say: it
 * drops a certificate it cannot use without a word.
 */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { printable } from '../telemetry/printable.js';
import { readText, UnreadableFile } from './read-text.js';

/** Paths of PEM files. */
export interface CertificateSource {
  /** The certificate itself comes first; its chain may follow. */
  certificateFile: string;
  privateKeyFile: string;
  /** The rest of the chain. */
  certificateChainFile?: string;
}

export interface Certificate {
  /** The certificate itself. */
  leaf: X509Certificate;
  /** PEM: the certificate itself, then its chain. */
  chain: string;
  /** PEM (PKCS #8). Secret. */
  key: string;
  /** Equal for equal certificates with equal chains and keys. */
  digest: string;
}

const MAX_FILE_BYTES = 262_144;
const MAX_CHAIN = 20;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
/** What the TLS library of uWebSockets.js signs with. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

/** @throws Error with the file and the reason, nothing of the file's content */
export function readCertificate(source: CertificateSource): Certificate {
  const { certificateFile, privateKeyFile, certificateChainFile } = source;
  const own = readCertificates(certificateFile);
  const further = certificateChainFile === undefined ? [] : readCertificates(certificateChainFile);
  const [leaf] = own;
  const key = readKey(privateKeyFile);
  if (leaf === undefined || !leaf.checkPrivateKey(key)) {
    throw new Error(
      `${printable(privateKeyFile)} is not the key of the first certificate in ${printable(certificateFile)}`,
    );
  }
  const chain = [...own, ...further].map((certificate) => certificate.toString()).join('');
  const keyText = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    leaf,
    chain,
    key: keyText,
    digest: createHash('sha256').update(chain).update(keyText).digest('hex'),
  };
}

/** @returns at least one */
function readCertificates(file: string): X509Certificate[] {
  const blocks = read(file).match(CERTIFICATE);
  if (blocks === null) throw new Error(`${printable(file)} holds no certificate in PEM form`);
  if (blocks.length > MAX_CHAIN)
    throw new Error(`${printable(file)} holds more than ${MAX_CHAIN} certificates`);
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Error(`certificate ${i + 1} in ${printable(file)} is broken`, { cause: error });
    }
  });
}

function readKey(file: string): KeyObject {
  const text = read(file);
  const begin = text.search(PRIVATE_KEY);
  if (begin < 0) throw new Error(`${printable(file)} holds no private key in PEM form`);
  const pem = text.slice(begin);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    const why = /ENCRYPTED/.test(pem)
      ? 'is encrypted: store it without a passphrase, readable for this user only'
      : 'is broken';
    throw new Error(`the private key in ${printable(file)} ${why}`, { cause: error });
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' || (type === 'ec' && CURVES.includes(details?.namedCurve ?? ''))) return key;
  throw new Error(
    `the private key in ${printable(file)} is of a kind that is not served: use RSA, or ECDSA with P-256, P-384 or P-521`,
  );
}

/** A pipe could keep the whole node waiting for its writer, and cannot be read twice. */
function read(file: string): string {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isFIFO()) throw new UnreadableFile('it is not a file');
    return readText(file, MAX_FILE_BYTES);
  } catch (error) {
    throw new Error(`${printable(file)} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
