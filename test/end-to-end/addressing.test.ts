/** Where an API answers, and what telemetry says of it, through the command with a configuration file. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { until } from '../support/until.js';
import { mockOperation } from './definitions.js';

function api(name: string): string {
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: name, version: '1' },
    paths: { '/': { get: mockOperation({ root: name }) }, '/item': { get: mockOperation({ item: name }) } },
  });
}

const CONFIG = `
apis:
  - { definition: one.json, id: first1, stage: prod }
  - { definition: two.json, id: second2, stage: live, basePath: shop/v2 }
  - { definition: two.json, id: second2, stage: beta, domain: '*.beta.example.com' }
accessLog: { format: json, file: access.log }
`;

let folder: ReturnType<typeof testFolder>;
let gateway: GatewayProcess;

beforeAll(async () => {
  folder = testFolder({ 'one.json': api('one'), 'two.json': api('two'), 'propylon.yaml': CONFIG });
  gateway = await startGateway([
    '--config',
    folder.path('propylon.yaml'),
    '--acceptors',
    '2',
    '--workers',
    '2',
  ]);
});

afterAll(async () => {
  await gateway?.stop();
  folder?.remove();
});

interface Answer {
  status: number;
  body: string;
}

function call(path: string, host = 'localhost', on = gateway): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpRequest({ port: on.port, path, headers: { host } }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

const FORBIDDEN = { status: 403, body: '{"message":"Forbidden"}' };
const UNKNOWN = { status: 403, body: '{"message":"Missing Authentication Token"}' };
const ok = (body: object): Answer => ({ status: 200, body: JSON.stringify(body) });

describe('a definition answers', () => {
  test.each([
    ['at the root for any host', '/item', 'whatever.example.org', ok({ item: 'one' })],
    ['at its base path', '/shop/v2/item', 'localhost', ok({ item: 'two' })],
    ['at its base path alone, as its root', '/shop/v2', 'localhost', ok({ root: 'two' })],
    ['on its wildcard domain', '/item', 'a.beta.example.com', ok({ item: 'two' })],
    ['at its execute-api host', '/prod/item', 'first1.execute-api.localhost', ok({ item: 'one' })],
    [
      'at its execute-api host with a port',
      '/live/item',
      'second2.execute-api.eu-west-1.amazonaws.com:8080',
      ok({ item: 'two' }),
    ],
    ['at its execute-api host in upper case', '/prod', 'FIRST1.Execute-Api.LocalHost', ok({ root: 'one' })],
    ['with slashes before the stage', '//prod/item', 'first1.execute-api.localhost', ok({ item: 'one' })],
    ['with slashes after the stage', '/prod//item', 'first1.execute-api.localhost', ok({ item: 'one' })],
    ['at its execute-api path', '/_aws/execute-api/second2/beta/item', 'localhost', ok({ item: 'two' })],
    [
      'at the stage root of its execute-api path',
      '/_aws/execute-api/first1/prod',
      'localhost',
      ok({ root: 'one' }),
    ],
  ])('%s', async (_, path, host, expected) => {
    expect(await call(path, host)).toEqual(expected);
  });

  test.each([
    ['an unknown stage', '/nope/item', 'first1.execute-api.localhost', FORBIDDEN],
    ['an unknown API', '/prod/item', 'other.execute-api.localhost', FORBIDDEN],
    ['an unknown API by path', '/_aws/execute-api/other/prod/item', 'localhost', FORBIDDEN],
    ['an unknown path', '/nope', 'localhost', UNKNOWN],
    ['a base path that only begins alike', '/shop/v22/item', 'localhost', UNKNOWN],
  ])('%s is refused', async (_, path, host, expected) => {
    expect(await call(path, host)).toEqual(expected);
  });
});

test('both execute-api forms can be switched off', async () => {
  const off = await startGateway([
    folder.path('one.json'),
    '--no-execute-api-hosts',
    '--no-execute-api-paths',
  ]);
  expect(await call('/item', 'localhost', off)).toEqual(ok({ item: 'one' }));
  expect(await call('/item', 'first1.execute-api.localhost', off)).toEqual(ok({ item: 'one' }));
  expect(await call('/_aws/execute-api/first1/prod/item', 'localhost', off)).toEqual(UNKNOWN);
  await off.stop();
});

test('settings can come from the environment', async () => {
  const other = await startGateway([folder.path('one.json')], {
    env: { PROPYLON_STAGE: 'fromenv', PROPYLON_ACCESS_LOG: 'text' },
  });
  expect(await call('/_aws/execute-api/nope/fromenv', 'localhost', other)).toEqual(FORBIDDEN);
  expect(other.stderr()).toContain('stage fromenv');
  await until(() => other.stdout().includes('"GET /_aws/execute-api/nope/fromenv HTTP/1.1" 403'));
  await other.stop();
});

test('counters are told per API and stage, and every request has its line in the access log', async () => {
  await call('/shop/v2/item?secret=1');
  await call('/shop/v2/nope');
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^propylon_requests_total\{api="second2",stage="live",class="2xx"\} [1-9]/m);
  expect(metrics).toMatch(/^propylon_requests_total\{api="second2",stage="live",class="4xx"\} [1-9]/m);
  expect(metrics).toMatch(
    /^propylon_request_duration_seconds_bucket\{api="second2",stage="live",le="\+Inf"\} [1-9]/m,
  );
  expect(metrics).toMatch(/^propylon_requests_in_flight 0$/m);
  const { readFileSync } = await import('node:fs');
  const lines = (): Record<string, unknown>[] =>
    readFileSync(folder.path('access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  await until(() => lines().some(({ path }) => path === '/shop/v2/nope'));
  expect(lines().find(({ path, status }) => path === '/shop/v2/item' && status === 200)).toMatchObject({
    apiId: 'second2',
    stage: 'live',
    resourcePath: '/item',
    httpMethod: 'GET',
    status: 200,
    responseLength: 14,
    sourceIp: '127.0.0.1',
    errorType: null,
  });
  expect(JSON.stringify(lines())).not.toContain('secret');
});

test('health and readiness are told on the admin port', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const answer = await fetch(gateway.adminUrl + path);
    expect([answer.status, (await answer.text()).trim()]).toEqual([200, 'ok']);
  }
  // Everything else is the control plane's, which answers as API Gateway's own does.
  const other = await fetch(`${gateway.adminUrl}/nope`);
  expect([other.status, await other.json()]).toEqual([403, { message: 'Missing Authentication Token' }]);
});
