/** Tags by ARN (reference 09 section 2): of REST APIs, stages and whatever else keeps some. */
import { API_KEY, findApiKey } from '../entities/api-keys.js';
import { DOMAIN, findDomain } from '../entities/domains.js';
import { API, type RestApiPart, STAGES, type StagePart, type TextMap } from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import { findStage, nonEmpty } from '../entities/stages.js';
import { checkedTags, TAGS } from '../entities/tags.js';
import { findUsagePlan, USAGE_PLAN } from '../entities/usage-plans.js';
import type { Operation } from '../operation.js';
import { badRequest, notFound } from '../wire/errors.js';
import { required, structure } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { CLIENT_CERTIFICATE, findClientCertificate } from './client-certificates.js';
import { findVpcLink, VPC_LINK } from './vpc-links.js';

const ONE = '/tags/{resource_arn}';

export const TAG_OPERATIONS: readonly Operation[] = [
  {
    name: 'TagResource',
    method: 'PUT',
    path: ONE,
    status: 204,
    input: structure({ tags: required(TAGS) }),
    async run(transaction, { path, body }) {
      const entity = await findTagged(transaction, path.resource_arn ?? '');
      entity.put(checkedTags({ ...entity.tags, ...(body.tags as TextMap) }));
    },
  },
  {
    name: 'UntagResource',
    method: 'DELETE',
    path: ONE,
    status: 204,
    async run(transaction, { path, query }) {
      const entity = await findTagged(transaction, path.resource_arn ?? '');
      const keys = new Set(query.getAll('tagKeys'));
      entity.put(Object.fromEntries(Object.entries(entity.tags).filter(([key]) => !keys.has(key))));
    },
  },
  {
    name: 'GetTags',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return { tags: (await findTagged(transaction, path.resource_arn ?? '')).tags };
    },
  },
];

interface Tagged {
  readonly tags: TextMap;
  put(tags: TextMap): void;
}

/** Partition and region are not compared: what an SDK puts there depends on its own settings. */
const ARN = /^arn:[^:]+:apigateway:[^:]*:[^:]*:\/(.+)$/;

/** @throws ApiError */
async function findTagged(transaction: Transaction, arn: string): Promise<Tagged> {
  const path = ARN.exec(arn)?.[1];
  if (path === undefined) throw badRequest(`Invalid ARN. ARN is not well formed ${arn}`);
  const [collection, id = '', member, name, ...more] = path.split('/');
  if (collection === 'restapis' && member === 'stages' && more.length === 0) {
    const { api, stage } = await findStage(transaction, { restapi_id: id, stage_name: name ?? '' });
    return {
      tags: stage.tags ?? {},
      put: (tags) =>
        api.put(`${STAGES}${stage.stageName}`, present<StagePart>({ ...stage, tags: nonEmpty(tags) })),
    };
  }
  const find = member === undefined ? FIND.get(collection ?? '') : undefined;
  if (find === undefined) throw notFound(`Invalid resource ARN specified: ${arn} cannot have tags`);
  return find(transaction, id);
}

const FIND: ReadonlyMap<string, (transaction: Transaction, id: string) => Promise<Tagged>> = new Map([
  [
    'restapis',
    async (transaction, id) => {
      const draft = await findApi(transaction, id);
      return tagged(draft, API, draft.get<RestApiPart>(API));
    },
  ],
  [
    'apikeys',
    async (transaction, id) => {
      const { draft, key } = await findApiKey(transaction, id);
      return tagged(draft, `${API_KEY}${id}`, key);
    },
  ],
  [
    'usageplans',
    async (transaction, id) => {
      const { draft, plan } = await findUsagePlan(transaction, id);
      return tagged(draft, `${USAGE_PLAN}${id}`, plan);
    },
  ],
  [
    'clientcertificates',
    async (transaction, id) => {
      const { draft, certificate } = await findClientCertificate(transaction, id);
      return tagged(draft, `${CLIENT_CERTIFICATE}${id}`, certificate);
    },
  ],
  [
    'vpclinks',
    async (transaction, id) => {
      const { draft, link } = await findVpcLink(transaction, id);
      return tagged(draft, `${VPC_LINK}${id}`, link);
    },
  ],
  [
    'domainnames',
    async (transaction, id) => {
      const { draft, domain } = await findDomain(transaction, id);
      return tagged(draft, `${DOMAIN}${domain.domainName}`, domain);
    },
  ],
]);

function tagged(draft: Draft, part: string, entity: { readonly tags: TextMap } | undefined): Tagged {
  return { tags: entity?.tags ?? {}, put: (tags) => draft.put(part, { ...entity, tags }) };
}
