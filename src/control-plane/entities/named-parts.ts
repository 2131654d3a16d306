/** The parts of an API that are listed and found alike: models, validators, authorizers, documentation and more. */
import type { OperationRequest } from '../operation.js';
import { notFound } from '../wire/errors.js';
import { type Page, page } from '../wire/paging.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { restApiAggregate } from './parts.js';
import { findApi } from './rest-api.js';

/** One page of the API's parts of a kind. @param prefix of the parts' names. @throws ApiError */
export async function partsPage<T>(
  transaction: Transaction,
  { path, query }: OperationRequest,
  prefix: string,
  keyOf: (part: T) => string,
  shown: (part: T) => unknown = (part) => part,
): Promise<Page> {
  const draft = await findApi(transaction, path.restapi_id);
  return page(draft.list<T>(prefix), query, keyOf, shown);
}

type Path = OperationRequest['path'];

/**
 * Finds the part that a path names. Recorded: an unknown API is not mentioned here, the part is.
 * @param nameOf the part's name
 * @param unknown the message of the error when it is not there
 */
export function partFinder<T>(
  nameOf: (path: Path) => string,
  unknown: (path: Path) => string,
): (transaction: Transaction, path: Path) => Promise<{ draft: Draft; part: T }> {
  return async (transaction, path) => {
    const draft = await transaction.aggregate(restApiAggregate(path.restapi_id ?? ''));
    const part = draft?.get<T>(nameOf(path));
    if (draft === undefined || part === undefined) throw notFound(unknown(path));
    return { draft, part };
  };
}
