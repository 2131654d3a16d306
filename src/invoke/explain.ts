/** From what was recorded of one request to the steps it took. */

import type { LambdaSettings } from '../config/settings.js';
import type { Exchange } from '../exchange/exchange.js';
import { GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import { classOf } from '../gateway-responses/variables.js';
import { headerValue } from '../http/header-block.js';
import { wireText } from '../http/wire-text.js';
import { RequestTemplates } from '../integrations/custom/templates.js';
import type { FunctionResult, IntegrationContext } from '../integrations/integration.js';
import { decodePathText } from '../mapping/percent-encoding.js';
import type { Definition, Method, Snapshot } from '../model/snapshot.js';
import { explainRoutes } from '../routing/explain-routes.js';
import { parameterNames } from '../routing/resource-path.js';
import type { Origin } from '../upstream/upstream.js';
import { STREAMED } from '../upstream/upstream.js';
import { validatorOf } from '../validation/request-validation.js';
import { beginningOf, type Content, contentOf, type Field, fieldsOf } from './content.js';
import { integrationResponseStep, renderedByMock, selectionText } from './explain-response.js';
import type { RecordedFunctionCall } from './recording-functions.js';
import type { RecordedCall } from './recording-upstream.js';
import type {
  AuthorizationStep,
  FunctionStep,
  GatewayResponseStep,
  IntegrationStep,
  RequestStep,
  TraceStep,
  UpstreamStep,
  ValidationStep,
} from './trace.js';

/** One request that has been answered. */
export interface Recording {
  readonly exchange: Exchange;
  readonly snapshot: Omit<Snapshot, 'revision'>;
  readonly skipAuthorization: boolean;
  readonly lambda: LambdaSettings;
  /** Of the integration that was invoked; undefined: none was. */
  readonly integration: IntegrationContext | undefined;
  readonly upstream: readonly RecordedCall[];
  readonly functions: readonly RecordedFunctionCall[];
  /** The body as the client sent it. */
  readonly sentBody: Uint8Array | null;
  /** An acceptor had not let it in. */
  readonly refused: boolean;
}

export function explain(recording: Recording): TraceStep[] {
  const { exchange, integration, refused } = recording;
  const steps: TraceStep[] = [requestStep(recording)];
  if (!refused) steps.push(...routing(recording));
  if (integration !== undefined) steps.push(...integrationSteps(recording, integration));
  if (exchange.errorType !== '') steps.push(gatewayResponseStep(exchange, definitionOf(recording)));
  return steps;
}

function requestStep({ exchange, sentBody }: Recording): RequestStep {
  const { method, path, query, host, headers } = exchange.request;
  return {
    step: 'request',
    method,
    target: query === '' ? path : `${path}?${query}`,
    headers: [{ name: 'host', value: wireText(host) }, ...fieldsOf(headers)],
    body: beginningOf(sentBody),
  };
}

/** Address, route, and what stands before the integration. */
function routing(recording: Recording): TraceStep[] {
  const { exchange } = recording;
  const { stage, request, resourcePath, resourceTemplate } = exchange;
  const definition = definitionOf(recording);
  if (stage === null || definition === undefined) {
    return [{ step: 'address', host: request.host, found: null }];
  }
  const { apiId, apiName, stageName } = stage;
  const candidates = explainRoutes(definition.resources, exchange.method, resourcePath);
  const selected = candidates.find(({ outcome }) => outcome === 'selected');
  const steps: TraceStep[] = [
    { step: 'address', host: request.host, found: { apiId, apiName, stage: stageName, resourcePath } },
    { step: 'route', pathParameters: selected === undefined ? null : pathParameters(exchange), candidates },
  ];
  const method = definition.resources
    .find(({ path }) => path === resourceTemplate)
    ?.methods.find(({ httpMethod }) => httpMethod === selected?.method);
  if (method !== undefined) {
    steps.push(...authorizationStep(definition, method, recording.skipAuthorization));
    steps.push(...validationStep(recording, definition, method));
  }
  return steps;
}

function definitionOf({ exchange, snapshot }: Recording): Definition | undefined {
  const { stage: reached } = exchange;
  const stage = snapshot.apis
    .find(({ id }) => id === reached?.apiId)
    ?.stages.find(({ name }) => name === reached?.stageName);
  return (reached?.isCanaryRequest === true ? stage?.canary : stage)?.deployment.definition;
}

function pathParameters({ resourceTemplate, pathParameters: values }: Exchange): Record<string, string> {
  const names = parameterNames(resourceTemplate);
  return Object.fromEntries(names.map((name, i) => [name, decodePathText(values[i] ?? '')]));
}

function authorizationStep(definition: Definition, method: Method, skipped: boolean): AuthorizationStep[] {
  const { authorizationType: type, authorizerName, apiKeyRequired } = method;
  const asked = [
    ...(definition.policy === undefined ? [] : ['a resource policy']),
    ...(type === 'NONE' ? [] : [authorizerName === undefined ? type : `${type} (${authorizerName})`]),
    ...(apiKeyRequired ? ['an API key'] : []),
  ];
  return asked.length === 0 ? [] : [{ step: 'authorization', asked, skipped }];
}

function validationStep(recording: Recording, definition: Definition, method: Method): ValidationStep[] {
  const { exchange, integration } = recording;
  const validator = validatorOf(definition, method);
  const rejected = ['BAD_REQUEST_PARAMETERS', 'BAD_REQUEST_BODY'].includes(exchange.errorType);
  const passed = integration !== undefined;
  if (validator === undefined || (!passed && !rejected)) return [];
  return [
    {
      step: 'validation',
      validator: validator.name,
      checks: [
        ...(validator.validateRequestParameters ? (['parameters'] as const) : []),
        ...(validator.validateRequestBody ? (['body'] as const) : []),
      ],
      passed,
      found: exchange.validationError === '' ? null : exchange.validationError,
    },
  ];
}

function integrationSteps(recording: Recording, context: IntegrationContext): TraceStep[] {
  const { exchange, upstream, functions } = recording;
  const steps: TraceStep[] = [
    integrationStep(context, exchange),
    ...upstream.map(upstreamStep),
    ...functions.map((recorded) => functionStep(recorded, recording.lambda)),
  ];
  const text = selectionText(context, exchange, upstream.at(-1), functions.at(-1));
  if (text !== undefined) steps.push(integrationResponseStep(context, exchange, text));
  return steps;
}

function integrationStep(context: IntegrationContext, exchange: Exchange): IntegrationStep {
  const { type, uri, requestTemplates, passthroughBehavior } = context.integration;
  const isProxy = type === 'HTTP_PROXY' || type === 'AWS_PROXY';
  const choice = isProxy ? '' : new RequestTemplates(requestTemplates, passthroughBehavior).choose(exchange);
  const contentType = headerValue(exchange.request.headers, 'content-type');
  const rendered = type === 'MOCK' ? renderedByMock(context, exchange) : undefined;
  return {
    step: 'integration',
    type,
    uri: type === 'MOCK' ? null : (uri ?? null),
    template: isProxy
      ? null
      : {
          chosen: typeof choice === 'string' ? choice : choice.name,
          contentType: contentType === undefined ? null : wireText(contentType),
          templates: Object.keys(requestTemplates),
          passthroughBehavior,
        },
    rendered: beginningOf(rendered ?? null),
  };
}

function upstreamStep({
  request,
  status,
  headers,
  kept,
  bytes,
  error,
  milliseconds,
}: RecordedCall): UpstreamStep {
  const { origin, method, target, body } = request;
  return {
    step: 'upstream call',
    method,
    url: `${baseUrl(origin)}${target}`,
    headers: fieldsOf(request.headers).map(withoutSecret),
    body: body === STREAMED ? null : beginningOf(body),
    answer:
      status === 0
        ? null
        : { status, headers: fieldsOf(headers), body: contentOf(Buffer.concat(kept), bytes) },
    error: error === '' ? null : error,
    milliseconds,
  };
}

function baseUrl({ scheme, host, port }: Origin): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}${port === (scheme === 'http' ? 80 : 443) ? '' : `:${port}`}`;
}

const HIDDEN = '(hidden)';
const SIGNATURE = `Signature=${HIDDEN}`;

/** Of a signature only what helps to compare it; the client's own credentials are the client's to see. */
function withoutSecret(field: Field): Field {
  const { name, value } = field;
  switch (name.toLowerCase()) {
    case 'x-amz-security-token':
      return { name, value: HIDDEN };
    case 'authorization':
      return value.startsWith('AWS4-') ? { name, value: value.replace(/Signature=.*$/, SIGNATURE) } : field;
    default:
      return field;
  }
}

function functionStep(recorded: RecordedFunctionCall, lambda: LambdaSettings): FunctionStep {
  const { call, local, result, milliseconds } = recorded;
  const remote = lambda.endpoint ?? `AWS Lambda in ${call.region}`;
  return {
    step: 'function call',
    functionName: call.functionName,
    where: local === undefined ? remote : `${local.file}#${local.handler}`,
    asynchronous: call.invocationType === 'Event',
    event: beginningOf(call.payload),
    ...outcomeOf(result),
    milliseconds,
  };
}

function outcomeOf(result: FunctionResult | undefined): { outcome: string; result: Content | null } {
  if (result === undefined) return { outcome: 'no answer was waited for', result: null };
  switch (result.kind) {
    case 'payload':
      return {
        outcome: result.functionError ? 'function error' : 'payload',
        result: beginningOf(result.payload),
      };
    case 'timeout':
      return { outcome: 'timeout', result: null };
    default:
      return { outcome: result.kind, result: contentOf(result.message) };
  }
}

/** Never customised, see gateway-responses/. */
const NEVER_CUSTOMISED = GATEWAY_RESPONSES.REQUEST_TOO_LARGE.name;

function gatewayResponseStep(exchange: Exchange, definition: Definition | undefined): GatewayResponseStep {
  const { errorType: type, errorCause: cause, status } = exchange;
  const builtIn = Object.values(GATEWAY_RESPONSES).find(({ name }) => name === type)?.status ?? status;
  const customised = new Set(definition?.gatewayResponses.map(({ responseType }) => responseType));
  const names = type === NEVER_CUSTOMISED ? [] : [type, classOf(builtIn)];
  return {
    step: 'gateway response',
    type,
    status,
    cause,
    customisedBy: names.find((name) => customised.has(name)) ?? null,
  };
}
