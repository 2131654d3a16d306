/**
 * The workers of one node: long-lived Piscina tasks, one per thread. A worker that dies is replaced, and gets the
 * current snapshot before it is sent traffic.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { EventLoopLoad } from '../telemetry/prometheus.js';
import type {
  FromWorker,
  SnapshotMessage,
  ToWorker,
  WorkerSettings,
  WorkerTask,
} from '../worker/protocol.js';

export interface WorkerPoolOptions {
  count: number;
  settings: WorkerSettings;
  functionNames: string[];
  /** One buffer per worker; a successor takes its predecessor's over. */
  counters: SharedArrayBuffer[];
  /** The same for the targets of upstreams. */
  targetCounts: SharedArrayBuffer[];
  /** A mailbox to every acceptor, attached once the worker is ready. */
  mailboxes(): { workerEnds: MessagePort[]; attach(): void };
  /** A port to the function host; undefined when there is none. */
  functionPort(): MessagePort | undefined;
  accessLog(lines: string, count: number): void;
  /** A worker died after it had served; it is being replaced. */
  died(index: number, error: Error): void;
}

/** Between the death of a worker that had not served and the next try; doubles up to the second figure. */
const RESTART_MS = [50, 5_000] as const;

/**
 * A pool of one thread for one life of a worker. One pool for all would be fewer objects, but Piscina gives a pool up
 * whose thread died before it was ready, and leaves the task waiting for ever; a new pool starts with a clean slate.
 */
function onePool(): Piscina {
  return new Piscina({
    filename: new URL('../worker/worker-thread.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // A worker's own sockets stand still while Piscina waits in Atomics.wait.
    atomics: 'disabled',
    recordTiming: false,
    maxQueue: 1,
  });
}

/** Resolves when the task or its thread ends: null when the task came to its end, else why it did not. */
async function lifeOf(piscina: Piscina, task: WorkerTask, transfers: MessagePort[]): Promise<Error | null> {
  const [thread] = piscina.threads;
  const died = new Promise<Error>((resolve) => {
    thread?.once('exit', (code) => resolve(new Error(`worker exited with code: ${code}`)));
  });
  const ended = piscina.run(task, { transferList: transfers }).then(
    () => null,
    (error: Error) => error,
  );
  return Promise.race([ended, died]);
}

/** A worker has nothing left to wait for when it is told to stop; this is for one that hangs. */
const STOP_MS = 2_000;

class WorkerSlot {
  piscina: Piscina | null = null;
  /** To the worker's thread, from its launch to its end. */
  control: MessagePort | null = null;
  /** It has applied its first snapshot. */
  serving = false;
  revision = -1;
  failures = 0;
  /** Waits for the worker's answer to `prepare` or `commit`. */
  answer: ((message: FromWorker | null) => void) | null = null;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: WorkerSlot[];
  #snapshot: SnapshotMessage;
  #stopping = false;
  #running = new Set<Promise<void>>();
  #changing: Promise<void> = Promise.resolve();

  constructor(options: WorkerPoolOptions, snapshot: SnapshotMessage) {
    this.#options = options;
    this.#snapshot = snapshot;
    this.#slots = Array.from({ length: options.count }, () => new WorkerSlot());
  }

  /** Workers that serve the current snapshot. */
  get ready(): number {
    return this.#slots.filter((slot) => slot.revision === this.#snapshot.revision).length;
  }

  get revision(): number {
    return this.#snapshot.revision;
  }

  /** @throws Error with the reason when the snapshot cannot be served */
  async start(): Promise<void> {
    await Promise.all(this.#slots.map((_, index) => this.#launch(index)));
  }

  /**
   * All workers change to the snapshot, or none.
   * @throws Error with the reason; the running snapshot goes on
   */
  apply(snapshot: SnapshotMessage): Promise<void> {
    return this.#inTurn(() => this.#apply(snapshot));
  }

  async #apply(snapshot: SnapshotMessage): Promise<void> {
    const answers = await Promise.all(
      this.#slots.map((slot) => this.#ask(slot, { type: 'prepare', snapshot })),
    );
    const refusal = answers.find((answer) => answer?.type === 'refused');
    // From here on a worker that dies is replaced by one with the new snapshot.
    if (refusal === undefined) this.#snapshot = snapshot;
    // After a refusal this names the running revision: workers let go of what they prepared.
    const { revision } = this.#snapshot;
    await Promise.all(this.#slots.map((slot) => this.#ask(slot, { type: 'commit', revision })));
    if (refusal?.type === 'refused') throw new Error(refusal.reason);
    // A worker that was replaced between the two steps has not prepared what it was told to commit.
    await Promise.all(this.#slots.map((slot) => this.#catchUp(slot)));
  }

  /** One change at a time: a worker has room for one prepared snapshot, and its answers carry no number. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => {});
    return done;
  }

  /** Gives every worker a port to a function host that was started anew. */
  reconnectFunctions(): void {
    for (const { control } of this.#slots) {
      const port = control === null ? undefined : this.#options.functionPort();
      if (port !== undefined) {
        control?.postMessage({ type: 'functions', port } satisfies ToWorker, [port]);
      }
    }
  }

  eventLoops(): EventLoopLoad[] {
    return this.#slots.flatMap(({ piscina }, index) =>
      (piscina?.threads ?? []).map((thread) => ({
        thread: `worker-${index}`,
        activeMs: thread.performance.eventLoopUtilization().active,
      })),
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots) slot.control?.postMessage({ type: 'stop' } satisfies ToWorker);
    // A worker that does not end by itself is ended with its thread.
    await Promise.race([Promise.all(this.#running), wait(STOP_MS, undefined, { ref: false })]);
    await Promise.all(this.#slots.map(({ piscina }) => piscina?.destroy()));
  }

  /** Null when the worker is not there or died over it. */
  #ask(slot: WorkerSlot, message: ToWorker): Promise<FromWorker | null> {
    const { control } = slot;
    if (control === null || !slot.serving) return Promise.resolve(null);
    return new Promise((resolve) => {
      slot.answer = resolve;
      control.postMessage(message);
    });
  }

  /** Resolves when the worker serves. @throws Error when it ends before */
  #launch(index: number): Promise<void> {
    const slot = this.#slots[index] as WorkerSlot;
    const { task, transfers, control, attach } = this.#newTask(index);
    let served = false;
    slot.control = control;
    return new Promise<void>((resolve, reject) => {
      control.on('message', (message: FromWorker) => {
        if (message.type === 'access-log') {
          this.#options.accessLog(message.lines, message.count);
          return;
        }
        if (message.type === 'applied') slot.revision = message.revision;
        if (!served && message.type === 'applied') {
          served = true;
          slot.failures = 0;
          slot.serving = true;
          attach();
          // The snapshot may have changed while this worker started.
          void this.#inTurn(() => this.#catchUp(slot));
          resolve();
          return;
        }
        const { answer } = slot;
        slot.answer = null;
        answer?.(message);
      });
      const piscina = onePool();
      slot.piscina = piscina;
      const run = lifeOf(piscina, task, transfers).then(async (error) => {
        slot.piscina = null;
        this.#lastWords(control);
        control.close();
        this.#ended(index, slot, served, error ?? new Error('the worker ended by itself'));
        reject(error ?? new Error('the worker ended before it served'));
        await piscina.destroy();
        this.#running.delete(run);
      });
      this.#running.add(run);
    });
  }

  /** Closing a port drops what was posted to it: log lines of a thread's last moments would be lost. */
  #lastWords(control: MessagePort): void {
    for (;;) {
      const received = receiveMessageOnPort(control) as { message: FromWorker } | undefined;
      if (received === undefined) return;
      if (received.message.type === 'access-log') {
        this.#options.accessLog(received.message.lines, received.message.count);
      }
    }
  }

  #newTask(index: number): {
    task: WorkerTask;
    transfers: MessagePort[];
    control: MessagePort;
    attach(): void;
  } {
    const options = this.#options;
    const { port1: control, port2 } = new MessageChannel();
    const { workerEnds, attach } = options.mailboxes();
    const functions = options.functionPort();
    const task: WorkerTask = {
      mailboxes: workerEnds,
      control: port2,
      functionNames: options.functionNames,
      counters: options.counters[index] as SharedArrayBuffer,
      targetCounts: options.targetCounts[index] as SharedArrayBuffer,
      settings: options.settings,
      snapshot: this.#snapshot,
      ...(functions === undefined ? {} : { functions }),
    };
    const transfers = [port2, ...workerEnds, ...(functions === undefined ? [] : [functions])];
    return { task, transfers, control, attach };
  }

  #ended(index: number, slot: WorkerSlot, served: boolean, error: Error): void {
    slot.control = null;
    slot.serving = false;
    slot.revision = -1;
    slot.answer?.(null);
    slot.answer = null;
    if (this.#stopping) return;
    if (served) {
      this.#options.died(index, error);
      this.#relaunch(index);
    } else if (slot.failures > 0) {
      this.#relaunch(index);
    }
  }

  #relaunch(index: number): void {
    const slot = this.#slots[index] as WorkerSlot;
    const [first, last] = RESTART_MS;
    const delay = slot.failures === 0 ? 0 : Math.min(first * 2 ** slot.failures, last);
    slot.failures++;
    setTimeout(() => {
      // `#ended` hears of a failure and tries again.
      if (!this.#stopping) this.#launch(index).catch(() => {});
    }, delay);
  }

  /** Brings a serving worker to the current snapshot, if it has another. */
  async #catchUp(slot: WorkerSlot): Promise<void> {
    const snapshot = this.#snapshot;
    if (!slot.serving || slot.revision === snapshot.revision) return;
    await this.#ask(slot, { type: 'prepare', snapshot });
    await this.#ask(slot, { type: 'commit', revision: snapshot.revision });
  }
}
