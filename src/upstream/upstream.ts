/**
 * The port to HTTP backends. Two adapters stand behind it: `http1` (our own client, the default) and `undici`.
 * Callbacks instead of promises: one request costs no closure and no microtask on this path.
 */
import type { HeaderBlock } from '../http/header-block.js';

/** Where connections go. Made once per integration when a configuration is compiled; equal origins share a pool. */
export interface Origin {
  scheme: 'http' | 'https';
  /** Host name or address, IPv6 without brackets. */
  host: string;
  port: number;
  /** https: accept certificates of private authorities (reference 02 section 4, TLS). */
  insecureSkipVerification?: boolean;
  /** https: name for SNI and verification, when not the host. */
  serverName?: string;
  /** https: what this side shows, and whom it trusts. */
  identity?: TlsIdentity;
}

/** A client certificate, and authorities in place of the client's own; PEM texts. */
export interface TlsIdentity {
  /** Equal names stand for equal identities: it tells the connections of one from those of another. */
  readonly name: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** Stands for a body that follows in parts; no text or bytes can be mistaken for it. */
export const STREAMED: unique symbol = Symbol('streamed');

export interface UpstreamRequest {
  origin: Origin;
  /** Upper case, a token. */
  method: string;
  /** Request target in origin form, starting with `/`, query included. Already free of control characters and spaces. */
  target: string;
  /**
   * Every header but the framing ones: Content-Length, Transfer-Encoding and Connection are the client's own to write.
   * `Host` is included by the caller.
   */
  headers: HeaderBlock;
  /**
   * A complete body (empty: null), or `STREAMED`: the caller follows with `call.write()` and `call.end()`.
   * A complete body, or null with a method that usually carries one (POST, PUT, PATCH), goes out with Content-Length.
   */
  body: Uint8Array | string | null | typeof STREAMED;
  /** For `STREAMED`: bytes announced by the client, or -1 for chunked. */
  bodyLength: number;
  /** Until the final response's head and last byte of a buffered answer: see `UpstreamCall.answered`. Milliseconds. */
  timeoutMs: number;
}

/**
 * What a call reports, always asynchronously (never from inside `request()`). After `onEnd` or `onError` nothing more
 * comes. A handler is one object per request; its methods are called with the handler as `this`.
 */
export interface UpstreamHandler {
  /**
   * The final response's head (1xx are consumed by the client).
   * @param headers as received, spelling kept; Connection, Keep-Alive, Transfer-Encoding, Content-Length, TE, Trailer,
   *   Upgrade, Proxy-* are included too: what passes is the caller's decision (remapping needs to see them)
   * @param contentLength announced bytes, or -1 (chunked or until close); 0 when there can be no body (HEAD, 204, 304)
   */
  onHead(status: number, headers: HeaderBlock, contentLength: number): void;
  /** Body bytes, framing removed. `chunk` is only valid during the call: copy what must stay. */
  onData(chunk: Uint8Array): void;
  /** The response is complete. */
  onEnd(): void;
  /** The call failed, before or after `onHead`. */
  onError(error: UpstreamError): void;
  /** The request body may be written on after `write` returned false. */
  onDrain(): void;
}

export interface UpstreamCall {
  /** Body bytes of a `STREAMED` request; takes ownership of the chunk. False: wait for `onDrain`. */
  write(chunk: Uint8Array): boolean;
  /** The `STREAMED` body is complete. */
  end(): void;
  /**
   * Stop reading the response until `resume` (backpressure reaches the upstream's socket). What one read had taken by
   * then (64 KiB at most), the end of the response included, may still come.
   */
  pause(): void;
  resume(): void;
  /**
   * The timeout stops counting: the caller streams the response to a client and waits for it as long as it moves.
   * From here on only the client's idle timeout applies.
   */
  answered(): void;
  /** Give up: the connection is destroyed unless the exchange had ended; no further callback. */
  cancel(): void;
}

/** Where a failed call failed; each maps to one answer of reference 02 section 4. */
export type UpstreamErrorKind =
  /** Host not resolvable, port 0, ...: `Invalid endpoint address`. */
  | 'address'
  /** Refused, reset, TLS failure, closed early. */
  | 'network'
  /** No complete answer within `timeoutMs` of the last byte of the request. */
  | 'timeout'
  /** The answer is not HTTP/1.1 we accept (limits and ambiguous framing included). */
  | 'protocol'
  /** More waiting requests than `maxPending` for this origin, or than a circuit breaker lets through. */
  | 'overload';

export interface UpstreamErrorOptions extends ErrorOptions {
  /** There was no connection, so nothing of the request was sent: it may go elsewhere, whatever its method. */
  unconnected?: boolean;
}

export class UpstreamError extends Error {
  readonly kind: UpstreamErrorKind;
  readonly unconnected: boolean;
  constructor(kind: UpstreamErrorKind, message: string, options: UpstreamErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.unconnected = options.unconnected === true;
    this.name = 'UpstreamError';
  }
}

/** What is known of the client behind a request. */
export interface RequestSender {
  /** The client's headers, as they came. */
  readonly headers: HeaderBlock;
  /** Empty when nothing in the configuration asks for it. */
  readonly sourceIp: string;
}

/** Takes requests: a client, or an upstream of several targets in front of one. */
export interface UpstreamPort {
  /** @param sender read only by upstreams that choose a target by it; absent: none does */
  request(request: UpstreamRequest, handler: UpstreamHandler, sender?: RequestSender): UpstreamCall;
}

export interface UpstreamClient extends UpstreamPort {
  /** Ends idle connections now and the others when their exchange ends. */
  close(): Promise<void>;
  stats(): UpstreamStats;
}

export interface UpstreamStats {
  /** Open sockets, busy and idle. */
  connections: number;
  /** Exchanges under way. */
  active: number;
  /** Requests waiting for a connection. */
  pending: number;
}

/** The same for both adapters; all of it has a place in `propylon.yaml` under `upstream`. */
export interface UpstreamSettings {
  client: 'http1' | 'undici';
  /** Connections per origin and worker. */
  connections: number;
  /** Requests that may wait for a connection, per origin and worker; more fail with `overload`. */
  maxPending: number;
  /** Milliseconds to connect, TLS handshake included. */
  connectTimeoutMs: number;
  /** Milliseconds an idle connection is kept; below the usual 60-75 s of servers, so that they rarely close first. */
  keepAliveMs: number;
  /**
   * Milliseconds after which a connection takes no further request: under steady traffic one would never be idle, and
   * never learn that its name has another address by now.
   */
  maxConnectionAgeMs: number;
  /** Milliseconds without a byte after which a response that is being streamed is given up. */
  idleTimeoutMs: number;
  /** Bytes of a response head. */
  maxHeadBytes: number;
}

export const DEFAULT_UPSTREAM_SETTINGS: UpstreamSettings = {
  client: 'http1',
  connections: 256,
  maxPending: 1024,
  connectTimeoutMs: 5_000,
  keepAliveMs: 30_000,
  maxConnectionAgeMs: 300_000,
  idleTimeoutMs: 300_000,
  maxHeadBytes: 65_536,
};
