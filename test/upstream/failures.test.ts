/** Errors, time limits, cancellation, and handlers that throw. */
import { describe, expect } from 'vitest';
import type { Origin, UpstreamError } from '../../src/upstream/upstream.js';
import { STREAMED } from '../../src/upstream/upstream.js';
import { claim } from './support/adapters.js';
import { always, rawServer, response } from './support/raw-server.js';
import { exchange, Recording, start, startWith, until } from './support/recording.js';

const STALL = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf';

describe('a request fails with `address`', () => {
  const wrong: [string, Partial<Origin>][] = [
    ['on port 0', { port: 0 }],
    ['on a port above 65535', { port: 65_536 }],
    ['on a port that is no number', { port: Number.NaN }],
    ['on an empty host', { host: '' }],
    ['on a host with a space', { host: 'a b' }],
    ['on a host with a line break', { host: 'a\r\nb' }],
    // Longer than a label may be: refused by the resolver without asking anybody.
    ['on a name that cannot be resolved', { host: `${'a'.repeat(64)}.test` }],
  ];
  for (const [what, part] of wrong) {
    claim(what, async (bench) => {
      const recording = await exchange(bench.client(), {
        scheme: 'http',
        host: '127.0.0.1',
        port: 80,
        ...part,
      });
      expect(recording).toMatchObject({ error: { kind: 'address' }, misplaced: [] });
    });
  }
});

describe('a request fails with `network`', () => {
  claim('when the connection is refused', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    await server.close();
    const recording = await exchange(bench.client(), server.origin);
    expect(recording).toMatchObject({ error: { kind: 'network' }, misplaced: [] });
    expect(recording.error?.message).toContain(`127.0.0.1:${server.port}`);
  });

  claim('when the connection is reset before the answer', async (bench) => {
    const server = await bench.server(rawServer((socket) => socket.resetAndDestroy()));
    expect((await exchange(bench.client(), server.origin)).error?.kind).toBe('network');
  });

  claim('when the connection is reset in the middle of the answer', async (bench) => {
    const server = await bench.server(rawServer((socket) => socket.write(STALL)));
    const { recording } = start(bench.client(), server.origin);
    await until(() => recording.body === 'half');
    server.sockets[0]?.resetAndDestroy();
    await recording.finished;
    expect(recording).toMatchObject({ status: 200, ended: false, error: { kind: 'network' }, misplaced: [] });
  });

  claim(
    'when a response without length is reset rather than closed',
    async (bench) => {
      const server = await bench.server(rawServer(always('HTTP/1.1 200 OK\r\n\r\nto the')));
      const { recording } = start(bench.client(), server.origin);
      await until(() => recording.body === 'to the');
      server.sockets[0]?.resetAndDestroy();
      await recording.finished;
      expect(recording).toMatchObject({ ended: false, error: { kind: 'network' } });
    },
    {
      reason: 'it takes the reset for the end',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always('HTTP/1.1 200 OK\r\n\r\nto the')));
        const { recording } = start(bench.client(), server.origin);
        await until(() => recording.body === 'to the');
        server.sockets[0]?.resetAndDestroy();
        await recording.finished;
        expect(recording).toMatchObject({ body: 'to the', ended: true });
      },
    },
  );

  claim('when connecting takes longer than connectTimeoutMs', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    const client = bench.client({ connectTimeoutMs: 50 });
    const recording = await exchange(client, { ...server.origin, scheme: 'https' });
    expect(recording).toMatchObject({ error: { kind: 'network' }, misplaced: [] });
  });
});

describe('a request fails with `timeout`', () => {
  claim('without an answer in timeoutMs, neither long before nor long after', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    const began = performance.now();
    const recording = await exchange(bench.client(), server.origin, { timeoutMs: 100 });
    const took = performance.now() - began;
    expect(recording).toMatchObject({ error: { kind: 'timeout' }, misplaced: [] });
    expect(took).toBeGreaterThanOrEqual(100);
    expect(took).toBeLessThan(5_000);
  });

  claim('and its connection is closed', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    await exchange(bench.client(), server.origin, { timeoutMs: 20 });
    await until(() => server.sockets[0]?.destroyed === true);
  });

  claim('when the head has come but the body has not', async (bench) => {
    const server = await bench.server(rawServer(always(STALL)));
    const recording = await exchange(bench.client(), server.origin, { timeoutMs: 50 });
    expect(recording).toMatchObject({ status: 200, body: 'half', ended: false, error: { kind: 'timeout' } });
  });

  claim('when it is a head that comes byte by byte', async (bench) => {
    const server = await bench.server(
      rawServer((socket) => {
        const timer = setInterval(() => socket.write('H'), 5);
        socket.on('close', () => clearInterval(timer));
        socket.write('HTTP/1.1 200 OK\r\nX: ');
      }),
    );
    const recording = await exchange(bench.client(), server.origin, { timeoutMs: 50 });
    expect(recording.error?.kind).toBe('timeout');
  });

  claim('while it waits for a connection', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    const client = bench.client({ connections: 1 });
    const first = start(client, server.origin).recording;
    await until(() => server.requests.length === 1);
    const second = await exchange(client, server.origin, { timeoutMs: 50 });
    expect(second).toMatchObject({ error: { kind: 'timeout' }, misplaced: [] });
    expect(first.error).toBe(null);
    expect(server.requests).toHaveLength(1);
  });

  claim('while it connects', async (bench) => {
    const server = await bench.server(rawServer(() => {}));
    const origin = { ...server.origin, scheme: 'https' } as const;
    const recording = await exchange(bench.client(), origin, { timeoutMs: 50 });
    expect(recording).toMatchObject({ error: { kind: 'timeout' }, misplaced: [] });
  });

  claim('counted from the last part of a streamed body', async (bench) => {
    const server = await bench.server(
      rawServer((socket, { body }) => {
        if (body.length === 12) socket.write(response('ok'));
      }),
    );
    const stream = { method: 'POST', body: STREAMED, bodyLength: 12, timeoutMs: 600 } as const;
    const slow = start(bench.client(), server.origin, stream);
    // Three times the time-out in all, a quarter of it between two parts.
    for (let part = 0; part < 12; part++) {
      slow.call.write(Buffer.from('x'));
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    slow.call.end();
    await slow.recording.finished;
    expect(slow.recording).toMatchObject({ status: 200, body: 'ok', error: null });

    const stuck = start(bench.client(), server.origin, { ...stream, bodyLength: 24, timeoutMs: 50 });
    stuck.call.write(Buffer.from('x'));
    await stuck.recording.finished;
    expect(stuck.recording.error?.kind).toBe('timeout');
  });

  claim('when a streamed response stands still for idleTimeoutMs', async (bench) => {
    const server = await bench.server(rawServer(always(STALL)));
    const { call, recording } = start(bench.client({ idleTimeoutMs: 60 }), server.origin);
    await recording.headed;
    call.answered();
    await recording.finished;
    expect(recording).toMatchObject({ status: 200, body: 'half', error: { kind: 'timeout' } });
  });

  claim('when its reader has paused it for idleTimeoutMs', async (bench) => {
    const server = await bench.server(rawServer(always(STALL)));
    const { call, recording } = start(bench.client({ idleTimeoutMs: 60 }), server.origin);
    await recording.headed;
    call.answered();
    call.pause();
    await recording.finished;
    expect(recording.error?.kind).toBe('timeout');
  });
});

describe('a response that is being streamed', () => {
  claim('may take longer than timeoutMs as long as it moves', async (bench) => {
    const server = await bench.server(
      rawServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n');
        let left = 30;
        const timer = setInterval(() => {
          socket.write('.');
          if (--left === 0) clearInterval(timer);
        }, 20);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const { call, recording } = start(bench.client(), server.origin, { timeoutMs: 500 });
    await recording.headed;
    call.answered();
    await recording.finished;
    expect(recording).toMatchObject({ bytes: 30, ended: true, error: null });
  });
});

describe('a call that is cancelled', () => {
  claim('says nothing more and closes its connection', async (bench) => {
    for (const bytes of ['', 'HTTP/1.1 200 OK\r\nX: y', STALL]) {
      const server = await bench.server(rawServer((socket) => socket.write(bytes)));
      const client = bench.client();
      const { call, recording } = start(client, server.origin);
      await until(() => server.requests.length === 1 && (bytes !== STALL || recording.body === 'half'));
      call.cancel();
      await until(() => server.sockets[0]?.destroyed === true);
      expect(recording).toMatchObject({ ended: false, error: null });
      expect(client.stats()).toMatchObject({ active: 0, pending: 0 });
    }
  });

  claim('before it was sent is never sent', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    const { call, recording } = start(client, server.origin, { target: '/never' });
    call.cancel();
    expect((await exchange(client, server.origin)).body).toBe('ok');
    expect(server.received()).not.toContain('/never');
    expect(recording).toMatchObject({ status: 0, error: null });
  });

  claim(
    'before it was sent leaves a kept connection alone',
    async (bench) => {
      const server = await bench.server(rawServer(always(response('ok'))));
      const client = bench.client();
      await exchange(client, server.origin);
      const { call } = start(client, server.origin, { target: '/never' });
      call.cancel();
      expect((await exchange(client, server.origin)).body).toBe('ok');
      expect(server.received()).not.toContain('/never');
      expect(server.accepted()).toBe(1);
    },
    {
      reason: 'it closes the connection on every cancellation',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always(response('ok'))));
        const client = bench.client();
        await exchange(client, server.origin);
        const { call } = start(client, server.origin, { target: '/never' });
        call.cancel();
        expect((await exchange(client, server.origin)).body).toBe('ok');
        expect(server.received()).not.toContain('/never');
      },
    },
  );

  claim('while waiting leaves its place to the next', async (bench) => {
    const held: (() => void)[] = [];
    const server = await bench.server(
      rawServer((socket, { head }) => held.push(() => socket.write(response(head.slice(5, 6))))),
    );
    const client = bench.client({ connections: 1, maxPending: 2 });
    const sent = [0, 1, 2].map((i) => start(client, server.origin, { target: `/${i}` }));
    await until(() => held.length === 1);
    sent[1]?.call.cancel();
    const last = start(client, server.origin, { target: '/3' });
    for (let turn = 0; turn < 3; turn++) {
      await until(() => held.length > 0);
      held.shift()?.();
    }
    await last.recording.finished;
    expect(sent.map(({ recording }) => recording.body)).toEqual(['0', '', '2']);
    expect(last.recording.body).toBe('3');
    expect(sent[1]?.recording).toMatchObject({ status: 0, error: null });
  });

  claim('after its end changes nothing', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const client = bench.client();
    const { call, recording } = start(client, server.origin);
    await recording.finished;
    call.cancel();
    call.pause();
    call.resume();
    call.answered();
    expect(call.write(Buffer.from('x'))).toBe(true);
    call.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await exchange(client, server.origin)).body).toBe('ok');
    expect(server.accepted()).toBe(1);
  });

  claim('inside onHead closes the connection of an answer that has not ended', async (bench) => {
    const server = await bench.server(
      rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbeginning')),
    );
    class Leaver extends Recording {
      leave: () => void = () => {};
      override onHead(...head: Parameters<Recording['onHead']>): void {
        super.onHead(...head);
        this.leave();
      }
    }
    const { call, recording } = startWith(bench.client(), server.origin, {}, new Leaver());
    recording.leave = () => call.cancel();
    await recording.headed;
    // undici opens another one at once, for nobody.
    await until(() => server.sockets[0]?.destroyed === true);
    expect(recording).toMatchObject({ bytes: 0, ended: false, error: null });
  });

  claim('inside a callback says nothing more', async (bench) => {
    class Canceller extends Recording {
      cancel: () => void = () => {};
      override onHead(status: number, headers: string, contentLength: number): void {
        super.onHead(status, headers, contentLength);
        this.cancel();
      }
    }
    const server = await bench.server(rawServer(always(response('body'))));
    const recording = new Canceller();
    const { call } = startWith(bench.client(), server.origin, {}, recording);
    recording.cancel = () => call.cancel();
    await recording.headed;
    await until(() => server.sockets[0]?.destroyed === true);
    expect(recording).toMatchObject({ status: 200, bytes: 0, ended: false, error: null });
  });

  claim('after an error is under way says nothing more', async (bench) => {
    const client = bench.client();
    const { call, recording } = start(client, { scheme: 'http', host: '127.0.0.1', port: 0 });
    call.cancel();
    await new Promise((resolve) => setImmediate(resolve));
    expect(recording.error).toBe(null);
  });
});

class Thrower extends Recording {
  constructor(readonly at: 'onHead' | 'onData' | 'onEnd' | 'onError' | 'onDrain') {
    super();
  }
  override onHead(status: number, headers: string, contentLength: number): void {
    super.onHead(status, headers, contentLength);
    if (this.at === 'onHead') throw new Error('thrown in onHead');
  }
  override onData(chunk: Uint8Array): void {
    super.onData(chunk);
    if (this.at === 'onData') throw new Error('thrown in onData');
  }
  override onEnd(): void {
    super.onEnd();
    if (this.at === 'onEnd') throw new Error('thrown in onEnd');
  }
  override onError(error: UpstreamError): void {
    super.onError(error);
    if (this.at === 'onError') throw new Error('thrown in onError');
  }
  override onDrain(): void {
    super.onDrain();
    if (this.at === 'onDrain') throw new Error('thrown in onDrain');
  }
}

describe('a handler that throws', () => {
  for (const at of ['onHead', 'onData'] as const) {
    claim(`in ${at} hears onError, loses its connection, and harms nobody else`, async (bench) => {
      const server = await bench.server(
        rawServer((socket, { connection }) => socket.write(response(`on ${connection}`))),
      );
      const faults: unknown[] = [];
      const client = bench.client({}, { onFault: (fault) => faults.push(fault) });
      const { recording } = startWith(client, server.origin, {}, new Thrower(at));
      await recording.finished;
      expect(recording).toMatchObject({ ended: false, error: { kind: 'network' }, misplaced: [] });
      expect(faults.map(String)).toEqual([`Error: thrown in ${at}`]);
      expect((await exchange(client, server.origin)).body).toBe('on 2');
    });
  }

  claim('in onEnd has had its answer, and harms nobody else', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const faults: unknown[] = [];
    const client = bench.client({}, { onFault: (fault) => faults.push(fault) });
    const { recording } = startWith(client, server.origin, {}, new Thrower('onEnd'));
    await recording.finished;
    expect(recording).toMatchObject({ ended: true, error: null, misplaced: [] });
    expect((await exchange(client, server.origin)).body).toBe('ok');
    expect(faults.map(String)).toEqual(['Error: thrown in onEnd']);
  });

  claim('in onError harms nobody else', async (bench) => {
    const server = await bench.server(
      rawServer((socket, { turn, connection }) => {
        if (connection === 1 && turn === 1) socket.destroy();
        else socket.write(response('ok'));
      }),
    );
    const faults: unknown[] = [];
    const client = bench.client({}, { onFault: (fault) => faults.push(fault) });
    const broken = startWith(client, server.origin, {}, new Thrower('onError')).recording;
    await broken.finished;
    const late = startWith(client, { ...server.origin, port: 0 }, {}, new Thrower('onError')).recording;
    await late.finished;
    await new Promise((resolve) => setImmediate(resolve));
    expect(faults.map(String)).toEqual(['Error: thrown in onError', 'Error: thrown in onError']);
    expect((await exchange(client, server.origin)).body).toBe('ok');
  });

  claim('in onDrain hears onError', async (bench) => {
    const server = await bench.server(rawServer(always(response('ok'))));
    const faults: unknown[] = [];
    const client = bench.client({}, { onFault: (fault) => faults.push(fault) });
    const stream = { method: 'POST', body: STREAMED, bodyLength: -1 } as const;
    const { call, recording } = startWith(client, server.origin, stream, new Thrower('onDrain'));
    for (let i = 0; i < 100 && call.write(Buffer.alloc(1_000_000)); i++);
    await recording.finished;
    expect(recording).toMatchObject({ error: { kind: 'network' }, misplaced: [] });
    expect(faults).toHaveLength(1);
    expect((await exchange(client, server.origin)).body).toBe('ok');
  });

  claim('is reported as a warning of the process when nobody else listens', async (bench) => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', listen);
    const server = await bench.server(rawServer(always(response('ok'))));
    await startWith(bench.client(), server.origin, {}, new Thrower('onHead')).recording.finished;
    await until(() => warnings.length > 0);
    process.off('warning', listen);
    expect(warnings[0]?.name).toBe('UpstreamHandlerWarning');
    expect(warnings[0]?.message).toContain('thrown in onHead');
  });
});
