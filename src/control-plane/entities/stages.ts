/** Stages: found, made, shown, and what is refused when they are written (reference 07 sections 2 to 6). */
import { badRequest, notFound } from '../wire/errors.js';
import { BOOLEAN, oneOf, type Shape, structure, TEXT, TEXT_MAP } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import {
  type CanarySettingsPart,
  DEPLOYMENTS,
  DOCUMENTATION_VERSIONS,
  restApiAggregate,
  STAGES,
  type StagePart,
  type TextMap,
} from './parts.js';
import { present } from './rest-api.js';
import { checkedTags } from './tags.js';

export interface FoundStage {
  api: Draft;
  stage: StagePart;
}

/** An unknown API is an unknown stage, as for other named things of an API. @throws ApiError */
export async function findStage(
  transaction: Transaction,
  path: Readonly<Record<string, string>>,
): Promise<FoundStage> {
  const api = await transaction.aggregate(restApiAggregate(path.restapi_id ?? ''));
  const stage = api?.get<StagePart>(`${STAGES}${path.stage_name ?? ''}`);
  if (api === undefined || stage === undefined) throw notFound('Invalid Stage identifier specified');
  return { api, stage };
}

export const CACHE_SIZES = ['0.5', '1.6', '6.1', '13.5', '28.4', '58.2', '118', '237'];

export const CANARY_MEMBERS: Readonly<Record<string, Shape>> = {
  percentTraffic: { kind: 'number' },
  stageVariableOverrides: TEXT_MAP,
  useStageCache: BOOLEAN,
};

/** What CreateStage and CreateDeployment say alike about a stage. */
export const STAGE_MEMBERS: Readonly<Record<string, Shape>> = {
  cacheClusterEnabled: BOOLEAN,
  cacheClusterSize: oneOf(...CACHE_SIZES),
  variables: TEXT_MAP,
  tracingEnabled: BOOLEAN,
};

export const CANARY_SETTINGS: Shape = structure({ ...CANARY_MEMBERS, deploymentId: TEXT });

export interface GivenCanary {
  percentTraffic?: number | null;
  deploymentId?: string | null;
  stageVariableOverrides?: TextMap | null;
  useStageCache?: boolean | null;
}

/** With AWS's defaults. @throws ApiError */
export function newCanary(given: GivenCanary, deploymentId: string): CanarySettingsPart {
  const percentTraffic = given.percentTraffic ?? 0;
  checkPercent(percentTraffic);
  checkVariables(given.stageVariableOverrides ?? {});
  return withoutEmptyMaps({
    percentTraffic,
    deploymentId,
    stageVariableOverrides: given.stageVariableOverrides ?? undefined,
    useStageCache: given.useStageCache ?? false,
  });
}

function withoutEmptyMaps(
  canary: {
    [K in keyof CanarySettingsPart]: CanarySettingsPart[K] | undefined;
  },
): CanarySettingsPart {
  const { stageVariableOverrides } = canary;
  return present<CanarySettingsPart>({
    ...canary,
    stageVariableOverrides: nonEmpty(stageVariableOverrides),
  });
}

export interface GivenStage {
  stageName: string;
  deploymentId: string;
  description?: string | null;
  cacheClusterEnabled?: boolean | null;
  cacheClusterSize?: string | null;
  variables?: TextMap | null;
  documentationVersion?: string | null;
  tracingEnabled?: boolean | null;
  tags?: TextMap | null;
  canarySettings?: CanarySettingsPart;
}

/** @param now epoch seconds. @throws ApiError */
export function newStage(given: GivenStage, now: number): StagePart {
  checkStageName(given.stageName);
  checkVariables(given.variables ?? {});
  return present<StagePart>({
    stageName: given.stageName,
    deploymentId: given.deploymentId,
    description: given.description === '' ? undefined : given.description,
    ...cacheCluster(given.cacheClusterEnabled ?? false, given.cacheClusterSize ?? undefined),
    methodSettings: {},
    variables: nonEmpty(given.variables),
    documentationVersion: given.documentationVersion === '' ? undefined : given.documentationVersion,
    canarySettings: given.canarySettings,
    tracingEnabled: given.tracingEnabled ?? false,
    tags: nonEmpty(checkedTags(given.tags)),
    createdDate: now,
    lastUpdatedDate: now,
  });
}

/** There is no cluster that would need time to be made. */
export function cacheCluster(
  cacheClusterEnabled: boolean,
  cacheClusterSize: string | undefined,
): Pick<StagePart, 'cacheClusterEnabled' | 'cacheClusterStatus'> & { cacheClusterSize: string | undefined } {
  return {
    cacheClusterEnabled,
    cacheClusterSize: cacheClusterSize ?? (cacheClusterEnabled ? CACHE_SIZES[0] : undefined),
    cacheClusterStatus: cacheClusterEnabled ? 'AVAILABLE' : 'NOT_AVAILABLE',
  };
}

/** Answers leave empty maps of variables and tags out. */
export function nonEmpty(map: TextMap | null | undefined): TextMap | undefined {
  return map === null || map === undefined || Object.keys(map).length === 0 ? undefined : map;
}

/** @throws ApiError */
export function checkDeployment(api: Draft, deploymentId: string | null | undefined): string {
  if (!deploymentId || api.get(`${DEPLOYMENTS}${deploymentId}`) === undefined) {
    throw badRequest('Deployment id does not exist');
  }
  return deploymentId;
}

/** @throws ApiError */
export function checkDocumentationVersion(api: Draft, version: string): string {
  if (api.get(`${DOCUMENTATION_VERSIONS}${version}`) === undefined) {
    throw notFound('Invalid Documentation version specified');
  }
  return version;
}

/** @throws ApiError */
export function checkPercent(percent: number): void {
  if (!(percent >= 0 && percent <= 100)) {
    throw badRequest('Invalid canary percentTraffic specified: it must be between 0.0 and 100.0');
  }
}

/** @throws ApiError */
function checkStageName(name: string): void {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(name)) return;
  throw badRequest('Stage name only allows a-zA-Z0-9_- and has 1 to 128 characters');
}

const MAX_VARIABLES = 100;

/** Reference 07 section 3. @throws ApiError */
export function checkVariables(variables: TextMap): void {
  const entries = Object.entries(variables);
  if (entries.length > MAX_VARIABLES) throw badRequest(`A stage can have ${MAX_VARIABLES} variables at most`);
  for (const [name, value] of entries) {
    if (!/^[A-Za-z0-9_]{1,64}$/.test(name)) {
      throw badRequest(
        `Invalid stage variable name: ${name}. Please use 1 to 64 alphanumeric characters and underscores`,
      );
    }
    if (!/^[A-Za-z0-9\-._~:/?#&=,]{1,512}$/.test(value ?? '')) {
      throw badRequest(
        `Invalid stage variable value: ${value}. Please use 1 to 512 alphanumeric characters and the symbols -._~:/?#&=,`,
      );
    }
  }
}
