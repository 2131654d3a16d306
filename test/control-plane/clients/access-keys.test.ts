/** Access keys from the command that makes them to the SDK that signs with them. */

import { statSync } from 'node:fs';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finished, propylon } from '../../cli/propylon.js';
import { type GatewayProcess, startGateway, testFolder } from '../../support/gateway-process.js';
import { type Credentials, failureOf, REGION, sdk } from './sdk.js';

const files = testFolder({});
let node: GatewayProcess;
const made: APIGateway[] = [];
const keys: Record<'writer' | 'reader', Credentials> = {
  writer: { accessKeyId: '', secretAccessKey: '' },
  reader: { accessKeyId: '', secretAccessKey: '' },
};

const DATA = ['--data-dir', files.path('data')];
const start = (): Promise<GatewayProcess> =>
  startGateway([...DATA, '--region', REGION, '--workers', '1', '--admin-host', '0.0.0.0']);

beforeAll(async () => {
  node = await start();
});
afterAll(async () => {
  for (const client of made) client.destroy();
  await node.stop();
  files.remove();
});

function client(credentials?: Credentials, region?: string): APIGateway {
  const one = sdk(node.adminUrl, credentials, region);
  made.push(one);
  return one;
}

const admin = (...args: string[]): Promise<Finished> =>
  propylon(['admin', ...args], { env: { HOME: files.path('.') } });

async function create(...args: string[]): Promise<Credentials> {
  const { code, stdout, stderr } = await admin('create-key', ...DATA, '--json', ...args);
  if (code !== 0) throw new Error(stderr);
  const { id, secret } = JSON.parse(stdout);
  return { accessKeyId: id, secretAccessKey: secret };
}

test('without keys this machine is served, and the start-up block says so and what is open to others', async () => {
  await client().createRestApi({ name: 'before' });
  expect(node.stdout()).toContain(
    'no access keys: only this machine is served ("propylon admin create-key" makes one)',
  );
  expect(node.stdout()).toContain(
    'health and metrics ask for no credentials, the control plane asks for access keys',
  );
});

/** An address of this machine that is not loopback stands for another machine: where it has one. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(outside === undefined)(
  'without keys another machine is not served (skipped on a machine with loopback alone)',
  async () => {
    const others = sdk(`http://${outside}:${node.adminPort}`);
    const [status, name, message] = await failureOf(others.getRestApis({}));
    others.destroy();
    expect([status, name]).toEqual([403, 'AccessDeniedException']);
    expect(message).toContain('propylon admin create-key');
  },
);

test('without keys pages in browsers and callers behind a proxy are not served either', async () => {
  const ask = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(`${node.adminUrl}/restapis`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });
  expect(await ask({})).toBe(200);
  expect(await ask({ origin: 'https://evil.example' })).toBe(403);
  expect(await ask({ host: 'rebound.example' })).toBe(403);
  expect(await ask({ 'x-forwarded-for': '203.0.113.9' })).toBe(403);
});

test('a key is made while the node runs, its secret shown once, with lines for aws configure', async () => {
  const { code, stdout } = await admin('create-key', ...DATA, '--region', REGION, '--name', 'first');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^access key AKIA[A-Z2-7]{16} "first", read and write; its secret is shown this once:\n/,
  );
  const value = (name: string): string => new RegExp(`set ${name} (\\S+)`).exec(stdout)?.[1] ?? '';
  expect(value('region')).toBe(REGION);
  keys.writer = {
    accessKeyId: value('aws_access_key_id'),
    secretAccessKey: value('aws_secret_access_key'),
  };
  keys.reader = await create('--read-only', '--name', 'second');
  const listed = await admin('list-keys', ...DATA);
  expect(listed.stdout).toMatch(/^AKIA\w{16} {2}read-write {2}\S+ \S+Z {2}first\nAKIA\w{16} {2}read-only /);
  expect(listed.stdout).not.toContain(keys.writer.secretAccessKey);
  expect(statSync(files.path('data/admin.key')).mode & 0o777).toBe(0o600);
});

test('from then on a call needs a signature, from this machine too', async () => {
  const answer = await fetch(`${node.adminUrl}/restapis`);
  expect([answer.status, answer.headers.get('x-amzn-errortype'), await answer.json()]).toEqual([
    403,
    'MissingAuthenticationTokenException',
    { message: 'Missing Authentication Token' },
  ]);
  expect((await failureOf(client().getRestApis({})))[1]).toBe('UnrecognizedClientException');
});

test('health and metrics need none', async () => {
  for (const page of ['healthz', 'readyz', 'metrics']) {
    expect((await fetch(`${node.adminUrl}/${page}`)).status).toBe(200);
  }
});

test('a key that may write reads and writes, with paths and bodies of all kinds', async () => {
  const api = client(keys.writer);
  const { id: restApiId, rootResourceId: parentId } = await api.createRestApi({ name: 'größer & "mehr"' });
  await api.createResource({ restApiId, parentId, pathPart: '{a+}' });
  const resourceArn = `arn:aws:apigateway:${REGION}::/restapis/${restApiId}`;
  await api.tagResource({ resourceArn, tags: { 'a b': 'c/d' } });
  await api.untagResource({ resourceArn, tagKeys: ['a b', 'x+y'] });
  expect((await api.getRestApi({ restApiId })).tags).toEqual({});
  expect((await api.getResources({ restApiId, embed: ['methods'], limit: 10 })).items).toHaveLength(2);
});

test('a read-only key reads, runs test invocations, and writes nothing', async () => {
  const api = client(keys.reader);
  const [found] = (await api.getRestApis({})).items ?? [];
  const [status, name, message] = await failureOf(api.createRestApi({ name: 'not made' }));
  expect([status, name]).toEqual([403, 'AccessDeniedException']);
  expect(message).toContain('its access key is read-only');
  const call = api.testInvokeMethod({ restApiId: found?.id, resourceId: 'x', httpMethod: 'GET' });
  expect((await failureOf(call))[1]).toBe('NotFoundException');
  expect((await api.getRestApis({})).items?.map(({ name }) => name)).not.toContain('not made');
});

test('a wrong secret, a wrong region and an unknown key are told apart as AWS does', async () => {
  const wrong = { ...keys.writer, secretAccessKey: 'wrong' };
  expect(await failureOf(client(wrong).getRestApis({}))).toEqual([
    403,
    'InvalidSignatureException',
    expect.stringContaining('The request signature we calculated does not match the signature you provided.'),
  ]);
  const [, name, message] = await failureOf(client(keys.writer, 'us-west-2').getRestApis({}));
  expect([name, message]).toEqual([
    'InvalidSignatureException',
    `Credential should be scoped to a valid region, not 'us-west-2': this node's is '${REGION}'.`,
  ]);
});

test('keys outlive the node, which says at its start that calls are signed', async () => {
  await node.stop();
  node = await start();
  expect(node.stdout()).toContain('calls are signed with an access key');
  expect((await client(keys.writer).getRestApis({})).items).toHaveLength(2);
});

test('who deployed stands in the history', async () => {
  const api = client(keys.writer);
  const body = Buffer.from(
    JSON.stringify({
      openapi: '3.0.1',
      info: { title: 'told', version: '1' },
      paths: {
        '/': {
          get: {
            responses: {},
            'x-amazon-apigateway-integration': {
              type: 'mock',
              responses: { default: { statusCode: '200' } },
            },
          },
        },
      },
    }),
  );
  const { id: restApiId } = await api.importRestApi({ body });
  await api.createDeployment({ restApiId, stageName: 'prod' });
  const { stdout } = await propylon(['history', ...DATA]);
  expect(stdout).toContain(`${keys.writer.accessKeyId} (first)`);
  expect(stdout).toMatch(/deployment \w{6} to stage prod of API/);
});

test('a deleted key is refused at once; with the last one this machine is let in again', async () => {
  const reader = client(keys.reader);
  await reader.getRestApis({});
  expect((await admin('delete-key', keys.reader.accessKeyId, ...DATA)).stdout).toBe(
    `access key ${keys.reader.accessKeyId} is deleted\n`,
  );
  expect((await failureOf(reader.getRestApis({})))[1]).toBe('UnrecognizedClientException');
  const again = await admin('delete-key', keys.reader.accessKeyId, ...DATA);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no access key AKIA') });
  expect((await admin('delete-key', keys.writer.accessKeyId, ...DATA)).stdout).toContain(
    'it was the last one',
  );
  expect((await admin('list-keys', ...DATA, '--json')).stdout).toBe('{\n  "keys": []\n}\n');
  await client().getRestApis({});
});

test('no key is made for Redis without a configuration key, and none without a store', async () => {
  const redis = await admin('create-key', '--redis', 'redis://127.0.0.1:1');
  expect(redis).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('start the nodes with a --config-key'),
  });
  const nowhere = await admin('list-keys');
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('no store is named') });
});

test('a damaged admin.key is told before anything is served', async () => {
  const { code, stderr } = await (async () => {
    files.write('admin.key', 'half a key');
    return await propylon(['start', '--port', '0', '--admin-port', '0', '--data-dir', files.path('.')]);
  })();
  expect(code).toBe(1);
  expect(stderr).toContain(
    'admin.key, which seals the secrets of access keys, cannot be used: it is no key of 64',
  );
});
