/** What a node is told to serve, from definitions. */
import { buildSnapshot, type DeployedDefinition } from '../../src/config/build-snapshot.js';
import { itemsOfSnapshot } from '../../src/config/items.js';
import type { ServedConfiguration } from '../../src/config/served-configuration.js';
import { definitionOf } from './in-process-gateway.js';

/** Each document as stage `prod` at `/` of any host, unless the rest says otherwise. */
export function servedConfiguration(
  deployed: readonly ({ document: object } & Partial<Omit<DeployedDefinition, 'definition'>>)[],
  revision = 1,
): ServedConfiguration {
  const all = deployed.map(({ document, ...rest }) => ({
    definition: definitionOf(document),
    stage: 'prod',
    stageVariables: {},
    ...rest,
  }));
  return { revision, items: itemsOfSnapshot(buildSnapshot(all)) };
}
