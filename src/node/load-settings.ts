/**
 * The settings of a node from their four sources. A flag wins over an environment variable, that over `propylon.yaml`,
 * that over the default; of stage variables and functions each name is decided on its own. Definitions given as
 * arguments (or in the environment) replace the `apis` of the file.
 */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { DEFAULT_LIMITS, type Limits, type NodeSettings } from '../config/settings.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamSettings } from '../upstream/upstream.js';
import { readApis } from './api-settings.js';
import { readAwsEndpoints } from './aws-settings.js';
import type { ConfigFile } from './config-file.js';
import { type Environment, readEnvironment, type Source } from './environment.js';
import { readFunctions } from './function-settings.js';
import { SettingReader } from './setting-reader.js';
import { settingKeys } from './setting-table.js';
import { readStore } from './store-settings.js';
import { readTls } from './tls-settings.js';
import { readUpstreams } from './upstream-settings.js';

export interface SettingsInput {
  flags: Source;
  environment: Environment;
  /** Folder that relative paths of flags and environment are relative to. */
  cwd: string;
}

export interface LoadedSettings {
  settings: NodeSettings;
  /** Sentences worth printing; nothing is wrong enough to stop. */
  warnings: string[];
}

/** Settings that cannot be used: one sentence per problem, each naming the flag, variable or line at fault. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** @throws SettingsError */
export async function loadSettings(input: SettingsInput): Promise<LoadedSettings> {
  const { source: environment, warnings } = readEnvironment(input.environment);
  const config = input.flags.config ?? environment.config;
  const path = config === undefined ? undefined : resolve(input.cwd, config.text);
  const file = config === undefined || path === undefined ? undefined : await readFile(path, config.text);
  const reader = new SettingReader({
    flags: input.flags,
    environment,
    file,
    cwd: input.cwd,
    fileFolder: path === undefined ? input.cwd : dirname(path),
  });
  // Also what nothing will use: a wrong stage is wrong without an API too.
  for (const key of settingKeys()) reader.get(key);
  const settings = readSettings(reader, input.environment);
  checkPorts(reader, settings);
  if (reader.problems.length > 0) throw new SettingsError(reader.problems);
  return { settings, warnings: [...warnings, ...reader.warnings] };
}

/** The YAML parser is loaded only when there is a file to parse. */
async function readFile(path: string, shownPath: string): Promise<ConfigFile> {
  const { readConfigFile } = await import('./config-file.js');
  try {
    return readConfigFile(path, shownPath);
  } catch (error) {
    throw new SettingsError([(error as Error).message]);
  }
}

function readSettings(reader: SettingReader, environment: Environment): NodeSettings {
  const aws = readAwsEndpoints(reader, environment);
  const endpoint = reader.get('lambdaEndpoint') ?? aws.endpoints.lambda ?? aws.endpoint;
  // The SDKs' own variables are what the machine is set up with: less than anything said to Propylon itself.
  const machineRegion = environment.AWS_REGION || environment.AWS_DEFAULT_REGION;
  const port = reader.get('port') ?? 8080;
  const tls = readTls(reader);
  return {
    host: reader.get('host') ?? '0.0.0.0',
    port,
    ...(tls === undefined ? {} : { tls }),
    adminHost: reader.get('adminHost') ?? '127.0.0.1',
    adminPort: reader.get('adminPort') ?? 8081,
    workers: reader.get('workers') ?? Math.max(1, availableParallelism() - 1),
    acceptors: reader.get('acceptors') ?? 1,
    apis: readApis(reader),
    functions: readFunctions(reader),
    lambda: {
      region: reader.get('region') ?? (machineRegion || 'us-east-1'),
      accountId: reader.get('accountId') ?? '000000000000',
      ...(endpoint === undefined ? {} : { endpoint }),
    },
    aws,
    upstream: readUpstream(reader),
    upstreams: readUpstreams(reader),
    limits: readLimits(reader),
    executeApiHosts: reader.get('executeApiHosts') ?? true,
    executeApiPaths: reader.get('executeApiPaths') ?? true,
    skipAuthorization: reader.get('skipAuthorization') ?? false,
    watch: reader.get('watch') ?? false,
    graceMs: reader.get('grace') ?? 30_000,
    accessLog: readAccessLog(reader),
    ...readStore(reader, port, environment),
  };
}

function readUpstream(reader: SettingReader): UpstreamSettings {
  const defaults = DEFAULT_UPSTREAM_SETTINGS;
  return {
    client: reader.get('upstreamClient') ?? defaults.client,
    connections: reader.get('upstreamConnections') ?? defaults.connections,
    maxPending: reader.get('upstreamMaxPending') ?? defaults.maxPending,
    connectTimeoutMs: reader.get('upstreamConnectTimeout') ?? defaults.connectTimeoutMs,
    keepAliveMs: reader.get('upstreamKeepAlive') ?? defaults.keepAliveMs,
    maxConnectionAgeMs: reader.get('upstreamMaxConnectionAge') ?? defaults.maxConnectionAgeMs,
    idleTimeoutMs: reader.get('upstreamIdleTimeout') ?? defaults.idleTimeoutMs,
    maxHeadBytes: reader.get('upstreamMaxHeadBytes') ?? defaults.maxHeadBytes,
  };
}

function readLimits(reader: SettingReader): Limits {
  return {
    maxInFlight: reader.get('maxInFlight') ?? DEFAULT_LIMITS.maxInFlight,
    maxBodyBytes: reader.get('maxBodyBytes') ?? DEFAULT_LIMITS.maxBodyBytes,
    maxHeldBytes: reader.get('maxHeldBytes') ?? DEFAULT_LIMITS.maxHeldBytes,
    maxHeaderBytes: reader.get('maxHeaderBytes') ?? DEFAULT_LIMITS.maxHeaderBytes,
    maxUrlLength: reader.get('maxUrlLength') ?? DEFAULT_LIMITS.maxUrlLength,
  };
}

function readAccessLog(reader: SettingReader): NodeSettings['accessLog'] {
  const format = reader.get('accessLog') ?? 'off';
  const written = reader.find('accessLogFile');
  const file = reader.path('accessLogFile');
  if (written === undefined || file === undefined) return { format };
  if (format === 'off') {
    reader.warnings.push(
      `${written.where} has no effect while the access log is off: add --access-log text or json`,
    );
    return { format };
  }
  return { format, file };
}

function checkPorts(reader: SettingReader, settings: NodeSettings): void {
  const { host, port, tls, adminHost, adminPort } = settings;
  const everywhere = ['0.0.0.0', '::'];
  const overlap = host === adminHost || everywhere.includes(host) || everywhere.includes(adminHost);
  const clientPorts = tls === undefined ? [port] : [port, tls.port];
  if (adminPort !== 0 && clientPorts.includes(adminPort) && overlap) {
    reader.problems.push(
      `clients and the admin port cannot share port ${adminPort}: choose another with --admin-port`,
    );
  }
  if (port !== 0 && port === tls?.port) {
    reader.problems.push(
      `clients with and without TLS cannot share port ${port}: choose another with --tls-port`,
    );
  }
}
