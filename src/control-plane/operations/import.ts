/** ImportRestApi and PutRestApi (reference 08 section 1). */
import type { Definition } from '../../model/snapshot.js';
import type { BasePathMode } from '../../openapi/base-path.js';
import type { Documentation } from '../../openapi/documentation.js';
import { type ImportResult, importDefinition } from '../../openapi/import.js';
import { awsWarnings, importRefusal } from '../../openapi/warnings.js';
import { type ApplyMode, applyDefinition } from '../deploy/entities.js';
import { serveApi } from '../deploy/served.js';
import { longId, shortId } from '../entities/ids.js';
import {
  API,
  DOCUMENTATION_PARTS,
  type DocumentationPart,
  type EndpointConfiguration,
  type RestApiPart,
} from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import type { Operation, OperationRequest } from '../operation.js';
import { badRequest } from '../wire/errors.js';
import { oneOf, refuseViolations, violations } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { apiOf, newApi, shownApi, shownOnceCreated } from './rest-apis.js';

export const IMPORT_OPERATIONS: readonly Operation[] = [
  {
    name: 'ImportRestApi',
    method: 'POST',
    path: '/restapis',
    mode: 'import',
    status: 201,
    rawBody: true,
    async run(transaction, request) {
      const id = longId();
      const { definition, result } = readDocument(transaction, request, id);
      const { name } = definition;
      const endpoints = endpointsOf(request.query, result);
      const draft = await newApi(transaction, { name, endpointConfiguration: endpoints }, id);
      applyDefinition(draft, definition, 'overwrite');
      applyDocumentation(draft, result.documentation, 'overwrite');
      return withWarnings(shownOnceCreated(apiOf(draft)), result);
    },
  },
  {
    name: 'PutRestApi',
    method: 'PUT',
    path: '/restapis/{restapi_id}',
    status: 200,
    rawBody: true,
    async run(transaction, request) {
      const { path, query } = request;
      const mode = query.get('mode') ?? 'merge';
      refuseViolations(violations(oneOf('merge', 'overwrite'), mode, 'mode'));
      // Recorded: a document that is none is refused before the API is looked up.
      const { definition, result } = readDocument(transaction, request, path.restapi_id ?? '');
      const draft = await findApi(transaction, path.restapi_id);
      applyDefinition(draft, definition, mode as ApplyMode);
      applyEndpoints(draft, result);
      applyDocumentation(draft, result.documentation, mode as ApplyMode);
      await serveApi(transaction, draft);
      return withWarnings(shownApi(apiOf(draft)), result);
    },
  },
];

interface ReadDocument {
  definition: Definition;
  result: ImportResult;
}

/** @param apiId stands in the references between models. @throws ApiError */
function readDocument(
  { settings }: Transaction,
  { raw, query }: OperationRequest,
  apiId: string,
): ReadDocument {
  const result = importDefinition(Buffer.from(raw).toString('utf8'), 'body', {
    region: settings.region,
    accountId: settings.accountId,
    apiId,
    basepath: basePathMode(query),
    documentation: query.get('ignore') !== 'documentation',
  });
  const refusal = importRefusal(result, query.get('failonwarnings')?.toLowerCase() === 'true');
  if (refusal !== undefined) throw badRequest(refusal);
  if (result.definition === undefined) throw badRequest('Invalid OpenAPI input.');
  return { definition: result.definition, result };
}

function basePathMode(query: URLSearchParams): BasePathMode {
  const mode = query.get('basepath') ?? 'ignore';
  if (mode === 'ignore' || mode === 'prepend' || mode === 'split') return mode;
  throw badRequest('Invalid basepath specified. Valid options are ignore,prepend,split');
}

function withWarnings(api: object, result: ImportResult): object {
  const warnings = awsWarnings(result);
  return warnings.length === 0 ? api : { ...api, warnings };
}

const ENDPOINT_TYPES = ['REGIONAL', 'EDGE', 'PRIVATE'];

/** The query's wishes, then the document's. */
function endpointsOf(
  query: URLSearchParams,
  { endpointConfiguration }: ImportResult,
): Partial<EndpointConfiguration> {
  const types = listOf(query, 'endpointConfigurationTypes');
  if (types?.some((type) => !ENDPOINT_TYPES.includes(type))) {
    throw badRequest(`Invalid EndpointTypes specified. Valid options are ${ENDPOINT_TYPES.join(',')}`);
  }
  return present<Partial<EndpointConfiguration>>({
    types,
    vpcEndpointIds: listOf(query, 'vpcEndpointIds') ?? endpointConfiguration?.vpcEndpointIds,
    ipAddressType: endpointConfiguration?.ipAddressType,
  });
}

/** Several values, or one with commas. */
function listOf(query: URLSearchParams, name: string): string[] | undefined {
  const values = query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return values.length === 0 ? undefined : values;
}

/** An import leaves the endpoint's type alone, and with it the addresses that the type admits. */
function applyEndpoints(draft: Draft, { endpointConfiguration: given }: ImportResult): void {
  if (given === undefined || given.vpcEndpointIds.length === 0) return;
  const api = apiOf(draft);
  const endpointConfiguration = { ...api.endpointConfiguration, vpcEndpointIds: given.vpcEndpointIds };
  draft.put(API, { ...api, endpointConfiguration } satisfies RestApiPart);
}

/** A part at the same place is replaced; an overwrite begins anew, with new ids (recorded). */
export function applyDocumentation(
  draft: Draft,
  documentation: Documentation | undefined,
  mode: ApplyMode,
): string[] {
  if (documentation === undefined) return [];
  const ids = new Map<string, string>();
  for (const { id, location } of draft.list<DocumentationPart>(DOCUMENTATION_PARTS)) {
    if (mode === 'overwrite') draft.delete(DOCUMENTATION_PARTS + id);
    else ids.set(placeOf(location), id);
  }
  return documentation.parts.map(({ location, properties }) => {
    const place = placeOf({ ...location });
    const id = ids.get(place) ?? freePartId(draft);
    ids.set(place, id);
    const part: DocumentationPart = { id, location: { ...location }, properties };
    draft.put(DOCUMENTATION_PARTS + id, part);
    return id;
  });
}

function placeOf(location: Readonly<Record<string, string>>): string {
  return JSON.stringify(['type', 'path', 'method', 'statusCode', 'name'].map((key) => location[key] ?? ''));
}

function freePartId(draft: Draft): string {
  let id = shortId();
  while (draft.get(DOCUMENTATION_PARTS + id) !== undefined) id = shortId();
  return id;
}
