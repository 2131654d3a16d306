/** Members that are maps, under patch operations: `/requestParameters/{name}`, `/requestTemplates/{media type}`. */
import { notFound } from '../wire/errors.js';
import type { PatchOperation } from './patch.js';

/** Whether the operation changes one entry of the member's map. */
export function patchesEntry({ segments }: PatchOperation, member: string): boolean {
  return segments.length === 2 && segments[0] === member;
}

/** What is missing when an entry to remove or replace is not there (reference 09 section 6). */
export const MISSING = {
  parameter: 'Invalid parameter name specified',
  contentType: 'Content-Type specified was not found',
} as const;

/**
 * The map after an `add`, `replace` or `remove` of one entry; undefined when nothing is left, because answers leave empty
 * maps out.
 * @param read reads the operation's text
 * @throws ApiError when the entry to remove or replace is not there
 */
export function patchedMap<V>(
  map: Readonly<Record<string, V>> | undefined,
  operation: PatchOperation,
  missing: string,
  read: (operation: PatchOperation) => V,
): Readonly<Record<string, V>> | undefined {
  const key = operation.segments[1] ?? '';
  const has = map !== undefined && Object.hasOwn(map, key);
  if (operation.op !== 'add' && !has) throw notFound(missing);
  const entries = Object.entries(map ?? {});
  if (operation.op === 'remove') {
    const rest = entries.filter(([name]) => name !== key);
    return rest.length === 0 ? undefined : Object.fromEntries(rest);
  }
  // Assigned, so that a replaced entry keeps its place.
  return Object.fromEntries(new Map([...entries, [key, read(operation)]]));
}
