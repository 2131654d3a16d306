/** What an import answers in the words of API Gateway's control plane (reference 08 section 1). */
import type { ImportResult } from './import.js';
import type { Problem } from './problem.js';

/** An answer names this many problems at most. */
const MAX_NAMED = 100;

/**
 * AWS's own text of a mapping that is no text (reference 04 section 6); it names the place itself.
 * @param map `requestParameters` or `responseParameters`
 * @param value as it was written
 */
export function wrongMappingType(
  map: string,
  key: string,
  path: string,
  httpMethod: string,
  value: string,
): string {
  return `Invalid format for '${map}'. Expected type string for property '${key}' of resource '${path}' and method '${httpMethod}' but got '${value}'`;
}

const NAMES_ITS_PLACE = /^Invalid format for '(?:request|response)Parameters'\./;

/** The member `warnings` of the answer; empty: the answer has none. */
export function awsWarnings({ problems }: ImportResult): string[] {
  return warningTexts(problems);
}

export function warningTexts(problems: readonly Problem[]): string[] {
  return texts(problems, 'warning');
}

function texts(problems: readonly Problem[], severity: Problem['severity']): string[] {
  return problems
    .filter((problem) => problem.severity === severity)
    .slice(0, MAX_NAMED)
    .map(({ pointer, message }) =>
      pointer === '' || NAMES_ITS_PLACE.test(message) ? message : `${pointer}: ${message}`,
    );
}

/** The message of the 400 that refuses an import; undefined when there is nothing to refuse. */
export function importRefusal(result: ImportResult, failOnWarnings: boolean): string | undefined {
  if (result.version === undefined) return 'Invalid OpenAPI input.';
  const errors = texts(result.problems, 'error');
  if (errors.length > 0) return `Errors found during import:\n\t${errors.join('\n\t')}`;
  const warnings = awsWarnings(result);
  if (!failOnWarnings || warnings.length === 0) return undefined;
  return `Warnings found during import:\n\t${warnings.join('\n\t')}`;
}
