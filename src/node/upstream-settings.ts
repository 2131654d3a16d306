/** The `upstreams` of the configuration file, with the certificates they name. */
import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { printable } from '../telemetry/printable.js';
import { readUpstream, type TlsFiles, UPSTREAM_NAME } from '../upstream/balancing/read-upstream.js';
import type { BalancedUpstreamSettings } from '../upstream/balancing/settings.js';
import type { NamedUpstreams } from '../upstream/balancing/target-counts.js';
import type { TlsIdentity } from '../upstream/upstream.js';
import type { FileUpstream } from './config-file.js';
import { readText } from './read-text.js';
import type { SettingReader } from './setting-reader.js';

/** A bundle of all public authorities is a quarter of this. */
const MAX_PEM_BYTES = 1_048_576;

/** By name, in lower case: host names have no case, and URIs name upstreams in the place of a host. */
export function readUpstreams(reader: SettingReader): NamedUpstreams {
  const upstreams = new Map<string, BalancedUpstreamSettings>();
  const written = reader.sources.file?.upstreams ?? [];
  for (const one of written) {
    const name = one.name.text.toLowerCase();
    if (!UPSTREAM_NAME.test(name)) {
      reader.problems.push(
        `${one.name.where} must have a name of letters, digits, hyphens and underscores, as hosts have`,
      );
    } else if (upstreams.has(name)) {
      reader.problems.push(`${one.name.where} is there twice: names have no case`);
    } else {
      const settings = readOne(reader, name, one);
      if (settings !== undefined) upstreams.set(name, settings);
    }
  }
  const names = new Set(written.map(({ name }) => name.text.toLowerCase()));
  for (const { name, where } of written) {
    const shadow = upstreams.get(name.text.toLowerCase())?.shadow?.upstream;
    if (shadow === undefined) continue;
    const place = where(['shadow', 'upstream']);
    if (shadow === name.text.toLowerCase()) reader.problems.push(`${place} must be another upstream`);
    else if (!names.has(shadow)) {
      reader.problems.push(`${place} must be one of upstreams, and there is no ${printable(shadow)}`);
    }
  }
  return Object.fromEntries(upstreams);
}

function readOne(
  reader: SettingReader,
  name: string,
  { value, where }: FileUpstream,
): BalancedUpstreamSettings | undefined {
  const read = readUpstream(value, true, (path, message) => {
    reader.problems.push(`${where(path)} ${message}`);
  });
  if (read === undefined) return undefined;
  const { settings, tlsFiles } = read;
  if (Object.keys(tlsFiles).length === 0) return settings;
  const identity = readIdentity(reader, name, tlsFiles, (key) => where(['tls', key]));
  return identity && { ...settings, tls: { ...settings.tls, identity } };
}

/** Undefined after a problem. What is in a key file never gets into a message. */
function readIdentity(
  reader: SettingReader,
  name: string,
  files: TlsFiles,
  where: (key: string) => string,
): TlsIdentity | undefined {
  const texts: { [key in keyof TlsFiles]: string } = {};
  for (const key of ['cert', 'key', 'ca'] as const) {
    const file = files[key];
    if (file === undefined) continue;
    try {
      texts[key] = readText(resolve(reader.sources.fileFolder, file), MAX_PEM_BYTES);
    } catch (error) {
      reader.problems.push(`${where(key)} cannot be read: ${(error as Error).message} (${printable(file)})`);
      return undefined;
    }
  }
  const { cert, key, ca } = texts;
  for (const [part, pem] of [
    ['ca', ca],
    ['cert', cert],
  ] as const) {
    if (pem === undefined || isCertificates(pem)) continue;
    reader.problems.push(`${where(part)} must be a file of certificates in PEM form`);
    return undefined;
  }
  try {
    if (cert !== undefined && key !== undefined) createSecureContext({ cert, key });
  } catch (error) {
    const { code = 'not readable' } = error as NodeJS.ErrnoException;
    const rule = 'must be the private key of cert, in PEM form and not encrypted';
    reader.problems.push(`${where('key')} ${rule} (${code})`);
    return undefined;
  }
  return { name, ...texts };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** At least one, and all of them readable: OpenSSL passes over what is none without a word. */
function isCertificates(pem: string): boolean {
  const blocks = pem.match(CERTIFICATE) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    return blocks.length > 0;
  } catch {
    return false;
  }
}
