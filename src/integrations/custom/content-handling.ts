/** contentHandling and binaryMediaTypes (reference 02 section 10): what becomes of a payload before its template. */

import { isUtf8 } from 'node:buffer';
import type { Exchange } from '../../exchange/exchange.js';
import { GATEWAY_RESPONSES, type GatewayResponseType } from '../../exchange/gateway-response.js';
import { decodeBase64 } from '../../http/base64.js';
import { type HeaderBlock, headerValue, headerValues } from '../../http/header-block.js';
import { type BinaryMatcher, compileBinaryMatcher } from '../../http/media-type.js';
import type { ContentHandling } from '../../model/snapshot.js';
import { CONFIGURATION } from '../misconfigured.js';

/** `text`: UTF-8; `bytes`: unchanged; `encode`: to base64 text; `decode`: from base64 text to bytes. */
export type Conversion = 'text' | 'bytes' | 'encode' | 'decode';

type Row = Readonly<Record<ContentHandling | 'UNDEFINED', Conversion>>;

function row(undefinedHandling: Conversion, toText: Conversion, toBinary: Conversion): Row {
  return { UNDEFINED: undefinedHandling, CONVERT_TO_TEXT: toText, CONVERT_TO_BINARY: toBinary };
}

const REQUEST = {
  text: row('text', 'text', 'decode'),
  binary: row('bytes', 'encode', 'bytes'),
};

/** Type of the payload, then what the client accepts. */
const RESPONSE = {
  text: { text: row('text', 'text', 'decode'), binary: row('decode', 'text', 'decode') },
  binary: { text: row('encode', 'encode', 'bytes'), binary: row('bytes', 'encode', 'bytes') },
};

export class RequestContent {
  /** Null: the API has no binary types. */
  readonly #isBinary: BinaryMatcher | null;
  readonly #handling: keyof Row;

  constructor(binaryMediaTypes: readonly string[], handling: ContentHandling | undefined) {
    this.#isBinary = binaryMediaTypes.length === 0 ? null : compileBinaryMatcher(binaryMediaTypes);
    this.#handling = handling ?? 'UNDEFINED';
  }

  conversionOf(exchange: Exchange): Conversion {
    if (this.#isBinary === null) return REQUEST.text[this.#handling];
    const binary = this.#isBinary(headerValue(exchange.request.headers, 'content-type'));
    return REQUEST[binary ? 'binary' : 'text'][this.#handling];
  }
}

export class ResponseContent {
  /** Null: the API has no binary types. */
  readonly #isBinary: BinaryMatcher | null;
  readonly #handling: keyof Row;

  constructor(binaryMediaTypes: readonly string[], handling: ContentHandling | undefined) {
    this.#isBinary = binaryMediaTypes.length === 0 ? null : compileBinaryMatcher(binaryMediaTypes);
    this.#handling = handling ?? 'UNDEFINED';
  }

  /** @param headers the backend's */
  conversionOf(exchange: Exchange, headers: HeaderBlock): Conversion {
    if (this.#isBinary === null) return RESPONSE.text.text[this.#handling];
    const payload = this.#isBinary(headerValue(headers, 'content-type'));
    const client = this.#isBinary(headerValues(exchange.request.headers, 'accept')[0]);
    return RESPONSE[payload ? 'binary' : 'text'][client ? 'binary' : 'text'][this.#handling];
  }
}

/** A payload as a backend, a client or a template gets it; null: empty. */
export type Payload = Uint8Array | string | null;

/** Why a payload cannot be what it has to be: the answer, and the sentence for the log. */
export interface ContentFault {
  readonly response: GatewayResponseType;
  readonly cause: string;
}

const UNDECODABLE: ContentFault = {
  response: GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
  cause: `${CONFIGURATION} Unable to base64 decode the body.`,
};

const BINARY: ContentFault = {
  response: GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR,
  cause: `${CONFIGURATION} Unable to transform the body, which is binary: set contentHandling to CONVERT_TO_TEXT`,
};

const NOT_UTF8: ContentFault = {
  response: GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR,
  cause: `${CONFIGURATION} Unable to transform the body, which is not UTF-8: list its type in binaryMediaTypes and set contentHandling to CONVERT_TO_TEXT`,
};

/** The payload as it goes on without a template. */
export function convert(conversion: Conversion, body: Uint8Array | null): Payload | ContentFault {
  if (body === null || body.length === 0) return null;
  switch (conversion) {
    case 'bytes':
      return body;
    case 'text':
      // Invalid bytes become U+FFFD.
      return isUtf8(body) ? body : bufferOf(body).toString('utf8');
    case 'encode':
      return bufferOf(body).toString('base64');
    case 'decode':
      return decodeBase64(bufferOf(body).toString('latin1')) ?? UNDECODABLE;
  }
}

/** The payload as a template sees it: text. An empty payload is never binary. */
export function convertForTemplate(conversion: Conversion, body: Uint8Array | null): Payload | ContentFault {
  if (body === null || body.length === 0) return null;
  switch (conversion) {
    case 'text':
      return isUtf8(body) ? body : NOT_UTF8;
    case 'encode':
      return bufferOf(body).toString('base64');
    case 'bytes':
      return BINARY;
    case 'decode': {
      const bytes = convert(conversion, body);
      return isFault(bytes) ? bytes : BINARY;
    }
  }
}

export function isFault(payload: Payload | ContentFault): payload is ContentFault {
  return payload !== null && typeof payload === 'object' && 'cause' in payload;
}

function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
