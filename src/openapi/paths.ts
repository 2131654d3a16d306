/** `paths` as resources with their methods. */
import { HTTP_METHODS, type Method, type Resource } from '../model/snapshot.js';
import { withPrefix } from './base-path.js';
import type { ImportContext } from './context.js';
import type { Cursor } from './cursor.js';
import { quote } from './document.js';
import { ANY_METHOD, checkExtensions, INTEGRATION, PREFIX } from './extensions.js';
import { readIntegration } from './integration.js';
import { checkIntegration } from './integration-checks.js';
import { readMethodResponses, readRequest } from './method.js';
import { pathParameterNames, pathProblem, resourceId, withoutTrailingSlash } from './resource-path.js';
import { readSecurity } from './security.js';

const METHODS: ReadonlyMap<string, Method['httpMethod']> = new Map([
  ...HTTP_METHODS.map((method) => [method.toLowerCase(), method] as const),
  [ANY_METHOD, 'ANY'],
]);
const PATH_ITEM_MEMBERS: ReadonlySet<string> = new Set([
  'summary',
  'description',
  'servers',
  'parameters',
  '$ref',
]);

export interface Resources {
  resources: Resource[];
  /** Where the path of each resource stands. */
  places: Map<string, Cursor>;
}

/** Resources that have methods, in the document's order. */
export function readResources(context: ImportContext): Resources {
  const { document } = context;
  const resources: Resource[] = [];
  const places = new Map<string, Cursor>();
  const paths = document.map(document.root.get('paths'));
  if (document.root.get('paths') === undefined)
    document.warn(document.root, 'The document has no "paths", so every request answers 403: add some.');
  for (const member of paths?.members() ?? []) {
    if (member.key.startsWith('x-')) continue;
    const resource = readResource(context, member, places);
    if (resource === undefined) continue;
    places.set(resource.path, member);
    resources.push(resource);
  }
  return { resources, places };
}

function readResource(
  context: ImportContext,
  member: Cursor,
  places: ReadonlyMap<string, Cursor>,
): Resource | undefined {
  const { document } = context;
  const ownPath = withoutTrailingSlash(member.key);
  const path = ownPath.startsWith('/') ? withPrefix(context.prefix, ownPath) : ownPath;
  const problem = pathProblem(path);
  if (problem !== undefined) {
    document.error(member, problem);
    return undefined;
  }
  if (places.has(path)) {
    document.error(
      member,
      `The path ${quote(path)} stands twice, with and without a slash at its end: join the two.`,
    );
    return undefined;
  }
  if (ownPath !== member.key) {
    document.warn(member, 'A slash at the end of a path is ignored, as it is in requests: remove it.');
  }
  const item = document.follow(member);
  if (item === undefined) return undefined;
  checkExtensions(document, item, 'path');
  const resource: Resource = { id: resourceId(path), path, methods: [] };
  for (const operation of item.members()) {
    const method = readMethod(context, resource, item, operation);
    if (method !== undefined) resource.methods.push(method);
  }
  return resource.methods.length > 0 ? resource : undefined;
}

function readMethod(
  context: ImportContext,
  resource: Resource,
  item: Cursor,
  at: Cursor,
): Method | undefined {
  const { document } = context;
  const httpMethod = METHODS.get(at.key);
  if (httpMethod === undefined) {
    reportUnknownMember(context, at);
    return undefined;
  }
  const operation = document.map(at);
  if (operation === undefined) {
    if (at.isNull) document.warn(at, 'The operation is empty and is ignored: write one or remove it.');
    return undefined;
  }
  checkExtensions(document, operation, 'operation');
  const method: Method = {
    httpMethod,
    ...readSecurity(context, operation),
    ...readRequest(context, item, operation),
    responses: readMethodResponses(context, operation),
  };
  const operationName = document.text(operation.get('operationId'), 'warning');
  const validator = readValidatorName(context, operation);
  if (operationName !== undefined) method.operationName = operationName;
  if (validator !== undefined) method.requestValidatorName = validator;
  connect(context, resource, method, operation);
  return method;
}

function reportUnknownMember(context: ImportContext, at: Cursor): void {
  const { document } = context;
  if (PATH_ITEM_MEMBERS.has(at.key) || at.key.startsWith('x-')) return;
  const known = METHODS.get(at.key.toLowerCase());
  if (known !== undefined) {
    document.warn(
      at,
      `${quote(at.key)} is ignored, methods are written in lower case: write "${at.key.toLowerCase()}".`,
    );
  } else {
    document.warn(at, `${quote(at.key)} is no method of a REST API and is ignored: remove it.`);
  }
}

/** The operation's validator, else the document's. */
function readValidatorName(context: ImportContext, operation: Cursor): string | undefined {
  const { document, validators } = context;
  const key = `${PREFIX}request-validator`;
  const cursor = operation.get(key) ?? document.root.get(key);
  const name = document.text(cursor);
  if (cursor === undefined || name === undefined) return undefined;
  if (validators.has(name)) return name;
  document.warn(
    cursor,
    `There is no request validator ${quote(name)}, nothing is validated: add it to ${key}s.`,
  );
  return undefined;
}

function connect(context: ImportContext, resource: Resource, method: Method, operation: Cursor): void {
  const { document } = context;
  const cursor = operation.get(INTEGRATION);
  if (cursor === undefined) {
    document.warn(operation, `The operation has no ${INTEGRATION}, so it answers 500: add one.`);
    return;
  }
  const at = document.follow(cursor);
  if (at === undefined) {
    if (cursor.node.kind !== 'map')
      document.error(cursor, 'The integration is no object: write one with "type" and "uri".');
    return;
  }
  const owner = { resourceId: resource.id, path: resource.path, httpMethod: method.httpMethod };
  const integration = readIntegration(context, owner, at);
  if (integration === undefined) return;
  method.integration = integration;
  checkIntegration(document, {
    integration,
    at,
    pathParameters: pathParameterNames(resource.path),
    declared: method.requestParameters,
    responses: method.responses,
  });
}
