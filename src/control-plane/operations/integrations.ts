/** Integrations (reference 09 sections 2, 3.1, 5 and 6). */
import { parseExpression } from '../../mapping/expression.js';
import { checkEndpoint } from '../entities/integration-checks.js';
import { checkContentTypes, invalidMapping } from '../entities/method-checks.js';
import type { IntegrationPart, MethodPart } from '../entities/parts.js';
import { type FoundMethod, findMethod, present, putMethod } from '../entities/rest-api.js';
import { shownIntegration } from '../entities/shown.js';
import type { Operation } from '../operation.js';
import { MISSING, patchedMap, patchedSet, patchesEntry } from '../patch/maps.js';
import { decimal } from '../patch/numbers.js';
import { booleanValue, type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import {
  BOOLEAN,
  INTEGER,
  oneOf,
  PATCH_INPUT,
  required,
  structure,
  TEMPLATES,
  TEXT,
  TEXT_MAP,
  TEXTS,
} from '../wire/shape.js';
import { METHOD_PATH } from './methods.js';

const PATH = `${METHOD_PATH}/integration`;
export const UNKNOWN_INTEGRATION = 'Invalid Integration identifier specified';
export const CONTENT_HANDLING = ['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT'];

const DEFAULT_TIMEOUT_MS = 29_000;
const TIMEOUT_MS = [50, 29_000] as const;
/** Of streamed answers: 15 minutes. */
const STREAM_TIMEOUT_MS = 900_000;

export const INTEGRATION_OPERATIONS: readonly Operation[] = [
  {
    name: 'PutIntegration',
    method: 'PUT',
    path: PATH,
    status: 201,
    input: structure({
      type: required(oneOf('HTTP', 'MOCK', 'AWS_PROXY', 'HTTP_PROXY', 'AWS')),
      httpMethod: TEXT,
      integrationHttpMethod: TEXT,
      uri: TEXT,
      connectionType: oneOf('INTERNET', 'VPC_LINK'),
      connectionId: TEXT,
      credentials: TEXT,
      requestParameters: TEXT_MAP,
      requestTemplates: TEMPLATES,
      passthroughBehavior: TEXT,
      cacheNamespace: TEXT,
      cacheKeyParameters: TEXTS,
      contentHandling: oneOf(...CONTENT_HANDLING),
      timeoutInMillis: INTEGER,
      tlsConfig: structure({ insecureSkipVerification: BOOLEAN }),
      responseTransferMode: oneOf('BUFFERED', 'STREAM'),
      integrationTarget: TEXT,
    }),
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      return put(found, newIntegration(found, body as Partial<IntegrationPart>));
    },
  },
  {
    name: 'GetIntegration',
    method: 'GET',
    path: PATH,
    status: 200,
    async run(transaction, { path }) {
      return shownIntegration(find(await findMethod(transaction, path)));
    },
  },
  {
    name: 'UpdateIntegration',
    method: 'PATCH',
    path: PATH,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const found = await findMethod(transaction, path);
      return put(found, patchOperationsOf(body).reduce(patchIntegration, find(found)));
    },
  },
  {
    name: 'DeleteIntegration',
    method: 'DELETE',
    path: PATH,
    status: 204,
    async run(transaction, { path }) {
      const found = await findMethod(transaction, path);
      find(found);
      putMethod(found, present<MethodPart>({ ...found.method, methodIntegration: undefined }));
    },
  },
];

function find({ method }: FoundMethod): IntegrationPart {
  if (method.methodIntegration === undefined) throw notFound(UNKNOWN_INTEGRATION);
  return method.methodIntegration;
}

function newIntegration({ resource }: FoundMethod, given: Partial<IntegrationPart>): IntegrationPart {
  const type = given.type ?? '';
  const isMock = type === 'MOCK';
  const isHttp = type === 'HTTP' || type === 'HTTP_PROXY';
  const viaLink = given.connectionType === 'VPC_LINK';
  return present<IntegrationPart>({
    type,
    // Recorded: a MOCK drops what it has no use for.
    httpMethod: isMock ? undefined : given.httpMethod,
    uri: isMock ? undefined : given.uri,
    connectionType: isHttp || viaLink ? (given.connectionType ?? 'INTERNET') : undefined,
    connectionId: viaLink ? given.connectionId : undefined,
    credentials: given.credentials,
    requestParameters: given.requestParameters,
    requestTemplates: templatesOf(given.requestTemplates),
    passthroughBehavior: passthrough(given.passthroughBehavior),
    contentHandling: given.contentHandling,
    timeoutInMillis: given.timeoutInMillis ?? DEFAULT_TIMEOUT_MS,
    cacheNamespace: given.cacheNamespace ?? resource.id,
    cacheKeyParameters: given.cacheKeyParameters ?? [],
    tlsConfig: given.tlsConfig,
    responseTransferMode: given.responseTransferMode,
    integrationTarget: given.integrationTarget,
  });
}

const TARGET = /^integration\.request\.(?:header|querystring|path)\.[A-Za-z0-9._$-]+$/;
const PATH_SOURCE = /^method\.request\.path\./;

function put(found: FoundMethod, integration: IntegrationPart): object {
  checkEndpoint(integration);
  for (const [target, source] of Object.entries(integration.requestParameters ?? {})) {
    if (!TARGET.test(target)) throw badRequest(invalidMapping(target));
    if (parseExpression(source, 'request') === undefined) throw badRequest(invalidMapping(source));
    // A path parameter that the method does not declare would never have a value (reference 04 section 1).
    const undeclared = PATH_SOURCE.test(source) && found.method.requestParameters?.[source] === undefined;
    if (undeclared) throw badRequest(invalidMapping(source));
  }
  checkContentTypes(integration.requestTemplates);
  const { timeoutInMillis, responseTransferMode } = integration;
  const most = responseTransferMode === 'STREAM' ? STREAM_TIMEOUT_MS : TIMEOUT_MS[1];
  if (!Number.isInteger(timeoutInMillis) || timeoutInMillis < TIMEOUT_MS[0] || timeoutInMillis > most) {
    throw badRequest(`Timeout should be between ${TIMEOUT_MS[0]} ms and ${most} ms`);
  }
  putMethod(found, { ...found.method, methodIntegration: integration });
  return shownIntegration(integration);
}

/** Recorded: a template given null or empty is kept as null. */
export function templatesOf(
  given: Readonly<Record<string, string | null>> | undefined | null,
): Readonly<Record<string, string | null>> | undefined {
  if (given === undefined || given === null) return undefined;
  return Object.fromEntries(
    Object.entries(given).map(([type, template]) => [type, template === '' ? null : template]),
  );
}

const PASSTHROUGH = ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'];

function passthrough(text: string | undefined | null): string {
  const behavior = (text ?? 'WHEN_NO_MATCH').toUpperCase();
  if (PASSTHROUGH.includes(behavior)) return behavior;
  throw badRequest(`Invalid passthrough behavior specified. Valid options are ${PASSTHROUGH.join(', ')}`);
}

type Change = (operation: PatchOperation) => {
  [K in keyof IntegrationPart]?: IntegrationPart[K] | undefined;
};

const optional = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const REPLACEABLE: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['/httpMethod', ({ value }) => ({ httpMethod: optional(value) })],
  ['/uri', ({ value }) => ({ uri: optional(value) })],
  ['/credentials', ({ value }) => ({ credentials: optional(value) })],
  ['/passthroughBehavior', ({ value }) => ({ passthroughBehavior: passthrough(value) })],
  ['/contentHandling', ({ value }) => ({ contentHandling: contentHandling(value) })],
  ['/timeoutInMillis', ({ value }) => ({ timeoutInMillis: decimal(value) })],
  ['/cacheNamespace', ({ value }) => ({ cacheNamespace: value ?? '' })],
  ['/connectionType', ({ value }) => ({ connectionType: connectionType(value) })],
  ['/connectionId', ({ value }) => ({ connectionId: optional(value) })],
  [
    '/tlsConfig/insecureSkipVerification',
    (operation) => ({ tlsConfig: { insecureSkipVerification: booleanValue(operation) } }),
  ],
  ['/responseTransferMode', ({ value }) => ({ responseTransferMode: transferMode(value) })],
]);

/** Of a patch operation. @throws ApiError */
export function contentHandling(value: string | undefined): string | undefined {
  if (value === undefined || value === '' || CONTENT_HANDLING.includes(value)) return optional(value);
  throw badRequest(`Invalid content handling specified. Valid options are ${CONTENT_HANDLING.join(', ')}`);
}

function connectionType(value: string | undefined): string {
  if (value === 'INTERNET' || value === 'VPC_LINK') return value;
  throw badRequest('Invalid connection type specified. Valid options are INTERNET, VPC_LINK');
}

function transferMode(value: string | undefined): string {
  if (value === 'BUFFERED' || value === 'STREAM') return value;
  throw badRequest('Invalid response transfer mode specified. Valid options are BUFFERED, STREAM');
}

function patchIntegration(integration: IntegrationPart, operation: PatchOperation): IntegrationPart {
  if (patchesEntry(operation, 'requestParameters')) {
    const requestParameters = patchedMap(
      integration.requestParameters,
      operation,
      MISSING.parameter,
      ({ value }) => value ?? '',
    );
    return present<IntegrationPart>({ ...integration, requestParameters });
  }
  if (patchesEntry(operation, 'requestTemplates')) {
    const requestTemplates = patchedMap<string | null>(
      integration.requestTemplates,
      operation,
      MISSING.contentType,
      ({ value }) => (value === undefined || value === '' ? null : value),
    );
    return present<IntegrationPart>({ ...integration, requestTemplates });
  }
  if (operation.segments[0] === 'cacheKeyParameters') {
    return { ...integration, cacheKeyParameters: patchedSet(integration.cacheKeyParameters, operation) };
  }
  const change = REPLACEABLE.get(operation.path ?? '');
  if (change === undefined) throw badRequest(`Invalid patch path ${operation.path ?? null}`);
  if (operation.op === 'remove' && operation.path === '/credentials') {
    return present<IntegrationPart>({ ...integration, credentials: undefined });
  }
  if (operation.op !== 'replace') {
    throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  }
  return present<IntegrationPart>({ ...integration, ...change(operation) });
}
