/**
 * The request head of HTTP_PROXY: the client's headers, nearly unchanged (reference 02 section 2.2). One pass over the
 * block; what is kept is copied in runs, which is one slice when nothing in between is dropped.
 */
import type { Exchange } from '../../exchange/exchange.js';
import { completeTraceId } from '../../exchange/trace-id.js';
import { forEachHeader, type HeaderBlock } from '../../http/header-block.js';
import type { BodyText } from '../../mapping/body-text.js';
import { type MappedHeader, mappedHeaderLine } from '../../mapping/request-mapping.js';
import { HeaderNames, hashName, SeenNames } from './header-names.js';

const DROP = 1;
const ACCEPT = 2;
const USER_AGENT = 3;
const CONTENT_TYPE = 4;
const AUTHORIZATION = 5;
const TRACE_ID = 6;
const OVERRIDE = 7;

const CODES: ReadonlyArray<readonly [string, number]> = [
  ['content-encoding', DROP],
  ['via', DROP],
  ['x-amzn-apigateway-api-id', DROP],
  ['x-http-method-override', OVERRIDE],
  ['x-amzn-trace-id', TRACE_ID],
  ['authorization', AUTHORIZATION],
  ['accept', ACCEPT],
  ['user-agent', USER_AGENT],
  ['content-type', CONTENT_TYPE],
  // The acceptor removes these; whoever else feeds a request in must not frame the upstream's connection with them.
  ['connection', DROP],
  ['content-length', DROP],
  ['host', DROP],
  ['transfer-encoding', DROP],
];

/** SigV4 and SigV4a: the signature is for this gateway's host and would be refused anywhere else. */
const SIGNATURE = 'AWS4-';

export class ForwardedHeaders {
  /** After `build`: the client asked for another method than the one on the wire. */
  overridden = false;

  readonly #names: HeaderNames;
  readonly #seen = new SeenNames();
  readonly #mapped: readonly MappedHeader[];
  readonly #apiId: string;
  readonly #userAgent: string;

  constructor(apiId: string, mapped: readonly MappedHeader[]) {
    // A mapped name is the mapping's own: the client's header never goes out beside it or instead of it.
    this.#names = new HeaderNames(
      new Map<string, number>([
        ...CODES,
        ...mapped.map(({ lowerName }): [string, number] => [lowerName, DROP]),
      ]),
    );
    this.#mapped = mapped;
    this.#apiId = `\r\nX-Amzn-Apigateway-Api-Id: ${apiId}\r\nX-Amzn-Trace-Id: `;
    this.#userAgent = `User-Agent: AmazonAPIGateway_${apiId}\r\n`;
  }

  /** @param host the endpoint, for `Host`; `hasBody`: a payload follows */
  build(exchange: Exchange, host: string, hasBody: boolean, body: BodyText | null): HeaderBlock {
    let block = exchange.request.headers;
    const names = this.#names;
    const seen = this.#seen;
    let kept = '';
    let runStart = 0;
    let at = 0;
    let traceId: string | undefined;
    let joined = false;
    let hasAccept = false;
    let hasUserAgent = false;
    let hasContentType = false;
    this.overridden = false;
    seen.nextBlock();
    while (at < block.length) {
      const colon = block.indexOf(':', at);
      const end = block.indexOf('\n', colon) + 1;
      if (colon <= at || end === 0) break;
      const length = colon - at;
      const hash = hashName(block, at, length);
      if (!joined && seen.isRepeated(block, at, length, hash)) {
        // Rare: start again with a block in which every name comes once.
        block = joinRepeated(block);
        joined = true;
        kept = '';
        runStart = 0;
        at = 0;
        continue;
      }
      let drop = false;
      switch (names.find(block, at, length, hash)) {
        case 0:
          break;
        case DROP:
          drop = true;
          break;
        case ACCEPT:
          hasAccept = true;
          break;
        case USER_AGENT:
          hasUserAgent = true;
          break;
        case CONTENT_TYPE:
          hasContentType = true;
          break;
        case AUTHORIZATION:
          drop = block
            .slice(colon + 1, end)
            .trimStart()
            .startsWith(SIGNATURE);
          break;
        case TRACE_ID:
          traceId = block.slice(colon + 1, end).trim();
          drop = true;
          break;
        case OVERRIDE:
          this.overridden = true;
          drop = true;
          break;
      }
      if (drop) {
        if (runStart < at) kept += block.slice(runStart, at);
        runStart = end;
      }
      at = end;
    }
    kept = runStart === 0 ? block.slice(0, at) : kept + block.slice(runStart, at);

    let hostLine = `Host: ${host}`;
    for (const header of this.#mapped) {
      const line = mappedHeaderLine(header, exchange, body);
      if (line === '') continue;
      if (header.lowerName === 'host') {
        hostLine = line.slice(0, -2);
        continue;
      }
      kept += line;
      if (header.lowerName === 'accept') hasAccept = true;
      else if (header.lowerName === 'user-agent') hasUserAgent = true;
      else if (header.lowerName === 'content-type') hasContentType = true;
    }
    let head = `${hostLine}${this.#apiId}${completeTraceId(traceId)}\r\n${kept}`;
    if (!hasAccept) head += 'Accept: application/json\r\n';
    if (!hasUserAgent) head += this.#userAgent;
    if (hasBody && !hasContentType) head += 'Content-Type: application/json\r\n';
    return head;
  }
}

/** Values of one name become one line, at the place of the first (section 4: joined with `,` on the wire). */
function joinRepeated(block: HeaderBlock): HeaderBlock {
  const fields = new Map<string, string>();
  forEachHeader(block, (name, value) => {
    const before = fields.get(name);
    // RFC 6265 section 5.4: several cookie pairs are one header with semicolons, a comma is part of a value.
    fields.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ','}${value}`);
  });
  let joined = '';
  for (const [name, value] of fields) joined += `${name}: ${value}\r\n`;
  return joined;
}
