/** Requests that reach a stage but no method: reference 01 section 4, first three rows. */
import { createHash } from 'node:crypto';
import type { Exchange } from '../exchange/exchange.js';
import {
  answerGatewayResponse,
  GATEWAY_RESPONSES,
  type GatewayResponseType,
  withMessage,
} from '../exchange/gateway-response.js';
import { headerValue } from '../http/header-block.js';

const SIGV4 = 'AWS4-';

/**
 * Unmatched routes fall to an IAM default: without a signature a token is missing, with an `Authorization` header that
 * is none (a bearer token, say) the signature is incomplete.
 */
export function answerUnmatched(exchange: Exchange): void {
  const authorization = headerValue(exchange.request.headers, 'authorization');
  if (authorization === undefined || authorization === '' || authorization.startsWith(SIGV4)) {
    answerGatewayResponse(exchange, GATEWAY_RESPONSES.MISSING_AUTHENTICATION_TOKEN);
    return;
  }
  answerGatewayResponse(exchange, incompleteSignature(authorization));
}

function incompleteSignature(authorization: string): GatewayResponseType {
  const hash = createHash('sha256').update(authorization, 'latin1').digest('base64');
  const message = `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hash}'.`;
  return withMessage(GATEWAY_RESPONSES.MISSING_AUTHENTICATION_TOKEN, message, 'IncompleteSignatureException');
}
