import type { Exchange } from '../exchange/exchange.js';
import {
  answerGatewayResponse,
  GATEWAY_RESPONSES,
  type GatewayResponseType,
} from '../exchange/gateway-response.js';
import type { CompiledIntegration } from './integration.js';

/** How AWS's execution log begins when a configuration is at fault. */
export const CONFIGURATION = 'Execution failed due to configuration error:';

/** An integration whose configuration decides every answer: 500 unless told otherwise, with the cause in the log. */
export class Misconfigured implements CompiledIntegration {
  readonly #cause: string;
  readonly #response: GatewayResponseType;

  constructor(cause: string, response: GatewayResponseType = GATEWAY_RESPONSES.API_CONFIGURATION_ERROR) {
    this.#cause = cause;
    this.#response = response;
  }

  invoke(exchange: Exchange): void {
    answerGatewayResponse(exchange, this.#response, this.#cause);
  }
}
