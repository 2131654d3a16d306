/** Methods (reference 09 sections 2, 3.1, 5 and 6). */
import { checkMethod, methodName } from '../entities/method-checks.js';
import { type MethodPart, RESOURCES } from '../entities/parts.js';
import { findMethod, findResource, present, putMethod } from '../entities/rest-api.js';
import { shownMethod } from '../entities/shown.js';
import type { Operation } from '../operation.js';
import { MISSING, patchedMap, patchedSet, patchesEntry } from '../patch/maps.js';
import { booleanValue, type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { BOOLEAN, PATCH_INPUT, required, structure, TEXT, TEXT_MAP, TEXTS } from '../wire/shape.js';

export const METHOD_PATH = '/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}';

export const METHOD_OPERATIONS: readonly Operation[] = [
  {
    name: 'PutMethod',
    method: 'PUT',
    path: METHOD_PATH,
    status: 201,
    input: structure({
      authorizationType: required(TEXT),
      authorizerId: TEXT,
      apiKeyRequired: BOOLEAN,
      operationName: TEXT,
      requestParameters: { kind: 'map', of: BOOLEAN },
      requestModels: TEXT_MAP,
      requestValidatorId: TEXT,
      authorizationScopes: TEXTS,
    }),
    async run(transaction, { path, body }) {
      const found = await findResource(transaction, path);
      const httpMethod = methodName(path.http_method);
      if (found.resource.methods[httpMethod] !== undefined) {
        throw conflict('Method already exists for this resource');
      }
      const given = body as Partial<MethodPart>;
      const authorizationType = authorizationTypeOf(given.authorizationType);
      const method = present<MethodPart>({
        httpMethod,
        authorizationType,
        apiKeyRequired: given.apiKeyRequired ?? false,
        authorizerId: needsAuthorizer(authorizationType) ? given.authorizerId : undefined,
        requestValidatorId: given.requestValidatorId,
        operationName: given.operationName,
        requestParameters: given.requestParameters,
        requestModels: given.requestModels,
        authorizationScopes: given.authorizationScopes,
      });
      checkMethod(found.api, method);
      putMethod(found, method);
      return method;
    },
  },
  {
    name: 'GetMethod',
    method: 'GET',
    path: METHOD_PATH,
    status: 200,
    async run(transaction, { path }) {
      return shownMethod((await findMethod(transaction, path)).method);
    },
  },
  {
    name: 'UpdateMethod',
    method: 'PATCH',
    path: METHOD_PATH,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      const patched = patchOperationsOf(body).reduce(patchMethod, found.method);
      // Recorded: an authorizer of a method that has none after all operations is ignored.
      const method = needsAuthorizer(patched.authorizationType)
        ? patched
        : present<MethodPart>({ ...patched, authorizerId: undefined });
      checkMethod(found.api, method);
      putMethod(found, method);
      return shownMethod(method);
    },
  },
  {
    name: 'DeleteMethod',
    method: 'DELETE',
    path: METHOD_PATH,
    status: 204,
    async run(transaction, { path }) {
      const { api, resource, method } = await findMethod(transaction, path);
      const { [method.httpMethod]: _, ...methods } = resource.methods;
      api.put(`${RESOURCES}${resource.id}`, { ...resource, methods });
    },
  },
];

const AUTHORIZATION_TYPES = ['NONE', 'AWS_IAM', 'CUSTOM', 'COGNITO_USER_POOLS'];

function authorizationTypeOf(text: string | undefined): string {
  if (text !== undefined && AUTHORIZATION_TYPES.includes(text)) return text;
  throw badRequest(
    `Invalid authorization type specified. Valid options are ${AUTHORIZATION_TYPES.join(', ')}`,
  );
}

function needsAuthorizer(authorizationType: string): boolean {
  return authorizationType === 'CUSTOM' || authorizationType === 'COGNITO_USER_POOLS';
}

const REPLACEABLE: ReadonlyMap<string, (operation: PatchOperation) => Partial<MethodPart>> = new Map<
  string,
  (operation: PatchOperation) => Partial<MethodPart>
>([
  ['/authorizationType', ({ value }) => ({ authorizationType: authorizationTypeOf(value) })],
  ['/authorizerId', ({ value }) => ({ authorizerId: value ?? '' })],
  ['/apiKeyRequired', (operation) => ({ apiKeyRequired: booleanValue(operation) })],
  ['/operationName', ({ value }) => ({ operationName: value ?? '' })],
  ['/requestValidatorId', ({ value }) => ({ requestValidatorId: value ?? '' })],
]);

function patchMethod(method: MethodPart, operation: PatchOperation): MethodPart {
  if (patchesEntry(operation, 'requestParameters')) {
    const requestParameters = patchedMap(
      method.requestParameters,
      operation,
      MISSING.parameter,
      booleanValue,
    );
    return present<MethodPart>({ ...method, requestParameters });
  }
  if (patchesEntry(operation, 'requestModels')) {
    const requestModels = patchedMap(
      method.requestModels,
      operation,
      MISSING.contentType,
      ({ value }) => value ?? '',
    );
    return present<MethodPart>({ ...method, requestModels });
  }
  if (operation.segments[0] === 'authorizationScopes') return patchScopes(method, operation);
  const replace = REPLACEABLE.get(operation.path ?? '');
  if (replace === undefined) throw badRequest(`Invalid patch path ${operation.path ?? null}`);
  if (operation.op !== 'replace') {
    throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  }
  const changed: MethodPart = { ...method, ...replace(operation) };
  // An empty text takes an optional reference away.
  return present<MethodPart>({
    ...changed,
    requestValidatorId: changed.requestValidatorId === '' ? undefined : changed.requestValidatorId,
    operationName: changed.operationName === '' ? undefined : changed.operationName,
  });
}

function patchScopes(method: MethodPart, operation: PatchOperation): MethodPart {
  const scopes = patchedSet(method.authorizationScopes, operation);
  return present<MethodPart>({
    ...method,
    authorizationScopes: scopes.length === 0 ? undefined : scopes,
  });
}
