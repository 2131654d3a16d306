/** Messages between the node's main thread and its acceptor threads; a handful per life of a thread. */
import type { MessagePort } from 'node:worker_threads';
import type { AcceptorLimits } from './acceptor-state.js';

/** `workerData` of an acceptor thread. */
export interface AcceptorOptions {
  host: string;
  port: number;
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

export type ToAcceptor =
  /** A worker's end of a mailbox: send it requests from now on. */
  | { type: 'attach'; port: MessagePort }
  /** Whether requests carry the client's address from now on (config/needs-source-ip.ts). */
  | { type: 'source-ip'; needed: boolean }
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
  | { type: 'refused'; requests: RefusedRequest[] }
  | { type: 'drained' };
