/**
 * The function host actor: a thread that owns the pools of all local functions. Workers reach it through a port each;
 * nothing it does for one function, starting threads included, happens on a worker's or the acceptor's thread.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { logError } from '../telemetry/error-log.js';
import { FunctionQueue, type QueuedCall } from './function-queue.js';
import {
  encodeText,
  type HandlerResult,
  type HostAnswer,
  type HostCall,
  type HostCommand,
  type HostData,
  type HostReport,
  type HostRequest,
  Outcome,
  type OutcomeCode,
} from './protocol.js';

const { functions, lambda } = workerData as HostData;

const queues = new Map(functions.map((settings) => [settings.name, new FunctionQueue(settings, lambda)]));

parentPort?.on('message', (command: HostCommand) => {
  if (command.type === 'connect') new WorkerConnection(command.port);
  else queues.get(command.name)?.reload();
});
const ready: HostReport = 'ready';
parentPort?.postMessage(ready);

/** One worker's port. */
class WorkerConnection {
  readonly #port: MessagePort;
  readonly #calls = new Map<number, { queue: FunctionQueue; call: QueuedCall }>();
  #answers: HostAnswer[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (requests: HostRequest[]) => {
      for (const request of requests) {
        if (typeof request === 'number') this.#cancel(request);
        else this.#start(request);
      }
    });
    // A worker that died waits for nothing: its waiting calls need not run.
    port.on('close', () => {
      for (const id of [...this.#calls.keys()]) this.#cancel(id);
    });
  }

  #start(request: HostCall): void {
    const { id, name, payload, requestId, traceId, asynchronous } = request;
    const queue = queues.get(name);
    if (queue === undefined) {
      this.#answer(id, Outcome.refused, encodeText(`there is no local function ${name}`));
      return;
    }
    const task = { payload, requestId, traceId };
    if (asynchronous) {
      const taken = queue.push({ task, done: (result) => this.#endAsynchronous(id, name, result) });
      if (taken) this.#answer(id, Outcome.result, new Uint8Array());
      return;
    }
    const call: QueuedCall = {
      task,
      done: ({ outcome, payload: result }) => {
        this.#calls.delete(id);
        this.#answer(id, outcome, result);
      },
    };
    this.#calls.set(id, { queue, call });
    queue.push(call);
  }

  #cancel(id: number): void {
    const entry = this.#calls.get(id);
    this.#calls.delete(id);
    entry?.queue.remove(entry.call);
  }

  /** Nobody waits: a throttled call is answered so, a failure is only logged. */
  #endAsynchronous(id: number, name: string, { outcome, payload }: HandlerResult): void {
    if (outcome === Outcome.throttled) this.#answer(id, outcome, payload);
    else if (outcome !== Outcome.result) {
      logError(
        `asynchronous call of function ${name} failed: ${Buffer.from(payload).toString('utf8', 0, 1024)}`,
      );
    }
  }

  /** Answers of one event-loop turn leave together. */
  #answer(id: number, outcome: OutcomeCode, payload: Uint8Array): void {
    if (this.#answers.length === 0) setImmediate(() => this.#flush());
    this.#answers.push([id, outcome, payload]);
  }

  #flush(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#port.postMessage(answers);
  }
}
