/** What stands between `${` and `}` in a document: AWS variables, placeholders of deployment tools, stage variables. */

export interface Substitutions {
  /** Of `${AWS::Region}`; the partition follows from it. */
  readonly region: string;
  /** Of `${AWS::AccountId}`. */
  readonly accountId: string;
  /** Values of placeholders, by name: `${name}`. */
  readonly variables: ReadonlyMap<string, string>;
}

/** What is filled in for whoever gives no values. */
export const DEFAULT_SUBSTITUTIONS: Substitutions = {
  region: 'us-east-1',
  accountId: '000000000000',
  variables: new Map(),
};

/** Linear: a `$` or brace inside starts over. */
const PLACEHOLDER = /\$\{([^{}$]*)\}/g;
const ESCAPED = '$${';

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

/** CloudFormation's pseudo parameters that are known without a stack; the first three are also AWS's import variables. */
export function pseudoParameter(name: string, values: Substitutions): string | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return values.accountId;
    case 'AWS::Region':
      return values.region;
    case 'AWS::Partition':
      return partitionOf(values.region);
    case 'AWS::URLSuffix':
      return partitionOf(values.region) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    default:
      return undefined;
  }
}

/**
 * The function that is applied to every text of a document: it fills AWS variables (reference 08 section 1) and the
 * placeholders it was given values for. A document some values are given for is a template of a deployment tool, so
 * that tool's escape `$${` then becomes `${`, as it would there.
 */
export function substitution(values: Substitutions): (text: string) => string {
  const rendering = values.variables.size > 0;
  return (text) => {
    if (!text.includes('${')) return text;
    const filled = text.replace(PLACEHOLDER, (whole, name: string, at: number) => {
      // Of an escaped placeholder only the escape is taken away.
      if (rendering && text.charAt(at - 1) === '$') return whole;
      return (
        values.variables.get(name) ??
        (isImportVariable(name) ? pseudoParameter(name, values) : undefined) ??
        whole
      );
    });
    return rendering ? filled.replaceAll(ESCAPED, '${') : filled;
  };
}

function isImportVariable(name: string): boolean {
  return name === 'AWS::AccountId' || name === 'AWS::Region' || name === 'AWS::Partition';
}

/** Names in `${name}` that nothing fills: neither a stage variable nor filled before. */
export function placeholdersIn(text: string): string[] {
  if (!text.includes('${')) return [];
  const names: string[] = [];
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? '';
    if (!name.startsWith('stageVariables.')) names.push(name);
  }
  return names;
}

/** True for `$${stageVariables.x}`: the form Terraform's templates need, and nobody else understands. */
export function hasEscapedStageVariable(text: string): boolean {
  return text.includes('$${stageVariables.');
}
