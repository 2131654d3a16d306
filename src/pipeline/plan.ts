/**
 * The life of a request, top to bottom. What stands here is what happens, in this order; a step that a method's
 * configuration makes pointless is not in its plan.
 *
 *     1 resolve API and stage     gateway.ts, routing/address-table.ts
 *     2 match the route           gateway.ts, routing/route-table.ts
 *     3 authorize                 authorization.ts   (fails closed: see there)
 *     4 API key                   authorization.ts
 *     5 decode the body           request-decoding.ts
 *     6 validate the request      validation/
 *     7 integration request, call, integration response    integrations/
 *     8 compress the answer       response-compression.ts
 *     9 counters and access log   worker/, when the exchange has ended
 *
 * Any step may end in a gateway response (exchange/gateway-response.ts), and none runs after it.
 */
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import { compileIntegration } from '../integrations/compile.js';
import type { CompiledIntegration, IntegrationContext } from '../integrations/integration.js';
import type { RequestValidation } from '../validation/request-validation.js';
import { compileAuthorization } from './authorization.js';
import { RequestDecoding } from './request-decoding.js';
import { ResponseCompression } from './response-compression.js';

/** What one method of one deployed stage compiles to. */
export interface Plan {
  readonly resourceTemplate: string;
  /** The first step; it leads to all others. */
  integration: CompiledIntegration;
}

export interface PlanContext extends Omit<IntegrationContext, 'integration'> {
  readonly hasResourcePolicy: boolean;
  readonly skipAuthorization: boolean;
  /** Bytes from which answers are compressed; undefined: never. */
  readonly minimumCompressionSize: number | undefined;
  readonly validation: RequestValidation;
}

export function compilePlan(context: PlanContext): Plan {
  return { resourceTemplate: context.resource.path, integration: compileSteps(context) };
}

/**
 * A plan that its first request compiles: some 50 us of that one request. Most methods of a large configuration are
 * seldom asked for, and most plans of one that changes often never; compiling them all took most of each change.
 */
export function planOnDemand(context: PlanContext): Plan {
  const plan: Plan = {
    resourceTemplate: context.resource.path,
    integration: {
      invoke(exchange: Exchange): void {
        plan.integration = compileSteps(context);
        plan.integration.invoke(exchange);
      },
    },
  };
  return plan;
}

function compileSteps(context: PlanContext): CompiledIntegration {
  return (
    compileAuthorization(context) ??
    withCodings(context, withValidation(context, compileMethodIntegration(context)))
  );
}

function withValidation(context: PlanContext, inner: CompiledIntegration): CompiledIntegration {
  return context.validation.before(inner, context.method, context.pathParameterNames);
}

/** Steps 5 and 8 around what is between them. */
function withCodings(context: PlanContext, inner: CompiledIntegration): CompiledIntegration {
  const { minimumCompressionSize, method } = context;
  const decoding = new RequestDecoding(inner);
  // Streamed answers have no content encoding (reference 02 section 12).
  const streams = method.integration?.responseTransferMode === 'STREAM';
  return minimumCompressionSize === undefined || streams
    ? decoding
    : new ResponseCompression(minimumCompressionSize, decoding);
}

function compileMethodIntegration(context: PlanContext): CompiledIntegration {
  const integration = context.method.integration;
  if (integration !== undefined) return compileIntegration({ ...context, integration });
  return {
    invoke(exchange: Exchange): void {
      answerGatewayResponse(
        exchange,
        GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
        'Execution failed due to configuration error: the method has no integration',
      );
    },
  };
}
