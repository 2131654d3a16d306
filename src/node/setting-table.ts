/**
 * Every setting that is one value, once: its name gives the flag (`adminPort`: `--admin-port`) and the environment
 * variable (`PROPYLON_ADMIN_PORT`), `path` its place in `propylon.yaml`. Flags, help, environment and file are all made
 * from this table, so they cannot drift apart. What is a list (definitions, stage variables, functions) is not here.
 */
import {
  accountId,
  basePath,
  bool,
  bytes,
  configKey,
  duration,
  host,
  httpUrl,
  integer,
  namespace,
  nodeId,
  oneOf,
  type Parser,
  port,
  redisUrl,
  region,
  stageName,
  text,
} from './setting-values.js';

export interface SettingRow<T> {
  readonly parse: Parser<T>;
  /** Keys in `propylon.yaml` from the top; absent: the file has no such key at its top. */
  readonly path?: readonly string[];
  /** What help shows for the value; absent: a switch without value. */
  readonly argument?: string;
  /** Line of help with the default; absent: file and environment only. */
  readonly help?: string;
}

/** A day: longer than anything worth waiting for, and within a timer's range. */
const DAY_MS = 86_400_000;

export const SETTINGS = {
  port: row(port, ['port'], '<number>', 'port for clients (8080; 0: any free port)'),
  host: row(host, ['host'], '<address>', 'address for clients (0.0.0.0)'),
  tlsPort: row(port, ['tls', 'port'], '<number>', 'port for clients with TLS, beside the other one (none)'),
  tlsCert: row(
    text,
    ['tls', 'cert'],
    '<file>',
    'certificate and chain, PEM, for clients that ask for no domain with its own',
  ),
  tlsKey: row(text, ['tls', 'key'], '<file>', 'private key of that certificate, PEM'),
  adminPort: row(
    port,
    ['adminPort'],
    '<number>',
    'port of /healthz, /readyz, /metrics and the control plane (8081)',
  ),
  adminHost: row(
    host,
    ['adminHost'],
    '<address>',
    'address of the admin port (127.0.0.1); health and metrics ask for no credentials',
  ),
  workers: row(integer(1, 256), ['workers'], '<number>', 'worker threads (cores - 1, at least 1)'),
  acceptors: row(integer(1, 64), ['acceptors'], '<number>', 'threads that accept connections (1)'),
  grace: row(
    duration(0, DAY_MS),
    ['grace'],
    '<time>',
    'time for requests in flight at shutdown (30s; as in 30, 30s, 500ms)',
  ),
  watch: row(bool, ['watch'], undefined, 'reload definitions and functions when their files change'),

  stage: row(stageName, ['stage'], '<name>', 'stage of the definitions (prod)'),
  basePath: row(basePath, undefined, '<path>', 'base path the definition is mapped at (/)'),
  executeApiHosts: row(bool, ['executeApiHosts']),
  executeApiPaths: row(bool, ['executeApiPaths']),
  skipAuthorization: row(
    bool,
    ['skipAuthorization'],
    undefined,
    'serve methods whose authorization is not executed yet as if they had none',
  ),

  region: row(region, ['region'], '<name>', 'AWS region ($AWS_REGION, else us-east-1)'),
  accountId: row(accountId, ['accountId'], '<digits>', 'AWS account of ARNs and events (000000000000)'),
  lambdaEndpoint: row(
    httpUrl,
    ['lambda', 'endpoint'],
    '<url>',
    'Lambda endpoint for functions that are not local (AWS itself)',
  ),
  awsEndpointUrl: row(
    httpUrl,
    ['awsEndpointUrl'],
    '<url>',
    'endpoint of all AWS services, Lambda included ($AWS_ENDPOINT_URL, else AWS itself)',
  ),
  functionTimeout: row(
    duration(1, 15 * 60_000),
    undefined,
    '<time>',
    'time limit of every local function (30s)',
  ),

  maxInFlight: row(
    integer(1, 1_000_000),
    ['limits', 'maxInFlight'],
    '<number>',
    'requests under way at once; more are answered 503 (10000)',
  ),
  maxBodyBytes: row(
    bytes(1, 1_073_741_824),
    ['limits', 'maxBodyBytes'],
    '<bytes>',
    'largest request body (10MiB, as on AWS)',
  ),
  maxHeldBytes: row(bytes(1_048_576, 137_438_953_472), ['limits', 'maxHeldBytes']),
  maxHeaderBytes: row(bytes(1_024, 65_536), ['limits', 'maxHeaderBytes']),
  maxUrlLength: row(integer(256, 65_536), ['limits', 'maxUrlLength']),

  upstreamClient: row(
    oneOf('http1', 'undici'),
    ['upstream', 'client'],
    '<name>',
    'HTTP client for backends: http1 or undici (http1)',
  ),
  upstreamConnections: row(
    integer(1, 65_535),
    ['upstream', 'connections'],
    '<number>',
    'connections per backend and worker (256)',
  ),
  upstreamMaxPending: row(integer(0, 1_000_000), ['upstream', 'maxPending']),
  upstreamConnectTimeout: row(
    duration(1, DAY_MS),
    ['upstream', 'connectTimeout'],
    '<time>',
    'time to connect to a backend (5s)',
  ),
  upstreamKeepAlive: row(duration(0, DAY_MS), ['upstream', 'keepAlive']),
  upstreamMaxConnectionAge: row(duration(1_000, DAY_MS), ['upstream', 'maxConnectionAge']),
  upstreamIdleTimeout: row(duration(1, DAY_MS), ['upstream', 'idleTimeout']),
  upstreamMaxHeadBytes: row(bytes(1_024, 1_048_576), ['upstream', 'maxHeadBytes']),

  redis: row(
    redisUrl,
    ['redis', 'url'],
    '<url>',
    'Redis that keeps the configuration of the cluster (none: it is kept in memory)',
  ),
  namespace: row(namespace, ['namespace'], '<name>', 'cluster within that Redis (propylon)'),
  redisCa: row(text, ['redis', 'ca'], '<file>', 'authorities to trust for rediss:// (those of Node.js)'),
  redisCert: row(text, ['redis', 'cert'], '<file>', 'client certificate for rediss://'),
  redisKey: row(text, ['redis', 'key'], '<file>', 'private key of the client certificate'),
  redisTimeout: row(duration(100, 600_000), ['redis', 'timeout']),
  dataDir: row(
    text,
    ['dataDir'],
    '<folder>',
    'folder that keeps the configuration; with --redis the last known good one and the node id',
  ),
  configKey: row(
    configKey,
    ['configKey'],
    '<key|@file>',
    'secret that revisions are signed with; nodes then believe no others',
  ),
  nodeId: row(nodeId, ['nodeId'], '<name>', 'name of the node (made once, kept in the data folder)'),
  history: row(
    integer(1, 10_000),
    ['history'],
    '<number>',
    'revisions kept for history, diff and rollback (100)',
  ),

  accessLog: row(
    oneOf('off', 'text', 'json'),
    ['accessLog', 'format'],
    '<format>',
    'a line per request: off, text or json (off)',
  ),
  accessLogFile: row(
    text,
    ['accessLog', 'file'],
    '<file>',
    'where to write it (standard output); opened again on SIGHUP',
  ),
} as const;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = ReturnType<(typeof SETTINGS)[K]['parse']>;

/** A setting as somebody wrote it. */
export interface Written {
  text: string;
  /** What to name in a message: `--port`, `PROPYLON_PORT`, `propylon.yaml:3:7: port`. */
  where: string;
}

/** What one source (flags, environment or file) says. */
export type Layer = ReadonlyMap<SettingKey, Written>;

export function settingKeys(): SettingKey[] {
  return Object.keys(SETTINGS) as SettingKey[];
}

/** `adminPort`: `admin-port`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `adminPort`: `PROPYLON_ADMIN_PORT`. */
export function environmentVariable(key: string): string {
  return `PROPYLON_${flagName(key).replaceAll('-', '_').toUpperCase()}`;
}

function row<T>(parse: Parser<T>, path?: readonly string[], argument?: string, help?: string): SettingRow<T> {
  return {
    parse,
    ...(path === undefined ? {} : { path }),
    ...(argument === undefined ? {} : { argument }),
    ...(help === undefined ? {} : { help }),
  };
}
