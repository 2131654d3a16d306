/** Calls of local functions, as a worker makes them: through its port to the function host. */
import type { MessagePort } from 'node:worker_threads';
import type {
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
} from '../integrations/integration.js';
import { plainFunctionName } from './function-name.js';
import { type HostAnswer, type HostRequest, Outcome, type OutcomeCode } from './protocol.js';

/** One call under way; also its handle for the caller. */
class PendingCall implements FunctionInvocation {
  readonly id: number;
  readonly done: (result: FunctionResult) => void;
  readonly timer: NodeJS.Timeout;
  readonly #owner: LocalFunctions;

  constructor(owner: LocalFunctions, id: number, timeoutMs: number, done: (result: FunctionResult) => void) {
    this.#owner = owner;
    this.id = id;
    this.done = done;
    this.timer = setTimeout(() => {
      owner.abandon(this);
      done({ kind: 'timeout' });
    }, timeoutMs);
  }

  cancel(): void {
    this.#owner.abandon(this);
  }
}

export class LocalFunctions implements FunctionInvoker {
  #port: MessagePort | null = null;
  readonly #pending = new Map<number, PendingCall>();
  #requests: HostRequest[] = [];
  #nextId = 1;

  /** @param port from `FunctionHost.connect` */
  constructor(port: MessagePort) {
    this.attach(port);
  }

  /** Replaces the port after the host was replaced. Calls that went to the old host fail. */
  attach(port: MessagePort): void {
    this.#port?.close();
    this.#failAll();
    this.#requests = [];
    this.#port = port;
    port.on('message', (answers: HostAnswer[]) => {
      for (const [id, outcome, payload] of answers) this.#answered(id, outcome, payload);
    });
    port.on('close', () => {
      if (this.#port !== port) return;
      this.#port = null;
      this.#failAll();
    });
  }

  /** The function's own timeout is the host's to keep; `timeoutMs` only ends the waiting. */
  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation {
    const pending = new PendingCall(this, this.#nextId++, call.timeoutMs, done);
    this.#pending.set(pending.id, pending);
    this.#send({
      id: pending.id,
      name: plainFunctionName(call.functionName),
      payload: call.payload,
      requestId: call.requestId,
      traceId: call.traceId,
      asynchronous: call.invocationType === 'Event',
    });
    return pending;
  }

  /** Nobody waits for the call any more: it is taken back if it has not begun. */
  abandon(call: PendingCall): void {
    clearTimeout(call.timer);
    if (this.#pending.delete(call.id)) this.#send(call.id);
  }

  close(): void {
    this.#port?.close();
  }

  #answered(id: number, outcome: OutcomeCode, payload: Uint8Array): void {
    const call = this.#pending.get(id);
    if (call === undefined) return;
    this.#pending.delete(id);
    clearTimeout(call.timer);
    call.done(resultOf(outcome, payload));
  }

  /** All requests of one event-loop turn leave together. */
  #send(request: HostRequest): void {
    if (this.#requests.length === 0) setImmediate(() => this.#flush());
    this.#requests.push(request);
  }

  #flush(): void {
    const requests = this.#requests;
    this.#requests = [];
    if (this.#port === null) this.#failAll();
    else this.#port.postMessage(requests);
  }

  #failAll(): void {
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) {
      clearTimeout(call.timer);
      call.done({ kind: 'unreachable', message: 'the function host stopped' });
    }
  }
}

function resultOf(outcome: OutcomeCode, payload: Uint8Array): FunctionResult {
  switch (outcome) {
    case Outcome.result:
      return { kind: 'payload', payload, functionError: false };
    case Outcome.functionError:
      return { kind: 'payload', payload, functionError: true };
    case Outcome.throttled:
      return { kind: 'unavailable', message: Buffer.from(payload).toString() };
    case Outcome.refused:
      return { kind: 'refused', message: Buffer.from(payload).toString() };
  }
}
