/**
 * Gateway responses: answers the gateway gives itself. Statuses, bodies (spaces after colons included) and
 * `x-amzn-ErrorType` as in reference 05 sections 3 and 3.1. What a definition makes of them is in gateway-responses/.
 */
import type { Exchange } from './exchange.js';

export interface GatewayResponseType {
  /** Of the table in reference 05 section 3, or one of ours for what API Gateway has no type for. */
  readonly name: string;
  /** At run time; `DEFAULT_4XX` or `DEFAULT_5XX` stands behind the type by its class. */
  readonly status: number;
  /** `$context.error.message`; null: the type has none. */
  readonly message: string | null;
  /** The exact bytes when nothing is customised. */
  readonly body: string;
  readonly errorType: string;
  readonly style: BodyStyle;
}

/** How the built-in body is written: `{"message":"x"}`, `{"message": "x"}` or `{"Message":"x"}`. */
export type BodyStyle = 'compact' | 'spaced' | 'capital';

const BODY_START: Readonly<Record<BodyStyle, string>> = {
  compact: '{"message":',
  spaced: '{"message": ',
  capital: '{"Message":',
};

function type(
  name: string,
  status: number,
  message: string | null,
  errorType: string,
  style: BodyStyle = 'compact',
): GatewayResponseType {
  return { name, status, message, body: `${BODY_START[style]}${JSON.stringify(message)}}`, errorType, style };
}

/** The same type where its message depends on the request. */
export function withMessage(
  { name, status, errorType, style }: GatewayResponseType,
  message: string,
  otherErrorType = errorType,
): GatewayResponseType {
  return type(name, status, message, otherErrorType, style);
}

const INTERNAL = ['Internal server error', 'InternalServerErrorException', 'spaced'] as const;
const TOO_LARGE = 'RequestTooLargeException';
const DENIED = 'User is not authorized to access this resource';

export const GATEWAY_RESPONSES = {
  /** An authorizer's or a resource policy's Deny by default. */
  ACCESS_DENIED: type('ACCESS_DENIED', 403, DENIED, 'AccessDeniedException', 'capital'),
  EXPLICIT_DENY: type(
    'ACCESS_DENIED',
    403,
    `${DENIED} with an explicit deny`,
    'AccessDeniedException',
    'capital',
  ),
  API_CONFIGURATION_ERROR: type('API_CONFIGURATION_ERROR', 500, ...INTERNAL),
  AUTHORIZER_CONFIGURATION_ERROR: type(
    'AUTHORIZER_CONFIGURATION_ERROR',
    500,
    null,
    'AuthorizerConfigurationException',
  ),
  AUTHORIZER_FAILURE: type('AUTHORIZER_FAILURE', 500, null, 'AuthorizerFailureException'),
  /** A malformed Lambda proxy answer, a function error, a dead worker. */
  BAD_GATEWAY: type('DEFAULT_5XX', 502, ...INTERNAL),
  /** The request's bytes are ambiguous or unsafe; nothing AWS has a type for. */
  BAD_REQUEST: type('BAD_REQUEST', 400, 'Bad Request', 'BadRequestException'),
  BAD_REQUEST_BODY: type('BAD_REQUEST_BODY', 400, 'Invalid request body', 'BadRequestException', 'spaced'),
  /** With the message that lists the parameters. */
  BAD_REQUEST_PARAMETERS: type(
    'BAD_REQUEST_PARAMETERS',
    400,
    'Missing required request parameters: []',
    'BadRequestException',
    'spaced',
  ),
  EXPIRED_TOKEN: type(
    'EXPIRED_TOKEN',
    403,
    'The security token included in the request is expired',
    'ExpiredTokenException',
  ),
  /** Stage unknown, no base path mapping, unknown API, execute-api endpoint switched off. */
  FORBIDDEN: type('FORBIDDEN', 403, 'Forbidden', 'ForbiddenException'),
  HEADERS_TOO_LARGE: type('REQUEST_TOO_LARGE', 431, 'Request Header Fields Too Large', TOO_LARGE),
  /** A failing AWS_PROXY call (reference 05: 500 at run time, although the control plane shows 504). */
  INTEGRATION_FAILURE: type('INTEGRATION_FAILURE', 500, ...INTERNAL),
  INTEGRATION_TIMEOUT: type(
    'INTEGRATION_TIMEOUT',
    504,
    'Endpoint request timed out',
    'InternalServerErrorException',
    'spaced',
  ),
  /** What reference 05 section 3 ties to no type: illegal header mappings, MOCK statuses, templates that fail. */
  INTERNAL_SERVER_ERROR: type('DEFAULT_5XX', 500, ...INTERNAL),
  INVALID_API_KEY: type('INVALID_API_KEY', 403, 'Forbidden', 'ForbiddenException'),
  INVALID_JSON: type(
    'BAD_REQUEST_BODY',
    400,
    'Invalid JSON in request body',
    'BadRequestException',
    'spaced',
  ),
  INVALID_SIGNATURE: type(
    'INVALID_SIGNATURE',
    403,
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    'InvalidSignatureException',
  ),
  MISSING_AUTHENTICATION_TOKEN: type(
    'MISSING_AUTHENTICATION_TOKEN',
    403,
    'Missing Authentication Token',
    'MissingAuthenticationTokenException',
  ),
  NETWORK_ERROR: type(
    'INTEGRATION_FAILURE',
    504,
    'Network error communicating with endpoint',
    'InternalServerErrorException',
    'spaced',
  ),
  QUOTA_EXCEEDED: type('QUOTA_EXCEEDED', 429, 'Limit Exceeded', 'LimitExceededException'),
  REQUEST_TOO_LARGE: type('REQUEST_TOO_LARGE', 413, 'Request Too Long', TOO_LARGE),
  RESOURCE_NOT_FOUND: type('RESOURCE_NOT_FOUND', 404, 'Resource Not Found', 'NotFoundException'),
  /** More requests in flight than `maxInFlight`, or a draining node. */
  SERVICE_UNAVAILABLE: type('SERVICE_UNAVAILABLE', 503, 'Service Unavailable', 'ServiceUnavailableException'),
  THROTTLED: type('THROTTLED', 429, 'Too Many Requests', 'TooManyRequestsException'),
  UNAUTHORIZED: type('UNAUTHORIZED', 401, 'Unauthorized', 'UnauthorizedException'),
  UNSUPPORTED_MEDIA_TYPE: type(
    'UNSUPPORTED_MEDIA_TYPE',
    415,
    'Unsupported Media Type',
    'BadRequestException',
    'spaced',
  ),
  URI_TOO_LONG: type('REQUEST_TOO_LARGE', 414, 'Request URI too long', TOO_LARGE),
  WAF_FILTERED: type('WAF_FILTERED', 403, 'Forbidden', 'ForbiddenException'),
} as const;

/** The responses a definition customised; a stage without any has none of these. */
export interface CustomisedResponses {
  /** Answers the exchange; false: nothing stands for this type, the built-in response is to be given. */
  answer(exchange: Exchange, response: GatewayResponseType): boolean;
}

/** Header block of a gateway response, gateway-owned headers aside. */
export function gatewayResponseHeaders(response: GatewayResponseType): string {
  return `Content-Type: application/json\r\nx-amzn-ErrorType: ${response.errorType}\r\n`;
}

/**
 * Ends an exchange in a gateway response: the one its stage customised, or the built-in one.
 * @param cause one sentence for the error log, in AWS's words where it has them; clients never see it
 */
export function answerGatewayResponse(exchange: Exchange, response: GatewayResponseType, cause = ''): void {
  if (exchange.answered || exchange.cancelled) return;
  exchange.errorType = response.name;
  exchange.errorCause = cause;
  if (exchange.stage?.customisedResponses?.answer(exchange, response) === true) return;
  exchange.answer(response.status, gatewayResponseHeaders(response), response.body);
}
