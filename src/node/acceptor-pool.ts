/** The acceptor threads of one node. */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { MessageChannel, type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads';
import type {
  AcceptorOptions,
  CertificateChange,
  FromAcceptor,
  RefusedRequest,
  ToAcceptor,
} from '../acceptor/protocol.js';
import type { EventLoopLoad } from '../telemetry/prometheus.js';

/** An acceptor that is told to stop has nothing left to wait for; this is for one that hangs. */
const STOP_MS = 5_000;

export interface AcceptorPoolEvents {
  refused(requests: RefusedRequest[]): void;
  /** An acceptor died: its clients are gone and its port may be too, which nothing inside this process can mend. */
  died(error: Error): void;
}

export class AcceptorPool {
  readonly #threads: Worker[] = [];
  #stopping = false;

  constructor(count: number, options: (index: number) => AcceptorOptions, events: AcceptorPoolEvents) {
    for (let index = 0; index < count; index++) {
      const thread = new Worker(new URL('../acceptor/acceptor-thread.js', import.meta.url), {
        name: `acceptor-${index}`,
        workerData: options(index),
        // A thread's own copy of the environment is invisible to native code, and uws.ts sets a variable for uWebSockets.js.
        env: SHARE_ENV,
      });
      thread.on('message', (message: FromAcceptor) => {
        if (message.type === 'refused') events.refused(message.requests);
      });
      thread.on('error', (error) => events.died(error));
      thread.on('exit', (code) => {
        if (!this.#stopping) events.died(new Error(`acceptor ${index} exited with code ${code}`));
      });
      this.#threads.push(thread);
    }
  }

  /** A mailbox to each acceptor: the ends returned belong to one worker. `attach` hands the other ends over. */
  mailboxes(): { workerEnds: MessagePort[]; attach(): void } {
    const channels = this.#threads.map(() => new MessageChannel());
    return {
      workerEnds: channels.map((channel) => channel.port1),
      attach: () => {
        for (const [index, channel] of channels.entries()) {
          const thread = this.#threads[index] as Worker;
          thread.postMessage({ type: 'attach', port: channel.port2 } satisfies ToAcceptor, [channel.port2]);
        }
      },
    };
  }

  carrySourceIp(needed: boolean): void {
    for (const thread of this.#threads) this.#send(thread, { type: 'source-ip', needed });
  }

  /** One call at a time. @throws Error when not all acceptors have taken the change */
  async loadCertificates(change: CertificateChange): Promise<void> {
    await Promise.all(
      this.#threads.map(async (thread) => {
        const answer = answerOf(thread, ['certificates-loaded']);
        this.#send(thread, { type: 'certificates', change });
        const loaded = await answer;
        if (loaded.type === 'certificates-loaded' && loaded.error !== null) throw new Error(loaded.error);
      }),
    );
  }

  /** @throws Error when any acceptor cannot listen */
  async listen(port: number): Promise<void> {
    for (const thread of this.#threads) {
      this.#send(thread, { type: 'listen', port });
      const answer = await answerOf(thread, ['listening', 'listen-failed']);
      if (answer.type === 'listen-failed') throw new Error('the port was taken by another process meanwhile');
    }
  }

  /** Stops accepting and waits until no request is under way, for at most `graceMs`. True: none was cut off. */
  async drain(graceMs: number): Promise<boolean> {
    const drained = Promise.all(
      this.#threads.map((thread) => {
        const answer = answerOf(thread, ['drained']);
        this.#send(thread, { type: 'drain' });
        return answer;
      }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), graceMs);
    });
    const result = await Promise.race([drained.then(() => true), late]);
    clearTimeout(timer);
    return result;
  }

  eventLoops(): EventLoopLoad[] {
    return this.#threads.map((thread, index) => ({
      thread: `acceptor-${index}`,
      activeMs: thread.performance.eventLoopUtilization().active,
    }));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#threads.map(async (thread) => {
        const exited = once(thread, 'exit');
        this.#send(thread, { type: 'stop' });
        const late = new AbortController();
        const ended = await Promise.race([
          exited.then(() => true),
          wait(STOP_MS, false, { signal: late.signal }).catch(() => true),
        ]);
        late.abort();
        // Its sockets are closed by then: ending a thread that still holds some would end the process.
        if (!ended) await thread.terminate();
      }),
    );
  }

  #send(thread: Worker, message: ToAcceptor): void {
    thread.postMessage(message);
  }
}

function answerOf(thread: Worker, types: readonly FromAcceptor['type'][]): Promise<FromAcceptor> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromAcceptor): void => {
      if (!types.includes(message.type)) return;
      thread.off('message', onMessage);
      thread.off('exit', onExit);
      resolve(message);
    };
    const onExit = (): void => reject(new Error('the acceptor thread ended'));
    thread.on('message', onMessage);
    thread.once('exit', onExit);
  });
}
