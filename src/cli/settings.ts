/** Settings and definitions, with what is wrong with them told as commands tell it. */
import type { ApiDefinitions } from '../node/api-definitions.js';
import type { Source } from '../node/environment.js';
import { type LoadedSettings, loadSettings, SettingsError } from '../node/load-settings.js';
import { CommandError, count, problemLine, shownPath } from './output.js';

/** From flags, environment and file. @throws CommandError */
export async function settingsFrom(flags: Source): Promise<LoadedSettings> {
  try {
    return await loadSettings({ flags, environment: process.env, cwd: process.cwd() });
  } catch (error) {
    if (error instanceof SettingsError) throw new CommandError(...error.problems);
    throw error;
  }
}

/**
 * Reads all documents and prints their errors.
 * @param consequence what does not happen while there are errors: `nothing is served`
 * @returns a warning for every document that has some
 * @throws CommandError when there are errors
 */
export function importAll(definitions: ApiDefinitions, consequence: string): string[] {
  const warnings: string[] = [];
  let errors = 0;
  for (const file of definitions.files) {
    const problems = definitions.load(file);
    const bad = problems.filter(({ severity }) => severity === 'error');
    process.stderr.write(bad.map(problemLine).join(''));
    errors += bad.length;
    if (problems.length > bad.length) {
      const number = count(problems.length - bad.length, 'warning');
      warnings.push(`${shownPath(file)} has ${number}: see propylon validate ${shownPath(file)}`);
    }
  }
  if (errors > 0) throw new CommandError(`${consequence}: correct ${count(errors, 'error')} first`);
  return warnings;
}
