/** A gateway that has more origins than file descriptors. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';

const ORIGINS = 120;

/** Every loopback address is an origin of its own. */
const backend = createServer((_, response) => response.end('ok'));
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;

beforeAll(async () => {
  await new Promise<void>((resolve) => backend.listen(0, '0.0.0.0', resolve));
  const { port } = backend.address() as AddressInfo;
  const integration = {
    type: 'http_proxy',
    httpMethod: 'GET',
    uri: `http://127.0.0.{last}:${port}/`,
    requestParameters: { 'integration.request.path.last': 'method.request.querystring.last' },
  };
  const get = {
    parameters: [{ name: 'last', in: 'query', schema: { type: 'string' } }],
    responses: { 200: { description: 'ok' } },
    'x-amazon-apigateway-integration': integration,
  };
  const paths = { '/at': { get } };
  folder = testFolder({
    'api.json': JSON.stringify({ openapi: '3.0.3', info: { title: 'Origins', version: '1' }, paths }),
  });
  gateway = await startGateway([folder.path('api.json'), '--workers', '1']);
});

afterAll(async () => {
  await gateway.stop();
  backend.closeAllConnections();
  await new Promise((resolve) => backend.close(resolve));
  folder.remove();
});

test('gives idle connections up when it has no descriptor for another', async () => {
  const { pid } = gateway.process;
  expect((await fetch(`${gateway.url}/at?last=1`)).status).toBe(200);
  const open = readdirSync(`/proc/${pid}/fd`).length;
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${open + ORIGINS / 3}`]);
  const statuses: number[] = [];
  for (let last = 1; last <= ORIGINS; last++) {
    const answer = await fetch(`${gateway.url}/at?last=${last}`);
    await answer.text();
    statuses.push(answer.status);
  }
  expect(statuses).toEqual(new Array(ORIGINS).fill(200));
});
