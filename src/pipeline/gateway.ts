/** Takes requests to the stages that answer them: addresses, route tables, plans. */
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import type { IntegrationServices } from '../integrations/integration.js';
import type { Snapshot } from '../model/snapshot.js';
import { type AddressOptions, type AddressTable, compileAddresses } from '../routing/address-table.js';
import { atOnce } from '../steps.js';
import { type CompiledStage, compileStage, drawDeployment, type StageOptions } from './compile-stage.js';
import { compilePlan } from './plan.js';
import { answerUnmatched } from './unmatched.js';

export interface GatewayOptions extends StageOptions, AddressOptions {}

/**
 * A stage as addresses know it, whichever compiled form of it serves: a change of one stage leaves the addresses of all
 * as they are.
 */
export interface ServedStage {
  compiled: CompiledStage;
}

export class Gateway {
  #addresses: AddressTable<ServedStage>;

  constructor(addresses: AddressTable<ServedStage>) {
    this.#addresses = addresses;
  }

  /**
   * A whole configuration at once.
   * @throws Error that names the API and what is wrong, when it cannot be served
   */
  static compile(
    snapshot: Pick<Snapshot, 'apis' | 'mappings'>,
    services: IntegrationServices,
    options: GatewayOptions,
  ): Gateway {
    const stages = new Map<string, ServedStage>();
    for (const api of snapshot.apis) {
      for (const stage of api.stages) {
        try {
          const compiled = atOnce(compileStage(api, stage, 0, services, options, compilePlan));
          stages.set(`${api.id}/${stage.name}`, { compiled });
        } catch (error) {
          const where = `API '${api.id}', stage '${stage.name}'`;
          throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
    const lookup = (apiId: string, stageName: string) => stages.get(`${apiId}/${stageName}`) as ServedStage;
    return new Gateway(compileAddresses(snapshot, options, lookup));
  }

  /** Requests from now on find their stages with these. */
  route(addresses: AddressTable<ServedStage>): void {
    this.#addresses = addresses;
  }

  /** Runs one request; see plan.ts for the steps. */
  handle(exchange: Exchange): void {
    const { request } = exchange;
    const address = this.#addresses.resolve(request.host, request.path);
    if (address === 'forbidden') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.FORBIDDEN);
      return;
    }
    const { runtime, routes } = drawDeployment(address.target.compiled);
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
