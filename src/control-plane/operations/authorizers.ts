/** Authorizers (reference 09 sections 2, 3.1, 5 and 6; reference 08 section 2.2). */
import { shortId } from '../entities/ids.js';
import { methodsThat } from '../entities/method-uses.js';
import { partFinder, partsPage } from '../entities/named-parts.js';
import { AUTHORIZERS, type AuthorizerPart, restApiAggregate } from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { patchedSet } from '../patch/maps.js';
import { decimal } from '../patch/numbers.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { INTEGER, oneOf, PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const LIST = '/restapis/{restapi_id}/authorizers';
const ONE = `${LIST}/{authorizer_id}`;
const MAX_TTL_SECONDS = 3_600;

const find = partFinder<AuthorizerPart>(
  ({ authorizer_id }) => `${AUTHORIZERS}${authorizer_id}`,
  () => 'Invalid Authorizer identifier specified',
);

export const AUTHORIZER_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateAuthorizer',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({
      name: required(TEXT),
      type: required(oneOf('TOKEN', 'COGNITO_USER_POOLS', 'REQUEST')),
      providerARNs: { kind: 'list', of: required(TEXT) },
      authType: TEXT,
      authorizerUri: TEXT,
      authorizerCredentials: TEXT,
      identitySource: TEXT,
      identityValidationExpression: TEXT,
      authorizerResultTtlInSeconds: INTEGER,
    }),
    async run(transaction, { path, body }) {
      const draft = await transaction.aggregate(restApiAggregate(path.restapi_id ?? ''));
      // Recorded: this is how it answers for an unknown API.
      if (draft === undefined) {
        throw conflict(
          'Unable to complete operation due to concurrent modification. Please try again later.',
        );
      }
      const given = body as unknown as AuthorizerPart;
      const isCognito = given.type === 'COGNITO_USER_POOLS';
      return put(
        draft,
        present<AuthorizerPart>({
          id: shortId(),
          name: given.name,
          type: given.type,
          providerARNs: given.providerARNs,
          authType: given.authType ?? (isCognito ? 'cognito_user_pools' : 'custom'),
          authorizerUri: given.authorizerUri,
          authorizerCredentials: given.authorizerCredentials,
          identitySource: given.identitySource,
          identityValidationExpression: given.identityValidationExpression,
          authorizerResultTtlInSeconds: given.authorizerResultTtlInSeconds,
        }),
      );
    },
  },
  {
    name: 'GetAuthorizers',
    method: 'GET',
    path: LIST,
    status: 200,
    run: (transaction, request) =>
      partsPage<AuthorizerPart>(transaction, request, AUTHORIZERS, ({ id }) => id),
  },
  {
    name: 'GetAuthorizer',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return (await find(transaction, path)).part;
    },
  },
  {
    name: 'UpdateAuthorizer',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, part: authorizer } = await find(transaction, path);
      return put(draft, patchOperationsOf(body).reduce(patchAuthorizer, authorizer));
    },
  },
  {
    name: 'TestInvokeAuthorizer',
    method: 'POST',
    path: ONE,
    status: 200,
    readOnly: true,
    async run(transaction, { path }) {
      await find(transaction, path);
      throw badRequest(
        'Authorizers cannot be tested here: deploy the API to a stage and call one of its methods',
      );
    },
  },
  {
    name: 'DeleteAuthorizer',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, part: authorizer } = await find(transaction, path);
      const { id, name } = authorizer;
      const [use] = methodsThat(draft, ({ authorizerId }) => authorizerId === id);
      if (use !== undefined) {
        throw conflict(`Cannot delete authorizer '${name}', is referenced in method: ${use}`);
      }
      draft.delete(`${AUTHORIZERS}${authorizer.id}`);
    },
  },
];

function put(draft: Draft, authorizer: AuthorizerPart): AuthorizerPart {
  const { id, name, authorizerResultTtlInSeconds: ttl, type, authorizerUri, providerARNs } = authorizer;
  if (name.trim() === '') throw badRequest('Authorizer name must be non-empty');
  if (draft.list<AuthorizerPart>(AUTHORIZERS).some((other) => other.name === name && other.id !== id)) {
    throw conflict(`Authorizer name must be unique. Authorizer ${name} already exists in this RestApi.`);
  }
  if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 0 && ttl <= MAX_TTL_SECONDS)) {
    throw badRequest(`Authorizer result TTL must be between 0 and ${MAX_TTL_SECONDS} seconds`);
  }
  if (type === 'COGNITO_USER_POOLS' && (providerARNs ?? []).length === 0) {
    throw badRequest('Invalid Authorizer Provider ARNs specified: COGNITO_USER_POOLS needs at least one');
  }
  if (type !== 'COGNITO_USER_POOLS' && !INVOCATION.test(authorizerUri ?? '')) {
    throw badRequest(
      `Invalid Authorizer URI: ${authorizerUri ?? null}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
    );
  }
  draft.put(`${AUTHORIZERS}${authorizer.id}`, authorizer);
  return authorizer;
}

const INVOCATION = /^arn:[^:]+:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/.+\/invocations$/;

const MEMBERS: ReadonlyMap<string, keyof AuthorizerPart> = new Map(
  (
    [
      'name',
      'type',
      'authType',
      'authorizerUri',
      'authorizerCredentials',
      'identitySource',
      'identityValidationExpression',
      'authorizerResultTtlInSeconds',
    ] as const
  ).map((member) => [`/${member}`, member]),
);

function patchAuthorizer(authorizer: AuthorizerPart, operation: PatchOperation): AuthorizerPart {
  const { op, path, value, segments } = operation;
  if (segments[0] === 'providerARNs') {
    return { ...authorizer, providerARNs: patchedSet(authorizer.providerARNs, operation) };
  }
  const member = MEMBERS.get(path ?? '');
  if (member === undefined) throw badRequest(`Invalid patch path ${path ?? null}`);
  if (op !== 'replace' && !(member === 'identitySource' && (op === 'add' || op === 'remove'))) {
    throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  }
  if (op === 'remove' || value === undefined || value === '') {
    if (member === 'name' || member === 'type') throw badRequest(`Authorizer ${member} must be non-empty`);
    return present<AuthorizerPart>({ ...authorizer, [member]: undefined });
  }
  if (member === 'type' && !['TOKEN', 'REQUEST', 'COGNITO_USER_POOLS'].includes(value)) {
    throw badRequest('Invalid authorizer type. Valid options are TOKEN, REQUEST, COGNITO_USER_POOLS');
  }
  return { ...authorizer, [member]: member === 'authorizerResultTtlInSeconds' ? decimal(value) : value };
}
