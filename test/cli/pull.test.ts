import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readRevision } from '../../src/config/commit.js';
import { type Items, itemsOf, snapshotOfItems } from '../../src/config/items.js';
import { publish } from '../../src/config/publish.js';
import type { StoreSettings } from '../../src/config/settings.js';
import type { ConfigStore } from '../../src/config/store.js';
import { openStore } from '../../src/config/stores/open.js';
import type { Item } from '../../src/model/snapshot.js';
import { importDefinition } from '../../src/openapi/import.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Finished, propylon } from './propylon.js';

const CORPUS = join(import.meta.dirname, '../corpus');
const MAIN = resolve('dist/cli/main.js');

let folder = '';
let redis: RedisServer;
let stores = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-pull-'));
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A store and a working directory of its own. */
class TestCluster {
  readonly settings: StoreSettings;
  readonly env: Record<string, string>;
  readonly cwd: string;

  constructor(kind: 'redis' | 'disk' = 'disk') {
    const name = `test-${stores++}`;
    const directory = join(folder, `${name}-store`);
    this.cwd = join(folder, name);
    mkdirSync(this.cwd);
    this.settings = kind === 'redis' ? { kind, url: redis.url, namespace: name } : { kind, directory };
    this.env =
      kind === 'redis'
        ? { PROPYLON_REDIS: redis.url, PROPYLON_NAMESPACE: name }
        : { PROPYLON_DATA_DIR: directory };
  }

  run(...args: string[]): Promise<Finished> {
    return propylon(args, { cwd: this.cwd, env: this.env });
  }

  /** Commands that must succeed. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')} answered ${code}: ${stderr}`);
    return stdout;
  }

  put(name: string, text: string): string {
    writeFileSync(join(this.cwd, name), text);
    return name;
  }

  read(name: string): string {
    return readFileSync(join(this.cwd, name), 'utf8');
  }

  async withStore<T>(work: (store: ConfigStore) => Promise<T>): Promise<T> {
    const store = await openStore(this.settings);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  items(): Promise<Items> {
    return this.withStore(async (store) => (await readRevision(store, undefined))?.items ?? new Map());
  }

  /** What no command writes. */
  publish(...items: Item[]): Promise<void> {
    return this.withStore(async (store) => {
      const edit = () => ({ upserts: itemsOf(items), deletes: [] });
      await publish(store, edit, { key: undefined, notes: { by: 'test', message: '' } });
    });
  }

  /** As the control plane keeps an API. */
  own(apiId: string): Promise<void> {
    const puts = new Map([['api', new Uint8Array([1])]]);
    const documents = [{ aggregate: `restapi/${apiId}`, expectedVersion: 0, puts }];
    return this.withStore((store) => store.commit({ documents }));
  }
}

function definition(title: string, uri = 'http://backend.internal/', root = ''): string {
  return `openapi: 3.0.1
info: { title: ${title}, version: "1" }
paths:
  /:
    get:
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: "${uri}" }
${root}`;
}

async function goodCluster(): Promise<TestCluster> {
  const cluster = new TestCluster();
  cluster.put('good.yaml', definition('Good'));
  await cluster.ok('push', 'good.yaml', '--api', 'good');
  return cluster;
}

const NOTHING_CHANGED = /^revision \d+\n {2}nothing to change: this is what the store has\n/;

describe.each(['disk', 'redis'] as const)('propylon pull from a store of kind %s', (kind) => {
  it('writes files that make the same content again, in the same store and in another one', async () => {
    const cluster = new TestCluster(kind);
    cluster.put('orders.yaml', definition('Orders', `http://$\{stageVariables.backend}/`));
    cluster.put('beta.yaml', definition('Orders in beta').replace(', version: "1"', ''));
    const hidden =
      'servers: [{ url: /, x-amazon-apigateway-endpoint-configuration: { disableExecuteApiEndpoint: true } }]\n';
    cluster.put('hidden.yaml', definition('Hidden', 'http://hidden/', hidden));
    cluster.put(
      'propylon.yaml',
      `apis:
  - definition: orders.yaml
    id: orders
    stage: prod
    stageVariables: { backend: 'a.internal:80/?x=1&y=#,2', yes: 'no', number: '007', nothing: '~' }
    mappings: [{ basePath: orders }, { basePath: o/v1 }, { domain: '*.example.com' }]
  - { definition: beta.yaml, id: orders, stage: beta, mappings: [] }
  - { definition: hidden.yaml, id: hidden, basePath: / }
`,
    );
    await cluster.ok('push', '--config', 'propylon.yaml');
    const before = await cluster.items();
    expect(await cluster.run('pull')).toEqual({
      code: 0,
      stderr: '',
      stdout: `revision 1
  hidden/prod is in revision-1/hidden-prod.yaml
  orders/prod is in revision-1/orders-prod.yaml
  orders/beta is in revision-1/orders-beta.yaml
  push it again with: propylon push --config revision-1/propylon.yaml
`,
    });
    expect(await cluster.ok('push', '--config', 'revision-1/propylon.yaml')).toMatch(NOTHING_CHANGED);
    const other = new TestCluster(kind);
    await other.ok('push', '--config', join(cluster.cwd, 'revision-1/propylon.yaml'));
    expect(await other.items()).toEqual(before);
  });
});

describe('propylon pull', () => {
  it('and then push change nothing of what people really write, and Swagger 2.0 says what it changes', async () => {
    const cluster = new TestCluster();
    const files = readdirSync(CORPUS).filter((file) => {
      if (file === 'INDEX.md') return false;
      return importDefinition(readFileSync(join(CORPUS, file), 'utf8'), file).definition !== undefined;
    });
    expect(files.length).toBeGreaterThanOrEqual(27);
    const apis = files.map((file, i) => ({ definition: join(CORPUS, file), id: `api${i}`, mappings: [] }));
    cluster.put('propylon.yaml', JSON.stringify({ apis }));
    await cluster.ok('push', '--config', 'propylon.yaml');
    const { files: pulled, warnings } = JSON.parse(await cluster.ok('pull', '--output', 'same', '--json'));
    expect(warnings).toEqual([]);
    expect(pulled.length).toBe(files.length);
    expect(await cluster.ok('push', '--config', 'same/propylon.yaml')).toMatch(NOTHING_CHANGED);
    const { stderr } = await cluster.run('pull', '--output', 'swagger', '--format', 'swagger');
    const told = stderr.replaceAll('propylon: a push changes what is served: ', '  ');
    expect(told).toMatch(/^ {2}~ api\d+\/prod: \d+ routes? changed\n/);
    expect(await cluster.ok('push', '--config', 'swagger/propylon.yaml')).toContain(`\n${told}`);
  }, 60_000);

  it('writes one stage into a file or to standard output, with the command that pushes it', async () => {
    const cluster = new TestCluster();
    cluster.put('orders.yaml', definition('Orders'));
    const variable = ['--stage-variable', 'query=?a=1&b=#2'];
    const flags = [
      '--api',
      'orders',
      '--stage',
      'prod',
      ...variable,
      '--base-path',
      'o',
      '--domain',
      '*.a.example',
    ];
    await cluster.ok('push', 'orders.yaml', ...flags);
    const again =
      "propylon push new/one.json --api orders --stage prod --stage-variable 'query=?a=1&b=#2' " +
      "--base-path /o --domain '*.a.example'";
    expect(await cluster.run('pull', '--output', 'new/one.json')).toEqual({
      code: 0,
      stderr: '',
      stdout: `revision 1\n  orders/prod is in new/one.json\n  push it again with: ${again}\n`,
    });
    expect(JSON.parse(cluster.read('new/one.json'))).toMatchObject({ openapi: '3.0.1' });
    // As a shell reads it.
    const script = `propylon() { "${process.execPath}" "${MAIN}" "$@"; }; ${again}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script], {
      cwd: cluster.cwd,
      env: { PATH: process.env.PATH, ...cluster.env },
    });
    expect(stdout).toMatch(NOTHING_CHANGED);

    const printed = await cluster.run('pull', '--output', '-', '--format', 'swagger');
    expect(parse(printed.stdout)).toMatchObject({ swagger: '2.0', info: { title: 'Orders' } });
    expect(printed.stderr).toBe(`propylon: push it again with: ${again.replace('new/one.json', 'FILE')}\n`);
  });

  it('writes earlier revisions', async () => {
    const cluster = await goodCluster();
    cluster.put('good.yaml', definition('Good', 'http://new/'));
    await cluster.ok('push', 'good.yaml', '--api', 'good');
    await cluster.ok('pull', '--revision', '1');
    expect(cluster.read('revision-1/good-prod.yaml')).toContain('"http://backend.internal/"');
    await cluster.ok('push', '--config', 'revision-1/propylon.yaml');
    expect(await cluster.ok('diff', '1', '3')).toBe('revisions 1 and 3 are equal\n');
    expect((await cluster.run('pull', '--revision', '7')).stderr).toBe(
      'propylon: there is no revision 7: revisions 1 to 3 are kept\n',
    );
  });

  it('overwrites nothing unless it is told to, and leaves nothing half done', async () => {
    const cluster = await goodCluster();
    mkdirSync(join(cluster.cwd, 'out'));
    cluster.put('out/propylon.yaml', 'mine');
    expect(await cluster.run('pull', '--output', 'out')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'propylon: out/propylon.yaml exists: name another place with --output, or overwrite with --force\n',
    });
    expect(readdirSync(join(cluster.cwd, 'out'))).toEqual(['propylon.yaml']);
    expect(cluster.read('out/propylon.yaml')).toBe('mine');
    await cluster.ok('pull', '--output', 'out', '--force');
    expect(readdirSync(join(cluster.cwd, 'out'))).toEqual(['good-prod.yaml', 'propylon.yaml']);
    expect(await cluster.ok('push', '--config', 'out/propylon.yaml')).toMatch(NOTHING_CHANGED);
    const { code, stdout, stderr } = await cluster.run('pull', '--output', 'good.yaml/x');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^propylon: good\.yaml\/x\/good-prod\.yaml cannot be written: ENOTDIR.*\n$/);
  });

  it('says what no file can hold: canaries, certificates, and mappings whose path names the stage', async () => {
    const cluster = await goodCluster();
    const [api] = snapshotOfItems(await cluster.items(), 1).apis;
    const [stage] = api?.stages ?? [];
    if (stage === undefined) throw new Error('there is no stage');
    const { deployment } = stage;
    const canary = { deployment, percentTraffic: 10, stageVariableOverrides: {}, useStageCache: false };
    const mapping = { domain: 'api.example.com', basePath: 'any', apiId: 'good', stage: '' };
    await cluster.publish(
      { kind: 'stage', stage: { ...stage, apiId: 'good', canary } },
      { kind: 'mapping', mapping },
      {
        kind: 'domain',
        domain: { name: 'api.example.com', certificateFile: '/c.pem', privateKeyFile: '/k.pem' },
      },
      {
        kind: 'domain',
        domain: { name: 'other.example.com', certificateFile: '/c.pem', privateKeyFile: '/k.pem' },
      },
    );
    const expected = [
      'good/prod has a canary, which is not in its document: a push of it ends the canary',
      'not written, and left as it is by a push: mapping api.example.com/any',
      'not written, and left as it is by a push: certificate of api.example.com',
    ];
    const { stderr } = await cluster.run('pull');
    expect(stderr).toBe(expected.map((line) => `propylon: ${line}\n`).join(''));
    expect(JSON.parse(await cluster.ok('pull', '--output', 'b', '--json'))).toMatchObject({
      revision: 2,
      files: [{ api: 'good', stage: 'prod', file: 'b/good-prod.yaml' }],
      push: 'propylon push --config b/propylon.yaml',
      warnings: expected,
    });
    expect(await cluster.ok('push', '--config', 'b/propylon.yaml')).toContain(
      'revision 3\n  ~ good/prod: canary\n',
    );
  });

  it('says which upstreams a push needs beside the files', async () => {
    const cluster = new TestCluster();
    const upstreams = 'upstreams: { shop: { targets: ["127.0.0.1:1"] } }\n';
    cluster.put('good.yaml', definition('Good').replace(', uri:', ', x-propylon-upstream: shop, uri:'));
    cluster.put('propylon.yaml', `${upstreams}apis: [{ definition: good.yaml, id: good }]\n`);
    await cluster.ok('push', '--config', 'propylon.yaml');
    expect((await cluster.run('pull')).stderr).toBe(
      'propylon: a push needs the upstreams shop, which every node has in its own configuration: add them to the file for --config\n',
    );
    expect((await cluster.run('push', '--config', 'revision-1/propylon.yaml')).code).toBe(1);
    cluster.put('revision-1/propylon.yaml', upstreams + cluster.read('revision-1/propylon.yaml'));
    expect(await cluster.ok('push', '--config', 'revision-1/propylon.yaml')).toMatch(NOTHING_CHANGED);
  });

  it('writes nothing outside its folder, whatever names a store holds', async () => {
    const cluster = await goodCluster();
    const [api] = snapshotOfItems(await cluster.items(), 1).apis;
    const [stage] = api?.stages ?? [];
    if (stage === undefined) throw new Error('there is no stage');
    await cluster.publish({ kind: 'stage', stage: { ...stage, apiId: 'good', name: '/../../x' } });
    const { code, stdout, stderr } = await cluster.run('pull');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'propylon: the name of a stored stage must be 1 to 128 letters, digits, hyphens and underscores, not "/../../x"\n',
    );
    expect(existsSync(join(cluster.cwd, 'revision-2'))).toBe(false);
  });

  /** One for all that change nothing. */
  let two: Promise<TestCluster> | undefined;
  async function twoStages(): Promise<TestCluster> {
    const cluster = await goodCluster();
    await cluster.ok('push', 'good.yaml', '--api', 'good', '--stage', 'dev');
    await cluster.ok('push', 'good.yaml', '--api', 'more', '--stage', 'dev');
    return cluster;
  }

  it.each([
    [['--api', 'god'], 'there is no API god (did you mean good?)'],
    [['--api', 'good', '--stage', 'test'], 'API good has no stage test: there are dev, prod'],
    [['--stage', 'test'], 'no API has a stage test: there are dev, prod'],
    [
      ['--output', 'x.yaml'],
      '--output x.yaml takes one stage, and there are 3: choose one of good/dev, good/prod, more/dev with --api and --stage, or name a folder',
    ],
    [['--output', '-', '--json'], '--json and --output - both print a document: take one of them away'],
    [['--format', 'raml'], '--format must be one of oas30, swagger, not "raml"'],
    [['--syntax', 'xml'], '--syntax must be one of yaml, json, not "xml"'],
    [['--api', 'A/B'], '--api must be 1 to 63 lower-case letters and digits, not "A/B"'],
    [['--revision', 'x'], /^the revision must be a whole number from 1 to /],
  ])('answers %j in one line', async (args, message) => {
    two ??= twoStages();
    const cluster = await two;
    const { code, stdout, stderr } = await cluster.run('pull', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const line = /^propylon: (.*)\n$/.exec(stderr)?.[1] ?? stderr;
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
    expect(readdirSync(cluster.cwd)).toEqual(['good.yaml']);
  });

  it('takes one stage of all APIs', async () => {
    two ??= twoStages();
    const cluster = await two;
    const { files } = JSON.parse(
      await cluster.ok('pull', '--stage', 'dev', '--output', join(folder, 'dev'), '--json'),
    );
    expect(files).toMatchObject([
      { api: 'good', stage: 'dev' },
      { api: 'more', stage: 'dev' },
    ]);
  });

  it('has nothing to write of an empty store, or of a revision without stages', async () => {
    const cluster = new TestCluster();
    expect((await cluster.run('pull')).stderr).toBe(
      'propylon: the store is empty: nothing was ever pushed to this namespace\n',
    );
    cluster.put('good.yaml', definition('Good'));
    await cluster.ok('push', 'good.yaml', '--api', 'good');
    await cluster.ok('remove', '--api', 'good');
    expect((await cluster.run('pull')).stderr).toBe(
      'propylon: there is nothing to pull: revision 2 has no stage\n',
    );
  });
});

describe('APIs of the control plane', () => {
  const reason =
    'API good is managed through the control plane, with the AWS CLI, an SDK or Terraform; make the change there\n';

  it.each(['disk', 'redis'] as const)(
    'in a store of kind %s are not pushed to, nor removed',
    async (kind) => {
      const cluster = new TestCluster(kind);
      cluster.put('good.yaml', definition('Good'));
      await cluster.ok('push', '/shop=good.yaml', '--api', 'good');
      await cluster.own('good');
      for (const args of [
        ['--api', 'good'],
        ['--api', 'good', '--stage', 'dev'],
      ]) {
        expect(await cluster.run('push', 'good.yaml', ...args)).toEqual({
          code: 1,
          stdout: '',
          stderr: `propylon: nothing is pushed: ${reason}`,
        });
      }
      for (const args of [
        ['--api', 'good'],
        ['--api', 'good', '--stage', 'prod'],
        ['--base-path', 'shop'],
      ]) {
        expect(await cluster.run('remove', ...args)).toEqual({
          code: 1,
          stdout: '',
          stderr: `propylon: nothing is removed: ${reason}`,
        });
      }
      expect(await cluster.ok('push', 'good.yaml', '--api', 'other')).toContain('revision 2\n');
      expect(await cluster.ok('remove', '--api', 'other')).toContain('revision 3\n');
    },
  );

  it('are pulled, but not into what is pushed', async () => {
    const cluster = await goodCluster();
    await cluster.own('good');
    expect(await cluster.run('pull')).toEqual({
      code: 0,
      stdout: 'revision 1\n  good/prod is in revision-1/good-prod.yaml\n',
      stderr: 'propylon: API good is managed through the control plane: a push refuses it\n',
    });
    expect(readdirSync(join(cluster.cwd, 'revision-1'))).toEqual(['good-prod.yaml']);
    await cluster.ok('push', 'good.yaml', '--api', 'mine');
    await cluster.run('pull');
    expect(await cluster.ok('push', '--config', 'revision-2/propylon.yaml')).toMatch(NOTHING_CHANGED);
  });
});
