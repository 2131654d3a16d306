/** Which integration response a custom integration selected, and what became of the others (reference 05 section 1). */
import type { Exchange } from '../exchange/exchange.js';
import { RequestBody } from '../integrations/custom/integration-request.js';
import { errorMessageOf } from '../integrations/custom/lambda.js';
import { readMockStatus } from '../integrations/custom/mock-status.js';
import { compileSelectionPattern } from '../integrations/custom/selection-pattern.js';
import { ResponseTemplates } from '../integrations/custom/templates.js';
import type { IntegrationContext } from '../integrations/integration.js';
import type { IntegrationResponse } from '../model/snapshot.js';
import type { RecordedFunctionCall } from './recording-functions.js';
import type { RecordedCall } from './recording-upstream.js';
import { shadowOf } from './shadow.js';
import type { IntegrationResponseStep, ResponseCandidate } from './trace.js';

/** The text that responses are selected by. */
export interface SelectionText {
  readonly by: 'status' | 'errorMessage';
  readonly text: string;
}

/** Undefined: no backend answered, so nothing was selected. */
export function selectionText(
  context: IntegrationContext,
  exchange: Exchange,
  upstream: RecordedCall | undefined,
  called: RecordedFunctionCall | undefined,
): SelectionText | undefined {
  switch (context.integration.type) {
    case 'HTTP':
    case 'AWS':
      return upstream === undefined ? byErrorMessage(called) : byStatus(upstream);
    case 'MOCK':
      return mockSelection(renderedByMock(context, exchange));
    default:
      return undefined;
  }
}

function byStatus({ status, error }: RecordedCall): SelectionText | undefined {
  return status === 0 || error !== '' ? undefined : { by: 'status', text: String(status) };
}

function byErrorMessage(recorded: RecordedFunctionCall | undefined): SelectionText | undefined {
  if (recorded === undefined) return undefined;
  // Nobody waits for what an asynchronous call comes to.
  if (recorded.call.invocationType === 'Event') return { by: 'errorMessage', text: '' };
  if (recorded.result?.kind !== 'payload') return undefined;
  return { by: 'errorMessage', text: errorMessageOf(recorded.result.payload) };
}

function mockSelection(rendered: string | undefined): SelectionText | undefined {
  if (rendered === undefined) return undefined;
  const status = rendered === '' ? undefined : readMockStatus(rendered);
  if (status !== undefined) return { by: 'status', text: String(status) };
  return rendered === '' ? { by: 'status', text: '' } : undefined;
}

/**
 * What a MOCK's request template rendered, or the body that passed through: rendered once more, on a copy of the
 * exchange, since no call carries it. Undefined: it could not be.
 */
export function renderedByMock(context: IntegrationContext, exchange: Exchange): string | undefined {
  const body = new RequestBody(context);
  const shadow = shadowOf(exchange);
  let rendered: string | undefined;
  body.collect(shadow, (bytes, choice) => {
    const payload = body.transform(shadow, bytes, choice);
    if (payload !== undefined) rendered = Buffer.from(payload ?? '').toString('utf8');
  });
  return rendered;
}

export function integrationResponseStep(
  context: IntegrationContext,
  exchange: Exchange,
  { by, text }: SelectionText,
): IntegrationResponseStep {
  const { candidates, selected } = explainSelection(context.integration.responses, text);
  const template =
    selected === undefined ? undefined : new ResponseTemplates(selected.responseTemplates).choose(exchange);
  const overridden =
    selected !== undefined && exchange.errorType === '' && String(exchange.status) !== selected.statusCode;
  return {
    step: 'integration response',
    selectedBy: by,
    text,
    candidates,
    template: template?.name ?? null,
    overriddenStatus: overridden ? exchange.status : null,
  };
}

/** `IntegrationResponses.select`, with the reasons. */
export function explainSelection(
  responses: readonly IntegrationResponse[],
  text: string,
): { candidates: ResponseCandidate[]; selected: IntegrationResponse | undefined } {
  const candidates: ResponseCandidate[] = [];
  let selected: IntegrationResponse | undefined;
  const outcomeOf = (response: IntegrationResponse, matches: boolean): ResponseCandidate['outcome'] => {
    if (selected !== undefined) return 'not-reached';
    if (matches) selected = response;
    return matches ? 'selected' : 'no-match';
  };
  for (const response of responses) {
    const { statusCode, selectionPattern: source } = response;
    if (source === undefined || source === '') continue;
    const pattern = compileSelectionPattern(source);
    const outcome = pattern === undefined ? 'invalid' : outcomeOf(response, pattern.matches(text));
    candidates.push({ statusCode, pattern: source, outcome });
  }
  const byDefault = responses.find(({ selectionPattern: source }) => source === undefined || source === '');
  if (byDefault !== undefined) {
    const outcome = outcomeOf(byDefault, true);
    candidates.push({ statusCode: byDefault.statusCode, pattern: null, outcome });
  }
  return { candidates, selected };
}
