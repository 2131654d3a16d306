/** HTTP_PROXY: the client's request goes to the backend nearly unchanged, its answer comes back so (reference 02 section 4). */
import { collectBody } from '../../exchange/collect-body.js';
import type { Exchange } from '../../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../../exchange/gateway-response.js';
import { BodyText } from '../../mapping/body-text.js';
import { RequestMapping } from '../../mapping/request-mapping.js';
import { type UriFault, UriTemplate } from '../../mapping/uri-template.js';
import { STREAMED, type UpstreamPort } from '../../upstream/upstream.js';
import { answerUriFault, backendMethod, joinQueries, MAX_PAYLOAD_BYTES } from '../backend-request.js';
import type { CompiledIntegration, IntegrationContext } from '../integration.js';
import { Misconfigured } from '../misconfigured.js';
import { upstreamOf } from '../upstream-choice.js';
import { ForwardedHeaders } from './forwarded-headers.js';
import { ProxiedExchange } from './proxied-exchange.js';

/**
 * Compiles an HTTP_PROXY integration. A configuration that cannot work answers 500 to every call, with the cause in the
 * error log. With `connectionType` VPC_LINK the host of the URI is called directly.
 */
export function compileHttpProxy(context: IntegrationContext): CompiledIntegration {
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
  });
  if (uri.fault !== null) return new Misconfigured(uri.fault.cause, uri.fault.response);
  const method = backendMethod(integration.httpMethod);
  if (method === undefined) return new Misconfigured(`Not an HTTP method: ${integration.httpMethod}`);
  const upstream = upstreamOf(context, uri);
  if (typeof upstream === 'string') return new Misconfigured(upstream);
  return new HttpProxy(context, upstream, mapping, uri, method);
}

class HttpProxy implements CompiledIntegration {
  readonly #upstream: UpstreamPort;
  readonly #mapping: RequestMapping;
  readonly #uri: UriTemplate;
  readonly #headers: ForwardedHeaders;
  /** Empty: the client's. */
  readonly #method: string;
  readonly #timeoutMs: number;
  /** Neither the URI nor the mapping has query parameters: the client's query passes as it is. */
  readonly #plainQuery: boolean;

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
    this.#headers = new ForwardedHeaders(stage.apiId, mapping.headers);
    this.#method = method;
    this.#timeoutMs = integration.timeoutInMillis;
    this.#plainQuery = !uri.hasQuery && !mapping.hasQuery;
  }

  invoke(exchange: Exchange): void {
    const { body, bodyLength } = exchange.request;
    if (!this.#mapping.readsBody) {
      this.#send(exchange, body, bodyLength, null);
      return;
    }
    collectBody(exchange, MAX_PAYLOAD_BYTES, (whole) => {
      if (whole === 'too-large') {
        answerGatewayResponse(exchange, GATEWAY_RESPONSES.REQUEST_TOO_LARGE);
        return;
      }
      const text = new BodyText(whole);
      if (text.malformed) answerGatewayResponse(exchange, GATEWAY_RESPONSES.INVALID_JSON);
      else this.#send(exchange, whole, whole?.length ?? 0, text);
    });
  }

  #send(
    exchange: Exchange,
    body: Uint8Array | null | 'stream',
    bodyLength: number,
    text: BodyText | null,
  ): void {
    const uri = this.#uri;
    const endpoint = uri.endpoint ?? uri.endpointOf(exchange, text);
    const path = uri.pathOf(exchange, text);
    const query = this.#plainQuery ? exchange.request.query : this.#queryOf(exchange, text);
    if ('cause' in endpoint || typeof path !== 'string' || typeof query !== 'string') {
      answerUriFault(exchange, endpoint, path, query);
      return;
    }
    const headers = this.#headers.build(exchange, endpoint.host, body !== null, text);
    const method = this.#method === '' ? exchange.method : this.#method;
    // A client that overrides its method waits for a body, whatever the method it named.
    const clientHead = exchange.method === 'HEAD' && !this.#headers.overridden;
    new ProxiedExchange(exchange, clientHead, method === 'HEAD').start(this.#upstream, {
      origin: endpoint.origin,
      method,
      target: query === '' ? path : `${path}?${query}`,
      headers,
      body: body === 'stream' ? STREAMED : body,
      bodyLength,
      timeoutMs: this.#timeoutMs,
    });
  }

  /** The URI's own query, the client's, then the mapped parameters: nothing is overwritten (section 4). */
  #queryOf(exchange: Exchange, text: BodyText | null): string | UriFault {
    const own = this.#uri.queryOf(exchange, text);
    if (typeof own !== 'string') return own;
    return joinQueries(joinQueries(own, exchange.request.query), this.#mapping.queryOf(exchange, text));
  }
}
