/** The threads of one version of one local function: a Piscina pool whose tasks can be stopped. */
import { Piscina } from 'piscina';
import type { FunctionSettings, LambdaSettings } from '../config/settings.js';
import { logError } from '../telemetry/error-log.js';
import { handlerEnvironment } from './handler-environment.js';
import { errorReport } from './handler-errors.js';
import type { HandlerData, HandlerReport, HandlerResult, HandlerTask } from './protocol.js';

/** Milliseconds a thread without work is kept warm. */
const IDLE_MS = 60_000;

/** Milliseconds to start a thread and load the module: Lambda's limit for the init phase. */
const INIT_MS = 10_000;

/** One invocation on its way through a pool. */
class Run {
  readonly abort = new AbortController();
  readonly requestId: string;
  readonly done: (result: HandlerResult) => void;
  started = false;
  /** What to answer when the task is aborted. */
  result: HandlerResult | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(requestId: string, done: (result: HandlerResult) => void) {
    this.requestId = requestId;
    this.done = done;
    this.expireIn(INIT_MS);
  }

  expireIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stop(timedOut(this.requestId, milliseconds)), milliseconds);
  }

  /** Ends the run, and the thread with it, with this result. */
  stop(result: HandlerResult): void {
    this.result = result;
    this.abort.abort();
  }

  end(result: HandlerResult): void {
    clearTimeout(this.#timer);
    this.done(result);
  }
}

export class FunctionPool {
  readonly #pool: Piscina<HandlerTask, HandlerResult>;
  readonly #settings: FunctionSettings;
  readonly #runs = new Map<number, Run>();
  #nextCall = 1;
  #retired = false;

  constructor(settings: FunctionSettings, lambda: LambdaSettings) {
    const workerData: HandlerData = {
      name: settings.name,
      file: settings.file,
      handler: settings.handler,
      timeoutMs: settings.timeoutMs,
      memoryMb: settings.memoryMb,
      functionArn: `arn:aws:lambda:${lambda.region}:${lambda.accountId}:function:${settings.name}`,
    };
    this.#settings = settings;
    this.#pool = new Piscina<HandlerTask, HandlerResult>({
      filename: new URL('./handler-thread.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: settings.concurrency,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: settings.memoryMb },
      // A thread that waits in `Atomics.wait` would hold up the function's own sockets and timers.
      atomics: 'disabled',
      recordTiming: false,
      env: handlerEnvironment(settings, lambda),
      workerData,
    });
    this.#pool.on('message', (message: unknown) => this.#hear(message));
    this.#pool.on('error', (error: Error) => this.#threadDied(error));
  }

  /** Invocations under way. */
  get running(): number {
    return this.#runs.size;
  }

  /**
   * Runs one invocation; the caller keeps `running` below the function's concurrency. Piscina's own queue must stay
   * short: it does not bound tasks that can be aborted, and does not serve them after a thread was stopped until
   * another task comes.
   */
  run(task: Omit<HandlerTask, 'call'>, done: (result: HandlerResult) => void): void {
    const call = this.#nextCall++;
    const run = new Run(task.requestId, done);
    this.#runs.set(call, run);
    const end = (result: HandlerResult): void => {
      this.#runs.delete(call);
      run.end(result);
      if (this.#retired && this.#runs.size === 0) void this.#pool.destroy();
    };
    this.#pool
      .run({ ...task, call }, { signal: run.abort.signal })
      .then(end, (error: unknown) => end(run.result ?? this.#exited(run.requestId, error)));
  }

  /** Takes no more runs; its threads end after the last one. */
  retire(): void {
    this.#retired = true;
    if (this.#runs.size === 0) void this.#pool.destroy();
  }

  /** The user's code can post to the same port: what is no report is not ours. */
  #hear(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    const { started, unloadable, result } = message as Partial<HandlerReport>;
    if (typeof started === 'number') {
      const run = this.#runs.get(started);
      if (run === undefined || run.started) return;
      run.started = true;
      run.expireIn(this.#settings.timeoutMs);
    } else if (typeof unloadable === 'number' && result !== undefined) {
      this.#runs.get(unloadable)?.stop(result);
    }
  }

  /** A thread died outside an invocation. If it was the only one, runs that wait for a thread would wait for ever. */
  #threadDied(error: Error): void {
    logError(`a thread of function ${this.#settings.name} ended outside an invocation: ${reasonOf(error)}`);
    if (this.#pool.threads.length > 0) return;
    for (const run of this.#runs.values()) {
      if (!run.started) run.stop(exitReport(run.requestId, 'exit status 1'));
    }
  }

  #exited(requestId: string, error: unknown): HandlerResult {
    logError(`function ${this.#settings.name} ended its thread: ${reasonOf(error)}`);
    if (codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY') return exitReport(requestId, 'signal: killed');
    const status = /^worker exited with code: (\d+)$/.exec(reasonOf(error))?.[1] ?? '1';
    return exitReport(requestId, status === '0' ? undefined : `exit status ${status}`);
  }
}

/** Lambda's words for a runtime that ended under an invocation. */
function exitReport(requestId: string, how: string | undefined): HandlerResult {
  const end =
    how === undefined ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`;
  return errorReport('Runtime.ExitError', `RequestId: ${requestId} Error: ${end}`);
}

/** Lambda's words for an invocation that took too long. */
function timedOut(requestId: string, milliseconds: number): HandlerResult {
  const seconds = (milliseconds / 1000).toFixed(2);
  return errorReport(
    undefined,
    `${new Date().toISOString()} ${requestId} Task timed out after ${seconds} seconds`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
