/** Flushing a stage's caches (reference 09 section 2): there are none, so that an empty one is what a flush leaves. */
import { findStage } from '../entities/stages.js';
import type { Operation } from '../operation.js';

const CACHE = '/restapis/{restapi_id}/stages/{stage_name}/cache';

export const STAGE_CACHE_OPERATIONS: readonly Operation[] = [
  flush('FlushStageCache', `${CACHE}/data`),
  flush('FlushStageAuthorizersCache', `${CACHE}/authorizers`),
];

function flush(name: string, path: string): Operation {
  return {
    name,
    method: 'DELETE',
    path,
    status: 202,
    async run(transaction, request) {
      await findStage(transaction, request.path);
    },
  };
}
