/** Start, reload, worker death, shedding and shutdown of the command. */
import { spawnSync } from 'node:child_process';
import { Agent, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { startBackend, startRawBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { RawClient, refusesConnections } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { mockOperation, proxyDefinition } from './definitions.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

function folderOf(files: Record<string, string>): ReturnType<typeof testFolder> {
  const folder = testFolder(files);
  cleanUps.push(() => folder.remove());
  return folder;
}

async function started(args: string[], env?: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await startGateway(args, env === undefined ? {} : { env });
  cleanUps.push(() => gateway.stop());
  return gateway;
}

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

function mockApi(value: unknown): string {
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Mock', version: '1' },
    paths: { '/value': { get: mockOperation(value) } },
  });
}

test('a port in use is said so in one line on standard error, and the exit code is 1', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => other.close());
  const { port } = other.address() as AddressInfo;
  const folder = folderOf({ 'api.json': mockApi(1) });
  const run = spawnSync(
    process.execPath,
    [
      MAIN,
      'start',
      folder.path('api.json'),
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--admin-port',
      '0',
    ],
    { encoding: 'utf8' },
  );
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(new RegExp(`^propylon: .*port ${port} .*in use.*\\n$`));
});

test('a second node on the port of a running one is refused too', async () => {
  const folder = folderOf({ 'api.json': mockApi(1) });
  const first = await started([folder.path('api.json')]);
  const run = spawnSync(
    process.execPath,
    [MAIN, 'start', folder.path('api.json'), '--port', String(first.port), '--admin-port', '0'],
    { encoding: 'utf8' },
  );
  expect([run.status, run.stderr]).toEqual([1, expect.stringContaining('in use')]);
});

test('SIGTERM finishes what is in flight, accepts nothing more, and exits 0', async () => {
  let release = (): void => {};
  const backend = await startBackend((_, response) => {
    release = () => response.end('late');
  });
  cleanUps.push(() => backend.close());
  const folder = folderOf({ 'api.json': proxyDefinition() });
  const gateway = await started([
    folder.path('api.json'),
    '--stage-variable',
    `backend=${backend.authority}`,
  ]);
  const client = await RawClient.connect(gateway.port);
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => backend.seen.length === 1);
  gateway.process.kill('SIGTERM');
  await until(async () => (await fetch(`${gateway.adminUrl}/readyz`)).status === 503);
  await until(() => refusesConnections(gateway.port));
  release();
  const answer = await client.answer();
  expect(answer).toMatchObject({ status: 200, body: 'late' });
  expect(answer.headers.connection).toBe('close');
  expect(await gateway.exited).toBe(0);
});

test('--grace bounds the shutdown when a request never ends', async () => {
  const backend = await startBackend(() => {});
  cleanUps.push(() => backend.close());
  const folder = folderOf({ 'api.json': proxyDefinition() });
  const gateway = await started([
    folder.path('api.json'),
    ...['--stage-variable', `backend=${backend.authority}`, '--grace', '200ms'],
  ]);
  const client = await RawClient.connect(gateway.port);
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => backend.seen.length === 1);
  gateway.process.kill('SIGTERM');
  await client.untilClosed();
  expect(await gateway.exited).toBe(0);
});

test('--watch swaps a changed definition under load with no failed request', async () => {
  const folder = folderOf({ 'api.json': mockApi({ version: 0 }) });
  const gateway = await started([folder.path('api.json'), '--watch', '--workers', '2']);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  cleanUps.push(() => agent.destroy());
  const statuses = new Map<number, number>();
  const versions = new Set<number>();
  let running = true;
  const loop = async (): Promise<void> => {
    while (running) {
      const { status, body } = await getJson(`${gateway.url}/value`, agent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      versions.add(body.version as number);
    }
  };
  const loops = Array.from({ length: 8 }, loop);
  for (let version = 1; version <= 5; version++) {
    folder.write('api.json', mockApi({ version }));
    await until(() => versions.has(version));
  }
  running = false;
  await Promise.all(loops);
  expect([...statuses.keys()]).toEqual([200]);
  expect([...versions].sort()).toEqual([0, 1, 2, 3, 4, 5]);
});

test('--watch reports a broken definition and the old one keeps running', async () => {
  const folder = folderOf({ 'api.json': mockApi({ version: 1 }) });
  const gateway = await started([folder.path('api.json'), '--watch']);
  folder.write('api.json', mockApi({ version: 2 }).slice(0, 50));
  await until(() => gateway.stderr().includes('not reloaded'));
  expect(gateway.stderr()).toMatch(/api\.json:1:\d+ error/);
  expect(await json(`${gateway.url}/value`)).toEqual({ version: 1 });
  folder.write('api.json', mockApi({ version: 3 }));
  await until(async () => JSON.stringify(await json(`${gateway.url}/value`)) === '{"version":3}');
});

test('--watch reloads a local function whose file changed', async () => {
  const uri =
    'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations';
  const code = (version: number): string =>
    `export const handler = async () => ({ statusCode: 200, body: '{"version":${version}}' });`;
  const folder = folderOf({
    'api.json': proxyDefinition({
      '/f': { get: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri } } },
    }),
    'f.mjs': code(1),
  });
  const gateway = await started([
    folder.path('api.json'),
    '--watch',
    '--function',
    `f=${folder.path('f.mjs')}`,
  ]);
  expect(await json(`${gateway.url}/f`)).toEqual({ version: 1 });
  folder.write('f.mjs', code(2));
  await until(async () => JSON.stringify(await json(`${gateway.url}/f`)) === '{"version":2}');
});

test('more than --max-in-flight requests are shed at once with 503', async () => {
  const held: (() => void)[] = [];
  const backend = await startRawBackend((_, response) => {
    held.push(() => response.end('ok'));
  });
  cleanUps.push(() => backend.close());
  const folder = folderOf({ 'api.json': proxyDefinition() });
  const gateway = await started([
    folder.path('api.json'),
    ...['--stage-variable', `backend=${backend.authority}`, '--max-in-flight', '3'],
  ]);
  const waiting = [1, 2, 3].map((n) => fetch(`${gateway.url}/api/${n}`));
  await until(() => held.length === 3);
  const during = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(during).toMatch(/^propylon_stage_requests_in_flight\{api="\w+",stage="prod"\} 3$/m);
  const shed = await fetch(`${gateway.url}/api/4`);
  expect([shed.status, await shed.text()]).toEqual([503, '{"message":"Service Unavailable"}']);
  for (const release of held) release();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^propylon_requests_shed_total 1$/m);
  expect(metrics).toMatch(/^propylon_stage_requests_in_flight\{api="\w+",stage="prod"\} 0$/m);
});

function getJson(url: string, agent: Agent): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    }).on('error', reject);
  });
}
