/** Methods and integrations as answers show them: with their integration responses as a map by status code. */
import type { IntegrationPart, IntegrationResponsePart, MethodPart } from './parts.js';

export function shownIntegration({ integrationResponses, ...members }: IntegrationPart): object {
  if (integrationResponses === undefined) return members;
  const byStatus: Record<string, IntegrationResponsePart> = {};
  for (const response of integrationResponses) byStatus[response.statusCode] ??= response;
  return { ...members, integrationResponses: byStatus };
}

export function shownMethod({ methodIntegration, ...members }: MethodPart): object {
  return methodIntegration === undefined
    ? members
    : { ...members, methodIntegration: shownIntegration(methodIntegration) };
}
