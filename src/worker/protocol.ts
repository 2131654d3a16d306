/** What the main thread and a worker say to each other, mailboxes aside. */
import type { MessagePort } from 'node:worker_threads';
import type { AwsEndpointSettings } from '../aws/endpoints.js';
import type { AccessLogSettings, LambdaSettings } from '../config/settings.js';
import type { GatewayOptions } from '../pipeline/gateway.js';
import type { NamedUpstreams } from '../upstream/balancing/target-counts.js';
import type { UpstreamSettings } from '../upstream/upstream.js';

/** The Piscina task of one worker; it lasts as long as the worker. */
export interface WorkerTask {
  /** One per acceptor. */
  mailboxes: MessagePort[];
  control: MessagePort;
  /** Port to the function host; absent when there are no local functions. */
  functions?: MessagePort;
  /** Names of the local functions. */
  functionNames: string[];
  /** This worker's counters. */
  counters: SharedArrayBuffer;
  /** What this worker counts for the targets of `settings.upstreams`. */
  targetCounts: SharedArrayBuffer;
  settings: WorkerSettings;
  /** What to serve from the start: the worker takes no requests before it has compiled it. */
  snapshot: SnapshotMessage;
}

export interface WorkerSettings {
  gateway: Omit<GatewayOptions, 'counterSlots'>;
  upstream: UpstreamSettings;
  upstreams: NamedUpstreams;
  lambda: LambdaSettings;
  aws: AwsEndpointSettings;
  accessLog: AccessLogSettings['format'];
  listener: { port: number; protocol: 'http' | 'https' };
}

export interface SnapshotMessage {
  revision: number;
  /** An encoded `propylon.v1.Snapshot`, shared by all workers. */
  bytes: SharedArrayBuffer;
  counterSlots: Record<string, number>;
}

/** A new snapshot takes two steps, so that all workers take it or none: each compiles it, then all swap. */
export type ToWorker =
  /** The function host was started anew. */
  | { type: 'functions'; port: MessagePort }
  | { type: 'prepare'; snapshot: SnapshotMessage }
  | { type: 'commit'; revision: number }
  | { type: 'stop' };

export type FromWorker =
  /** The snapshot is compiled, and waits beside the running one. */
  | { type: 'prepared'; revision: number }
  /** The snapshot cannot be served; the running one goes on. */
  | { type: 'refused'; revision: number; reason: string }
  /** The snapshot serves. */
  | { type: 'applied'; revision: number }
  /** Finished access log lines, a batch at a time; `count` of them. */
  | { type: 'access-log'; lines: string; count: number };
