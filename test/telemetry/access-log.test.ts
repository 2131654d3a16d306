import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, readFileSync, readSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { now } from '../../src/exchange/clock.js';
import { type AnswerSink, Exchange, type ParsedRequest } from '../../src/exchange/exchange.js';
import type { StageRuntime } from '../../src/exchange/stage-runtime.js';
import { AccessLogWriter, accessLogFormatter } from '../../src/telemetry/access-log.js';
import { FdWriter } from '../../src/telemetry/fd-writer.js';

const stage: StageRuntime = {
  apiId: 'petstore',
  apiName: 'Pet Store',
  stageName: 'prod',
  deploymentId: 'd1',
  variables: {},
  region: 'us-east-1',
  accountId: '000000000000',
  binaryMediaTypes: [],
  counterSlot: 1,
};

const noSink: AnswerSink = {
  answer: () => {},
  begin: () => {},
  write: () => true,
  end: () => {},
  destroy: () => {},
  consumed: () => {},
};

const arrivedAt = now();

function exchange(request: Partial<ParsedRequest> = {}): Exchange {
  const made = new Exchange(
    {
      method: 'GET',
      path: '/prod/pets/7',
      query: 'token=secret',
      host: 'localhost',
      headers: 'user-agent: curl/8.5\r\naccept: */*\r\n',
      sourceIp: '192.0.2.7',
      requestId: '',
      overTls: false,
      body: null,
      bodyLength: 0,
      arrivedAt,
      ...request,
    },
    noSink,
    1,
  );
  made.stage = stage;
  made.contextPath = '/prod/pets/7';
  made.resourceTemplate = '/pets/{id}';
  made.status = 200;
  made.bytesSent = 123;
  made.integrationLatency = 10.123;
  return made;
}

const text = accessLogFormatter('text');
const json = accessLogFormatter('json');

describe('an access log line', () => {
  it('is Common Log Format with more fields behind it, as text', () => {
    const one = exchange();
    expect(text(one, arrivedAt + 12.345)).toMatch(
      new RegExp(
        `^192\\.0\\.2\\.7 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000\\] "GET /prod/pets/7 HTTP/1\\.1" ` +
          `200 123 "curl/8\\.5" ${one.requestId} petstore/prod "/pets/\\{id\\}" 12\\.3 10\\.1 -\\n$`,
      ),
    );
  });

  it('has every documented field, as JSON', () => {
    const one = exchange();
    const before = Date.now();
    const { time, ...rest } = JSON.parse(json(one, arrivedAt + 12.345)) as Record<string, unknown>;
    expect(rest).toEqual({
      requestId: one.requestId,
      apiId: 'petstore',
      stage: 'prod',
      resourcePath: '/pets/{id}',
      httpMethod: 'GET',
      path: '/prod/pets/7',
      protocol: 'HTTP/1.1',
      status: 200,
      responseLength: 123,
      sourceIp: '192.0.2.7',
      userAgent: 'curl/8.5',
      responseLatency: 12.3,
      integrationLatency: 10.1,
      errorType: null,
    });
    // The time is the request's arrival, as API Gateway's requestTime is.
    expect(Math.abs(Date.parse(String(time)) - (before - 12.345))).toBeLessThan(1_000);
  });

  it('says what is not known instead of leaving fields out', () => {
    const one = exchange({ headers: '', path: '/x' });
    one.stage = null;
    one.contextPath = '';
    one.resourceTemplate = '';
    one.status = 0;
    one.integrationLatency = -1;
    one.errorType = 'MISSING_AUTHENTICATION_TOKEN';
    expect(text(one, arrivedAt + 1)).toMatch(
      /"GET \/x HTTP\/1\.1" - 123 "-" \S+ - "-" 1 - MISSING_AUTHENTICATION_TOKEN\n$/,
    );
    expect(JSON.parse(json(one, arrivedAt + 1))).toMatchObject({
      apiId: null,
      stage: null,
      resourcePath: null,
      status: null,
      userAgent: null,
      integrationLatency: null,
      path: '/x',
      errorType: 'MISSING_AUTHENTICATION_TOKEN',
    });
  });

  it('never holds the query', () => {
    expect(text(exchange(), arrivedAt)).not.toContain('secret');
    expect(json(exchange(), arrivedAt)).not.toContain('secret');
  });

  it('is one line of printable ASCII that gives back what the client sent, whatever that was', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) =>
      Buffer.from(array)
        .toString('latin1')
        .replace(/[\r\n]/g, ''),
    );
    fc.assert(
      fc.property(bytes, bytes, bytes, (path, agent, method) => {
        const one = exchange({ method, path, headers: `user-agent: ${agent}\r\n` });
        one.contextPath = path;
        for (const line of [text(one, arrivedAt), json(one, arrivedAt)]) {
          expect(line).toMatch(/^[\x20-\x7e]+\n$/);
        }
        const parsed = JSON.parse(json(one, arrivedAt)) as Record<string, unknown>;
        expect(parsed.path).toBe(path);
        expect(parsed.httpMethod).toBe(method);
        expect(parsed.userAgent).toBe(agent.replace(/^[ \t]+|[ \t]+$/g, ''));
        // Quoted fields end at the first quote without a backslash before it: nothing can forge another field.
        expect(text(one, arrivedAt).match(/"(?:[^"\\]|\\.)*"/g)).toHaveLength(3);
      }),
      {
        examples: [
          ['/a"\n200', 'x" 200 "y\\', 'GET'],
          ['/é\x9b31m', '\u0000', 'G\x7f'],
        ],
      },
    );
  });
});

describe('the access log', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'propylon-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('appends batches to its file in order', async () => {
    const file = join(folder, 'access.log');
    const first = new AccessLogWriter(file);
    for (let i = 0; i < 1_000; i++) first.write(`line ${i}\n`, 1);
    await first.close();
    const second = new AccessLogWriter(file);
    second.write('last a\nlast b\n', 2);
    await second.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toEqual([...Array.from({ length: 1_000 }, (_, i) => `line ${i}`), 'last a', 'last b']);
    expect(first.dropped + second.dropped).toBe(0);
  });

  it('opens its file again on SIGHUP, losing nothing', async () => {
    const file = join(folder, 'access.log');
    const writer = new AccessLogWriter(file);
    writer.write('before\n', 1);
    renameSync(file, `${file}.1`);
    process.emit('SIGHUP');
    writer.write('after\n', 1);
    await writer.close();
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('before\n');
    expect(readFileSync(file, 'utf8')).toBe('after\n');
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });

  it('refuses a file it cannot open in one sentence', () => {
    expect(() => new AccessLogWriter(join(folder, 'no', 'access.log'))).toThrow(
      /^cannot open the access log: ENOENT.*no\/access\.log/,
    );
    expect(() => new AccessLogWriter(folder)).toThrow(/^cannot open the access log: EISDIR/);
  });

  it.each([
    ['blocking', 0],
    ['non-blocking', constants.O_NONBLOCK],
  ])(
    'drops and counts lines while a %s sink takes nothing, and goes on when it does',
    async (_kind, flag) => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      const fd = openSync(pipe, constants.O_WRONLY | flag);
      const limit = 300_000;
      const writer = new FdWriter(fd, limit, (error) => {
        throw error;
      });
      const line = `${'x'.repeat(99)}\n`;
      const total = 10_000;
      for (let i = 0; i < total; i++) writer.write(line, 1);

      // A pipe holds 64 KiB: the rest waits, up to the limit; nothing of this call waited for the reader.
      expect(writer.dropped).toBe(total - limit / line.length);

      let received = 0;
      const chunk = Buffer.alloc(65_536);
      const flushed = writer.flush(10_000).then(() => true);
      const drain = (): void => {
        try {
          received += readSync(reader, chunk);
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
        }
      };
      const interval = setInterval(drain, 1);
      await flushed;
      clearInterval(interval);
      for (let before = -1; received > before; ) {
        before = received;
        drain();
      }
      expect(received).toBe(limit);
      writer.close();
    },
  );

  it('does not hold up a shutdown when its sink takes nothing', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    const writer = new FdWriter(fd, 1_000_000, () => {});
    writer.write('x'.repeat(500_000), 5_000);
    const begun = performance.now();
    await writer.flush(100);
    expect(performance.now() - begun).toBeLessThan(2_000);
    writer.close();
  });

  it('counts lines whose write failed, and tells why', async () => {
    const errors: string[] = [];
    const fd = openSync(folder, constants.O_RDONLY);
    const writer = new FdWriter(fd, 1_000, (error) => errors.push(String(error.code)));
    writer.write('a\nb\n', 2);
    await writer.flush(5_000);
    expect(writer.dropped).toBe(2);
    expect(errors).toEqual(['EBADF']);
    writer.close();
    writer.write('c\n', 1);
    expect(writer.dropped).toBe(3);
  });
});
