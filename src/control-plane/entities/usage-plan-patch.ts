/** Patch operations of a usage plan (reference 09 section 5). */
import { decimal } from '../patch/numbers.js';
import type { PatchOperation } from '../patch/patch.js';
import { badRequest } from '../wire/errors.js';
import { present } from './rest-api.js';
import {
  type ApiStage,
  INVALID_API_STAGE,
  nameOf,
  type QuotaSettings,
  type ThrottleSettings,
  type UsagePlanPart,
  unknownApiStage,
} from './usage-plans.js';

/** @throws ApiError */
export function patchUsagePlan(plan: UsagePlanPart, operation: PatchOperation): UsagePlanPart {
  const [member, ...rest] = operation.segments;
  switch (operation.op) {
    case 'add':
    case 'replace':
      return (
        (rest.length === 0 ? setMember(plan, operation) : setInside(plan, operation)) ?? unknown(operation)
      );
    case 'remove':
      if (rest.length === 0) return removeMember(plan, operation) ?? unknown(operation);
      return member === 'apiStages' ? removeThrottle(plan, operation) : unknown(operation);
    default:
      throw badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
  }
}

function setMember(plan: UsagePlanPart, { op, path, value }: PatchOperation): UsagePlanPart | undefined {
  switch (path) {
    case '/name':
      if (value === undefined || value.trim() === '') throw badRequest('Usage Plan name cannot be blank');
      return { ...plan, name: value };
    case '/description':
    case '/productCode':
      return present<UsagePlanPart>({ ...plan, [path.slice(1)]: value === '' ? undefined : value });
    case '/apiStages': {
      if (op === 'replace') return undefined;
      const added = apiStageOf(value);
      // One that is there already keeps its throttle.
      if (plan.apiStages.some((one) => nameOf(one) === nameOf(added))) return plan;
      return { ...plan, apiStages: [...plan.apiStages, added] };
    }
    default:
      return undefined;
  }
}

/** Recorded: `replace` on a member of a throttle or quota that is not there makes it. */
function setInside(plan: UsagePlanPart, operation: PatchOperation): UsagePlanPart | undefined {
  const [member, entry = '', ...more] = operation.segments;
  if (member === 'throttle' && more.length === 0) {
    const throttle = withLimit(plan.throttle, entry, operation);
    return throttle && { ...plan, throttle };
  }
  if (member === 'quota' && more.length === 0) {
    const quota = withQuota(plan.quota, entry, operation);
    return quota && { ...plan, quota };
  }
  const place = throttlePlace(operation.segments.slice(0, -1));
  if (member !== 'apiStages' || place?.method === undefined) return undefined;
  const { method } = place;
  const apiStage = stageOf(plan, place.stage);
  const settings = withLimit(apiStage.throttle?.[method], operation.segments.at(-1) ?? '', operation);
  return settings && withStage(plan, { ...apiStage, throttle: { ...apiStage.throttle, [method]: settings } });
}

function withLimit(
  settings: ThrottleSettings | undefined,
  member: string,
  operation: PatchOperation,
): ThrottleSettings | undefined {
  if (member !== 'rateLimit' && member !== 'burstLimit') return undefined;
  return present<ThrottleSettings>({ ...settings, [member]: numberOf(operation) });
}

function withQuota(
  settings: QuotaSettings | undefined,
  member: string,
  operation: PatchOperation,
): QuotaSettings | undefined {
  const quota = settings ?? { offset: 0 };
  switch (member) {
    case 'limit':
      return present<QuotaSettings>({ ...quota, limit: numberOf(operation) });
    case 'offset':
      return { ...quota, offset: numberOf(operation) ?? 0 };
    case 'period':
      return present<QuotaSettings>({ ...quota, period: operation.value });
    default:
      return undefined;
  }
}

function removeMember(plan: UsagePlanPart, { path, value }: PatchOperation): UsagePlanPart | undefined {
  switch (path) {
    case '/apiStages': {
      const removed = stageOf(plan, value);
      return { ...plan, apiStages: plan.apiStages.filter((one) => one !== removed) };
    }
    case '/throttle':
    case '/quota':
    case '/productCode':
      return present<UsagePlanPart>({ ...plan, [path.slice(1)]: undefined });
    default:
      return undefined;
  }
}

function removeThrottle(plan: UsagePlanPart, operation: PatchOperation): UsagePlanPart {
  const place = throttlePlace(operation.segments);
  if (place === undefined) return unknown(operation);
  const { throttle = {}, ...apiStage } = stageOf(plan, place.stage);
  const rest = Object.entries(throttle).filter(
    ([name]) => place.method !== undefined && name !== place.method,
  );
  return withStage(plan, rest.length === 0 ? apiStage : { ...apiStage, throttle: Object.fromEntries(rest) });
}

/**
 * `/apiStages/{api:stage}/throttle` and what is below. A method is `/path/METHOD`, which clients write in one segment
 * (`~1pets~1GET`), in two (`~1pets/GET`) or without escapes (`/pets/GET`).
 */
function throttlePlace(
  segments: readonly string[],
): { stage: string; method: string | undefined } | undefined {
  const [member, stage, throttle, ...method] = segments;
  if (member !== 'apiStages' || stage === undefined || throttle !== 'throttle') return undefined;
  return { stage, method: method.length === 0 ? undefined : method.join('/') };
}

function withStage(plan: UsagePlanPart, changed: ApiStage): UsagePlanPart {
  const name = nameOf(changed);
  return { ...plan, apiStages: plan.apiStages.map((one) => (nameOf(one) === name ? changed : one)) };
}

function stageOf(plan: UsagePlanPart, text: string | undefined): ApiStage {
  const wanted = apiStageOf(text);
  const found = plan.apiStages.find((one) => nameOf(one) === nameOf(wanted));
  if (found === undefined) throw unknownApiStage(wanted, plan.id);
  return found;
}

/** `{API id}:{stage}`. */
function apiStageOf(text: string | undefined): ApiStage {
  const [, apiId, stage] = /^([^:]+):([^:]+)$/.exec(text ?? '') ?? [];
  if (apiId === undefined || stage === undefined) throw badRequest(INVALID_API_STAGE);
  return { apiId, stage };
}

/** Undefined: none is wanted any more. */
function numberOf({ path, value }: PatchOperation): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = decimal(value);
  if (Number.isNaN(number)) throw badRequest(`Invalid number specified for ${path}: ${value}`);
  return number;
}

const THROTTLE = '/apiStages/<apidId:stageName>/throttle';
const METHOD_THROTTLE = `${THROTTLE}/<resourcePath>/<httpMethod>`;
const SET = [
  '/name',
  '/description',
  '/productCode',
  '/quota/limit',
  '/quota/offset',
  '/quota/period',
  '/throttle/rateLimit',
  '/throttle/burstLimit',
  `${METHOD_THROTTLE}/rateLimit`,
  `${METHOD_THROTTLE}/burstLimit`,
];
const PATHS: Readonly<Record<string, readonly string[]>> = {
  replace: SET,
  add: ['/apiStages', ...SET],
  // AWS's own list, spelled as it spells it.
  remove: ['/apiStages', '/quota', '/throttle', '/productCode', METHOD_THROTTLE, THROTTLE],
};

function unknown({ op, path }: PatchOperation): never {
  throw badRequest(
    `Invalid patch path  '${path ?? null}' specified for op '${op}'. Must be one of: [${(PATHS[op] ?? []).join(', ')}]`,
  );
}
