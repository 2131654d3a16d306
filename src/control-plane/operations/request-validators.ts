/** Request validators (reference 09 sections 2, 3.1, 5 and 6). */
import { shortId } from '../entities/ids.js';
import { methodsThat } from '../entities/method-uses.js';
import { partFinder, partsPage } from '../entities/named-parts.js';
import { type RequestValidatorPart, restApiAggregate, VALIDATORS } from '../entities/parts.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { booleanValue, patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { BOOLEAN, PATCH_INPUT, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const LIST = '/restapis/{restapi_id}/requestvalidators';
const ONE = `${LIST}/{requestvalidator_id}`;
const PATHS: ReplaceablePaths = ['/name', '/validateRequestParameters', '/validateRequestBody'];

const find = partFinder<RequestValidatorPart>(
  ({ requestvalidator_id }) => `${VALIDATORS}${requestvalidator_id}`,
  () => 'Invalid Request Validator identifier specified',
);

export const REQUEST_VALIDATOR_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateRequestValidator',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({ name: TEXT, validateRequestBody: BOOLEAN, validateRequestParameters: BOOLEAN }),
    async run(transaction, { path, body }) {
      // Recorded: only here is it worded so.
      const draft = await transaction.aggregate(restApiAggregate(path.restapi_id ?? ''));
      if (draft === undefined) throw badRequest('Invalid REST API identifier specified');
      return put(draft, {
        id: shortId(),
        name: nameOf(body.name as string | undefined),
        validateRequestBody: body.validateRequestBody === true,
        validateRequestParameters: body.validateRequestParameters === true,
      });
    },
  },
  {
    name: 'GetRequestValidators',
    method: 'GET',
    path: LIST,
    status: 200,
    run: (transaction, request) =>
      partsPage<RequestValidatorPart>(transaction, request, VALIDATORS, ({ id }) => id),
  },
  {
    name: 'GetRequestValidator',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return (await find(transaction, path)).part;
    },
  },
  {
    name: 'UpdateRequestValidator',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, part: validator } = await find(transaction, path);
      let changed = validator;
      for (const operation of patchOperationsOf(body)) {
        refuseOpsButReplace(operation, PATHS);
        const member = (operation.path ?? '').slice(1);
        const value = member === 'name' ? nameOf(operation.value) : booleanValue(operation);
        changed = { ...changed, [member]: value };
      }
      return put(draft, changed);
    },
  },
  {
    name: 'DeleteRequestValidator',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, part: validator } = await find(transaction, path);
      const { id, name } = validator;
      // A method without its validator would let everything pass.
      const [use] = methodsThat(draft, ({ requestValidatorId }) => requestValidatorId === id);
      if (use !== undefined) {
        throw conflict(`Cannot delete request validator '${name}', is referenced in method: ${use}`);
      }
      draft.delete(`${VALIDATORS}${validator.id}`);
    },
  },
];

function put(draft: Draft, validator: RequestValidatorPart): RequestValidatorPart {
  draft.put(`${VALIDATORS}${validator.id}`, validator);
  return validator;
}

function nameOf(name: string | undefined | null): string {
  if (name === undefined || name === null || name.trim() === '') {
    throw badRequest('Request Validator name cannot be blank');
  }
  return name;
}
