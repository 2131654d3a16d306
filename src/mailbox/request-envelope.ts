/**
 * How one request is written into a batch and read from it. Most requests leave most of their fields empty, and method
 * and host are mostly those of the request before: the operation code says which fields follow, and the others cost
 * nothing. Every value that crosses is written, copied and read again by the engine's clone.
 *
 *     REQUEST + flags, id, path [, method] [, host] [, query] [, headers] [, sourceIp] [, requestId]
 *     [, body] [, bodyLength]
 */
import type { ParsedRequest } from '../exchange/exchange.js';
import { type Batch, REQUEST, WHOLE_BODY } from './envelopes.js';

const METHOD = 1 << 8;
const HOST = 1 << 9;
const QUERY = 1 << 10;
const HEADERS = 1 << 11;
const SOURCE_IP = 1 << 12;
const REQUEST_ID = 1 << 13;
const BODY = 1 << 14;
const BODY_LENGTH = 1 << 15;
const OVER_TLS = 1 << 16;

/** What the acceptor reads from a request's head and the worker wants to know. */
export type HeadFields = Pick<
  ParsedRequest,
  'method' | 'path' | 'query' | 'host' | 'headers' | 'requestId' | 'overTls'
>;

/** The sending side; one per mailbox. */
export class RequestWriter {
  #method = '';
  #host = '';

  /** @param bodyLength `WHOLE_BODY`, or what is announced of a body that follows, -1 for chunked */
  write(
    batch: Batch,
    id: number,
    head: HeadFields,
    sourceIp: string,
    body: Uint8Array | null,
    bodyLength: number,
  ): void {
    const { method, host, query, headers, requestId } = head;
    const at = batch.length;
    let code = REQUEST;
    batch.push(code, id, head.path);
    if (method !== this.#method) {
      this.#method = method;
      code |= METHOD;
      batch.push(method);
    }
    if (host !== this.#host) {
      this.#host = host;
      code |= HOST;
      batch.push(host);
    }
    if (query !== '') {
      code |= QUERY;
      batch.push(query);
    }
    if (headers !== '') {
      code |= HEADERS;
      batch.push(headers);
    }
    if (sourceIp !== '') {
      code |= SOURCE_IP;
      batch.push(sourceIp);
    }
    if (requestId !== '') {
      code |= REQUEST_ID;
      batch.push(requestId);
    }
    if (body !== null) {
      code |= BODY;
      batch.push(body);
    }
    if (bodyLength !== WHOLE_BODY) {
      code |= BODY_LENGTH;
      batch.push(bodyLength);
    }
    if (head.overTls) code |= OVER_TLS;
    batch[at] = code;
  }
}

/** The receiving side; one per mailbox. */
export class RequestReader {
  /** Where the next envelope begins, after `read`. */
  end = 0;
  #method = '';
  #host = '';

  /** The request whose operation code is at `at`. */
  read(batch: Batch, at: number): ParsedRequest {
    const code = batch[at] as number;
    const path = batch[at + 2] as string;
    let next = at + 3;
    if ((code & METHOD) !== 0) this.#method = batch[next++] as string;
    if ((code & HOST) !== 0) this.#host = batch[next++] as string;
    const query = (code & QUERY) !== 0 ? (batch[next++] as string) : '';
    const headers = (code & HEADERS) !== 0 ? (batch[next++] as string) : '';
    const sourceIp = (code & SOURCE_IP) !== 0 ? (batch[next++] as string) : '';
    const requestId = (code & REQUEST_ID) !== 0 ? (batch[next++] as string) : '';
    const body = (code & BODY) !== 0 ? (batch[next++] as Uint8Array) : null;
    const bodyLength = (code & BODY_LENGTH) !== 0 ? (batch[next++] as number) : WHOLE_BODY;
    this.end = next;
    return {
      method: this.#method,
      path,
      query,
      host: this.#host,
      headers,
      sourceIp,
      requestId,
      overTls: (code & OVER_TLS) !== 0,
      body: bodyLength === WHOLE_BODY ? body : 'stream',
      bodyLength,
      arrivedAt: batch[0] as number,
    };
  }
}
