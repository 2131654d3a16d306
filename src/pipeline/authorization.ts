/**
 * Steps 3 and 4 of a request's life. Authorizers, resource policies, SigV4 verification and API keys are not executed
 * yet, so a method that asks for one is closed rather than open: each answers what AWS answers to a caller it cannot
 * let in. `skipAuthorization` opens them all, for use behind another gateway or on a laptop.
 */
import type { Exchange } from '../exchange/exchange.js';
import {
  answerGatewayResponse,
  GATEWAY_RESPONSES,
  type GatewayResponseType,
} from '../exchange/gateway-response.js';
import type { CompiledIntegration } from '../integrations/integration.js';
import type { PlanContext } from './plan.js';

/** The integration's stand-in when nobody can be let in; undefined when the method is open. */
export function compileAuthorization(context: PlanContext): CompiledIntegration | undefined {
  if (context.skipAuthorization) return undefined;
  const { authorizationType, apiKeyRequired } = context.method;
  if (context.hasResourcePolicy)
    return closed(GATEWAY_RESPONSES.FORBIDDEN, 'Resource policies are not executed yet');
  if (authorizationType === 'AWS_IAM') return closed(GATEWAY_RESPONSES.MISSING_AUTHENTICATION_TOKEN, '');
  if (authorizationType !== 'NONE')
    return closed(
      GATEWAY_RESPONSES.AUTHORIZER_CONFIGURATION_ERROR,
      'Authorizers are not executed yet; start with --skip-authorization to serve the method without',
    );
  if (apiKeyRequired) return closed(GATEWAY_RESPONSES.INVALID_API_KEY, '');
  return undefined;
}

function closed(response: GatewayResponseType, cause: string): CompiledIntegration {
  return {
    invoke(exchange: Exchange): void {
      answerGatewayResponse(exchange, response, cause);
    },
  };
}
