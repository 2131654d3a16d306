/** What an operation declares about its requests and responses (reference 08 section 1, reference 04 section 1). */
import type { MethodResponse } from '../model/snapshot.js';
import type { ImportContext } from './context.js';
import type { Cursor } from './cursor.js';
import { quote } from './document.js';
import { modelOf } from './models.js';
import { isMediaType } from './text-maps.js';

const DEFAULT_MEDIA_TYPE = 'application/json';
const LOCATIONS: ReadonlyMap<string, string> = new Map([
  ['path', 'path'],
  ['query', 'querystring'],
  ['header', 'header'],
]);
const PARAMETER_NAME = /^[a-zA-Z0-9._$-]+$/;
const STATUS_CODE = /^[1-5]\d\d$/;

export interface MethodRequest {
  requestParameters: Record<string, boolean>;
  requestModels: Record<string, string>;
}

export function readRequest(context: ImportContext, pathItem: Cursor, operation: Cursor): MethodRequest {
  const request: MethodRequest = { requestParameters: {}, requestModels: {} };
  // A parameter of the operation replaces the path item's of the same name and place.
  for (const owner of [pathItem, operation]) {
    for (const member of context.document.list(owner.get('parameters'))?.members() ?? []) {
      const parameter = context.document.follow(member);
      if (parameter !== undefined) readParameter(context, operation, parameter, request);
    }
  }
  if (context.version === 3) readRequestBody(context, operation, request);
  return request;
}

function readParameter(
  context: ImportContext,
  operation: Cursor,
  parameter: Cursor,
  request: MethodRequest,
): void {
  const { document } = context;
  const place = document.text(parameter.get('in'));
  if (place === 'body' && context.version === 2) {
    const name = modelOf(context, parameter.get('schema'), true);
    if (name === undefined) return;
    for (const type of mediaTypes(context, operation, 'consumes')) request.requestModels[type] = name;
    return;
  }
  const location = LOCATIONS.get(place ?? '');
  const name = document.text(parameter.get('name'));
  // Cookie and form parameters have no counterpart in API Gateway.
  if (location === undefined || name === undefined) return;
  if (!PARAMETER_NAME.test(name)) {
    const message = `The parameter name ${quote(name)} has characters other than letters, digits and "._$-", so it is ignored: rename it.`;
    document.warn(parameter, message);
    return;
  }
  const required = document.boolean(parameter.get('required'));
  request.requestParameters[`method.request.${location}.${name}`] = place === 'path' || (required ?? false);
}

function readRequestBody(context: ImportContext, operation: Cursor, request: MethodRequest): void {
  const body = context.document.follow(operation.get('requestBody'));
  request.requestModels = contentModels(context, body, true);
}

/** `content.{type}.schema` as media type -> model. */
function contentModels(
  context: ImportContext,
  owner: Cursor | undefined,
  inline: boolean,
): Record<string, string> {
  const { document } = context;
  const models: Record<string, string> = {};
  for (const member of document.map(owner?.get('content'))?.members() ?? []) {
    if (!isMediaType(member.key)) {
      document.warn(member, `${quote(member.key)} is no media type and is ignored: correct the key.`);
      continue;
    }
    const name = modelOf(context, document.map(member)?.get('schema'), inline);
    if (name !== undefined) models[member.key] = name;
  }
  return models;
}

/** The operation's `consumes` or `produces`, else the document's, else JSON. */
function mediaTypes(context: ImportContext, operation: Cursor, key: 'consumes' | 'produces'): string[] {
  const { document } = context;
  const own = operation.get(key);
  const root = document.root.get(key);
  if (own === undefined && root !== undefined && !document.spend(root, operation)) return [];
  const listed = document.texts(own ?? root).filter(isMediaType);
  return listed.length > 0 ? listed : [DEFAULT_MEDIA_TYPE];
}

export function readMethodResponses(context: ImportContext, operation: Cursor): MethodResponse[] {
  const { document } = context;
  const responses: MethodResponse[] = [];
  for (const member of document.map(operation.get('responses'))?.members() ?? []) {
    if (member.key.startsWith('x-')) {
      if (member.key === 'x-amazon-apigateway-integration') {
        document.error(
          member,
          `${member.key} stands inside "responses": move it one level up, into the operation.`,
        );
      }
      continue;
    }
    if (!STATUS_CODE.test(member.key)) {
      const message = `A method response needs a status code from 100 to 599, ${quote(member.key)} is ignored: write codes.`;
      document.warn(member, message);
      continue;
    }
    responses.push(readMethodResponse(context, operation, member));
  }
  return responses;
}

function readMethodResponse(context: ImportContext, operation: Cursor, member: Cursor): MethodResponse {
  const { document } = context;
  const response: MethodResponse = { statusCode: member.key, responseParameters: {}, responseModels: {} };
  const at = document.follow(member);
  if (at === undefined) return response;
  for (const header of document.map(at.get('headers'))?.members() ?? []) {
    response.responseParameters[`method.response.header.${header.key}`] = false;
  }
  if (context.version === 3) {
    response.responseModels = contentModels(context, at, false);
    return response;
  }
  const name = modelOf(context, at.get('schema'), false);
  if (name !== undefined) {
    for (const type of mediaTypes(context, operation, 'produces')) response.responseModels[type] = name;
  }
  return response;
}
