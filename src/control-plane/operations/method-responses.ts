/** Method responses (reference 09 sections 2, 3.1, 5 and 6). */
import { checkContentTypes, checkModel, checkResponseParameterNames } from '../entities/method-checks.js';
import type { MethodPart, MethodResponsePart } from '../entities/parts.js';
import { type FoundMethod, findMethod, present, putMethod } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { MISSING, patchedMap, patchesEntry } from '../patch/maps.js';
import { booleanValue, type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { BOOLEAN, PATCH_INPUT, STATUS_CODE, structure, TEXT_MAP } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import { METHOD_PATH } from './methods.js';

const PATH = `${METHOD_PATH}/responses/{status_code}`;
const pathShapes = { status_code: STATUS_CODE };
export const UNKNOWN_STATUS = 'Invalid Response status code specified';

export const METHOD_RESPONSE_OPERATIONS: readonly Operation[] = [
  {
    name: 'PutMethodResponse',
    method: 'PUT',
    path: PATH,
    status: 201,
    pathShapes,
    input: structure({ responseParameters: { kind: 'map', of: BOOLEAN }, responseModels: TEXT_MAP }),
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      const { responseParameters, responseModels } = body as Partial<MethodResponsePart>;
      return put(
        found,
        present<MethodResponsePart>({ statusCode: path.status_code, responseParameters, responseModels }),
      );
    },
  },
  {
    name: 'GetMethodResponse',
    method: 'GET',
    path: PATH,
    status: 200,
    pathShapes,
    async run(transaction, { path }) {
      return find(await findMethod(transaction, path), path.status_code);
    },
  },
  {
    name: 'UpdateMethodResponse',
    method: 'PATCH',
    path: PATH,
    // Recorded.
    status: 201,
    pathShapes,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      const before = find(found, path.status_code);
      const after = patchOperationsOf(body).reduce(patchResponse, before);
      return put(after.statusCode === before.statusCode ? found : without(found, before.statusCode), after);
    },
  },
  {
    name: 'DeleteMethodResponse',
    method: 'DELETE',
    path: PATH,
    status: 204,
    pathShapes,
    async run(transaction, { path }) {
      const found = await findMethod(transaction, path);
      const { statusCode } = find(found, path.status_code);
      putMethod(found, without(found, statusCode).method);
    },
  },
];

function find({ method }: FoundMethod, statusCode: string | undefined): MethodResponsePart {
  const response = method.methodResponses?.[statusCode ?? ''];
  if (response === undefined) throw notFound(UNKNOWN_STATUS);
  return response;
}

function put(found: FoundMethod, response: MethodResponsePart): MethodResponsePart {
  checkResponse(found.api, response);
  const methodResponses = { ...found.method.methodResponses, [response.statusCode]: response };
  putMethod(found, { ...found.method, methodResponses });
  return response;
}

function without(found: FoundMethod, statusCode: string): FoundMethod {
  const { [statusCode]: _, ...rest } = found.method.methodResponses ?? {};
  const methodResponses = Object.keys(rest).length === 0 ? undefined : rest;
  return { ...found, method: present<MethodPart>({ ...found.method, methodResponses }) };
}

function checkResponse(api: Draft, response: MethodResponsePart): void {
  checkResponseParameterNames(Object.keys(response.responseParameters ?? {}));
  checkContentTypes(response.responseModels);
  for (const name of Object.values(response.responseModels ?? {})) checkModel(api, name);
}

function patchResponse(response: MethodResponsePart, operation: PatchOperation): MethodResponsePart {
  if (patchesEntry(operation, 'responseParameters')) {
    const responseParameters = patchedMap(
      response.responseParameters,
      operation,
      MISSING.parameter,
      booleanValue,
    );
    return present<MethodResponsePart>({ ...response, responseParameters });
  }
  if (patchesEntry(operation, 'responseModels')) {
    const responseModels = patchedMap(
      response.responseModels,
      operation,
      MISSING.contentType,
      ({ value }) => value ?? '',
    );
    return present<MethodResponsePart>({ ...response, responseModels });
  }
  const { op, path, value } = operation;
  if (path === '/statusCode' && op === 'replace' && /^[1-5]\d\d$/.test(value ?? '')) {
    return { ...response, statusCode: value ?? '' };
  }
  throw badRequest(`Invalid patch path ${path ?? null}`);
}
