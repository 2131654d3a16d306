/** A document's pipeline in this process, without acceptor and threads: for what needs no backend. */
import { buildSnapshot } from '../../src/config/build-snapshot.js';
import type { Definition } from '../../src/model/snapshot.js';
import { importDefinition } from '../../src/openapi/import.js';
import { formatProblem } from '../../src/openapi/problem.js';
import { Gateway } from '../../src/pipeline/gateway.js';
import { Client, contextOf, type RequestParts } from '../integrations/http-proxy/harness.js';

export interface InProcessGateway {
  /** Runs one request; the client's answer is there at once unless the body is streamed. */
  start(parts: RequestParts): Client;
}

export function definitionOf(document: object): Definition {
  const { definition, problems } = importDefinition(JSON.stringify(document), 'api.json');
  if (definition === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return definition;
}

/** Serves the document as stage `prod` at `/` of any host. */
export function inProcessGateway(
  document: object,
  stageVariables: Record<string, string> = {},
): InProcessGateway {
  const deployed = {
    definition: definitionOf(document),
    id: 'abc123',
    stage: 'prod',
    stageVariables,
  };
  const { services } = contextOf({ integration: {} });
  const gateway = Gateway.compile(buildSnapshot([deployed]), services, {
    region: 'eu-west-1',
    accountId: '123456789012',
    executeApiHosts: true,
    executeApiPaths: true,
    skipAuthorization: false,
  });
  return {
    start(parts) {
      const client = new Client({ host: 'example.com', ...parts });
      gateway.handle(client.exchange);
      return client;
    },
  };
}
