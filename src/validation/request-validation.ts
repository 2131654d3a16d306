/** The validation step of a plan: parameters, then body (reference 06 section 1), in front of any kind of integration. */
import { collectBody } from '../exchange/collect-body.js';
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES, withMessage } from '../exchange/gateway-response.js';
import { headerValue } from '../http/header-block.js';
import { firstMediaType } from '../http/media-type.js';
import type { Definition, Method } from '../model/snapshot.js';
import { BodyValidator } from './body-validator.js';
import { SchemaCompiler } from './compiler.js';
import { RequiredParameters } from './required-parameters.js';
import { Schemas } from './schema.js';
import { SchemaError } from './schema-error.js';

/** What comes after: an integration, as a plan knows it. */
interface NextStep {
  invoke(exchange: Exchange): void;
}

/** The payload limit of reference 10. */
const MAX_BODY_BYTES = 10_485_760;

/** A model that cannot be used, and why. */
interface BrokenModel {
  readonly cause: string;
}

/** The validators and models of one deployed definition. */
export class RequestValidation {
  readonly #definition: Definition;
  readonly #schemas: Schemas;
  readonly #models = new Map<string, BodyValidator | BrokenModel>();
  #compiler: SchemaCompiler | undefined;

  constructor(definition: Definition) {
    this.#definition = definition;
    this.#schemas = new Schemas(definition.models);
  }

  /** The integration with the method's checks in front of it; itself when there is nothing to check. */
  before(next: NextStep, method: Method, pathParameterNames: readonly string[]): NextStep {
    const validator = validatorOf(this.#definition, method);
    if (validator === undefined) return next;
    let step = next;
    if (validator.validateRequestBody && Object.keys(method.requestModels).length > 0) {
      const models = Object.entries(method.requestModels).map(
        ([mediaType, name]) => [mediaTypeKey(mediaType), this.#model(name)] as const,
      );
      step = new BodyCheck(new Map(models), step);
    }
    if (validator.validateRequestParameters) {
      const parameters = new RequiredParameters(method, pathParameterNames);
      if (!parameters.isEmpty) step = new ParameterCheck(parameters, step);
    }
    return step;
  }

  #model(name: string): BodyValidator | BrokenModel {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const model = this.#compile(name);
    this.#models.set(name, model);
    return model;
  }

  #compile(name: string): BodyValidator | BrokenModel {
    try {
      const reached = this.#schemas.reach(name);
      this.#compiler ??= new SchemaCompiler();
      return new BodyValidator(reached, this.#compiler.compile(reached));
    } catch (error) {
      const { message } = error as Error;
      const where = error instanceof SchemaError ? `model ${error.model}, ${error.pointer || '/'}: ` : '';
      return {
        cause: `Execution failed due to configuration error: the model ${name} cannot be used (${where}${message})`,
      };
    }
  }
}

/** The validator a method names, when it checks anything. */
export function validatorOf({ requestValidators }: Definition, { requestValidatorName }: Method) {
  if (requestValidatorName === undefined) return undefined;
  const validator = requestValidators.find(({ name }) => name === requestValidatorName);
  return validator?.validateRequestBody || validator?.validateRequestParameters ? validator : undefined;
}

class ParameterCheck implements NextStep {
  readonly #parameters: RequiredParameters;
  readonly #next: NextStep;

  constructor(parameters: RequiredParameters, next: NextStep) {
    this.#parameters = parameters;
    this.#next = next;
  }

  invoke(exchange: Exchange): void {
    const missing = this.#parameters.missing(exchange);
    if (missing.length === 0) {
      this.#next.invoke(exchange);
      return;
    }
    const message = `Missing required request parameters: [${missing.join(', ')}]`;
    answerGatewayResponse(exchange, withMessage(GATEWAY_RESPONSES.BAD_REQUEST_PARAMETERS, message));
  }
}

const DEFAULT_KEY = '$default';
const JSON_TYPE = 'application/json';

/** Media types are compared without parameters and case. */
function mediaTypeKey(mediaType: string): string {
  return firstMediaType(mediaType).toLowerCase();
}

class BodyCheck implements NextStep {
  readonly #models: ReadonlyMap<string, BodyValidator | BrokenModel>;
  readonly #next: NextStep;

  constructor(models: ReadonlyMap<string, BodyValidator | BrokenModel>, next: NextStep) {
    this.#models = models;
    this.#next = next;
  }

  invoke(exchange: Exchange): void {
    const contentType = headerValue(exchange.request.headers, 'content-type');
    // An empty one counts as none: it would be a way around the model.
    const key = contentType ? mediaTypeKey(contentType) : JSON_TYPE;
    const model = this.#models.get(key) ?? this.#models.get(DEFAULT_KEY);
    if (model === undefined) {
      this.#next.invoke(exchange);
      return;
    }
    if ('cause' in model) {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.API_CONFIGURATION_ERROR, model.cause);
      return;
    }
    const { body } = exchange.request;
    if (body !== 'stream') this.#validate(exchange, model, body);
    else this.#collect(exchange, model);
  }

  /** The integration finds a body that came whole. */
  #collect(exchange: Exchange, model: BodyValidator): void {
    collectBody(exchange, MAX_BODY_BYTES, (body) => {
      if (body === 'too-large') {
        answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
        return;
      }
      exchange.listener = null;
      exchange.request.body = body;
      exchange.request.bodyLength = body?.length ?? 0;
      this.#validate(exchange, model, body);
    });
  }

  #validate(exchange: Exchange, model: BodyValidator, body: Uint8Array | null): void {
    const rejection = model.reject(body);
    if (rejection === undefined) {
      this.#next.invoke(exchange);
      return;
    }
    exchange.validationError = rejection.detail;
    answerGatewayResponse(exchange, GATEWAY_RESPONSES.BAD_REQUEST_BODY, rejection.cause);
  }
}
