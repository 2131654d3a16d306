/** HTTP: a request made of what is mapped and rendered, an answer chosen by status (reference 02 sections 2 and 4). */
import type { Exchange } from '../../exchange/exchange.js';
import { GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { completeTraceId } from '../../exchange/trace-id.js';
import { type HeaderBlock, headerValue } from '../../http/header-block.js';
import type { BodyText } from '../../mapping/body-text.js';
import type { RequestOverrides } from '../../mapping/overrides.js';
import { type MappedHeaders, RequestMapping } from '../../mapping/request-mapping.js';
import { UriTemplate } from '../../mapping/uri-template.js';
import type { UpstreamPort } from '../../upstream/upstream.js';
import { answerUriFault, backendMethod, joinQueries } from '../backend-request.js';
import type { CompiledIntegration, IntegrationContext } from '../integration.js';
import { Misconfigured } from '../misconfigured.js';
import { upstreamOf } from '../upstream-choice.js';
import { CollectedResponse, type ResponseReceiver } from './collected-response.js';
import type { Payload } from './content-handling.js';
import { IntegrationRequest } from './integration-request.js';
import { answerSelected, IntegrationResponses } from './integration-responses.js';

/** Compiles an HTTP integration. A configuration that cannot work answers 500 to every call, with the cause in the log. */
export function compileHttp(context: IntegrationContext): CompiledIntegration {
  const { integration, stage } = context;
  const mapping = new RequestMapping(integration.requestParameters, 'http', context);
  if (mapping.forbidden !== undefined) {
    return new Misconfigured(mapping.forbidden, GATEWAY_RESPONSES.INTERNAL_SERVER_ERROR);
  }
  const uri = new UriTemplate({
    uri: integration.uri ?? '',
    stageVariables: stage.variables,
    path: mapping.path,
    tls: integration.tlsConfig,
    overridable: Object.keys(integration.requestTemplates).length > 0,
  });
  if (uri.fault !== null) return new Misconfigured(uri.fault.cause, uri.fault.response);
  const method = backendMethod(integration.httpMethod);
  if (method === undefined) return new Misconfigured(`Not an HTTP method: ${integration.httpMethod}`);
  const upstream = upstreamOf(context, uri);
  if (typeof upstream === 'string') return new Misconfigured(upstream);
  return new HttpIntegration(context, upstream, mapping, uri, method);
}

/** Methods whose integration requests have no body, whatever a template rendered. */
export const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Methods of the client whose Content-Type goes on. */
const WITH_CONTENT_TYPE: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

class HttpIntegration implements CompiledIntegration {
  readonly #upstream: UpstreamPort;
  readonly #mapping: RequestMapping;
  readonly #uri: UriTemplate;
  readonly #request: IntegrationRequest;
  readonly #responses: IntegrationResponses;
  /** Empty: the client's. */
  readonly #method: string;
  readonly #timeoutMs: number;
  readonly #apiId: string;
  readonly #userAgent: HeaderBlock;
  readonly #receive: ResponseReceiver = (exchange, status, headers, body, traceId) =>
    answerSelected(
      exchange,
      this.#responses.selectByStatus(status),
      { headers, body },
      status,
      `X-Amzn-Trace-Id: ${traceId}\r\n`,
    );

  constructor(
    context: IntegrationContext,
    upstream: UpstreamPort,
    mapping: RequestMapping,
    uri: UriTemplate,
    method: string,
  ) {
    const { integration, stage } = context;
    this.#upstream = upstream;
    this.#mapping = mapping;
    this.#uri = uri;
    this.#request = new IntegrationRequest(context, mapping, (exchange, text, payload, overrides) =>
      this.#send(exchange, text, payload, overrides),
    );
    this.#responses = new IntegrationResponses(context);
    this.#method = method;
    this.#timeoutMs = integration.timeoutInMillis;
    this.#apiId = stage.apiId;
    this.#userAgent = `User-Agent: AmazonAPIGateway_${stage.apiId}\r\n`;
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
    const uri = this.#uri;
    const texts = overrides === null ? null : overrides.path;
    const endpoint = uri.endpointOf(exchange, text, texts);
    const path = uri.pathOf(exchange, text, texts);
    const own = uri.queryOf(exchange, text, texts);
    if ('cause' in endpoint || typeof path !== 'string' || typeof own !== 'string') {
      answerUriFault(exchange, endpoint, path, own);
      return;
    }
    const query = joinQueries(own, this.#mapping.queryOf(exchange, text, overrides));
    const method = this.#method === '' ? exchange.method : this.#method;
    const traceId = completeTraceId(headerValue(exchange.request.headers, 'x-amzn-trace-id'));
    new CollectedResponse(exchange, traceId, this.#receive).start(this.#upstream, {
      origin: endpoint.origin,
      method,
      target: query === '' ? path : `${path}?${query}`,
      headers: this.#headers(
        exchange,
        endpoint.host,
        traceId,
        this.#mapping.headersOf(exchange, text, overrides),
      ),
      body: BODYLESS.has(method) ? null : payload,
      bodyLength: -1,
      timeoutMs: this.#timeoutMs,
    });
  }

  /** Mapped headers replace the defaults, whatever their case (reference 04 section 5). */
  #headers(exchange: Exchange, host: string, traceId: string, mapped: MappedHeaders): HeaderBlock {
    const hostLine = mapped.host || `Host: ${host}\r\n`;
    const accept = mapped.hasAccept ? '' : 'Accept: application/json\r\n';
    const userAgent = mapped.hasUserAgent ? '' : this.#userAgent;
    const contentType = mapped.contentType || contentTypeLine(exchange);
    return `${hostLine}X-Amzn-Apigateway-Api-Id: ${this.#apiId}\r\nX-Amzn-Trace-Id: ${traceId}\r\n${accept}${userAgent}${contentType}${mapped.others}`;
  }
}

/** The client's Content-Type, for the methods of the client that carry a body (section 2.2). */
export function contentTypeLine(exchange: Exchange): string {
  if (!WITH_CONTENT_TYPE.has(exchange.method)) return '';
  return `Content-Type: ${headerValue(exchange.request.headers, 'content-type') || 'application/json'}\r\n`;
}
