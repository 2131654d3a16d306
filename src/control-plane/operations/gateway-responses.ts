/** Gateway responses (reference 09 sections 2, 3.1, 5 and 6; reference 05 section 3.2). */
import {
  defaultGatewayResponse,
  fallbackType,
  GATEWAY_RESPONSE_TYPES,
} from '../entities/gateway-response-types.js';
import { checkContentTypes, invalidMapping } from '../entities/method-checks.js';
import { GATEWAY_RESPONSES, type GatewayResponsePart } from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { MISSING, patchedMap, patchesEntry, refuseOpsButAddRemoveReplace } from '../patch/maps.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { oneOf, PATCH_INPUT, STATUS_CODE, structure, TEMPLATES } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const LIST = '/restapis/{restapi_id}/gatewayresponses';
const ONE = `${LIST}/{response_type}`;
const pathShapes = { response_type: oneOf(...GATEWAY_RESPONSE_TYPES) };

export const GATEWAY_RESPONSE_OPERATIONS: readonly Operation[] = [
  {
    name: 'PutGatewayResponse',
    method: 'PUT',
    path: ONE,
    status: 201,
    pathShapes,
    input: structure({
      statusCode: STATUS_CODE,
      responseParameters: TEMPLATES,
      responseTemplates: TEMPLATES,
    }),
    async run(transaction, { path, body }) {
      const draft = await findApi(transaction, path.restapi_id);
      const defaults = newResponse(path.response_type ?? '');
      const { statusCode, responseParameters, responseTemplates } = body as Partial<GatewayResponsePart>;
      refuseEmpty('responseParameters', responseParameters);
      refuseEmpty('responseTemplates', responseTemplates);
      return put(
        draft,
        present<GatewayResponsePart>({
          ...defaults,
          statusCode,
          responseParameters: responseParameters ?? defaults.responseParameters,
          responseTemplates: responseTemplates ?? defaults.responseTemplates,
        }),
      );
    },
  },
  {
    name: 'GetGatewayResponses',
    method: 'GET',
    path: LIST,
    status: 200,
    async run(transaction, { path, query }) {
      const draft = await findApi(transaction, path.restapi_id);
      return page(
        [...GATEWAY_RESPONSE_TYPES].sort(),
        query,
        (type) => type,
        (type) => shown(draft, type),
      );
    },
  },
  {
    name: 'GetGatewayResponse',
    method: 'GET',
    path: ONE,
    status: 200,
    pathShapes,
    async run(transaction, { path }) {
      return shown(await findApi(transaction, path.restapi_id), path.response_type ?? '');
    },
  },
  {
    name: 'UpdateGatewayResponse',
    method: 'PATCH',
    path: ONE,
    status: 200,
    pathShapes,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const draft = await findApi(transaction, path.restapi_id);
      const type = path.response_type ?? '';
      const before = draft.get<GatewayResponsePart>(`${GATEWAY_RESPONSES}${type}`);
      return put(draft, patchOperationsOf(body).reduce(patchResponse, before ?? newResponse(type)));
    },
  },
  {
    name: 'DeleteGatewayResponse',
    method: 'DELETE',
    path: ONE,
    status: 202,
    pathShapes,
    async run(transaction, { path }) {
      const draft = await findApi(transaction, path.restapi_id);
      const part = `${GATEWAY_RESPONSES}${path.response_type}`;
      if (draft.get(part) === undefined) throw notFound('Gateway response type not defined on api');
      draft.delete(part);
    },
  },
];

/**
 * Without the status that answers show: one that nobody set decides nothing at run time, where a failing integration has
 * several (recorded, reference 05 section 3).
 */
function newResponse(type: string): GatewayResponsePart {
  const { statusCode: _, ...defaults } = defaultGatewayResponse(type);
  return defaults;
}

const PARAMETER = /^gatewayresponse\.header\.[A-Za-z0-9._$-]+$/;

function put(draft: Draft, response: GatewayResponsePart): object {
  const unknown = Object.keys(response.responseParameters ?? {}).find((name) => !PARAMETER.test(name));
  if (unknown !== undefined) throw badRequest(invalidMapping(unknown));
  checkContentTypes(response.responseTemplates);
  draft.put(`${GATEWAY_RESPONSES}${response.responseType}`, response);
  return shownOwn(response);
}

function shownOwn(response: GatewayResponsePart): object {
  const { statusCode } = defaultGatewayResponse(response.responseType);
  return { ...(statusCode === undefined ? {} : { statusCode }), ...response, defaultResponse: false };
}

/** Recorded: a type nobody put shows what its DEFAULT_ type was made to be. */
function shown(draft: Draft, type: string): object {
  const own = draft.get<GatewayResponsePart>(`${GATEWAY_RESPONSES}${type}`);
  if (own !== undefined) return shownOwn(own);
  const fallback = draft.get<GatewayResponsePart>(`${GATEWAY_RESPONSES}${fallbackType(type) ?? ''}`);
  const builtIn = defaultGatewayResponse(type);
  return {
    ...present<GatewayResponsePart>({
      ...builtIn,
      ...fallback,
      responseType: type,
      statusCode: fallback?.statusCode ?? builtIn.statusCode,
    }),
    defaultResponse: true,
  };
}

type MapMember = 'responseParameters' | 'responseTemplates';

function refuseEmpty(
  member: MapMember,
  map: Readonly<Record<string, string | null>> | undefined | null,
): void {
  if (Object.values(map ?? {}).some((value) => value === null || value === '')) {
    throw badRequest(`Invalid null or empty value in ${member}`);
  }
}

function patchResponse(response: GatewayResponsePart, operation: PatchOperation): GatewayResponsePart {
  for (const member of ['responseParameters', 'responseTemplates'] as const) {
    if (!patchesEntry(operation, member)) continue;
    const { op, value } = operation;
    refuseOpsButAddRemoveReplace(operation);
    if (op !== 'remove' && (value === undefined || value === '')) {
      throw badRequest(`Invalid null or empty value in ${member}`);
    }
    const missing = member === 'responseTemplates' ? MISSING.contentType : MISSING.parameter;
    const map = patchedMap(response[member], operation, missing, () => value ?? '');
    return { ...response, [member]: map ?? {} };
  }
  const { op, path, value } = operation;
  if (path !== '/statusCode' || op !== 'replace') throw badRequest(`Invalid patch path ${path ?? null}`);
  const statusCode = value === undefined || value === '' ? undefined : value;
  if (statusCode !== undefined && !/^[1-5]\d\d$/.test(statusCode)) {
    throw badRequest(`Invalid status code specified: ${statusCode}`);
  }
  return present<GatewayResponsePart>({ ...response, statusCode });
}
