/** What one node is told at its start, from flags, environment and `propylon.yaml`; complete, with every default filled in. */
import type { AwsEndpointSettings } from '../aws/endpoints.js';
import type { NamedUpstreams } from '../upstream/balancing/target-counts.js';
import type { UpstreamSettings } from '../upstream/upstream.js';

export interface NodeSettings {
  /** Address clients connect to; `0.0.0.0` by default. */
  host: string;
  port: number;
  /** Absent: clients come without TLS only. */
  tls?: TlsSettings;
  /** Loopback unless told otherwise. */
  adminHost: string;
  adminPort: number;
  workers: number;
  acceptors: number;
  apis: ApiSettings[];
  functions: FunctionSettings[];
  lambda: LambdaSettings;
  /** Endpoints of other AWS services. */
  aws: AwsEndpointSettings;
  upstream: UpstreamSettings;
  /** Upstreams of several targets, by name. */
  upstreams: NamedUpstreams;
  limits: Limits;
  /** Answer at `{apiId}.execute-api.*`. */
  executeApiHosts: boolean;
  /** Answer at `/_aws/execute-api/{apiId}/{stage}/`. */
  executeApiPaths: boolean;
  /** Serve methods whose authorization is not executed yet as if they had none. */
  skipAuthorization: boolean;
  watch: boolean;
  /** Milliseconds requests in flight may take at shutdown. */
  graceMs: number;
  accessLog: AccessLogSettings;
  /** Where the configuration of the cluster is kept. */
  store: StoreSettings;
  /**
   * Absolute path of the folder that keeps the node's id and its last known good configuration; it may not exist yet.
   * Absent with a memory store: such a node keeps nothing.
   */
  stateDirectory?: string;
  /** What revisions are signed with; a secret, at least 32 bytes. Absent: revisions are not signed. */
  configKey?: Uint8Array;
  /** Absent: made once and kept in the state directory. */
  nodeId?: string;
}

/** A second port for clients, for HTTPS. */
export interface TlsSettings {
  port: number;
  /** PEM files, as absolute paths: what clients are shown that ask for no custom domain with a certificate of its own. */
  certFile: string;
  keyFile: string;
}

/** What `openStore` in src/config/stores opens. */
export type StoreSettings = MemoryStoreSettings | DiskStoreSettings | RedisStoreSettings;

interface CommonStoreSettings {
  /** Revisions kept for history, diff and rollback; `DEFAULT_HISTORY` by default. */
  historyLimit?: number;
}

export interface MemoryStoreSettings extends CommonStoreSettings {
  kind: 'memory';
}

export interface DiskStoreSettings extends CommonStoreSettings {
  kind: 'disk';
  /** Absolute path; made when it is missing. */
  directory: string;
}

export interface RedisStoreSettings extends CommonStoreSettings {
  kind: 'redis';
  /** May hold a password: never in a log or an error text. */
  url: string;
  /** Several clusters can share one Redis. Letters, digits and `._-`. */
  namespace: string;
  /** PEM files, as absolute paths; only with a URL that asks for TLS. */
  tls?: RedisTlsSettings;
  /** Milliseconds one call may take; 5000 by default. */
  timeoutMs?: number;
}

export interface RedisTlsSettings {
  /** Absent: the authorities Node.js trusts. */
  caFile?: string;
  certFile?: string;
  keyFile?: string;
}

export interface ApiSettings {
  /** Path of the OpenAPI document. */
  definition: string;
  /** Lower-case letters and digits; derived from the title when not given. */
  id?: string;
  stage: string;
  stageVariables: Record<string, string>;
  /** Absent: nothing was said, and a node takes the root of any host. Empty: only execute-api addresses. */
  mappings?: readonly MappingSettings[];
}

export interface MappingSettings {
  /** Host the base path is mapped on; empty: any. */
  domain: string;
  /** Without slashes at its ends; empty: the root. */
  basePath: string;
}

/** Of definitions that are mapped nowhere else. */
export const ROOT_OF_ANY_HOST: MappingSettings = { domain: '', basePath: '' };

export interface FunctionSettings {
  name: string;
  /** Absolute path of the module. */
  file: string;
  /** Export that is the handler. */
  handler: string;
  /** Milliseconds until the function is stopped. */
  timeoutMs: number;
  /** Heap limit. */
  memoryMb: number;
  /** Invocations at the same time; more wait, and are throttled (429) past `4 * concurrency` waiting. */
  concurrency: number;
  environment: Record<string, string>;
}

export interface LambdaSettings {
  region: string;
  accountId: string;
  /** Base URL of a Lambda endpoint; absent: AWS itself. */
  endpoint?: string;
}

export interface Limits {
  /** Requests under way in one node; more are answered 503 at once. */
  maxInFlight: number;
  /** Bytes of a request body: 10 MiB on AWS (reference 10). */
  maxBodyBytes: number;
  /** Request body bytes held for requests not yet answered, per acceptor; requests over it are answered 503. */
  maxHeldBytes: number;
  /** Bytes of all header names and values: 10240 on AWS. */
  maxHeaderBytes: number;
  /** Characters of path and query: 10240 on AWS. */
  maxUrlLength: number;
}

export interface AccessLogSettings {
  format: 'off' | 'text' | 'json';
  /** Absent: standard output. */
  file?: string;
}

export const DEFAULT_LIMITS: Limits = {
  maxInFlight: 10_000,
  maxBodyBytes: 10_485_760,
  maxHeldBytes: 536_870_912,
  maxHeaderBytes: 10_240,
  maxUrlLength: 10_240,
};

export const DEFAULT_FUNCTION = { handler: 'handler', timeoutMs: 30_000, memoryMb: 256, concurrency: 8 };
