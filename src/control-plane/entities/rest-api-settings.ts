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

const MAX_POLICY_LENGTH = 8_192;

/** An empty text is no policy. @returns without white space. @throws ApiError for what is no policy document */
export function policyOf(text: string | null | undefined): string | undefined {
  if (text === undefined || text === null || text === '') return undefined;
  const policy = policyDocument(text);
  if (policy === undefined) {
    throw badRequest(
      'Invalid policy document. Please check the policy syntax and ensure that Principals are valid.',
    );
  }
  if (policy.length > MAX_POLICY_LENGTH) {
    throw badRequest(`Invalid policy document. It must not be longer than ${MAX_POLICY_LENGTH} characters`);
  }
  return policy;
}

function policyDocument(text: string): string | undefined {
  try {
    const policy: unknown = JSON.parse(text);
    const hasStatement = typeof policy === 'object' && policy !== null && 'Statement' in policy;
    return hasStatement && typeof policy.Statement === 'object' && policy.Statement !== null
      ? JSON.stringify(policy)
      : undefined;
  } catch {
    return undefined;
  }
}

/** AWS answers with a policy that is escaped once more, slashes included: Terraform's provider relies on it. */
export function shownPolicy(policy: string): string {
  return JSON.stringify(policy).slice(1, -1).replaceAll('/', '\\/');
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

/** Of a patch operation. @throws ApiError */
export function endpointType(text: string | undefined): string {
  if (text === 'REGIONAL' || text === 'EDGE' || text === 'PRIVATE') return text;
  throw badRequest('Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE');
}

export const ONLY_DUALSTACK = 'Only dualstack ipAddressType is supported for Private APIs.';
