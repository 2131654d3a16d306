/** Members that are maps, under patch operations: `/requestParameters/{name}`, `/requestTemplates/{media type}`. */
import { badRequest, notFound } from '../wire/errors.js';
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
 * @throws ApiError for any other operation, and when the entry to remove or replace is not there
 */
export function patchedMap<V>(
  map: Readonly<Record<string, V>> | undefined,
  operation: PatchOperation,
  missing: string,
  read: (operation: PatchOperation) => V,
): Readonly<Record<string, V>> | undefined {
  refuseOpsButAddRemoveReplace(operation);
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

/** @throws ApiError */
export function refuseOpsButAddRemoveReplace({ op }: PatchOperation): void {
  if (op !== 'add' && op !== 'remove' && op !== 'replace') {
    throw badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
  }
}

/**
 * Members that are sets of texts, `/cacheKeyParameters`: the entry is the path's second segment or the value.
 * @returns the set after an `add` or `remove`
 * @throws ApiError
 */
export function patchedSet(set: readonly string[] | undefined, operation: PatchOperation): string[] {
  const { op, path, segments, value } = operation;
  const entry = segments[1] ?? value ?? '';
  if (segments.length > 2 || entry === '') throw badRequest(`Invalid patch path ${path ?? null}`);
  if (op !== 'add' && op !== 'remove') {
    throw badRequest('Invalid patch operation specified. Must be one of: [add, remove]');
  }
  const others = (set ?? []).filter((one) => one !== entry);
  return op === 'add' ? [...others, entry] : others;
}
