/** From an API's stage to the items that data planes serve. */
import { stageKey } from '../../config/items.js';
import type { ApiItem, Deployment, StageItem } from '../../model/snapshot.js';
import {
  API,
  type DeployedDefinitionPart,
  deploymentAggregate,
  type RestApiPart,
  STAGES,
  type StagePart,
} from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { badRequest } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { refusalOf } from './servable.js';

/** Part of a deployment's aggregate. */
export const DEPLOYED = 'deployment';

/**
 * The stage is served like this from the commit on.
 * @param message for the history
 * @throws ApiError when no node could serve it: it would keep every node from all later changes, too
 */
export async function serveStage(
  transaction: Transaction,
  draft: Draft,
  part: StagePart,
  message: string,
): Promise<void> {
  const api = apiItemOf(draft);
  const stage = await stageItemOf(transaction, api.id, part);
  const refusal = refusalOf(api, stage, transaction.settings);
  if (refusal !== undefined) {
    throw badRequest(`Stage ${part.stageName} of API ${api.id} cannot be served: ${refusal}`);
  }
  transaction.serve({ kind: 'api', api }, message);
  transaction.serve({ kind: 'stage', stage }, message);
}

/** With its last stage, the API ends for data planes. */
export function withdrawStage(
  transaction: Transaction,
  draft: Draft,
  stageName: string,
  message: string,
): void {
  const { id } = apiItemOf(draft);
  transaction.withdraw(stageKey(id, stageName), message);
  if (draft.list(STAGES).length === 0) transaction.withdraw(`api/${id}`, message);
}

/** Name and execute-api switch are live: no deployment is needed for them. */
export async function serveApi(transaction: Transaction, draft: Draft): Promise<void> {
  const api = apiItemOf(draft);
  if (!(await transaction.items()).has(`api/${api.id}`)) return;
  transaction.serve({ kind: 'api', api }, `settings of API ${api.id}`);
}

function apiItemOf(draft: Draft): ApiItem {
  const api = draft.get<RestApiPart>(API);
  if (api === undefined) throw new Error(`${draft.name} holds no API`);
  const { id, name, disableExecuteApiEndpoint } = api;
  return { id, name, disableExecuteApiEndpoint };
}

async function stageItemOf(transaction: Transaction, apiId: string, part: StagePart): Promise<StageItem> {
  const { canarySettings: canary } = part;
  return present<StageItem>({
    apiId,
    name: part.stageName,
    variables: { ...part.variables },
    deployment: await deploymentOf(transaction, apiId, part.deploymentId),
    canary:
      canary === undefined
        ? undefined
        : {
            deployment: await deploymentOf(transaction, apiId, canary.deploymentId),
            percentTraffic: canary.percentTraffic,
            stageVariableOverrides: { ...canary.stageVariableOverrides },
            useStageCache: canary.useStageCache,
          },
  });
}

/** What was deployed. @throws Error when a deployment that is referred to is not there */
export async function deploymentOf(
  transaction: Transaction,
  apiId: string,
  deploymentId: string,
): Promise<Deployment> {
  const aggregate = await transaction.aggregate(deploymentAggregate(apiId, deploymentId));
  const deployed = aggregate?.get<DeployedDefinitionPart>(DEPLOYED);
  if (deployed === undefined) throw new Error(`Deployment ${deploymentId} of API ${apiId} is not stored`);
  return { id: deploymentId, definition: deployed.definition };
}
