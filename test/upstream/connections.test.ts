/** Connections: how many, how long, which request gets which, and what must never be used again. */
import { describe, expect } from 'vitest';
import { STREAMED } from '../../src/upstream/upstream.js';
import { claim, http1Claim } from './support/adapters.js';
import { always, type Respond, rawServer, response } from './support/raw-server.js';
import { exchange, start, until } from './support/recording.js';

describe('connections', () => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    claim(`are kept: a hundred requests of ${method}, one after the other, use one`, async (bench) => {
      const server = await bench.server(
        rawServer((socket, { turn }) => socket.write(response(`answer ${turn}`))),
      );
      const client = bench.client();
      for (let turn = 1; turn <= 100; turn++) {
        expect((await exchange(client, server.origin, { method })).body).toBe(`answer ${turn}`);
      }
      expect(server.accepted()).toBe(1);
    });
  }

  claim(
    'are free again in onEnd already',
    async (bench) => {
      const server = await bench.server(rawServer(always(response('ok'))));
      const client = bench.client();
      for (let i = 0; i < 5; i++) await start(client, server.origin).recording.finished;
      expect(server.accepted()).toBe(1);
    },
    {
      reason: 'it gives them back a turn of the event loop later',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always(response('ok'))));
        const client = bench.client();
        for (let i = 0; i < 5; i++) await start(client, server.origin).recording.finished;
        expect(server.accepted()).toBe(2);
      },
    },
  );

  claim('are kept after every framing that has an end of its own', async (bench) => {
    const answers = [
      response('length'),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\n\r\n',
      `HTTP/1.1 103 Early Hints\r\n\r\n${response('hinted')}`,
      response(''),
    ];
    const server = await bench.server(
      rawServer((socket, { turn }) => socket.write(answers[turn - 1] ?? response(''))),
    );
    const client = bench.client();
    for (const _ of answers) expect((await exchange(client, server.origin)).ended).toBe(true);
    expect(server.accepted()).toBe(1);
  });

  claim(
    'are kept after HEAD',
    async (bench) => {
      const server = await bench.server(rawServer(always('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')));
      const client = bench.client();
      for (let i = 0; i < 5; i++)
        expect((await exchange(client, server.origin, { method: 'HEAD' })).ended).toBe(true);
      expect(server.accepted()).toBe(1);
    },
    {
      reason: 'it closes after every HEAD, in case a body follows',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')));
        const client = bench.client();
        for (let i = 0; i < 5; i++)
          expect((await exchange(client, server.origin, { method: 'HEAD' })).ended).toBe(true);
        expect(server.accepted()).toBe(5);
      },
    },
  );

  claim('are shared by equal origins, not by different ones', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    await exchange(client, { ...server.origin, host: 'localhost' });
    await exchange(client, { ...server.origin, host: 'LOCALHOST' });
    expect(server.accepted()).toBe(1);
    await exchange(client, server.origin);
    expect(server.accepted()).toBe(2);
  });

  claim('are as many as requests under way, up to the limit; the others wait their turn', async (bench) => {
    const held: (() => void)[] = [];
    const server = await bench.server(
      rawServer((socket, { head }) => held.push(() => socket.write(response(head.slice(5, 6))))),
    );
    const client = bench.client({ connections: 3 });
    const finished: string[] = [];
    const all = Array.from({ length: 7 }, (_, i) => {
      const { recording } = start(client, server.origin, { target: `/${i}` });
      return recording.finished.then(() => finished.push(recording.body));
    });
    await until(() => held.length === 3);
    expect(client.stats()).toEqual({ connections: 3, active: 3, pending: 4 });
    while (finished.length < 7) {
      await until(() => held.length > 0 || finished.length === 7);
      held.shift()?.();
    }
    await Promise.all(all);
    expect(server.accepted()).toBe(3);
    expect(finished).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    expect(client.stats()).toMatchObject({ active: 0, pending: 0 });
  });

  claim('are not waited for by more requests than allowed', async (bench) => {
    const server = await bench.server(rawServer((socket) => socket.write(response('ok'))));
    const client = bench.client({ connections: 1, maxPending: 2 });
    const sent = [1, 2, 3, 4].map(() => start(client, server.origin).recording);
    await Promise.all(sent.map(({ finished }) => finished));
    expect(sent.map(({ error }) => error?.kind)).toEqual([undefined, undefined, undefined, 'overload']);
    expect(sent.flatMap(({ misplaced }) => misplaced)).toEqual([]);
    expect((await exchange(client, server.origin)).ended).toBe(true);
  });

  claim('that could not be opened leave room for others', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    await server.close();
    const client = bench.client({ connections: 2, maxPending: 10 });
    const sent = Array.from({ length: 8 }, () => start(client, server.origin).recording);
    await Promise.all(sent.map(({ finished }) => finished));
    expect(new Set(sent.map(({ error }) => error?.kind))).toEqual(new Set(['network']));
    expect(client.stats()).toMatchObject({ active: 0, pending: 0 });
  });

  for (const fields of [
    'Connection: close\r\n',
    'connection: Foo , CLOSE\r\n',
    'Connection: keep-alive\r\nConnection: close\r\n',
  ]) {
    claim(`are closed after ${JSON.stringify(fields)}`, async (bench) => {
      const server = await bench.server(rawServer(always(response('ok', fields))));
      const client = bench.client();
      expect((await exchange(client, server.origin)).body).toBe('ok');
      await until(() => server.open() === 0);
      expect((await exchange(client, server.origin)).body).toBe('ok');
      expect(server.accepted()).toBe(2);
    });
  }

  claim('of HTTP/1.0 are closed unless the peer says otherwise', async (bench) => {
    const old = (fields: string) => always(`HTTP/1.0 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`);
    for (const [fields, accepted] of [
      ['', 2],
      ['Connection: Keep-Alive\r\n', 1],
    ] as const) {
      const server = await bench.server(rawServer(old(fields)));
      const client = bench.client();
      expect((await exchange(client, server.origin)).body).toBe('ok');
      expect((await exchange(client, server.origin)).body).toBe('ok');
      expect(server.accepted()).toBe(accepted);
    }
  });

  claim('that are idle are closed after keepAliveMs', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client({ keepAliveMs: 60 });
    await exchange(client, server.origin);
    await until(() => server.open() === 0);
    expect(client.stats().connections).toBe(0);
    expect((await exchange(client, server.origin)).body).toBe('ok');
  });

  claim('are not kept up to the moment at which the peer says it closes them', async (bench) => {
    const server = await bench.server(
      rawServer(always(response('ok', 'Keep-Alive: timeout=1, max=100\r\n'))),
    );
    const client = bench.client();
    await exchange(client, server.origin);
    await until(() => server.open() === 0);
    expect((await exchange(client, server.origin)).body).toBe('ok');
  });

  claim('are used until then, however short that is', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok', 'Keep-Alive: timeout=1\r\n'))));
    const client = bench.client();
    for (let i = 0; i < 10; i++) expect((await exchange(client, server.origin)).body).toBe('ok');
    expect(server.accepted()).toBe(1);
  });

  claim('closed by the peer while idle are replaced unnoticed, for POST too', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    for (let turn = 1; turn <= 5; turn++) {
      expect((await exchange(client, server.origin, { method: 'POST', body: 'x' })).body).toBe('ok');
      server.sockets.at(-1)?.end();
      await until(() => client.stats().connections === 0);
    }
    expect(server.accepted()).toBe(5);
  });
});

describe('a connection is never used again', () => {
  const second = response('smuggled', 'X-Smuggled: yes\r\n');

  const afterwards: [string, string, string][] = [
    ['after a second response in the same bytes', response('first') + second, 'first'],
    ['after bytes behind the body', `${response('first')}x`, 'first'],
    [
      'after bytes behind the last chunk',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n${second}`,
      'first',
    ],
    ['after a body that 204 does not have', `HTTP/1.1 204 No Content\r\n\r\n${second}`, ''],
    ['after a body that 304 does not have', `HTTP/1.1 304 Not Modified\r\n\r\n${second}`, ''],
  ];
  for (const [what, bytes, body] of afterwards) {
    claim(what, async (bench) => {
      const server = await bench.server(
        rawServer((socket, { connection }) => socket.write(connection === 1 ? bytes : response('second'))),
      );
      const client = bench.client();
      expect((await exchange(client, server.origin)).body).toBe(body);
      expect(await exchange(client, server.origin)).toMatchObject({ body: 'second', ended: true });
      expect(server.accepted()).toBe(2);
    });
  }

  const lineBreak: Respond = (socket, { turn, connection }) => {
    socket.write(turn === 1 ? `${response(`on ${connection}`)}\r\n` : response('again'));
  };
  claim(
    'after a line break behind the body',
    async (bench) => {
      const server = await bench.server(rawServer(lineBreak));
      const client = bench.client();
      expect((await exchange(client, server.origin)).body).toBe('on 1');
      expect((await exchange(client, server.origin)).body).toBe('on 2');
    },
    {
      reason: 'its parser skips line breaks between responses',
      instead: async (bench) => {
        const server = await bench.server(rawServer(lineBreak));
        const client = bench.client();
        expect((await exchange(client, server.origin)).body).toBe('on 1');
        expect((await exchange(client, server.origin)).body).toBe('again');
      },
    },
  );

  claim('after a response to HEAD that carries a body, however late it comes', async (bench) => {
    const respond: Respond = (socket, { head, connection }) => {
      if (!head.startsWith('HEAD')) socket.write(response(`second on ${connection}`));
      else {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${second.length}\r\n\r\n`);
        setImmediate(() => socket.write(second));
      }
    };
    const server = await bench.server(rawServer(respond));
    const client = bench.client();
    expect((await exchange(client, server.origin, { method: 'HEAD' })).ended).toBe(true);
    await until(() => server.open() === 0);
    expect((await exchange(client, server.origin)).body).toBe('second on 2');
  });

  claim('after bytes that came while it was idle', async (bench) => {
    const server = await bench.server(
      rawServer((socket, { connection }) => socket.write(response(`on ${connection}`))),
    );
    const client = bench.client();
    await exchange(client, server.origin);
    server.sockets[0]?.write(second);
    await until(() => server.open() === 0);
    expect((await exchange(client, server.origin)).body).toBe('on 2');
  });

  claim('after bytes that are there, unread, when the next request is made', async (bench) => {
    const server = await bench.server(
      rawServer((socket, { connection }) => socket.write(response(`on ${connection}`))),
    );
    const client = bench.client();
    await exchange(client, server.origin);
    const socket = server.sockets[0];
    if (socket === undefined) throw new Error('No connection.');
    await new Promise<void>((resolve) => socket.write(second, () => resolve()));
    // The bytes are in the client's socket by now; this turn of the loop has not read them.
    const { recording } = start(client, server.origin, { method: 'POST', body: 'x' });
    await recording.finished;
    expect(recording.body).toBe('on 2');
  });

  http1Claim('after an answer to a body that was not sent to its end', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    const body = Buffer.alloc(50_000_000);
    const { recording } = start(client, server.origin, { method: 'POST', body });
    await until(() => server.received().length > 0);
    server.sockets[0]?.pause();
    server.sockets[0]?.write(response('enough'));
    await recording.finished;
    expect(recording).toMatchObject({ body: 'enough', ended: true });
    expect((await exchange(client, server.origin)).body).toBe('ok');
    expect(server.accepted()).toBe(2);
  });

  claim('after a farewell like 408 while it was idle', async (bench) => {
    const farewell = response('', 'Connection: close\r\n', '408 Request Timeout');
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    await exchange(client, server.origin);
    server.sockets[0]?.end(farewell);
    await until(() => server.open() === 0);
    expect((await exchange(client, server.origin)).status).toBe(200);
  });

  claim('after a refused response', async (bench) => {
    const server = await bench.server(
      rawServer((socket, { connection }) =>
        socket.write(connection === 1 ? 'HTTP/1.1 200 OK\r\nX : y\r\n\r\n' : response('ok')),
      ),
    );
    const client = bench.client();
    expect((await exchange(client, server.origin)).error?.kind).toBe('protocol');
    expect((await exchange(client, server.origin)).body).toBe('ok');
    await until(() => server.open() === 1);
  });
});

describe('a request on a kept connection that the peer closes without a byte of an answer', () => {
  /** Answers the first request of each connection, closes at the second; the third connection closes at once. */
  const closing: Respond = (socket, { turn, connection }) => {
    if (turn === 1 && connection < 3) socket.write(response(`on ${connection}`));
    else socket.destroy();
  };

  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    claim(`is sent once more if it is ${method}`, async (bench) => {
      const server = await bench.server(rawServer(closing));
      const client = bench.client();
      expect((await exchange(client, server.origin)).body).toBe('on 1');
      const recording = await exchange(client, server.origin, { method });
      expect(recording).toMatchObject({ status: 200, ended: true, misplaced: [] });
      expect(server.accepted()).toBe(2);
    });
  }

  for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
    claim(`fails if it is ${method}`, async (bench) => {
      const server = await bench.server(rawServer(closing));
      const client = bench.client();
      await exchange(client, server.origin);
      expect((await exchange(client, server.origin, { method, body: 'text' })).error?.kind).toBe('network');
      expect(server.requests).toHaveLength(2);
    });
  }

  claim('fails if its body was streamed', async (bench) => {
    const server = await bench.server(rawServer(closing));
    const client = bench.client();
    await exchange(client, server.origin);
    const { call, recording } = start(client, server.origin, {
      method: 'PUT',
      body: STREAMED,
      bodyLength: 4,
    });
    call.write(Buffer.from('text'));
    call.end();
    await recording.finished;
    expect(recording.error?.kind).toBe('network');
    expect(server.requests).toHaveLength(2);
  });

  claim('is not sent a third time', async (bench) => {
    const server = await bench.server(
      rawServer((socket, { turn, connection }) => {
        if (turn === 1 && connection === 1) socket.write(response('ok'));
        else socket.destroy();
      }),
    );
    const client = bench.client();
    await exchange(client, server.origin);
    expect((await exchange(client, server.origin)).error?.kind).toBe('network');
    expect(server.requests).toHaveLength(3);
  });

  claim(
    'goes to a new connection, not to another kept one',
    async (bench) => {
      const held: (() => void)[] = [];
      const server = await bench.server(
        rawServer((socket, { turn, connection }) => {
          if (turn > 1) socket.destroy();
          else if (connection <= 3) held.push(() => socket.write(response('kept')));
          else socket.write(response('new'));
        }),
      );
      const client = bench.client();
      const first = [1, 2, 3].map(() => start(client, server.origin).recording.finished);
      await until(() => held.length === 3);
      for (const answer of held) answer();
      await Promise.all(first);
      expect((await exchange(client, server.origin)).body).toBe('new');
      expect(server.requests).toHaveLength(5);
    },
    {
      reason: 'it sends to any connection of its pool',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always(response('ok'))));
        expect((await exchange(bench.client(), server.origin)).body).toBe('ok');
      },
    },
  );

  claim(
    'fails if bytes of an answer had come',
    async (bench) => {
      const server = await bench.server(
        rawServer((socket, { turn }) => {
          if (turn === 1) socket.write(response('ok'));
          else socket.end('HTTP/1.1 2');
        }),
      );
      const client = bench.client();
      await exchange(client, server.origin);
      expect((await exchange(client, server.origin)).error?.kind).toBe('network');
      expect(server.requests).toHaveLength(2);
    },
    {
      reason: 'it does not tell whether bytes had come, and repeating is harmless all the same',
      instead: async (bench) => {
        const server = await bench.server(
          rawServer((socket, { turn }) => {
            if (turn === 1) socket.write(response('ok'));
            else socket.end('HTTP/1.1 2');
          }),
        );
        const client = bench.client();
        await exchange(client, server.origin);
        expect((await exchange(client, server.origin)).body).toBe('ok');
      },
    },
  );

  claim('fails on a connection that was never used before', async (bench) => {
    const server = await bench.server(rawServer((socket) => socket.destroy()));
    expect((await exchange(bench.client(), server.origin)).error?.kind).toBe('network');
    expect(server.requests).toHaveLength(1);
  });
});

describe('closing a client', () => {
  claim('ends idle connections and lets exchanges finish', async (bench) => {
    const held: (() => void)[] = [];
    const server = await bench.server(
      rawServer((socket, { head }) => {
        if (head.startsWith('GET /slow')) held.push(() => socket.write(response('slow')));
        else socket.write(response('fast'));
      }),
    );
    const client = bench.client();
    const slow = start(client, server.origin, { target: '/slow' }).recording;
    await until(() => held.length === 1);
    await exchange(client, server.origin);
    let closed = false;
    const closing = client.close().then(() => {
      closed = true;
    });
    await until(() => server.open() === 1);
    expect(closed).toBe(false);
    held[0]?.();
    await slow.finished;
    expect(slow).toMatchObject({ body: 'slow', ended: true });
    await closing;
    await until(() => server.open() === 0);
    expect(client.stats()).toEqual({ connections: 0, active: 0, pending: 0 });
  });

  claim('makes later requests fail', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    await client.close();
    expect(await exchange(client, server.origin)).toMatchObject({
      error: { kind: 'network' },
      misplaced: [],
    });
  });

  claim('can be done twice', async (bench) => {
    const client = bench.client();
    await Promise.all([client.close(), client.close()]);
    await client.close();
  });
});
