/**
 * The workers of one node: long-lived Piscina tasks, one per thread. A worker that dies is replaced, and gets the
 * current configuration before it is sent traffic.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { ItemError } from '../config/items.js';
import type { EventLoopLoad } from '../telemetry/prometheus.js';
import type {
  ConfigurationFacts,
  ConfigurationMessage,
  FromWorker,
  SharedItem,
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

/** Deaths of all workers over one configuration, after which it is refused. */
const MAX_DEATHS = 3;

/** How long a change waits when all workers are gone, and are being replaced. */
const NO_WORKER_MS = 15_000;

/** From the items that are served to others. */
export interface SharedChange {
  /** All there are after the change. */
  items: ReadonlyMap<string, SharedItem>;
  upserts: readonly SharedItem[];
  /** Keys. */
  deletes: readonly string[];
}

/** A worker's answer to `prepare`. */
type Verdict = Extract<FromWorker, { type: 'prepared' | 'refused' }>;

function isVerdict(answer: FromWorker | null): answer is Verdict {
  return answer?.type === 'prepared' || answer?.type === 'refused';
}

function refusalError({ reason, item }: Extract<FromWorker, { type: 'refused' }>): Error {
  return item === undefined ? new Error(reason) : new ItemError(item, reason);
}

function everything(items: ReadonlyMap<string, SharedItem>, generation: number): ConfigurationMessage {
  return { generation, base: null, upserts: [...items.values()], deletes: [] };
}

class WorkerSlot {
  piscina: Piscina | null = null;
  /** To the worker's thread, from its launch to its end. */
  control: MessagePort | null = null;
  /** It has applied its first configuration, and answers. */
  serving = false;
  generation = -1;
  failures = 0;
  /** Waits for the worker's answer to `prepare` or `commit`. */
  answer: ((message: FromWorker | null) => void) | null = null;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: WorkerSlot[];
  #items: ReadonlyMap<string, SharedItem>;
  /** Of `#items`. */
  #generation = 1;
  /** The last that was given to a configuration, refused ones included. */
  #lastGeneration = 1;
  #stopping = false;
  #running = new Set<Promise<void>>();
  #changing: Promise<unknown> = Promise.resolve();
  /** Called when a worker begins to serve, or the pool stops. */
  #waiting: (() => void)[] = [];

  constructor(options: WorkerPoolOptions, items: ReadonlyMap<string, SharedItem>) {
    this.#options = options;
    this.#items = items;
    this.#slots = Array.from({ length: options.count }, () => new WorkerSlot());
  }

  /** Workers that serve the current configuration. */
  get ready(): number {
    return this.#slots.filter((slot) => slot.generation === this.#generation).length;
  }

  /** @throws Error (ItemError where an item is to blame) with the reason when the configuration cannot be served */
  async start(): Promise<ConfigurationFacts> {
    const [facts] = await Promise.all(this.#slots.map((_, index) => this.#launch(index)));
    return facts as ConfigurationFacts;
  }

  /**
   * All workers change, or none.
   * @param agreed called when all can, before the first does
   * @throws Error (ItemError where an item is to blame) with the reason; what runs goes on
   */
  apply(change: SharedChange, agreed: (facts: ConfigurationFacts) => void): Promise<ConfigurationFacts> {
    return this.#inTurn(() => this.#apply(change, agreed));
  }

  async #apply(
    change: SharedChange,
    agreed: (facts: ConfigurationFacts) => void,
  ): Promise<ConfigurationFacts> {
    const generation = ++this.#lastGeneration;
    const answers = await this.#prepare(change, generation);
    const refusal = answers.find((answer) => answer.type === 'refused');
    const facts = answers.find((answer) => answer.type === 'prepared')?.facts;
    if (refusal === undefined && facts !== undefined) {
      agreed(facts);
      // From here on a worker that dies is replaced by one with the new configuration.
      this.#items = change.items;
      this.#generation = generation;
    }
    // After a refusal this names the running generation: workers let go of what they prepared.
    const commit: ToWorker = { type: 'commit', generation: this.#generation };
    await Promise.all(this.#slots.map((slot) => this.#ask(slot, commit)));
    if (refusal !== undefined) throw refusalError(refusal);
    if (facts === undefined) throw new Error('the node is stopping');
    // A worker that was replaced between the two steps has not prepared what it was told to commit.
    await Promise.all(this.#slots.map((slot) => this.#catchUp(slot)));
    return facts;
  }

  /**
   * What the workers say to a change; at least one has said something, unless the pool stops. Workers that die over it
   * say nothing, and are asked again when they are back, but not for ever: it may be what kills them.
   */
  async #prepare(change: SharedChange, generation: number): Promise<Verdict[]> {
    for (let deaths = 0; !this.#stopping; ) {
      const asked = this.#slots.filter(({ serving }) => serving);
      const answers = await Promise.all(
        asked.map((slot) =>
          this.#ask(slot, { type: 'prepare', configuration: this.#message(change, generation, slot) }),
        ),
      );
      const verdicts = answers.filter(isVerdict);
      if (verdicts.length > 0) return verdicts;
      if (asked.length > 0 && ++deaths === MAX_DEATHS) {
        const reason = `all workers died while they compiled it, ${MAX_DEATHS} times`;
        return [{ type: 'refused', generation, reason }];
      }
      if (!(await this.#untilServing()))
        return [{ type: 'refused', generation, reason: 'no worker is running' }];
    }
    return [];
  }

  /** True when a worker serves, or the pool stops; false when that took too long. */
  async #untilServing(): Promise<boolean> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, NO_WORKER_MS);
    const over = (): boolean => this.#stopping || this.#slots.some(({ serving }) => serving);
    while (!over() && !late) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    clearTimeout(timer);
    return over();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The difference for a worker that serves the current items, everything for one that missed a step. */
  #message(change: SharedChange, generation: number, slot: WorkerSlot): ConfigurationMessage {
    if (slot.generation !== this.#generation) return everything(change.items, generation);
    const { upserts, deletes } = change;
    return { generation, base: slot.generation, upserts, deletes };
  }

  /** One change at a time: a worker has room for one prepared configuration, and its answers carry no number. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
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
    this.#wake();
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
  #launch(index: number): Promise<ConfigurationFacts> {
    const slot = this.#slots[index] as WorkerSlot;
    const { task, transfers, control, attach } = this.#newTask(index);
    let served = false;
    /** What it said of the configuration it was started with. */
    let verdict: Verdict | undefined;
    slot.control = control;
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromWorker): void => {
        if (message.type === 'access-log') {
          this.#options.accessLog(message.lines, message.count);
          return;
        }
        if (message.type === 'applied') slot.generation = message.generation;
        if (served) {
          const { answer } = slot;
          slot.answer = null;
          answer?.(message);
        } else if (message.type !== 'applied') {
          verdict = message;
        } else if (verdict?.type === 'prepared') {
          served = true;
          slot.failures = 0;
          slot.serving = true;
          const { facts } = verdict;
          this.#wake();
          void this.#inTurn(async () => {
            // The configuration may have changed while this worker started.
            await this.#catchUp(slot);
            if (slot.control === control && !this.#stopping) attach();
            resolve(facts);
          });
        }
      };
      control.on('message', onMessage);
      const piscina = onePool();
      slot.piscina = piscina;
      const run = lifeOf(piscina, task, transfers).then(async (error) => {
        slot.piscina = null;
        lastWords(control, (message) => {
          if (message.type === 'access-log' || message.type === 'refused') onMessage(message);
        });
        control.close();
        const reason = verdict?.type === 'refused' ? refusalError(verdict) : error;
        this.#ended(index, slot, served, reason ?? new Error('the worker ended by itself'));
        reject(reason ?? new Error('the worker ended before it served'));
        await piscina.destroy();
        this.#running.delete(run);
      });
      this.#running.add(run);
    });
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
      configuration: everything(this.#items, this.#generation),
      ...(functions === undefined ? {} : { functions }),
    };
    const transfers = [port2, ...workerEnds, ...(functions === undefined ? [] : [functions])];
    return { task, transfers, control, attach };
  }

  #ended(index: number, slot: WorkerSlot, served: boolean, error: Error): void {
    slot.control = null;
    slot.serving = false;
    slot.generation = -1;
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

  /** Brings a serving worker to the current configuration, if it has another. */
  async #catchUp(slot: WorkerSlot): Promise<void> {
    const generation = this.#generation;
    if (!slot.serving || slot.generation === generation) return;
    const configuration = everything(this.#items, generation);
    await this.#ask(slot, { type: 'prepare', configuration });
    await this.#ask(slot, { type: 'commit', generation });
  }
}

/** Closing a port drops what was posted to it: log lines of a thread's last moments would be lost. */
function lastWords(control: MessagePort, take: (message: FromWorker) => void): void {
  for (;;) {
    const received = receiveMessageOnPort(control) as { message: FromWorker } | undefined;
    if (received === undefined) return;
    take(received.message);
  }
}
