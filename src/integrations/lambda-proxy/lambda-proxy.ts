/** AWS_PROXY: one request, one event, one function call, one answer (reference 02 section 6). */
import { turnTime } from '../../exchange/clock.js';
import { collectBody } from '../../exchange/collect-body.js';
import type { Exchange, ExchangeListener } from '../../exchange/exchange.js';
import {
  answerGatewayResponse,
  GATEWAY_RESPONSES,
  type GatewayResponseType,
} from '../../exchange/gateway-response.js';
import { decodeBase64 } from '../../http/base64.js';
import { headerValues } from '../../http/header-block.js';
import { type BinaryMatcher, compileBinaryMatcher } from '../../http/media-type.js';
import { forbiddenTargetCause } from '../../mapping/forbidden-headers.js';
import type { Integration } from '../../model/snapshot.js';
import { answerFunctionFailure } from '../function-failure.js';
import type {
  CompiledIntegration,
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
  IntegrationContext,
} from '../integration.js';
import { CONFIGURATION, Misconfigured } from '../misconfigured.js';
import { EventBuilder } from './event.js';
import { type FunctionAddress, parseFunctionUri } from './function-uri.js';
import { MalformedResponse, type ProxyResponse, readProxyResponse } from './response.js';

/** Bytes of an event: Lambda's limit for synchronous calls, "6 MB" in its documentation. */
const MAX_EVENT_BYTES = 6_291_556;

/** Compiles an AWS_PROXY integration. What cannot work answers 500 to every call, as on AWS, with the cause in the log. */
export function compileLambdaProxy(context: IntegrationContext): CompiledIntegration {
  const { integration, stage } = context;
  const address = parseFunctionUri(integration.uri ?? '', stage.variables);
  const fault = address === undefined ? addressFault(integration) : configurationFault(integration);
  if (address === undefined || fault !== undefined) return new Misconfigured(`${CONFIGURATION} ${fault}`);
  // Mappings have no other effect here (section 2.3).
  const forbidden = forbiddenTargetCause('aws', integration.requestParameters);
  if (forbidden !== undefined) return new Misconfigured(forbidden, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR);
  return new LambdaProxy(context, address);
}

function addressFault(integration: Integration): string {
  return integration.responseTransferMode === 'STREAM'
    ? 'Response streaming is not supported for functions'
    : 'Invalid endpoint address';
}

function configurationFault(integration: Integration): string | undefined {
  const { httpMethod } = integration;
  if (httpMethod !== undefined && httpMethod.toUpperCase() !== 'POST') {
    return `Lambda functions are called with POST, not ${httpMethod}`;
  }
  return undefined;
}

class LambdaProxy implements CompiledIntegration {
  readonly address: FunctionAddress;
  readonly apiId: string;
  readonly timeoutMs: number;
  readonly events: EventBuilder;
  readonly acceptsBinary: BinaryMatcher;
  readonly #functions: FunctionInvoker;

  constructor(context: IntegrationContext, address: FunctionAddress) {
    this.address = address;
    this.apiId = context.stage.apiId;
    this.timeoutMs = context.integration.timeoutInMillis;
    this.events = new EventBuilder(context);
    this.acceptsBinary = compileBinaryMatcher(context.stage.binaryMediaTypes);
    this.#functions = context.services.functions;
  }

  invoke(exchange: Exchange): void {
    collectBody(exchange, MAX_EVENT_BYTES, (body) => {
      if (body === 'too-large') answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
      else this.#call(exchange, body);
    });
  }

  #call(exchange: Exchange, body: Uint8Array | null): void {
    try {
      const { json, traceId } = this.events.build(exchange, body);
      // A UTF-16 unit takes three bytes at most: most events need no counting.
      if (json.length * 3 > MAX_EVENT_BYTES && Buffer.byteLength(json) > MAX_EVENT_BYTES) {
        answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
        return;
      }
      new LambdaCall(this, exchange, traceId).start(this.#functions, json);
    } catch (error) {
      internalError(exchange, error);
    }
  }
}

/** One call under way. */
class LambdaCall implements ExchangeListener {
  readonly #proxy: LambdaProxy;
  readonly #exchange: Exchange;
  readonly #traceId: string;
  readonly #startedAt = turnTime();
  #invocation: FunctionInvocation | null = null;
  #left = false;

  constructor(proxy: LambdaProxy, exchange: Exchange, traceId: string) {
    this.#proxy = proxy;
    this.#exchange = exchange;
    this.#traceId = traceId;
    exchange.listener = this;
  }

  start(functions: FunctionInvoker, payload: string): void {
    const { address, apiId, timeoutMs } = this.#proxy;
    const call: FunctionCall = {
      functionName: address.functionName,
      region: address.region,
      payload,
      timeoutMs,
      invocationType: 'RequestResponse',
      apiId,
      requestId: this.#exchange.requestId,
      traceId: this.#traceId,
    };
    this.#invocation = functions.invoke(call, (result) => this.#finish(result));
  }

  /** The function runs on, as on AWS; only its answer is dropped. */
  onCancel(): void {
    this.#left = true;
    this.#invocation?.cancel();
  }

  onDrain(): void {}
  onBodyChunk(): void {}
  onBodyEnd(): void {}

  #finish(result: FunctionResult): void {
    const exchange = this.#exchange;
    if (this.#left || exchange.cancelled || exchange.answered) return;
    exchange.integrationLatency = turnTime() - this.#startedAt;
    try {
      if (result.kind !== 'payload') answerFunctionFailure(exchange, result);
      else if (!result.functionError) this.#answer(result.payload);
      else {
        this.#fail(
          GATEWAY_RESPONSES.BAD_GATEWAY,
          `Lambda execution failed due to customer function error: ${textOf(result.payload)}`,
        );
      }
    } catch (error) {
      internalError(exchange, error);
    }
  }

  #answer(payload: Uint8Array): void {
    let response: ProxyResponse;
    try {
      response = readProxyResponse(payload);
    } catch (error) {
      if (!(error instanceof MalformedResponse)) throw error;
      this.#fail(
        GATEWAY_RESPONSES.BAD_GATEWAY,
        `${CONFIGURATION} Malformed Lambda proxy response: ${error.message}`,
      );
      return;
    }
    let body: string | Uint8Array | null = response.body;
    if (body !== null && response.isBase64Encoded && this.#wantsBytes()) {
      const bytes = decodeBase64(body);
      if (bytes === undefined) {
        this.#fail(
          GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
          `${CONFIGURATION} Unable to base64 decode the body.`,
        );
        return;
      }
      body = bytes;
    }
    this.#exchange.answer(response.status, `${response.headers}X-Amzn-Trace-Id: ${this.#traceId}\r\n`, body);
  }

  /** The client's first Accept decides, the function's Content-Type plays no part (section 6.3). */
  #wantsBytes(): boolean {
    return this.#proxy.acceptsBinary(headerValues(this.#exchange.request.headers, 'accept')[0]);
  }

  #fail(response: GatewayResponseType, cause: string): void {
    answerGatewayResponse(this.#exchange, response, cause);
  }
}

/** The last resort behind "never throws": the request gets its answer and the log the reason. */
function internalError(exchange: Exchange, error: unknown): void {
  answerGatewayResponse(
    exchange,
    GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
    `The Lambda proxy integration failed inside the gateway: ${error instanceof Error ? error.message : String(error)}`,
  );
}

/** The start of a function's error for the log, on one line. */
function textOf(payload: Uint8Array): string {
  const text = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, 512)).toString(
    'utf8',
  );
  return text.replace(/\p{Cc}+/gu, ' ');
}
