import { isIPv6 } from 'node:net';

export interface Authority {
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** A host name, an IPv4 address, or a bracketed IPv6 address; then a port. Underscores occur in container networks. */
const AUTHORITY = /^(?:([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)|\[([0-9A-Fa-f:.]+)\])(?::(\d{1,5}))?$/;

/**
 * Reads `host[:port]`. User names, percent-encoding, paths and anything else that would make two readers disagree about
 * the host are refused: placeholders may have put a client's text there.
 * @returns undefined when it is no plain authority
 */
export function parseAuthority(text: string): Authority | undefined {
  const match = AUTHORITY.exec(text);
  if (match === null) return undefined;
  const [, name, address, digits] = match;
  if (address !== undefined && !isIPv6(address)) return undefined;
  const host = (name ?? address ?? '').toLowerCase();
  const port = digits === undefined ? undefined : Number(digits);
  if (host.length > 253 || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  return { host, port };
}
