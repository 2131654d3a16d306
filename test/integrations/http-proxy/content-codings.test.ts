/** Codings of backends' responses: reference 02 section 3 drops their header, so the bytes must lose them, too. */
import { createCipheriv } from 'node:crypto';
import type { Socket } from 'node:net';
import { brotliCompressSync, constants, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import type { Integration } from '../../../src/model/snapshot.js';
import { Backend, Client, contextOf, type RequestParts } from './harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
beforeEach(() => {
  backend.onHead = undefined;
});
afterAll(() => backend.stop());

function proxy(parts: Partial<Integration> = {}) {
  return compileHttpProxy(
    contextOf({ integration: { uri: backend.uri('/p'), ...parts }, upstream: backend.client }),
  );
}

function call(request: RequestParts = {}, parts: Partial<Integration> = {}): Promise<Client> {
  return new Client(request).call(proxy(parts));
}

function bodyOf(client: Client): Buffer {
  return Buffer.concat(client.chunks);
}

/** A response head with these lines, whole or chunked, then the body in the parts given. */
function respond(lines: string[], parts: readonly Uint8Array[], chunked = false, status = '200 OK'): void {
  backend.answer = (_, socket) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
    socket.write(`HTTP/1.1 ${status}\r\n${[...lines, framing].join('\r\n')}\r\n\r\n`);
    void writeParts(socket, parts, chunked);
  };
}

/** Each part in a write of its own, when the one before has gone. */
async function writeParts(socket: Socket, parts: readonly Uint8Array[], chunked: boolean): Promise<void> {
  for (const part of parts) {
    const framed = chunked ? [`${part.length.toString(16)}\r\n`, part, '\r\n'] : [part];
    for (const piece of framed) await new Promise((resolve) => socket.write(piece, resolve));
  }
  if (chunked) socket.write('0\r\n\r\n');
}

/** Bytes that do not become fewer, the same in every run. */
function noise(length: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

const TEXT = '{"shelves": ["ünö", "zwo"]}';
const CODINGS: readonly (readonly [string, (data: Uint8Array) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
];

describe('a coded body', () => {
  it.each(CODINGS)('in %s is decoded, its header and its length are no one’s', async (name, encode) => {
    for (const chunked of [false, true]) {
      respond(
        ['Content-Type: text/x', `Content-Encoding: ${name}`, 'X-A: 1'],
        [encode(Buffer.from(TEXT))],
        chunked,
      );
      const client = await call();
      expect([client.ending, client.body]).toEqual(['whole', TEXT]);
      expect(client.fields).toMatchObject({ 'Content-Type': 'text/x', 'X-A': '1' });
      expect(client.headers).not.toMatch(/encoding|length/i);
    }
  });

  it('of many bytes is streamed, its length unknown', async () => {
    const text = noise(400_000);
    for (const chunked of [false, true]) {
      respond(['Content-Encoding: gzip'], [gzipSync(text)], chunked);
      const client = await call();
      expect([client.ending, client.announced]).toEqual(['ended', -1]);
      expect(bodyOf(client).equals(text)).toBe(true);
    }
  });

  it('that becomes long is streamed though it came short', async () => {
    const text = Buffer.alloc(300_000, 'x');
    respond(['Content-Encoding: gzip'], [gzipSync(text)]);
    const client = await call();
    expect([client.ending, client.announced, bodyOf(client).equals(text)]).toEqual(['ended', -1, true]);
  });

  it('of several gzip members is all of them', async () => {
    respond(['Content-Encoding: gzip'], [gzipSync('one '), gzipSync('two')]);
    expect((await call()).body).toBe('one two');
  });

  it('of no bytes stays one', async () => {
    respond(['Content-Encoding: gzip'], []);
    const client = await call();
    expect([client.status, client.ending, client.body]).toEqual([200, 'whole', '']);
    respond(['Content-Encoding: gzip'], [], true);
    expect((await call()).body).toBe('');
    respond(['Content-Encoding: gzip'], [gzipSync('')]);
    expect((await call()).body).toBe('');
  });

  it('is the same wherever it is split', async () => {
    const encoded = gzipSync(TEXT);
    for (let at = 1; at < encoded.length; at++) {
      const parts = [encoded.subarray(0, at), encoded.subarray(at)];
      respond(['Content-Encoding: gzip'], parts, at % 2 === 0);
      const client = await call();
      expect([client.status, client.body]).toEqual([200, TEXT]);
    }
  });

  it('property: what was encoded comes out, in any coding, framing and parts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.constantFrom(...CODINGS),
        fc.boolean(),
        fc.array(fc.nat(2_000), { maxLength: 4 }),
        async (data, [name, encode], chunked, cuts) => {
          const encoded = encode(data);
          const at = [0, ...cuts.map((cut) => cut % encoded.length).sort((a, b) => a - b), encoded.length];
          const parts = at.slice(1).map((end, i) => encoded.subarray(at[i], end));
          respond(
            [`Content-Encoding: ${name}`],
            parts.filter((part) => part.length > 0),
            chunked,
          );
          const client = await call();
          expect(client.status).toBe(200);
          expect(bodyOf(client).equals(Buffer.from(data))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that is a stream of events leaves event by event', async () => {
    const gzip = createGzip();
    let socket: Socket | undefined;
    gzip.on('data', (data: Buffer) => {
      socket?.write(`${data.length.toString(16)}\r\n`);
      socket?.write(data);
      socket?.write('\r\n');
    });
    const event = (text: string): void => {
      gzip.write(text);
      gzip.flush(constants.Z_SYNC_FLUSH);
    };
    backend.answer = (_, to) => {
      socket = to;
      to.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n');
      event('data: 0\n\n');
    };
    const client = new Client();
    proxy().invoke(client.exchange);
    await client.until(() => client.body === 'data: 0\n\n');
    event('data: 1\n\n');
    await client.until(() => client.body === 'data: 0\n\ndata: 1\n\n');
    gzip.on('end', () => socket?.write('0\r\n\r\n'));
    gzip.end();
    await client.until(() => client.ending === 'ended');
  });
});

describe('what is not decoded', () => {
  it.each(['gzip', 'deflate'])(
    'a body that is not in the %s its header says passes as it is',
    async (name) => {
      for (const text of ['plain text', 'x', 'xy']) {
        for (const chunked of [false, true]) {
          const parts = [...text].map((character) => Buffer.from(character));
          respond([`Content-Encoding: ${name}`, 'Content-Type: text/plain'], parts, chunked);
          const client = await call();
          expect(client.body).toBe(text);
          expect(client.headers).not.toMatch(/^content-encoding/im);
          if (!chunked) expect(client.fields['x-amzn-Remapped-Content-Length']).toBe(String(text.length));
        }
      }
      const long = Buffer.alloc(200_000, 'plain');
      respond([`Content-Encoding: ${name}`], [long]);
      const client = await call();
      expect([client.announced, bodyOf(client).equals(long)]).toEqual([200_000, true]);
    },
  );

  it.each([
    ['br', brotliCompressSync(TEXT)],
    ['zstd', Buffer.from('zstd')],
    ['gzip, gzip', gzipSync(gzipSync(TEXT))],
    ['deflate, gzip', gzipSync(deflateSync(TEXT))],
  ])('a body in %s keeps its header and its bytes', async (name, bytes) => {
    respond([`Content-Encoding: ${name}`], [bytes]);
    const client = await call();
    expect(client.fields['Content-Encoding']).toBe(name);
    expect(bodyOf(client).equals(bytes)).toBe(true);
  });

  it('a body in raw deflate passes as it is', async () => {
    respond(['Content-Encoding: deflate'], [deflateRawSync(TEXT)]);
    expect(bodyOf(await call()).equals(deflateRawSync(TEXT))).toBe(true);
  });

  it('identity is no coding', async () => {
    respond(['Content-Encoding: identity'], [Buffer.from(TEXT)]);
    const client = await call();
    expect([client.body, client.fields['Content-Encoding']]).toEqual([TEXT, undefined]);
  });

  it('a part of a coded body (206) keeps its header and its bytes', async () => {
    const part = gzipSync(TEXT).subarray(0, 12);
    respond(['Content-Encoding: gzip', 'Content-Range: bytes 0-11/40'], [part], false, '206 Partial Content');
    const client = await call();
    expect(client.fields['Content-Encoding']).toBe('gzip');
    expect(bodyOf(client).equals(part)).toBe(true);
  });

  it('HEAD and 304 lose the header and announce no length', async () => {
    backend.answer = (_, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\nX-A: 1\r\n\r\n');
    const head = await call({ method: 'HEAD' });
    expect([head.ending, head.announced]).toEqual(['ended', -1]);
    expect(head.fields).toMatchObject({ 'X-A': '1', 'Content-Type': 'application/json' });
    expect(head.headers).not.toMatch(/encoding|length/i);
    backend.answer = (_, socket) =>
      socket.write('HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n');
    const unmodified = await call();
    expect([unmodified.status, unmodified.announced]).toEqual([304, -1]);
    expect(unmodified.headers).not.toMatch(/encoding|length/i);
  });

  it('HEAD of a client that becomes GET gets no body and no length', async () => {
    respond(['Content-Encoding: gzip'], [gzipSync(TEXT)]);
    const client = await call({ method: 'HEAD' }, { httpMethod: 'GET' });
    expect([client.ending, client.announced, client.body]).toEqual(['ended', -1, '']);
    expect(client.headers).not.toMatch(/encoding|length/i);
  });
});

describe('a coded body that is broken', () => {
  const incompressible = noise(200_000);

  it.each<[string, Buffer]>([
    ['cut off', gzipSync(TEXT).subarray(0, -9)],
    ['without its checksum', gzipSync(TEXT).subarray(0, -4)],
    ['with a wrong checksum', Buffer.concat([gzipSync(TEXT).subarray(0, -8), Buffer.alloc(8)])],
    ['of its first bytes only', Buffer.from([0x1f, 0x8b])],
    ['of nonsense', Buffer.concat([gzipSync(TEXT).subarray(0, 10), Buffer.alloc(20, 0xff)])],
  ])('%s is a network error when nothing has left', async (_, bytes) => {
    respond(['Content-Encoding: gzip'], [bytes]);
    const client = await call();
    expect([client.status, client.body]).toEqual([
      504,
      '{"message": "Network error communicating with endpoint"}',
    ]);
    expect(client.exchange.errorCause).toContain('the gzip body of the response cannot be decoded');
  });

  it('in the middle is broken off when a part has left', async () => {
    const encoded = gzipSync(incompressible);
    encoded.fill(0xff, encoded.length - 5_000);
    respond(['Content-Encoding: gzip'], [encoded]);
    const client = await call();
    expect([client.status, client.ending]).toEqual([200, 'destroyed']);
    expect(client.exchange.errorCause).toContain('cannot be decoded');
  });

  it('is broken off when the backend breaks off', async () => {
    const encoded = gzipSync(incompressible);
    backend.answer = (_, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${encoded.length}\r\n\r\n`);
      socket.write(encoded.subarray(0, encoded.length - 1_000));
    };
    const client = new Client();
    proxy().invoke(client.exchange);
    await client.until(() => client.chunks.length > 0);
    for (const socket of backend.sockets) socket.destroy();
    await client.until(() => client.ending !== undefined);
    expect(client.ending).toBe('destroyed');
  });
});

describe('pressure', () => {
  it('of a client that does not read reaches the backend, and a bomb stays small', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000), { level: 1 });
    backend.answer = (_, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    };
    const client = new Client();
    client.window = 100_000;
    proxy().invoke(client.exchange);
    let received = 0;
    // Each time the client reads, no more than what its window and the decoder's buffers hold comes in.
    for (let i = 0; i < 20; i++) {
      await client.until(() => client.untaken >= client.window);
      expect(client.untaken).toBeLessThan(400_000);
      received += client.untaken;
      client.chunks.length = 0;
      client.take();
    }
    expect(received).toBeLessThan(20_000_000);
    client.cancel();
    expect(client.ending).toBeUndefined();
  });

  it('lets a slow client have every byte', async () => {
    const data = noise(3_000_000);
    respond(['Content-Encoding: gzip'], [gzipSync(data, { level: 1 })], true);
    const client = new Client();
    client.window = 50_000;
    proxy().invoke(client.exchange);
    while (client.ending === undefined) {
      await client.until(() => client.untaken >= client.window || client.ending !== undefined);
      client.take();
    }
    expect([client.ending, bodyOf(client).equals(data)]).toEqual(['ended', true]);
  });

  it('a client that leaves ends the call', async () => {
    let closed = false;
    backend.answer = (_, socket) => {
      socket.on('close', () => {
        closed = true;
        client.exchange.listener?.onDrain();
        done();
      });
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\na\r\n');
      socket.write(gzipSync(TEXT).subarray(0, 10));
      socket.write('\r\n');
      setImmediate(() => client.cancel());
    };
    const client = new Client();
    let done: () => void = () => {};
    const left = new Promise<void>((resolve) => {
      done = resolve;
    });
    proxy().invoke(client.exchange);
    await left;
    expect([closed, client.ending]).toEqual([true, undefined]);
  });
});
