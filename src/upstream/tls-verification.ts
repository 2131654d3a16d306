/**
 * `insecureSkipVerification` (reference 02 section 4): certificates of private authorities and self-signed ones are
 * accepted, but expiry and host name are still checked. Node only knows "verify all" and "verify nothing", so these
 * connections are opened with `rejectUnauthorized: false` and judged here before a byte of a request goes out.
 */
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';

/** OpenSSL's ways to say that no trusted authority vouches for the chain; everything else stays an error. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** A chain is as long as its sender makes it. */
const MAX_CHAIN = 10;

/**
 * Judges a socket on `secureConnect`. A resumed session carries no certificate: it passes, so only sessions of sockets
 * that passed here may be kept, and not beyond `certificateEnd`.
 * @param name the host name the certificate must be for
 * @returns null when the connection may be used, else why not
 */
export function privateAuthorityFault(socket: TLSSocket, name: string): Error | null {
  // Typed as an Error, but OpenSSL's code as a string in fact.
  const problem: unknown = socket.authorizationError;
  if (problem === null || problem === undefined) return null;
  const code = problem instanceof Error ? problem.message : String(problem);
  if (!UNKNOWN_AUTHORITY.has(code)) return fault(code, `The certificate of ${name} is refused: ${code}.`);
  const certificate = socket.getPeerCertificate(true);
  if (Object.keys(certificate).length === 0) {
    return socket.isSessionReused() ? null : fault('NO_CERTIFICATE', `${name} showed no certificate.`);
  }
  // OpenSSL reports one problem of a chain, so an unknown authority may hide an expiry.
  return expiryFault(certificate, name) ?? checkServerIdentity(name, certificate) ?? null;
}

/** When the peer's certificate expires, in milliseconds as of `Date.now()`. Only a full handshake shows it. */
export function certificateEnd(socket: TLSSocket): number {
  const end = Date.parse(socket.getPeerCertificate().valid_to);
  return Number.isNaN(end) ? 0 : end;
}

function expiryFault(leaf: DetailedPeerCertificate, name: string): Error | null {
  const now = Date.now();
  let certificate = leaf;
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
    if (!(Date.parse(certificate.valid_from) <= now && now <= Date.parse(certificate.valid_to))) {
      const span = `${certificate.valid_from} to ${certificate.valid_to}`;
      return fault('CERT_HAS_EXPIRED', `A certificate of ${name} is valid from ${span} only.`);
    }
    const issuer = certificate.issuerCertificate;
    if (issuer === undefined || issuer === certificate) return null;
    certificate = issuer;
  }
  return fault('CERT_CHAIN_TOO_LONG', `The certificate chain of ${name} is longer than ${MAX_CHAIN}.`);
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
