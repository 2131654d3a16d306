/**
 * Usage plans: one aggregate, `usageplans`, with a part for each plan and for each key in a plan. Plans, keys and their
 * links are live: no deployment is needed (reference 06 sections 2 and 3).
 */
import { badRequest, conflict, notFound } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { restApiAggregate, STAGES, type TextMap } from './parts.js';

export const USAGE_PLANS = 'usageplans';
/** `plan/{id}`. */
export const USAGE_PLAN = 'plan/';
/** `key/{plan id}/{API key id}`. */
const USAGE_PLAN_KEY = 'key/';

export interface ThrottleSettings {
  readonly burstLimit?: number;
  /** Requests a second. */
  readonly rateLimit?: number;
}

export interface QuotaSettings {
  readonly limit?: number;
  /** Requests deducted from the first period. */
  readonly offset: number;
  readonly period?: string;
}

export interface ApiStage {
  readonly apiId: string;
  readonly stage: string;
  /** By `/path/METHOD`. */
  readonly throttle?: Readonly<Record<string, ThrottleSettings>>;
}

export interface UsagePlanPart {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly apiStages: readonly ApiStage[];
  readonly throttle?: ThrottleSettings;
  readonly quota?: QuotaSettings;
  readonly productCode?: string;
  readonly tags: TextMap;
}

export interface UsagePlanKeyPart {
  readonly planId: string;
  /** Of the API key. */
  readonly keyId: string;
}

export const UNKNOWN_USAGE_PLAN = 'Invalid Usage Plan ID specified';
export const INVALID_API_STAGE = 'Invalid API Stage specified';
export const PERIODS = ['DAY', 'WEEK', 'MONTH'];

export interface FoundUsagePlan {
  draft: Draft;
  plan: UsagePlanPart;
}

/** @throws ApiError */
export async function findUsagePlan(
  transaction: Transaction,
  id: string | undefined,
): Promise<FoundUsagePlan> {
  const draft = await transaction.aggregate(USAGE_PLANS);
  const plan = draft?.get<UsagePlanPart>(`${USAGE_PLAN}${id ?? ''}`);
  if (draft === undefined || plan === undefined) throw notFound(UNKNOWN_USAGE_PLAN);
  return { draft, plan };
}

export function usagePlanKeyPart(planId: string, keyId: string): string {
  return `${USAGE_PLAN_KEY}${planId}/${keyId}`;
}

/** The API keys of a plan, newest first (recorded). */
export function keysOfPlan(draft: Draft, planId: string): UsagePlanKeyPart[] {
  return draft.list<UsagePlanKeyPart>(`${USAGE_PLAN_KEY}${planId}/`).reverse();
}

/** The plan once it is fit to be kept: with stages that exist and that its keys may use. @throws ApiError */
export async function putUsagePlan(
  transaction: Transaction,
  draft: Draft,
  plan: UsagePlanPart,
  before?: UsagePlanPart,
): Promise<void> {
  checkLimits(plan);
  const known = new Set((before?.apiStages ?? []).map(nameOf));
  for (const apiStage of plan.apiStages.filter((one) => !known.has(nameOf(one)))) {
    await checkStage(transaction, apiStage, plan.id);
  }
  draft.put(`${USAGE_PLAN}${plan.id}`, plan);
  const rivals = rivalsOf(draft, plan);
  if (rivals.length === 0) return;
  for (const { keyId } of keysOfPlan(draft, plan.id)) refuseRivals(draft, plan, rivals, keyId);
}

/** @throws ApiError when the key may not be in the plan */
export function putUsagePlanKey(
  draft: Draft,
  plan: UsagePlanPart,
  keyId: string,
  rivals = rivalsOf(draft, plan),
): void {
  const part = usagePlanKeyPart(plan.id, keyId);
  if (draft.get(part) !== undefined) {
    throw conflict(`API Key ${keyId} is already in Usage Plan ${plan.id}`);
  }
  refuseRivals(draft, plan, rivals, keyId);
  draft.put(part, { planId: plan.id, keyId } satisfies UsagePlanKeyPart);
}

/** The key is gone from all plans. */
export function removeKeyFromPlans(draft: Draft, keyId: string): void {
  for (const one of draft.list<UsagePlanKeyPart>(USAGE_PLAN_KEY)) {
    if (one.keyId === keyId) draft.delete(usagePlanKeyPart(one.planId, keyId));
  }
}

/** A stage that ends, or all of an API, is gone from all plans. */
export async function removeStagesFromPlans(
  transaction: Transaction,
  apiId: string,
  stageName?: string,
): Promise<void> {
  const draft = await transaction.aggregate(USAGE_PLANS);
  for (const plan of draft?.list<UsagePlanPart>(USAGE_PLAN) ?? []) {
    const apiStages = plan.apiStages.filter(
      ({ apiId: id, stage }) => id !== apiId || (stageName !== undefined && stage !== stageName),
    );
    if (apiStages.length < plan.apiStages.length) {
      draft?.put(`${USAGE_PLAN}${plan.id}`, { ...plan, apiStages } satisfies UsagePlanPart);
    }
  }
}

export function unknownApiStage({ apiId, stage }: ApiStage, planId: string): Error {
  return notFound(`Invalid API Stage {api: ${apiId}, stage: ${stage}} specified for usageplan ${planId}`);
}

async function checkStage(transaction: Transaction, apiStage: ApiStage, planId: string): Promise<void> {
  const { apiId, stage } = apiStage;
  if (apiId === '' || stage === '') throw badRequest(INVALID_API_STAGE);
  const api = await transaction.aggregate(restApiAggregate(apiId));
  if (api?.get(`${STAGES}${stage}`) === undefined) throw unknownApiStage(apiStage, planId);
  api.pin();
}

/** Another plan that has one of a plan's stages. */
export interface RivalPlan {
  readonly id: string;
  /** `{API id}:{stage}`. */
  readonly stage: string;
}

/** The plans whose keys cannot be in this one. */
export function rivalsOf(draft: Draft, plan: UsagePlanPart): RivalPlan[] {
  const stages = new Set(plan.apiStages.map(nameOf));
  return draft.list<UsagePlanPart>(USAGE_PLAN).flatMap(({ id, apiStages }) => {
    const stage = id === plan.id ? undefined : apiStages.map(nameOf).find((name) => stages.has(name));
    return stage === undefined ? [] : [{ id, stage }];
  });
}

/** A key is in one plan only for each stage: otherwise nobody could tell whose limits hold. */
function refuseRivals(draft: Draft, plan: UsagePlanPart, rivals: readonly RivalPlan[], keyId: string): void {
  const rival = rivals.find(({ id }) => draft.get(usagePlanKeyPart(id, keyId)) !== undefined);
  if (rival === undefined) return;
  throw conflict(
    `Usage Plan ${plan.id} cannot be added because API Key ${keyId} cannot reference multiple Usage Plans with the same api stage: ${rival.stage}`,
  );
}

export function nameOf({ apiId, stage }: ApiStage): string {
  return `${apiId}:${stage}`;
}

function checkLimits({ throttle, quota, apiStages }: UsagePlanPart): void {
  checkThrottle('throttle', throttle);
  for (const { throttle: methods } of apiStages) {
    for (const [method, settings] of Object.entries(methods ?? {})) {
      checkThrottle(`the throttle of ${method}`, settings);
    }
  }
  if (quota === undefined) return;
  const { limit, offset, period } = quota;
  if (limit !== undefined && !isCount(limit)) throw badRequest('Usage Plan quota limit must be 0 or more');
  // Without its period nobody could tell when a quota begins anew.
  if (period === undefined || !PERIODS.includes(period)) {
    throw badRequest(
      `Invalid quota period specified: ${period ?? null}. Valid options are ${PERIODS.join(',')}`,
    );
  }
  if (!isCount(offset)) throw badRequest('Usage Plan quota offset must be 0 or more');
}

function checkThrottle(what: string, settings: ThrottleSettings | undefined): void {
  const { burstLimit, rateLimit } = settings ?? {};
  if (burstLimit !== undefined && !isCount(burstLimit)) {
    throw badRequest(`Usage Plan ${what}: burstLimit must be 0 or more`);
  }
  if (rateLimit !== undefined && !(Number.isFinite(rateLimit) && rateLimit >= 0)) {
    throw badRequest(`Usage Plan ${what}: rateLimit must be 0 or more`);
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
