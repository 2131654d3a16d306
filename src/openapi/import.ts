/** OpenAPI 3.0, OpenAPI 3.1 and Swagger 2.0 documents with `x-amazon-apigateway-*` extensions as definitions (reference 08). */
import type { Authorizer, Definition } from '../model/snapshot.js';
import { findRouteConflicts } from '../routing/resource-path.js';
import { readApiSettings } from './api-settings.js';
import { type BasePathMode, basePathPrefix, withoutPrefix } from './base-path.js';
import type { ImportContext, SchemeUse } from './context.js';
import type { Cursor } from './cursor.js';
import type { SourceDocument } from './document.js';
import { type Documentation, readDocumentation } from './documentation.js';
import { type EndpointConfiguration, type Endpoints, readEndpoints } from './endpoints.js';
import { readModels } from './models.js';
import { openDocument } from './open-document.js';
import { readResources } from './paths.js';
import type { Locate, Problem } from './problem.js';
import { checkModels } from './schema-checks.js';
import { readSchemes } from './security.js';
import { DEFAULT_SUBSTITUTIONS } from './substitution.js';

export interface ImportOptions {
  /** Of `${AWS::Region}`; `us-east-1` by default. */
  region?: string;
  /** Of `${AWS::AccountId}`; `000000000000` by default. */
  accountId?: string;
  /**
   * Values of the placeholders `${name}` of deployment tools, by name. When there are any, `$${` becomes `${`, as it
   * does in those tools.
   */
  variables?: Readonly<Record<string, string>>;
  /** Stands in the references between models, which are resolved by their last segment; `api` by default. */
  apiId?: string;
  /** What becomes of the document's base path; `ignore` by default. */
  basepath?: BasePathMode;
  /** False: documentation parts of the document are not read (`ignore=documentation`). */
  documentation?: boolean;
}

export interface ImportResult {
  /** Absent when a problem is an error. */
  definition?: Definition;
  /** 3: OpenAPI 3.0 or 3.1; 2: Swagger 2.0; absent: the text is no OpenAPI document. */
  version?: 2 | 3;
  /** Absent when the document has none, or is refused. */
  documentation?: Documentation;
  /** Absent when the document has none, or is refused. */
  endpointConfiguration?: EndpointConfiguration;
  /** In the order they were found. */
  problems: Problem[];
  /** Finds places of the document for what is said about the definition later. */
  locate: Locate;
}

/**
 * Imports one document. Never throws: whatever is wrong with the text is a problem.
 * @param text YAML or JSON, up to 6 MB
 * @param file name of the document in problems
 */
export function importDefinition(text: string, file: string, options: ImportOptions = {}): ImportResult {
  const opened = openDocument(text, file, {
    region: options.region ?? DEFAULT_SUBSTITUTIONS.region,
    accountId: options.accountId ?? DEFAULT_SUBSTITUTIONS.accountId,
    variables: new Map(Object.entries(options.variables ?? {})),
  });
  if (!('document' in opened)) {
    const { problems, place } = opened;
    return { problems: problems.problems, locate: () => place };
  }
  const { document, version } = opened;
  const { problems } = document.problems;
  if (version === undefined) return { problems, locate: (pointer) => document.locate(pointer) };
  const prefix = basePathPrefix(document, version, options.basepath ?? 'ignore');
  const { definition, endpoints } = readDefinition(document, version, options.apiId ?? 'api', prefix);
  const documentation = options.documentation === false ? undefined : readDocumentation(document);
  const result: ImportResult = {
    version,
    problems,
    locate: (pointer) => {
      const own = withoutPrefix(prefix, pointer);
      return document.locate(version === 2 ? swaggerPointer(own) : own);
    },
  };
  if (document.problems.hasErrors) return result;
  result.definition = definition;
  if (documentation !== undefined) result.documentation = documentation;
  if (endpoints.configuration !== undefined) result.endpointConfiguration = endpoints.configuration;
  return result;
}

/** Findings about a definition name OpenAPI 3's places. */
function swaggerPointer(pointer: string): string {
  return pointer.replace(/^\/components\/securitySchemes\//, '/securityDefinitions/');
}

function readDefinition(
  document: SourceDocument,
  version: 2 | 3,
  apiId: string,
  prefix: string,
): { definition: Definition; endpoints: Endpoints } {
  const settings = readApiSettings(document, version);
  const endpoints = readEndpoints(document, version);
  const schemes = readSchemes(document, version);
  const context: ImportContext = {
    document,
    version,
    apiId,
    prefix,
    schemes,
    validators: new Set(settings.requestValidators.map((validator) => validator.name)),
    models: new Map(),
    modelPlaces: new Map(),
  };
  readModels(context);
  const { resources, places } = readResources(context);
  reportConflicts(document, places);
  const definition: Definition = {
    ...settings,
    disableExecuteApiEndpoint: endpoints.disableExecuteApiEndpoint,
    resources,
    models: [...context.models.values()],
    authorizers: authorizersOf(schemes),
  };
  checkModels(context, definition);
  return { definition, endpoints };
}

/** Paths that cannot be one resource tree (reference 01 section 3, siblings constraint). */
function reportConflicts(document: SourceDocument, places: ReadonlyMap<string, Cursor>): void {
  for (const conflict of findRouteConflicts(places.keys())) {
    document.error(places.get(conflict.path) ?? document.root, `${conflict.message.replace(/\.$/, '')}.`);
  }
}

function authorizersOf(schemes: ReadonlyMap<string, SchemeUse>): Authorizer[] {
  const authorizers: Authorizer[] = [];
  for (const scheme of schemes.values()) {
    if (scheme.kind === 'authorizer') authorizers.push(scheme.authorizer);
  }
  return authorizers;
}
