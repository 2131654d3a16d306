/** Patch operations of a REST API (reference 09 sections 5 and 6). */
import { patchedSet } from '../patch/maps.js';
import { decimal } from '../patch/numbers.js';
import { booleanValue, type PatchOperation } from '../patch/patch.js';
import { badRequest } from '../wire/errors.js';
import type { EndpointConfiguration, RestApiPart } from './parts.js';
import { present } from './rest-api.js';
import {
  compressionSize,
  endpointType,
  ONLY_DUALSTACK,
  policyOf,
  refuseEmptyDescription,
} from './rest-api-settings.js';

/** @throws ApiError */
export function patchRestApi(api: RestApiPart, operation: PatchOperation): RestApiPart {
  const { segments, path } = operation;
  const [member, entry, ...more] = segments;
  if (member === 'binaryMediaTypes' && entry !== undefined && entry !== '' && more.length === 0) {
    return { ...api, binaryMediaTypes: patchMediaTypes(api.binaryMediaTypes, entry, operation) };
  }
  if (member === 'endpointConfiguration' && entry !== undefined) {
    return { ...api, endpointConfiguration: patchEndpoint(api.endpointConfiguration, operation) };
  }
  const change = SETTINGS.get(path ?? '');
  if (change === undefined) throw unknownPath(operation);
  if (operation.op === 'remove' && path === '/description') return without(api, 'description');
  if (operation.op !== 'replace')
    throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  return present<RestApiPart>(change(api, operation));
}

type Change = (
  api: RestApiPart,
  operation: PatchOperation,
) => { [K in keyof RestApiPart]: RestApiPart[K] | undefined };

const SETTINGS: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['/name', (api, { value }) => ({ ...api, name: nameOf(value) })],
  [
    '/description',
    (api, { value }) => {
      refuseEmptyDescription(value ?? '');
      return { ...api, description: value };
    },
  ],
  ['/version', (api, { value }) => ({ ...api, version: value })],
  ['/policy', (api, { value }) => ({ ...api, policy: policyOf(value) })],
  ['/apiKeySource', (api, { value }) => ({ ...api, apiKeySource: keySourceOf(value) })],
  [
    '/minimumCompressionSize',
    // Recorded: an empty text switches compression off.
    (api, { value }) => ({
      ...api,
      minimumCompressionSize:
        value === undefined || value === '' ? undefined : compressionSize(decimal(value)),
    }),
  ],
  [
    '/disableExecuteApiEndpoint',
    (api, operation) => ({ ...api, disableExecuteApiEndpoint: booleanValue(operation) }),
  ],
  ['/securityPolicy', (api, { value }) => ({ ...api, securityPolicy: value })],
  ['/endpointAccessMode', (api, { value }) => ({ ...api, endpointAccessMode: value })],
]);

function nameOf(value: string | undefined): string {
  if (value === undefined || value.trim() === '') throw badRequest('API name must not be blank');
  return value;
}

function keySourceOf(value: string | undefined): RestApiPart['apiKeySource'] {
  if (value === 'HEADER' || value === 'AUTHORIZER') return value;
  throw badRequest('Invalid API key source specified. Valid options are HEADER,AUTHORIZER');
}

function unknownPath({ path }: PatchOperation): Error {
  return badRequest(`Invalid patch path ${path ?? null}`);
}

function without(api: RestApiPart, member: 'description'): RestApiPart {
  const { [member]: _, ...rest } = api;
  return rest;
}

/** A set keyed by the path, not an array: `add /binaryMediaTypes/-` stores a type named `-` (recorded). */
function patchMediaTypes(types: readonly string[], type: string, { op, value }: PatchOperation): string[] {
  const others = types.filter((one) => one !== type);
  switch (op) {
    case 'add':
      return types.includes(type) ? [...types] : [...types, type];
    case 'remove':
      return others;
    case 'replace':
      // Recorded: the first goes, the second comes at the end.
      return value === undefined || value === '' || others.includes(value) ? others : [...others, value];
    default:
      throw badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
  }
}

function patchEndpoint(
  configuration: EndpointConfiguration,
  operation: PatchOperation,
): EndpointConfiguration {
  const [, member, entry] = operation.segments;
  const { op, value } = operation;
  if (member === 'types' && entry !== undefined) return patchType(configuration, operation);
  if (member === 'ipAddressType' && entry === undefined) {
    if (op !== 'replace') throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
    if (value !== 'ipv4' && value !== 'dualstack') {
      throw badRequest('ipAddressType must be either ipv4 or dualstack.');
    }
    if (value === 'ipv4' && configuration.types[0] === 'PRIVATE') throw badRequest(ONLY_DUALSTACK);
    return { ...configuration, ipAddressType: value };
  }
  if (member === 'vpcEndpointIds') {
    const ids = patchedSet(configuration.vpcEndpointIds, {
      ...operation,
      segments: operation.segments.slice(1),
    });
    return present<EndpointConfiguration>({
      ...configuration,
      vpcEndpointIds: ids.length === 0 ? undefined : ids,
    });
  }
  throw unknownPath(operation);
}

function patchType(
  configuration: EndpointConfiguration,
  { op, value }: PatchOperation,
): EndpointConfiguration {
  if (op !== 'replace' && op !== 'add' && op !== 'remove') {
    throw badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
  }
  if (op === 'remove')
    throw badRequest('REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.');
  const type = endpointType(value);
  if (op === 'add' && !configuration.types.includes(type)) {
    throw badRequest('Cannot create an api with multiple Endpoint Types.');
  }
  return {
    ...configuration,
    types: [type],
    ipAddressType: type === 'PRIVATE' ? 'dualstack' : configuration.ipAddressType,
  };
}
