/**
 * uWebSockets.js reads certificates from files only. It gets copies: of what was checked, whatever happens to the files
 * meanwhile, with the chain in one file, and again later although the files may be broken then. The price is a private key in
 * a second place for a moment, in memory where the system has a file system for that, readable for this user only.
 */
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateFiles } from '../acceptor/protocol.js';
import type { Certificate } from './certificate.js';

const MEMORY = '/dev/shm';

/**
 * Runs `use` with the files of each certificate, by digest; they are gone afterwards.
 * @throws Error of `use`, or that the files cannot be written
 */
export async function withCertificateFiles<T>(
  certificates: Iterable<Certificate>,
  use: (files: (certificate: Certificate) => CertificateFiles) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(place(), 'propylon-tls-'));
  try {
    const filesOf = ({ digest }: Certificate): CertificateFiles => ({
      certFile: join(folder, `${digest}.crt`),
      keyFile: join(folder, `${digest}.key`),
    });
    for (const certificate of new Map([...certificates].map((one) => [one.digest, one])).values()) {
      const { certFile, keyFile } = filesOf(certificate);
      await writeFile(certFile, certificate.chain, { mode: 0o600 });
      await writeFile(keyFile, certificate.key, { mode: 0o600 });
    }
    return await use(filesOf);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function place(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    return MEMORY;
  } catch {
    return tmpdir();
  }
}
