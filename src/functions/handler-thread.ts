/**
 * A thread of one local function: the task of its pool. Runs the user's code, one invocation at a time; whatever that
 * code does, nothing but this thread ends by it.
 */
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { callHandler, type Handler, type LambdaContext, noteResourcesAtRest } from './handler-call.js';
import { errorReport, errorResult } from './handler-errors.js';
import { redirectOutput } from './handler-output.js';
import {
  encodeText,
  type HandlerData,
  type HandlerReport,
  type HandlerResult,
  type HandlerTask,
  MAX_PAYLOAD_BYTES,
  Outcome,
} from './protocol.js';

const data = workerData as HandlerData;
const logStreamName = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;

redirectOutput(data.name);

let handler: Handler | undefined;

export default async function invoke(task: HandlerTask): Promise<HandlerResult> {
  if (handler === undefined) {
    const loaded = await load();
    if (typeof loaded !== 'function') {
      report({ unloadable: task.call, result: loaded });
      // The host ends this thread, so that the next call finds a fresh one and tries again.
      return new Promise<never>(() => {});
    }
    handler = loaded;
  }
  let event: unknown;
  try {
    const text = typeof task.payload === 'string' ? task.payload : Buffer.from(task.payload).toString('utf8');
    event = text === '' ? {} : JSON.parse(text);
  } catch {
    return { outcome: Outcome.refused, payload: encodeText('the event is not JSON') };
  }
  process.env._X_AMZN_TRACE_ID = task.traceId;
  report({ started: task.call });
  let returned: unknown;
  try {
    returned = await callHandler(handler, event, contextOf(task));
  } catch (error) {
    return errorResult(error);
  }
  return serialise(returned);
}

/** The handler, or the result of every call while there is none. */
async function load(): Promise<Handler | HandlerResult> {
  noteResourcesAtRest();
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(data.file).href)) as Record<string, unknown>;
  } catch (error) {
    const type = error instanceof SyntaxError ? 'Runtime.UserCodeSyntaxError' : 'Runtime.ImportModuleError';
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    return errorReport(type, String(error), stack);
  }
  // A CommonJS module's exports are all under `default`; which ones are also exports by name is a guess of Node's.
  const fallback = module.default as Record<string, unknown> | null | undefined;
  const found = module[data.handler] ?? fallback?.[data.handler];
  if (typeof found === 'function') return found as Handler;
  return errorReport(
    'Runtime.HandlerNotFound',
    `${data.file}: ${data.handler} is ${found === undefined ? 'undefined or not exported' : 'not a function'}`,
    '',
  );
}

function contextOf(task: HandlerTask): LambdaContext {
  const deadline = Date.now() + data.timeoutMs;
  return {
    functionName: data.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMb),
    awsRequestId: task.requestId,
    logGroupName: `/aws/lambda/${data.name}`,
    logStreamName,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function serialise(returned: unknown): HandlerResult {
  let text: string | undefined;
  try {
    text = JSON.stringify(returned);
  } catch (error) {
    return errorReport('Runtime.MarshalError', `Unable to stringify response body: ${String(error)}`, '');
  }
  const payload = encodeText(text ?? 'null');
  if (payload.length > MAX_PAYLOAD_BYTES) {
    return errorReport(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`,
    );
  }
  return { outcome: Outcome.result, payload };
}

function report(message: HandlerReport): void {
  parentPort?.postMessage(message);
}
