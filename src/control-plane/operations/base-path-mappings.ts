/** Base path mappings of custom domains (reference 09 sections 2, 5 and 6; reference 01 section 7). */
import type { Mapping } from '../../model/snapshot.js';
import {
  type BasePathMappingPart,
  type FoundDomain,
  findDomain,
  MAPPING,
  ROOT_BASE_PATH,
} from '../entities/domains.js';
import { restApiAggregate, STAGES } from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Transaction } from '../workspace/transaction.js';

const LIST = '/domainnames/{domain_name}/basepathmappings';
const ONE = `${LIST}/{base_path}`;
const MAX_LENGTH = 300;

export const BASE_PATH_MAPPING_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateBasePathMapping',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({ basePath: TEXT, restApiId: required(TEXT), stage: TEXT }),
    async run(transaction, { path, body }) {
      const found = await findDomain(transaction, path.domain_name);
      const basePath = basePathOf(body.basePath as string | undefined);
      if (find(found, basePath) !== undefined) {
        throw conflict('Base path already exists for this domain name');
      }
      return put(
        transaction,
        found,
        present<BasePathMappingPart>({
          domainName: found.domain.domainName,
          basePath,
          restApiId: body.restApiId as string,
          stage: stageOf(body.stage as string | undefined),
        }),
      );
    },
  },
  {
    name: 'GetBasePathMappings',
    method: 'GET',
    path: LIST,
    status: 200,
    async run(transaction, { path, query }) {
      const { draft, domain } = await findDomain(transaction, path.domain_name);
      return page(
        draft.list<BasePathMappingPart>(`${MAPPING}${domain.domainName}/`),
        query,
        ({ basePath }) => basePath,
        shown,
      );
    },
  },
  {
    name: 'GetBasePathMapping',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return shown(existing(await findDomain(transaction, path.domain_name), path.base_path));
    },
  },
  {
    name: 'UpdateBasePathMapping',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const found = await findDomain(transaction, path.domain_name);
      const before = existing(found, path.base_path);
      const after = patchOperationsOf(body).reduce(patchMapping, before);
      if (after.basePath !== before.basePath) {
        if (find(found, after.basePath) !== undefined) {
          throw conflict('Base path already exists for this domain name');
        }
        take(transaction, found, before);
      }
      return put(transaction, found, after);
    },
  },
  {
    name: 'DeleteBasePathMapping',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const found = await findDomain(transaction, path.domain_name);
      take(transaction, found, existing(found, path.base_path));
    },
  },
];

function shown({ basePath, restApiId, stage }: BasePathMappingPart): object {
  return present({ basePath: basePath === '' ? ROOT_BASE_PATH : basePath, restApiId, stage });
}

function find({ draft, domain }: FoundDomain, basePath: string): BasePathMappingPart | undefined {
  return draft.get<BasePathMappingPart>(`${MAPPING}${domain.domainName}/${basePath}`);
}

function existing(found: FoundDomain, basePath: string | undefined): BasePathMappingPart {
  const mapping = find(found, basePathOf(basePath));
  if (mapping === undefined) throw notFound('Invalid base path mapping identifier specified');
  return mapping;
}

/** Segments as in paths; several are an API mapping's, which the data plane serves as well. */
const SEGMENT = /^[A-Za-z0-9$\-_.+!*'()]+$/;

function basePathOf(text: string | undefined | null): string {
  if (text === undefined || text === null || text === '' || text === ROOT_BASE_PATH) return '';
  const path = text.replace(/^\//, '').replace(/\/$/, '');
  if (path.length > MAX_LENGTH || !path.split('/').every((segment) => SEGMENT.test(segment))) {
    throw badRequest(
      'API Gateway V1 doesn\'t support the specified base path: use letters, numbers and one of "$-_.+!*\'()"',
    );
  }
  return path;
}

function stageOf(text: string | undefined | null): string | undefined {
  return text === undefined || text === null || text === '' || text === '(none)' ? undefined : text;
}

async function put(
  transaction: Transaction,
  { draft, domain }: FoundDomain,
  mapping: BasePathMappingPart,
): Promise<object> {
  const { basePath, restApiId, stage } = mapping;
  const api = await transaction.aggregate(restApiAggregate(restApiId));
  if (api === undefined) throw badRequest('Invalid REST API identifier specified');
  if (stage !== undefined && api.get(`${STAGES}${stage}`) === undefined) {
    throw badRequest('Invalid stage identifier specified');
  }
  api.pin();
  draft.put(`${MAPPING}${domain.domainName}/${basePath}`, mapping);
  const served: Mapping = { domain: domain.domainName, basePath, apiId: restApiId, stage: stage ?? '' };
  transaction.serve({ kind: 'mapping', mapping: served }, `mapping ${domain.domainName}/${basePath}`);
  return shown(mapping);
}

function take(
  transaction: Transaction,
  { draft, domain }: FoundDomain,
  { basePath }: BasePathMappingPart,
): void {
  const key = `${MAPPING}${domain.domainName}/${basePath}`;
  draft.delete(key);
  transaction.withdraw(key, `removal of mapping ${domain.domainName}/${basePath}`);
}

function patchMapping(
  mapping: BasePathMappingPart,
  { op, path, value }: PatchOperation,
): BasePathMappingPart {
  if (op !== 'replace') throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  switch (path) {
    case '/basePath':
      return { ...mapping, basePath: basePathOf(value) };
    case '/restapiId':
    case '/restApiId':
      return { ...mapping, restApiId: value ?? '' };
    case '/stage':
      return present<BasePathMappingPart>({ ...mapping, stage: stageOf(value) });
    default:
      throw badRequest(`Invalid patch path ${path ?? null}`);
  }
}
