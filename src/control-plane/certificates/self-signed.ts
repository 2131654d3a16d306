/** Client certificates that a gateway shows to its backends: self-signed, so that a backend trusts exactly this one. */
import { generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import {
  bits,
  integer,
  nothing,
  objectIdentifier,
  octets,
  sequence,
  setOf,
  tagged,
  time,
  utf8,
  yes,
} from './der.js';

export interface ClientKeyPair {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  privateKey: string;
}

const COMMON_NAME = '2.5.4.3';
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

const RSA_BITS = 2_048;
const SERIAL_BYTES = 16;
const X509_VERSION_3 = 2;

/** Takes some 100 ms of a thread of libuv's pool. */
export async function selfSignedCertificate(
  commonName: string,
  notBefore: Date,
  notAfter: Date,
): Promise<ClientKeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return {
    certificate: pem(certificateOf(commonName, notBefore, notAfter, publicKey, privateKey)),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** RFC 5280 section 4.1. */
function certificateOf(
  commonName: string,
  notBefore: Date,
  notAfter: Date,
  publicKey: KeyObject,
  privateKey: KeyObject,
): Uint8Array {
  const algorithm = sequence(objectIdentifier(SHA256_WITH_RSA), nothing());
  const name = sequence(setOf(sequence(objectIdentifier(COMMON_NAME), utf8(commonName))));
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([X509_VERSION_3]))),
    integer(serialNumber()),
    algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      sequence(
        // No authority: it vouches for nobody else.
        sequence(objectIdentifier(BASIC_CONSTRAINTS), yes(), octets(sequence())),
        sequence(
          objectIdentifier(EXTENDED_KEY_USAGE),
          octets(sequence(objectIdentifier(CLIENT_AUTHENTICATION))),
        ),
      ),
    ),
  );
  return sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, privateKey)));
}

/** Positive and not zero. */
function serialNumber(): Uint8Array {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes;
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
