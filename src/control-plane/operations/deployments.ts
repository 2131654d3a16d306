/** Deployments: immutable copies of an API, and how they reach a stage (reference 07 sections 1 and 4). */
import { definitionOf } from '../deploy/definition.js';
import { DEPLOYED, serveStage } from '../deploy/served.js';
import { shortId } from '../entities/ids.js';
import { partsPage } from '../entities/named-parts.js';
import {
  API,
  DEPLOYMENTS,
  type DeployedDefinitionPart,
  type DeploymentPart,
  deploymentAggregate,
  RESOURCES,
  type ResourcePart,
  type RestApiPart,
  restApiAggregate,
  STAGES,
  type StagePart,
  type TextMap,
} from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import {
  CANARY_MEMBERS,
  cacheCluster,
  checkVariables,
  type GivenCanary,
  newCanary,
  newStage,
  nonEmpty,
  STAGE_MEMBERS,
} from '../entities/stages.js';
import type { Operation, OperationRequest } from '../operation.js';
import { refuseOpsButReplace } from '../patch/fixed-paths.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { PATCH_INPUT, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';

const LIST = '/restapis/{restapi_id}/deployments';
const ONE = `${LIST}/{deployment_id}`;

export const DEPLOYMENT_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateDeployment',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({
      ...STAGE_MEMBERS,
      stageName: TEXT,
      stageDescription: TEXT,
      description: TEXT,
      canarySettings: structure(CANARY_MEMBERS),
    }),
    async run(transaction, { path, body }) {
      const api = await findApi(transaction, path.restapi_id);
      const given = body as GivenDeployment;
      checkContent(api, given);
      const deployment = await newDeployment(transaction, api, given.description || undefined);
      if (given.stageName) await deployTo(transaction, api, deployment, given.stageName, given);
      return shown(deployment, false);
    },
  },
  {
    name: 'GetDeployments',
    method: 'GET',
    path: LIST,
    status: 200,
    run: (transaction, request) =>
      partsPage<DeploymentPart>(
        transaction,
        request,
        DEPLOYMENTS,
        ({ id }) => id,
        (deployment) => shown(deployment, false),
      ),
  },
  {
    name: 'GetDeployment',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, request) {
      const { deployment } = await find(transaction, request);
      const embed = request.query.getAll('embed').some((names) => names.split(',').includes('apisummary'));
      return shown(deployment, embed);
    },
  },
  {
    name: 'UpdateDeployment',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, request) {
      const { api, deployment } = await find(transaction, request);
      let description = deployment.description;
      for (const operation of patchOperationsOf(request.body)) {
        refuseOpsButReplace(operation, ['/description']);
        description = operation.value || undefined;
      }
      const changed = present<DeploymentPart>({ ...deployment, description });
      api.put(`${DEPLOYMENTS}${deployment.id}`, changed);
      return shown(changed, false);
    },
  },
  {
    name: 'DeleteDeployment',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, request) {
      const { api, apiId, deployment } = await find(transaction, request);
      const { id } = deployment;
      const inUse = api
        .list<StagePart>(STAGES)
        .some(
          ({ deploymentId, canarySettings }) => deploymentId === id || canarySettings?.deploymentId === id,
        );
      if (inUse) throw badRequest('Active stages pointing to this deployment must be moved or deleted');
      api.delete(`${DEPLOYMENTS}${id}`);
      (await transaction.aggregate(deploymentAggregate(apiId, id)))?.drop();
    },
  },
];

interface GivenDeployment {
  stageName?: string | null;
  stageDescription?: string | null;
  description?: string | null;
  cacheClusterEnabled?: boolean | null;
  cacheClusterSize?: string | null;
  variables?: TextMap | null;
  canarySettings?: GivenCanary | null;
  tracingEnabled?: boolean | null;
}

interface FoundDeployment {
  api: Draft;
  apiId: string;
  deployment: DeploymentPart;
}

async function find(transaction: Transaction, { path }: OperationRequest): Promise<FoundDeployment> {
  const apiId = path.restapi_id ?? '';
  const api = await transaction.aggregate(restApiAggregate(apiId));
  const deployment = api?.get<DeploymentPart>(`${DEPLOYMENTS}${path.deployment_id ?? ''}`);
  if (api === undefined || deployment === undefined) {
    throw notFound('Invalid Deployment identifier specified');
  }
  return { api, apiId, deployment };
}

function shown({ apiSummary, ...deployment }: DeploymentPart, embed: boolean): object {
  return embed ? { ...deployment, apiSummary } : deployment;
}

const INVALID_CONTENT = 'Invalid deployment content specified.';

/** Whether the stage and the API are what such a deployment needs. @throws ApiError */
function checkContent(api: Draft, { stageName, canarySettings }: GivenDeployment): void {
  if (canarySettings) {
    if (!stageName) {
      throw badRequest(
        `${INVALID_CONTENT}Non null and non empty stageName must be provided for canary deployment. Provided value is ${stageName ?? null}`,
      );
    }
    if (api.get(STAGES + stageName) === undefined) {
      throw badRequest(
        `${INVALID_CONTENT}Stage ${stageName} must already be created before making a canary release deployment`,
      );
    }
  }
  const methods = api.list<ResourcePart>(RESOURCES).flatMap((resource) => Object.values(resource.methods));
  if (methods.length === 0) throw badRequest("The REST API doesn't contain any methods");
  if (methods.some(({ methodIntegration }) => methodIntegration === undefined)) {
    throw badRequest('No integration defined for method');
  }
}

async function newDeployment(
  transaction: Transaction,
  api: Draft,
  description: string | undefined,
): Promise<DeploymentPart> {
  let id = shortId();
  while (api.get(DEPLOYMENTS + id) !== undefined) id = shortId();
  const deployment = present<DeploymentPart>({
    id,
    description,
    createdDate: transaction.now,
    apiSummary: summaryOf(api),
  });
  api.put(DEPLOYMENTS + id, deployment);
  const aggregate = await transaction.aggregateOrNew(deploymentAggregate(apiIdOf(api), id));
  aggregate.put(DEPLOYED, { definition: definitionOf(api) } satisfies DeployedDefinitionPart);
  return deployment;
}

function summaryOf(api: Draft): DeploymentPart['apiSummary'] {
  const resources = api
    .list<ResourcePart>(RESOURCES)
    .filter(({ methods }) => Object.keys(methods).length > 0);
  return Object.fromEntries(
    resources.map(({ path, methods }) => [
      path,
      Object.fromEntries(
        Object.values(methods).map(({ httpMethod, authorizationType, apiKeyRequired }) => [
          httpMethod,
          { authorizationType, apiKeyRequired },
        ]),
      ),
    ]),
  );
}

function apiIdOf(api: Draft): string {
  return api.get<RestApiPart>(API)?.id ?? '';
}

/** The stage is made when it is missing, else repointed; with canary settings only its canary is. */
async function deployTo(
  transaction: Transaction,
  api: Draft,
  { id }: DeploymentPart,
  stageName: string,
  given: GivenDeployment,
): Promise<void> {
  const before = api.get<StagePart>(STAGES + stageName);
  const { stageDescription, cacheClusterEnabled, cacheClusterSize, variables, tracingEnabled } = given;
  const stage =
    before === undefined
      ? newStage(
          {
            stageName,
            deploymentId: id,
            description: stageDescription ?? null,
            cacheClusterEnabled: cacheClusterEnabled ?? null,
            cacheClusterSize: cacheClusterSize ?? null,
            variables: variables ?? null,
            tracingEnabled: tracingEnabled ?? null,
          },
          transaction.now,
        )
      : repointed(before, id, given, transaction.now);
  api.put(STAGES + stageName, stage);
  const message = `deployment ${id} to stage ${stageName} of API ${apiIdOf(api)}`;
  await serveStage(transaction, api, stage, message);
}

/** What the deployment says of the stage is laid over what the stage has; what it does not say stays. */
function repointed(stage: StagePart, deploymentId: string, given: GivenDeployment, now: number): StagePart {
  const variables = { ...stage.variables, ...given.variables };
  checkVariables(variables);
  return present<StagePart>({
    ...stage,
    ...target(stage, deploymentId, given.canarySettings),
    description: given.stageDescription || stage.description,
    ...cacheCluster(
      given.cacheClusterEnabled ?? stage.cacheClusterEnabled,
      given.cacheClusterSize ?? stage.cacheClusterSize,
    ),
    variables: nonEmpty(variables),
    tracingEnabled: given.tracingEnabled ?? stage.tracingEnabled,
    lastUpdatedDate: now,
  });
}

function target(
  { stageName, canarySettings }: StagePart,
  deploymentId: string,
  given: GivenCanary | null | undefined,
): Partial<StagePart> {
  if (given) return { canarySettings: newCanary(given, deploymentId) };
  // What its clients would get of such a deployment is not what whoever deploys it expects.
  if (canarySettings !== undefined) {
    throw badRequest(
      `${INVALID_CONTENT}Stage ${stageName} has a canary: deploy with canarySettings, or promote or remove the canary first`,
    );
  }
  return { deploymentId };
}
