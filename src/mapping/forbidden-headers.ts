/** Which headers a request mapping or a request override may set (reference 02 section 2.3). */

/** Column of the table: HTTP and HTTP_PROXY, or AWS and AWS_PROXY. */
export type TargetColumn = 'http' | 'aws';

export type TargetRule = 'send' | 'ignore' | 'fail';

/** Gateway-owned headers: mapping one is a configuration error with every type. */
const ALWAYS_FAIL = [
  'content-length',
  'transfer-encoding',
  'x-amzn-trace-id',
  'x-amzn-apigateway-api-id',
] as const;
const AWS_FAIL = ['authorization', 'connection', 'expect', 'proxy-authenticate', 'te'] as const;
const HTTP_IGNORE = ['connection', 'expect', 'proxy-authenticate', 'te', 'via'] as const;

function table(fail: readonly string[], ignore: readonly string[]): ReadonlyMap<string, TargetRule> {
  return new Map<string, TargetRule>([
    ...fail.map((name): [string, TargetRule] => [name, 'fail']),
    ...ignore.map((name): [string, TargetRule] => [name, 'ignore']),
  ]);
}

const TABLES: Readonly<Record<TargetColumn, ReadonlyMap<string, TargetRule>>> = {
  http: table(ALWAYS_FAIL, HTTP_IGNORE),
  aws: table([...ALWAYS_FAIL, ...AWS_FAIL], ['via']),
};

/** What becomes of a mapping to the header `name`, whatever its case. `fail`: every call answers 500. */
export function targetHeaderRule(column: TargetColumn, name: string): TargetRule {
  return TABLES[column].get(name.toLowerCase()) ?? 'send';
}

/** The cause of the 500, in AWS's words. */
export function forbiddenHeaderCause(name: string): string {
  return `Execution failed due to configuration error: ${name} header already present`;
}

const HEADER_TARGET = 'integration.request.header.';

/**
 * The cause of the 500 that every call to a method with such mappings gets; undefined when no target is forbidden. Holds for AWS_PROXY too, where mappings have no other effect.
 */
export function forbiddenTargetCause(
  column: TargetColumn,
  requestParameters: Readonly<Record<string, string>>,
): string | undefined {
  for (const target of Object.keys(requestParameters)) {
    if (!target.startsWith(HEADER_TARGET)) continue;
    const name = target.slice(HEADER_TARGET.length);
    if (targetHeaderRule(column, name) === 'fail') return forbiddenHeaderCause(name);
  }
  return undefined;
}
