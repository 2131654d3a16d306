/** Lists in pages (reference 09 section 4). */
import { decimal } from '../patch/numbers.js';
import { badRequest } from './errors.js';

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 500;

export interface Page {
  item: unknown[];
  /** Where the next page begins; absent on the last one. */
  position?: string;
}

/**
 * One page of entries that are in their order.
 * @param keyOf what names an entry: a page begins after the entry the position names, or where it was when it is gone, so
 *   that pages stay right while entries come and go
 * @throws ApiError for a limit or position that is none
 */
export function page<T>(
  entries: readonly T[],
  query: URLSearchParams,
  keyOf: (entry: T) => string,
  shown: (entry: T) => unknown,
): Page {
  const limit = limitOf(query.get('limit'));
  const start = startOf(query.get('position'), entries, keyOf);
  const end = start + limit;
  const item = entries.slice(start, end);
  const last = item.at(-1);
  return {
    item: item.map(shown),
    ...(last === undefined || end >= entries.length
      ? {}
      : { position: Buffer.from(`${end} ${keyOf(last)}`).toString('base64url') }),
  };
}

/** A list without paging. */
export function wholeList(entries: readonly unknown[]): Page {
  return { item: [...entries] };
}

function limitOf(text: string | null): number {
  if (text === null || text === '') return DEFAULT_LIMIT;
  const limit = decimal(text);
  if (!Number.isInteger(limit)) throw badRequest('Invalid limit parameter specified');
  // Recorded for API keys: -1 is accepted. Anything below 1 means no wish.
  return limit < 1 ? DEFAULT_LIMIT : Math.min(limit, MAX_LIMIT);
}

function startOf<T>(position: string | null, entries: readonly T[], keyOf: (entry: T) => string): number {
  if (position === null || position === '') return 0;
  const [, index, key] = /^(\d+) (.*)$/s.exec(Buffer.from(position, 'base64url').toString()) ?? [];
  if (index === undefined) throw badRequest('Invalid position parameter specified');
  const found = entries.findIndex((entry) => keyOf(entry) === key);
  return found >= 0 ? found + 1 : Math.max(0, Number(index) - 1);
}
