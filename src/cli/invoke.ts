/** `propylon invoke`: one request through the compiled pipeline, and what became of it. */

import type { Invocation } from '../invoke/invoke.js';
import { ApiDefinitions } from '../node/api-definitions.js';
import type { Source } from '../node/environment.js';
import { answerJson, answerText } from './answer-text.js';
import { type RequestArguments, requestFrom } from './invoke-arguments.js';
import { CommandError, complain, safeJson, shownPath } from './output.js';
import { importAll, settingsFrom } from './settings.js';
import { traceText } from './trace-text.js';

export interface InvokeOptions {
  trace: boolean;
  json: boolean;
}

/** @returns the exit code: 0 when there is an answer, whatever its status. @throws CommandError */
export async function invokeCommand(
  flags: Source,
  args: RequestArguments,
  options: InvokeOptions,
): Promise<number> {
  const { settings, warnings } = await settingsFrom(flags);
  const request = await requestFrom(args, settings.limits.maxBodyBytes);
  const definitions = new ApiDefinitions(settings, shownPath);
  importAll(definitions, 'no request was made');
  warnings.forEach(complain);
  // The gateway itself is loaded last: what was written wrongly is told at once.
  const { invoke } = await import('../invoke/invoke.js');
  let invocation: Invocation;
  try {
    invocation = await invoke(settings, definitions.snapshot(), request);
  } catch (error) {
    const failure = new CommandError((error as Error).message);
    failure.cause = error;
    throw failure;
  }
  process.stdout.write(options.json ? asJson(invocation, options.trace) : asText(invocation, options.trace));
  return complaints(invocation, options.trace);
}

function asText(invocation: Invocation, trace: boolean): string {
  const answer = answerText(invocation.answer);
  return trace ? `${traceText(invocation.trace())}Answer\n\n${answer}` : answer;
}

function asJson({ answer, gatewayResponse, trace }: Invocation, traced: boolean): string {
  return safeJson({
    answer: answerJson(answer),
    ...(gatewayResponse === undefined ? {} : { gatewayResponse }),
    ...(traced ? { trace: trace() } : {}),
  });
}

/** What the error log of a node would say, unless a trace has said it. */
function complaints({ answer, gatewayResponse, cause }: Invocation, traced: boolean): number {
  if (answer.end !== 'complete') {
    const why = answer.end === 'broken' ? cause : 'it is longer than what is held here';
    complain(`the answer is not complete: ${why}`);
    return 1;
  }
  if (!traced && gatewayResponse !== undefined) {
    const why = gatewayResponse.cause === '' ? '--trace shows each step' : gatewayResponse.cause;
    complain(`the gateway itself answered (${gatewayResponse.type}): ${why}`);
  }
  return 0;
}
