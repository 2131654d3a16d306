/** Responses: how they are framed, and which are refused. */
import { describe, expect } from 'vitest';
import { type Bench, type Claim, claim } from './support/adapters.js';
import { always, rawServer, response } from './support/raw-server.js';
import { exchange, type Recording } from './support/recording.js';
import { CHUNKED, OK, REFUSALS } from './support/refusals.js';

/** What comes of one response; the server closes behind it when told so. */
async function outcome(bench: Bench, bytes: string, close = false, method = 'GET'): Promise<Recording> {
  const server = await bench.server(
    rawServer((socket) => {
      if (close) socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
    }),
  );
  const recording = await exchange(bench.client(), server.origin, { method, timeoutMs: 2_000 });
  expect(recording.misplaced).toEqual([]);
  return recording;
}

describe('a response', () => {
  claim('with Content-Length arrives with its status, fields as sent, and body', async (bench) => {
    const fields = 'Content-Type: text/plain\r\nX-b: 1\r\nx-A: 2\r\nX-b: 3\r\nSet-Cookie: a=b; c\r\n';
    const recording = await outcome(bench, `HTTP/1.1 418 Teapot\r\n${fields}Content-Length: 5\r\n\r\nhello`);
    expect(recording.status).toBe(418);
    expect(recording.headers).toBe(`${fields}Content-Length: 5\r\n`);
    expect(recording.contentLength).toBe(5);
    expect(recording.body).toBe('hello');
    expect(recording.ended).toBe(true);
  });

  claim('keeps bytes above 0x7f in fields as latin1 characters', async (bench) => {
    const recording = await outcome(bench, response('', 'X-Name: caf\xe9\r\n'));
    expect(recording.headers).toContain('X-Name: caf\xe9\r\n');
  });

  claim('keeps all 256 byte values of a body', async (bench) => {
    const bytes = String.fromCharCode(...Array(256).keys());
    expect((await outcome(bench, response(bytes))).body).toBe(bytes);
  });

  claim('without body ends at its head', async (bench) => {
    const recording = await outcome(bench, response(''));
    expect(recording).toMatchObject({ status: 200, contentLength: 0, bytes: 0, ended: true });
  });

  claim('may come without a reason phrase', async (bench) => {
    expect((await outcome(bench, 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi')).body).toBe('hi');
  });

  claim('may come without the space before the reason phrase', async (bench) => {
    expect((await outcome(bench, 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi')).body).toBe('hi');
  });

  claim('in chunks arrives without framing, its length unknown', async (bench) => {
    const body = '5\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\n\r\n';
    const recording = await outcome(bench, `${OK}Transfer-Encoding: chunked\r\n\r\n${body}`);
    expect(recording).toMatchObject({ contentLength: -1, body: 'hello 0123456789', ended: true });
  });

  claim('names its transfer coding in any case', async (bench) => {
    const recording = await outcome(bench, `${OK}TRANSFER-encoding: \t CHUNKED \r\n\r\n2\r\nhi\r\n0\r\n\r\n`);
    expect(recording.body).toBe('hi');
  });

  claim('may carry chunk extensions, which are dropped', async (bench) => {
    const body = '5;name=value\r\nhello\r\n0;last\r\n\r\n';
    expect((await outcome(bench, `${OK}Transfer-Encoding: chunked\r\n\r\n${body}`)).body).toBe('hello');
  });

  claim('may carry trailers, which are dropped', async (bench) => {
    const body = '5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n';
    const recording = await outcome(bench, `${OK}Transfer-Encoding: chunked\r\n\r\n${body}`);
    expect(recording).toMatchObject({ body: 'hello', ended: true });
  });

  claim('without length ends where the connection does', async (bench) => {
    const recording = await outcome(bench, `${OK}X: y\r\n\r\nto the end`, true);
    expect(recording).toMatchObject({ contentLength: -1, body: 'to the end', ended: true });
  });

  claim('of HTTP/1.0 is understood', async (bench) => {
    const recording = await outcome(bench, 'HTTP/1.0 200 OK\r\n\r\nold', true);
    expect(recording).toMatchObject({ status: 200, body: 'old', ended: true });
  });

  claim('to HEAD has no body, whatever length it names', async (bench) => {
    const recording = await outcome(bench, `${OK}Content-Length: 500\r\n\r\n`, false, 'HEAD');
    expect(recording).toMatchObject({ contentLength: 0, bytes: 0, ended: true });
    expect(recording.headers).toContain('Content-Length: 500');
  });

  for (const status of ['204 No Content', '304 Not Modified']) {
    claim(`with status ${status} has no body`, async (bench) => {
      const recording = await outcome(bench, `HTTP/1.1 ${status}\r\nETag: "a"\r\n\r\n`);
      expect(recording).toMatchObject({ contentLength: 0, bytes: 0, ended: true });
    });
  }

  claim(
    'with status 304 may name the length of the body it does not carry',
    async (bench) => {
      const recording = await outcome(bench, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n');
      expect(recording).toMatchObject({ contentLength: 0, bytes: 0, ended: true });
    },
    {
      reason: 'it misses the bytes and reports a length mismatch after the head',
      instead: async (bench) => {
        const recording = await outcome(bench, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n');
        expect(recording.status).toBe(304);
        expect(recording.error?.kind).toBe('network');
      },
    },
  );

  claim('follows informational responses, of which nothing is seen', async (bench) => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n';
    const recording = await outcome(bench, hints + response('final'));
    expect(recording).toMatchObject({ status: 200, body: 'final', ended: true });
    expect(recording.headers).not.toContain('Link');
  });

  claim(
    'follows 100 Continue although nobody waited for it',
    async (bench) => {
      const recording = await outcome(bench, `HTTP/1.1 100 Continue\r\n\r\n${response('final')}`);
      expect(recording).toMatchObject({ status: 200, body: 'final', ended: true });
    },
    {
      reason: 'undici takes an unexpected 100 for a bad response',
      instead: async (bench) => {
        const recording = await outcome(bench, `HTTP/1.1 100 Continue\r\n\r\n${response('final')}`);
        expect(recording.error?.kind).toBe('protocol');
      },
    },
  );

  claim('of several megabytes arrives whole, in whatever framing', async (bench) => {
    const part = Buffer.alloc(100_000, 'x').toString('latin1');
    const chunk = `${part.length.toString(16)}\r\n${part}\r\n`;
    const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(30)}0\r\n\r\n`;
    expect((await outcome(bench, chunked)).bytes).toBe(3_000_000);
    expect((await outcome(bench, response(part.repeat(30)))).bytes).toBe(3_000_000);
    expect((await outcome(bench, `${OK}\r\n${part.repeat(30)}`, true)).bytes).toBe(3_000_000);
  });

  claim(
    'with the same Content-Length twice is accepted',
    async (bench) => {
      const recording = await outcome(bench, `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`);
      expect(recording.body).toBe('hi');
    },
    {
      reason: 'its parser refuses every repetition, which is reported as a length mismatch',
      instead: async (bench) => {
        const recording = await outcome(bench, `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`);
        expect(recording.error?.kind).toBe('network');
      },
    },
  );
});

describe('a response is refused that has', () => {
  for (const { what, bytes, undici } of REFUSALS) {
    const refused: Claim = async (bench) => {
      const recording = await outcome(bench, bytes);
      expect(recording.ended).toBe(false);
      expect(recording.error?.kind).toBe('protocol');
    };
    if (undici === undefined) {
      claim(what, refused);
      continue;
    }
    const { reason, kind, body } = undici;
    claim(what, refused, {
      reason,
      instead: async (bench) => {
        const recording = await outcome(bench, bytes, true);
        if (kind !== undefined) expect(recording.error?.kind).toBe(kind);
        else expect(recording).toMatchObject({ ended: true, body });
      },
    });
  }
});

describe('a response cut short', () => {
  const cuts: [string, string][] = [
    ['before its first byte', ''],
    ['in its status line', 'HTTP/1.1 20'],
    ['in its fields', `${OK}Content-Le`],
    ['in its body', `${OK}Content-Length: 10\r\n\r\nhalf`],
    ['in a chunk', `${CHUNKED}5\r\nhel`],
    ['between chunks', `${CHUNKED}5\r\nhello\r\n`],
    ['in its trailers', `${CHUNKED}5\r\nhello\r\n0\r\nX: y\r\n`],
    ['after an informational response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ];
  for (const [where, bytes] of cuts) {
    claim(`${where} is a network error, never an end`, async (bench) => {
      const recording = await outcome(bench, bytes, true, 'POST');
      expect(recording.ended).toBe(false);
      expect(recording.error?.kind).toBe('network');
    });
  }
});

describe('a head', () => {
  claim(
    'of exactly the limit passes, one byte more does not',
    async (bench) => {
      const limit = 4_096;
      const bare = response('', 'X: \r\n').length;
      for (const [length, kind] of [
        [limit, undefined],
        [limit + 1, 'protocol'],
      ] as const) {
        const server = await bench.server(
          rawServer(always(response('', `X: ${'a'.repeat(length - bare)}\r\n`))),
        );
        const recording = await exchange(bench.client({ maxHeadBytes: limit }), server.origin);
        expect(recording.error?.kind).toBe(kind);
      }
    },
    {
      reason: 'it counts names and values without the bytes between them',
      instead: async (bench) => {
        const server = await bench.server(rawServer(always(response('', `X: ${'a'.repeat(5_000)}\r\n`))));
        const recording = await exchange(bench.client({ maxHeadBytes: 4_096 }), server.origin);
        expect(recording.error?.kind).toBe('protocol');
      },
    },
  );
});
