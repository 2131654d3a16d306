/** Sockets towards origins. */
import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { sniName, verifiedName } from '../origin.js';
import type { Resolver } from '../resolver.js';
import type { Origin } from '../upstream.js';

/** The kernel asks peers that are silent for this long whether they still exist. Milliseconds. */
const PROBE_AFTER_MS = 60_000;

interface Place {
  host: string;
  port: number;
  lookup: Resolver['lookup'];
  autoSelectFamily: boolean;
  onread: OnReadOpts;
}

/** Starts connecting in plain text. Errors arrive as events. */
export function openPlainSocket(origin: Origin, resolver: Resolver, onread: OnReadOpts): Socket {
  return tuned(connectPlain(place(origin, resolver, onread)));
}

/**
 * Starts connecting with TLS, HTTP/1.1 only. With `insecureSkipVerification` the certificate is still to be judged, see
 * tls-verification.ts.
 * @param session of an earlier connection to the same origin, or null
 */
export function openTlsSocket(
  origin: Origin,
  resolver: Resolver,
  onread: OnReadOpts,
  secureContext: SecureContext,
  session: Buffer | null,
): TLSSocket {
  const options: ConnectionOptions & Place = {
    ...place(origin, resolver, onread),
    secureContext,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: origin.insecureSkipVerification !== true,
    // Node would compare with the name in SNI, and addresses are not sent there.
    checkServerIdentity: (_name, certificate) => checkServerIdentity(verifiedName(origin), certificate),
  };
  const name = sniName(origin);
  if (name !== '') options.servername = name;
  if (session !== null) options.session = session;
  const socket = connectTls(options);
  tuned(socket);
  return socket;
}

function place(origin: Origin, resolver: Resolver, onread: OnReadOpts): Place {
  return {
    host: origin.host,
    port: origin.port,
    lookup: resolver.lookup,
    autoSelectFamily: true,
    onread,
  };
}

/** A request is one write: waiting for more to send with it (Nagle) would only delay it. */
function tuned(socket: Socket): Socket {
  return socket.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS);
}
