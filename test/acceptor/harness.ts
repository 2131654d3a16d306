/** A real acceptor thread with this thread as its worker: the pipeline is whatever the test says. */
import { MessageChannel, type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads';
import type { AcceptorLimits } from '../../src/acceptor/acceptor-state.js';
import type {
  AcceptorOptions,
  FromAcceptor,
  RefusedRequest,
  ToAcceptor,
} from '../../src/acceptor/protocol.js';
import type { Exchange } from '../../src/exchange/exchange.js';
import { Counters, type CounterTotals, readCounters } from '../../src/telemetry/counters.js';
import { MailboxSink } from '../../src/worker/mailbox-sink.js';

export const LIMITS: AcceptorLimits = {
  maxInFlight: 100,
  maxBodyBytes: 1_048_576,
  maxHeldBytes: 64 * 1_048_576,
  maxHeaderBytes: 10_240,
  maxUrlLength: 10_240,
};

export interface AcceptorUnderTest {
  port: number;
  refused: RefusedRequest[];
  ended: Exchange[];
  counters(): CounterTotals;
  /** What happens when a worker's thread is gone. */
  killWorker(): void;
  attachWorker(handle: (exchange: Exchange) => void): void;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startAcceptor(
  handle: (exchange: Exchange) => void,
  limits: Partial<AcceptorLimits> = {},
): Promise<AcceptorUnderTest> {
  const counters = Counters.allocate(1);
  const options: AcceptorOptions = {
    host: '127.0.0.1',
    port: 0,
    limits: { ...LIMITS, ...limits },
    inFlight: new SharedArrayBuffer(4),
    counters,
    logRefused: true,
    exclusive: true,
  };
  const thread = new Worker(new URL('../../dist/acceptor/acceptor-thread.js', import.meta.url), {
    workerData: options,
    env: SHARE_ENV,
  });
  const refused: RefusedRequest[] = [];
  const ended: Exchange[] = [];
  let port: MessagePort | null = null;
  const send = (message: ToAcceptor, transfers: MessagePort[] = []): void =>
    thread.postMessage(message, transfers);
  const told = (type: FromAcceptor['type']): Promise<FromAcceptor> =>
    new Promise((resolve, reject) => {
      thread.on('message', (message: FromAcceptor) => {
        if (message.type === type) resolve(message);
      });
      thread.on('error', reject);
    });
  thread.on('message', (message: FromAcceptor) => {
    if (message.type === 'refused') refused.push(...message.requests);
  });
  const attachWorker = (run: (exchange: Exchange) => void): void => {
    const channel = new MessageChannel();
    port = channel.port1;
    new MailboxSink(channel.port1, {
      readsIds: false,
      handle: run,
      underWay() {},
      ended: (exchange) => ended.push(exchange),
    });
    send({ type: 'attach', port: channel.port2 }, [channel.port2]);
  };
  attachWorker(handle);
  const listening = told('listening');
  send({ type: 'listen', port: 0 });
  const message = await listening;
  return {
    port: message.type === 'listening' ? message.port : 0,
    refused,
    ended,
    counters: () => readCounters([counters]),
    killWorker: () => port?.close(),
    attachWorker,
    async drain() {
      const drained = told('drained');
      send({ type: 'drain' });
      await drained;
    },
    async stop() {
      const exited = new Promise((resolve) => thread.once('exit', resolve));
      send({ type: 'stop' });
      port?.close();
      await exited;
    },
  };
}
