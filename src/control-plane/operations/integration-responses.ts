/** Integration responses (reference 09 sections 2, 3.1, 5 and 6). */
import { parseExpression } from '../../mapping/expression.js';
import { checkContentTypes, checkResponseParameterNames, invalidMapping } from '../entities/method-checks.js';
import type { IntegrationPart, IntegrationResponsePart } from '../entities/parts.js';
import { type FoundMethod, findMethod, present, putMethod } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { MISSING, patchedMap, patchesEntry } from '../patch/maps.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { oneOf, PATCH_INPUT, STATUS_CODE, structure, TEMPLATES, TEXT, TEXT_MAP } from '../wire/shape.js';
import { CONTENT_HANDLING, contentHandling, templatesOf, UNKNOWN_INTEGRATION } from './integrations.js';
import { UNKNOWN_STATUS } from './method-responses.js';
import { METHOD_PATH } from './methods.js';

const PATH = `${METHOD_PATH}/integration/responses/{status_code}`;
const pathShapes = { status_code: STATUS_CODE };

export const INTEGRATION_RESPONSE_OPERATIONS: readonly Operation[] = [
  {
    name: 'PutIntegrationResponse',
    method: 'PUT',
    path: PATH,
    status: 201,
    pathShapes,
    input: structure({
      selectionPattern: TEXT,
      responseParameters: TEXT_MAP,
      responseTemplates: TEMPLATES,
      contentHandling: oneOf(...CONTENT_HANDLING),
    }),
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      const integration = integrationOf(found);
      const { selectionPattern, responseParameters, responseTemplates, contentHandling } =
        body as Partial<IntegrationResponsePart>;
      return put(
        found,
        integration,
        present<IntegrationResponsePart>({
          statusCode: path.status_code,
          selectionPattern,
          responseParameters,
          responseTemplates: templatesOf(responseTemplates),
          contentHandling,
        }),
      );
    },
  },
  {
    name: 'GetIntegrationResponse',
    method: 'GET',
    path: PATH,
    status: 200,
    pathShapes,
    async run(transaction, { path }) {
      return find(integrationOf(await findMethod(transaction, path)), path.status_code);
    },
  },
  {
    name: 'UpdateIntegrationResponse',
    method: 'PATCH',
    path: PATH,
    status: 200,
    pathShapes,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      const integration = integrationOf(found);
      const before = find(integration, path.status_code);
      return put(found, integration, patchOperationsOf(body).reduce(patchResponse, before));
    },
  },
  {
    name: 'DeleteIntegrationResponse',
    method: 'DELETE',
    path: PATH,
    status: 204,
    pathShapes,
    async run(transaction, { path }) {
      // Recorded: here a missing method is a missing integration.
      const found = await findMethod(transaction, path).catch((error: Error) => {
        throw error.message.includes('Method') ? notFound(UNKNOWN_INTEGRATION) : error;
      });
      const integration = integrationOf(found);
      const { statusCode } = find(integration, path.status_code);
      const rest = (integration.integrationResponses ?? []).filter((one) => one.statusCode !== statusCode);
      const integrationResponses = rest.length === 0 ? undefined : rest;
      putMethod(found, {
        ...found.method,
        methodIntegration: present<IntegrationPart>({ ...integration, integrationResponses }),
      });
    },
  },
];

function integrationOf({ method }: FoundMethod): IntegrationPart {
  if (method.methodIntegration === undefined) throw notFound(UNKNOWN_INTEGRATION);
  return method.methodIntegration;
}

function find(integration: IntegrationPart, statusCode: string | undefined): IntegrationResponsePart {
  const response = integration.integrationResponses?.find((one) => one.statusCode === statusCode);
  if (response === undefined) throw notFound(UNKNOWN_STATUS);
  return response;
}

function put(
  found: FoundMethod,
  integration: IntegrationPart,
  response: IntegrationResponsePart,
): IntegrationResponsePart {
  checkResponseParameterNames(Object.keys(response.responseParameters ?? {}));
  const declared = found.method.methodResponses?.[response.statusCode]?.responseParameters ?? {};
  for (const [target, source] of Object.entries(response.responseParameters ?? {})) {
    // Reference 05 section 2.
    if (!Object.hasOwn(declared, target)) {
      throw badRequest(`Invalid mapping expression parameter specified: ${target}`);
    }
    if (parseExpression(source, 'response') === undefined) throw badRequest(invalidMapping(source));
  }
  checkContentTypes(response.responseTemplates);
  const others = integration.integrationResponses ?? [];
  const index = others.findIndex(({ statusCode }) => statusCode === response.statusCode);
  // A replaced response keeps its place.
  const integrationResponses =
    index < 0
      ? [...others, response]
      : others.flatMap((one, i) =>
          i === index ? [response] : one.statusCode === response.statusCode ? [] : [one],
        );
  putMethod(found, { ...found.method, methodIntegration: { ...integration, integrationResponses } });
  return response;
}

function patchResponse(
  response: IntegrationResponsePart,
  operation: PatchOperation,
): IntegrationResponsePart {
  if (patchesEntry(operation, 'responseParameters')) {
    const responseParameters = patchedMap(
      response.responseParameters,
      operation,
      MISSING.parameter,
      ({ value }) => value ?? '',
    );
    return present<IntegrationResponsePart>({ ...response, responseParameters });
  }
  if (patchesEntry(operation, 'responseTemplates')) {
    const responseTemplates = patchedMap<string | null>(
      response.responseTemplates,
      operation,
      MISSING.contentType,
      ({ value }) => (value === undefined || value === '' ? null : value),
    );
    return present<IntegrationResponsePart>({ ...response, responseTemplates });
  }
  const { op, path, value } = operation;
  if (path !== '/selectionPattern' && path !== '/contentHandling') {
    throw badRequest(`Invalid patch path ${path ?? null}`);
  }
  if (op !== 'replace') throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  if (path === '/selectionPattern') return { ...response, selectionPattern: value ?? '' };
  return present<IntegrationResponsePart>({ ...response, contentHandling: contentHandling(value) });
}
