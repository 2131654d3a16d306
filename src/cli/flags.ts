/** The flags of `start` and `invoke`, made from the table of settings, and what was given as one source of settings. */
import { type Command, Option } from 'commander';
import {
  CONFIG_VARIABLE,
  DEFINITIONS_VARIABLE,
  FUNCTIONS_VARIABLE,
  type Source,
  STAGE_VARIABLES_VARIABLE,
} from '../node/environment.js';
import {
  flagName,
  SETTINGS,
  type SettingKey,
  type SettingRow,
  settingKeys,
  type Written,
} from '../node/setting-table.js';

type FlagKey = SettingKey | 'config' | 'stageVariable' | 'function';

type FlagGroups = readonly { heading: string; keys: readonly FlagKey[] }[];

const START_GROUPS: FlagGroups = [
  { heading: 'Listening:', keys: ['port', 'host', 'tlsPort', 'tlsCert', 'tlsKey', 'adminPort', 'adminHost'] },
  {
    heading: 'APIs:',
    keys: [
      'stage',
      'stageVariable',
      'basePath',
      'executeApiHosts',
      'executeApiPaths',
      'skipAuthorization',
      'region',
      'accountId',
    ],
  },
  { heading: 'Functions:', keys: ['function', 'functionTimeout', 'lambdaEndpoint'] },
  {
    heading: 'Backends:',
    keys: ['awsEndpointUrl', 'upstreamClient', 'upstreamConnections', 'upstreamConnectTimeout'],
  },
  {
    heading: 'Running:',
    keys: ['config', 'watch', 'workers', 'acceptors', 'grace', 'maxInFlight', 'maxBodyBytes'],
  },
  {
    heading: 'Cluster:',
    keys: [
      'redis',
      'redisCa',
      'redisCert',
      'redisKey',
      'namespace',
      'dataDir',
      'configKey',
      'nodeId',
      'history',
    ],
  },
  { heading: 'Logging:', keys: ['accessLog', 'accessLogFile'] },
];

const INVOKE_GROUPS: FlagGroups = [
  {
    heading: 'API:',
    keys: ['stage', 'stageVariable', 'basePath', 'skipAuthorization', 'region', 'accountId'],
  },
  { heading: 'Functions:', keys: ['function', 'functionTimeout', 'lambdaEndpoint'] },
  { heading: 'Backends:', keys: ['awsEndpointUrl', 'upstreamClient', 'upstreamConnectTimeout'] },
  { heading: 'Settings:', keys: ['config'] },
];

const STORE_GROUP = {
  heading: 'Store:',
  keys: ['redis', 'redisCa', 'redisCert', 'redisKey', 'namespace', 'dataDir', 'configKey', 'config'] as const,
};

const PUSH_GROUPS: FlagGroups = [
  { heading: 'API:', keys: ['stage', 'stageVariable', 'basePath', 'region', 'accountId'] },
  STORE_GROUP,
  { heading: 'Revision:', keys: ['history'] },
];

/** Flags that are no single value, or that switch something off. */
const OWN_FLAGS: Partial<Record<FlagKey, () => Option>> = {
  config: () =>
    new Option('--config <file>', 'the settings as a file, several APIs included (propylon.yaml)'),
  stageVariable: () =>
    new Option('--stage-variable <name=value>', 'stage variable (repeatable)').argParser(collect),
  function: () =>
    new Option(
      '--function <name=file[#export]>',
      'local Lambda function: a Node module and its handler, "handler" by default (repeatable)',
    ).argParser(collect),
  executeApiHosts: () => new Option('--no-execute-api-hosts', 'do not answer at {apiId}.execute-api.* hosts'),
  executeApiPaths: () => new Option('--no-execute-api-paths', 'do not answer below /_aws/execute-api/'),
};

/** Adds the flags of `start`. Defaults are not commander's: environment and file come before them. */
export function addStartFlags(command: Command): void {
  addFlags(command, START_GROUPS);
}

/** Adds those of them that matter to one request. */
export function addInvokeFlags(command: Command): void {
  addFlags(command, INVOKE_GROUPS);
}

/** Adds those that say where a cluster's configuration is. */
export function addStoreFlags(command: Command): void {
  addFlags(command, [STORE_GROUP]);
}

/** Adds those of a command that makes an access key. */
export function addKeyFlags(command: Command): void {
  addFlags(command, [STORE_GROUP, { heading: 'Calls:', keys: ['region'] }]);
}

/** Adds those of a command that publishes definitions. */
export function addPushFlags(command: Command): void {
  addFlags(command, PUSH_GROUPS);
}

/** Adds those of a command that publishes something else. */
export function addPublishFlags(command: Command): void {
  addFlags(command, [STORE_GROUP, { heading: 'Revision:', keys: ['history'] }]);
}

function addFlags(command: Command, groups: FlagGroups): void {
  for (const { heading, keys } of groups) {
    for (const key of keys)
      command.addOption((OWN_FLAGS[key]?.() ?? settingOption(key, heading)).helpGroup(heading));
  }
}

/** The commands of a cluster have no store of their own. */
const STORE_HELP: Partial<Record<FlagKey, string>> = {
  redis: 'Redis that keeps the configuration',
  dataDir: 'folder that keeps the configuration',
};

function settingOption(key: FlagKey, heading: string): Option {
  const row: SettingRow<unknown> | undefined = SETTINGS[key as SettingKey];
  const argument = row?.argument === undefined ? '' : ` ${row.argument}`;
  return new Option(
    `--${flagName(key)}${argument}`,
    (heading === STORE_GROUP.heading ? STORE_HELP[key] : undefined) ?? row?.help ?? '',
  );
}

/** Of an option that may be given several times. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** What was given on the command line, as texts: they are read where those of the environment and the file are. */
export function flagSource(
  definitions: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Source {
  const layer = new Map<SettingKey, Written>();
  for (const key of settingKeys()) {
    const value = options[key];
    // Of a `--no-` flag that was not given, commander says true: that is no word of the user's.
    if (value === undefined || (value === true && OWN_FLAGS[key] !== undefined)) continue;
    const where = value === false ? `--no-${flagName(key)}` : `--${flagName(key)}`;
    layer.set(key, { text: String(value), where });
  }
  const list = (value: unknown, where: string): Written[] =>
    Array.isArray(value) ? value.map((text) => ({ text: String(text), where })) : [];
  return {
    layer,
    definitions: list(definitions, 'the definition'),
    stageVariables: list(options.stageVariable, '--stage-variable'),
    functions: list(options.function, '--function'),
    ...(typeof options.config === 'string' ? { config: { text: options.config, where: '--config' } } : {}),
  };
}

export const START_HELP = `
Every flag has an environment variable: --admin-port is PROPYLON_ADMIN_PORT, --watch is
PROPYLON_WATCH=true, --no-execute-api-hosts is PROPYLON_EXECUTE_API_HOSTS=false. Lists:
  ${DEFINITIONS_VARIABLE}=/orders=orders.yaml,/pets=pets.yaml
  ${STAGE_VARIABLES_VARIABLE}=backend=orders.internal,version=2
  ${FUNCTIONS_VARIABLE}=hello=hello.mjs,resize=images.mjs#resize
  ${CONFIG_VARIABLE}=propylon.yaml
A flag wins over the environment, that over the file, that over the default.

Examples:
  propylon start api.yaml
  propylon start api.yaml --port 9000 --stage dev --stage-variable backend=localhost:3000
  propylon start api.yaml --function hello=functions/hello.mjs --watch
  propylon start /orders=orders.yaml /pets=pets.yaml     several APIs, each at its base path
  propylon start --config propylon.yaml
  propylon start --redis redis://localhost:6379          what "propylon push" publishes there

propylon.yaml holds the same settings; paths in it are relative to the file:
  host: 0.0.0.0
  port: 8080              # also adminHost, adminPort, workers, acceptors, grace, watch, region,
                          # accountId, executeApiHosts, executeApiPaths, skipAuthorization
  tls: { port: 8443, cert: server.pem, key: server-key.pem }
  stageVariables: { version: 2 }                 # for every API; so is stage
  apis:
    - definition: orders.yaml
      id: orders
      basePath: orders
      domain: api.example.com
      stage: prod
      stageVariables: { backend: orders.internal }
    - { definition: pets.yaml, basePath: pets }
  functions:
    hello: hello.mjs
    resize: { file: images.mjs, handler: resize, timeout: 10s, memory: 512, concurrency: 4,
              environment: { BUCKET: images } }
  lambda: { endpoint: "http://localhost:9001" }
  awsEndpointUrl: "http://localhost:4566"
  awsEndpoints: { sqs: "http://localhost:9324" } # by service, as integration URIs name it
  upstream: { client: http1, connections: 256, maxPending: 1024, connectTimeout: 5s,
              keepAlive: 30s, maxConnectionAge: 5m, idleTimeout: 5m, maxHeadBytes: 64KiB }
  limits: { maxInFlight: 10000, maxBodyBytes: 10MiB, maxHeldBytes: 512MiB,
            maxHeaderBytes: 10KiB, maxUrlLength: 10240 }
  accessLog: { format: json, file: access.log }
  redis: { url: "rediss://redis.internal", ca: ca.pem, cert: client.pem, key: client-key.pem, timeout: 5s }
  namespace: propylon     # also dataDir, configKey, nodeId, history`;

export const INVOKE_HELP = `
Backends, functions and AWS services are really called. The request has a Host header (localhost)
and those you give, no others. The exit code is 0 when there is an answer, whatever its status
(4xx and 5xx included), and 1 when there is none: a wrong argument, a definition with errors, a
backend that breaks off. Settings also come from the environment, as those of start.

Examples:
  propylon invoke api.yaml GET /pets
  propylon invoke api.yaml GET /pets --query 'type=guinea pig' --header 'Accept: text/plain'
  propylon invoke api.yaml POST /pets --body '{"name": "Rex"}' --header 'Content-Type: application/json'
  propylon invoke api.yaml POST /pets --body @pet.json --stage-variable backend=localhost:3000
  generate-pet | propylon invoke api.yaml POST /pets --body - --json
  propylon invoke api.yaml GET /hello --function hello=functions/hello.mjs --trace
  propylon invoke api.yaml GET /prod/pets --header 'Host: abc123.execute-api.us-east-1.amazonaws.com'`;
