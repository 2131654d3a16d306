/** OpenAPI 3.0, OpenAPI 3.1 and Swagger 2.0 documents with `x-amazon-apigateway-*` extensions as definitions (reference 08). */
import type { Authorizer, Definition } from '../model/snapshot.js';
import { findRouteConflicts } from '../routing/resource-path.js';
import { readApiSettings } from './api-settings.js';
import { findTemplate } from './cloudformation-template.js';
import type { ImportContext, SchemeUse } from './context.js';
import { type Cursor, escapePointer } from './cursor.js';
import { quote, SourceDocument } from './document.js';
import { readJson } from './json-reader.js';
import { readModels } from './models.js';
import { readResources } from './paths.js';
import { type Locate, type Problem, ProblemLog } from './problem.js';
import { checkModels } from './schema-checks.js';
import { readSchemes } from './security.js';
import { LineStarts, type ReadFailure, type Tree } from './source-tree.js';
import { type Substitutions, substitution } from './substitution.js';
import { readYaml } from './yaml-reader.js';

/** Reference 10. */
const MAX_BYTES = 6 * 1024 * 1024;

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
}

export interface ImportResult {
  /** Absent when a problem is an error. */
  definition?: Definition;
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
  const lines = new LineStarts(text);
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return failure(file, lines, {
      offset: 0,
      message: 'The document is larger than 6 MB, which API Gateway refuses: split the API.',
    });
  }
  const substitutions: Substitutions = {
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '000000000000',
    variables: new Map(Object.entries(options.variables ?? {})),
  };
  const json = /^\uFEFF?\s*[{[]/.test(text);
  const tree = readTree(text, json, substitution(substitutions));
  if (!('root' in tree)) return failure(file, lines, tree);
  const document = new SourceDocument(file, json ? 'json' : 'yaml', substitutions, tree.root, lines);
  for (const { offset, path, message } of tree.warnings) {
    const pointer = path.map((part) => `/${escapePointer(part)}`).join('');
    document.problems.add('warning', { file, ...lines.position(offset), pointer }, message);
  }
  const version = readVersion(document);
  const definition =
    version === undefined ? undefined : readDefinition(document, version, options.apiId ?? 'api');
  return {
    problems: document.problems.problems,
    locate: (pointer) => document.locate(version === 2 ? swaggerPointer(pointer) : pointer),
    ...(definition === undefined || document.problems.hasErrors ? {} : { definition }),
  };
}

/** Findings about a definition name OpenAPI 3's places. */
function swaggerPointer(pointer: string): string {
  return pointer.replace(/^\/components\/securitySchemes\//, '/securityDefinitions/');
}

/** What looks like JSON is read as JSON; if it is none, YAML is more lenient, but its complaint says less. */
function readTree(text: string, json: boolean, rewrite: (text: string) => string): Tree | ReadFailure {
  if (!json) return readYaml(text, rewrite);
  const tree = readJson(text, rewrite);
  if ('root' in tree) return tree;
  const lenient = readYaml(text, rewrite);
  return 'root' in lenient ? lenient : tree;
}

function failure(file: string, lines: LineStarts, { offset, message }: ReadFailure): ImportResult {
  const log = new ProblemLog();
  const place = { file, ...lines.position(offset), pointer: '' };
  log.add('error', place, message);
  return { problems: log.problems, locate: () => place };
}

function readVersion(document: SourceDocument): 2 | 3 | undefined {
  const { root } = document;
  if (root.node.kind !== 'map') {
    document.error(
      root,
      'This is no OpenAPI document: it needs to be an object with "openapi" or "swagger".',
    );
    return undefined;
  }
  const template = findTemplate(root);
  if (template !== undefined) {
    document.error(template.at, template.message);
    return undefined;
  }
  const cursor = root.get('openapi') ?? root.get('swagger');
  const version = document.text(cursor);
  if (cursor === undefined || version === undefined) {
    document.error(
      root,
      'This is no OpenAPI document: add "openapi": "3.0.1" or "swagger": "2.0" at its root.',
    );
    return undefined;
  }
  if (cursor.key === 'openapi' && /^3(?:\.|$)/.test(version)) return 3;
  if (cursor.key === 'swagger' && /^2(?:\.0)?$/.test(version)) return 2;
  document.error(
    cursor,
    `The version ${quote(version)} of ${cursor.key} is not supported: use OpenAPI 3.0, 3.1 or Swagger 2.0.`,
  );
  return undefined;
}

function readDefinition(document: SourceDocument, version: 2 | 3, apiId: string): Definition {
  const settings = readApiSettings(document, version);
  const schemes = readSchemes(document, version);
  const context: ImportContext = {
    document,
    version,
    apiId,
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
    resources,
    models: [...context.models.values()],
    authorizers: authorizersOf(schemes),
  };
  checkModels(context, definition);
  return definition;
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
