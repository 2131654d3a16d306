/** Stages of a revision as files that can be pushed again: OpenAPI documents, and a configuration file for the rest. */
import { stringify } from 'yaml';
import { buildSnapshot, type DeployedDefinition } from '../config/build-snapshot.js';
import { compareItems, mappingName, summarize } from '../config/diff.js';
import { itemsOfSnapshot } from '../config/items.js';
import type { LambdaSettings } from '../config/settings.js';
import type { Api, Mapping, Snapshot, Stage } from '../model/snapshot.js';
import { exportDefinition } from '../openapi/export/export.js';
import { renderExport } from '../openapi/export/render.js';
import type { ExportTarget } from '../openapi/export/target.js';
import { importDefinition } from '../openapi/import.js';
import { formatProblem } from '../openapi/problem.js';
import { summaryLine } from './diff-text.js';

export interface PulledStage {
  api: Api;
  stage: Stage;
  /** Those a push is told to make. */
  mappings: readonly Mapping[];
  /** The document. */
  text: string;
}

/** How documents are written. */
export interface DocumentForm {
  format: ExportTarget['format'];
  syntax: 'json' | 'yaml';
}

/** @param chosen APIs of the snapshot, with those of their stages that are wanted */
export function pullStages(
  { mappings }: Pick<Snapshot, 'mappings'>,
  chosen: readonly Api[],
  { format, syntax }: DocumentForm,
  region: string,
): PulledStage[] {
  const pulled = (api: Api, stage: Stage): PulledStage => {
    const target: ExportTarget = {
      format,
      extensions: new Set(['apigateway']),
      apiId: api.id,
      region,
      stageName: stage.name,
    };
    return {
      api,
      stage,
      mappings: mappings.filter((one) => one.apiId === api.id && one.stage === stage.name),
      text: renderExport(exportDefinition(stage.deployment.definition, target), syntax),
    };
  };
  return chosen.flatMap((api) => representativeFirst(api).map((stage) => pulled(api, stage)));
}

/** A push takes what holds for an API as a whole from the first of its definitions. */
function representativeFirst({ name, disableExecuteApiEndpoint, stages }: Api): Stage[] {
  const speaks = ({ deployment: { definition } }: Stage): boolean =>
    definition.name === name && definition.disableExecuteApiEndpoint === disableExecuteApiEndpoint;
  return [...stages.filter(speaks), ...stages.filter((stage) => !speaks(stage))];
}

/** For `push --config`. @param files names of the documents, in the order of the stages */
export function configFile(
  pulled: readonly PulledStage[],
  files: readonly string[],
  revision: number,
): string {
  const apis = pulled.map(({ api, stage, mappings }, i) => ({
    definition: files[i],
    id: api.id,
    stage: stage.name,
    ...(Object.keys(stage.variables).length === 0 ? {} : { stageVariables: stage.variables }),
    // Also when there are none: an API about which nothing is said is served at the root.
    mappings: mappings.map(({ domain, basePath }) => ({
      ...(domain === '' ? {} : { domain }),
      basePath: `/${basePath}`,
    })),
  }));
  const comment = `# Revision ${revision}, for "propylon push --config". It does not say where the store is.\n`;
  return comment + stringify({ apis }, { lineWidth: 0 });
}

/**
 * What a push of the documents would not bring about again, one sentence each. It is tried, up to the commit.
 * @param live the snapshot they come from
 * @param owned ids of APIs that are not pushed
 */
export function lossesOf(
  pulled: readonly PulledStage[],
  live: Pick<Snapshot, 'mappings' | 'domains'>,
  owned: ReadonlySet<string>,
  lambda: LambdaSettings,
): string[] {
  const canaries = pulled.filter(({ stage }) => stage.canary !== undefined);
  const pushed = pulled.filter(({ api }) => !owned.has(api.id));
  const upstreams = namedUpstreams(pushed);
  return [
    ...canaries.map(
      ({ api, stage }) =>
        `${api.id}/${stage.name} has a canary, which is not in its document: a push of it ends the canary`,
    ),
    ...changesOfPush(pushed, lambda),
    ...(upstreams.length === 0
      ? []
      : [
          `a push needs the upstreams ${upstreams.join(', ')}, which every node has in its own configuration: add them to the file for --config`,
        ]),
    ...leftAlone(pulled, live).map((what) => `not written, and left as it is by a push: ${what}`),
  ];
}

function changesOfPush(pulled: readonly PulledStage[], { region, accountId }: LambdaSettings): string[] {
  const refused: string[] = [];
  const same = new Map<string, Api>();
  const mappings: Mapping[] = [];
  const deployed: DeployedDefinition[] = [];
  for (const one of pulled) {
    const { canary: _canary, ...stage } = one.stage;
    const { id } = one.api;
    const name = `${id}/${stage.name}`;
    const { definition, problems } = importDefinition(one.text, name, { region, accountId });
    if (definition === undefined) {
      refused.push(...problems.filter(({ severity }) => severity === 'error').map(formatProblem));
      continue;
    }
    deployed.push({
      definition,
      id,
      stage: stage.name,
      stageVariables: stage.variables,
      mappings: one.mappings,
    });
    same.set(id, { ...one.api, stages: [...(same.get(id)?.stages ?? []), stage] });
    mappings.push(...one.mappings);
  }
  const before = itemsOfSnapshot({ apis: [...same.values()], mappings, domains: [] });
  const changes = summarize(compareItems(before, itemsOfSnapshot(buildSnapshot(deployed))));
  return [
    ...refused.map((problem) => `a push refuses ${problem}`),
    ...changes.map((change) => `a push changes what is served: ${summaryLine(change)}`),
  ];
}

/** A document names them, and the configuration of whoever pushes it must have them. */
function namedUpstreams(pulled: readonly PulledStage[]): string[] {
  const methods = pulled.flatMap(({ stage }) =>
    stage.deployment.definition.resources.flatMap((resource) => resource.methods),
  );
  const names = methods.flatMap(({ integration }) => integration?.upstream ?? []);
  return [...new Set(names.filter((name) => !name.startsWith('{')))].sort();
}

function leftAlone(
  pulled: readonly PulledStage[],
  { mappings, domains }: Pick<Snapshot, 'mappings' | 'domains'>,
): string[] {
  const ids = new Set(pulled.map(({ api }) => api.id));
  const names = new Set(pulled.map(({ api, stage }) => `${api.id}/${stage.name}`));
  const written = new Set(pulled.flatMap((one) => one.mappings));
  const own = mappings.filter(
    ({ apiId, stage }) => ids.has(apiId) && (stage === '' || names.has(`${apiId}/${stage}`)),
  );
  const hosts = new Set(own.map(({ domain }) => domain));
  const certified = domains.filter(
    ({ name, certificateFile }) => certificateFile !== undefined && hosts.has(name),
  );
  return [
    ...own.filter((one) => !written.has(one)).map((one) => `mapping ${mappingName(one)}`),
    ...certified.map(({ name }) => `certificate of ${name}`),
  ];
}
