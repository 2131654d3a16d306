/** What HTTP and HTTP_PROXY do alike with the request they send. */
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse } from '../exchange/gateway-response.js';
import type { Endpoint } from '../mapping/endpoint.js';
import type { UriFault } from '../mapping/uri-template.js';

/** Bytes of a request or response that is held whole (reference 02 section 13). */
export const MAX_PAYLOAD_BYTES = 10_485_760;

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * The method towards the backend (reference 02 section 1).
 * @returns upper case; empty when it is the client's; undefined when the configured one is no method
 */
export function backendMethod(httpMethod: string | undefined): string | undefined {
  const method = httpMethod?.toUpperCase() ?? 'ANY';
  if (method === 'ANY' || method === '') return '';
  return TOKEN.test(method) ? method : undefined;
}

/** One query after the other; either may be empty. */
export function joinQueries(one: string, other: string): string {
  if (one === '') return other;
  return other === '' ? one : `${one}&${other}`;
}

/** Answers with the first fault among the parts of a URI that could not be filled. */
export function answerUriFault(exchange: Exchange, ...parts: (string | Endpoint | UriFault)[]): void {
  for (const part of parts) {
    if (typeof part === 'string' || !('cause' in part)) continue;
    answerGatewayResponse(exchange, part.response, part.cause);
    return;
  }
}
