/**
 * Reads one request's head out of uWebSockets.js in a single pass: framing is checked, hop-by-hop headers and those of
 * reference 02 section 2.1 are dropped, and the rest becomes one header block, the form in which it crosses to a worker.
 */
import type { HttpRequest } from 'uWebSockets.js';
import { Buffer } from 'node:buffer';
import { GATEWAY_RESPONSES, type GatewayResponseType } from '../exchange/gateway-response.js';
import type { RefusalReason } from '../telemetry/counters.js';

export interface HeadLimits {
  /** Bytes of all header names and values. */
  maxHeaderBytes: number;
  /** Characters of path and query. */
  maxUrlLength: number;
}

/** Why a head was refused: the answer and the counter. */
export interface Refusal {
  response: GatewayResponseType;
  reason: RefusalReason;
}

const FRAMING: Refusal = { response: GATEWAY_RESPONSES.BAD_REQUEST, reason: 'framing' };
const HEADERS_TOO_LARGE: Refusal = {
  response: GATEWAY_RESPONSES.HEADERS_TOO_LARGE,
  reason: 'headers_too_large',
};
const URI_TOO_LONG: Refusal = { response: GATEWAY_RESPONSES.URI_TOO_LONG, reason: 'uri_too_long' };

/** Anything but printable ASCII, and `#`: such targets take the slow path. */
const UNUSUAL_IN_TARGET = /[^\x21\x22\x24-\x7e]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const CONTROL = /[\x00-\x20\x7f]/;
const HOST = /^(?:[A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const DIGITS = /^[0-9]{1,15}$/;
const CONNECTION_WORDS = new Set(['close', 'keep-alive', 'upgrade', 'te', 'http2-settings', '']);

/** Each names a field to remove, at the price of a pass over the block: nobody honest names more. */
const MAX_CONNECTION_OPTIONS = 32;

/** What is read of uWS's request. */
export type HeadSource = Pick<HttpRequest, 'getCaseSensitiveMethod' | 'getUrl' | 'forEach'> & {
  getQuery(): string | undefined;
};

/** One instance serves all requests of an acceptor, one after the other: its fields are valid until the next `read`. */
export class RequestHead {
  method = '';
  path = '';
  query = '';
  host = '';
  headers = '';
  /** Bytes announced; 0 without a body; -1 for chunked. */
  bodyLength = 0;
  /** The client asked for `Connection: close`. */
  close = false;
  /** The method on the wire is HEAD: the answer has no body, whatever the method it is routed as. */
  isHead = false;
  requestId = '';

  /** The client's connection is encrypted. */
  readonly overTls: boolean;
  readonly #limits: HeadLimits;
  #bytes = 0;
  #hosts = 0;
  #lengths = 0;
  #contentLength = '';
  #transferEncoding = '';
  #connection = '';
  #override = '';
  #checkedHost = '';
  readonly #visit = (name: string, value: string): void => this.#header(name, value);

  constructor(limits: HeadLimits, overTls: boolean) {
    this.#limits = limits;
    this.overTls = overTls;
  }

  /** Undefined when the head is sound; must be called inside the uWS handler. */
  read(req: HeadSource): Refusal | undefined {
    this.method = req.getCaseSensitiveMethod();
    this.path = req.getUrl();
    this.query = req.getQuery() ?? '';
    this.isHead = this.method === 'HEAD';
    this.close = false;
    this.host = '';
    this.headers = '';
    this.requestId = '';
    this.#bytes = 0;
    this.#hosts = 0;
    this.#lengths = 0;
    this.#contentLength = '';
    this.#transferEncoding = '';
    this.#connection = '';
    this.#override = '';
    req.forEach(this.#visit);
    return this.#check();
  }

  #header(name: string, value: string): void {
    this.#bytes += name.length + value.length;
    switch (name.length) {
      case 2:
        if (name === 'te') return;
        break;
      case 4:
        if (name !== 'host') break;
        this.host = value;
        this.#hosts++;
        return;
      case 6:
        if (name === 'expect' || name === 'server') return;
        break;
      case 7:
        if (name === 'trailer' || name === 'upgrade') return;
        break;
      case 10:
        if (name === 'keep-alive') return;
        if (name !== 'connection') break;
        this.#connection += this.#connection === '' ? value : `,${value}`;
        return;
      case 11:
        if (name === 'content-md5') return;
        break;
      case 12:
        if (name === 'max-forwards') return;
        break;
      case 14:
        if (name === 'http2-settings') return;
        if (name !== 'content-length') break;
        this.#contentLength = value;
        this.#lengths++;
        return;
      case 16:
        if (name === 'www-authenticate' || name === 'proxy-connection') return;
        if (name === 'x-amzn-requestid') this.requestId = value;
        break;
      case 17:
        if (name !== 'transfer-encoding') break;
        this.#transferEncoding += this.#transferEncoding === '' ? value : `,${value}`;
        return;
      case 18:
        if (name === 'proxy-authenticate') return;
        break;
      case 19:
        if (name === 'proxy-authorization') return;
        break;
      case 22:
        if (name === 'x-http-method-override') this.#override = value;
        break;
    }
    this.headers += `${name}: ${value}\r\n`;
  }

  #check(): Refusal | undefined {
    if (this.#bytes > this.#limits.maxHeaderBytes) return HEADERS_TOO_LARGE;
    if (this.path.length + this.query.length > this.#limits.maxUrlLength) return URI_TOO_LONG;
    if (this.#hosts > 1) return FRAMING;
    // Nearly every request of a connection names the same host: the check is paid once.
    if (this.host !== this.#checkedHost) {
      if (!HOST.test(this.host)) return FRAMING;
      this.#checkedHost = this.host;
    }
    if (UNUSUAL_IN_TARGET.test(this.path) || UNUSUAL_IN_TARGET.test(this.query)) {
      const refusal = this.#normalizeTarget();
      if (refusal !== undefined) return refusal;
    }
    // uWS decodes header bytes as UTF-8; a header block holds one character a byte.
    // Counting bytes finds what is not ASCII ten times as fast as an expression, which would have to join the text first.
    if (Buffer.byteLength(this.headers) !== this.headers.length) {
      this.headers = Buffer.from(this.headers, 'utf8').toString('latin1');
    }
    if (this.#override !== '') this.method = this.#override;
    return (this.#connection === '' ? undefined : this.#readConnection()) ?? this.#readFraming();
  }

  /** Bytes above ASCII become percent-encoded UTF-8, which every server reads alike; fragments and controls are refused. */
  #normalizeTarget(): Refusal | undefined {
    if (this.path.includes('#') || this.query.includes('#')) return FRAMING;
    if (CONTROL.test(this.path) || CONTROL.test(this.query)) return FRAMING;
    this.path = encodeNonAscii(this.path);
    this.query = encodeNonAscii(this.query);
    return undefined;
  }

  #readFraming(): Refusal | undefined {
    if (this.#transferEncoding !== '') {
      if (this.#lengths > 0) return FRAMING;
      if (this.#transferEncoding.toLowerCase() !== 'chunked') return FRAMING;
      this.bodyLength = -1;
      return undefined;
    }
    if (this.#lengths === 0) {
      this.bodyLength = 0;
      return undefined;
    }
    if (this.#lengths > 1) return FRAMING;
    if (!DIGITS.test(this.#contentLength)) return FRAMING;
    this.bodyLength = Number(this.#contentLength);
    return undefined;
  }

  /** `close`, and the fields the client declares as meant for this hop only (RFC 9110 section 7.6.1). */
  #readConnection(): Refusal | undefined {
    const options = this.#connection.toLowerCase().split(',');
    if (options.length > MAX_CONNECTION_OPTIONS) return FRAMING;
    for (const option of options) {
      const word = option.trim();
      if (word === 'close') this.close = true;
      if (!CONNECTION_WORDS.has(word)) this.headers = withoutField(this.headers, word);
    }
    return undefined;
  }
}

/** uWS decoded the target as UTF-8, so there are no lone surrogates for `encodeURIComponent` to choke on. */
function encodeNonAscii(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, (run) => encodeURIComponent(run));
}

function withoutField(block: string, name: string): string {
  const lines = block.split('\r\n');
  return lines.filter((line) => !line.startsWith(`${name}:`)).join('\r\n');
}
