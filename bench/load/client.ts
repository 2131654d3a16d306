/**
 * A closed-loop client: each connection sends the next request when the answer to its last one is complete. Every
 * answer is compared with the expected status and body. Used to verify a variant before and after its run, and as
 * load generator (in a process of its own) where wrk is not installed.
 */
import { connect, type Socket } from 'node:net';
import { BODY, type Scenario } from './scenarios.js';

export interface LoadResult {
  requests: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Bytes of all answers, heads included. */
  bytes: number;
  /** What was wrong, with how often. */
  wrong: Record<string, number>;
}

export interface LoadPlan {
  port: number;
  scenario: Scenario;
  connections: number;
  /** Which ends the run: a number of requests or of seconds. */
  requests?: number;
  seconds?: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const EXPECTED = Buffer.from(BODY);
/** Without an answer for so long a connection counts as failed. */
const STALL_MS = 5000;

export async function closedLoop(plan: LoadPlan): Promise<LoadResult> {
  const { port, connections, scenario } = plan;
  const fields = scenario.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const request = Buffer.from(
    `GET ${scenario.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${fields}\r\n`,
    'latin1',
  );
  const result: LoadResult = { requests: 0, seconds: 0, p50: 0, p99: 0, bytes: 0, wrong: {} };
  const latencies: number[] = [];
  const start = performance.now();
  const deadline = plan.seconds === undefined ? Number.POSITIVE_INFINITY : start + plan.seconds * 1000;
  let left = plan.requests ?? Number.POSITIVE_INFINITY;

  const wrong = (what: string): void => {
    result.wrong[what] = (result.wrong[what] ?? 0) + 1;
  };
  const loop = (): Promise<void> =>
    new Promise((resolve) => {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let sent = 0;
      let received = Buffer.alloc(0);
      const next = (): void => {
        if (left-- <= 0 || performance.now() >= deadline) {
          socket.destroy();
          resolve();
          return;
        }
        sent = performance.now();
        socket.write(request);
      };
      const fail = (what: string): void => {
        wrong(what);
        socket.destroy();
        resolve();
      };
      socket.setTimeout(STALL_MS, () => fail('no answer'));
      socket.once('connect', next);
      socket.once('error', (error) => fail(error.message));
      socket.once('end', () => fail('connection closed'));
      socket.on('data', (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const answer = readAnswer(received);
        if (answer === undefined) return;
        if (typeof answer === 'string') return fail(answer);
        latencies.push(performance.now() - sent);
        result.requests++;
        result.bytes += answer.length;
        if (answer.status !== 200) wrong(`status ${answer.status}`);
        else if (!answer.body.equals(EXPECTED)) wrong('body');
        if (received.length !== answer.length) return fail('more bytes than one answer');
        received = Buffer.alloc(0);
        next();
      });
    });
  await Promise.all(Array.from({ length: connections }, loop));

  result.seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  result.p50 = latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN;
  result.p99 = latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
  return result;
}

interface Answer {
  status: number;
  body: Buffer;
  /** Bytes of head and body. */
  length: number;
}

/** The answer at the start of the bytes; undefined while incomplete, a text when it is not one we understand. */
function readAnswer(bytes: Buffer): Answer | string | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd + 2);
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 ') || length === undefined)
    return 'no HTTP/1.1 answer with a Content-Length';
  const bodyAt = headEnd + HEAD_END.length;
  const end = bodyAt + Number(length);
  if (bytes.length < end) return undefined;
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(bodyAt, end), length: end };
}

// As a process: one argument, the plan; prints the result.
const plan = process.argv[2];
if (process.argv[1]?.endsWith('load/client.js') && plan !== undefined) {
  process.stdout.write(JSON.stringify(await closedLoop(JSON.parse(plan) as LoadPlan)));
}
