/** The function host as the main thread sees it: starts it, connects workers to it, replaces it when it dies. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { FunctionSettings, LambdaSettings } from '../config/settings.js';
import type { HostCommand, HostData, HostReport } from './protocol.js';

export interface FunctionHostEvents {
  /** The host's thread died; calls under way fail, and so do new ones until `onRestart`. */
  onDeath?(error: Error): void;
  /** A new thread runs: every worker needs a new port from `connect`. */
  onRestart?(): void;
}

/** Milliseconds before a dead host is replaced; doubles while the replacements die, too. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 10_000;
/** A host that ran this long had a fresh reason to die. */
const STEADY_MS = 30_000;

export class FunctionHost {
  readonly #data: HostData;
  readonly #events: FunctionHostEvents;
  #worker: Worker | null = null;
  #closed = false;
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;

  private constructor(data: HostData, events: FunctionHostEvents) {
    this.#data = data;
    this.#events = events;
  }

  /** Resolves when the host takes calls. Modules are loaded later, by the first call of each function's thread. */
  static async start(
    functions: FunctionSettings[],
    lambda: LambdaSettings,
    events: FunctionHostEvents = {},
  ): Promise<FunctionHost> {
    const host = new FunctionHost({ functions, lambda }, events);
    await host.#startThread();
    return host;
  }

  /** A port for one worker, to be transferred to it. While the host is down, the port is closed at its other end. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    if (this.#worker === null) port2.close();
    else this.#command({ type: 'connect', port: port2 }, [port2]);
    return port1;
  }

  /** From the next call on, the function's module is what the file holds now; calls under way end as they began. */
  reload(name: string): void {
    this.#command({ type: 'reload', name });
  }

  /** Ends all functions. Calls under way fail: the caller drains its requests first. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #command(command: HostCommand, transfer: MessagePort[] = []): void {
    this.#worker?.postMessage(command, transfer);
  }

  #startThread(): Promise<void> {
    return new Promise((resolve, reject) => {
      const startedAt = Date.now();
      const worker = new Worker(new URL('./host-thread.js', import.meta.url), {
        workerData: this.#data,
        name: 'propylon-functions',
      });
      let reason = new Error('the function host ended unexpectedly');
      worker.once('message', (_: HostReport) => {
        if (this.#closed) void worker.terminate();
        else this.#worker = worker;
        resolve();
      });
      worker.on('error', (error) => {
        reason = error;
      });
      worker.once('exit', () => {
        reject(reason);
        if (this.#worker !== worker) return;
        this.#worker = null;
        if (Date.now() - startedAt > STEADY_MS) this.#restartMs = FIRST_RESTART_MS;
        this.#events.onDeath?.(reason);
        this.#restart();
      });
    });
  }

  #restart(): void {
    if (this.#closed) return;
    this.#restartTimer = setTimeout(() => {
      this.#startThread().then(
        () => {
          if (!this.#closed) this.#events.onRestart?.();
        },
        (error: Error) => {
          this.#events.onDeath?.(error);
          this.#restart();
        },
      );
    }, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS);
  }
}
