/** AWS with a service other than Lambda: a signed request, an answer chosen by status (reference 02 section 8). */
import type { AwsAccess, UnsignedRequest } from '../../aws/access.js';
import { isSigningHeader } from '../../aws/access.js';
import { canonicalPath, canonicalQuery } from '../../aws/canonical.js';
import type { ServiceEndpoint } from '../../aws/endpoints.js';
import { jsonProtocol, queryVersion } from '../../aws/protocols.js';
import { now } from '../../exchange/clock.js';
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { completeTraceId } from '../../exchange/trace-id.js';
import { forEachHeader, type HeaderBlock, headerValue } from '../../http/header-block.js';
import type { BodyText } from '../../mapping/body-text.js';
import type { RequestOverrides } from '../../mapping/overrides.js';
import { type MappedHeaders, RequestMapping } from '../../mapping/request-mapping.js';
import { resolveStageVariables, UriTemplate } from '../../mapping/uri-template.js';
import type { Origin, UpstreamClient } from '../../upstream/upstream.js';
import { answerUriFault, backendMethod, joinQueries } from '../backend-request.js';
import { CollectedResponse, type ResponseReceiver } from '../custom/collected-response.js';
import type { Payload } from '../custom/content-handling.js';
import { BODYLESS, contentTypeLine } from '../custom/http.js';
import { IntegrationRequest } from '../custom/integration-request.js';
import { answerSelected, IntegrationResponses } from '../custom/integration-responses.js';
import type { CompiledIntegration, IntegrationContext } from '../integration.js';
import { CONFIGURATION, Misconfigured } from '../misconfigured.js';
import { parseServiceUri, type ServiceUri } from './service-uri.js';

/** "Sign as the caller": the caller's keys never reach a gateway that AWS does not run. */
const CALLER_CREDENTIALS = /^arn:[^:]+:iam::\*:user\/\*$/;

/** The service an AWS integration calls; undefined when its URI is Lambda's, or none. */
export function serviceUriOf({ integration, stage }: IntegrationContext): ServiceUri | undefined {
  return parseServiceUri(resolveStageVariables(integration.uri ?? '', stage.variables), stage.region);
}

/**
 * Compiles an AWS integration with a service. A configuration that cannot work answers 500 to every call, with the cause
 * in the log. A role in `credentials` is not assumed: the node's own credentials sign.
 */
export function compileAwsService(context: IntegrationContext, service: ServiceUri): CompiledIntegration {
  const { integration, services, stage } = context;
  const mapping = new RequestMapping(integration.requestParameters, 'aws', context);
  if (mapping.forbidden !== undefined) {
    return new Misconfigured(mapping.forbidden, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR);
  }
  if (CALLER_CREDENTIALS.test(resolveStageVariables(integration.credentials ?? '', stage.variables))) {
    return new Misconfigured(`${CONFIGURATION} The caller's own credentials cannot sign a call from here`);
  }
  let endpoint: ServiceEndpoint;
  try {
    endpoint = services.aws.endpoint(service);
  } catch (error) {
    return new Misconfigured(`${CONFIGURATION} ${(error as Error).message}`);
  }
  const uri = new UriTemplate({
    uri: `${endpoint.scheme}://${endpoint.authority}${endpoint.basePath}${service.target}`,
    stageVariables: stage.variables,
    path: mapping.path,
    tls: integration.tlsConfig,
    overridable: Object.keys(integration.requestTemplates).length > 0,
  });
  if (uri.fault !== null) return new Misconfigured(uri.fault.cause, uri.fault.response);
  const method = backendMethod(integration.httpMethod);
  if (method === undefined) return new Misconfigured(`Not an HTTP method: ${integration.httpMethod}`);
  return new AwsService(context, { service, endpoint, mapping, uri, method });
}

interface Parts {
  readonly service: ServiceUri;
  readonly endpoint: ServiceEndpoint;
  readonly mapping: RequestMapping;
  readonly uri: UriTemplate;
  /** Empty: the client's. */
  readonly method: string;
}

class AwsService implements CompiledIntegration {
  readonly #client: UpstreamClient;
  readonly #aws: AwsAccess;
  readonly #parts: Parts;
  readonly #request: IntegrationRequest;
  readonly #responses: IntegrationResponses;
  readonly #timeoutMs: number;
  /** The gateway's own headers that no mapping replaces, up to the trace id. */
  readonly #own: HeaderBlock;
  readonly #userAgent: HeaderBlock;
  /** Lines of an action of a JSON service; empty for all others. */
  readonly #target: HeaderBlock;
  readonly #contentType: HeaderBlock;
  /** `Version` of an action, unless the call has one; undefined: none. */
  readonly #version: string | undefined;
  readonly #receive: ResponseReceiver = (exchange, status, headers, body, traceId) =>
    answerSelected(
      exchange,
      this.#responses.selectByStatus(status),
      { headers, body },
      status,
      `X-Amzn-Trace-Id: ${traceId}\r\n`,
    );

  constructor(context: IntegrationContext, parts: Parts) {
    const { integration, services, stage } = context;
    const { action, fullName } = parts.service;
    this.#client = services.upstream;
    this.#aws = services.aws;
    this.#parts = parts;
    this.#request = new IntegrationRequest(context, parts.mapping, (exchange, text, payload, overrides) =>
      this.#send(exchange, text, payload, overrides),
    );
    this.#responses = new IntegrationResponses(context);
    this.#timeoutMs = integration.timeoutInMillis;
    this.#own = `X-Amzn-Apigateway-Api-Id: ${stage.apiId}\r\nX-Amzn-Trace-Id: `;
    this.#userAgent = `User-Agent: AmazonAPIGateway_${stage.apiId}\r\n`;
    const json = action === undefined ? undefined : jsonProtocol(fullName);
    this.#target = json === undefined ? '' : `X-Amz-Target: ${json.targetPrefix}.${action}\r\n`;
    this.#contentType = json === undefined ? '' : `Content-Type: ${json.contentType}\r\n`;
    this.#version = action === undefined ? undefined : queryVersion(fullName);
  }

  invoke(exchange: Exchange): void {
    this.#request.prepare(exchange);
  }

  #send(
    exchange: Exchange,
    text: BodyText | null,
    payload: Payload,
    overrides: RequestOverrides | null,
  ): void {
    const { mapping, service, uri } = this.#parts;
    const texts = overrides === null ? null : overrides.path;
    const endpoint = uri.endpointOf(exchange, text, texts);
    const path = uri.pathOf(exchange, text, texts);
    const own = uri.queryOf(exchange, text, texts);
    if ('cause' in endpoint || typeof path !== 'string' || typeof own !== 'string') {
      answerUriFault(exchange, endpoint, path, own);
      return;
    }
    const query = canonicalQuery(
      this.#withVersion(joinQueries(own, mapping.queryOf(exchange, text, overrides))),
    );
    const method = this.#parts.method === '' ? exchange.method : this.#parts.method;
    const traceId = completeTraceId(headerValue(exchange.request.headers, 'x-amzn-trace-id'));
    const mapped = mapping.headersOf(exchange, text, overrides);
    void this.#call(exchange, traceId, endpoint.origin, query.text, {
      method,
      path: canonicalPath(path, service.service === 's3'),
      query: query.pairs,
      headers: this.#headers(exchange, endpoint.host, traceId, mapped),
      body: BODYLESS.has(method) ? NO_BODY : bytesOf(payload),
    });
  }

  /** Signs and sends, all within the integration's time; answers when that cannot be done. */
  async #call(
    exchange: Exchange,
    traceId: string,
    origin: Origin,
    query: string,
    request: UnsignedRequest,
  ): Promise<void> {
    const deadline = now() + this.#timeoutMs;
    const response = new CollectedResponse(exchange, traceId, this.#receive);
    // Looking for credentials may take longer than the call has.
    const timer = setTimeout(() => answerTimeout(exchange), this.#timeoutMs);
    try {
      const signature = await this.#aws.sign(this.#parts.endpoint, request);
      if (exchange.answered || exchange.cancelled) return;
      response.start(this.#client, {
        origin,
        method: request.method,
        target: query === '' ? request.path : `${request.path}?${query}`,
        headers: request.headers + signature,
        body: request.body.length === 0 ? null : request.body,
        bodyLength: -1,
        timeoutMs: Math.max(1, Math.ceil(deadline - now())),
      });
    } catch (error) {
      const cause = `${CONFIGURATION} ${(error as Error).message}`;
      answerGatewayResponse(exchange, GATEWAY_RESPONSES.API_CONFIGURATION_ERROR, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  #withVersion(query: string): string {
    if (this.#version === undefined || /(?:^|&)Version=/.test(query)) return query;
    return joinQueries(query, `Version=${this.#version}`);
  }

  /** Mapped headers replace the defaults, whatever their case (reference 04 section 5). */
  #headers(exchange: Exchange, host: string, traceId: string, mapped: MappedHeaders): HeaderBlock {
    const hostLine = mapped.host || `Host: ${host}\r\n`;
    const accept = mapped.hasAccept ? '' : 'Accept: application/json\r\n';
    const userAgent = mapped.hasUserAgent ? '' : this.#userAgent;
    const contentType = mapped.contentType || this.#contentType || contentTypeLine(exchange);
    const others = sendable(mapped.others);
    const target = headerValue(others, 'x-amz-target') === undefined ? this.#target : '';
    return `${hostLine}${this.#own}${traceId}\r\n${accept}${userAgent}${contentType}${target}${others}`;
  }
}

const NO_BODY = new Uint8Array(0);

function bytesOf(payload: Payload): Uint8Array {
  if (payload === null) return NO_BODY;
  return typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
}

/** Without Referer, which is dropped even if mapped, and without what the signature brings itself. */
function sendable(mapped: HeaderBlock): HeaderBlock {
  let block = '';
  forEachHeader(mapped, (name, value) => {
    const lowerName = name.toLowerCase();
    if (lowerName !== 'referer' && !isSigningHeader(lowerName)) block += `${name}: ${value}\r\n`;
  });
  return block;
}

function answerTimeout(exchange: Exchange): void {
  answerGatewayResponse(
    exchange,
    GATEWAY_RESPONSES.INTEGRATION_TIMEOUT,
    'Execution failed due to a timeout error',
  );
}
