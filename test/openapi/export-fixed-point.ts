/** What an export followed by an import is held against. */
import type { Definition, Method } from '../../src/model/snapshot.js';
import type { ExportTarget } from '../../src/openapi/export/target.js';

export const TARGET: ExportTarget = {
  format: 'oas30',
  extensions: new Set(['apigateway']),
  apiId: 'api',
  region: 'eu-west-1',
  stageName: 'prod',
  createdDate: 1_700_000_000,
};

export const FORMATS = (['oas30', 'swagger'] as const).flatMap((format) =>
  (['json', 'yaml'] as const).map((syntax) => ({ format, syntax })),
);

/**
 * What an import of the export of a definition yields: the definition itself, but for
 * - the version: an API without one is exported with a date, since documents must have one;
 * - Swagger 2.0: it has one list of media types for the bodies of an operation and one for those of all its answers, which
 *   also names the types of templates, and one schema for all of them, so that every model holds for every type.
 */
export function inFormat(definition: Definition, format: ExportTarget['format']): Definition {
  const version = definition.version === '' ? '2023-11-14T22:13:20Z' : definition.version;
  if (format === 'oas30') return { ...definition, version };
  return {
    ...definition,
    version,
    resources: definition.resources.map((resource) => ({
      ...resource,
      methods: resource.methods.map(inSwagger),
    })),
  };
}

function inSwagger(method: Method): Method {
  const { integration, requestModels, responses } = method;
  const produced = typesOf(
    responses.map(({ responseModels }) => responseModels),
    (integration?.responses ?? []).map(({ responseTemplates }) => responseTemplates),
  );
  return {
    ...method,
    requestModels: forTypes(requestModels, typesOf([requestModels], [integration?.requestTemplates ?? {}])),
    responses: responses.map((response) => ({
      ...response,
      responseModels: forTypes(response.responseModels, produced),
    })),
  };
}

type Texts = Record<string, string>;

function typesOf(models: Texts[], templates: Texts[]): string[] {
  const ofTemplates = templates.flatMap((map) => Object.keys(map)).filter((type) => type !== '$default');
  return [...models.flatMap((map) => Object.keys(map)), ...ofTemplates];
}

function forTypes(models: Texts, types: string[]): Texts {
  const model = models['application/json'] ?? Object.values(models)[0];
  return model === undefined ? {} : Object.fromEntries(types.map((type) => [type, model]));
}
