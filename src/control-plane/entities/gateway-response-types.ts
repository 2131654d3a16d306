/** The gateway responses as the control plane shows them (reference 05 section 3, reference 09 section 3.1). */
import type { GatewayResponsePart } from './parts.js';

/** In the order in which the front end lists them; the status each shows while nothing is customised. */
export const GATEWAY_RESPONSE_STATUS: Readonly<Record<string, string | undefined>> = {
  REQUEST_TOO_LARGE: '413',
  RESOURCE_NOT_FOUND: '404',
  AUTHORIZER_CONFIGURATION_ERROR: '500',
  MISSING_AUTHENTICATION_TOKEN: '403',
  BAD_REQUEST_BODY: '400',
  INVALID_SIGNATURE: '403',
  INVALID_API_KEY: '403',
  BAD_REQUEST_PARAMETERS: '400',
  AUTHORIZER_FAILURE: '500',
  UNAUTHORIZED: '401',
  INTEGRATION_TIMEOUT: '504',
  ACCESS_DENIED: '403',
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
  WAF_FILTERED: '403',
  QUOTA_EXCEEDED: '429',
  THROTTLED: '429',
  API_CONFIGURATION_ERROR: '500',
  UNSUPPORTED_MEDIA_TYPE: '415',
  INTEGRATION_FAILURE: '504',
  EXPIRED_TOKEN: '403',
};

export const GATEWAY_RESPONSE_TYPES = Object.keys(GATEWAY_RESPONSE_STATUS);

const DEFAULT_TEMPLATES = { 'application/json': '{"message":$context.error.messageString}' };

/** What a type begins with; each Put starts from here. */
export function defaultGatewayResponse(responseType: string): GatewayResponsePart {
  const statusCode = GATEWAY_RESPONSE_STATUS[responseType];
  return {
    responseType,
    ...(statusCode === undefined ? {} : { statusCode }),
    responseParameters: {},
    responseTemplates: DEFAULT_TEMPLATES,
  };
}

/** `DEFAULT_4XX` or `DEFAULT_5XX`, by the class of the type's status; undefined for these two. */
export function fallbackType(responseType: string): string | undefined {
  const status = GATEWAY_RESPONSE_STATUS[responseType];
  return status === undefined ? undefined : `DEFAULT_${status[0]}XX`;
}
