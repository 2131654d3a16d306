/** From an API's entities to the definition a data plane compiles; what a deployment copies. */
import type {
  Authorizer,
  Definition,
  GatewayResponse,
  Integration,
  IntegrationResponse,
  Method,
  Resource,
} from '../../model/snapshot.js';
import {
  API,
  AUTHORIZERS,
  type AuthorizerPart,
  GATEWAY_RESPONSES,
  type GatewayResponsePart,
  type IntegrationPart,
  type IntegrationResponsePart,
  type MethodPart,
  MODELS,
  type ModelPart,
  RESOURCES,
  type RequestValidatorPart,
  type ResourcePart,
  type RestApiPart,
  VALIDATORS,
} from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import type { Draft } from '../workspace/draft.js';

/** The API as it is now. Resources without methods, which answer nothing, stay behind. */
export function definitionOf(draft: Draft): Definition {
  const api = draft.get<RestApiPart>(API);
  if (api === undefined) throw new Error(`${draft.name} holds no API`);
  const authorizers = draft.list<AuthorizerPart>(AUTHORIZERS);
  const validators = draft.list<RequestValidatorPart>(VALIDATORS);
  const names: Names = {
    authorizers: uniqueNames(authorizers),
    validators: uniqueNames(validators),
  };
  return present<Definition>({
    name: api.name,
    version: api.version ?? '',
    description: api.description ?? '',
    binaryMediaTypes: [...api.binaryMediaTypes],
    minimumCompressionSize: api.minimumCompressionSize,
    apiKeySource: api.apiKeySource,
    policy: api.policy,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    resources: draft
      .list<ResourcePart>(RESOURCES)
      .filter(({ methods }) => Object.keys(methods).length > 0)
      .map((resource) => resourceOf(resource, names)),
    models: draft
      .list<ModelPart>(MODELS)
      .map(({ name, contentType, description, schema }) =>
        present({ name, contentType, description, schema }),
      ),
    requestValidators: validators.map(({ id, name, validateRequestBody, validateRequestParameters }) => ({
      name: names.validators.get(id) ?? name,
      validateRequestBody,
      validateRequestParameters,
    })),
    authorizers: authorizers.map((part) => authorizerOf(part, names)),
    gatewayResponses: draft.list<GatewayResponsePart>(GATEWAY_RESPONSES).map(gatewayResponseOf),
  });
}

/** Entities refer to each other by id, a definition by name. */
interface Names {
  authorizers: ReadonlyMap<string, string>;
  validators: ReadonlyMap<string, string>;
}

/** Names need not be unique, references have to be: who comes second is told apart by its id. */
function uniqueNames(parts: readonly { id: string; name: string }[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, name } of parts) {
    const unique = taken.has(name) ? `${name}-${id}` : name;
    taken.add(unique);
    names.set(id, unique);
  }
  return names;
}

function resourceOf({ id, path, methods }: ResourcePart, names: Names): Resource {
  return { id, path, methods: Object.values(methods).map((method) => methodOf(method, names)) };
}

function methodOf(part: MethodPart, names: Names): Method {
  const { authorizerId, requestValidatorId, methodIntegration } = part;
  return present<Method>({
    httpMethod: part.httpMethod as Method['httpMethod'],
    operationName: part.operationName,
    authorizationType: part.authorizationType as Method['authorizationType'],
    authorizerName: authorizerId === undefined ? undefined : names.authorizers.get(authorizerId),
    authorizationScopes: [...(part.authorizationScopes ?? [])],
    apiKeyRequired: part.apiKeyRequired,
    requestValidatorName:
      requestValidatorId === undefined ? undefined : names.validators.get(requestValidatorId),
    requestParameters: { ...part.requestParameters },
    requestModels: { ...part.requestModels },
    responses: Object.values(part.methodResponses ?? {}).map(
      ({ statusCode, responseParameters, responseModels }) => ({
        statusCode,
        responseParameters: { ...responseParameters },
        responseModels: { ...responseModels },
      }),
    ),
    integration: methodIntegration === undefined ? undefined : integrationOf(methodIntegration),
  });
}

function integrationOf(part: IntegrationPart): Integration {
  return present<Integration>({
    type: part.type as Integration['type'],
    httpMethod: part.httpMethod,
    uri: part.uri,
    credentials: part.credentials,
    passthroughBehavior: part.passthroughBehavior as Integration['passthroughBehavior'],
    contentHandling: part.contentHandling as Integration['contentHandling'],
    requestParameters: { ...part.requestParameters },
    requestTemplates: withoutNulls(part.requestTemplates),
    responses: (part.integrationResponses ?? []).map(integrationResponseOf),
    cacheNamespace: part.cacheNamespace,
    cacheKeyParameters: [...part.cacheKeyParameters],
    connectionType: (part.connectionType ?? 'INTERNET') as Integration['connectionType'],
    connectionId: part.connectionId,
    timeoutInMillis: part.timeoutInMillis,
    tlsConfig:
      part.tlsConfig === undefined
        ? undefined
        : present({
            insecureSkipVerification: part.tlsConfig.insecureSkipVerification ?? false,
            serverNameToVerify: part.tlsConfig.serverNameToVerify,
          }),
    responseTransferMode: (part.responseTransferMode ?? 'BUFFERED') as Integration['responseTransferMode'],
    integrationTarget: part.integrationTarget,
    payloadFormatVersion: part.payloadFormatVersion,
    integrationSubtype: part.integrationSubtype,
    upstream: part.upstream,
  });
}

function integrationResponseOf(part: IntegrationResponsePart): IntegrationResponse {
  return present<IntegrationResponse>({
    // An empty pattern makes the default response, as an absent one does.
    selectionPattern: part.selectionPattern === '' ? undefined : part.selectionPattern,
    statusCode: part.statusCode,
    responseParameters: { ...part.responseParameters },
    responseTemplates: withoutNulls(part.responseTemplates),
    contentHandling: part.contentHandling as IntegrationResponse['contentHandling'],
  });
}

function authorizerOf(part: AuthorizerPart, names: Names): Authorizer {
  return present<Authorizer>({
    name: names.authorizers.get(part.id) ?? part.name,
    type: part.type as Authorizer['type'],
    authType: part.authType,
    authorizerUri: part.authorizerUri,
    authorizerCredentials: part.authorizerCredentials,
    identitySource: part.identitySource,
    identityValidationExpression: part.identityValidationExpression,
    authorizerResultTtlInSeconds: part.authorizerResultTtlInSeconds,
    providerArns: [...(part.providerARNs ?? [])],
  });
}

function gatewayResponseOf(part: GatewayResponsePart): GatewayResponse {
  return present<GatewayResponse>({
    responseType: part.responseType,
    statusCode: part.statusCode,
    responseParameters: { ...part.responseParameters },
    responseTemplates: { ...part.responseTemplates },
  });
}

/** A template given empty is kept as null, and means what no template means. */
function withoutNulls(
  templates: Readonly<Record<string, string | null>> | undefined,
): Record<string, string> {
  const entries = Object.entries(templates ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}
