/** The engine behind `patchOperations`: each entity says what its paths mean, this runs them in order, all or nothing. */
import { pathSegments } from './pointer.js';

export type PatchOp = 'add' | 'replace' | 'remove' | 'copy' | 'move' | 'test';

/** One operation as it was sent; values are always text. */
export interface PatchOperation {
  readonly op: PatchOp;
  /** As sent; absent when it was missing. */
  readonly path?: string;
  /** Decoded; empty when the path is missing or malformed. */
  readonly segments: readonly string[];
  readonly value?: string;
  readonly from?: string;
}

/** The operations of a body that passed the front end's checks. */
export function patchOperationsOf(body: Readonly<Record<string, unknown>>): PatchOperation[] {
  const list = (body.patchOperations ?? []) as {
    op: PatchOp;
    path?: string | null;
    value?: string | null;
    from?: string | null;
  }[];
  return list.map(({ op, path, value, from }) => ({
    op,
    segments: pathSegments(path ?? undefined) ?? [],
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof value === 'string' ? { value } : {}),
    ...(typeof from === 'string' ? { from } : {}),
  }));
}

/** `"true"` is true; any other text and a missing value are false (recorded). */
export function booleanValue({ value }: PatchOperation): boolean {
  return value === 'true';
}
