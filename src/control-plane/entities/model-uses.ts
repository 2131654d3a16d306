/** Where an API's methods refer to a model. */
import type { Draft } from '../workspace/draft.js';
import { MODELS, type ModelPart, RESOURCES, type ResourcePart } from './parts.js';

/** As AWS's refusal to delete words them: `method request: /pets/GET`, the root path as `//GET` (recorded). */
export function modelUses(draft: Draft, name: string): string[] {
  const uses: string[] = [];
  for (const { path, methods } of draft.list<ResourcePart>(RESOURCES)) {
    for (const { httpMethod, requestModels, methodResponses } of Object.values(methods)) {
      if (Object.values(requestModels ?? {}).includes(name))
        uses.push(`method request: ${path}/${httpMethod}`);
      for (const { responseModels } of Object.values(methodResponses ?? {})) {
        if (Object.values(responseModels ?? {}).includes(name)) {
          uses.push(`method response: ${path}/${httpMethod}`);
        }
      }
    }
  }
  const reference = `/models/${name}"`;
  for (const model of draft.list<ModelPart>(MODELS)) {
    if (model.name !== name && model.schema.includes(reference)) uses.push(`model: ${model.name}`);
  }
  return uses;
}
