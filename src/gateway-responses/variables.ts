/** What templates and parameters of gateway responses can name (reference 05 sections 3.3 and 3.4), compiled per stage. */
import type { Exchange } from '../exchange/exchange.js';
import type { GatewayResponseType } from '../exchange/gateway-response.js';
import type { StageRuntime } from '../exchange/stage-runtime.js';
import { contextVariable, isContextVariable, type MappingContext } from '../mapping/context-variables.js';
import { decodePathText } from '../mapping/percent-encoding.js';
import { readText, requestSource } from '../mapping/source.js';
import type { Method, Resource } from '../model/snapshot.js';
import { parameterNames } from '../routing/resource-path.js';

/** A value of one answer; undefined: it has none. */
export type Variable = (exchange: Exchange, response: GatewayResponseType) => string | undefined;

/** Types we have no name of API Gateway's for; they show as the class they belong to. */
const OWN_TYPES: ReadonlySet<string> = new Set(['BAD_REQUEST', 'FORBIDDEN', 'SERVICE_UNAVAILABLE']);

/** `DEFAULT_4XX` or `DEFAULT_5XX`. */
export function classOf(status: number): string {
  return status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX';
}

const ERROR_VARIABLES: Readonly<Record<string, Variable>> = {
  'error.message': (_, { message }) => message ?? undefined,
  /** With its quotes, or `null`. */
  'error.messageString': (_, { message }) => JSON.stringify(message),
  'error.responseType': (_, { name, status }) => (OWN_TYPES.has(name) ? classOf(status) : name),
  'error.validationErrorString': ({ validationError }) => validationError,
};

/** Stand-ins for a method that may not have been found: nothing below reads them but to compile. */
const NO_RESOURCE: Resource = { id: '', path: '', methods: [] };
const NO_METHOD: Method = {
  httpMethod: 'ANY',
  authorizationType: 'NONE',
  authorizationScopes: [],
  apiKeyRequired: false,
  requestParameters: {},
  requestModels: {},
  responses: [],
};

interface KnownResource {
  readonly resource: Resource;
  readonly parameterNames: readonly string[];
}

export class Variables {
  readonly #stage: StageRuntime;
  readonly #context: MappingContext;
  readonly #resources = new Map<string, KnownResource>();
  /** Variables of the method a request reached; without one they are empty (reference 05 section 3.3). */
  readonly #ofMethod: Readonly<Record<string, Variable>> = {
    resourceId: (exchange) => this.#reached(exchange)?.resource.id,
    resourcePath: (exchange) => exchange.resourceTemplate,
    operationName: (exchange) => {
      const methods = this.#reached(exchange)?.resource.methods;
      const method =
        methods?.find(({ httpMethod }) => httpMethod === exchange.method) ??
        methods?.find(({ httpMethod }) => httpMethod === 'ANY');
      return method?.operationName;
    },
  };

  constructor(stage: StageRuntime, resources: readonly Resource[]) {
    this.#stage = stage;
    this.#context = { stage, resource: NO_RESOURCE, method: NO_METHOD, pathParameterNames: [] };
    for (const resource of resources) {
      this.#resources.set(resource.path, { resource, parameterNames: parameterNames(resource.path) });
    }
  }

  #reached(exchange: Exchange): KnownResource | undefined {
    return this.#resources.get(exchange.resourceTemplate);
  }

  isContext(path: string): boolean {
    return isContextVariable(path);
  }

  /** `context.{path}`: a text known now, or a variable; undefined when it never has a value. */
  context(path: string): string | Variable | undefined {
    if (Object.hasOwn(ERROR_VARIABLES, path)) return ERROR_VARIABLES[path];
    if (Object.hasOwn(this.#ofMethod, path)) return this.#ofMethod[path];
    return contextVariable(path, this.#context);
  }

  stageVariable(name: string): string {
    const { variables } = this.#stage;
    return (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? '';
  }

  /** `method.request.{place}.{name}`, multi-value places included. */
  request(place: string, name: string): Variable {
    if (place === 'path') {
      return (exchange) => {
        const index = this.#reached(exchange)?.parameterNames.indexOf(name) ?? -1;
        const raw = exchange.pathParameters[index];
        return raw === undefined ? undefined : decodePathText(raw);
      };
    }
    const source = requestSource(`method.request.${place}.${name}`, this.#context);
    return (exchange) => readText(source, exchange, null);
  }
}
