import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import type { UpstreamError } from '../upstream/upstream.js';

/** Answers an exchange whose HTTP backend failed before its response was passed on (reference 02 section 4). */
export function answerUpstreamFailure(exchange: Exchange, error: UpstreamError): void {
  switch (error.kind) {
    case 'address':
      answerGatewayResponse(
        exchange,
        GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
        `Execution failed due to configuration error: Invalid endpoint address (${error.message})`,
      );
      break;
    case 'timeout':
      answerGatewayResponse(
        exchange,
        GATEWAY_RESPONSES.INTEGRATION_TIMEOUT,
        `Execution failed due to a timeout error (${error.message})`,
      );
      break;
    case 'overload':
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.SERVICE_UNAVAILABLE, error.message);
      break;
    case 'network':
    case 'protocol':
      answerGatewayResponse(
        exchange,
        GATEWAY_RESPONSES.NETWORK_ERROR,
        `Execution failed due to a network error communicating with endpoint (${error.message})`,
      );
      break;
  }
}
