import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type AdminServer, type Health, isLoopback, startAdminServer } from '../../src/node/admin-server.js';

let server: AdminServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

async function call(path: string, method = 'GET'): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port: server?.port, path, method });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

async function start(
  health: () => Health = () => ({ ready: true }),
  metrics = () => 'up 1\n',
): Promise<void> {
  server = await startAdminServer({ host: '127.0.0.1', port: 0, health, metrics });
}

describe('the admin port', () => {
  it('answers /healthz while the process lives, ready or not', async () => {
    await start(() => ({ ready: false, reason: 'draining' }));
    expect(await call('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('answers /readyz with what the node says at that moment', async () => {
    let health: Health = { ready: false, reason: '1 of 2 workers have the configuration' };
    await start(() => health);
    expect(await call('/readyz')).toMatchObject({
      status: 503,
      body: 'not ready: 1 of 2 workers have the configuration\n',
    });
    health = { ready: true };
    expect(await call('/readyz?verbose')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('answers /metrics in the text format of Prometheus', async () => {
    await start();
    const answer = await call('/metrics');
    expect(answer).toMatchObject({ status: 200, body: 'up 1\n' });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('answers HEAD with the head of GET', async () => {
    await start();
    const answer = await call('/metrics', 'HEAD');
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers['content-length']).toBe('5');
  });

  it.each(['/', '/metrics/', '/healthz/x', '/constructor', '/__proto__', '//healthz'])(
    'answers 404 to %s',
    async (path) => {
      await start();
      expect((await call(path)).status).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('does not allow %s', async (method) => {
    await start();
    const answer = await call('/healthz', method);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
  });

  it('answers 500 when metrics cannot be made, and lives on', async () => {
    await start(undefined, () => {
      throw new Error('no numbers');
    });
    expect(await call('/metrics')).toMatchObject({ status: 500, body: 'internal error\n' });
    expect((await call('/healthz')).status).toBe(200);
  });

  it('says that a port is in use and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(
      startAdminServer({ host: '127.0.0.1', port, health: () => ({ ready: true }), metrics: () => '' }),
    ).rejects.toThrow(`admin: port ${port} on 127.0.0.1 is in use; choose another with --admin-port`);
    other.close();
  });

  it('closes at once, idle and half-open connections included', async () => {
    await start();
    const socket = connect(server?.port ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /healthz HTTP/1.1\r\n');
    // It may be closed by a reset.
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await server?.close();
    await closed;
  });

  it('knows which addresses only this machine reaches', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com'].map(isLoopback)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
