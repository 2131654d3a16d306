/** REST APIs (reference 09 sections 2, 3.1, 5 and 6); import is in import.ts. */

import { serveApi } from '../deploy/served.js';
import { DOMAINS, domainsThatMap } from '../entities/domains.js';
import { longId, shortId } from '../entities/ids.js';
import {
  API,
  DEPLOYMENTS,
  type DeploymentPart,
  deploymentAggregate,
  type EndpointConfiguration,
  MODELS,
  type ModelPart,
  RESOURCES,
  REST_APIS,
  type ResourcePart,
  type RestApiPart,
  restApiAggregate,
} from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import { patchRestApi } from '../entities/rest-api-patch.js';
import {
  compressionSize,
  endpointConfiguration,
  policyOf,
  refuseEmptyDescription,
  shownPolicy,
} from '../entities/rest-api-settings.js';
import { checkedTags, TAGS } from '../entities/tags.js';
import { removeStagesFromPlans } from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { BOOLEAN, oneOf, PATCH_INPUT, required, type Shape, structure, TEXT, TEXTS } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';

export const ENDPOINT_CONFIGURATION: Shape = structure({
  types: { kind: 'list', of: oneOf('PRIVATE', 'EDGE', 'REGIONAL') },
  ipAddressType: oneOf('ipv4', 'dualstack'),
  vpcEndpointIds: TEXTS,
});

export const REST_API_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateRestApi',
    method: 'POST',
    path: '/restapis',
    status: 201,
    input: structure({
      name: required(TEXT),
      description: TEXT,
      version: TEXT,
      cloneFrom: TEXT,
      binaryMediaTypes: TEXTS,
      minimumCompressionSize: { kind: 'integer' },
      apiKeySource: oneOf('AUTHORIZER', 'HEADER'),
      endpointConfiguration: ENDPOINT_CONFIGURATION,
      policy: TEXT,
      tags: TAGS,
      disableExecuteApiEndpoint: BOOLEAN,
      securityPolicy: TEXT,
      endpointAccessMode: TEXT,
    }),
    async run(transaction, { body }) {
      refuseEmptyDescription(body.description as string | undefined);
      const draft = await newApi(transaction, body);
      const source = body.cloneFrom as string | null | undefined;
      if (source !== undefined && source !== null) await cloneContent(transaction, source, draft);
      else addDefaultModels(draft);
      return shownOnceCreated(apiOf(draft));
    },
  },
  {
    name: 'GetRestApis',
    method: 'GET',
    path: '/restapis',
    status: 200,
    async run(transaction, { query }) {
      const apis = (await transaction.aggregates(REST_APIS)).map(apiOf);
      apis.sort((a, b) => a.createdDate - b.createdDate);
      return page(apis, query, ({ id }) => id, shownOnceCreated);
    },
  },
  {
    name: 'GetRestApi',
    method: 'GET',
    path: '/restapis/{restapi_id}',
    status: 200,
    async run(transaction, { path }) {
      return shownApi(apiOf(await findApi(transaction, path.restapi_id)));
    },
  },
  {
    name: 'UpdateRestApi',
    method: 'PATCH',
    path: '/restapis/{restapi_id}',
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const draft = await findApi(transaction, path.restapi_id);
      const before = apiOf(draft);
      const after = patchOperationsOf(body).reduce(patchRestApi, before);
      draft.put(API, after);
      await serveApi(transaction, draft);
      return shownApi(after);
    },
  },
  {
    name: 'DeleteRestApi',
    method: 'DELETE',
    path: '/restapis/{restapi_id}',
    status: 202,
    async run(transaction, { path }) {
      const draft = await findApi(transaction, path.restapi_id);
      await deleteApi(transaction, draft);
    },
  },
];

export function apiOf(draft: Draft): RestApiPart {
  const api = draft.get<RestApiPart>(API);
  if (api === undefined) throw new Error(`${draft.name} holds no API`);
  return api;
}

/** Recorded: Get, Update and Put show `tags` always, Create and lists only when there are some. */
export function shownApi(api: RestApiPart): object {
  return present({
    ...api,
    binaryMediaTypes: api.binaryMediaTypes.length === 0 ? undefined : api.binaryMediaTypes,
    policy: api.policy === undefined ? undefined : shownPolicy(api.policy),
  });
}

export function shownOnceCreated(api: RestApiPart): object {
  const { tags, ...members } = shownApi(api) as RestApiPart;
  return Object.keys(tags).length === 0 ? members : { ...members, tags };
}

/** An API with its root resource and nothing else. @param members of CreateRestApi's body */
export async function newApi(
  transaction: Transaction,
  members: Readonly<Record<string, unknown>>,
  id = longId(),
): Promise<Draft> {
  const draft = await transaction.aggregateOrNew(restApiAggregate(id));
  const root: ResourcePart = { id: longId(), path: '/', methods: {} };
  const name = members.name as string;
  if (name.trim() === '') throw badRequest('API name must not be blank');
  const given = members.endpointConfiguration as Partial<EndpointConfiguration> | null | undefined;
  const api = present<RestApiPart>({
    id,
    name,
    description: members.description as string | undefined,
    version: members.version as string | undefined,
    createdDate: transaction.now,
    apiKeySource: (members.apiKeySource ?? 'HEADER') as RestApiPart['apiKeySource'],
    binaryMediaTypes: [...new Set((members.binaryMediaTypes ?? []) as string[])],
    minimumCompressionSize: compressionSize(members.minimumCompressionSize as number | null | undefined),
    endpointConfiguration: endpointConfiguration(given ?? {}),
    disableExecuteApiEndpoint: members.disableExecuteApiEndpoint === true,
    policy: policyOf(members.policy as string | null | undefined),
    tags: checkedTags(members.tags),
    rootResourceId: root.id,
    securityPolicy: members.securityPolicy as string | undefined,
    endpointAccessMode: members.endpointAccessMode as string | undefined,
  });
  draft.put(API, api);
  draft.put(`${RESOURCES}${root.id}`, root);
  return draft;
}

/** Recorded, reference 06 section 1.3. */
const DEFAULT_MODELS: readonly Omit<ModelPart, 'id'>[] = [
  {
    name: 'Error',
    contentType: 'application/json',
    description: 'This is a default error schema model',
    schema:
      '{"$schema":"http://json-schema.org/draft-04/schema#","title":"Error Schema","type":"object","properties":{"message":{"type":"string"}}}',
  },
  {
    name: 'Empty',
    contentType: 'application/json',
    description: 'This is a default empty schema model',
    schema: '{"$schema":"http://json-schema.org/draft-04/schema#","title":"Empty Schema","type":"object"}',
  },
];

function addDefaultModels(draft: Draft): void {
  for (const model of DEFAULT_MODELS) {
    draft.put(`${MODELS}${model.name}`, { ...model, id: shortId() } satisfies ModelPart);
  }
}

/** Everything but settings, deployments and stages; resources get ids of their own, the root keeps the new API's. */
async function cloneContent(transaction: Transaction, sourceId: string, target: Draft): Promise<void> {
  const source = await transaction.aggregate(restApiAggregate(sourceId));
  if (source === undefined) {
    throw notFound(`Invalid API identifier specified ${transaction.settings.accountId}:${sourceId}`);
  }
  const targetApi = apiOf(target);
  const ids = new Map<string, string>([[apiOf(source).rootResourceId, targetApi.rootResourceId]]);
  for (const { id } of source.list<ResourcePart>(RESOURCES)) if (!ids.has(id)) ids.set(id, shortId());
  for (const resource of source.list<ResourcePart>(RESOURCES)) {
    const id = ids.get(resource.id) ?? resource.id;
    const parentId = resource.parentId === undefined ? undefined : ids.get(resource.parentId);
    target.put(`${RESOURCES}${id}`, present<ResourcePart>({ ...resource, id, parentId }));
  }
  for (const [name, part] of source.entries(['model/', 'validator/', 'authorizer/', 'gatewayresponse/'])) {
    target.put(name, part);
  }
  const { binaryMediaTypes, minimumCompressionSize, policy, apiKeySource } = apiOf(source);
  target.put(
    API,
    present<RestApiPart>({ ...targetApi, binaryMediaTypes, minimumCompressionSize, policy, apiKeySource }),
  );
}

async function deleteApi(transaction: Transaction, draft: Draft): Promise<void> {
  const { id } = apiOf(draft);
  const domains = await transaction.aggregate(DOMAINS);
  const mapped = domainsThatMap(domains, id);
  if (mapped.length > 0) {
    throw badRequest(
      `Deleting RestApi ${id} failed. Please remove all base path mappings related to the RestApi in your domains: ${mapped.join(', ')}.`,
    );
  }
  for (const deployment of draft.list<DeploymentPart>(DEPLOYMENTS)) {
    (await transaction.aggregate(deploymentAggregate(id, deployment.id)))?.drop();
  }
  await removeStagesFromPlans(transaction, id);
  draft.drop();
  const message = `deletion of API ${id}`;
  for (const key of (await transaction.items()).keys()) {
    if (key === `api/${id}` || key.startsWith(`stage/${id}/`)) transaction.withdraw(key, message);
  }
}
