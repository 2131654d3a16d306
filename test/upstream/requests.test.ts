/** Requests: what is written, and what is never written. */
import { describe, expect } from 'vitest';
import type { UpstreamRequest } from '../../src/upstream/upstream.js';
import { STREAMED } from '../../src/upstream/upstream.js';
import { type Bench, claim } from './support/adapters.js';
import { always, type RawRequest, type RawServer, rawServer, response } from './support/raw-server.js';
import { exchange, Recording, start, startWith, until } from './support/recording.js';

async function sent(bench: Bench, request: Partial<UpstreamRequest>): Promise<RawRequest> {
  const server = await bench.server(rawServer(always(response('ok'))));
  const recording = await exchange(bench.client(), server.origin, request);
  expect(recording).toMatchObject({ body: 'ok', ended: true, misplaced: [] });
  const first = server.requests[0];
  if (first === undefined) throw new Error('The server saw no request.');
  return first;
}

function okServer(bench: Bench): Promise<RawServer> {
  return bench.server(rawServer(always(response('ok'))));
}

const FRAMING = /\r\n(content-length|transfer-encoding|expect): [^\r]*/gi;

/** The framing fields of a head, in lower case. */
function framing(head: string): string[] {
  return (head.match(FRAMING) ?? []).map((field) => field.trim().toLowerCase());
}

describe('a request', () => {
  claim(
    'is its request line and the given fields, byte for byte',
    async (bench) => {
      const headers = 'host: a.test:81\r\nX-One: 1\r\nx-two: caf\xe9\r\nX-One: 3\r\n';
      const { head, body } = await sent(bench, { target: '/a%20b/\xe9?x=1&y', headers });
      expect(`${head}\r\n`).toBe(`GET /a%20b/\xe9?x=1&y HTTP/1.1\r\n${headers}`);
      expect(body).toBe('');
    },
    {
      reason: 'it puts Host first and adds Connection: keep-alive',
      instead: async (bench) => {
        const headers = 'X-One: 1\r\nhost: a.test:81\r\nx-two: caf\xe9\r\nX-One: 3\r\n';
        const { head } = await sent(bench, { target: '/a%20b/\xe9?x=1&y', headers });
        expect(head).toBe(
          'GET /a%20b/\xe9?x=1&y HTTP/1.1\r\nhost: a.test:81\r\nconnection: keep-alive\r\n' +
            'X-One: 1\r\nx-two: caf\xe9\r\nX-One: 3',
        );
      },
    },
  );

  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
    claim(`of ${method} without a body names no length`, async (bench) => {
      const server = await okServer(bench);
      await exchange(bench.client(), server.origin, { method });
      expect(framing(server.requests[0]?.head ?? '')).toEqual([]);
    });
  }

  for (const method of ['POST', 'PUT', 'PATCH']) {
    for (const body of [null, '', new Uint8Array(0)]) {
      claim(`of ${method} with ${JSON.stringify(body)} as its body says Content-Length: 0`, async (bench) => {
        expect(framing((await sent(bench, { method, body })).head)).toEqual(['content-length: 0']);
      });
    }
  }

  claim('carries an ASCII text with its length', async (bench) => {
    const { head, body } = await sent(bench, { method: 'POST', body: '{"a":1}' });
    expect(framing(head)).toEqual(['content-length: 7']);
    expect(body).toBe('{"a":1}');
  });

  claim('carries any other text as UTF-8, its length in bytes', async (bench) => {
    const text = '{"name":"Zo\u00eb \u{1f600}"}';
    const { head, body } = await sent(bench, { method: 'POST', body: text });
    expect(framing(head)).toEqual([`content-length: ${Buffer.byteLength(text)}`]);
    expect(Buffer.from(body, 'latin1').toString()).toBe(text);
  });

  claim('carries bytes as they are', async (bench) => {
    const bytes = Uint8Array.from(Array(256).keys());
    const { head, body } = await sent(bench, { method: 'PUT', body: bytes });
    expect(framing(head)).toEqual(['content-length: 256']);
    expect(Buffer.from(body, 'latin1')).toEqual(Buffer.from(bytes));
  });

  claim('carries a part of a larger buffer and nothing around it', async (bench) => {
    const around = Buffer.from('secret-body-secret');
    const { body } = await sent(bench, {
      method: 'PUT',
      body: new Uint8Array(around.buffer, around.byteOffset + 7, 4),
    });
    expect(body).toBe('body');
  });

  for (const size of [16_000, 16_384, 1_000_000]) {
    claim(`carries ${size} bytes or characters whole`, async (bench) => {
      const bytes = Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz\xff', 'latin1');
      expect((await sent(bench, { method: 'POST', body: bytes })).body).toBe(bytes.toString('latin1'));
      const text = 'x'.repeat(size);
      expect((await sent(bench, { method: 'POST', body: text })).body).toBe(text);
      const wide = '\u00e9'.repeat(size);
      expect((await sent(bench, { method: 'POST', body: wide })).body).toHaveLength(2 * size);
    });
  }

  claim('of GET may carry a body', async (bench) => {
    const { head, body } = await sent(bench, { body: 'query' });
    expect(framing(head)).toEqual(['content-length: 5']);
    expect(body).toBe('query');
  });

  claim('with a whole body is not changed by write() and end()', async (bench) => {
    const server = await okServer(bench);
    const client = bench.client();
    for (const body of [null, 'text']) {
      const { call, recording } = start(client, server.origin, { method: 'POST', body, bodyLength: -1 });
      expect(call.write(Buffer.from('more'))).toBe(true);
      call.end();
      await until(() => server.received().includes('\r\n\r\n'));
      expect(call.write(Buffer.from('more'))).toBe(true);
      call.end();
      await recording.finished;
      expect(recording).toMatchObject({ body: 'ok', ended: true });
    }
    expect((await exchange(client, server.origin)).ended).toBe(true);
    expect(server.requests.map(({ body }) => body)).toEqual(['', 'text', '']);
  });

  for (const target of ['/a b', '/a\r\nX: y', '/a\0', '/\u010aX: y', '/\u{1f600}', 'http://x/', '']) {
    claim(`with the target ${JSON.stringify(target)} is never sent`, async (bench) => {
      const server = await okServer(bench);
      const recording = await exchange(bench.client(), server.origin, { target });
      expect(recording.error?.kind).toBe('address');
      expect(server.received()).toBe('');
    });
  }
});

describe('a streamed request body', () => {
  const stream = { method: 'POST', body: STREAMED } as const;

  claim('of known length goes out with Content-Length', async (bench) => {
    const server = await okServer(bench);
    const { call, recording } = start(bench.client(), server.origin, { ...stream, bodyLength: 10 });
    call.write(Buffer.from('01234'));
    call.write(Buffer.from('56789'));
    call.end();
    await recording.finished;
    expect(framing(server.requests[0]?.head ?? '')).toEqual(['content-length: 10']);
    expect(server.requests[0]?.body).toBe('0123456789');
    expect(recording).toMatchObject({ body: 'ok', ended: true, misplaced: [] });
  });

  claim('of unknown length goes out in chunks', async (bench) => {
    const server = await okServer(bench);
    const { call, recording } = start(bench.client(), server.origin, { ...stream, bodyLength: -1 });
    call.write(Buffer.from('0123456789abcdefg'));
    // undici looks whether all of the body is there already, and would name its length.
    await until(() => server.received().includes('abcdefg'));
    call.write(new Uint8Array(0));
    call.write(Buffer.from('!'));
    call.end();
    await recording.finished;
    expect(framing(server.requests[0]?.head ?? '')).toEqual(['transfer-encoding: chunked']);
    expect(server.requests[0]?.body.toLowerCase()).toBe('11\r\n0123456789abcdefg\r\n1\r\n!\r\n0\r\n\r\n');
  });

  claim('may turn out to be empty', async (bench) => {
    for (const bodyLength of [0, -1]) {
      const server = await okServer(bench);
      const { call, recording } = start(bench.client(), server.origin, { ...stream, bodyLength });
      call.end();
      await recording.finished;
      expect(recording).toMatchObject({ ended: true, misplaced: [] });
    }
  });

  claim('goes out while its end is not known yet', async (bench) => {
    const server = await okServer(bench);
    const { call, recording } = start(bench.client(), server.origin, { ...stream, bodyLength: -1 });
    call.write(Buffer.from('first'));
    await until(() => server.received().includes('first'));
    call.write(Buffer.from('second'));
    await until(() => server.received().includes('second'));
    expect(server.requests).toHaveLength(0);
    call.end();
    await recording.finished;
    expect(recording.ended).toBe(true);
  });

  claim('of several megabytes is held back by onDrain and arrives whole', async (bench) => {
    const server = await okServer(bench);
    const part = Buffer.alloc(40_000, 'p');
    for (const bodyLength of [4_000_000, -1]) {
      const pump = new Pump();
      const { call } = startWith(bench.client(), server.origin, { ...stream, bodyLength }, pump);
      pump.run(() => {
        if (pump.written === 100) {
          call.end();
          return false;
        }
        pump.written++;
        return call.write(part);
      });
      await pump.finished;
      expect(pump).toMatchObject({ body: 'ok', ended: true, misplaced: [] });
      expect(pump.drains).toBeGreaterThan(0);
    }
    expect(server.requests[0]?.body).toHaveLength(4_000_000);
    expect(server.requests[1]?.body.replaceAll(/[^p]/g, '')).toHaveLength(4_000_000);
  });

  for (const [what, bodyLength, first, rest] of [
    ['longer', 5, '0123', '45'],
    ['shorter', 5, '0123', ''],
    ['longer than nothing', 0, '', '0'],
  ] as const) {
    claim(`that is ${what} than announced fails and is never a whole request`, async (bench) => {
      const server = await okServer(bench);
      const { call, recording } = start(bench.client(), server.origin, { ...stream, bodyLength });
      call.write(Buffer.from(first));
      await until(() => server.received().endsWith(first));
      call.write(Buffer.from(rest));
      call.end();
      await recording.finished;
      await until(() => server.sockets[0]?.destroyed ?? true);
      expect(recording.error?.kind).toBe('network');
      expect(recording.misplaced).toEqual([]);
      expect(server.requests).toHaveLength(0);
    });
  }

  claim('after its end cannot go on', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    const { call, recording } = start(bench.client(), server.origin, { ...stream, bodyLength: -1 });
    call.write(Buffer.from('a'));
    call.end();
    call.write(Buffer.from('b'));
    await recording.finished;
    expect(recording.error?.kind).toBe('network');
  });

  claim('that is still under way when the response ends costs the connection', async (bench) => {
    const early = response('too large', '', '413 Content Too Large');
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    const { call, recording } = start(client, server.origin, { ...stream, bodyLength: 1_000 });
    call.write(Buffer.from('partial'));
    await until(() => server.received().includes('partial'));
    server.sockets[0]?.write(early);
    await recording.finished;
    expect(recording).toMatchObject({ status: 413, body: 'too large', ended: true });
    expect(call.write(Buffer.from('more'))).toBe(true);
    call.end();
    await until(() => server.open() === 0);
    expect((await exchange(client, server.origin)).body).toBe('ok');
    expect(server.accepted()).toBe(2);
    expect(server.received()).not.toContain('more');
  });
});

/** Writes as fast as it may. */
class Pump extends Recording {
  written = 0;
  #step: () => boolean = () => false;

  /** @param step writes one part; false: wait for `onDrain` */
  run(step: () => boolean): void {
    this.#step = step;
    while (step());
  }

  override onDrain(): void {
    super.onDrain();
    this.run(this.#step);
  }
}
