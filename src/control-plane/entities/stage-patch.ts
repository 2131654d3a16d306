/** Patch operations of a stage (reference 07 sections 4 and 5, reference 09 sections 5 and 6). */
import { decimal } from '../patch/numbers.js';
import { booleanValue, type PatchOperation } from '../patch/patch.js';
import { badRequest } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import { patchMethodSettings, withoutMethodSettings } from './method-settings.js';
import type { CanarySettingsPart, StagePart, TextMap } from './parts.js';
import { present } from './rest-api.js';
import {
  CACHE_SIZES,
  cacheCluster,
  checkDeployment,
  checkDocumentationVersion,
  checkPercent,
  checkVariables,
  newCanary,
  nonEmpty,
} from './stages.js';

/** @param api the stage's, for what the stage refers to. @throws ApiError */
export function patchStage(api: Draft, stage: StagePart, operation: PatchOperation): StagePart {
  const { op, segments } = operation;
  if (op === 'copy') return promote(stage, operation);
  if (op === 'remove') return remove(stage, operation);
  if (segments[0] === 'canarySettings') return patchCanary(api, stage, operation);
  if (op !== 'replace' && op !== 'add') throw invalidOperation(operation);
  if (segments[0] === 'accessLogSettings') return patchAccessLog(stage, operation);
  if (segments[0] === 'variables' && segments.length === 2) {
    return withVariables(stage, { ...stage.variables, ...variableOf(operation) });
  }
  const member = MEMBERS.get(operation.path ?? '');
  if (member !== undefined) return present<StagePart>({ ...stage, ...member(operation, stage, api) });
  const methodSettings = patchMethodSettings(stage.methodSettings, operation);
  if (methodSettings === undefined) throw unknownPath(operation);
  return { ...stage, methodSettings };
}

type Change = (
  operation: PatchOperation,
  stage: StagePart,
  api: Draft,
) => { [K in keyof StagePart]?: StagePart[K] | undefined };

const optional = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const MEMBERS: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['/deploymentId', ({ value }, _, api) => ({ deploymentId: checkDeployment(api, value) })],
  ['/description', ({ value }) => ({ description: optional(value) })],
  [
    '/cacheClusterEnabled',
    (operation, { cacheClusterSize }) => cacheCluster(booleanValue(operation), cacheClusterSize),
  ],
  ['/cacheClusterSize', ({ value }) => ({ cacheClusterSize: cacheSize(value) })],
  ['/clientCertificateId', ({ value }) => ({ clientCertificateId: optional(value) })],
  // Not in the list of the error text, but Terraform writes it.
  [
    '/documentationVersion',
    ({ value }, _, api) => ({
      documentationVersion: optional(value) && checkDocumentationVersion(api, value ?? ''),
    }),
  ],
  ['/tracingEnabled', (operation) => ({ tracingEnabled: booleanValue(operation) })],
]);

function cacheSize(value: string | undefined): string {
  if (value !== undefined && CACHE_SIZES.includes(value)) return value;
  throw badRequest(`Invalid cache cluster size specified. Must be one of: [${CACHE_SIZES.join(', ')}]`);
}

function variableOf({ segments, value }: PatchOperation): TextMap {
  const variable = Object.fromEntries([[segments.at(-1) ?? '', value ?? '']]);
  checkVariables(variable);
  return variable;
}

function withVariables(stage: StagePart, variables: TextMap): StagePart {
  checkVariables(variables);
  return present<StagePart>({ ...stage, variables: nonEmpty(variables) });
}

const COPY_PATHS = ['/deploymentId', '/variables'];
const COPY_SOURCES = ['/canarySettings/deploymentId', '/canarySettings/stageVariableOverrides'];

/** The canary's settings stay; variables that are not overridden do, too (recorded). */
function promote(stage: StagePart, { path, from }: PatchOperation): StagePart {
  const pair = COPY_PATHS.indexOf(path ?? '');
  if (pair < 0 || COPY_SOURCES[pair] !== from) {
    throw badRequest(
      `Invalid copy operation with path: ${path ?? null} and from ${from ?? null}. Valid copy:path are [${COPY_PATHS.join(', ')}] and valid copy:from are [${COPY_SOURCES.join(', ')}]`,
    );
  }
  const { canarySettings } = stage;
  if (canarySettings === undefined) throw badRequest('Promotion not available. Canary does not exist.');
  return pair === 0
    ? { ...stage, deploymentId: canarySettings.deploymentId }
    : withVariables(stage, { ...stage.variables, ...canarySettings.stageVariableOverrides });
}

const OVERRIDES = 'stageVariableOverrides';

/** The first change makes the canary; none of its members can be anything but replaced. */
function patchCanary(api: Draft, stage: StagePart, operation: PatchOperation): StagePart {
  const { op, segments, value } = operation;
  const [, member, name, ...more] = segments;
  const isOverride = member === OVERRIDES && name !== undefined && more.length === 0;
  const isMember = member !== undefined && name === undefined && CANARY_CHANGES.has(member);
  if (!isOverride && !isMember) throw unknownPath(operation);
  if (op !== 'replace') throw invalidOperation(operation);
  const canary = stage.canarySettings ?? newCanary({}, stage.deploymentId);
  const change = isOverride
    ? { [OVERRIDES]: { ...canary.stageVariableOverrides, ...variableOf(operation) } }
    : CANARY_CHANGES.get(member ?? '')?.(value, api);
  checkVariables(change?.[OVERRIDES] ?? {});
  return { ...stage, canarySettings: { ...canary, ...change } };
}

type CanaryChange = (value: string | undefined, api: Draft) => Partial<CanarySettingsPart>;

const CANARY_CHANGES: ReadonlyMap<string, CanaryChange> = new Map<string, CanaryChange>([
  [
    'percentTraffic',
    (value) => {
      const percentTraffic = decimal(value);
      checkPercent(percentTraffic);
      return { percentTraffic };
    },
  ],
  ['deploymentId', (value, api) => ({ deploymentId: checkDeployment(api, value) })],
  ['useStageCache', (value) => ({ useStageCache: value === 'true' })],
]);

const MAX_FORMAT_BYTES = 3072;

function patchAccessLog(stage: StagePart, { path, segments, value }: PatchOperation): StagePart {
  const member = segments[1];
  if (segments.length !== 2 || (member !== 'destinationArn' && member !== 'format')) {
    throw badRequest(
      'Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]',
    );
  }
  if (value === undefined || value === '') throw badRequest('Access Log value must not be empty');
  if (path === '/accessLogSettings/format') checkFormat(value);
  return { ...stage, accessLogSettings: { ...stage.accessLogSettings, [member]: value } };
}

/** Reference 07 section 7. */
function checkFormat(format: string): void {
  if (Buffer.byteLength(format) > MAX_FORMAT_BYTES) {
    throw badRequest(`Access Log format must not be longer than ${MAX_FORMAT_BYTES} bytes`);
  }
  if (!/\$context\.(?:requestId|extendedRequestId)\b/.test(format)) {
    throw badRequest('Access Log format must contain $context.requestId or $context.extendedRequestId');
  }
}

function remove(stage: StagePart, operation: PatchOperation): StagePart {
  const { path = '', segments } = operation;
  const { canarySettings, variables } = stage;
  if (path === '/accessLogSettings') return present<StagePart>({ ...stage, accessLogSettings: undefined });
  if (path === '/canarySettings') return present<StagePart>({ ...stage, canarySettings: undefined });
  const [member, name, override] = segments;
  if (member === 'variables' && segments.length === 2) {
    const rest = without(variables, name);
    if (rest !== undefined) return present<StagePart>({ ...stage, variables: nonEmpty(rest) });
  } else if (member === 'canarySettings' && name === OVERRIDES && segments.length === 3) {
    const rest = without(canarySettings?.stageVariableOverrides, override);
    if (rest !== undefined && canarySettings !== undefined) {
      const changed = { ...canarySettings, stageVariableOverrides: nonEmpty(rest) };
      return { ...stage, canarySettings: present<CanarySettingsPart>(changed) };
    }
  } else {
    const methodSettings = withoutMethodSettings(stage.methodSettings, path);
    if (methodSettings !== undefined) return { ...stage, methodSettings };
  }
  // With the space at its end; AWS says it of every member that cannot be taken away.
  throw badRequest(
    `Cannot remove method setting ${path.replace(/^\//, '')} because there is no method setting for this method `,
  );
}

/** Undefined: there is no such entry. */
function without(map: TextMap | undefined, name: string | undefined): TextMap | undefined {
  if (map === undefined || name === undefined || !Object.hasOwn(map, name)) return undefined;
  return Object.fromEntries(Object.entries(map).filter(([key]) => key !== name));
}

function invalidOperation({ op, path }: PatchOperation): Error {
  return badRequest(`Invalid ${op} operation with path: ${path ?? null}`);
}

/** The odd joins are AWS's own. */
const STAGE_PATHS =
  '/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled';

function unknownPath({ path }: PatchOperation): Error {
  return badRequest(`Invalid method setting path: ${path ?? null}. Must be one of: [${STAGE_PATHS}]`);
}
