/** Stages (reference 07 sections 2 to 6). */
import { serveStage, withdrawStage } from '../deploy/served.js';
import { DOMAINS, domainsThatMap } from '../entities/domains.js';
import { type CanarySettingsPart, STAGES, type StagePart } from '../entities/parts.js';
import { findApi } from '../entities/rest-api.js';
import { patchStage } from '../entities/stage-patch.js';
import {
  CANARY_SETTINGS,
  checkDeployment,
  checkDocumentationVersion,
  findStage,
  type GivenCanary,
  type GivenStage,
  newCanary,
  newStage,
  STAGE_MEMBERS,
} from '../entities/stages.js';
import { TAGS } from '../entities/tags.js';
import { removeStagesFromPlans } from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { wholeList } from '../wire/paging.js';
import { PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import { findClientCertificate } from './client-certificates.js';

const LIST = '/restapis/{restapi_id}/stages';
const ONE = `${LIST}/{stage_name}`;

export const STAGE_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateStage',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({
      ...STAGE_MEMBERS,
      stageName: required(TEXT),
      deploymentId: required(TEXT),
      description: TEXT,
      documentationVersion: TEXT,
      canarySettings: CANARY_SETTINGS,
      tags: TAGS,
    }),
    async run(transaction, { path, body }) {
      const api = await findApi(transaction, path.restapi_id);
      const { canarySettings, ...given } = body as unknown as Omit<GivenStage, 'canarySettings'> & {
        canarySettings?: GivenCanary | null;
      };
      if (api.get(STAGES + given.stageName) !== undefined) throw conflict('Stage already exists');
      checkDeployment(api, given.deploymentId);
      if (given.documentationVersion) checkDocumentationVersion(api, given.documentationVersion);
      const canary = canaryOf(api, canarySettings);
      const stage = newStage(
        canary === undefined ? given : { ...given, canarySettings: canary },
        transaction.now,
      );
      api.put(STAGES + stage.stageName, stage);
      await serveStage(transaction, api, stage, `new stage ${stage.stageName} of API ${path.restapi_id}`);
      return stage;
    },
  },
  {
    name: 'GetStages',
    method: 'GET',
    path: LIST,
    status: 200,
    async run(transaction, { path, query }) {
      const api = await findApi(transaction, path.restapi_id);
      const wanted = query.get('deploymentId');
      const stages = api.list<StagePart>(STAGES);
      return wholeList(wanted ? stages.filter(({ deploymentId }) => deploymentId === wanted) : stages);
    },
  },
  {
    name: 'GetStage',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return (await findStage(transaction, path)).stage;
    },
  },
  {
    name: 'UpdateStage',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { api, stage: before } = await findStage(transaction, path);
      const patched = patchOperationsOf(body).reduce(
        (stage, operation) => patchStage(api, stage, operation),
        before,
      );
      const stage: StagePart = { ...patched, lastUpdatedDate: transaction.now };
      const { clientCertificateId } = stage;
      if (clientCertificateId !== undefined && clientCertificateId !== before.clientCertificateId) {
        (await findClientCertificate(transaction, clientCertificateId)).draft.pin();
      }
      api.put(STAGES + stage.stageName, stage);
      if (!servesTheSame(before, stage)) {
        await serveStage(
          transaction,
          api,
          stage,
          `update of stage ${stage.stageName} of API ${path.restapi_id}`,
        );
      }
      return stage;
    },
  },
  {
    name: 'DeleteStage',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { api, stage } = await findStage(transaction, path);
      const { stageName } = stage;
      const mapped = domainsThatMap(await transaction.aggregate(DOMAINS), path.restapi_id ?? '', stageName);
      if (mapped.length > 0) {
        throw badRequest(
          `Deleting stage ${stageName} failed. Please remove all base path mappings related to the stage in your domains: ${mapped.join(', ')}`,
        );
      }
      api.delete(STAGES + stageName);
      await removeStagesFromPlans(transaction, path.restapi_id ?? '', stageName);
      withdrawStage(transaction, api, stageName, `deletion of stage ${stageName} of API ${path.restapi_id}`);
    },
  },
];

function canaryOf(api: Draft, given: GivenCanary | null | undefined): CanarySettingsPart | undefined {
  if (given === null || given === undefined) return undefined;
  return newCanary(given, checkDeployment(api, given.deploymentId));
}

/** Members that a patch leaves alone are the same objects. */
function servesTheSame(before: StagePart, after: StagePart): boolean {
  return (
    before.deploymentId === after.deploymentId &&
    before.variables === after.variables &&
    before.canarySettings === after.canarySettings
  );
}
