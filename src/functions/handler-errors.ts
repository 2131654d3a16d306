/** Errors as Lambda's Node runtime reports them: `{"errorType","errorMessage","trace"}`. */
import { encodeText, type HandlerResult, Outcome } from './protocol.js';

/** Characters of a message and lines of a trace that are kept: an error report stays an error report. */
const MAX_MESSAGE = 65_536;
const MAX_TRACE_LINES = 64;

/** The report of whatever a handler threw, rejected with or passed to its callback. */
export function errorResult(thrown: unknown): HandlerResult {
  if (thrown instanceof Error || isErrorLike(thrown)) {
    const { name, message, stack } = thrown;
    return errorReport(String(name), String(message), typeof stack === 'string' ? stack : '');
  }
  return errorReport(typeof thrown, safeText(thrown), '');
}

/** A report in Lambda's own words, e.g. of type `Runtime.ImportModuleError`; absent members are left out. */
export function errorReport(
  errorType: string | undefined,
  errorMessage: string,
  stack?: string,
): HandlerResult {
  const report = {
    ...(errorType === undefined ? {} : { errorType }),
    errorMessage: errorMessage.slice(0, MAX_MESSAGE),
    ...(stack === undefined ? {} : { trace: stack === '' ? [] : stack.split('\n', MAX_TRACE_LINES) }),
  };
  return { outcome: Outcome.functionError, payload: encodeText(JSON.stringify(report)) };
}

/** Errors of another realm (`vm`, some test tools) are no `instanceof Error`. */
function isErrorLike(value: unknown): value is Error {
  return (
    typeof value === 'object' && value !== null && 'name' in value && 'message' in value && 'stack' in value
  );
}

function safeText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value that has no text';
  }
}
