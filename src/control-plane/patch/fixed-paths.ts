/** Entities of which a fixed list of paths can be replaced and nothing else (reference 09 section 6, patch errors). */
import { badRequest } from '../wire/errors.js';
import type { PatchOperation } from './patch.js';

/** In the order in which the error text lists them. */
export type ReplaceablePaths = readonly string[];

/** The operation is looked at before the path. @throws ApiError */
export function refuseOpsButReplace({ op, path }: PatchOperation, paths: ReplaceablePaths): void {
  if (op !== 'replace') {
    throw badRequest(
      `Invalid patch path  '${path ?? null}' specified for op '${op}'. Please choose supported operations`,
    );
  }
  if (path === undefined || !paths.includes(path)) {
    throw badRequest(
      `Invalid patch path  '${path ?? null}' specified for op '${op}'. Must be one of: [${paths.join(', ')}]`,
    );
  }
}
