import { isIPv6 } from 'node:net';
import type { TlsConfig } from '../model/snapshot.js';
import type { Origin } from '../upstream/upstream.js';

/** Where a request goes, and what its `Host` says. */
export interface Endpoint {
  readonly origin: Origin;
  /** As the URI names it, the port only if the URI has one (reference 02 section 2.2). */
  readonly host: string;
}

/** A host name, an IPv4 address, or a bracketed IPv6 address; then a port. Underscores occur in container networks. */
const AUTHORITY = /^(?:([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)|\[([0-9A-Fa-f:.]+)\])(?::(\d{1,5}))?$/;

/**
 * Reads `host[:port]`. User names, percent-encoding, paths and anything else that would make two readers disagree about
 * the host are refused: placeholders may have put a client's text there.
 * @returns undefined when it is no plain authority
 */
export function parseEndpoint(
  scheme: 'http' | 'https',
  authority: string,
  tls: TlsConfig | undefined,
): Endpoint | undefined {
  const match = AUTHORITY.exec(authority);
  if (match === null) return undefined;
  const [, name, address, digits] = match;
  if (address !== undefined && !isIPv6(address)) return undefined;
  const host = (name ?? address ?? '').toLowerCase();
  const port = digits === undefined ? (scheme === 'https' ? 443 : 80) : Number(digits);
  if (host.length > 253 || port < 1 || port > 65_535) return undefined;
  const origin: Origin = { scheme, host, port };
  if (scheme === 'https' && tls !== undefined) {
    if (tls.insecureSkipVerification) origin.insecureSkipVerification = true;
    if (tls.serverNameToVerify !== undefined) origin.serverName = tls.serverNameToVerify;
  }
  return { origin, host: authority };
}
