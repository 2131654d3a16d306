/** Errors of the control plane as AWS words them (reference 09 section 6). */

const STATUS = {
  BadRequestException: 400,
  ValidationException: 400,
  SerializationException: 400,
  UnauthorizedException: 401,
  AccessDeniedException: 403,
  MissingAuthenticationTokenException: 403,
  UnrecognizedClientException: 403,
  InvalidSignatureException: 403,
  IncompleteSignatureException: 403,
  NotFoundException: 404,
  ConflictException: 409,
  TooManyRequestsException: 429,
  LimitExceededException: 429,
  ServiceUnavailableException: 503,
  InternalFailure: 500,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** Ends an operation with AWS's answer; nothing of its transaction is kept. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;

  constructor(code: ErrorCode, message: string, retryAfter?: number) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = STATUS[code];
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequestException', message);
}

export function notFound(message: string): ApiError {
  return new ApiError('NotFoundException', message);
}

export function conflict(message: string): ApiError {
  return new ApiError('ConflictException', message);
}
