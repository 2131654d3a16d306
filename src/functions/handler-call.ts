/** One call of a handler in any of the forms Lambda's Node runtime knows. */

export interface LambdaContext {
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  awsRequestId: string;
  logGroupName: string;
  logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  getRemainingTimeInMillis(): number;
}

type Callback = (error?: unknown, result?: unknown) => void;
export type Handler = (event: unknown, context: LambdaContext, callback: Callback) => unknown;

/** What keeps the event loop of a thread without a function busy: its own ports. */
let resourcesAtRest = 0;

/** To be called once before the function's module is loaded. */
export function noteResourcesAtRest(): void {
  resourcesAtRest = process.getActiveResourcesInfo().length;
}

/**
 * Resolves with what the handler returns, resolves to, or passes to `callback` or `context.done/succeed/fail`, whichever
 * comes first. One that takes a callback is waited for, whatever it returns beside a promise (`setTimeout` and its like
 * return something). Another that returns nothing is over when the event loop has nothing left to do, as on Lambda. `callbackWaitsForEmptyEventLoop` has no effect:
 * the result leaves at once and the thread stays warm.
 */
export function callHandler(handler: Handler, event: unknown, context: LambdaContext): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let over = false;
    const succeed = (result?: unknown): void => {
      over = true;
      resolve(result);
    };
    const fail = (error?: unknown): void => {
      over = true;
      reject(error);
    };
    const callback: Callback = (error, result) => {
      if (error === undefined || error === null) succeed(result);
      else fail(error);
    };
    const returned = handler(event, Object.assign(context, { done: callback, succeed, fail }), callback);
    if (isThenable(returned)) returned.then(succeed, fail);
    else if (handler.length >= 3) return;
    else if (returned !== undefined) succeed(returned);
    else whenIdle(() => over, succeed);
  });
}

/** Milliseconds between two looks at the event loop. */
const IDLE_CHECK_MS = 5;

function whenIdle(isOver: () => boolean, idle: () => void): void {
  // An unreferenced timer does not count as something to do.
  setTimeout(() => {
    if (isOver()) return;
    if (process.getActiveResourcesInfo().length <= resourcesAtRest) idle();
    else whenIdle(isOver, idle);
  }, IDLE_CHECK_MS).unref();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
