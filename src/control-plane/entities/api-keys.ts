/** API keys: one aggregate, `apikeys`, with a part for each key. */
import { badRequest, notFound } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import type { TextMap } from './parts.js';

export const API_KEYS = 'apikeys';
/** `key/{id}`. */
export const API_KEY = 'key/';

export interface ApiKeyPart {
  readonly id: string;
  readonly value: string;
  readonly name?: string;
  readonly customerId?: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly createdDate: number;
  readonly lastUpdatedDate: number;
  /** `{API id}/{stage}`: how keys were bound to stages before there were usage plans. */
  readonly stageKeys: readonly string[];
  readonly tags: TextMap;
}

export const UNKNOWN_API_KEY = 'Invalid API Key identifier specified';

export interface FoundApiKey {
  draft: Draft;
  key: ApiKeyPart;
}

/** @throws ApiError */
export async function findApiKey(transaction: Transaction, id: string | undefined): Promise<FoundApiKey> {
  const draft = await transaction.aggregate(API_KEYS);
  const key = draft?.get<ApiKeyPart>(`${API_KEY}${id ?? ''}`);
  if (draft === undefined || key === undefined) throw notFound(UNKNOWN_API_KEY);
  return { draft, key };
}

/** Newest first (recorded). */
export function allApiKeys(draft: Draft): ApiKeyPart[] {
  return draft.list<ApiKeyPart>(API_KEY).reverse();
}

const MAX_NAME = 1_024;
const MAX_DESCRIPTION = 125_000;
const MAX_VALUE = 128;

/** Lengths, as reference 09 section 6 words them. @throws ApiError */
export function checkApiKey({ name, description }: Pick<ApiKeyPart, 'name' | 'description'>): void {
  if ((name ?? '').length > MAX_NAME) {
    throw badRequest(`Invalid API Key name, can be at most ${MAX_NAME} characters.`);
  }
  if ((description ?? '').length > MAX_DESCRIPTION) {
    throw badRequest('Invalid API Key description specified.');
  }
}

/** @param minimum characters: 20, of an imported key 30 (reference 06 section 2). @throws ApiError */
export function checkApiKeyValue(value: string, minimum = 20): void {
  if (value.length < minimum) throw badRequest(`API Key value should be at least ${minimum} characters`);
  if (value.length > MAX_VALUE) {
    throw badRequest(`API Key value exceeds maximum size of ${MAX_VALUE} characters`);
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw badRequest('API Key value must consist of printable ASCII characters without spaces');
  }
}
