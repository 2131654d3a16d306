/** A request as a client would send it, read by the acceptor's own rules. */
import { type Refusal, RequestHead } from '../acceptor/request-head.js';
import type { Limits } from '../config/settings.js';
import { now } from '../exchange/clock.js';
import type { ParsedRequest } from '../exchange/exchange.js';
import { GATEWAY_RESPONSES } from '../exchange/gateway-response.js';

export interface ClientRequest {
  /** As on the request line. */
  readonly method: string;
  /** Path, and query behind a `?`. */
  readonly target: string;
  /** Without framing headers; `Host` included. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null: none. */
  readonly body: Uint8Array | null;
}

export interface ReadRequest {
  readonly parsed: ParsedRequest;
  /** The request line says HEAD. */
  readonly isHead: boolean;
  /** The answer of an acceptor that does not let it in; undefined: it does. */
  readonly refusal: Refusal['response'] | undefined;
}

const SOURCE_IP = '127.0.0.1';

export function readRequest(request: ClientRequest, limits: Limits): ReadRequest {
  const { method, target, headers, body } = request;
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? '' : target.slice(question + 1);
  const head = new RequestHead(limits, false);
  const refusal = head.read({
    getCaseSensitiveMethod: () => method,
    getUrl: () => path,
    getQuery: () => query,
    forEach: (visit) => {
      for (const [name, value] of headers) visit(name.toLowerCase(), value);
    },
  })?.response;
  const bytes = body?.length ?? 0;
  const tooLong = bytes > limits.maxBodyBytes ? GATEWAY_RESPONSES.REQUEST_TOO_LARGE : undefined;
  return {
    parsed: {
      method: head.method,
      path: head.path,
      query: head.query,
      host: head.host,
      headers: head.headers,
      sourceIp: SOURCE_IP,
      overTls: head.overTls,
      body: bytes === 0 ? null : body,
      bodyLength: bytes,
      arrivedAt: now(),
      requestId: head.requestId,
    },
    isHead: head.isHead,
    refusal: refusal ?? tooLong,
  };
}
