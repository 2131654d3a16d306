/** AWS with a Lambda function: rendered event in, answer chosen by `errorMessage` (reference 02 section 7). */
import { turnTime } from '../../exchange/clock.js';
import type { Exchange, ExchangeListener } from '../../exchange/exchange.js';
import { GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { completeTraceId } from '../../exchange/trace-id.js';
import { headerValue } from '../../http/header-block.js';
import type { BodyText } from '../../mapping/body-text.js';
import type { RequestOverrides } from '../../mapping/overrides.js';
import { type MappedHeader, RequestMapping } from '../../mapping/request-mapping.js';
import { readText } from '../../mapping/source.js';
import { answerFunctionFailure } from '../function-failure.js';
import type {
  CompiledIntegration,
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
  IntegrationContext,
} from '../integration.js';
import { type FunctionAddress, parseFunctionUri } from '../lambda-proxy/function-uri.js';
import { CONFIGURATION, Misconfigured } from '../misconfigured.js';
import type { Payload } from './content-handling.js';
import { IntegrationRequest } from './integration-request.js';
import { answerSelected, IntegrationResponses } from './integration-responses.js';

/**
 * Compiles an AWS integration with a Lambda URI. A configuration that cannot work answers 500 to every call, with the
 * cause in the log.
 */
export function compileLambdaCustom(context: IntegrationContext): CompiledIntegration {
  const { integration, stage } = context;
  const uri = integration.uri ?? '';
  const mapping = new RequestMapping(integration.requestParameters, 'aws', context);
  if (mapping.forbidden !== undefined) {
    return new Misconfigured(mapping.forbidden, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR);
  }
  const address = parseFunctionUri(uri, stage.variables);
  if (address === undefined) return new Misconfigured(`${CONFIGURATION} Invalid endpoint address`);
  const method = integration.httpMethod?.toUpperCase() ?? 'POST';
  if (method !== 'POST') {
    return new Misconfigured(`${CONFIGURATION} Lambda functions are called with POST, not ${method}`);
  }
  return new LambdaCustom(context, mapping, address);
}

const INVOCATION_TYPE = 'x-amz-invocation-type';

class LambdaCustom implements CompiledIntegration {
  readonly responses: IntegrationResponses;
  readonly #functions: FunctionInvoker;
  readonly #address: FunctionAddress;
  readonly #request: IntegrationRequest;
  readonly #invocationType: MappedHeader | undefined;
  readonly #apiId: string;
  readonly #timeoutMs: number;

  constructor(context: IntegrationContext, mapping: RequestMapping, address: FunctionAddress) {
    this.#functions = context.services.functions;
    this.#address = address;
    this.#request = new IntegrationRequest(context, mapping, (exchange, text, payload, overrides) =>
      this.#call(exchange, text, payload, overrides),
    );
    this.responses = new IntegrationResponses(context);
    // Other mapped headers would go on the Invoke call, where Lambda takes no notice of them.
    this.#invocationType = mapping.headers.find(({ lowerName }) => lowerName === INVOCATION_TYPE);
    this.#apiId = context.stage.apiId;
    this.#timeoutMs = context.integration.timeoutInMillis;
  }

  invoke(exchange: Exchange): void {
    this.#request.prepare(exchange);
  }

  #call(
    exchange: Exchange,
    text: BodyText | null,
    payload: Payload,
    overrides: RequestOverrides | null,
  ): void {
    const traceId = completeTraceId(headerValue(exchange.request.headers, 'x-amzn-trace-id'));
    new LambdaCall(this.responses, exchange, traceId).start(this.#functions, {
      functionName: this.#address.functionName,
      region: this.#address.region,
      payload: payload ?? '{}',
      timeoutMs: this.#timeoutMs,
      invocationType: this.#isEvent(exchange, text, overrides) ? 'Event' : 'RequestResponse',
      apiId: this.#apiId,
      requestId: exchange.requestId,
      traceId,
    });
  }

  #isEvent(exchange: Exchange, text: BodyText | null, overrides: RequestOverrides | null): boolean {
    const override = overrides?.headers.find(({ lowerName }) => lowerName === INVOCATION_TYPE);
    if (override !== undefined) return override.values.at(-1) === 'Event';
    const type = this.#invocationType;
    return type !== undefined && readText(type.source, exchange, text) === 'Event';
  }
}

/** Lambda's own result has this type, whatever the function returned. */
const RESULT_HEADERS = 'Content-Type: application/json\r\n';

class LambdaCall implements ExchangeListener {
  readonly #responses: IntegrationResponses;
  readonly #exchange: Exchange;
  readonly #traceId: string;
  readonly #startedAt = turnTime();
  #invocation: FunctionInvocation | null = null;
  #done = false;

  constructor(responses: IntegrationResponses, exchange: Exchange, traceId: string) {
    this.#responses = responses;
    this.#exchange = exchange;
    this.#traceId = traceId;
    exchange.listener = this;
  }

  start(functions: FunctionInvoker, call: FunctionCall): void {
    this.#invocation = functions.invoke(call, (result) => this.#finish(result));
  }

  /** The function runs on, as on AWS; only its answer is dropped. */
  onCancel(): void {
    this.#done = true;
    this.#invocation?.cancel();
  }

  onDrain(): void {}
  onBodyChunk(): void {}
  onBodyEnd(): void {}

  #finish(result: FunctionResult): void {
    const exchange = this.#exchange;
    if (this.#done) return;
    this.#done = true;
    exchange.integrationLatency = turnTime() - this.#startedAt;
    if (result.kind === 'payload') this.#answer(result.payload);
    else answerFunctionFailure(exchange, result);
  }

  #answer(payload: Uint8Array): void {
    const text = this.#responses.selectsByText ? errorMessageOf(payload) : '';
    const body = payload.length === 0 ? null : payload;
    answerSelected(
      this.#exchange,
      this.#responses.select(text),
      { headers: RESULT_HEADERS, body },
      200,
      `X-Amzn-Trace-Id: ${this.#traceId}\r\n`,
    );
  }
}

const ERROR_MESSAGE = Buffer.from('errorMessage');

/** `errorMessage` of the function's result; empty when there is none (reference 05 section 1). */
export function errorMessageOf(payload: Uint8Array): string {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  // Results without the word, which is nearly all, are not parsed. A name written with escapes is not found: functions
  // do not write their errors so, and a client that could would only reach the default response.
  if (!bytes.includes(ERROR_MESSAGE)) return '';
  let result: unknown;
  try {
    result = JSON.parse(bytes.toString('utf8'));
  } catch {
    return '';
  }
  if (typeof result !== 'object' || result === null || !Object.hasOwn(result, 'errorMessage')) return '';
  const { errorMessage } = result as { errorMessage: unknown };
  return typeof errorMessage === 'string' ? errorMessage : '';
}
