/** Messages between the node's main thread and its acceptor threads; a handful per life of a thread. */
import type { MessagePort } from 'node:worker_threads';
import type { AcceptorLimits } from './acceptor-state.js';

/** `workerData` of an acceptor thread. */
export interface AcceptorOptions {
  host: string;
  port: number;
  /** Absent: no port for HTTPS. */
  tlsPort?: number;
  limits: AcceptorLimits;
  /** Int32: requests in flight in the node. */
  inFlight: SharedArrayBuffer;
  /** This acceptor's counters (one slot). */
  counters: SharedArrayBuffer;
  /** Tell the main thread of requests answered here, for the access log. */
  logRefused: boolean;
  /** Refuse to share the port; off when several acceptors listen on it. */
  exclusive: boolean;
}

/** PEM files that uWebSockets.js can use: the certificate followed by its chain, and the key without a passphrase. */
export interface CertificateFiles {
  certFile: string;
  keyFile: string;
}

/** A host name in lower case, of at most 10 labels; `*.example.com` stands for one label. */
export interface ServerName {
  name: string;
  files: CertificateFiles;
}

/** What new TLS handshakes are answered with. */
export interface CertificateChange {
  /** For clients that name no known server. Null: it stays as it is, and so do the names there are. */
  defaultCertificate: CertificateFiles | null;
  /** All names; beside a null default those that are new. */
  names: ServerName[];
}

export type ToAcceptor =
  /** A worker's end of a mailbox: send it requests from now on. */
  | { type: 'attach'; port: MessagePort }
  /** Whether requests carry the client's address from now on (config/needs-source-ip.ts). */
  | { type: 'source-ip'; needed: boolean }
  /** Only with a `tlsPort`, and before `listen`; answered with `certificates-loaded`, and one at a time. */
  | { type: 'certificates'; change: CertificateChange }
  | { type: 'listen'; port: number }
  /** Stop accepting, finish what is under way, then say `drained`. */
  | { type: 'drain' }
  /** Close every connection and exit. */
  | { type: 'stop' };

/** A request the acceptor answered by itself: what its access log line is made of. */
export interface RefusedRequest {
  method: string;
  path: string;
  sourceIp: string;
  requestId: string;
  status: number;
  errorType: string;
  bytesSent: number;
}

export type FromAcceptor =
  | { type: 'listening'; port: number }
  | { type: 'listen-failed' }
  /** With an error they are not, and what served before goes on. */
  | { type: 'certificates-loaded'; error: string | null }
  | { type: 'refused'; requests: RefusedRequest[] }
  | { type: 'drained' };
