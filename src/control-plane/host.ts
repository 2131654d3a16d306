/** The control plane as the main thread sees it: starts its thread, hands requests over, replaces it when it dies. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { EMPTY_ITEMS } from '../config/items.js';
import type { ConfigStore } from '../config/store.js';
import { serveStore } from '../config/stores/remote.js';
import type { ControlPlaneAnswer, ControlPlaneRequest } from './control-plane.js';
import type {
  ControlPlaneData,
  ControlPlaneThreadSettings,
  FromControlPlane,
  LocalDefinitions,
  ToControlPlane,
} from './protocol.js';

export interface ControlPlaneHostOptions {
  store: ConfigStore;
  settings: ControlPlaneThreadSettings;
  /** A new port to the node's functions; absent or undefined: it has none. */
  functionPort?(): MessagePort | undefined;
  /** A thread died; requests under way are answered 500, and a new one is started. */
  onDeath(error: Error): void;
}

/** Milliseconds before a dead thread is replaced; doubles while the replacements die, too. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 10_000;
/** How long a request waits for a thread that starts. */
const START_MS = 10_000;
/** A test invocation may take 29 s, 15 minutes when it streams; an import of 6 MB some seconds. */
const ANSWER_MS = 930_000;
/** Heap: 6 MB of definition become some hundred as trees, and several may come at once. */
const MAX_HEAP_MB = 2_048;

const NOTHING_LOCAL: LocalDefinitions = { items: EMPTY_ITEMS, files: {} };

type Answered = (answer: ControlPlaneAnswer) => void;

export class ControlPlaneHost {
  readonly #options: ControlPlaneHostOptions;
  readonly #waiting = new Map<number, Answered>();
  /** Requests that came before the thread was there. */
  readonly #forThread = new Set<() => void>();
  /** Null: none takes requests now. */
  #thread: Worker | null = null;
  /** The newest thread, whether it is ready or not; null: none was started, or it died. */
  #newest: Worker | null = null;
  #local = NOTHING_LOCAL;
  #lastId = 0;
  #closed = false;
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;

  /** Requests wait for `start`. */
  constructor(options: ControlPlaneHostOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#closed) this.#startThread();
  }

  /** Never rejects. */
  async handle(request: ControlPlaneRequest): Promise<ControlPlaneAnswer> {
    if (this.#thread === null) await this.#threadOrTooLate();
    const thread = this.#thread;
    if (thread === null) {
      return failure(
        503,
        'ServiceUnavailableException',
        'The control plane is starting. Please try again later.',
      );
    }
    const id = ++this.#lastId;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(failure(504, 'ServiceUnavailableException', 'The control plane did not answer in time'));
      }, ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      thread.postMessage({ type: 'request', id, request } satisfies ToControlPlane);
    });
  }

  /** What the node was given itself: shown, and not to be changed by calls. */
  setLocal(local: LocalDefinitions): void {
    this.#local = local;
    this.#newest?.postMessage({ type: 'local', local } satisfies ToControlPlane);
  }

  /** The node's functions run, or run anew: the thread needs a port to them. */
  reconnectFunctions(): void {
    const port = this.#newest === null ? undefined : this.#options.functionPort?.();
    if (port !== undefined) {
      this.#newest?.postMessage({ type: 'functions', port } satisfies ToControlPlane, [port]);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    const thread = this.#newest;
    this.#thread = null;
    this.#newest = null;
    await thread?.terminate();
    this.#answerAll();
    this.#wakeAll();
  }

  #threadOrTooLate(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#forThread.delete(done);
        resolve();
      };
      const timer = setTimeout(done, START_MS);
      this.#forThread.add(done);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#forThread) wake();
  }

  #startThread(): void {
    const { store, settings } = this.#options;
    const { port1, port2 } = new MessageChannel();
    const endStore = serveStore(store, port1);
    const data: ControlPlaneData = {
      store: port2,
      storeDescription: store.description,
      storeDurable: store.durable,
      storeExternal: store.external,
      settings,
      local: this.#local,
    };
    const thread = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: data,
      transferList: [port2],
      name: 'propylon-control-plane',
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    this.#newest = thread;
    let reason = new Error('the thread ended unexpectedly');
    thread.on('message', (message: FromControlPlane) => {
      if (message.type === 'answer') {
        const answered = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        // It lives and works: the next death has a fresh reason.
        this.#restartMs = FIRST_RESTART_MS;
        answered?.(message.answer);
        return;
      }
      if (this.#closed) return;
      this.#thread = thread;
      this.#wakeAll();
    });
    thread.on('error', (error) => {
      reason = error;
    });
    thread.on('exit', () => {
      endStore();
      if (this.#closed) return;
      this.#thread = null;
      this.#newest = null;
      this.#answerAll();
      this.#options.onDeath(reason);
      this.#restartLater();
    });
    this.reconnectFunctions();
  }

  #restartLater(): void {
    this.#restartTimer = setTimeout(() => this.#startThread(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS);
  }

  /** Whether a write was carried out before the thread died is not known: 500, as AWS answers then. */
  #answerAll(): void {
    for (const answered of this.#waiting.values()) {
      answered(failure(500, 'InternalFailure', 'Internal failure'));
    }
    this.#waiting.clear();
  }
}

function failure(status: number, code: string, message: string): ControlPlaneAnswer {
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-ErrorType': code,
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    },
    body: JSON.stringify({ message }),
  };
}
