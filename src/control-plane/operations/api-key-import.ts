/** ImportApiKeys: API keys from a CSV file (reference 09 section 2, reference 06 section 2). */
import { type ApiKeyRow, readApiKeyRows } from '../entities/api-key-csv.js';
import { API_KEY, API_KEYS, type ApiKeyPart, checkApiKey, checkApiKeyValue } from '../entities/api-keys.js';
import { longId } from '../entities/ids.js';
import { present } from '../entities/rest-api.js';
import {
  putUsagePlanKey,
  type RivalPlan,
  rivalsOf,
  UNKNOWN_USAGE_PLAN,
  USAGE_PLAN,
  USAGE_PLANS,
  type UsagePlanPart,
  usagePlanKeyPart,
} from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { ApiError, badRequest, notFound } from '../wire/errors.js';
import { oneOf, refuseViolations, required, violations } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const MIN_VALUE = 30;
const MAX_ROWS = 10_000;

export const API_KEY_IMPORT_OPERATIONS: readonly Operation[] = [
  {
    name: 'ImportApiKeys',
    method: 'POST',
    path: '/apikeys',
    mode: 'import',
    status: 201,
    rawBody: true,
    async run(transaction, { query, raw }) {
      refuseViolations(violations(required(oneOf('csv')), query.get('format'), 'format'));
      const rows = readApiKeyRows(Buffer.from(raw).toString('utf8'));
      if (rows.length > MAX_ROWS) {
        throw badRequest(`Invalid API Key file: it has more than ${MAX_ROWS} keys, import it in parts`);
      }
      const keys = await transaction.aggregateOrNew(API_KEYS);
      const plans = await transaction.aggregateOrNew(USAGE_PLANS);
      const byValue = new Map(keys.list<ApiKeyPart>(API_KEY).map((key) => [key.value, key]));
      const attach = attacherOf(plans);
      const ids: string[] = [];
      const warnings: string[] = [];
      for (const row of rows) {
        const warn = (what: string): void => {
          warnings.push(`Line ${row.row}: ${what}`);
        };
        const key = attempt(() => keyOf(row, byValue.get(row.key), transaction.now), warn);
        if (key === undefined) continue;
        keys.put(`${API_KEY}${key.id}`, key);
        byValue.set(key.value, key);
        ids.push(key.id);
        for (const planId of row.usagePlanIds) attempt(() => attach(planId, key.id), warn);
      }
      if (warnings.length > 0 && query.get('failonwarnings')?.toLowerCase() === 'true') {
        throw badRequest(`Warnings found during import:\n\t${warnings.join('\n\t')}`);
      }
      return warnings.length === 0 ? { ids } : { ids, warnings };
    },
  },
];

/** What a row cannot have becomes a warning. */
function attempt<T>(work: () => T, warn: (what: string) => void): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    warn(error.message);
    return undefined;
  }
}

/** Documented: a value that is there already is the same key, and the newest import of it holds. */
function keyOf(row: ApiKeyRow, before: ApiKeyPart | undefined, now: number): ApiKeyPart {
  checkApiKeyValue(row.key, MIN_VALUE);
  const key = present<ApiKeyPart>({
    id: before?.id ?? longId(),
    value: row.key,
    name: row.name || undefined,
    customerId: before?.customerId,
    description: row.description || undefined,
    enabled: row.enabled,
    createdDate: before?.createdDate ?? now,
    lastUpdatedDate: now,
    stageKeys: before?.stageKeys ?? [],
    tags: before?.tags ?? {},
  });
  checkApiKey(key);
  return key;
}

/** Puts keys into plans; what a plan asks of its keys is found out once for each. */
function attacherOf(plans: Draft): (planId: string, keyId: string) => void {
  const rivals = new Map<string, RivalPlan[]>();
  return (planId, keyId) => {
    const plan = plans.get<UsagePlanPart>(`${USAGE_PLAN}${planId}`);
    if (plan === undefined) throw notFound(`${UNKNOWN_USAGE_PLAN}: ${planId}`);
    if (plans.get(usagePlanKeyPart(planId, keyId)) !== undefined) return;
    const found = rivals.get(planId) ?? rivalsOf(plans, plan);
    rivals.set(planId, found);
    putUsagePlanKey(plans, plan, keyId, found);
  };
}
