/** The account's settings (reference 09 sections 2, 3 and 5): kept and shown. Nothing is logged to CloudWatch. */
import { present } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { refuseOpsButReplace } from '../patch/fixed-paths.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest } from '../wire/errors.js';
import { PATCH_INPUT } from '../wire/shape.js';

/** One aggregate, with the part `settings`. */
const ACCOUNT = 'account';
const SETTINGS = 'settings';

interface AccountPart {
  readonly cloudwatchRoleArn?: string;
}

const USAGE_PLANS_FEATURE = 'UsagePlans';

export const ACCOUNT_OPERATIONS: readonly Operation[] = [
  {
    name: 'GetAccount',
    method: 'GET',
    path: '/account',
    status: 200,
    async run(transaction) {
      const draft = await transaction.aggregate(ACCOUNT);
      return shown(draft?.get<AccountPart>(SETTINGS) ?? {});
    },
  },
  {
    name: 'UpdateAccount',
    method: 'PATCH',
    path: '/account',
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { body }) {
      const draft = await transaction.aggregateOrNew(ACCOUNT);
      const account = patchOperationsOf(body).reduce(patchAccount, draft.get<AccountPart>(SETTINGS) ?? {});
      draft.put(SETTINGS, account);
      return shown(account);
    },
  },
];

/** Limits of an account, as AWS shows them for a new one; none is applied here. */
function shown(account: AccountPart): object {
  return {
    ...account,
    throttleSettings: { burstLimit: 5_000, rateLimit: 10_000 },
    features: [USAGE_PLANS_FEATURE],
    apiKeyVersion: '4',
  };
}

function patchAccount(account: AccountPart, operation: PatchOperation): AccountPart {
  const { op, path, value = '' } = operation;
  if (path === '/features' && (op === 'add' || op === 'remove')) {
    if (value !== USAGE_PLANS_FEATURE) {
      throw badRequest(`Invalid feature specified: ${value}. Valid options are ${USAGE_PLANS_FEATURE}`);
    }
    if (op === 'remove') throw badRequest('Usage Plans cannot be disabled once enabled');
    return account;
  }
  refuseOpsButReplace(operation, ['/cloudwatchRoleArn']);
  if (value !== '' && !/^arn:[^:]+:iam::[^:]*:role\/.+$/.test(value)) {
    throw badRequest(`Invalid role ARN specified: ${value}`);
  }
  return present<AccountPart>({ cloudwatchRoleArn: value === '' ? undefined : value });
}
