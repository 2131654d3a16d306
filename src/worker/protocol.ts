/** What the main thread and a worker say to each other, mailboxes aside. */
import type { MessagePort } from 'node:worker_threads';
import type { AwsEndpointSettings } from '../aws/endpoints.js';
import type { StoredItem } from '../config/items.js';
import type { AccessLogSettings, LambdaSettings } from '../config/settings.js';
import type { ListenerInfo } from '../integrations/integration.js';
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
  configuration: ConfigurationMessage;
}

export interface WorkerSettings {
  gateway: GatewayOptions;
  upstream: UpstreamSettings;
  upstreams: NamedUpstreams;
  lambda: LambdaSettings;
  aws: AwsEndpointSettings;
  accessLog: AccessLogSettings['format'];
  listener: ListenerInfo;
}

/** One item of a node's configuration. Its bytes are in memory that the node and all its workers share. */
export interface SharedItem extends StoredItem {
  readonly key: string;
  /** Of a stage: index of its counters; of all others 0. */
  readonly counterSlot: number;
}

export interface ConfigurationMessage {
  /** Numbers what a node has served or tried to serve; unlike a store's revisions it never goes back. */
  generation: number;
  /** The generation that `upserts` and `deletes` are the difference to; null: `upserts` is all there is. */
  base: number | null;
  upserts: readonly SharedItem[];
  /** Keys. */
  deletes: readonly string[];
}

/** What a worker found in a configuration. */
export interface ConfigurationFacts {
  /** Something in it can see the client's address. */
  needsSourceIp: boolean;
  /** Keys of items of a kind this version does not know; they are not served. */
  unknownItems: string[];
}

/** A new configuration takes two steps, so that all workers take it or none: each compiles it, then all swap. */
export type ToWorker =
  /** The function host was started anew. */
  | { type: 'functions'; port: MessagePort }
  | { type: 'prepare'; configuration: ConfigurationMessage }
  /** Serve this generation, or go on serving it: what else was prepared is let go of. */
  | { type: 'commit'; generation: number }
  | { type: 'stop' };

export type FromWorker =
  /** The configuration is compiled, and waits beside the running one. */
  | { type: 'prepared'; generation: number; facts: ConfigurationFacts }
  /** The configuration cannot be served; the running one goes on. */
  | { type: 'refused'; generation: number; reason: string; item?: string }
  /** The generation serves. */
  | { type: 'applied'; generation: number }
  /** Finished access log lines, a batch at a time; `count` of them. */
  | { type: 'access-log'; lines: string; count: number };
