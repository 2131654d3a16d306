/** Methods that refer to something, which therefore cannot be deleted. */
import type { Draft } from '../workspace/draft.js';
import { type MethodPart, RESOURCES, type ResourcePart } from './parts.js';

/** As AWS's refusals word them: `GET//pets`. */
export function methodsThat(draft: Draft, refers: (method: MethodPart) => boolean): string[] {
  return draft.list<ResourcePart>(RESOURCES).flatMap(({ path, methods }) =>
    Object.values(methods)
      .filter(refers)
      .map(({ httpMethod }) => `${httpMethod}/${path}`),
  );
}
