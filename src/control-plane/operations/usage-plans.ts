/** Usage plans (reference 09 sections 2, 3.1, 5 and 6; reference 06 section 3). */
import { shortId } from '../entities/ids.js';
import { present } from '../entities/rest-api.js';
import { checkedTags, TAGS, withoutEmptyTags } from '../entities/tags.js';
import { patchUsagePlan } from '../entities/usage-plan-patch.js';
import {
  type ApiStage,
  findUsagePlan,
  keysOfPlan,
  nameOf,
  PERIODS,
  putUsagePlan,
  type QuotaSettings,
  type ThrottleSettings,
  USAGE_PLAN,
  USAGE_PLANS,
  type UsagePlanPart,
  usagePlanKeyPart,
} from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { INTEGER, NUMBER, oneOf, PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';

const ONE = '/usageplans/{usageplanId}';
const THROTTLE = structure({ burstLimit: INTEGER, rateLimit: NUMBER });

export const USAGE_PLAN_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateUsagePlan',
    method: 'POST',
    path: '/usageplans',
    status: 201,
    input: structure({
      name: required(TEXT),
      description: TEXT,
      apiStages: {
        kind: 'list',
        of: required(
          structure({ apiId: TEXT, stage: TEXT, throttle: { kind: 'map', of: required(THROTTLE) } }),
        ),
      },
      throttle: THROTTLE,
      quota: structure({ limit: INTEGER, offset: INTEGER, period: oneOf(...PERIODS) }),
      tags: TAGS,
    }),
    async run(transaction, { body }) {
      const draft = await transaction.aggregateOrNew(USAGE_PLANS);
      const given = body as Partial<UsagePlanPart>;
      const name = given.name ?? '';
      if (name.trim() === '') throw badRequest('Usage Plan name cannot be blank');
      const plan = present<UsagePlanPart>({
        id: shortId(),
        name,
        description: given.description || undefined,
        apiStages: apiStagesOf(given.apiStages ?? []),
        throttle: throttleOf(given.throttle),
        quota: quotaOf(given.quota),
        tags: checkedTags(given.tags),
      });
      await putUsagePlan(transaction, draft, plan);
      return withoutEmptyTags(plan);
    },
  },
  {
    name: 'GetUsagePlans',
    method: 'GET',
    path: '/usageplans',
    status: 200,
    async run(transaction, { query }) {
      const draft = await transaction.aggregateOrNew(USAGE_PLANS);
      const keyId = query.get('keyId');
      const plans = draft.list<UsagePlanPart>(USAGE_PLAN);
      const found = keyId
        ? plans.filter(({ id }) => draft.get(usagePlanKeyPart(id, keyId)) !== undefined)
        : plans;
      return page(found, query, ({ id }) => id, withoutEmptyTags);
    },
  },
  {
    name: 'GetUsagePlan',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return (await findUsagePlan(transaction, path.usageplanId)).plan;
    },
  },
  {
    name: 'UpdateUsagePlan',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, plan } = await findUsagePlan(transaction, path.usageplanId);
      const changed = patchOperationsOf(body).reduce(patchUsagePlan, plan);
      await putUsagePlan(transaction, draft, changed, plan);
      return changed;
    },
  },
  {
    name: 'DeleteUsagePlan',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, plan } = await findUsagePlan(transaction, path.usageplanId);
      const [stage] = plan.apiStages;
      if (stage !== undefined) {
        throw badRequest(
          `Cannot delete Usage Plan ${plan.id} because there are API Stages associated with it, including ${nameOf(stage)}`,
        );
      }
      for (const { keyId } of keysOfPlan(draft, plan.id)) draft.delete(usagePlanKeyPart(plan.id, keyId));
      draft.delete(`${USAGE_PLAN}${plan.id}`);
    },
  },
];

function apiStagesOf(given: readonly Partial<ApiStage>[]): ApiStage[] {
  const stages = new Map<string, ApiStage>();
  for (const { apiId, stage, throttle } of given) {
    const methods = Object.entries(throttle ?? {}).map(([method, limits]) => [
      method,
      throttleOf(limits) ?? {},
    ]);
    const one = present<ApiStage>({
      apiId: apiId ?? '',
      stage: stage ?? '',
      throttle: methods.length === 0 ? undefined : Object.fromEntries(methods),
    });
    stages.set(nameOf(one), one);
  }
  return [...stages.values()];
}

/** JSON null is no limit. */
function throttleOf(given: ThrottleSettings | null | undefined): ThrottleSettings | undefined {
  if (given === null || given === undefined) return undefined;
  return present<ThrottleSettings>({ burstLimit: given.burstLimit, rateLimit: given.rateLimit });
}

function quotaOf(given: Partial<QuotaSettings> | null | undefined): QuotaSettings | undefined {
  if (given === null || given === undefined) return undefined;
  return present<QuotaSettings>({ limit: given.limit, offset: given.offset ?? 0, period: given.period });
}
