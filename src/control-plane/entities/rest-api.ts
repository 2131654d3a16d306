/** A REST API's draft, found and read. */
import { notFound } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { type MethodPart, RESOURCES, type ResourcePart, restApiAggregate } from './parts.js';

/** @throws ApiError with the message of calls about an API itself (reference 09 section 6) */
export async function findApi(transaction: Transaction, id: string | undefined): Promise<Draft> {
  const draft = await transaction.aggregate(restApiAggregate(id ?? ''));
  if (draft === undefined) {
    throw notFound(`Invalid API identifier specified ${transaction.settings.accountId}:${id ?? ''}`);
  }
  return draft;
}

export const UNKNOWN_RESOURCE = 'Invalid Resource identifier specified';

export interface FoundResource {
  api: Draft;
  resource: ResourcePart;
}

/** For calls about resources, methods and integrations, where an unknown API is an unknown resource. @throws ApiError */
export async function findResource(
  transaction: Transaction,
  path: Readonly<Record<string, string>>,
): Promise<FoundResource> {
  const api = await transaction.aggregate(restApiAggregate(path.restapi_id ?? ''));
  const resource = api?.get<ResourcePart>(`${RESOURCES}${path.resource_id ?? ''}`);
  if (api === undefined || resource === undefined) throw notFound(UNKNOWN_RESOURCE);
  return { api, resource };
}

export interface FoundMethod extends FoundResource {
  method: MethodPart;
}

/** @throws ApiError */
export async function findMethod(
  transaction: Transaction,
  path: Readonly<Record<string, string>>,
): Promise<FoundMethod> {
  const found = await findResource(transaction, path);
  const method = found.resource.methods[(path.http_method ?? '').toUpperCase()];
  if (method === undefined) throw notFound('Invalid Method identifier specified');
  return { ...found, method };
}

/** Puts a changed method back into its resource. */
export function putMethod({ api, resource }: FoundResource, method: MethodPart): void {
  const methods = { ...resource.methods, [method.httpMethod]: method };
  api.put(`${RESOURCES}${resource.id}`, { ...resource, methods });
}

/** An object without its absent and, when told so, empty members. */
export function present<T extends object>(members: { [K in keyof T]: T[K] | undefined | null }): T {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  ) as T;
}
