/** What is said about an upstream of several targets, complete with its defaults. What is absent is off. */
import type { TlsIdentity } from '../upstream.js';

export interface BalancedUpstreamSettings {
  /** At least one. */
  readonly targets: readonly TargetSettings[];
  readonly balance: 'round-robin' | 'least-requests' | 'consistent-hash';
  /** With `consistent-hash`. */
  readonly hashOn: HashSource;
  readonly healthCheck?: HealthCheckSettings;
  readonly outlierDetection?: OutlierDetectionSettings;
  readonly circuitBreaker?: CircuitBreakerSettings;
  readonly retry?: RetrySettings;
  /** Milliseconds in which a target that came back gets to its full share; 0: at once. */
  readonly slowStartMs: number;
  readonly shadow?: ShadowSettings;
  readonly tls?: BalancedTlsSettings;
}

export interface TargetSettings {
  /** Host name or address, lower case, IPv6 without brackets. */
  readonly host: string;
  /** Absent: the scheme's own. */
  readonly port?: number;
  /** Share of requests, relative to the other targets'. */
  readonly weight: number;
}

export type HashSource =
  | { readonly kind: 'source-ip' }
  /** The path sent to the target. */
  | { readonly kind: 'path' }
  /** A header of the client; the name in lower case. */
  | { readonly kind: 'header'; readonly name: string };

export interface HealthCheckSettings {
  /** Request target of a GET; 2xx and 3xx are healthy. */
  readonly path: string;
  /** `Host` of the check; absent: the target's address. */
  readonly host?: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that take a target out. */
  readonly unhealthyAfter: number;
  /** Successes in a row that bring it back. */
  readonly healthyAfter: number;
}

export interface OutlierDetectionSettings {
  /** Failed requests in a row that eject a target. */
  readonly consecutiveFailures: number;
  readonly ejectionMs: number;
  /** Percentage of the targets that may be ejected at once. */
  readonly maxEjected: number;
}

export interface CircuitBreakerSettings {
  /** Requests under way at once. */
  readonly maxRequests: number;
  /** Requests that may wait for one of them to end. */
  readonly maxPending: number;
}

export interface RetrySettings {
  /** In all, the first one included. */
  readonly attempts: number;
  /** Percentage of requests by which repeats of requests that had been sent may multiply them. */
  readonly budget: number;
  /** No connection, so nothing was sent. */
  readonly onConnectFailure: boolean;
  /** The connection was lost after the request was sent, before the head of an answer. */
  readonly onReset: boolean;
  readonly onStatus: ReadonlySet<number>;
  /** Methods other than GET, HEAD, OPTIONS, PUT and DELETE are repeated too once they were sent. */
  readonly nonIdempotent: boolean;
}

export interface ShadowSettings {
  /** Name of the upstream that gets the copies. */
  readonly upstream: string;
  /** Percentage of requests that are copied. */
  readonly percent: number;
}

export interface BalancedTlsSettings {
  readonly serverName?: string;
  readonly insecureSkipVerification?: boolean;
  readonly identity?: TlsIdentity;
}
