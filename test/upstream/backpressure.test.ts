/** Backpressure, both ways: whoever is slow slows the other side down instead of filling our memory. */
import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { STREAMED } from '../../src/upstream/upstream.js';
import { claim } from './support/adapters.js';
import { always, rawServer, response } from './support/raw-server.js';
import { exchange, Recording, start, startWith, until } from './support/recording.js';

const MEGABYTE = 1_048_576;
const PART = Buffer.alloc(MEGABYTE, 'x');

/** Writes as fast as the socket takes it, then what comes after. */
function pour(socket: Socket, megabytes: number, after: () => void): void {
  let left = megabytes;
  const more = (): void => {
    while (left > 0) {
      left--;
      if (!socket.write(PART)) {
        socket.once('drain', more);
        return;
      }
    }
    after();
  };
  more();
}

/** Bytes the kernel took from this socket. */
function taken(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}

/** Resolves when a number has not changed for a while. */
async function standstill(read: () => number): Promise<number> {
  let before = read();
  for (let unchanged = 0; unchanged < 15; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = read();
    unchanged = now === before ? unchanged + 1 : 0;
    before = now;
  }
  return before;
}

class Counter extends Recording {
  override keep = false;
  pauseAt = 0;
  pause: () => void = () => {};
  override onData(chunk: Uint8Array): void {
    super.onData(chunk);
    if (this.bytes >= this.pauseAt) this.pause();
  }
}

class HeadPauser extends Recording {
  pause: () => void = () => {};
  override onHead(status: number, headers: string, contentLength: number): void {
    super.onHead(status, headers, contentLength);
    this.pause();
  }
}

describe('a reader that pauses', () => {
  for (const framing of ['Content-Length', 'chunks', 'close']) {
    claim(`stops the upstream of a body by ${framing}, and loses nothing of its 200 MB`, async (bench) => {
      const size = 200;
      const server = await bench.server(
        rawServer((socket) => {
          if (framing === 'Content-Length') {
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size * MEGABYTE}\r\n\r\n`);
            pour(socket, size, () => {});
          } else if (framing === 'close') {
            socket.write('HTTP/1.1 200 OK\r\n\r\n');
            pour(socket, size, () => socket.end());
          } else {
            const chunk = `${(size * MEGABYTE).toString(16)}\r\n`;
            socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
            pour(socket, size, () => socket.write('\r\n0\r\n\r\n'));
          }
        }),
      );
      const recording = new Counter();
      recording.pauseAt = 5 * MEGABYTE;
      const { call } = startWith(bench.client(), server.origin, {}, recording);
      recording.pause = () => {
        recording.pause = () => {};
        call.pause();
      };
      await until(() => recording.bytes >= recording.pauseAt);
      const stood = await standstill(() => recording.bytes);
      const socket = server.sockets[0];
      if (socket === undefined) throw new Error('No connection.');
      // At most one more buffer of ours, and what the two kernels' buffers hold.
      expect(stood).toBeLessThan(6 * MEGABYTE);
      expect(await standstill(() => taken(socket))).toBeLessThan(40 * MEGABYTE);
      expect(recording.ended).toBe(false);
      call.resume();
      await recording.finished;
      expect(recording).toMatchObject({ bytes: size * MEGABYTE, ended: true, misplaced: [] });
    });
  }

  claim(
    'at the head still gets what had been read with it, the end included',
    async (bench) => {
      const server = await bench.server(rawServer(always(response('all in one read'))));
      const client = bench.client();
      const recording = new HeadPauser();
      const { call } = startWith(client, server.origin, {}, recording);
      recording.pause = () => call.pause();
      await recording.finished;
      expect(recording).toMatchObject({ body: 'all in one read', ended: true });
      // And the connection reads again for whoever is next.
      expect((await exchange(client, server.origin)).body).toBe('all in one read');
      expect(server.accepted()).toBe(1);
    },
    {
      reason: 'it keeps that until the reader resumes',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always(response('all in one read'))));
        const recording = new HeadPauser();
        const { call } = startWith(bench.client(), server.origin, {}, recording);
        recording.pause = () => call.pause();
        await recording.headed;
        expect(await standstill(() => recording.bytes)).toBe(0);
        call.resume();
        await recording.finished;
        expect(recording).toMatchObject({ body: 'all in one read', ended: true });
      },
    },
  );

  claim('again and again gets every byte once', async (bench) => {
    const body = Buffer.alloc(3 * MEGABYTE, 'abcdefghijklmnopqrstuvwxyz0123456789').toString('latin1');
    const server = await bench.server(rawServer(always(response(body))));
    const recording = new Recording();
    const { call } = startWith(bench.client(), server.origin, {}, recording);
    const timer = setInterval(() => {
      call.resume();
      setImmediate(() => call.pause());
    }, 1);
    await recording.finished;
    clearInterval(timer);
    expect(recording.body === body).toBe(true);
  });
});

describe('a server that does not read', () => {
  claim('stops the writer of a streamed body until it reads', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const stream = { method: 'POST', body: STREAMED, bodyLength: -1 } as const;
    const { call, recording } = start(bench.client(), server.origin, stream);
    await until(() => server.sockets.length === 1);
    server.sockets[0]?.pause();
    let written = 0;
    let room = true;
    const write = (): void => {
      for (room = true; room && written < 100; written++) room = call.write(PART);
    };
    write();
    let drains = recording.drains;
    while (written < 100 && (await standstill(() => recording.drains)) > drains) {
      drains = recording.drains;
      write();
    }
    expect(written).toBeLessThan(60);
    server.sockets[0]?.resume();
    await until(() => recording.drains > drains);
    call.end();
    await recording.finished;
    expect(recording).toMatchObject({ body: 'ok', ended: true, misplaced: [] });
    expect(server.requests[0]?.body.replaceAll(/[^x]/g, '')).toHaveLength(written * MEGABYTE);
  });
});

claim('an answer in chunks of one byte is not passed on byte by byte', async (bench) => {
  const server = await bench.server(
    rawServer((socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`,
      );
    }),
  );
  const recording = await exchange(bench.client(), server.origin);
  expect(recording).toMatchObject({ status: 200, ended: true, misplaced: [] });
  expect(recording.body).toBe('x'.repeat(20_000));
  expect(recording.chunks.length).toBeLessThan(200);
});
