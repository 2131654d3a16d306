/** Settings from environment variables: `PROPYLON_*`, one for every setting of the table and one for each list. */
import { suggestion } from './did-you-mean.js';
import {
  environmentVariable,
  type Layer,
  type SettingKey,
  settingKeys,
  type Written,
} from './setting-table.js';

/** Such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of one source whose lists are written as on the command line; the environment and the flags are such. */
export interface Source {
  layer: Layer;
  /** `FILE` or `/BASE=FILE`. */
  definitions: readonly Written[];
  /** `NAME=VALUE`. */
  stageVariables: readonly Written[];
  /** `NAME=FILE` or `NAME=FILE#EXPORT`. */
  functions: readonly Written[];
  /** Path of `propylon.yaml`. */
  config?: Written;
}

export const CONFIG_VARIABLE = 'PROPYLON_CONFIG';
export const DEFINITIONS_VARIABLE = 'PROPYLON_DEFINITIONS';
export const STAGE_VARIABLES_VARIABLE = 'PROPYLON_STAGE_VARIABLES';
export const FUNCTIONS_VARIABLE = 'PROPYLON_FUNCTIONS';
/** Read by the command itself: whether unexpected errors show their stack. */
export const DEBUG_VARIABLE = 'PROPYLON_DEBUG';

const PREFIX = 'PROPYLON_';

/**
 * Kubernetes sets these in every container of a namespace with a Service called `propylon`; they are not meant for us,
 * and one of them has the name of a setting.
 */
const KUBERNETES_NAME = /^PROPYLON_(SERVICE_(HOST|PORT.*)|PORT_\d+_.*)$/;
const KUBERNETES_PORT = /^(tcp|udp|sctp):\/\//;

/** An empty variable counts as absent: compose files and charts set them so. */
export function readEnvironment(environment: Environment): {
  source: Source;
  warnings: string[];
} {
  const layer = new Map<SettingKey, Written>();
  for (const key of settingKeys()) {
    const where = environmentVariable(key);
    const text = environment[where] ?? '';
    if (text !== '' && !(key === 'port' && KUBERNETES_PORT.test(text))) layer.set(key, { text, where });
  }
  const config = environment[CONFIG_VARIABLE] ?? '';
  return {
    source: {
      layer,
      definitions: split(environment, DEFINITIONS_VARIABLE),
      // A value may hold commas: only one that a new name follows ends it.
      stageVariables: split(environment, STAGE_VARIABLES_VARIABLE, /,(?=\s*[A-Za-z0-9_]+=)/),
      functions: split(environment, FUNCTIONS_VARIABLE),
      ...(config === '' ? {} : { config: { text: config, where: CONFIG_VARIABLE } }),
    },
    warnings: unknownVariables(environment),
  };
}

function split(environment: Environment, where: string, separator = /,/): Written[] {
  const text = environment[where] ?? '';
  const parts = text.split(separator).map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => ({ text: part, where }));
}

function unknownVariables(environment: Environment): string[] {
  const lists = [CONFIG_VARIABLE, DEFINITIONS_VARIABLE, STAGE_VARIABLES_VARIABLE, FUNCTIONS_VARIABLE];
  const known = new Set([...settingKeys().map(environmentVariable), ...lists, DEBUG_VARIABLE]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name) && !KUBERNETES_NAME.test(name))
    .map((name) => `the environment variable ${name} is not known${suggestion(name, known)}`);
}
