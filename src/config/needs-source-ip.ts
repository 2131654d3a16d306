import type { Definition, Integration, Stage } from '../model/snapshot.js';
import type { Steps } from '../steps.js';
import type { NamedUpstreams } from '../upstream/balancing/target-counts.js';

/**
 * True when something in the stage can see the client's address: a Lambda proxy event, an upstream that may be balanced
 * by it, or any expression about the caller's identity. Asking uWebSockets.js for the address costs about a microsecond,
 * a twentieth of a proxied request, so acceptors only ask when somebody wants to know.
 */
export function* needsSourceIp({ deployment, canary }: Stage): Steps<boolean> {
  if (yield* definitionNeeds(deployment.definition)) return true;
  return canary !== undefined && (yield* definitionNeeds(canary.deployment.definition));
}

function* definitionNeeds({ gatewayResponses, resources }: Definition): Steps<boolean> {
  const texts = gatewayResponses.flatMap(({ responseParameters, responseTemplates }) => [
    ...Object.values(responseParameters),
    ...Object.values(responseTemplates),
  ]);
  if (texts.some((text) => text.includes('context.identity'))) return true;
  for (const { methods } of resources) {
    if (methods.some(({ integration }) => integration !== undefined && integrationNeeds(integration)))
      return true;
    yield;
  }
  return false;
}

function integrationNeeds(integration: Integration): boolean {
  if (integration.type === 'AWS_PROXY') return true;
  if (integration.upstream?.includes('consistent-hash')) return true;
  const texts = [integration.requestParameters, integration.requestTemplates];
  for (const response of integration.responses)
    texts.push(response.responseParameters, response.responseTemplates);
  // A template can reach the identity by a computed name too: any use of the context counts.
  return texts.some((map) => Object.values(map).some((text) => text.includes('context')));
}

/** True when an upstream of the configuration is balanced by the client's address. */
export function hashesSourceIp(upstreams: NamedUpstreams): boolean {
  return Object.values(upstreams).some(
    ({ balance, hashOn }) => balance === 'consistent-hash' && hashOn.kind === 'source-ip',
  );
}
