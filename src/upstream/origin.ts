/** What both adapters need to know about origins, and how failures of sockets become the port's errors. */
import { isIP } from 'node:net';
import { type Origin, UpstreamError } from './upstream.js';

/** Equal keys share connections: the same place, reached under the same conditions. */
export function originKey(origin: Origin): string {
  const host = origin.host.toLowerCase();
  if (origin.scheme === 'http') return `http ${host} ${origin.port}`;
  const identity = origin.identity === undefined ? '' : ` ${origin.identity.name}`;
  return `https ${host} ${origin.port} ${origin.insecureSkipVerification === true} ${verifiedName(origin).toLowerCase()}${identity}`;
}

/** The name a certificate must be for. */
export function verifiedName(origin: Origin): string {
  return origin.serverName ?? origin.host;
}

/** The name sent in SNI; empty for addresses, which SNI has no place for (RFC 6066 section 3). */
export function sniName(origin: Origin): string {
  const name = verifiedName(origin);
  return isIP(name) === 0 ? name : '';
}

/** Null, or why nothing can be connected to at this origin. */
export function originFault(origin: Origin): UpstreamError | null {
  const { host, port } = origin;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return new UpstreamError('address', `Port ${port} of ${host} is not between 1 and 65535.`);
  }
  // What a resolver would be asked for; it must not see what no host name holds.
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f || code === 0x2f) {
      return new UpstreamError('address', `Host ${JSON.stringify(host)} holds a character no host name has.`);
    }
  }
  return host.length === 0 ? new UpstreamError('address', 'The host is empty.') : null;
}

/** Failures of name resolution (and of nothing else) mean that the configured address is wrong. */
export function connectError(error: unknown, origin: Origin): UpstreamError {
  const code = errorCode(error);
  const place = `${origin.host}:${origin.port}`;
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
    const message = `${origin.host} cannot be resolved (${code}).`;
    return new UpstreamError('address', message, { cause: error, unconnected: true });
  }
  const message = `No connection to ${place}: ${describe(error)}.`;
  return new UpstreamError('network', message, { cause: error, unconnected: true });
}

/** `code` of a system or OpenSSL error; empty when it has none. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** One phrase for messages: the code, which is short and stable, else the message. */
export function describe(error: unknown): string {
  const code = errorCode(error);
  if (code !== '') return code;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Whether a request target may be written. Everything in front of this client encodes targets already; this is the
 * last place where a line break (or U+010A, whose low byte is one) can be kept from becoming a second request.
 */
export function isSafeTarget(target: string): boolean {
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code <= 0x20 || code > 0xff || code === 0x7f) return false;
  }
  return target.charCodeAt(0) === 0x2f;
}
