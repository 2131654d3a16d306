import type { UriTemplate } from '../mapping/uri-template.js';
import type { UpstreamPort } from '../upstream/upstream.js';
import type { IntegrationContext } from './integration.js';
import { CONFIGURATION } from './misconfigured.js';

/**
 * Whom an HTTP integration calls: the upstream it names or brings along, the one its URI's host names, or the host itself.
 * Decided when the integration is compiled, so that a request to a plain host pays nothing for it. A host made of
 * placeholders is never a name: a client must not choose an upstream.
 * @returns why nobody can be called, for the log
 */
export function upstreamOf(context: IntegrationContext, uri: UriTemplate): UpstreamPort | string {
  const { integration, services } = context;
  const { upstreams, upstream: client } = services;
  const host = uri.endpoint?.host ?? '';
  const said = integration.upstream ?? (upstreams.has(host) ? host : undefined);
  if (said === undefined) return client;
  const { insecureSkipVerification = false, serverNameToVerify } = integration.tlsConfig ?? {};
  if (insecureSkipVerification || serverNameToVerify !== undefined) {
    return `${CONFIGURATION} tlsConfig has no effect with an upstream: write tls in the upstream`;
  }
  const found = said.startsWith('{') ? upstreams.inline(said, uri.scheme) : upstreams.named(said, uri.scheme);
  return typeof found === 'string' ? `${CONFIGURATION} ${found}` : found;
}
