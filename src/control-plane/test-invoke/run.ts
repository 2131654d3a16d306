/** One call of a method as it is edited now, through the pipeline of deployed ones (reference 09 section 7). */
import { releaseDecoded } from '../../content-encoding/decoded-bytes.js';
import { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import type { StageRuntime } from '../../exchange/stage-runtime.js';
import { compileGatewayResponses } from '../../gateway-responses/customised-responses.js';
import { parseQuery } from '../../http/query.js';
import type { IntegrationContext } from '../../integrations/integration.js';
import { type CollectedAnswer, CollectingSink } from '../../invoke/collecting-sink.js';
import { beginningOf, contentOf, type Field, fieldsOf } from '../../invoke/content.js';
import { explain } from '../../invoke/explain.js';
import { type RecordedFunctionCall, RecordingFunctions } from '../../invoke/recording-functions.js';
import { RecordingUpstream } from '../../invoke/recording-upstream.js';
import type { UpstreamStep } from '../../invoke/trace.js';
import { decodePathText } from '../../mapping/percent-encoding.js';
import type { Definition, HttpMethod, Method, Resource } from '../../model/snapshot.js';
import { planOnDemand } from '../../pipeline/plan.js';
import { parameterNames } from '../../routing/resource-path.js';
import { Upstreams } from '../../upstream/balancing/upstreams.js';
import { RequestValidation } from '../../validation/request-validation.js';
import type { ControlPlaneSettings } from '../workspace/transaction.js';
import { type LoggedAnswer, type LoggedCall, logOf } from './log.js';
import { TestProxyFunctions } from './proxy-event.js';
import type { TestRequest } from './request.js';
import type { TestServices } from './services.js';

export interface TestCall {
  readonly apiId: string;
  readonly definition: Definition;
  readonly resource: Resource;
  readonly method: Method;
  /** What the method is called with; ANY stands for several. */
  readonly httpMethod: HttpMethod;
  readonly request: TestRequest;
  readonly variables: Readonly<Record<string, string>>;
  /** Of whoever calls the control plane; empty: it did not say. */
  readonly userAgent: string;
}

/** Members of TestInvokeMethod's answer. */
export interface TestAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  log: string;
  latency: number;
}

const STAGE = 'test-invoke-stage';

/** Milliseconds beyond the integration's time-out: a streamed answer has no end of its own. */
const EXTRA_MS = 2_000;

/** Authorizers, API keys and throttles have no say. Backends and functions are really called. */
export async function runTest(
  call: TestCall,
  services: TestServices,
  settings: ControlPlaneSettings,
): Promise<TestAnswer> {
  const { request, method } = call;
  const stage = stageOf(call, settings);
  const upstream = new RecordingUpstream(services.upstream);
  const upstreams = new Upstreams({ named: settings.upstreams ?? {}, client: upstream });
  const functions = new RecordingFunctions(services.functions, []);
  const isProxy = method.integration?.type === 'AWS_PROXY';
  let reached: IntegrationContext | undefined;
  const plan = planOnDemand({
    stage,
    resource: call.resource,
    method,
    pathParameterNames: parameterNames(call.resource.path),
    services: {
      ...services,
      upstream,
      upstreams,
      functions: isProxy ? new TestProxyFunctions(functions, request, identityOf(call, settings)) : functions,
      watch: (integration, context) => ({
        invoke(exchange: Exchange): void {
          reached = context;
          integration.invoke(exchange);
        },
      }),
    },
    hasResourcePolicy: false,
    skipAuthorization: true,
    minimumCompressionSize: undefined,
    validation: new RequestValidation(call.definition),
  });

  const sink = new CollectingSink(call.httpMethod === 'HEAD');
  const exchange = new Exchange(request.parsed, sink, 1);
  exchange.stage = stage;
  exchange.contextPath = request.parsed.path;
  exchange.eventPath = request.parsed.path;
  exchange.resourcePath = request.parsed.path;
  exchange.pathParameters = request.pathParameters ?? [];
  exchange.resourceTemplate = call.resource.path;

  const startedAt = Date.now();
  try {
    plan.integration.invoke(exchange);
  } catch (error) {
    const cause = `Execution failed due to an internal error: ${(error as Error).message}`;
    answerGatewayResponse(exchange, GATEWAY_RESPONSES.API_CONFIGURATION_ERROR, cause);
  }
  const collected = await answerInTime(exchange, sink, method);
  const endedAt = Date.now();
  if (exchange.decodedBytes > 0) releaseDecoded(exchange);
  await upstreams.close();

  const answer = answerOf(exchange, collected);
  const recorded =
    loggedFunction(functions.calls.at(-1)) ?? loggedUpstream(exchange, upstream, reached, settings);
  return {
    status: answer.status,
    body: answer.body,
    headers: Object.fromEntries(answer.headers.map(({ name, value }) => [name, value])),
    multiValueHeaders: byName(answer.headers),
    log: logOf({
      requestId: exchange.requestId,
      httpMethod: call.httpMethod,
      request,
      pathParameters: pathParametersOf(call),
      queryParameters: parseQuery(request.parsed.query),
      call: recorded,
      answer,
      startedAt,
      endedAt,
    }),
    latency: endedAt - startedAt,
  };
}

function stageOf(call: TestCall, settings: ControlPlaneSettings): StageRuntime {
  const { apiId, definition, variables } = call;
  const base: StageRuntime = {
    apiId,
    apiName: definition.name,
    stageName: STAGE,
    deploymentId: STAGE,
    variables,
    region: settings.region,
    accountId: settings.accountId,
    binaryMediaTypes: definition.binaryMediaTypes,
    counterSlot: 0,
    identity: identityOf(call, settings),
  };
  const customisedResponses = compileGatewayResponses(definition, base);
  return customisedResponses === undefined ? base : { ...base, customisedResponses };
}

function identityOf({ userAgent }: TestCall, { accountId }: ControlPlaneSettings): Record<string, string> {
  return {
    apiKey: 'test-invoke-api-key',
    apiKeyId: 'test-invoke-api-key-id',
    accountId,
    caller: accountId,
    user: accountId,
    userArn: `arn:aws:iam::${accountId}:root`,
    ...(userAgent === '' ? {} : { userAgent }),
  };
}

/** Past the time-out, with some to spare, the call is given up as by a client that leaves. */
async function answerInTime(
  exchange: Exchange,
  sink: CollectingSink,
  { integration }: Method,
): Promise<CollectedAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, (integration?.timeoutInMillis ?? 0) + EXTRA_MS, undefined);
  });
  const answer = await Promise.race([sink.answered, timeout]);
  clearTimeout(timer);
  if (answer !== undefined) return answer;
  exchange.cancelled = true;
  exchange.listener?.onCancel();
  exchange.outlet?.onCancel();
  exchange.errorCause ||= 'Execution failed due to a timeout error';
  return { status: 504, headers: '', body: Buffer.alloc(0), end: 'too-long' };
}

/** A client's connection needs these, a test call has none (recorded). */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'x-amz-apigw-id',
  'x-amzn-requestid',
]);
const TRACE_ID = 'x-amzn-trace-id';

function answerOf(exchange: Exchange, { status, headers, body, end }: CollectedAnswer): LoggedAnswer {
  const failed = exchange.errorType !== '' || end !== 'complete';
  const shown = fieldsOf(headers).filter(({ name }) => {
    const lower = name.toLowerCase();
    // Recorded: a failure has its error type alone.
    return !LEFT_OUT.has(lower) && !(failed && lower === 'content-type');
  });
  const isTrace = ({ name }: Field): boolean => name.toLowerCase() === TRACE_ID;
  return {
    status,
    headers: [...shown.filter(isTrace), ...shown.filter((field) => !isTrace(field))],
    body: body.toString('utf8'),
    failure: failed ? failureOf(exchange) : undefined,
  };
}

/** Empty: a failure of the client's own, which the log has no line for. */
function failureOf({ errorCause, validationError }: Exchange): string {
  if (errorCause === '') {
    return validationError === ''
      ? ''
      : `Request body does not match model schema for content type application/json: ${validationError}`;
  }
  return /^(?:Execution failed|Lambda )/.test(errorCause)
    ? errorCause
    : `Execution failed due to configuration error: ${errorCause}`;
}

function byName(fields: readonly Field[]): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { name, value } of fields) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}

function pathParametersOf({ resource, request }: TestCall): (readonly [string, string])[] {
  const values = request.pathParameters;
  if (values === null) return [];
  return parameterNames(resource.path).map((name, i) => [name, decodePathText(values[i] ?? '')]);
}

/** An address that cannot be used is no call: the failure stands alone in the log (recorded). */
const UNUSABLE_ADDRESS = 'address:';

function loggedUpstream(
  exchange: Exchange,
  { calls }: RecordingUpstream,
  reached: IntegrationContext | undefined,
  { region, accountId }: ControlPlaneSettings,
): LoggedCall | null {
  if (calls.length === 0 || calls.at(-1)?.error.startsWith(UNUSABLE_ADDRESS)) return null;
  const steps = explain({
    exchange,
    snapshot: { apis: [], mappings: [], domains: [] },
    skipAuthorization: true,
    lambda: { region, accountId },
    integration: reached,
    upstream: calls,
    functions: [],
    sentBody: null,
    refused: false,
  });
  const step = steps.findLast((one): one is UpstreamStep => one.step === 'upstream call');
  if (step === undefined) return null;
  return {
    uri: step.url,
    headers: step.headers,
    body: step.body,
    answer: step.answer,
    milliseconds: step.milliseconds,
  };
}

/** As the call of Lambda that it is on AWS. */
function loggedFunction(recorded: RecordedFunctionCall | undefined): LoggedCall | null {
  if (recorded === undefined) return null;
  const { call, result, milliseconds } = recorded;
  const answered = result?.kind === 'payload' ? result : undefined;
  return {
    uri: `https://lambda.${call.region}.amazonaws.com/2015-03-31/functions/${call.functionName}/invocations`,
    headers: [
      { name: 'x-amzn-apigateway-api-id', value: call.apiId },
      { name: 'Accept', value: 'application/json' },
      { name: 'User-Agent', value: `AmazonAPIGateway_${call.apiId}` },
      { name: 'X-Amzn-Trace-Id', value: call.traceId },
      { name: 'Content-Type', value: 'application/json' },
      ...(call.invocationType === 'Event' ? [{ name: 'X-Amz-Invocation-Type', value: 'Event' }] : []),
    ],
    body: beginningOf(call.payload),
    answer:
      answered === undefined
        ? null
        : {
            status: call.invocationType === 'Event' ? 202 : 200,
            headers: [
              { name: 'Content-Type', value: 'application/json' },
              ...(answered.functionError ? [{ name: 'X-Amz-Function-Error', value: 'Unhandled' }] : []),
              { name: 'X-Amzn-Trace-Id', value: call.traceId },
            ],
            body: contentOf(answered.payload),
          },
    milliseconds,
  };
}
