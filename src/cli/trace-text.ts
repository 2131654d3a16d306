/** The steps of one request as text. What strangers wrote (bodies, headers, templates) is indented and cannot steer a terminal. */
import type { Content, Field } from '../invoke/content.js';
import type {
  FunctionStep,
  IntegrationResponseStep,
  IntegrationStep,
  RouteStep,
  TraceStep,
  UpstreamStep,
} from '../invoke/trace.js';
import type { RouteOutcome } from '../routing/explain-routes.js';
import { printable } from '../telemetry/printable.js';
import { contentLines, fieldLines } from './answer-text.js';
import { shownPath } from './output.js';

/** Characters of a body that are shown. */
const SHOWN = 4_096;

/** Ends with an empty line. */
export function traceText(steps: readonly TraceStep[]): string {
  return steps.map((step) => `${block(step)}\n\n`).join('');
}

function block(step: TraceStep): string {
  const [title, lines] = describe(step);
  return [title, ...lines.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
}

function describe(step: TraceStep): [title: string, lines: string[]] {
  switch (step.step) {
    case 'request':
      return ['Request', message(`${step.method} ${step.target}`, step.headers, step.body)];
    case 'address': {
      const { host, found } = step;
      if (found === null) {
        return ['Address', [safe`no API, stage or base path is at this path of host ${host}`]];
      }
      const { apiId, apiName, stage, resourcePath } = found;
      return ['Address', [safe`API ${apiId} "${apiName}", stage ${stage}, resource path ${resourcePath}`]];
    }
    case 'route':
      return ['Route', routeLines(step)];
    case 'authorization': {
      const outcome = step.skipped ? 'skipped' : 'not executed yet: closed unless --skip-authorization';
      return ['Authorization', [safe`asks for ${step.asked.join(', ')}: ${outcome}`]];
    }
    case 'validation': {
      const { validator, checks, passed, found } = step;
      const outcome = passed ? 'passed' : `failed${found === null ? '' : `: ${found}`}`;
      return ['Validation', [safe`validator ${validator} (${checks.join(', ')}) ${outcome}`]];
    }
    case 'integration':
      return ['Integration', integrationLines(step)];
    case 'upstream call':
      return ['Call', upstreamLines(step)];
    case 'function call':
      return ['Function', functionLines(step)];
    case 'integration response':
      return ['Integration response', responseLines(step)];
    case 'gateway response': {
      const { type, status, cause, customisedBy } = step;
      const made = customisedBy === null ? 'built in' : `as the definition has it for ${customisedBy}`;
      const why = cause === '' ? [] : [safe`cause: ${cause}`];
      return ['Gateway response', [safe`${type}, ${String(status)}, ${made}`, ...why]];
    }
  }
}

const OUTCOMES: Readonly<Record<RouteOutcome, string>> = {
  selected: 'selected',
  outranked: 'outranked',
  'no-method': 'no method',
  'no-path': 'no match',
};

function routeLines({ pathParameters, candidates }: RouteStep): string[] {
  const widest = (texts: string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const paths = candidates.map(({ path }) => printable(path));
  const [methodWidth, pathWidth] = [widest(candidates.map(({ method }) => method)), widest(paths)];
  const lines = candidates.map(({ method, outcome, why }, i) => {
    const parameters = outcome === 'selected' ? parametersText(pathParameters ?? {}) : why;
    const columns = `${OUTCOMES[outcome].padEnd(9)}  ${method.padEnd(methodWidth)}  ${paths[i]?.padEnd(pathWidth)}`;
    return `${columns}  ${printable(parameters)}`.trimEnd();
  });
  if (pathParameters !== null) return lines;
  return ['no resource has this path and method, which API Gateway answers as a missing token', ...lines];
}

function parametersText(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} = "${value}"`)
    .join(', ');
}

function integrationLines({ type, uri, template, rendered }: IntegrationStep): string[] {
  const lines = [uri === null ? type : safe`${type} ${uri}`];
  if (template === null) return lines;
  const { chosen, contentType, templates, passthroughBehavior } = template;
  const by = contentType === null ? 'no Content-Type, which counts as application/json' : contentType;
  const among = templates.length === 0 ? 'there are no templates' : `templates: ${templates.join(', ')}`;
  lines.push(safe`body: ${BODY_CHOICES[chosen] ?? chosen} (${by}; ${among}; ${passthroughBehavior})`);
  if (rendered !== null) lines.push('rendered:', ...body(rendered));
  return lines;
}

const BODY_CHOICES: Readonly<Record<string, string>> = {
  passthrough: 'passed through',
  unsupported: 'refused',
};

function upstreamLines({
  method,
  url,
  headers,
  body: sent,
  answer,
  error,
  milliseconds,
}: UpstreamStep): string[] {
  const lines = message(`${method} ${url}`, headers, sent);
  if (answer !== null) {
    const { status, headers: received, body: payload } = answer;
    lines.push('', ...message(`answered ${status} after ${duration(milliseconds)}`, received, payload));
  }
  if (error !== null) lines.push('', safe`failed after ${duration(milliseconds)}, ${error}`);
  return lines;
}

function functionLines(step: FunctionStep): string[] {
  const { functionName, where, asynchronous, event, outcome, result, milliseconds } = step;
  const how = asynchronous ? ', asynchronously: its result is not waited for' : '';
  const payload = result === null ? [] : body(result);
  return [
    safe`${functionName} (${shownPath(where)})${how}`,
    ...(event === null ? [] : ['event:', ...body(event)]),
    '',
    `${outcome} after ${duration(milliseconds)}`,
    ...payload,
  ];
}

const RESPONSE_OUTCOMES = {
  selected: 'selected',
  'no-match': 'no match',
  'not-reached': 'not tried',
  invalid: 'invalid',
};

function responseLines(step: IntegrationResponseStep): string[] {
  const { selectedBy, text, candidates, template, overriddenStatus } = step;
  const lines = [
    text === '' ? `no ${selectedBy} to select by` : safe`selected by ${selectedBy} "${text}"`,
    ...candidates.map(({ statusCode, pattern, outcome }) => {
      const name = pattern === null ? 'default' : safe`${pattern}`;
      return safe`${RESPONSE_OUTCOMES[outcome].padEnd(9)}  ${name} -> ${statusCode}`;
    }),
  ];
  if (candidates.some(({ outcome }) => outcome === 'selected')) {
    lines.push(safe`body: ${template ?? 'passed through'}`);
  }
  if (overriddenStatus !== null) lines.push(`a template set the status to ${overriddenStatus}`);
  return lines;
}

function message(first: string, fields: readonly Field[], content: Content | null): string[] {
  const lines = [safe`${first}`, ...fieldLines(fields)];
  return content === null ? lines : [...lines, '', ...body(content)];
}

/** Lines behind a bar, so that nothing in a body looks like a step. */
function body(content: Content): string[] {
  const { text, bytes, cut } = content;
  const short = text?.slice(0, SHOWN);
  const lines = contentLines(short === undefined ? content : { ...content, text: short }).map(
    (line) => `| ${line}`,
  );
  if (cut || short !== text) lines.push(`| ... (${bytes} bytes in all)`);
  return lines;
}

function duration(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

function safe(texts: TemplateStringsArray, ...values: string[]): string {
  return printable(String.raw({ raw: texts }, ...values));
}
