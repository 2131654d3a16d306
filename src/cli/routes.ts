/** `propylon routes`: the resource tree of one definition. */
import { loadDefinition } from '../node/load-definition.js';
import { printRoutes } from '../routing/print-routes.js';
import { problemLine } from './output.js';

/** @returns the exit code */
export function routes(file: string): number {
  const { definition, problems } = loadDefinition(file, file);
  if (definition === undefined) {
    const errors = problems.filter(({ severity }) => severity === 'error');
    process.stderr.write(errors.map(problemLine).join(''));
    return 1;
  }
  process.stdout.write(
    printRoutes(definition, { colors: process.stdout.isTTY === true && !process.env.NO_COLOR }),
  );
  return 0;
}
