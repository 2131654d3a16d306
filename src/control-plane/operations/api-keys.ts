/** API keys (reference 09 sections 2, 3.1, 5 and 6; reference 06 section 2). */
import {
  API_KEY,
  API_KEYS,
  type ApiKeyPart,
  allApiKeys,
  checkApiKey,
  checkApiKeyValue,
  findApiKey,
} from '../entities/api-keys.js';
import { apiKeyValue, longId } from '../entities/ids.js';
import { restApiAggregate, STAGES } from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { checkedTags, TAGS, withoutEmptyTags } from '../entities/tags.js';
import { removeKeyFromPlans, USAGE_PLANS } from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { booleanValue, type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { BOOLEAN, PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Transaction } from '../workspace/transaction.js';

const LIST = '/apikeys';
const ONE = `${LIST}/{api_Key}`;
const PATHS: ReplaceablePaths = ['/description', '/enabled', '/name', '/customerId'];

export const API_KEY_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateApiKey',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({
      name: TEXT,
      description: TEXT,
      enabled: BOOLEAN,
      // Ids are always distinct from values here.
      generateDistinctId: BOOLEAN,
      value: TEXT,
      stageKeys: {
        kind: 'list',
        of: required(structure({ restApiId: required(TEXT), stageName: required(TEXT) })),
      },
      customerId: TEXT,
      tags: TAGS,
    }),
    async run(transaction, { body }) {
      const draft = await transaction.aggregateOrNew(API_KEYS);
      const given = body as Partial<ApiKeyPart>;
      checkApiKey(given);
      // Recorded: an empty value is none.
      const value = given.value || apiKeyValue();
      checkApiKeyValue(value);
      if (draft.list<ApiKeyPart>(API_KEY).some((other) => other.value === value)) {
        throw conflict('API Key already exists');
      }
      const stageKeys: string[] = [];
      for (const { restApiId, stageName } of (body.stageKeys ?? []) as Record<string, string>[]) {
        const stageKey = `${restApiId}/${stageName}`;
        await checkStageKey(transaction, stageKey);
        if (!stageKeys.includes(stageKey)) stageKeys.push(stageKey);
      }
      const key = present<ApiKeyPart>({
        id: longId(),
        value,
        name: given.name || undefined,
        customerId: given.customerId || undefined,
        description: given.description || undefined,
        enabled: given.enabled === true,
        createdDate: transaction.now,
        lastUpdatedDate: transaction.now,
        stageKeys,
        tags: checkedTags(given.tags),
      });
      draft.put(`${API_KEY}${key.id}`, key);
      return withoutEmptyTags(key);
    },
  },
  {
    name: 'GetApiKeys',
    method: 'GET',
    path: LIST,
    status: 200,
    async run(transaction, { query }) {
      const draft = await transaction.aggregateOrNew(API_KEYS);
      const prefix = query.get('name') ?? '';
      const customerId = query.get('customerId') ?? '';
      const found = allApiKeys(draft).filter(
        (key) => (key.name ?? '').startsWith(prefix) && (customerId === '' || key.customerId === customerId),
      );
      const withValue = query.get('includeValues') === 'true';
      return page(
        found,
        query,
        ({ id }) => id,
        (key) => withoutEmptyTags(withValue ? key : withoutValue(key)),
      );
    },
  },
  {
    name: 'GetApiKey',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path, query }) {
      const { key } = await findApiKey(transaction, path.api_Key);
      return query.get('includeValue') === 'true' ? key : withoutValue(key);
    },
  },
  {
    name: 'UpdateApiKey',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, key } = await findApiKey(transaction, path.api_Key);
      let changed = key;
      for (const operation of patchOperationsOf(body)) {
        changed = await patchApiKey(transaction, changed, operation);
      }
      checkApiKey(changed);
      const updated = { ...changed, lastUpdatedDate: transaction.now };
      draft.put(`${API_KEY}${key.id}`, updated);
      return withoutValue(updated);
    },
  },
  {
    name: 'DeleteApiKey',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, key } = await findApiKey(transaction, path.api_Key);
      draft.delete(`${API_KEY}${key.id}`);
      const plans = await transaction.aggregate(USAGE_PLANS);
      if (plans !== undefined) removeKeyFromPlans(plans, key.id);
    },
  },
];

function withoutValue({ value: _, ...members }: ApiKeyPart): Omit<ApiKeyPart, 'value'> {
  return members;
}

async function patchApiKey(
  transaction: Transaction,
  key: ApiKeyPart,
  operation: PatchOperation,
): Promise<ApiKeyPart> {
  const { op, path, value = '' } = operation;
  if (op === 'add' || op === 'remove') {
    // Labels are in no answer; nobody can tell that they are not kept.
    if (path === '/labels') return key;
    if (path === '/stages') {
      const others = key.stageKeys.filter((one) => one !== value);
      if (op === 'remove') return { ...key, stageKeys: others };
      await checkStageKey(transaction, value);
      return { ...key, stageKeys: [...others, value] };
    }
  }
  refuseOpsButReplace(operation, PATHS);
  return path === '/enabled'
    ? { ...key, enabled: booleanValue(operation) }
    : present<ApiKeyPart>({ ...key, [(path ?? '').slice(1)]: value === '' ? undefined : value });
}

/** @param stageKey `{API id}/{stage}`. @throws ApiError */
async function checkStageKey(transaction: Transaction, stageKey: string): Promise<void> {
  const [, apiId, stage] = /^([^/]+)\/([^/]+)$/.exec(stageKey) ?? [];
  if (apiId === undefined || stage === undefined) {
    throw badRequest(`Invalid stage specified: ${stageKey}. It must be {API id}/{stage name}`);
  }
  const api = await transaction.aggregate(restApiAggregate(apiId));
  if (api?.get(`${STAGES}${stage}`) === undefined) throw notFound('Invalid Stage identifier specified');
  api.pin();
}
