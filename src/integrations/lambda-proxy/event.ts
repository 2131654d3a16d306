/** The event of a Lambda proxy integration, payload 1.0, as JSON text (reference 02 section 6.1). */
import type { Exchange } from '../../exchange/exchange.js';
import { logTime } from '../../exchange/log-time.js';
import { type BinaryMatcher, compileBinaryMatcher } from '../../http/media-type.js';
import { parseQuery } from '../../http/query.js';
import { wireJson } from '../../http/wire-text.js';
import type { IntegrationContext } from '../integration.js';
import { readEventHeaders } from './event-headers.js';
import { flat } from './flat.js';

export interface BuiltEvent {
  json: string;
  traceId: string;
}

/** The parts of a method's events that its configuration and the request's host decide. */
interface Frame {
  readonly host: string;
  /** From behind the method to the trace id. */
  readonly single: string;
  /** From behind `headers` to the trace id. */
  readonly multi: string;
  /** From behind the path parameters to the extended request id. */
  readonly context: string;
}

/**
 * Builds the events of one method. An event is joined from as few texts as can be, each from one value to the next, so
 * that its fixed texts begin with the end of a quoted value: an event of 14 headers costs half of what it does when each
 * member is joined from its name, its value and its punctuation.
 */
export class EventBuilder {
  readonly #isBinary: BinaryMatcher;
  readonly #forwarded: ForwardedTexts;
  /** Of requests over TLS. */
  readonly #forwardedOverTls: ForwardedTexts;
  /** What stands before each path parameter. */
  readonly #pathKeys: readonly string[];
  readonly #start: string;
  readonly #afterPath: string;
  readonly #owner: string;
  readonly #end: string;
  readonly #endWithoutBody: string;
  /** Of the last request: most methods are called by one name. */
  #frame: Frame | null = null;

  constructor(context: IntegrationContext) {
    const { stage, resource, method, services } = context;
    const { port, protocol, tlsPort = port } = services.listener;
    this.#isBinary = compileBinaryMatcher(stage.binaryMediaTypes);
    this.#forwarded = forwardedTexts(port, protocol);
    this.#forwardedOverTls = forwardedTexts(tlsPort, 'https');
    this.#pathKeys = context.pathParameterNames.map((name, i) =>
      flat(`${i === 0 ? '{' : '",'}${JSON.stringify(name)}:"`),
    );
    const path = JSON.stringify(resource.path);
    const variables = Object.keys(stage.variables).length > 0 ? JSON.stringify(stage.variables) : 'null';
    this.#start = flat(`{"resource":${path},"path":"`);
    this.#afterPath = `${this.#pathKeys.length === 0 ? 'null' : '"}'},"stageVariables":${variables},"requestContext":`;
    this.#owner = `{"accountId":${JSON.stringify(stage.accountId)},"apiId":${JSON.stringify(stage.apiId)},"deploymentId":${JSON.stringify(stage.deploymentId)},"domainName":"`;
    const operation =
      method.operationName === undefined ? '' : `,"operationName":${JSON.stringify(method.operationName)}`;
    const canary = stage.isCanaryRequest === undefined ? '' : `,"isCanaryRequest":${stage.isCanaryRequest}`;
    this.#end = flat(
      `${canary},"resourceId":${JSON.stringify(resource.id)},"resourcePath":${path}${operation},"stage":${JSON.stringify(stage.stageName)}},"body":`,
    );
    this.#endWithoutBody = flat(`${this.#end}null,"isBase64Encoded":false}`);
  }

  /** @param body the whole request body; null or empty: none */
  build(exchange: Exchange, body: Uint8Array | null): BuiltEvent {
    const { request } = exchange;
    const hasBody = body !== null && body.length > 0;
    const forwarded = request.overTls ? this.#forwardedOverTls : this.#forwarded;
    const frame = this.#frame?.host === request.host ? this.#frame : this.#newFrame(request.host);
    const headers = readEventHeaders(request.headers, hasBody);
    const { traceId, forwardedFor } = headers;
    const sourceIp = wireJson(request.sourceIp);
    const addresses = forwardedFor === '' ? sourceIp : `${forwardedFor}, ${sourceIp}`;
    const method = wireJson(exchange.method);
    const json =
      `${this.#start + wireJson(exchange.eventPath)}","httpMethod":"${method}` +
      `${frame.single + traceId}","X-Forwarded-For":"${addresses}${forwarded.single}${headers.single}` +
      `${frame.multi + traceId}"],"X-Forwarded-For":["${addresses}${forwarded.multi}${headers.multi}` +
      `${queryMembers(request.query)}${this.#pathParameters(exchange)}` +
      `${frame.context + exchange.extendedRequestId}","httpMethod":"${method + IDENTITY + sourceIp}` +
      `","user":null,"userAgent":${headers.userAgent},"userArn":null},"path":"${wireJson(exchange.contextPath)}` +
      `","protocol":"HTTP/1.1","requestId":"${exchange.requestId}${timeMembers(Date.now())}` +
      (hasBody ? this.#end + this.#body(body, headers.contentType) : this.#endWithoutBody);
    return { json, traceId };
  }

  #newFrame(host: string): Frame {
    const domain = domainOf(host);
    const escaped = wireJson(host);
    const frame = {
      host,
      single: flat(`","headers":{"Host":"${escaped}","X-Amzn-Trace-Id":"`),
      multi: flat(`"},"multiValueHeaders":{"Host":["${escaped}"],"X-Amzn-Trace-Id":["`),
      context: flat(
        `${this.#afterPath}${this.#owner}${wireJson(domain)}","domainPrefix":"${wireJson(firstLabel(domain))}","extendedRequestId":"`,
      ),
    };
    this.#frame = frame;
    return frame;
  }

  #pathParameters(exchange: Exchange): string {
    const keys = this.#pathKeys;
    let members = '';
    for (let i = 0; i < keys.length; i++) members += keys[i] + wireJson(exchange.pathParameters[i] ?? '');
    return members;
  }

  #body(body: Uint8Array, contentType: string | undefined): string {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return this.#isBinary(contentType)
      ? `"${bytes.toString('base64')}","isBase64Encoded":true}`
      : `${JSON.stringify(bytes.toString('utf8'))},"isBase64Encoded":false}`;
  }
}

/** From behind the client's address to the other headers. */
interface ForwardedTexts {
  /** Of `headers`. */
  readonly single: string;
  /** Of `multiValueHeaders`. */
  readonly multi: string;
}

function forwardedTexts(port: number, protocol: 'http' | 'https'): ForwardedTexts {
  return {
    single: `","X-Forwarded-Port":"${port}","X-Forwarded-Proto":"${protocol}`,
    multi: `"],"X-Forwarded-Port":["${port}"],"X-Forwarded-Proto":["${protocol}`,
  };
}

const IDENTITY =
  '","identity":{"accessKey":null,"accountId":null,"caller":null,"cognitoAuthenticationProvider":null' +
  ',"cognitoAuthenticationType":null,"cognitoIdentityId":null,"cognitoIdentityPoolId":null,"principalOrgId":null,"sourceIp":"';

let millisecond = -1;
let times = '';

/** From the request id to what the method decides; made once a millisecond. `epochMs` is Unix time. */
function timeMembers(epochMs: number): string {
  if (epochMs !== millisecond) {
    millisecond = epochMs;
    times = flat(`","requestTime":"${logTime(epochMs)}","requestTimeEpoch":${epochMs}`);
  }
  return times;
}

const NO_QUERY = '"]},"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":';

/** From `multiValueHeaders` to the path parameters. */
function queryMembers(raw: string): string {
  if (raw === '') return NO_QUERY;
  const parameters = parseQuery(raw);
  if (parameters.length === 0) return NO_QUERY;
  const last = new Map<string, string>();
  const all = new Map<string, string>();
  for (const [name, value] of parameters) {
    const json = JSON.stringify(value);
    const before = all.get(name);
    last.set(name, json);
    all.set(name, before === undefined ? json : `${before},${json}`);
  }
  let single = '';
  let multi = '';
  for (const [name, value] of last) {
    const key = JSON.stringify(name);
    const comma = single === '' ? '' : ',';
    single += `${comma}${key}:${value}`;
    multi += `${comma}${key}:[${all.get(name)}]`;
  }
  return `"]},"queryStringParameters":{${single}},"multiValueQueryStringParameters":{${multi}},"pathParameters":`;
}

/** The host without its port: `api.example.com:8080` -> `api.example.com`, `[::1]:80` -> `[::1]`. */
function domainOf(host: string): string {
  const colon = host.indexOf(':', host.startsWith('[') ? Math.max(host.indexOf(']'), 0) : 0);
  return colon < 0 ? host : host.slice(0, colon);
}

function firstLabel(domain: string): string {
  const dot = domain.indexOf('.');
  return dot < 0 ? domain : domain.slice(0, dot);
}
