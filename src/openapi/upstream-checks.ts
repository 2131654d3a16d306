/** What of an imported definition cannot work with the upstreams of a node. */
import type { Definition, Integration } from '../model/snapshot.js';
import { readUpstream } from '../upstream/balancing/read-upstream.js';
import type { NamedUpstreams } from '../upstream/balancing/target-counts.js';
import { integrationPointer, placedMethods } from './definition-pointers.js';
import { quote } from './document.js';
import {
  excludesUpstream,
  saysHttp,
  TLS_CONFIG_WITH_UPSTREAM,
  TLS_OVER_HTTP,
  UPSTREAM,
} from './integration.js';
import type { Locate, Problem } from './problem.js';

/**
 * Integrations that answer 500 to every request, because they name an upstream the node does not have or one whose
 * settings exclude theirs. A host with stage variables or placeholders is left to run time.
 * @param upstreams names in lower case
 */
export function findUpstreamProblems(
  definition: Definition,
  locate: Locate,
  upstreams: NamedUpstreams,
): Problem[] {
  const problems: Problem[] = [];
  for (const { method, pointer } of placedMethods(definition.resources)) {
    const { integration } = method;
    if (integration === undefined) continue;
    const add = (member: string, message: string): void => {
      const place = locate(integrationPointer(pointer, `/${member}`));
      problems.push({ severity: 'error', ...place, message });
    };
    const { upstream, uri, tlsConfig } = integration;
    const shadow = upstream === undefined ? undefined : shadowOf(upstream);
    if (shadow !== undefined && !Object.hasOwn(upstreams, shadow)) {
      add(`${UPSTREAM}/shadow/upstream`, unknown(shadow, 'which is to get shadow copies'));
    }
    if (upstream?.startsWith('{')) continue;
    if (upstream !== undefined && !Object.hasOwn(upstreams, upstream.toLowerCase())) {
      add(UPSTREAM, unknown(upstream, 'so nobody could be called'));
      continue;
    }
    const name = upstream?.toLowerCase() ?? hostOf(integration);
    if (name === undefined || !Object.hasOwn(upstreams, name)) continue;
    // With x-propylon-upstream the importer has said so.
    if (upstream === undefined && excludesUpstream(tlsConfig)) add('tlsConfig', TLS_CONFIG_WITH_UPSTREAM);
    if (upstreams[name]?.tls !== undefined && saysHttp(uri)) add('uri', TLS_OVER_HTTP);
  }
  return problems;
}

function unknown(name: string, consequence: string): string {
  return `The configuration has no upstream ${quote(name)}, ${consequence}: add it to upstreams in the file for --config.`;
}

/** Lower case; undefined: a name, or an upstream without a shadow. */
function shadowOf(upstream: string): string | undefined {
  if (!upstream.startsWith('{')) return undefined;
  return readUpstream(JSON.parse(upstream), false, () => {})?.settings.shadow?.upstream;
}

/** The authority of the URI in lower case; what is no name of an upstream is found nowhere. */
function hostOf({ type, uri = '' }: Integration): string | undefined {
  if (type !== 'HTTP' && type !== 'HTTP_PROXY') return undefined;
  return /^https?:\/\/([^/?#]+)/i.exec(uri)?.[1]?.toLowerCase();
}
