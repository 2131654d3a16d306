import type { Exchange } from '../exchange/exchange.js';
import {
  answerGatewayResponse,
  GATEWAY_RESPONSES,
  type GatewayResponseType,
} from '../exchange/gateway-response.js';
import type { FunctionResult } from './integration.js';
import { CONFIGURATION } from './misconfigured.js';

/** An invocation that brought no payload. */
export type FunctionFailure = Exclude<FunctionResult, { kind: 'payload' }>;

/** Answers as AWS answers when Lambda itself fails (reference 02 section 6.2), for both kinds of integration. */
export function answerFunctionFailure(exchange: Exchange, failure: FunctionFailure): void {
  const [response, cause] = explain(failure);
  answerGatewayResponse(exchange, response, cause);
}

function explain(failure: FunctionFailure): readonly [GatewayResponseType, string] {
  switch (failure.kind) {
    case 'refused':
      return [GATEWAY_RESPONSES.API_CONFIGURATION_ERROR, `${CONFIGURATION} ${failure.message}`];
    case 'unavailable':
      return [GATEWAY_RESPONSES.BAD_GATEWAY, `Lambda invocation failed: ${failure.message}`];
    case 'unreachable':
      return [
        GATEWAY_RESPONSES.INTEGRATION_FAILURE,
        `Execution failed due to a network error communicating with endpoint: ${failure.message}`,
      ];
    case 'timeout':
      return [GATEWAY_RESPONSES.INTEGRATION_TIMEOUT, 'Execution failed due to a timeout error'];
  }
}
