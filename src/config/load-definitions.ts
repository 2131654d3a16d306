/** Reads and imports the definitions a node is told to serve. */
import { readFile } from 'node:fs/promises';
import type { Snapshot } from '../model/snapshot.js';
import type { ApiSettings, LambdaSettings } from '../node/settings.js';
import { importDefinition } from '../openapi/import.js';
import type { Problem } from '../openapi/problem.js';
import { buildSnapshot, type DeployedDefinition } from './build-snapshot.js';

export interface LoadedDefinitions {
  /** Absent when a definition has an error, or two of them claim the same place. */
  snapshot?: Omit<Snapshot, 'revision'>;
  /** Errors and warnings of all definitions, in the order of the settings. */
  problems: Problem[];
}

/** Never throws: what is wrong is a problem with its file and place. */
export async function loadDefinitions(
  apis: readonly ApiSettings[],
  lambda: LambdaSettings,
): Promise<LoadedDefinitions> {
  const problems: Problem[] = [];
  const deployed: DeployedDefinition[] = [];
  for (const api of apis) {
    const definition = await loadOne(api, lambda, problems);
    if (definition !== undefined) deployed.push({ ...api, definition });
  }
  if (deployed.length < apis.length) return { problems };
  try {
    return { snapshot: buildSnapshot(deployed), problems };
  } catch (error) {
    problems.push(placeless(apis[0]?.definition ?? '', (error as Error).message));
    return { problems };
  }
}

async function loadOne(api: ApiSettings, lambda: LambdaSettings, problems: Problem[]) {
  let text: string;
  try {
    text = await readFile(api.definition, 'utf8');
  } catch (error) {
    problems.push(placeless(api.definition, unreadable(error as NodeJS.ErrnoException)));
    return undefined;
  }
  const result = importDefinition(text, api.definition, {
    region: lambda.region,
    accountId: lambda.accountId,
  });
  problems.push(...result.problems);
  return result.definition;
}

/** One sentence about a file that cannot be read, with what to do. */
export function unreadable(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file: check the path';
    case 'EISDIR':
      return 'this is a folder: name the definition file in it';
    case 'EACCES':
      return 'the file may not be read: check its rights';
    default:
      return `the file cannot be read: ${error.message}`;
  }
}

function placeless(file: string, message: string): Problem {
  return { severity: 'error', file, line: 1, column: 1, pointer: '', message };
}
