/** Stands before the functions of an invocation and remembers their calls. */

import type { FunctionSettings } from '../config/settings.js';
import { now } from '../exchange/clock.js';
import { plainFunctionName } from '../functions/function-name.js';
import type {
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
} from '../integrations/integration.js';

export interface RecordedFunctionCall {
  readonly call: FunctionCall;
  /** The local function that was called; undefined: a remote one. */
  readonly local: FunctionSettings | undefined;
  result: FunctionResult | undefined;
  milliseconds: number;
}

/** Milliseconds beyond its own time-out in which a function that nobody waits for must have ended. */
const STARTUP_MS = 12_000;

/**
 * An asynchronous call of a local function is answered at once, as on a node, but made so that its end is known: the
 * process must not end before it.
 */
export class RecordingFunctions implements FunctionInvoker {
  readonly calls: RecordedFunctionCall[] = [];
  readonly #invoker: FunctionInvoker;
  readonly #locals: ReadonlyMap<string, FunctionSettings>;
  readonly #unfinished: Promise<void>[] = [];

  constructor(invoker: FunctionInvoker, locals: readonly FunctionSettings[]) {
    this.#invoker = invoker;
    this.#locals = new Map(locals.map((settings) => [settings.name, settings]));
  }

  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation {
    const local = this.#locals.get(plainFunctionName(call.functionName));
    const recorded: RecordedFunctionCall = { call, local, result: undefined, milliseconds: 0 };
    this.calls.push(recorded);
    const startedAt = now();
    const record = (result: FunctionResult): void => {
      recorded.result = result;
      recorded.milliseconds = now() - startedAt;
    };
    if (local !== undefined && call.invocationType === 'Event') {
      this.#unfinished.push(this.#runToItsEnd(call, local, record));
      setImmediate(done, { kind: 'payload', payload: new Uint8Array(), functionError: false });
      return { cancel() {} };
    }
    return this.#invoker.invoke(call, (result) => {
      record(result);
      done(result);
    });
  }

  /** Resolves when the functions that nobody waited for have ended. */
  async finished(): Promise<void> {
    await Promise.all(this.#unfinished);
  }

  #runToItsEnd(
    call: FunctionCall,
    { timeoutMs }: FunctionSettings,
    record: (result: FunctionResult) => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      this.#invoker.invoke(
        { ...call, invocationType: 'RequestResponse', timeoutMs: timeoutMs + STARTUP_MS },
        (result) => {
          record(result);
          resolve();
        },
      );
    });
  }
}
