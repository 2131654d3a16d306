import type { TlsConfig } from '../model/snapshot.js';
import { parseAuthority } from '../upstream/authority.js';
import type { Origin } from '../upstream/upstream.js';

/** Where a request goes, and what its `Host` says. */
export interface Endpoint {
  readonly origin: Origin;
  /** As the URI names it, the port only if the URI has one (reference 02 section 2.2). */
  readonly host: string;
}

/** @returns undefined when the authority is no plain `host[:port]` */
export function parseEndpoint(
  scheme: 'http' | 'https',
  authority: string,
  tls: TlsConfig | undefined,
): Endpoint | undefined {
  const parsed = parseAuthority(authority);
  if (parsed === undefined) return undefined;
  const port = parsed.port ?? (scheme === 'https' ? 443 : 80);
  const origin: Origin = { scheme, host: parsed.host, port };
  if (scheme === 'https' && tls !== undefined) {
    if (tls.insecureSkipVerification) origin.insecureSkipVerification = true;
    if (tls.serverNameToVerify !== undefined) origin.serverName = tls.serverNameToVerify;
  }
  return { origin, host: authority };
}
