/** The URI of a Lambda integration (reference 02 section 6). */

export interface FunctionAddress {
  /** Region the call goes to. */
  region: string;
  /** Name, partial ARN or ARN, alias or version included, as the URI has it. */
  functionName: string;
}

const URI =
  /^arn:aws[a-z-]*:apigateway:([a-z0-9-]{1,32}):lambda:path\/2015-03-31\/functions\/([^/]{1,200})\/invocations$/;

/** Lambda's own pattern for function names, partial ARNs and ARNs, with any region. */
const FUNCTION =
  /^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?(\d{12}:)?(function:)?[A-Za-z0-9_.-]+(:(\$LATEST|[A-Za-z0-9_-]+))?$/;

const STAGE_VARIABLE = /\$\{stageVariables\.([^}]*)\}/g;

/**
 * Reads `arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations` after the
 * stage's variables took their places; an unknown variable is empty text. Undefined: no address results.
 */
export function parseFunctionUri(
  uri: string,
  variables: Readonly<Record<string, string>>,
): FunctionAddress | undefined {
  const filled = uri.replace(STAGE_VARIABLE, (_, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? '') : '',
  );
  const match = URI.exec(filled);
  const [, region, functionName] = match ?? [];
  if (region === undefined || functionName === undefined || !FUNCTION.test(functionName)) return undefined;
  return { region, functionName };
}
