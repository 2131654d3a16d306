/** From imported definitions and what the node was told about them to one snapshot. */
import { createHash } from 'node:crypto';
import type { Api, Definition, Mapping, Snapshot } from '../model/snapshot.js';
import { type MappingSettings, ROOT_OF_ANY_HOST } from './settings.js';

export interface DeployedDefinition {
  definition: Definition;
  /** Absent: derived from the API's name. */
  id?: string;
  stage: string;
  stageVariables: Record<string, string>;
  /** The root of any host when not given. */
  mappings?: readonly MappingSettings[];
}

/**
 * @throws Error when two definitions claim the same API id and stage, or the same domain and base path
 */
export function buildSnapshot(deployed: readonly DeployedDefinition[]): Omit<Snapshot, 'revision'> {
  const apis = new Map<string, Api>();
  const mappings = new Map<string, Mapping>();
  for (const one of deployed) {
    const { definition } = one;
    const id = one.id ?? apiIdOf(definition.name);
    const api = apis.get(id) ?? {
      id,
      name: definition.name,
      stages: [],
      disableExecuteApiEndpoint: definition.disableExecuteApiEndpoint,
    };
    if (api.stages.some((stage) => stage.name === one.stage)) {
      throw new Error(
        `Two definitions make stage '${one.stage}' of API '${id}' (the id comes from the title '${definition.name}'): give one of them another 'id' or 'stage' in the configuration file`,
      );
    }
    api.stages.push({
      name: one.stage,
      variables: one.stageVariables,
      deployment: { id: deploymentIdOf(definition), definition },
    });
    apis.set(id, api);
    for (const { domain, basePath } of one.mappings ?? [ROOT_OF_ANY_HOST]) {
      const address = `${domain}/${basePath}`;
      if (mappings.has(address)) {
        throw new Error(
          `Two definitions are mapped at '${address}': give each its own 'basePath' (or 'domain') in the configuration file`,
        );
      }
      mappings.set(address, { domain, basePath, apiId: id, stage: one.stage });
    }
  }
  return { apis: [...apis.values()], mappings: [...mappings.values()], domains: [] };
}

/** Ten lower-case letters and digits, the look of an API Gateway id, the same for the same name. */
export function apiIdOf(name: string): string {
  return shortHash(name, 10);
}

/** Six characters, another when the definition is another. */
function deploymentIdOf(definition: Definition): string {
  return shortHash(JSON.stringify(definition), 6);
}

function shortHash(text: string, length: number): string {
  const digest = createHash('sha256').update(text).digest('hex');
  return BigInt(`0x${digest}`).toString(36).slice(0, length);
}
