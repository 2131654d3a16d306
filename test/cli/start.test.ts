import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { propylon, Running } from './propylon.js';

let folder = '';
let backend: Server;
/** Requests that wait in the backend, oldest first. */
const waiting: (() => void)[] = [];
let arrived: () => void = () => {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-start-'));
  backend = createServer((request, response) => {
    const answer = (): void => {
      response.end(`backend ${request.url}`);
    };
    if (request.url !== '/slow') return answer();
    waiting.push(answer);
    arrived();
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
});

afterAll(() => {
  backend.closeAllConnections();
  backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const running: Running[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.process.kill('SIGKILL');
    await one.finished;
  }
});

function definition(path: string): string {
  const { port } = backend.address() as AddressInfo;
  return `openapi: 3.0.1
info: { title: Pets, version: "1" }
paths:
  ${path}:
    get:
      responses: { "200": { description: ok } }
      x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: "http://127.0.0.1:${port}${path}" }
`;
}

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

/** Serves on free ports; resolves with the base addresses the block tells. */
async function start(...args: string[]): Promise<{ command: Running; url: string; admin: string }> {
  const command = new Running(['start', '--port', '0', '--admin-port', '0', '--workers', '1', ...args], {
    cwd: folder,
  });
  running.push(command);
  const [, url = ''] = await command.says('stdout', /listening +(http:\S+)\//);
  const [, admin = ''] = await command.says('stdout', /admin +(http:\S+)\//);
  return { command, url, admin };
}

async function get(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
}

describe('propylon start', () => {
  it('serves a definition, tells where, and ends with 0 on SIGTERM', async () => {
    const { command, url, admin } = await start(put('api.yaml', definition('/pets')));
    const [, executeApi = ''] = await command.says('stdout', /(http:\S+\/_aws\/execute-api\/\S+\/prod\/)/);
    expect(await get(`${url}/pets`)).toEqual({ status: 200, body: 'backend /pets' });
    expect(await get(`${executeApi}pets`)).toEqual({ status: 200, body: 'backend /pets' });
    expect(await get(`${admin}/readyz`)).toEqual({ status: 200, body: 'ok\n' });
    expect((await get(`${admin}/metrics`)).body).toMatch(
      /propylon_requests_total\{api="\w+",stage="prod",class="2xx"\} 2\n/,
    );
    command.process.kill('SIGTERM');
    const { code, stdout } = await command.finished;
    expect(code).toBe(0);
    expect(stdout).toContain('"Pets", stage prod, 1 method, from api.yaml');
  });

  it('says that its port is in use, and ends with 1', async () => {
    put('api.yaml', definition('/pets'));
    const { port } = backend.address() as AddressInfo;
    const taken = ['--host', '127.0.0.1', '--port', String(port), '--admin-port', '0'];
    expect(await propylon(['start', 'api.yaml', ...taken], { cwd: folder })).toEqual({
      code: 1,
      stdout: '',
      stderr: `propylon: port ${port} on 127.0.0.1 is in use; choose another with --port\n`,
    });
    const admin = ['--host', '127.0.0.1', '--port', '0', '--admin-port', String(port)];
    expect(await propylon(['start', 'api.yaml', ...admin], { cwd: folder })).toEqual({
      code: 1,
      stdout: '',
      stderr: `propylon: admin: port ${port} on 127.0.0.1 is in use; choose another with --admin-port\n`,
    });
  });

  it('serves nothing when a definition has errors, and tells all of them', async () => {
    put('good.yaml', definition('/pets'));
    put('broken.yaml', definition('/pets').replace('http_proxy', 'htp'));
    const { code, stdout, stderr } = await propylon(
      ['start', '/a=good.yaml', '/b=broken.yaml', '/c=none.yaml'],
      {
        cwd: folder,
      },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^broken\.yaml:7:\d+ error \/paths\/.*\nnone\.yaml:1:1 error \/: The document cannot be read: there is no such file\.\npropylon: nothing is served: correct 2 errors first\n$/,
    );
  });

  it('warns of what opens the node to others', async () => {
    const { command } = await start(
      put('api.yaml', definition('/pets')),
      '--skip-authorization',
      '--admin-host',
      '0.0.0.0',
    );
    await command.says('stdout', /\n {2}warning +authorization is skipped \(--skip-authorization\)/);
    await command.says(
      'stdout',
      /\n {2}warning +the admin port is open to other machines on 0\.0\.0\.0 .*\n/,
    );
  });

  it('lets requests in flight finish at SIGTERM', async () => {
    const { command, url } = await start(put('api.yaml', definition('/slow')));
    const reached = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer = get(`${url}/slow`);
    await reached;
    command.process.kill('SIGTERM');
    await command.says('stderr', /stopping: requests in flight have 30s to finish/);
    waiting.shift()?.();
    expect(await answer).toEqual({ status: 200, body: 'backend /slow' });
    expect((await command.finished).code).toBe(0);
  });

  it('cuts off what takes longer than --grace, says so, and ends with 0', async () => {
    const { command, url } = await start(put('api.yaml', definition('/slow')), '--grace', '100ms');
    const reached = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer = get(`${url}/slow`).catch((error: Error) => error);
    await reached;
    command.process.kill('SIGTERM');
    const { code, stderr } = await command.finished;
    expect(code).toBe(0);
    expect(stderr).toMatch(/\npropylon: requests were cut off: they took longer than 100ms \(--grace\)\n$/);
    expect(await answer).toBeInstanceOf(Error);
    waiting.shift()?.();
  });

  it('ends at once with 130 at a second signal', async () => {
    const { command, url } = await start(put('api.yaml', definition('/slow')));
    const reached = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer = get(`${url}/slow`).catch((error: Error) => error);
    await reached;
    command.process.kill('SIGINT');
    await command.says('stderr', /stopping/);
    command.process.kill('SIGTERM');
    const { code, stderr } = await command.finished;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(/^propylon: stopping.*\n$/) as string,
    });
    expect(await answer).toBeInstanceOf(Error);
    waiting.shift()?.();
  });

  it('writes the access log where it is told, all of it before it ends', async () => {
    put('api.yaml', definition('/pets'));
    const { command, url } = await start(
      'api.yaml',
      '--access-log',
      'json',
      '--access-log-file',
      'access.log',
    );
    for (let i = 0; i < 5; i++) await get(`${url}/pets?secret=${i}`);
    command.process.kill('SIGTERM');
    expect((await command.finished).code).toBe(0);
    const lines = readFileSync(join(folder, 'access.log'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(
      Array.from({ length: 5 }, () => ({
        path: '/pets',
        resourcePath: '/pets',
        status: 200,
        responseLength: 22,
      })),
    );
  });

  it('keeps standard output for the access log when that goes there', async () => {
    put('api.yaml', definition('/pets'));
    const command = new Running(
      ['start', 'api.yaml', '--port', '0', '--admin-port', '0', '--workers', '1', '--access-log', 'json'],
      { cwd: folder },
    );
    running.push(command);
    const [, url = ''] = await command.says('stderr', /listening +(http:\S+)\//);
    await get(`${url}/pets`);
    command.process.kill('SIGTERM');
    const { stdout } = await command.finished;
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([{ path: '/pets' }]);
  });

  it('reloads under --watch, and keeps what runs when the new definition is broken', async () => {
    const { command, url } = await start(put('api.yaml', definition('/one')), '--watch');
    expect((await get(`${url}/one`)).status).toBe(200);
    const replace = (text: string): void =>
      renameSync(join(folder, put('.api.yaml.swp', text)), join(folder, 'api.yaml'));
    replace(definition('/two'));
    await command.says('stdout', /reloaded api\.yaml: revision 2\n/);
    expect((await get(`${url}/one`)).status).toBe(403);
    expect((await get(`${url}/two`)).status).toBe(200);
    replace(definition('/three').replace('http_proxy', 'htp'));
    await command.says(
      'stderr',
      /api\.yaml:7:\d+ error .*htp[\s\S]*api\.yaml is not reloaded, the running definition stays/,
    );
    expect((await get(`${url}/two`)).status).toBe(200);
    replace(definition('/four'));
    await command.says('stdout', /reloaded api\.yaml: revision 3\n/);
    expect((await get(`${url}/four`)).status).toBe(200);
  });
});
