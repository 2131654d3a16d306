/** Bodies both ways: whole, streamed, slowed down, broken off. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import type { CompiledIntegration } from '../../../src/integrations/integration.js';
import type { Integration } from '../../../src/model/snapshot.js';
import { Backend, Client, contextOf, reply } from './harness.js';

let backend: Backend;
beforeEach(async () => {
  backend = await Backend.start();
});
afterEach(() => backend.stop());

function target(parts: Partial<Integration> = {}): CompiledIntegration {
  return compileHttpProxy(
    contextOf({ integration: { uri: backend.uri('/p'), ...parts }, upstream: backend.client }),
  );
}

/** Resolves with the connection once the backend has seen a request. */
function answered(by: (socket: Socket) => void = () => {}): Promise<Socket> {
  return new Promise((resolve) => {
    backend.answer = (_, socket) => {
      by(socket);
      resolve(socket);
    };
  });
}

describe('responses', () => {
  it('a short ASCII body crosses as text, others as bytes of their own', async () => {
    backend.answer = reply('200 OK', [], '{"a":1}');
    expect((await new Client().call(target())).wholeBody).toBe('{"a":1}');
    const bytes = Buffer.from([0, 255, 128, 10]);
    backend.answer = (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
      socket.write(bytes);
    };
    const client = await new Client().call(target());
    expect(client.wholeBody).toEqual(bytes);
    expect((client.wholeBody as Uint8Array).buffer.byteLength).toBe(4);
  });

  it.each([0, 1, 8_192, 8_193, 65_536, 65_537, 1_000_000])('%i bytes arrive unchanged', async (size) => {
    const body = randomBytes(size);
    backend.answer = (_, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(body);
    };
    const client = await new Client().call(target());
    expect(Buffer.concat(client.chunks).equals(body)).toBe(true);
    expect([client.ending, client.announced]).toEqual(
      size <= 65_536 ? ['whole', undefined] : ['ended', size],
    );
  });

  it('a chunked answer that arrives in one piece is answered whole', async () => {
    backend.answer = reply('200 OK', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
    const client = await new Client().call(target());
    expect([client.ending, client.body]).toEqual(['whole', 'abcde']);
  });

  it('a long chunked answer is streamed', async () => {
    const body = randomBytes(200_000);
    backend.answer = (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n');
      socket.write(body);
      socket.write('\r\n0\r\n\r\n');
    };
    const client = await new Client().call(target());
    expect([client.ending, client.announced]).toEqual(['ended', -1]);
    expect(Buffer.concat(client.chunks).equals(body)).toBe(true);
  });

  it('server-sent events arrive as they are sent', async () => {
    const connection = answered((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    );
    const client = new Client();
    target().invoke(client.exchange);
    const socket = await connection;
    await client.until(() => client.status === 200);
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      const before = client.body;
      socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      await client.until(() => client.body === before + event);
    }
    expect(client.ending).toBeUndefined();
    socket.write('0\r\n\r\n');
    await client.until(() => client.ending === 'ended');
  });

  it('a stream outlives the integration timeout as long as it moves', async () => {
    const connection = answered((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'),
    );
    const client = new Client();
    target({ timeoutInMillis: 50 }).invoke(client.exchange);
    const socket = await connection;
    await client.until(() => client.body === 'a');
    // An exchange that began later runs into a longer timeout in the meantime.
    backend.answer = () => {};
    const other = await new Client().call(target({ timeoutInMillis: 150 }));
    expect(other.status).toBe(504);
    socket.write('1\r\nb\r\n0\r\n\r\n');
    await client.until(() => client.ending === 'ended');
    expect(client.body).toBe('ab');
  });

  it('a client that reads slowly slows the backend down', async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    let pumped: (() => void) | undefined;
    backend.answer = (_, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const chunk = Buffer.alloc(262_144, 97);
      const pump = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!socket.write(chunk)) {
            socket.once('drain', pump);
            pumped?.();
            return;
          }
        }
      };
      pump();
    };
    const client = new Client();
    client.window = 1_048_576;
    target().invoke(client.exchange);
    await client.until(() => client.untaken >= client.window);
    const received = (): number => client.chunks.reduce((sum, { length }) => sum + length, 0);
    // A second exchange on another connection ends: everything this one could still do in the meantime, it has done.
    const { answer } = backend;
    backend.answer = reply('200 OK', [], 'ok');
    for (let i = 0; i < 20; i++) await new Client().call(target());
    backend.answer = answer;
    expect(received()).toBeLessThan(2 * client.window);
    expect(written).toBeLessThan(total / 2);
    pumped = undefined;
    while (client.ending === undefined) {
      client.take();
      await client.until(() => client.ending !== undefined || client.untaken >= client.window);
    }
    expect([client.ending, received()]).toEqual(['ended', total]);
  });

  it('a backend that breaks off after the head breaks the answer off', async () => {
    backend.answer = (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc', () => socket.destroy());
    };
    const client = await new Client().call(target());
    expect(client.ending).toBe('destroyed');
    expect(client.exchange.errorCause).toContain('after its response had begun');
  });

  it('a short answer that breaks off is a network error', async () => {
    backend.answer = (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => socket.destroy());
    };
    const client = await new Client().call(target());
    expect(client).toMatchObject({ ending: 'whole', status: 504 });
  });
});

describe('request bodies', () => {
  it.each(['GET', 'DELETE', 'OPTIONS', 'POST'])('a body of %s passes byte for byte', async (method) => {
    const body = randomBytes(500);
    await new Client({ method, body }).call(target());
    expect(backend.last.body.equals(body)).toBe(true);
  });

  it('a streamed body of known length passes with that length', async () => {
    const client = new Client({ method: 'PUT', body: 'stream', bodyLength: 6 });
    target().invoke(client.exchange);
    client.exchange.listener?.onBodyChunk(Buffer.from('abc'));
    client.exchange.listener?.onBodyChunk(Buffer.from('def'));
    client.exchange.listener?.onBodyEnd();
    await client.until(() => client.ending !== undefined);
    expect(backend.last.headers).toMatchObject({ 'Content-Length': '6', 'Content-Type': 'application/json' });
    expect(backend.last.body.toString()).toBe('abcdef');
    expect(client.consumedBytes).toBe(6);
  });

  it('a streamed body of unknown length passes chunked', async () => {
    const client = new Client({ method: 'POST', body: 'stream', bodyLength: -1 });
    target().invoke(client.exchange);
    for (const part of ['a', 'bc', 'def']) client.exchange.listener?.onBodyChunk(Buffer.from(part));
    client.exchange.listener?.onBodyEnd();
    await client.until(() => client.ending !== undefined);
    expect(backend.last.headers).toMatchObject({ 'Transfer-Encoding': 'chunked' });
    expect(backend.last.body.toString()).toBe('abcdef');
  });

  it('a backend that does not read closes the window, one that reads again opens it', async () => {
    let resume: (() => void) | undefined;
    let got = 0;
    backend.onHead = (_, socket, rest) => {
      got = rest.length;
      socket.pause();
      socket.removeAllListeners('data');
      resume = () => {
        socket.on('data', (chunk) => {
          got += chunk.length;
          if (got === total) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
        socket.resume();
      };
      return true;
    };
    const part = 262_144;
    const total = 128 * part;
    const client = new Client({ method: 'PUT', body: 'stream', bodyLength: total });
    target().invoke(client.exchange);
    // The client may have one part under way that is not consumed.
    let sent = 0;
    const feed = (): void => {
      while (sent < total && sent - client.consumedBytes < part) {
        sent += part;
        client.exchange.listener?.onBodyChunk(Buffer.alloc(part, 98));
        if (sent === total) client.exchange.listener?.onBodyEnd();
      }
    };
    feed();
    await client.until(() => resume !== undefined || client.consumedBytes > 0);
    for (let idle = 0; idle < 50; idle++) {
      const before = client.consumedBytes;
      feed();
      await new Promise((resolve) => setImmediate(resolve));
      if (client.consumedBytes > before) idle = 0;
    }
    expect(sent).toBeLessThan(total);
    resume?.();
    while (client.ending === undefined) {
      feed();
      const { consumedBytes } = client;
      await client.until(() => client.ending !== undefined || client.consumedBytes > consumedBytes);
    }
    expect([got, client.body]).toEqual([total, 'ok']);
  });

  it('an answer before the end of the request body reaches the client, the rest of the body is let through', async () => {
    backend.onHead = (_, socket) => {
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
      return true;
    };
    const client = new Client({ method: 'PUT', body: 'stream', bodyLength: 1_000 });
    target().invoke(client.exchange);
    client.exchange.listener?.onBodyChunk(Buffer.alloc(10));
    await client.until(() => client.ending !== undefined);
    expect([client.status, client.body]).toEqual([413, 'big']);
    client.exchange.listener?.onBodyChunk(Buffer.alloc(990));
    client.exchange.listener?.onBodyEnd();
    expect(client.consumedBytes).toBe(1_000);
  });

  it('a mapped body source makes the gateway read a streamed body first', async () => {
    const requestParameters = {
      'integration.request.header.X-Sku': 'method.request.body.order.lines[0].sku',
    };
    const client = new Client({ method: 'POST', body: 'stream', bodyLength: -1 });
    target({ requestParameters }).invoke(client.exchange);
    client.exchange.listener?.onBodyChunk(Buffer.from('{"order":{"lines":[{"sk'));
    client.exchange.listener?.onBodyChunk(Buffer.from('u":"A-1"}]}}'));
    client.exchange.listener?.onBodyEnd();
    await client.until(() => client.ending !== undefined);
    expect(backend.last.headers).toMatchObject({ 'X-Sku': 'A-1', 'Content-Length': '35' });
  });

  it('malformed JSON is 400 when a mapping reads the body, and nobody minds when none does', async () => {
    const body = Buffer.from('{"a":');
    const requestParameters = { 'integration.request.header.X-Body': 'method.request.body' };
    const client = await new Client({ method: 'POST', body }).call(target({ requestParameters }));
    expect([client.status, client.body]).toEqual([400, '{"message": "Invalid JSON in request body"}']);
    expect((await new Client({ method: 'POST', body }).call(target())).status).toBe(200);
  });
});

describe('clients that leave', () => {
  it('before the answer: the backend connection is closed', async () => {
    const connection = answered();
    const client = new Client();
    target().invoke(client.exchange);
    const socket = await connection;
    const closed = once(socket, 'close');
    client.cancel();
    await closed;
    expect(client.ending).toBeUndefined();
  });

  it('in the middle of a stream: the backend connection is closed and nothing more is written', async () => {
    const connection = answered((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'),
    );
    const client = new Client();
    target().invoke(client.exchange);
    const socket = await connection;
    await client.until(() => client.body === 'a');
    const closed = once(socket, 'close');
    client.cancel();
    socket.write('1\r\nb\r\n');
    await closed;
    expect(client.body).toBe('a');
  });

  it('in the middle of an upload: the backend connection is closed', async () => {
    const connection = new Promise<Socket>((resolve) => {
      backend.onHead = (_, socket) => {
        resolve(socket);
        return true;
      };
    });
    const client = new Client({ method: 'PUT', body: 'stream', bodyLength: 100 });
    target().invoke(client.exchange);
    client.exchange.listener?.onBodyChunk(Buffer.alloc(10));
    const socket = await connection;
    const closed = once(socket, 'close');
    client.cancel();
    await closed;
    expect(client.ending).toBeUndefined();
  });
});
