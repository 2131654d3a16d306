import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type NodeSettings } from '../../src/config/settings.js';
import { readConfigFile } from '../../src/node/config-file.js';
import type { Source } from '../../src/node/environment.js';
import { loadSettings, SettingsError } from '../../src/node/load-settings.js';
import { environmentVariable, flagName, SETTINGS, settingKeys } from '../../src/node/setting-table.js';
import { DEFAULT_UPSTREAM_SETTINGS } from '../../src/upstream/upstream.js';

let root = '';
let folder = '';
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'propylon-settings-'));
});
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

interface Given {
  definitions?: string[];
  flags?: Record<string, string>;
  stageVariables?: string[];
  functions?: string[];
  config?: string;
  environment?: Record<string, string>;
}

function source(given: Given): Source {
  const entries = Object.entries(given.flags ?? {}).map(([key, text]) => {
    return [key, { text, where: `--${flagName(key)}` }] as const;
  });
  const list = (texts: string[] | undefined, where: string) => (texts ?? []).map((text) => ({ text, where }));
  return {
    layer: new Map(entries) as Source['layer'],
    definitions: list(given.definitions, 'the definition'),
    stageVariables: list(given.stageVariables, '--stage-variable'),
    functions: list(given.functions, '--function'),
    ...(given.config === undefined ? {} : { config: { text: given.config, where: '--config' } }),
  };
}

async function load(given: Given): Promise<NodeSettings & { warnings: string[] }> {
  const input = { flags: source(given), environment: given.environment ?? {}, cwd: folder };
  const { settings, warnings } = await loadSettings(input);
  return { ...settings, warnings };
}

async function problems(given: Given): Promise<readonly string[]> {
  try {
    await load(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('settings', () => {
  it('have defaults for everything', async () => {
    const settings = await load({ definitions: ['api.yaml'] });
    expect(settings).toEqual({
      host: '0.0.0.0',
      port: 8080,
      adminHost: '127.0.0.1',
      adminPort: 8081,
      workers: Math.max(1, availableParallelism() - 1),
      acceptors: 1,
      apis: [
        {
          definition: join(folder, 'api.yaml'),
          stage: 'prod',
          stageVariables: {},
        },
      ],
      functions: [],
      upstreams: {},
      lambda: { region: 'us-east-1', accountId: '000000000000' },
      aws: { endpoints: {} },
      upstream: DEFAULT_UPSTREAM_SETTINGS,
      limits: DEFAULT_LIMITS,
      executeApiHosts: true,
      executeApiPaths: true,
      skipAuthorization: false,
      watch: false,
      graceMs: 30_000,
      accessLog: { format: 'off' },
      store: { kind: 'memory' },
      warnings: [],
    });
  });

  it('come from the flag, else the environment, else the file, else the default', async () => {
    put('propylon.yaml', 'port: 1\nadminPort: 2\nworkers: 3\ngrace: 4s\n');
    const settings = await load({
      config: 'propylon.yaml',
      flags: { port: '11' },
      environment: { PROPYLON_PORT: '21', PROPYLON_ADMIN_PORT: '22' },
    });
    expect(settings).toMatchObject({ port: 11, adminPort: 22, workers: 3, graceMs: 4_000, acceptors: 1 });
  });

  it('can each be set by their own environment variable and by their own key in the file', async () => {
    const samples: Record<string, string> = {
      port: '1',
      host: '127.0.0.9',
      adminPort: '2',
      adminHost: '127.0.0.8',
      workers: '3',
      acceptors: '4',
      grace: '5s',
      watch: 'true',
      stage: 'dev',
      basePath: 'base',
      executeApiHosts: 'false',
      executeApiPaths: 'false',
      skipAuthorization: 'true',
      tlsPort: '8443',
      tlsCert: 'server.pem',
      tlsKey: 'server.key',
      region: 'eu-west-1',
      accountId: '012345678901',
      lambdaEndpoint: 'http://localhost:9001',
      awsEndpointUrl: 'http://localhost:4566',
      functionTimeout: '6s',
      maxInFlight: '7',
      maxBodyBytes: '8KiB',
      maxHeldBytes: '9MiB',
      maxHeaderBytes: '10KiB',
      maxUrlLength: '1100',
      upstreamClient: 'undici',
      upstreamConnections: '12',
      upstreamMaxPending: '13',
      upstreamConnectTimeout: '14s',
      upstreamKeepAlive: '15s',
      upstreamMaxConnectionAge: '18s',
      upstreamIdleTimeout: '16s',
      upstreamMaxHeadBytes: '17KiB',
      accessLog: 'json',
      accessLogFile: 'access.log',
      redis: 'rediss://user:word@redis.internal:6380/2',
      namespace: 'blue',
      redisCa: 'ca.pem',
      redisCert: 'cert.pem',
      redisKey: 'key.pem',
      redisTimeout: '18s',
      dataDir: 'data',
      configKey: '0123456789abcdef0123456789abcdef',
      nodeId: 'node-1',
      history: '19',
    };
    expect(Object.keys(samples).sort()).toEqual([...settingKeys()].sort());
    const module = put('f.mjs', '');
    const expected = {
      port: 1,
      host: '127.0.0.9',
      tls: { port: 8_443, certFile: join(folder, 'server.pem'), keyFile: join(folder, 'server.key') },
      adminPort: 2,
      adminHost: '127.0.0.8',
      workers: 3,
      acceptors: 4,
      graceMs: 5_000,
      watch: true,
      executeApiHosts: false,
      executeApiPaths: false,
      skipAuthorization: true,
      lambda: { region: 'eu-west-1', accountId: '012345678901', endpoint: 'http://localhost:9001' },
      aws: { endpoint: 'http://localhost:4566', endpoints: {} },
      limits: {
        maxInFlight: 7,
        maxBodyBytes: 8_192,
        maxHeldBytes: 9_437_184,
        maxHeaderBytes: 10_240,
        maxUrlLength: 1_100,
      },
      upstream: {
        client: 'undici',
        connections: 12,
        maxPending: 13,
        connectTimeoutMs: 14_000,
        keepAliveMs: 15_000,
        maxConnectionAgeMs: 18_000,
        idleTimeoutMs: 16_000,
        maxHeadBytes: 17_408,
      },
      accessLog: { format: 'json', file: join(folder, 'access.log') },
      store: {
        kind: 'redis',
        url: 'rediss://user:word@redis.internal:6380/2',
        namespace: 'blue',
        tls: {
          caFile: join(folder, 'ca.pem'),
          certFile: join(folder, 'cert.pem'),
          keyFile: join(folder, 'key.pem'),
        },
        timeoutMs: 18_000,
        historyLimit: 19,
      },
      stateDirectory: join(folder, 'data'),
      configKey: Uint8Array.from(Buffer.from('0123456789abcdef0123456789abcdef')),
      nodeId: 'node-1',
    };
    const environment = Object.fromEntries(
      settingKeys().map((key) => [environmentVariable(key), samples[key] ?? '']),
    );
    const fromEnvironment = await load({
      definitions: ['api.yaml'],
      functions: [`f=${module}`],
      environment,
    });
    expect(fromEnvironment).toMatchObject(expected);
    expect(fromEnvironment.apis[0]).toMatchObject({ stage: 'dev', mappings: [{ basePath: 'base' }] });
    expect(fromEnvironment.functions[0]).toMatchObject({ timeoutMs: 6_000 });

    const sections: Record<string, string[]> = {};
    for (const key of settingKeys()) {
      const path: readonly string[] = 'path' in SETTINGS[key] ? (SETTINGS[key].path ?? []) : [];
      const [first, second] = path;
      if (first === undefined) continue;
      const name = second === undefined ? '' : first;
      sections[name] = [...(sections[name] ?? []), `${second ?? first}: ${samples[key]}`];
    }
    const yaml = Object.entries(sections).map(([section, lines]) =>
      section === '' ? lines.join('\n') : `${section}: { ${lines.join(', ')} }`,
    );
    put('propylon.yaml', `${yaml.join('\n')}\napis: [api.yaml]\n`);
    const fromFile = await load({ config: 'propylon.yaml' });
    expect(fromFile).toMatchObject(expected);
    expect(fromFile.apis[0]).toMatchObject({ stage: 'dev' });
  });

  it('take the endpoint of an AWS service from where it is said most narrowly', async () => {
    put(
      'propylon.yaml',
      'awsEndpoints: { sqs: http://file-sqs:1, runtime.sagemaker: "http://file-sm:1/base/" }\n',
    );
    const machine = {
      AWS_ENDPOINT_URL: 'http://all:4566/',
      AWS_ENDPOINT_URL_SQS: 'http://env-sqs:1',
      AWS_ENDPOINT_URL_SFN: 'http://env-sfn:1',
      AWS_ENDPOINT_URL_LAMBDA: 'http://env-lambda:1',
      AWS_ENDPOINT_URL_SNS: '',
    };
    const all = await load({ config: 'propylon.yaml', environment: machine });
    expect(all.aws).toEqual({
      endpoint: 'http://all:4566',
      endpoints: {
        sqs: 'http://file-sqs:1',
        'runtime.sagemaker': 'http://file-sm:1/base',
        states: 'http://env-sfn:1',
        lambda: 'http://env-lambda:1',
      },
    });
    expect(all.lambda.endpoint).toBe('http://env-lambda:1');
    const flags = { awsEndpointUrl: 'http://flag:1' };
    const told = await load({ config: 'propylon.yaml', environment: machine, flags });
    expect(told.aws).toEqual({
      endpoint: 'http://flag:1',
      endpoints: { sqs: 'http://file-sqs:1', 'runtime.sagemaker': 'http://file-sm:1/base' },
    });
    expect(told.lambda.endpoint).toBe('http://flag:1');
    const own = await load({ environment: machine, flags: { ...flags, lambdaEndpoint: 'http://own:1' } });
    expect(own.lambda.endpoint).toBe('http://own:1');
    const ignored = { ...machine, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    expect((await load({ environment: ignored })).aws).toEqual({ endpoints: {} });
  });

  it('name endpoints of AWS services that are no URLs or no services', async () => {
    put('propylon.yaml', 'awsEndpoints:\n  sqs: nowhere\n  Simple Queue: http://x:1\n');
    const environment = { AWS_ENDPOINT_URL: 'ftp://x' };
    expect(await problems({ config: 'propylon.yaml', definitions: ['api.yaml'], environment })).toEqual([
      expect.stringMatching(
        /^propylon.yaml:2:8: awsEndpoints.sqs must be an http or https URL .* not "nowhere"$/,
      ),
      expect.stringMatching(/^propylon.yaml:3:17: awsEndpoints.Simple Queue must be named as /),
      expect.stringMatching(/^AWS_ENDPOINT_URL must be an http or https URL .* not "ftp:\/\/x"$/),
    ]);
  });

  it('take the region of the machine only when nobody said another to Propylon', async () => {
    put('propylon.yaml', 'region: eu-central-1\n');
    const machine = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };
    expect((await load({ environment: machine })).lambda.region).toBe('eu-west-1');
    expect((await load({ environment: { AWS_DEFAULT_REGION: 'eu-west-2' } })).lambda.region).toBe(
      'eu-west-2',
    );
    expect((await load({ environment: machine, config: 'propylon.yaml' })).lambda.region).toBe(
      'eu-central-1',
    );
    expect((await load({ environment: machine, flags: { region: 'sa-east-1' } })).lambda.region).toBe(
      'sa-east-1',
    );
  });

  it('name all that is wrong, each with its flag, variable or line', async () => {
    put('propylon.yaml', 'port: 1\nadminPort: many\ngrace: 5x\n');
    expect(
      await problems({
        config: 'propylon.yaml',
        definitions: ['api.yaml'],
        flags: { port: 'x', stage: '$default' },
        environment: { PROPYLON_WORKERS: '0' },
        stageVariables: ['a-b=1', 'novalue'],
        functions: ['f=missing.mjs#h'],
      }),
    ).toEqual([
      '--port must be a whole number from 0 to 65535, not "x"',
      'propylon.yaml:2:12: adminPort must be a whole number from 0 to 65535, not "many"',
      'PROPYLON_WORKERS must be a whole number from 1 to 256, not "0"',
      'propylon.yaml:3:8: grace must be a time from 0ms to 24h such as 30, 30s, 500ms or 5m, not "5x"',
      '--stage must be 1 to 128 letters, digits, hyphens and underscores, not "$default"',
      '--stage-variable must be written NAME=VALUE, not "novalue"',
      '--stage-variable a-b must have a name of 1 to 64 letters, digits and underscores, not "a-b"',
      `--function f must be a JavaScript module: there is no file ${join(folder, 'missing.mjs')}`,
    ]);
  });

  it('do not put clients and the admin port on one port', async () => {
    const text = 'clients and the admin port cannot share port 9000: choose another with --admin-port';
    expect(await problems({ flags: { port: '9000', adminPort: '9000' } })).toEqual([text]);
    await load({ flags: { port: '0', adminPort: '0' } });
    await load({ flags: { port: '9000', adminPort: '9000', host: '127.0.0.2' } });
  });

  it('have a port for TLS with a certificate and a key, or none of them', async () => {
    const tls = { tlsCert: 'c.pem', tlsKey: 'k.pem' };
    expect(await problems({ flags: { tlsPort: '8443', tlsCert: 'c.pem' } })).toEqual([
      '--tls-port needs a certificate and its private key: add --tls-cert and --tls-key',
    ]);
    expect(await problems({ flags: { tlsKey: 'k.pem' } })).toEqual([
      '--tls-key has no effect without a port for it: add --tls-port',
    ]);
    expect(await problems({ flags: { ...tls, tlsPort: '8080' } })).toEqual([
      'clients with and without TLS cannot share port 8080: choose another with --tls-port',
    ]);
    expect(await problems({ flags: { ...tls, tlsPort: '8081' } })).toEqual([
      'clients and the admin port cannot share port 8081: choose another with --admin-port',
    ]);
  });

  it('warn of an access log file that nothing is written to', async () => {
    const settings = await load({ flags: { accessLogFile: 'x.log' } });
    expect(settings.accessLog).toEqual({ format: 'off' });
    expect(settings.warnings).toEqual([
      '--access-log-file has no effect while the access log is off: add --access-log text or json',
    ]);
  });
});

describe('the store', () => {
  const key = 'k'.repeat(32);

  it("is memory, else a folder, else Redis, beside which the folder keeps what is the node's own", async () => {
    expect(await load({ flags: { dataDir: 'data' } })).toMatchObject({
      store: { kind: 'disk', directory: join(folder, 'data') },
      stateDirectory: join(folder, 'data'),
    });
    expect(await load({ flags: { dataDir: 'data', redis: 'redis://r' } })).toMatchObject({
      store: { kind: 'redis', url: 'redis://r', namespace: 'propylon' },
      stateDirectory: join(folder, 'data'),
    });
  });

  it('is one place for every reader of one file, wherever it is read from', async () => {
    put('conf/ca.pem', '');
    put('conf/propylon.yaml', 'redis: { url: "rediss://r", ca: ca.pem }\ndataDir: data\n');
    expect(await load({ config: 'conf/propylon.yaml' })).toMatchObject({
      store: { tls: { caFile: join(folder, 'conf/ca.pem') } },
      stateDirectory: join(folder, 'conf/data'),
    });
    put('short.yaml', 'redis: redis://short\n');
    expect(await load({ config: 'short.yaml' })).toMatchObject({ store: { url: 'redis://short' } });
  });

  it('leaves a node with Redis alone a folder of its own, by namespace and port', async () => {
    const state = async (environment: Record<string, string>, port: string): Promise<string | undefined> =>
      (await load({ flags: { redis: 'redis://r', namespace: 'blue', port }, environment })).stateDirectory;
    expect(await state({ HOME: '/home/ann' }, '8080')).toBe('/home/ann/.local/state/propylon/blue-8080');
    expect(await state({ XDG_STATE_HOME: '/var/state' }, '80')).toBe('/var/state/propylon/blue-80');
    expect(await state({ XDG_STATE_HOME: 'state', HOME: '/home/ann' }, '80')).toBe(
      '/home/ann/.local/state/propylon/blue-80',
    );
    const free = await state({}, '0');
    expect(free).toMatch(/\/propylon-blue-[0-9a-f]{12}$/);
    expect(await state({}, '0')).not.toBe(free);
  });

  it('takes its key from the environment or from a file, without the line end of an editor', async () => {
    put('conf/key', `${key}\n`);
    put('conf/propylon.yaml', "configKey: '@key'\n");
    const bytes = Uint8Array.from(Buffer.from(key));
    expect((await load({ environment: { PROPYLON_CONFIG_KEY: key } })).configKey).toEqual(bytes);
    expect((await load({ flags: { configKey: '@conf/key' } })).configKey).toEqual(bytes);
    expect((await load({ config: 'conf/propylon.yaml' })).configKey).toEqual(bytes);
  });

  it('is refused in words that repeat no secret', async () => {
    put('short', 'secret\n');
    put('chain', '@elsewhere');
    const rule = 'must be at least 32 characters, as "openssl rand -hex 32" makes';
    expect(await problems({ flags: { configKey: 'secret' } })).toEqual([`--config-key ${rule}`]);
    expect(await problems({ flags: { configKey: '@' } })).toEqual([`--config-key ${rule}`]);
    expect(await problems({ flags: { configKey: '@short' } })).toEqual([`--config-key @short ${rule}`]);
    expect(await problems({ flags: { configKey: '@chain' } })).toEqual([`--config-key @chain ${rule}`]);
    expect(await problems({ flags: { configKey: '@none' } })).toEqual([
      '--config-key @none cannot be read: there is no such file',
    ]);
    for (const url of ['redis:secret', 'http://:secret@h', 'redis://', 'redis://?secret', 'secret']) {
      const [problem = '', ...rest] = await problems({ flags: { redis: url } });
      expect(rest).toEqual([]);
      expect(problem).toMatch(/^--redis cannot be used: the Redis URL /);
      expect(problem).not.toContain('secret');
    }
  });

  it('has no encryption that somebody only believes in', async () => {
    expect(await problems({ flags: { redis: 'redis://r', redisCa: 'ca.pem' } })).toEqual([
      '--redis-ca has no effect without TLS: write rediss:// for redis://',
    ]);
    expect(await problems({ flags: { redis: 'rediss://r', redisCert: 'cert.pem' } })).toEqual([
      '--redis-cert: a client certificate needs its private key, and a key its certificate',
    ]);
  });

  it.each(['redis+sentinel://a:1,b:2/main', 'rediss+cluster://a:1,b:2', 'rediss://u:p@h:1/0'])(
    'is reached at %s',
    async (url) => {
      expect(await load({ flags: { redis: url } })).toMatchObject({ store: { kind: 'redis', url } });
    },
  );
});

describe('environment variables', () => {
  it('hold lists too', async () => {
    put('f.mjs', '');
    const settings = await load({
      environment: {
        PROPYLON_DEFINITIONS: '/orders=orders.yaml, /pets=pets.yaml',
        PROPYLON_STAGE_VARIABLES: 'hosts=a.internal,b.internal, version=2',
        PROPYLON_FUNCTIONS: 'one=f.mjs,two=f.mjs#other',
      },
    });
    expect(settings.apis.map(({ mappings, definition }) => [mappings?.[0]?.basePath, definition])).toEqual([
      ['orders', join(folder, 'orders.yaml')],
      ['pets', join(folder, 'pets.yaml')],
    ]);
    expect(settings.apis[0]?.stageVariables).toEqual({ hosts: 'a.internal,b.internal', version: '2' });
    expect(settings.functions.map(({ name, handler }) => [name, handler])).toEqual([
      ['one', 'handler'],
      ['two', 'other'],
    ]);
  });

  it('count as absent when they are empty', async () => {
    expect((await load({ environment: { PROPYLON_PORT: '', PROPYLON_CONFIG: '' } })).port).toBe(8080);
  });

  it('are warned of when they are misspelt', async () => {
    const { warnings } = await load({ environment: { PROPYLON_PROT: '1', PROPYLON_DEBUG: '1', OTHER: 'x' } });
    expect(warnings).toEqual([
      'the environment variable PROPYLON_PROT is not known (did you mean PROPYLON_PORT?)',
    ]);
  });

  it('that Kubernetes sets for a Service called propylon are none of ours', async () => {
    const settings = await load({
      environment: {
        PROPYLON_PORT: 'tcp://10.3.240.10:80',
        PROPYLON_SERVICE_HOST: '10.3.240.10',
        PROPYLON_SERVICE_PORT: '80',
        PROPYLON_PORT_80_TCP_ADDR: '10.3.240.10',
      },
    });
    expect(settings).toMatchObject({ port: 8080, warnings: [] });
  });
});

describe('definitions', () => {
  it('are mapped at a base path written before them', async () => {
    const { apis } = await load({ definitions: ['/orders/v2=apis/orders.yaml', 'pets.yaml'] });
    expect(apis.map(({ mappings, definition }) => [mappings?.[0]?.basePath, definition])).toEqual([
      ['orders/v2', join(folder, 'apis/orders.yaml')],
      [undefined, join(folder, 'pets.yaml')],
    ]);
  });

  it('may be files whose path looks like a base path', async () => {
    const file = put('a=b/api.yaml', '');
    const [api] = (await load({ definitions: [file] })).apis;
    expect(api).toEqual({ definition: file, stage: 'prod', stageVariables: {} });
  });

  it('cannot be mapped at one address, and the message says what to do', async () => {
    expect(await problems({ definitions: ['orders.yaml', 'pets.yaml'] })).toEqual([
      'pets.yaml and orders.yaml are both mapped at /: give each its base path, as in /orders=orders.yaml ' +
        '/pets=pets.yaml, or list them in a file for --config',
    ]);
    expect(await problems({ definitions: ['a.yaml', 'b.yaml'], flags: { basePath: 'x' } })).toEqual([
      'a base path was given for several definitions: write /BASE=FILE for each, or use a file with --config',
    ]);
    expect(await problems({ definitions: ['/a=a.yaml'], flags: { basePath: 'x' } })).toEqual([
      'the base path of /a=a.yaml is given twice: take away --base-path',
    ]);
    expect(await problems({ definitions: ['/_aws=a.yaml'] })).toEqual([
      'the base path of /_aws=a.yaml must not begin with _aws, which is reserved, not "/_aws"',
    ]);
  });

  it('replace the apis of the file, with a warning', async () => {
    put('propylon.yaml', 'apis: [other.yaml]\nport: 9\n');
    const settings = await load({ config: 'propylon.yaml', definitions: ['api.yaml'] });
    expect(settings.apis.map(({ definition }) => definition)).toEqual([join(folder, 'api.yaml')]);
    expect(settings.port).toBe(9);
    expect(settings.warnings).toEqual([
      'the apis of the configuration file are not served: other definitions were named',
    ]);
  });
});

describe('local functions', () => {
  it('are a name, a module and an export', async () => {
    const file = put('functions/hello.mjs', '');
    const odd = put('functions/a#b.mjs', '');
    const { functions } = await load({
      functions: ['one=functions/hello.mjs', 'two=functions/hello.mjs#run', 'three=functions/a#b.mjs'],
      flags: { functionTimeout: '3' },
    });
    const common = { timeoutMs: 3_000, memoryMb: 256, concurrency: 8, environment: {} };
    expect(functions).toEqual([
      { name: 'one', file, handler: 'handler', ...common },
      { name: 'two', file, handler: 'run', ...common },
      { name: 'three', file: odd, handler: 'handler', ...common },
    ]);
  });

  it('of one name come from the nearest source, whole', async () => {
    put('a.mjs', '');
    const b = put('b.mjs', '');
    put('propylon.yaml', 'functions:\n  f: { file: a.mjs, memory: 64 }\n  g: a.mjs#run\n');
    const { functions } = await load({ config: 'propylon.yaml', functions: ['f=b.mjs'] });
    expect(functions).toMatchObject([
      { name: 'f', file: b, memoryMb: 256 },
      { name: 'g', handler: 'run' },
    ]);
    expect(await problems({ functions: ['f=a.mjs', 'f=b.mjs'] })).toEqual(['--function f is given twice']);
  });
});

describe('propylon.yaml', () => {
  it('serves several APIs, each with its own settings, with paths relative to itself', async () => {
    put('conf/functions/resize.mjs', '');
    put(
      'conf/propylon.yaml',
      `
stage: dev
stageVariables: { version: 1.10, region: eu }
accountId: 000000000001
apis:
  - definition: orders.yaml
    id: orders
    stage: prod
    basePath: /orders
    domain: API.example.com
    stageVariables:
      version: 2
      debug: true
  - ../pets.yaml
functions:
  resize:
    file: functions/resize.mjs
    handler: resize
    timeout: 10
    memory: 512
    concurrency: 2
    environment: { BUCKET: images, N: 007 }
accessLog: { format: text, file: logs/access.log }
`,
    );
    const settings = await load({ config: 'conf/propylon.yaml' });
    expect(settings.apis).toEqual([
      {
        definition: join(folder, 'conf/orders.yaml'),
        id: 'orders',
        stage: 'prod',
        stageVariables: { version: '2', region: 'eu', debug: 'true' },
        mappings: [{ domain: 'api.example.com', basePath: 'orders' }],
      },
      {
        definition: join(folder, 'pets.yaml'),
        stage: 'dev',
        stageVariables: { version: '1.10', region: 'eu' },
      },
    ]);
    expect(settings.functions).toEqual([
      {
        name: 'resize',
        file: join(folder, 'conf/functions/resize.mjs'),
        handler: 'resize',
        timeoutMs: 10_000,
        memoryMb: 512,
        concurrency: 2,
        environment: { BUCKET: 'images', N: '007' },
      },
    ]);
    expect(settings.lambda.accountId).toBe('000000000001');
    expect(settings.accessLog).toEqual({ format: 'text', file: join(folder, 'conf/logs/access.log') });
  });

  it('gives way to flags and environment in every API', async () => {
    put(
      'propylon.yaml',
      'apis:\n  - { definition: a.yaml, stage: one, stageVariables: { a: 1, b: 1, c: 1 } }\n',
    );
    const { apis } = await load({
      config: 'propylon.yaml',
      flags: { stage: 'flag', basePath: '/base' },
      stageVariables: ['a=flag'],
      environment: { PROPYLON_STAGE: 'environment', PROPYLON_STAGE_VARIABLES: 'a=environment,b=environment' },
    });
    expect(apis).toMatchObject([
      {
        stage: 'flag',
        mappings: [{ basePath: 'base' }],
        stageVariables: { a: 'flag', b: 'environment', c: '1' },
      },
    ]);
  });

  it('is named in the environment too, may be JSON, and may use anchors', async () => {
    put('settings.json', '{"port": 9, "apis": [{"definition": "a.yaml", "basePath": "a"}]}');
    expect(await load({ environment: { PROPYLON_CONFIG: 'settings.json' } })).toMatchObject({
      port: 9,
      apis: [{ mappings: [{ basePath: 'a' }] }],
    });
    put(
      'propylon.yaml',
      'stageVariables: &all { x: 1 }\napis:\n - { definition: a.yaml, stageVariables: *all }\n',
    );
    expect(await load({ config: 'propylon.yaml' })).toMatchObject({ apis: [{ stageVariables: { x: '1' } }] });
  });

  it('maps an API at several addresses, or at none but those of execute-api', async () => {
    put(
      'propylon.yaml',
      'apis:\n  - { definition: a.yaml, mappings: [{ basePath: /a/ }, { domain: A.example.com }] }\n' +
        '  - { definition: b.yaml, mappings: [] }\n  - { definition: c.yaml, mappings: [] }\n',
    );
    expect((await load({ config: 'propylon.yaml' })).apis.map(({ mappings }) => mappings)).toEqual([
      [
        { domain: '', basePath: 'a' },
        { domain: 'a.example.com', basePath: '' },
      ],
      [],
      [],
    ]);
  });

  it.each([
    ['prot: 8080', '1:1: the key prot is not known (did you mean port?)'],
    [
      'port: 8080\nlimits:\n  maxInflight: 5',
      '3:3: the key maxInflight is not known in limits (did you mean maxInFlight?)',
    ],
    [
      'apis:\n  - definition: a.yaml\n    base_path: x',
      '3:5: the key base_path is not known in apis[0] (did you mean basePath?)',
    ],
    ['colour: red', '1:1: the key colour is not known'],
    ['port:', '1:1: port has no value: give it one or take the line out'],
    ['port: [1]', '1:7: port must be one value, not a list'],
    [
      'limits: 5',
      '1:9: limits must be a map of maxInFlight, maxBodyBytes, maxHeldBytes, maxHeaderBytes, maxUrlLength',
    ],
    ['apis: a.yaml', '1:7: apis must be a list, each entry with a definition'],
    ['apis:\n  - basePath: x', '2:5: apis[0] has no definition: name the OpenAPI document'],
    [
      'apis:\n  - { definition: a.yaml, domain: a, mappings: [] }',
      '2:48: apis[0].mappings stands beside basePath or domain: move those into the list',
    ],
    [
      'apis:\n  - { definition: a.yaml, mappings: x }',
      '2:37: apis[0].mappings must be a list, each entry with a basePath, a domain or both',
    ],
    [
      'apis:\n  - { definition: a.yaml, mappings: [x] }',
      '2:38: apis[0].mappings[0] must be a map of basePath, domain',
    ],
    [
      'apis:\n  - { definition: a.yaml, mappings: [{}] }',
      '2:38: apis[0].mappings[0] is empty: give it a basePath, a domain or both',
    ],
    [
      'apis:\n  - { definition: a.yaml, mappings: [{ basePath: x }, { basePath: /x }] }',
      '2:5: apis[0] is mapped at /x twice: take one out',
    ],
    ['functions:\n  f: { handler: x }', '2:6: functions.f has no file: name the module with the handler'],
    ['functions: [f]', '1:12: functions must be a map of names and values'],
    ['port: 1\nport: 2', '2:1: not valid YAML: Map keys must be unique'],
    [
      'a: [',
      '1:5: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['- x', /^1:1: the file must be a map of port, host, /],
    ['', /^1:1: the file must be a map of port, host, /],
    ['stage: "a b"', '1:8: stage must be 1 to 128 letters, digits, hyphens and underscores, not "a b"'],
    [
      'apis:\n - { definition: a.yaml, id: A-1 }',
      '2:30: apis[0].id must be 1 to 63 lower-case letters and digits, not "A-1"',
    ],
    [
      'stageVariables:\n  a-b: x',
      '2:8: stageVariables.a-b must have a name of 1 to 64 letters, digits and underscores, not "a-b"',
    ],
  ])('is refused with line and column: %j', async (text, expected) => {
    put('propylon.yaml', text);
    const [first = '', ...rest] = await problems({ config: 'propylon.yaml' });
    expect(rest).toEqual([]);
    expect(first).toMatch(/^propylon\.yaml:/);
    const message = first.slice('propylon.yaml:'.length);
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });

  it("tells which two of its APIs are in each other's way", async () => {
    put(
      'propylon.yaml',
      'apis:\n  - { definition: a.yaml, basePath: x }\n  - { definition: b.yaml, basePath: /x/ }\n',
    );
    expect(await problems({ config: 'propylon.yaml' })).toEqual([
      'propylon.yaml:3:5: apis[1] and propylon.yaml:2:5: apis[0] are both mapped at /x: give each its own basePath or domain',
    ]);
  });

  it('is refused in one sentence when it cannot be read', async () => {
    expect(await problems({ config: 'none.yaml' })).toEqual([
      'cannot read the configuration file none.yaml: there is no such file',
    ]);
    expect(await problems({ config: '.' })).toEqual([
      'cannot read the configuration file .: it is a directory',
    ]);
    writeFileSync(join(folder, 'binary'), Buffer.from([0xff, 0xfe, 0x80]));
    expect(await problems({ config: 'binary' })).toEqual([
      'cannot read the configuration file binary: it is not UTF-8 text',
    ]);
    put('huge.yaml', '#'.repeat(2_000_000));
    expect(await problems({ config: 'huge.yaml' })).toEqual([
      'cannot read the configuration file huge.yaml: it is larger than 1048576 bytes',
    ]);
  });

  it('never makes the reader fail, whatever is in it', () => {
    const key = fc.constantFrom(
      'port',
      'apis',
      'functions',
      'limits',
      'upstream',
      'stageVariables',
      'accessLog',
      '__proto__',
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 8080, 'text', '', '*a', '&a x'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(key, fc.constantFrom('definition', 'file', 'x')), tie('value'), {
          maxKeys: 4,
        }),
      ),
    })).value;
    const path = join(folder, 'fuzz.yaml');
    fc.assert(
      fc.property(
        fc.oneof(
          json.map((value) => JSON.stringify(value)),
          fc.string({ maxLength: 60 }),
        ),
        (text) => {
          writeFileSync(path, text);
          const { problems: found } = readConfigFile(path, 'fuzz.yaml');
          for (const problem of found) expect(problem).toMatch(/^fuzz\.yaml:\d+:\d+: \S/);
        },
      ),
      { examples: [['a: &a [*a]'], ['apis: &a [*a]'], ['{"": 1}'], ['? [x]\n: y'], ['port: !!binary aGk=']] },
    );
  });
});
