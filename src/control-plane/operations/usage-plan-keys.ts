/** API keys in usage plans, and what they used (reference 09 sections 2, 3 and 3.1). */
import { API_KEY, API_KEYS, type ApiKeyPart, findApiKey, UNKNOWN_API_KEY } from '../entities/api-keys.js';
import { present } from '../entities/rest-api.js';
import {
  findUsagePlan,
  keysOfPlan,
  putUsagePlanKey,
  USAGE_PLANS,
  type UsagePlanPart,
  usagePlanKeyPart,
} from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { decimal } from '../patch/numbers.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { PATCH_INPUT, refuseViolations, required, structure, TEXT, violations } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';

const PLAN = '/usageplans/{usageplanId}';
const LIST = `${PLAN}/keys`;
const ONE = `${LIST}/{keyId}`;

export const USAGE_PLAN_KEY_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateUsagePlanKey',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({ keyId: required(TEXT), keyType: required(TEXT) }),
    async run(transaction, { path, body }) {
      const { draft, plan } = await findUsagePlan(transaction, path.usageplanId);
      if (body.keyType !== KEY_TYPE) {
        throw badRequest(`Invalid key type specified. Valid options are ${KEY_TYPE}`);
      }
      const { key } = await findApiKey(transaction, body.keyId as string);
      putUsagePlanKey(draft, plan, key.id);
      return shown(key);
    },
  },
  {
    name: 'GetUsagePlanKeys',
    method: 'GET',
    path: LIST,
    status: 200,
    async run(transaction, { path, query }) {
      // Recorded: an unknown plan has no keys, that is all.
      const plans = await transaction.aggregateOrNew(USAGE_PLANS);
      const prefix = query.get('name') ?? '';
      const keys = await apiKeysOfPlan(transaction, plans, path.usageplanId ?? '');
      return page(
        keys.filter(({ name }) => (name ?? '').startsWith(prefix)),
        query,
        ({ id }) => id,
        shown,
      );
    },
  },
  {
    name: 'GetUsagePlanKey',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return shown((await find(transaction, path)).key);
    },
  },
  {
    name: 'DeleteUsagePlanKey',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, plan, key } = await find(transaction, path);
      draft.delete(usagePlanKeyPart(plan.id, key.id));
    },
  },
  {
    name: 'GetUsage',
    method: 'GET',
    path: `${PLAN}/usage`,
    status: 200,
    async run(transaction, { path, query }) {
      const { draft, plan } = await findUsagePlan(transaction, path.usageplanId);
      const [startDate, endDate] = datesOf(query);
      const days = (Date.parse(endDate) - Date.parse(startDate)) / DAY_MS + 1;
      const wanted = query.get('keyId');
      const keys = keysOfPlan(draft, plan.id).filter(({ keyId }) => !wanted || keyId === wanted);
      const { item, position } = page(
        keys,
        query,
        ({ keyId }) => keyId,
        ({ keyId }) => [keyId, Array(days).fill(unused(plan))],
      );
      return present({
        usagePlanId: plan.id,
        startDate,
        endDate,
        position,
        values: Object.fromEntries(item as [string, number[][]][]),
      });
    },
  },
  {
    name: 'UpdateUsage',
    method: 'PATCH',
    path: `${ONE}/usage`,
    status: 200,
    input: PATCH_INPUT,
    // Nothing is counted yet, so there is nothing to extend: checked, answered as if it were, and not kept.
    async run(transaction, { path, body }) {
      const { plan, key } = await find(transaction, path);
      let [used, remaining] = unused(plan);
      for (const { op, path: member, value } of patchOperationsOf(body)) {
        if (op !== 'replace' || member !== '/remaining') {
          throw badRequest(
            `Invalid patch path  '${member ?? null}' specified for op '${op}'. Must be one of: [/remaining]`,
          );
        }
        remaining = decimal(value);
        if (!Number.isSafeInteger(remaining) || remaining < 0) {
          throw badRequest(`Invalid remaining quota specified: ${value ?? null}`);
        }
      }
      const today = new Date(transaction.now * 1000).toISOString().slice(0, 10);
      return {
        usagePlanId: plan.id,
        startDate: today,
        endDate: today,
        values: { [key.id]: [[used, remaining]] },
      };
    },
  },
];

const KEY_TYPE = 'API_KEY';

function shown({ id, name, value }: ApiKeyPart): object {
  return present({ id, name, type: KEY_TYPE, value });
}

async function apiKeysOfPlan(transaction: Transaction, plans: Draft, planId: string): Promise<ApiKeyPart[]> {
  const keys = await transaction.aggregateOrNew(API_KEYS);
  return keysOfPlan(plans, planId)
    .map(({ keyId }) => keys.get<ApiKeyPart>(`${API_KEY}${keyId}`))
    .filter((key) => key !== undefined);
}

async function find(
  transaction: Transaction,
  path: Readonly<Record<string, string>>,
): Promise<{ draft: Draft; plan: UsagePlanPart; key: ApiKeyPart }> {
  const { draft, plan } = await findUsagePlan(transaction, path.usageplanId);
  const { key } = await findApiKey(transaction, path.keyId);
  if (draft.get(usagePlanKeyPart(plan.id, key.id)) === undefined) throw notFound(UNKNOWN_API_KEY);
  return { draft, plan, key };
}

/** Used and remaining of one day. Requests are not counted yet; without a quota nothing runs out. */
function unused({ quota }: UsagePlanPart): [used: number, remaining: number] {
  return [0, quota?.limit ?? 0];
}

const DAY_MS = 86_400_000;
const MAX_DAYS = 366;

/** @throws ApiError */
function datesOf(query: URLSearchParams): [startDate: string, endDate: string] {
  const start = query.get('startDate');
  const end = query.get('endDate');
  refuseViolations([
    ...violations(required(TEXT), start, 'startDate'),
    ...violations(required(TEXT), end, 'endDate'),
  ]);
  const [from, to] = [dateOf(start), dateOf(end)];
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw badRequest('Invalid dates specified: startDate is after endDate');
  if (days > MAX_DAYS) throw badRequest(`Invalid dates specified: they span more than ${MAX_DAYS} days`);
  return [from, to];
}

function dateOf(text: string | null): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN;
  // `2023-02-30` is read as a day of March by some engines.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw badRequest(`Invalid date specified: ${text}. It must be a day such as 2016-01-31`);
  }
  return text;
}
