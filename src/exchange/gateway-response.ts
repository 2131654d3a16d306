/**
 * Gateway responses: answers the gateway gives itself. Statuses, bodies (spaces after colons included) and
 * `x-amzn-ErrorType` as in reference 05 sections 3 and 3.1.
 */
import type { Exchange } from './exchange.js';

export interface GatewayResponseType {
  readonly name: string;
  readonly status: number;
  readonly body: string;
  readonly errorType: string;
}

function type(name: string, status: number, body: string, errorType: string): GatewayResponseType {
  return { name, status, body, errorType };
}

const INTERNAL = '{"message": "Internal server error"}';

export const GATEWAY_RESPONSES = {
  MISSING_AUTHENTICATION_TOKEN: type(
    'MISSING_AUTHENTICATION_TOKEN',
    403,
    '{"message":"Missing Authentication Token"}',
    'MissingAuthenticationTokenException',
  ),
  /** Stage unknown, no base path mapping, unknown API, execute-api endpoint switched off. */
  FORBIDDEN: type('FORBIDDEN', 403, '{"message":"Forbidden"}', 'ForbiddenException'),
  INVALID_API_KEY: type('INVALID_API_KEY', 403, '{"message":"Forbidden"}', 'ForbiddenException'),
  /** The request's bytes are ambiguous or unsafe; nothing AWS has a type for. */
  BAD_REQUEST: type('BAD_REQUEST', 400, '{"message":"Bad Request"}', 'BadRequestException'),
  BAD_REQUEST_BODY: type(
    'BAD_REQUEST_BODY',
    400,
    '{"message": "Invalid request body"}',
    'BadRequestException',
  ),
  INVALID_JSON: type(
    'BAD_REQUEST_BODY',
    400,
    '{"message": "Invalid JSON in request body"}',
    'BadRequestException',
  ),
  REQUEST_TOO_LARGE: type(
    'REQUEST_TOO_LARGE',
    413,
    '{"message":"Request Too Long"}',
    'RequestTooLargeException',
  ),
  URI_TOO_LONG: type(
    'REQUEST_TOO_LARGE',
    414,
    '{"message":"Request URI too long"}',
    'RequestTooLargeException',
  ),
  HEADERS_TOO_LARGE: type(
    'REQUEST_TOO_LARGE',
    431,
    '{"message":"Request Header Fields Too Large"}',
    'RequestTooLargeException',
  ),
  UNSUPPORTED_MEDIA_TYPE: type(
    'UNSUPPORTED_MEDIA_TYPE',
    415,
    '{"message": "Unsupported Media Type"}',
    'BadRequestException',
  ),
  THROTTLED: type('THROTTLED', 429, '{"message":"Too Many Requests"}', 'TooManyRequestsException'),
  API_CONFIGURATION_ERROR: type('API_CONFIGURATION_ERROR', 500, INTERNAL, 'InternalServerErrorException'),
  /** What reference 05 section 3 ties to no type: illegal header mappings, MOCK statuses, templates that fail. */
  INTERNAL_SERVER_ERROR: type('DEFAULT_5XX', 500, INTERNAL, 'InternalServerErrorException'),
  AUTHORIZER_CONFIGURATION_ERROR: type(
    'AUTHORIZER_CONFIGURATION_ERROR',
    500,
    '{"message":null}',
    'AuthorizerConfigurationException',
  ),
  /** A failing AWS_PROXY call (reference 05: 500 at run time, although the control plane shows 504). */
  INTEGRATION_FAILURE: type('INTEGRATION_FAILURE', 500, INTERNAL, 'InternalServerErrorException'),
  /** A malformed Lambda proxy answer, a function error, a dead worker. */
  BAD_GATEWAY: type('DEFAULT_5XX', 502, INTERNAL, 'InternalServerErrorException'),
  NETWORK_ERROR: type(
    'INTEGRATION_FAILURE',
    504,
    '{"message": "Network error communicating with endpoint"}',
    'InternalServerErrorException',
  ),
  INTEGRATION_TIMEOUT: type(
    'INTEGRATION_TIMEOUT',
    504,
    '{"message": "Endpoint request timed out"}',
    'InternalServerErrorException',
  ),
  /** More requests in flight than `maxInFlight`, or a draining node. */
  SERVICE_UNAVAILABLE: type(
    'SERVICE_UNAVAILABLE',
    503,
    '{"message":"Service Unavailable"}',
    'ServiceUnavailableException',
  ),
} as const;

/** Header block of a gateway response, gateway-owned headers aside. */
export function gatewayResponseHeaders(response: GatewayResponseType): string {
  return `Content-Type: application/json\r\nx-amzn-ErrorType: ${response.errorType}\r\n`;
}

/**
 * Ends an exchange in a gateway response.
 * @param cause one sentence for the error log, in AWS's words where it has them; clients never see it
 */
export function answerGatewayResponse(exchange: Exchange, response: GatewayResponseType, cause = ''): void {
  if (exchange.answered || exchange.cancelled) return;
  exchange.errorType = response.name;
  exchange.errorCause = cause;
  exchange.answer(response.status, gatewayResponseHeaders(response), response.body);
}
