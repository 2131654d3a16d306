/** Warnings about models that request validators need and cannot use, at their places in the document. */
import type { Definition } from '../model/snapshot.js';
import { validatorOf } from '../validation/request-validation.js';
import { Schemas } from '../validation/schema.js';
import { SchemaError } from '../validation/schema-error.js';
import type { ImportContext } from './context.js';

/** Models that nothing is validated with may say what they like: they are documentation. */
export function checkModels({ document, modelPlaces }: ImportContext, definition: Definition): void {
  const schemas = new Schemas(definition.models);
  for (const name of validatedModels(definition)) {
    try {
      schemas.reach(name);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      const place = modelPlaces.get(error.model) ?? modelPlaces.get(name);
      const message = `${error.message.replace(/\.$/, '')}; until then requests that are validated with it answer 500.`;
      document.problems.add('warning', document.locate(`${place?.pointer ?? ''}${error.pointer}`), message);
    }
  }
}

function validatedModels(definition: Definition): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { methods } of definition.resources) {
    for (const method of methods) {
      if (!validatorOf(definition, method)?.validateRequestBody) continue;
      for (const name of Object.values(method.requestModels)) names.add(name);
    }
  }
  return names;
}
