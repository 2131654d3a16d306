/** The event of a Lambda proxy integration, payload 1.0, as JSON text (reference 02 section 6.1). */
import type { Exchange } from '../../exchange/exchange.js';
import { logTime } from '../../exchange/log-time.js';
import { type BinaryMatcher, compileBinaryMatcher } from '../../http/media-type.js';
import { parseQuery } from '../../http/query.js';
import { wireJson } from '../../http/wire-text.js';
import type { IntegrationContext } from '../integration.js';
import { type ForwardedMembers, readEventHeaders } from './event-headers.js';

export interface BuiltEvent {
  json: string;
  traceId: string;
}

/** Builds the events of one method: everything its configuration decides is JSON text already. */
export class EventBuilder {
  readonly #isBinary: BinaryMatcher;
  readonly #forwarded: ForwardedMembers;
  /** Of requests over TLS. */
  readonly #forwardedOverTls: ForwardedMembers;
  /** Keys of `pathParameters`, `"name":`. */
  readonly #pathKeys: readonly string[];
  readonly #resource: string;
  readonly #stage: string;
  readonly #owner: string;
  readonly #end: string;

  constructor(context: IntegrationContext) {
    const { stage, resource, method, services } = context;
    const { port, protocol, tlsPort = port } = services.listener;
    this.#isBinary = compileBinaryMatcher(stage.binaryMediaTypes);
    this.#forwarded = forwardedMembers(port, protocol);
    this.#forwardedOverTls = forwardedMembers(tlsPort, 'https');
    this.#pathKeys = context.pathParameterNames.map((name) => `${JSON.stringify(name)}:`);
    const path = JSON.stringify(resource.path);
    const variables = Object.keys(stage.variables).length > 0 ? JSON.stringify(stage.variables) : 'null';
    this.#resource = `{"resource":${path},"path":`;
    this.#stage = `,"stageVariables":${variables},"requestContext":`;
    this.#owner = `{"accountId":${JSON.stringify(stage.accountId)},"apiId":${JSON.stringify(stage.apiId)},"deploymentId":${JSON.stringify(stage.deploymentId)},"domainName":`;
    const operation =
      method.operationName === undefined ? '' : `,"operationName":${JSON.stringify(method.operationName)}`;
    const canary = stage.isCanaryRequest === undefined ? '' : `,"isCanaryRequest":${stage.isCanaryRequest}`;
    this.#end = `${canary},"resourceId":${JSON.stringify(resource.id)},"resourcePath":${path}${operation},"stage":${JSON.stringify(stage.stageName)}},"body":`;
  }

  /** @param body the whole request body; null or empty: none */
  build(exchange: Exchange, body: Uint8Array | null): BuiltEvent {
    const { request } = exchange;
    const hasBody = body !== null && body.length > 0;
    const headers = readEventHeaders(request.headers, {
      host: request.host,
      sourceIp: request.sourceIp,
      forwarded: request.overTls ? this.#forwardedOverTls : this.#forwarded,
      hasBody,
    });
    const now = Date.now();
    const method = wireJson(exchange.method);
    const domain = domainOf(request.host);
    const json =
      `${this.#resource}${wireJson(exchange.eventPath)},"httpMethod":${method}` +
      `,"headers":{${headers.single}},"multiValueHeaders":{${headers.multi}}` +
      `${queryMembers(request.query)},"pathParameters":${this.#pathParameters(exchange)}${this.#stage}` +
      `${this.#owner}${wireJson(domain)},"domainPrefix":${wireJson(firstLabel(domain))}` +
      `,"extendedRequestId":${wireJson(exchange.extendedRequestId)},"httpMethod":${method}` +
      `${IDENTITY}${wireJson(request.sourceIp)},"user":null,"userAgent":${headers.userAgent},"userArn":null}` +
      `,"path":${wireJson(exchange.contextPath)},"protocol":"HTTP/1.1"` +
      `,"requestId":${wireJson(exchange.requestId)},"requestTime":"${logTime(now)}","requestTimeEpoch":${now}` +
      `${this.#end}${hasBody ? this.#body(body, headers.contentType) : NO_BODY}`;
    return { json, traceId: headers.traceId };
  }

  #pathParameters(exchange: Exchange): string {
    const keys = this.#pathKeys;
    if (keys.length === 0) return 'null';
    let members = '';
    for (let i = 0; i < keys.length; i++) {
      members += `${i === 0 ? '' : ','}${keys[i]}${wireJson(exchange.pathParameters[i] ?? '')}`;
    }
    return `{${members}}`;
  }

  #body(body: Uint8Array, contentType: string | undefined): string {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return this.#isBinary(contentType)
      ? `"${bytes.toString('base64')}","isBase64Encoded":true}`
      : `${JSON.stringify(bytes.toString('utf8'))},"isBase64Encoded":false}`;
  }
}

function forwardedMembers(port: number, protocol: 'http' | 'https'): ForwardedMembers {
  return {
    single: `"X-Forwarded-Port":"${port}","X-Forwarded-Proto":"${protocol}"`,
    multi: `"X-Forwarded-Port":["${port}"],"X-Forwarded-Proto":["${protocol}"]`,
  };
}

const IDENTITY =
  ',"identity":{"accessKey":null,"accountId":null,"caller":null,"cognitoAuthenticationProvider":null' +
  ',"cognitoAuthenticationType":null,"cognitoIdentityId":null,"cognitoIdentityPoolId":null,"principalOrgId":null,"sourceIp":';

const NO_BODY = 'null,"isBase64Encoded":false}';

const NO_QUERY = ',"queryStringParameters":null,"multiValueQueryStringParameters":null';

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
  return `,"queryStringParameters":{${single}},"multiValueQueryStringParameters":{${multi}}`;
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
