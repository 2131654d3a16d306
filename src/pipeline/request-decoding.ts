/** A request's body, decoded before anything looks into it (reference 02 section 11). */
import { type Coding, contentCoding, type DecodedBody, decodeWhole } from '../content-encoding/codings.js';
import { hasRoomForDecoded, holdDecoded, whenDecoderIsFree } from '../content-encoding/decoded-bytes.js';
import { collectBody } from '../exchange/collect-body.js';
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import { MAX_PAYLOAD_BYTES } from '../integrations/backend-request.js';
import type { CompiledIntegration } from '../integrations/integration.js';

/**
 * Decodes bodies that have a `Content-Encoding`, then goes on. The header stays: events and templates show it. Requests
 * without a body are left alone, whatever their header says, and cost one comparison.
 */
export class RequestDecoding implements CompiledIntegration {
  readonly #next: CompiledIntegration;

  constructor(next: CompiledIntegration) {
    this.#next = next;
  }

  invoke(exchange: Exchange): void {
    const { body, headers } = exchange.request;
    // Names of a client's block are in lower case.
    if (body === null || !headers.includes('content-encoding:')) {
      this.#next.invoke(exchange);
      return;
    }
    const coding = contentCoding(headers);
    if (coding === null) this.#next.invoke(exchange);
    else if (coding === undefined) answerGatewayResponse(exchange, GATEWAY_RESPONSES.UNSUPPORTED_MEDIA_TYPE);
    else this.#collect(exchange, coding);
  }

  #collect(exchange: Exchange, coding: Coding): void {
    collectBody(exchange, MAX_PAYLOAD_BYTES, (body) => {
      if (body === 'too-large') answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
      else if (body === null) this.#proceed(exchange, null);
      else this.#decode(exchange, coding, body);
    });
  }

  #decode(exchange: Exchange, coding: Coding, body: Uint8Array): void {
    whenDecoderIsFree((finished) => {
      // The client may have left while other bodies were decoded.
      if (exchange.cancelled) {
        process.nextTick(finished);
        return;
      }
      if (!hasRoomForDecoded()) {
        const cause = 'Decoded request bodies take all the memory they may';
        answerGatewayResponse(exchange, GATEWAY_RESPONSES.SERVICE_UNAVAILABLE, cause);
        process.nextTick(finished);
        return;
      }
      decodeWhole(coding, body, MAX_PAYLOAD_BYTES, (result) => {
        finished();
        if (!exchange.cancelled) this.#decoded(exchange, result);
      });
    });
  }

  #decoded(exchange: Exchange, result: DecodedBody): void {
    if (result === 'too-large') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
    } else if (result === 'malformed') {
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.UNSUPPORTED_MEDIA_TYPE);
    } else {
      holdDecoded(exchange, result.length);
      this.#proceed(exchange, result.length === 0 ? null : result);
    }
  }

  #proceed(exchange: Exchange, body: Uint8Array | null): void {
    exchange.request.body = body;
    exchange.request.bodyLength = body?.length ?? 0;
    this.#next.invoke(exchange);
  }
}
