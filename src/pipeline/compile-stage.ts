/** From one stage to what serves it: a route table of plans for its deployment, and one more for its canary's. */
import type { StageRuntime } from '../exchange/stage-runtime.js';
import { compileGatewayResponses } from '../gateway-responses/customised-responses.js';
import type { IntegrationServices } from '../integrations/integration.js';
import {
  type ApiItem,
  type Definition,
  HTTP_METHODS,
  INTEGRATION_TYPES,
  type Method,
  type Stage,
} from '../model/snapshot.js';
import { parameterNames } from '../routing/resource-path.js';
import { compileRoutesInSteps, type Route, type RouteTable } from '../routing/route-table.js';
import type { Steps } from '../steps.js';
import { loadSchemaCompiler } from '../validation/compiler.js';
import { RequestValidation } from '../validation/request-validation.js';
import type { Plan, PlanContext } from './plan.js';

export interface StageOptions {
  region: string;
  /** 12 digits. */
  accountId: string;
  skipAuthorization: boolean;
}

/** One deployment as one stage serves it. */
export interface CompiledDeployment {
  readonly runtime: StageRuntime;
  readonly routes: RouteTable<Plan>;
}

export interface CompiledStage {
  readonly main: CompiledDeployment;
  /** Null for a stage without canary: all that such a stage pays for canaries is this look. */
  readonly canary: CompiledCanary | null;
}

export interface CompiledCanary extends CompiledDeployment {
  /** Of 100 requests of the stage, how many it answers on average. */
  readonly percentTraffic: number;
}

/**
 * @param counterSlot index of the stage's counters, see telemetry/counters.ts
 * @param planOf makes the plan of each method: `compilePlan`, or `planOnDemand` where most are never asked for
 * @throws Error with the reason when the stage cannot be served
 */
export function* compileStage(
  api: ApiItem,
  stage: Stage,
  counterSlot: number,
  services: IntegrationServices,
  options: StageOptions,
  planOf: (context: PlanContext) => Plan,
): Steps<CompiledStage> {
  const { canary, deployment, variables } = stage;
  const base: Omit<StageRuntime, 'deploymentId' | 'binaryMediaTypes'> = {
    apiId: api.id,
    apiName: api.name,
    stageName: stage.name,
    variables,
    region: options.region,
    accountId: options.accountId,
    counterSlot,
  };
  const compile = (
    { id: deploymentId, definition }: Stage['deployment'],
    more: Partial<StageRuntime>,
  ): Steps<CompiledDeployment> => {
    const { binaryMediaTypes } = definition;
    const runtime = { ...base, deploymentId, binaryMediaTypes, ...more };
    return compileDeployment(definition, runtime, services, options, planOf);
  };
  if (canary === undefined) return { main: yield* compile(deployment, {}), canary: null };
  const main = yield* compile(deployment, { isCanaryRequest: false });
  const second = yield* compile(canary.deployment, {
    isCanaryRequest: true,
    variables: { ...variables, ...canary.stageVariableOverrides },
  });
  return { main, canary: { ...second, percentTraffic: canary.percentTraffic } };
}

/** The deployment that answers a request: a draw for each, without memory (reference 07 section 4). */
export function drawDeployment({ main, canary }: CompiledStage): CompiledDeployment {
  return canary !== null && Math.random() * 100 < canary.percentTraffic ? canary : main;
}

function* compileDeployment(
  definition: Definition,
  base: StageRuntime,
  services: IntegrationServices,
  { skipAuthorization }: StageOptions,
  planOf: (context: PlanContext) => Plan,
): Steps<CompiledDeployment> {
  const customisedResponses = compileGatewayResponses(definition, base);
  const runtime = customisedResponses === undefined ? base : { ...base, customisedResponses };
  const validation = new RequestValidation(definition);
  const { models, requestValidators } = definition;
  if (models.length > 0 && requestValidators.some(({ validateRequestBody }) => validateRequestBody)) {
    loadSchemaCompiler();
  }
  const routes: Route<Plan>[] = [];
  for (const resource of definition.resources) {
    const pathParameterNames = parameterNames(resource.path);
    for (const method of resource.methods) {
      checkWords(resource.path, method);
      const value = planOf({
        stage: runtime,
        resource,
        method,
        pathParameterNames,
        services,
        hasResourcePolicy: definition.policy !== undefined,
        skipAuthorization,
        minimumCompressionSize: definition.minimumCompressionSize,
        validation,
      });
      routes.push({ path: resource.path, method: method.httpMethod, value });
      yield;
    }
  }
  return { runtime, routes: yield* compileRoutesInSteps(routes) };
}

const METHOD_WORDS: ReadonlySet<string> = new Set([...HTTP_METHODS, 'ANY']);
const TYPE_WORDS: ReadonlySet<string> = new Set(INTEGRATION_TYPES);

/** Words of a newer version, or of nobody: a method that would not be served as it is meant is refused. */
function checkWords(path: string, { httpMethod, integration }: Method): void {
  const type = integration?.type;
  if (!METHOD_WORDS.has(httpMethod)) throw unknownWord(path, 'method', httpMethod);
  if (type !== undefined && !TYPE_WORDS.has(type)) throw unknownWord(path, 'integration type', type);
}

function unknownWord(path: string, what: string, word: string): Error {
  return new Error(`resource "${path}" has the unknown ${what} "${word.slice(0, 40)}"`);
}
