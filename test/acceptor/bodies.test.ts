import { createHash } from 'node:crypto';
import { get, request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/exchange/exchange.js';
import { REQUEST_WINDOW_BYTES } from '../../src/mailbox/envelopes.js';
import { RawClient, refusesConnections } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { type AcceptorUnderTest, startAcceptor } from './harness.js';

let acceptor: AcceptorUnderTest | undefined;

afterEach(async () => {
  await acceptor?.stop();
  acceptor = undefined;
});

/** Answers with the digest of the request body, however it arrives. */
function digestBody(exchange: Exchange): void {
  const hash = createHash('sha256');
  const { body } = exchange.request;
  const reply = (): void => exchange.answer(200, '', hash.digest('hex'));
  if (body !== 'stream') {
    if (body !== null) hash.update(body);
    reply();
    return;
  }
  exchange.listener = {
    onCancel() {},
    onDrain() {},
    onBodyChunk(chunk) {
      hash.update(chunk);
      exchange.consumed(chunk.length);
    },
    onBodyEnd: reply,
  };
}

function post(port: number, body: Buffer, chunked: boolean): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        port,
        method: 'POST',
        headers: chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length },
      },
      (res) => {
        let text = '';
        res.on('data', (data) => {
          text += data;
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body: text }));
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

describe('request bodies', () => {
  test.each([1, 1000, 65_535, 65_536, 65_537, 200_000, 1_048_576])(
    'a body of %i bytes arrives whole and unchanged, announced or chunked',
    async (size) => {
      acceptor = await startAcceptor(digestBody);
      const body = Buffer.alloc(size, 'abcdefghijklm');
      const digest = createHash('sha256').update(body).digest('hex');
      expect(await post(acceptor.port, body, false)).toEqual({ status: 200, body: digest });
      expect(await post(acceptor.port, body, true)).toEqual({ status: 200, body: digest });
    },
  );

  test('a body of up to 64 KiB crosses with its request, a longer one as a stream', async () => {
    const kinds: unknown[] = [];
    acceptor = await startAcceptor((exchange) => {
      kinds.push(exchange.request.body === 'stream' ? exchange.request.bodyLength : 'whole');
      digestBody(exchange);
    });
    await post(acceptor.port, Buffer.alloc(65_536), false);
    await post(acceptor.port, Buffer.alloc(65_537), false);
    await post(acceptor.port, Buffer.alloc(65_537), true);
    expect(kinds).toEqual(['whole', 65_537, -1]);
  });

  test('an announced body over the limit is answered 413 without waiting for it', async () => {
    acceptor = await startAcceptor(digestBody, { maxBodyBytes: 1000 });
    const client = await RawClient.connect(acceptor.port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n');
    const answer = await client.answer();
    expect(answer.status).toBe(413);
    expect(answer.body).toBe('{"message":"Request Too Long"}');
    client.close();
  });

  test('a chunked body that grows over the limit is answered 413 and its exchange is cancelled', async () => {
    let started = 0;
    acceptor = await startAcceptor(
      (exchange) => {
        started++;
        digestBody(exchange);
      },
      { maxBodyBytes: 100_000 },
    );
    const client = await RawClient.connect(acceptor.port);
    const chunk = `${(70_000).toString(16)}\r\n${'a'.repeat(70_000)}\r\n`;
    client.send(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
    await until(() => started === 1);
    client.send(chunk);
    const answer = await client.answer();
    expect(answer.status).toBe(413);
    expect(answer.body).toBe('{"message":"Request Too Long"}');
    await until(() => acceptor?.ended.length === 1);
    expect(acceptor.ended[0]?.cancelled).toBe(true);
    client.close();
  });

  test('a body nobody consumes stops the client after the window', async () => {
    let received = 0;
    let resume = (): void => {};
    acceptor = await startAcceptor(
      (exchange) => {
        const waiting: number[] = [];
        resume = () => {
          for (const size of waiting.splice(0)) exchange.consumed(size);
          resume = () => {};
        };
        let open = false;
        exchange.listener = {
          onCancel() {},
          onDrain() {},
          onBodyChunk(chunk) {
            received += chunk.length;
            if (open) exchange.consumed(chunk.length);
            else waiting.push(chunk.length);
          },
          onBodyEnd: () => exchange.answer(200, '', 'done'),
        };
        const release = resume;
        resume = () => {
          open = true;
          release();
        };
      },
      { maxBodyBytes: 64 * 1_048_576 },
    );
    const size = 32 * 1_048_576;
    const sent = post(acceptor.port, Buffer.alloc(size), false);
    await until(() => received >= 262_144);
    const stalledAt = await stable(() => received);
    // The window, and what one read of the socket had taken already: newer uWebSockets.js drains the kernel's buffer.
    expect(stalledAt).toBeLessThan(8 * 1_048_576);
    resume();
    expect((await sent).body).toBe('done');
    expect(received).toBe(size);
  });

  test.each<[string, (exchange: Exchange) => void]>([
    ['whole', (exchange) => exchange.answer(200, '', 'early')],
    [
      'of known length',
      (exchange) => {
        exchange.begin(200, '', 5);
        exchange.write(Buffer.from('early'));
        exchange.end();
      },
    ],
    ['without a body', (exchange) => exchange.answer(204, '', null)],
    ['begun without a body', (exchange) => exchange.begin(304, '', 5)],
  ])('an answer %s before its request has ended leaves the connection in use', async (_, answer) => {
    let uploads = 0;
    acceptor = await startAcceptor(
      (exchange) => {
        const { body } = exchange.request;
        if (body !== 'stream') {
          exchange.answer(200, '', 'next');
          return;
        }
        let received = 0;
        exchange.listener = {
          onCancel() {},
          onDrain() {},
          onBodyEnd() {},
          // Nobody consumes: the client is not read any more when the answer comes.
          onBodyChunk(chunk) {
            received += chunk.length;
            if (received < REQUEST_WINDOW_BYTES) return;
            uploads++;
            answer(exchange);
            exchange.listener = null;
          },
        };
      },
      { maxBodyBytes: 64 * 1_048_576 },
    );
    const size = 32 * 1_048_576;
    const client = await RawClient.connect(acceptor.port);
    client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size));
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.until((received) => received.endsWith('next'))).toMatch(/^HTTP\/1.1 (200|204|304) /);
    expect(uploads).toBe(1);
    client.close();
  });

  test('a client that resets its connection while it is not read is noticed', async () => {
    let received = 0;
    acceptor = await startAcceptor(
      (exchange) => {
        exchange.listener = {
          onCancel() {},
          onDrain() {},
          onBodyEnd() {},
          // Nobody consumes.
          onBodyChunk: (chunk) => {
            received += chunk.length;
          },
        };
      },
      { maxBodyBytes: 64 * 1_048_576 },
    );
    const client = await RawClient.connect(acceptor.port);
    const size = 32 * 1_048_576;
    client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size));
    await until(() => received >= REQUEST_WINDOW_BYTES);
    client.socket.resetAndDestroy();
    await until(() => acceptor?.ended[0]?.cancelled === true);
  });

  test('a long announced body reaches a worker with its first 64 KiB, not with its head', async () => {
    const seen: string[] = [];
    acceptor = await startAcceptor((exchange) => {
      seen.push(exchange.request.path);
      exchange.answer(200, '', 'ok');
    });
    const slow = await RawClient.connect(acceptor.port);
    slow.send('POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\nabc');
    const other = await RawClient.connect(acceptor.port);
    other.send('GET /other HTTP/1.1\r\nHost: x\r\n\r\n');
    await other.answer();
    expect(seen).toEqual(['/other']);
    slow.send(Buffer.alloc(69_997));
    expect((await slow.answer()).body).toBe('ok');
    expect(seen).toEqual(['/other', '/slow']);
    slow.close();
    other.close();
  });

  test('bytes held for unanswered requests are bounded: more is shed with 503', async () => {
    const held: Exchange[] = [];
    acceptor = await startAcceptor((exchange) => held.push(exchange), { maxHeldBytes: 100_000 });
    const first = post(acceptor.port, Buffer.alloc(60_000), false);
    await until(() => held.length === 1);
    expect((await post(acceptor.port, Buffer.alloc(60_000), false)).status).toBe(503);
    held[0]?.answer(200, '', 'ok');
    expect((await first).status).toBe(200);
    const third = post(acceptor.port, Buffer.alloc(60_000), false);
    await until(() => held.length === 2);
    held[1]?.answer(200, '', 'ok');
    expect((await third).status).toBe(200);
  });
});

describe('answers', () => {
  test.each([
    ['known length', 5_000_000],
    ['chunked', -1],
  ])('a streamed answer of %s arrives whole and in order through a slow client', async (_, length) => {
    const total = 5_000_000;
    const block = Buffer.alloc(50_000);
    const hash = createHash('sha256');
    let written = 0;
    acceptor = await startAcceptor((exchange) => {
      exchange.begin(200, 'X-A: b\r\n', length);
      const pump = (): void => {
        while (written < total) {
          block.fill(written / block.length);
          hash.update(block);
          written += block.length;
          if (!exchange.write(block)) return;
        }
        exchange.end();
      };
      exchange.listener = { onCancel() {}, onDrain: pump, onBodyChunk() {}, onBodyEnd() {} };
      pump();
    });
    const answer = await new Promise<{ digest: string; size: number; length: string | undefined }>(
      (resolve) => {
        get({ port: acceptor?.port }, (res) => {
          const got = createHash('sha256');
          let size = 0;
          res.pause();
          res.on('data', (data) => {
            got.update(data);
            size += data.length;
            // A slow reader: stops after every piece until the next turn.
            res.pause();
            setImmediate(() => res.resume());
          });
          res.on('end', () =>
            resolve({ digest: got.digest('hex'), size, length: res.headers['content-length'] }),
          );
          res.resume();
        });
      },
    );
    expect(answer).toEqual({
      digest: hash.digest('hex'),
      size: total,
      length: length < 0 ? undefined : String(length),
    });
  });

  test('a client that does not read stops the writer after the window, and its leaving cancels the exchange', async () => {
    let written = 0;
    let blocked = false;
    let cancelled = false;
    acceptor = await startAcceptor((exchange) => {
      exchange.begin(200, '', 1_000_000_000);
      const block = new Uint8Array(65_536);
      const pump = (): void => {
        blocked = false;
        while (exchange.write(block)) written += block.length;
        written += block.length;
        blocked = true;
      };
      exchange.listener = {
        onCancel: () => {
          cancelled = true;
        },
        onDrain: pump,
        onBodyChunk() {},
        onBodyEnd() {},
      };
      pump();
    });
    const client = await RawClient.connect(acceptor.port);
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => blocked);
    const stalledAt = await stable(() => written);
    // The window and what the kernel's socket buffers take.
    expect(stalledAt).toBeLessThan(24 * 1_048_576);
    client.close();
    await until(() => cancelled);
    expect(acceptor.ended[0]?.cancelled).toBe(true);
  });

  test('each chunk reaches the client as it is written', async () => {
    let exchange: Exchange | undefined;
    acceptor = await startAcceptor((one) => {
      exchange = one;
      one.begin(200, 'Content-Type: text/event-stream\r\n', -1);
      one.write(Buffer.from('data: 1\n\n'));
    });
    const client = await RawClient.connect(acceptor.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.until((text) => text.includes('data: 1\n\n'));
    exchange?.write(Buffer.from('data: 2\n\n'));
    await client.until((text) => text.includes('data: 2\n\n'));
    exchange?.end();
    await client.until((text) => text.endsWith('0\r\n\r\n'));
    client.close();
  });

  test('a begun answer that cannot be completed closes the connection', async () => {
    acceptor = await startAcceptor((exchange) => {
      exchange.begin(200, '', 100);
      exchange.write(Buffer.from('half'));
      setImmediate(() => exchange.destroy());
    });
    const client = await RawClient.connect(acceptor.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.untilClosed()).toMatch(/\r\n\r\n(half)?$/);
  });

  test('an answer shorter than it announced is never passed for whole', async () => {
    acceptor = await startAcceptor((exchange) => {
      exchange.begin(200, '', 100);
      exchange.write(Buffer.from('half'));
      exchange.end();
    });
    const client = await RawClient.connect(acceptor.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.untilClosed()).toMatch(/Content-Length: 100\r\n\r\nhalf$/);
  });

  test.each([
    ['HEAD', 200, 'Content-Length: 5'],
    ['GET', 304, ''],
    ['GET', 204, ''],
  ])('%s with status %i has no body', async (method, status, length) => {
    acceptor = await startAcceptor((exchange) =>
      exchange.answer(status, '', method === 'HEAD' ? 'hello' : null),
    );
    const client = await RawClient.connect(acceptor.port);
    client.send(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`);
    const text = await client.until((got) => got.endsWith('\r\n\r\n'));
    if (length === '') expect(text).not.toMatch(/content-length|transfer-encoding/i);
    else expect(text).toContain(`\r\n${length}\r\n`);
    client.received = '';
    client.send(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.until((got) => got.endsWith('\r\n\r\n'));
    client.close();
  });

  test('a streamed answer to HEAD announces its length and ends', async () => {
    acceptor = await startAcceptor((exchange) => {
      exchange.begin(200, '', 123);
      exchange.end();
    });
    const client = await RawClient.connect(acceptor.port);
    client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.until((got) => got.endsWith('\r\n\r\n'))).toContain('\r\nContent-Length: 123\r\n');
    client.close();
  });

  test('header bytes above ASCII leave as the bytes they are', async () => {
    acceptor = await startAcceptor((exchange) => exchange.answer(200, 'X-A: \xc3\xa9\xff\r\n', 'é'));
    const client = await RawClient.connect(acceptor.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const { head, body } = await client.answer();
    expect(head).toContain('\r\nX-A: \xc3\xa9\xff\r\n');
    expect(body).toBe('\xc3\xa9');
    client.close();
  });
});

describe('in flight', () => {
  test('more than maxInFlight requests are shed with 503 at once, and served again when one ends', async () => {
    const held: Exchange[] = [];
    acceptor = await startAcceptor((exchange) => held.push(exchange), { maxInFlight: 2 });
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(acceptor?.port ?? 0)));
    const [first, second, third] = clients as [RawClient, RawClient, RawClient];
    first.send('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
    second.send('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => held.length === 2);
    third.send('GET /3 HTTP/1.1\r\nHost: x\r\n\r\n');
    const shed = await third.answer();
    expect(shed.status).toBe(503);
    expect(shed.body).toBe('{"message":"Service Unavailable"}');
    held[0]?.answer(200, '', '');
    await first.answer();
    third.send('GET /3 HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => held.length === 3);
    expect(acceptor.counters().shed).toBe(1);
    for (const client of clients) client.close();
  });

  test('when a worker dies its requests get 502, and the next worker takes over', async () => {
    let held = 0;
    acceptor = await startAcceptor(() => {
      held++;
    });
    const client = await RawClient.connect(acceptor.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => held === 1);
    acceptor.killWorker();
    const answer = await client.answer();
    expect(answer.status).toBe(502);
    expect(answer.body).toBe('{"message": "Internal server error"}');
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.answer()).status).toBe(503);
    acceptor.attachWorker((exchange) => exchange.answer(200, '', 'new'));
    // The mailbox reaches the acceptor's thread by itself: 503 until then.
    await until(async () => {
      client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      return (await client.answer()).body === 'new';
    });
    client.close();
  });

  test('draining finishes what is in flight, tells clients to close, and accepts nothing more', async () => {
    let held: Exchange | undefined;
    acceptor = await startAcceptor((exchange) => {
      held = exchange;
    });
    const { port } = acceptor;
    const client = await RawClient.connect(port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => held !== undefined);
    const drained = acceptor.drain();
    await until(() => refusesConnections(port));
    held?.answer(200, '', 'last');
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 200, body: 'last' });
    expect(answer.headers.connection).toBe('close');
    await drained;
    client.close();
  });
});

/** The value once it has not changed for a while: the only way to see that something does not happen. */
async function stable(read: () => number): Promise<number> {
  let value = read();
  for (let quiet = 0; quiet < 10; quiet++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (read() !== value) {
      value = read();
      quiet = 0;
    }
  }
  return value;
}
