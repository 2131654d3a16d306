/** What is refused when a method or integration is written (reference 09 section 6, reference 04 section 6). */
import { badRequest } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import { AUTHORIZERS, type MethodPart, MODELS, type RequestValidatorPart, VALIDATORS } from './parts.js';

export const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'ANY'];

/** Upper case. @throws ApiError */
export function methodName(text: string | undefined): string {
  const name = (text ?? '').toUpperCase();
  if (!METHODS.includes(name)) {
    throw badRequest(`Invalid HttpMethod specified. Valid options are ${METHODS.join(',')}`);
  }
  return name;
}

/** What a method refers to exists, and its parameters can be told apart. @throws ApiError */
export function checkMethod(api: Draft, method: MethodPart): void {
  checkParameterNames(method.requestParameters ?? {});
  checkContentTypes(method.requestModels);
  for (const name of Object.values(method.requestModels ?? {})) checkModel(api, name);
  const { requestValidatorId, authorizationType, authorizerId } = method;
  if (
    requestValidatorId !== undefined &&
    api.get<RequestValidatorPart>(`${VALIDATORS}${requestValidatorId}`) === undefined
  ) {
    throw badRequest('Invalid Request Validator identifier specified');
  }
  if (authorizationType === 'CUSTOM' || authorizationType === 'COGNITO_USER_POOLS') {
    if (authorizerId === undefined || api.get(`${AUTHORIZERS}${authorizerId}`) === undefined) {
      throw badRequest(
        'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
      );
    }
  }
}

/** @throws ApiError */
export function checkModel(api: Draft, name: string): void {
  if (api.get(`${MODELS}${name}`) === undefined) {
    throw badRequest(`Invalid model identifier specified: ${name}`);
  }
}

const REQUEST_PARAMETER = /^method\.request\.(?:querystring|path|header)\.([A-Za-z0-9._$-]+)$/;

/** @throws ApiError */
export function checkParameterNames(parameters: Readonly<Record<string, boolean>>): void {
  const seen = new Set<string>();
  for (const key of Object.keys(parameters)) {
    const name = REQUEST_PARAMETER.exec(key)?.[1];
    if (name === undefined) throw badRequest(invalidMapping(key));
    if (seen.has(name)) {
      throw badRequest('Parameter names must be unique across querystring, header and path');
    }
    seen.add(name);
  }
}

const RESPONSE_PARAMETER = /^method\.response\.header\.[A-Za-z0-9._$-]+$/;

/** @throws ApiError */
export function checkResponseParameterNames(names: readonly string[]): void {
  for (const name of names) if (!RESPONSE_PARAMETER.test(name)) throw badRequest(invalidMapping(name));
}

const CONTENT_TYPE = /^(?:\$default|[A-Za-z0-9!#$&^_.+*-]+\/[A-Za-z0-9!#$&^_.+*-]+(?:\s*;.*)?)$/;

/** Of templates and models. @throws ApiError for a key that is no media type (reference 04 section 6) */
export function checkContentTypes(map: Readonly<Record<string, string | null>> | undefined | null): void {
  for (const type of Object.keys(map ?? {})) {
    if (!CONTENT_TYPE.test(type)) {
      throw badRequest(
        `Validation Result: warnings : [], errors : [Invalid content type specified: ${type}]`,
      );
    }
  }
}

export function invalidMapping(expression: string): string {
  return `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${expression}]`;
}
