/** Which definitions a node serves and where: from the command line, the environment, or the file's `apis`. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ApiSettings, type MappingSettings, ROOT_OF_ANY_HOST } from '../config/settings.js';
import { printable } from '../telemetry/printable.js';
import type { FileApi, FileMapping } from './config-file.js';
import type { SettingReader } from './setting-reader.js';
import type { Written } from './setting-table.js';
import {
  apiId,
  basePath,
  domain,
  namedValue,
  stageName,
  stageVariableName,
  stageVariableValue,
} from './setting-values.js';

const DEFAULT_STAGE = 'prod';

export function readApis(reader: SettingReader): ApiSettings[] {
  const { flags, environment, file } = reader.sources;
  const definitions = flags.definitions.length > 0 ? flags.definitions : environment.definitions;
  const fileApis = file?.apis ?? [];
  const count = definitions.length > 0 ? definitions.length : fileApis.length;
  const forAll = stageVariables(reader, new Map(), [...environment.stageVariables, ...flags.stageVariables]);
  const base = reader.getOutsideFile('basePath');
  if (base !== undefined && count > 1) {
    reader.problems.push(
      'a base path was given for several definitions: write /BASE=FILE for each, or use a file with --config',
    );
  }
  if (definitions.length === 0) {
    const shared = stageVariables(reader, file?.stageVariables ?? new Map(), []);
    const apis = fileApis.map((api) => fileApi(reader, api, base, shared, forAll));
    const names = fileApis.map(({ where }) => where);
    checkMappings(reader, apis, names, 'give each its own basePath or domain');
    return apis;
  }
  if (fileApis.length > 0) {
    reader.warnings.push('the apis of the configuration file are not served: other definitions were named');
  }
  const apis = definitions.map((written) => argumentApi(reader, written, base, forAll));
  const names = definitions.map(({ text }) => printable(text));
  const advice =
    'give each its base path, as in /orders=orders.yaml /pets=pets.yaml, or list them in a file for --config';
  if (base === undefined) checkMappings(reader, apis, names, advice);
  return apis;
}

/** `FILE`, or `/BASE=FILE` unless there is a file of that very name. */
function argumentApi(
  reader: SettingReader,
  written: Written,
  wanted: string | undefined,
  variables: Record<string, string>,
): ApiSettings {
  const { cwd } = reader.sources;
  const match = isFile(resolve(cwd, written.text)) ? null : /^(\/[^=]*)=(.+)$/s.exec(written.text);
  const [, base, file] = match ?? [];
  const where = `the base path of ${printable(written.text)}`;
  const own = base === undefined ? undefined : reader.parse({ text: base, where }, basePath);
  if (own !== undefined && wanted !== undefined) {
    reader.problems.push(`${where} is given twice: take away --base-path`);
  }
  const path = wanted ?? own;
  return {
    definition: resolve(cwd, file ?? written.text),
    stage: reader.get('stage') ?? DEFAULT_STAGE,
    stageVariables: variables,
    ...(path === undefined ? {} : { mappings: [{ domain: '', basePath: path }] }),
  };
}

function fileApi(
  reader: SettingReader,
  api: FileApi,
  wanted: string | undefined,
  shared: Record<string, string>,
  forAll: Record<string, string>,
): ApiSettings {
  const id = api.id && reader.parse(api.id, apiId);
  const stage = api.stage && reader.parse(api.stage, stageName);
  const mappings = fileMappings(reader, api, wanted);
  return {
    definition: resolve(reader.sources.fileFolder, api.definition.text),
    ...(id === undefined ? {} : { id }),
    stage: reader.getOutsideFile('stage') ?? stage ?? reader.get('stage') ?? DEFAULT_STAGE,
    stageVariables: { ...shared, ...stageVariables(reader, api.stageVariables, []), ...forAll },
    ...(mappings === undefined ? {} : { mappings }),
  };
}

/** Undefined when nothing was said. */
function fileMappings(
  reader: SettingReader,
  { mapping, mappings }: FileApi,
  wanted: string | undefined,
): MappingSettings[] | undefined {
  const read = (written: FileMapping): MappingSettings => ({
    domain: (written.domain && reader.parse(written.domain, domain)) ?? '',
    basePath: (written.basePath && reader.parse(written.basePath, basePath)) ?? '',
  });
  const all = mappings?.map(read) ?? (mapping && [read(mapping)]);
  if (wanted === undefined) return all;
  return [{ domain: '', ...(mapping && read(mapping)), basePath: wanted }];
}

function stageVariables(
  reader: SettingReader,
  named: ReadonlyMap<string, Written>,
  pairs: readonly Written[],
): Record<string, string> {
  const values = new Map<string, string>();
  const all = [...named].map(([name, value]) => ({ name, value }));
  for (const written of pairs) {
    const pair = reader.parse(written, namedValue);
    if (pair !== undefined) {
      const where = `${written.where} ${printable(pair.name)}`;
      all.push({ name: pair.name, value: { text: pair.value, where } });
    }
  }
  for (const { name, value } of all) {
    const parsedName = reader.parse({ text: name, where: value.where }, stageVariableName);
    const parsedValue = reader.parse(value, stageVariableValue);
    if (parsedName !== undefined && parsedValue !== undefined) values.set(parsedName, parsedValue);
  }
  // In one order, however they were written: equal stages are then equal byte for byte.
  return Object.fromEntries([...values].sort());
}

/** Two APIs at one address: neither could be preferred. */
function checkMappings(
  reader: SettingReader,
  apis: readonly ApiSettings[],
  names: readonly string[],
  advice: string,
): void {
  const taken = new Map<string, number>();
  apis.forEach(({ mappings = [ROOT_OF_ANY_HOST] }, i) => {
    const name = names[i] ?? '';
    for (const mapping of mappings) {
      const address = `${mapping.domain}/${mapping.basePath}`;
      const other = taken.get(address);
      if (other === undefined) taken.set(address, i);
      else if (other === i) reader.problems.push(`${name} is mapped at ${address} twice: take one out`);
      else reader.problems.push(`${name} and ${names[other] ?? ''} are both mapped at ${address}: ${advice}`);
    }
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
