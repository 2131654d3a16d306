/** Settings of a REST API as they are checked when they are written (reference 09 sections 3.1 and 6). */
import { badRequest } from '../wire/errors.js';
import type { EndpointConfiguration } from './parts.js';

const MAX_COMPRESSION_SIZE = 10_485_760;

/** @throws ApiError */
export function refuseEmptyDescription(description: string | undefined): void {
  if (description === '') throw badRequest('Description cannot be an empty string');
}

/** @throws ApiError for a number out of range */
export function compressionSize(size: number | null | undefined): number | undefined {
  if (size === undefined || size === null) return undefined;
  if (!Number.isInteger(size) || size < 0 || size > MAX_COMPRESSION_SIZE) {
    throw badRequest(`Invalid minimum compression size, must be between 0 and ${MAX_COMPRESSION_SIZE}`);
  }
  return size;
}

/** With AWS's defaults. @throws ApiError */
export function endpointConfiguration(given: Partial<EndpointConfiguration>): EndpointConfiguration {
  const types = given.types ?? ['EDGE'];
  if (types.length === 0)
    throw badRequest('REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.');
  if (types.length > 1) throw badRequest('Cannot create an api with multiple Endpoint Types.');
  const isPrivate = types[0] === 'PRIVATE';
  if (isPrivate && given.ipAddressType === 'ipv4') throw badRequest(ONLY_DUALSTACK);
  return {
    ipAddressType: given.ipAddressType ?? (isPrivate ? 'dualstack' : 'ipv4'),
    types: [...types],
    ...(given.vpcEndpointIds === undefined || given.vpcEndpointIds.length === 0
      ? {}
      : { vpcEndpointIds: [...given.vpcEndpointIds] }),
  };
}

export const ONLY_DUALSTACK = 'Only dualstack ipAddressType is supported for Private APIs.';
