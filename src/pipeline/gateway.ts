/** A snapshot compiled for one worker: addresses, route tables, plans. Immutable; a new snapshot makes a new one. */
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import type { StageRuntime } from '../exchange/stage-runtime.js';
import { compileGatewayResponses } from '../gateway-responses/customised-responses.js';
import type { IntegrationServices } from '../integrations/integration.js';
import type { Api, Snapshot, Stage } from '../model/snapshot.js';
import { type AddressTable, compileAddresses } from '../routing/address-table.js';
import { parameterNames } from '../routing/resource-path.js';
import { compileRoutes, type Route, type RouteTable } from '../routing/route-table.js';
import { RequestValidation } from '../validation/request-validation.js';
import { compilePlan, type Plan } from './plan.js';
import { answerUnmatched } from './unmatched.js';

export interface GatewayOptions {
  region: string;
  accountId: string;
  executeApiHosts: boolean;
  executeApiPaths: boolean;
  skipAuthorization: boolean;
  /** Counter slot of each stage by `{apiId}/{stage}`; a stage without one counts on slot 0. */
  counterSlots: Readonly<Record<string, number>>;
}

interface CompiledStage {
  runtime: StageRuntime;
  routes: RouteTable<Plan>;
}

export class Gateway {
  readonly revision: number;
  readonly #addresses: AddressTable<CompiledStage>;

  private constructor(revision: number, addresses: AddressTable<CompiledStage>) {
    this.revision = revision;
    this.#addresses = addresses;
  }

  /** @throws Error that names the API and what is wrong, when the snapshot cannot be served */
  static compile(snapshot: Snapshot, services: IntegrationServices, options: GatewayOptions): Gateway {
    const stages = new Map<string, CompiledStage>();
    for (const api of snapshot.apis) {
      for (const stage of api.stages) {
        stages.set(`${api.id}/${stage.name}`, compileStage(api, stage, services, options));
      }
    }
    const addresses = compileAddresses(snapshot, options, (apiId, stageName) => {
      const stage = stages.get(`${apiId}/${stageName}`);
      if (stage === undefined) throw new Error(`A mapping names stage '${stageName}' of API '${apiId}'`);
      return stage;
    });
    return new Gateway(snapshot.revision, addresses);
  }

  /** Runs one request; see plan.ts for the steps. */
  handle(exchange: Exchange): void {
    const { request } = exchange;
    const address = this.#addresses.resolve(request.host, request.path);
    if (address === 'forbidden') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.FORBIDDEN);
      return;
    }
    const { runtime, routes } = address.target;
    exchange.stage = runtime;
    exchange.contextPath = address.contextPath;
    exchange.eventPath = address.eventPath;
    exchange.resourcePath = address.resourcePath;
    const match = routes.match(request.method, address.resourcePath);
    if (match === null) {
      answerUnmatched(exchange);
      return;
    }
    exchange.pathParameters = match.pathParameters;
    exchange.resourceTemplate = match.value.resourceTemplate;
    match.value.integration.invoke(exchange);
  }
}

function compileStage(
  api: Api,
  stage: Stage,
  services: IntegrationServices,
  options: GatewayOptions,
): CompiledStage {
  const { definition, id: deploymentId } = stage.deployment;
  const base: StageRuntime = {
    apiId: api.id,
    apiName: api.name,
    stageName: stage.name,
    deploymentId,
    variables: stage.variables,
    region: options.region,
    accountId: options.accountId,
    binaryMediaTypes: definition.binaryMediaTypes,
    counterSlot: options.counterSlots[`${api.id}/${stage.name}`] ?? 0,
  };
  const customisedResponses = compileGatewayResponses(definition, base);
  const runtime = customisedResponses === undefined ? base : { ...base, customisedResponses };
  const validation = new RequestValidation(definition);
  const routes: Route<Plan>[] = [];
  for (const resource of definition.resources) {
    const pathParameterNames = parameterNames(resource.path);
    for (const method of resource.methods) {
      const value = compilePlan({
        stage: runtime,
        resource,
        method,
        pathParameterNames,
        services,
        hasResourcePolicy: definition.policy !== undefined,
        skipAuthorization: options.skipAuthorization,
        minimumCompressionSize: definition.minimumCompressionSize,
        validation,
      });
      routes.push({ path: resource.path, method: method.httpMethod, value });
    }
  }
  try {
    return { runtime, routes: compileRoutes(routes) };
  } catch (error) {
    throw new Error(`API '${api.id}', stage '${stage.name}': ${(error as Error).message}`, { cause: error });
  }
}
