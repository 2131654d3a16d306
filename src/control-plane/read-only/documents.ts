/** An API that was not made by calls as the documents that operations read: see `read-only-apis.ts`. */
import { createHash } from 'node:crypto';
import type { ApiItem, Definition, Deployment, StageItem } from '../../model/snapshot.js';
import { resourceId } from '../../openapi/resource-path.js';
import { applyDefinition } from '../deploy/entities.js';
import { DEPLOYED } from '../deploy/served.js';
import {
  API,
  AUTHORIZERS,
  DEPLOYMENTS,
  type DeployedDefinitionPart,
  type DeploymentPart,
  deploymentAggregate,
  MODELS,
  RESOURCES,
  type RestApiPart,
  restApiAggregate,
  STAGES,
  type StagePart,
  VALIDATORS,
} from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { endpointConfiguration } from '../entities/rest-api-settings.js';
import { nonEmpty } from '../entities/stages.js';
import { Draft, NO_AGGREGATE } from '../workspace/draft.js';

/** Says where an API comes from; no call can set it on such an API. */
export const SOURCE_TAG = 'propylon:source';
const MAX_TAG_VALUE = 256;

/** Nobody noted when a definition was pushed, and lists are sorted by it. */
const UNKNOWN_DATE = 0;

/**
 * Parts of `restapi/{id}`. An API edited by calls has one set of resources, of which stages hold copies; of this one
 * only the copies exist, and the first stage's stands for the set. Ids follow from paths and names alone, so that every
 * node shows the same ones.
 * @param stages at least one, sorted by name
 */
export function restApiParts(
  api: ApiItem,
  stages: readonly StageItem[],
  source: string,
): Map<string, Uint8Array> {
  const draft = new Draft(restApiAggregate(api.id), NO_AGGREGATE);
  const definition = stages[0]?.deployment.definition;
  if (definition === undefined) throw new Error(`API ${api.id} has no stage`);
  const ids = resourceIds(definition);
  draft.put(API, {
    id: api.id,
    name: api.name,
    createdDate: UNKNOWN_DATE,
    apiKeySource: 'HEADER',
    binaryMediaTypes: [],
    endpointConfiguration: endpointConfiguration({}),
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    tags: { [SOURCE_TAG]: source.slice(0, MAX_TAG_VALUE) },
    rootResourceId: ids.get('/') ?? '',
  } satisfies RestApiPart);
  putIds(draft, definition, ids);
  applyDefinition(draft, definition, 'overwrite');
  for (const stage of stages) {
    for (const { id, definition: deployed } of deploymentsOf(stage)) {
      draft.put(DEPLOYMENTS + id, {
        id,
        createdDate: UNKNOWN_DATE,
        apiSummary: summaryOf(deployed),
      } satisfies DeploymentPart);
    }
    draft.put(STAGES + stage.name, stagePart(stage));
  }
  return draft.encodedPuts();
}

/** Parts of `deployment/{api}/{id}`. */
export function deploymentParts(apiId: string, { id, definition }: Deployment): Map<string, Uint8Array> {
  const draft = new Draft(deploymentAggregate(apiId, id), NO_AGGREGATE);
  draft.put(DEPLOYED, { definition } satisfies DeployedDefinitionPart);
  return draft.encodedPuts();
}

/** What a stage serves, its canary's included. */
export function deploymentsOf({ deployment, canary }: StageItem): Deployment[] {
  return canary === undefined ? [deployment] : [deployment, canary.deployment];
}

/** Entities that are there keep their ids when a definition is applied: these are there already. */
function putIds(draft: Draft, definition: Definition, resources: ReadonlyMap<string, string>): void {
  for (const [path, id] of resources) draft.put(RESOURCES + id, { id, path, methods: {} });
  for (const { name } of definition.models) draft.put(MODELS + name, { id: hashed(name), name });
  for (const [prefix, entries] of [
    [AUTHORIZERS, definition.authorizers],
    [VALIDATORS, definition.requestValidators],
  ] as const) {
    for (const { name } of entries) draft.put(prefix + hashed(name), { id: hashed(name), name });
  }
}

/** By path, parents without methods included; as logs and events of the data plane show them. */
function resourceIds({ resources }: Definition): Map<string, string> {
  const ids = new Map([['/', resourceId('/')]]);
  for (const { path, id } of resources) {
    for (let end = path.indexOf('/', 1); end >= 0; end = path.indexOf('/', end + 1)) {
      const parent = path.slice(0, end);
      if (!ids.has(parent)) ids.set(parent, resourceId(parent));
    }
    ids.set(path, id || resourceId(path));
  }
  return ids;
}

/** Six lower-case letters and digits. */
function hashed(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex');
  return BigInt(`0x${digest}`).toString(36).slice(0, 6);
}

function summaryOf({ resources }: Definition): DeploymentPart['apiSummary'] {
  return Object.fromEntries(
    resources.map(({ path, methods }) => [
      path,
      Object.fromEntries(
        methods.map(({ httpMethod, authorizationType, apiKeyRequired }) => [
          httpMethod,
          { authorizationType, apiKeyRequired },
        ]),
      ),
    ]),
  );
}

function stagePart({ name, variables, deployment, canary }: StageItem): StagePart {
  return present<StagePart>({
    stageName: name,
    deploymentId: deployment.id,
    cacheClusterEnabled: false,
    cacheClusterStatus: 'NOT_AVAILABLE',
    methodSettings: {},
    variables: nonEmpty(variables),
    canarySettings:
      canary === undefined
        ? undefined
        : present<NonNullable<StagePart['canarySettings']>>({
            percentTraffic: canary.percentTraffic,
            deploymentId: canary.deployment.id,
            stageVariableOverrides: nonEmpty(canary.stageVariableOverrides),
            useStageCache: canary.useStageCache,
          }),
    tracingEnabled: false,
    createdDate: UNKNOWN_DATE,
    lastUpdatedDate: UNKNOWN_DATE,
  });
}
