/** From a definition to an API's entities: what an import brings (reference 08 section 1); the inverse of `definitionOf`. */
import type {
  Authorizer,
  Definition,
  GatewayResponse,
  Integration,
  IntegrationResponse,
  Method,
  Model,
  RequestValidator,
} from '../../model/snapshot.js';
import { findRouteConflicts } from '../../routing/resource-path.js';
import { shortId } from '../entities/ids.js';
import {
  API,
  AUTHORIZERS,
  type AuthorizerPart,
  GATEWAY_RESPONSES,
  type GatewayResponsePart,
  type IntegrationPart,
  type IntegrationResponsePart,
  type MethodPart,
  type MethodResponsePart,
  MODELS,
  type ModelPart,
  RESOURCES,
  type RequestValidatorPart,
  type ResourcePart,
  type RestApiPart,
  VALIDATORS,
} from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { badRequest } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';

/** `merge`: what the definition does not have stays; `overwrite`: it goes. Both replace methods as wholes. */
export type ApplyMode = 'merge' | 'overwrite';

/**
 * Entities keep their ids where they have a counterpart: resources by path, the others by name.
 * @throws ApiError when the resources do not fit together
 */
export function applyDefinition(draft: Draft, definition: Definition, mode: ApplyMode): void {
  applySettings(draft, definition, mode);
  applyModels(draft, definition.models, mode);
  applyGatewayResponses(draft, definition.gatewayResponses, mode);
  const references: References = {
    authorizers: applyNamed(draft, AUTHORIZERS, definition.authorizers, mode, authorizerPart),
    validators: applyNamed(draft, VALIDATORS, definition.requestValidators, mode, validatorPart),
  };
  applyResources(draft, definition, mode, references);
}

/** Ids by name. */
interface References {
  authorizers: ReadonlyMap<string, string>;
  validators: ReadonlyMap<string, string>;
}

/**
 * A definition does not say whether a document named the default of a setting or nothing, so a merge keeps the API's own.
 * The execute-api endpoint, once closed, is opened by UpdateRestApi alone.
 */
function applySettings(draft: Draft, definition: Definition, mode: ApplyMode): void {
  const api = draft.get<RestApiPart>(API);
  if (api === undefined) throw new Error(`${draft.name} holds no API`);
  const { name, binaryMediaTypes, minimumCompressionSize, apiKeySource, policy } = definition;
  const kept = mode === 'merge' ? api : undefined;
  draft.put(
    API,
    present<RestApiPart>({
      ...api,
      name: name.trim() === '' ? api.name : name,
      version: definition.version === '' ? kept?.version : definition.version,
      description: definition.description === '' ? kept?.description : definition.description,
      binaryMediaTypes:
        kept === undefined ? binaryMediaTypes : [...new Set([...kept.binaryMediaTypes, ...binaryMediaTypes])],
      minimumCompressionSize: minimumCompressionSize ?? kept?.minimumCompressionSize,
      apiKeySource: apiKeySource === 'HEADER' ? (kept?.apiKeySource ?? apiKeySource) : apiKeySource,
      policy: policy ?? kept?.policy,
      disableExecuteApiEndpoint: api.disableExecuteApiEndpoint || definition.disableExecuteApiEndpoint,
    }),
  );
}

function applyModels(draft: Draft, models: readonly Model[], mode: ApplyMode): void {
  if (mode === 'overwrite') {
    const names = new Set(models.map(({ name }) => name));
    for (const { name } of draft.list<ModelPart>(MODELS)) if (!names.has(name)) draft.delete(MODELS + name);
  }
  for (const { name, contentType, description, schema } of models) {
    const id = draft.get<ModelPart>(MODELS + name)?.id ?? shortId();
    draft.put(MODELS + name, present<ModelPart>({ id, name, description, schema, contentType }));
  }
}

function applyGatewayResponses(draft: Draft, responses: readonly GatewayResponse[], mode: ApplyMode): void {
  if (mode === 'overwrite') {
    const types = new Set(responses.map(({ responseType }) => responseType));
    for (const { responseType } of draft.list<GatewayResponsePart>(GATEWAY_RESPONSES)) {
      if (!types.has(responseType)) draft.delete(GATEWAY_RESPONSES + responseType);
    }
  }
  for (const response of responses) {
    draft.put(GATEWAY_RESPONSES + response.responseType, { ...response } satisfies GatewayResponsePart);
  }
}

/** @returns the ids of all by name, those that stayed included */
function applyNamed<T extends { name: string }>(
  draft: Draft,
  prefix: string,
  entries: readonly T[],
  mode: ApplyMode,
  partOf: (entry: T, id: string) => object,
): Map<string, string> {
  const ids = new Map<string, string>();
  const wanted = new Set(entries.map(({ name }) => name));
  for (const { id, name } of draft.list<{ id: string; name: string }>(prefix)) {
    if (mode === 'overwrite' && (!wanted.has(name) || ids.has(name))) draft.delete(prefix + id);
    else if (!ids.has(name)) ids.set(name, id);
  }
  for (const entry of entries) {
    const id = ids.get(entry.name) ?? newId(draft, prefix);
    ids.set(entry.name, id);
    draft.put(prefix + id, partOf(entry, id));
  }
  return ids;
}

function newId(draft: Draft, prefix: string): string {
  let id = shortId();
  while (draft.get(prefix + id) !== undefined) id = shortId();
  return id;
}

function validatorPart(validator: RequestValidator, id: string): RequestValidatorPart {
  return { id, ...validator };
}

function authorizerPart({ providerArns, ...members }: Authorizer, id: string): AuthorizerPart {
  return present<AuthorizerPart>({
    ...members,
    id,
    providerARNs: providerArns.length === 0 ? undefined : [...providerArns],
  });
}

/** With the parents that the definition leaves out, since they have no methods. */
function applyResources(
  draft: Draft,
  { resources }: Definition,
  mode: ApplyMode,
  references: References,
): void {
  const before = new Map(draft.list<ResourcePart>(RESOURCES).map((resource) => [resource.path, resource]));
  const given = new Map(resources.map((resource) => [resource.path, resource]));
  const wanted = new Set([...given.keys(), ...[...given.keys()].flatMap(ancestors), '/']);
  const staying = [...before.keys()].filter((path) => mode === 'merge' || wanted.has(path));
  const [conflict] = findRouteConflicts([...new Set([...staying, ...wanted])]);
  if (conflict !== undefined) throw badRequest(conflict.message);

  for (const [path, { id }] of before) {
    if (mode === 'overwrite' && !wanted.has(path)) draft.delete(RESOURCES + id);
  }
  const taken = new Set([...before.values()].map(({ id }) => id));
  const ids = new Map<string, string>();
  for (const path of wanted) ids.set(path, before.get(path)?.id ?? freshId(taken));
  for (const path of wanted) {
    const id = ids.get(path) ?? '';
    const kept = mode === 'merge' ? before.get(path)?.methods : undefined;
    const resource = given.get(path);
    const methods = (resource?.methods ?? []).map((method): [string, MethodPart] => [
      method.httpMethod,
      methodPart(method, references, { from: resource?.id ?? '', to: id }),
    ]);
    draft.put(
      RESOURCES + id,
      present<ResourcePart>({
        id,
        parentId: path === '/' ? undefined : ids.get(parentOf(path)),
        pathPart: path === '/' ? undefined : path.slice(path.lastIndexOf('/') + 1),
        path,
        methods: { ...kept, ...Object.fromEntries(methods) },
      }),
    );
  }
}

function freshId(taken: Set<string>): string {
  let id = shortId();
  while (taken.has(id)) id = shortId();
  taken.add(id);
  return id;
}

/** `/a/b` -> `/a`, `/a` -> `/`. */
function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Without the root. */
function ancestors(path: string): string[] {
  const all: string[] = [];
  for (let parent = parentOf(path); parent !== '/'; parent = parentOf(parent)) all.push(parent);
  return all;
}

/** What the resource was called in the definition, and is called among the entities. */
interface Renaming {
  from: string;
  to: string;
}

function methodPart(method: Method, { authorizers, validators }: References, renaming: Renaming): MethodPart {
  const { authorizerName, requestValidatorName, responses, integration } = method;
  return present<MethodPart>({
    httpMethod: method.httpMethod,
    authorizationType: method.authorizationType,
    apiKeyRequired: method.apiKeyRequired,
    authorizerId: authorizerName === undefined ? undefined : authorizers.get(authorizerName),
    requestValidatorId: requestValidatorName === undefined ? undefined : validators.get(requestValidatorName),
    operationName: method.operationName,
    requestParameters: nonEmpty(method.requestParameters),
    requestModels: nonEmpty(method.requestModels),
    authorizationScopes: method.authorizationScopes.length === 0 ? undefined : method.authorizationScopes,
    methodResponses: nonEmpty(
      Object.fromEntries(
        responses.map(({ statusCode, responseParameters, responseModels }) => [
          statusCode,
          present<MethodResponsePart>({
            statusCode,
            responseParameters: nonEmpty(responseParameters),
            responseModels: nonEmpty(responseModels),
          }),
        ]),
      ),
    ),
    methodIntegration: integration === undefined ? undefined : integrationPart(integration, renaming),
  });
}

function integrationPart(integration: Integration, { from, to }: Renaming): IntegrationPart {
  const { type, connectionType, responses, responseTransferMode, cacheNamespace, ...members } = integration;
  // Answers show the default of HTTP integrations alone.
  const showsConnection = connectionType !== 'INTERNET' || type === 'HTTP' || type === 'HTTP_PROXY';
  return present<IntegrationPart>({
    ...members,
    type,
    connectionType: showsConnection ? connectionType : undefined,
    requestParameters: nonEmpty(integration.requestParameters),
    requestTemplates: nonEmpty(integration.requestTemplates),
    cacheNamespace: cacheNamespace === from ? to : cacheNamespace,
    responseTransferMode: responseTransferMode === 'BUFFERED' ? undefined : responseTransferMode,
    integrationResponses: responses.length === 0 ? undefined : responses.map(integrationResponsePart),
  });
}

function integrationResponsePart(response: IntegrationResponse): IntegrationResponsePart {
  return present<IntegrationResponsePart>({
    ...response,
    responseParameters: nonEmpty(response.responseParameters),
    responseTemplates: nonEmpty(response.responseTemplates),
  });
}

/** Answers leave empty maps out. */
function nonEmpty<T extends object>(map: T): T | undefined {
  return Object.keys(map).length === 0 ? undefined : map;
}
