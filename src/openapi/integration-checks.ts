/** Warnings about integrations that load but will not do what their author means; each says the line to write. */
import { patternProblem } from '../integrations/custom/selection-pattern.js';
import type { Integration, MethodResponse } from '../model/snapshot.js';
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument, shorten } from './document.js';
import { hasEscapedStageVariable, placeholdersIn } from './substitution.js';
import { checkTemplates } from './template-checks.js';

export interface CheckedMethod {
  readonly integration: Integration;
  readonly at: Cursor;
  /** Names of the path parameters of the resource. */
  readonly pathParameters: ReadonlySet<string>;
  /** Declarations of the method: `method.request.path.x` and so on. */
  readonly declared: Readonly<Record<string, boolean>>;
  readonly responses: readonly MethodResponse[];
}

export function checkIntegration(document: SourceDocument, method: CheckedMethod): void {
  checkPlaceholders(document, method.at);
  if (method.integration.type !== 'MOCK') checkEndpoint(document, method);
  if (method.integration.type === 'AWS_PROXY') {
    checkLambdaMethod(document, method);
    return;
  }
  checkUriParameters(document, method);
  checkSources(document, method);
  if (method.integration.type === 'HTTP_PROXY') return;
  checkTemplates(document, method.integration, method.at);
  checkResponses(document, method);
}

/** `${name}` stays as it is in a URI (reference 02 section 4), so whatever it addresses is not found. */
function checkPlaceholders(document: SourceDocument, at: Cursor): void {
  for (const key of ['uri', 'credentials', 'connectionId', 'httpMethod']) {
    const cursor = at.get(key);
    const text = document.text(cursor);
    if (cursor === undefined || text === undefined) continue;
    warnPlaceholders(document, cursor, text);
  }
}

/** Warns once about what a deployment tool should have filled in a value. */
function warnPlaceholders(document: SourceDocument, cursor: Cursor, text: string): void {
  if (hasEscapedStageVariable(text)) {
    const message = `"$\${stageVariables." is Terraform's escape, API Gateway would send the "$" before the value: write "\${stageVariables.".`;
    document.warn(cursor, message);
  }
  const names = [...new Set(placeholdersIn(text))];
  if (names.length === 0) return;
  const shown = names
    .slice(0, 4)
    .map((name) => `"\${${shorten(name)}}"`)
    .join(', ');
  const [what, whom] =
    names.length === 1 ? ['The placeholder', 'stays as it is'] : ['The placeholders', 'stay as they are'];
  document.warn(
    cursor,
    `${what} ${shown} ${whom}, only "\${stageVariables.name}" is filled: put the value in its place.`,
  );
}

function checkEndpoint(document: SourceDocument, { integration, at }: CheckedMethod): void {
  const { type, uri } = integration;
  const cursor = at.get('uri') ?? at;
  const isHttp = type === 'HTTP' || type === 'HTTP_PROXY';
  // What a variable or placeholder stands for at the beginning cannot be known here.
  if (uri !== undefined && !/^\$?\$\{/.test(uri)) {
    if (isHttp && !/^https?:\/\//i.test(uri)) {
      document.warn(
        cursor,
        `The uri ${quote(uri)} is no http or https address, so requests answer 500: correct it.`,
      );
    } else if (!isHttp && !/^arn:[^:]+:apigateway:/.test(uri)) {
      document.warn(cursor, notAnApiGatewayArn(uri));
    }
  }
  if (integration.httpMethod === undefined) {
    const used = type === 'AWS_PROXY' ? 'POST is used' : 'the method of the request is used';
    const message = `API Gateway refuses an integration without httpMethod, here ${used}: add "httpMethod".`;
    document.warn(at, message);
  }
  if (integration.connectionType === 'VPC_LINK' && integration.connectionId === undefined) {
    document.warn(at, 'A VPC_LINK integration needs a connectionId: add the id of the link.');
  }
}

function notAnApiGatewayArn(uri: string): string {
  if (/^arn:[^:]+:lambda:/.test(uri)) {
    return 'The uri is the ARN of a function, so requests answer 500: write "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{that ARN}/invocations".';
  }
  return `The uri ${quote(uri)} is no arn:aws:apigateway address, so requests answer 500: correct it.`;
}

function checkLambdaMethod(document: SourceDocument, { integration, at }: CheckedMethod): void {
  const { httpMethod } = integration;
  if (httpMethod === undefined || httpMethod === 'POST') return;
  const message = `An aws_proxy integration with the httpMethod ${shorten(httpMethod)} answers 500, since Lambda is called with POST: write "httpMethod": "POST".`;
  document.warn(at.get('httpMethod') ?? at, message);
}

/** `{x}` is filled from `integration.request.path.x` and nothing else (reference 02 section 4). */
function checkUriParameters(document: SourceDocument, method: CheckedMethod): void {
  const { integration, at } = method;
  const cursor = at.get('uri');
  if (cursor === undefined || integration.uri === undefined) return;
  const bare = integration.uri.replace(/\$\{[^{}]*\}/g, '');
  const names = new Set(Array.from(bare.matchAll(/\{([^{}]{1,100})\}/g), (match) => match[1] ?? ''));
  for (const name of names) {
    const target = `integration.request.path.${name}`;
    if (integration.requestParameters[target] !== undefined || templatesFillPath(integration)) continue;
    // `{proxy+}` belongs to the resource's path; in a URI it is written `{proxy}`.
    if (name.endsWith('+')) {
      document.warn(cursor, `"{${name}}" is not filled in a uri: write "{${name.slice(0, -1)}}" and map it.`);
      continue;
    }
    const isPathParameter = method.pathParameters.has(name);
    const source = isPathParameter ? `method.request.path.${name}` : `method.request.querystring.${name}`;
    const line = mappingLine(document, at, target, source);
    const hint = isPathParameter ? '' : ' or another source';
    document.warn(
      cursor,
      `Nothing fills "{${name}}" of this uri, so requests answer 500: add ${line}${hint}.`,
    );
  }
}

/** Some request template sets `$context.requestOverride.path.x`; which `x`, only running it would show. */
function templatesFillPath({ type, requestTemplates }: Integration): boolean {
  return (
    type !== 'HTTP_PROXY' && Object.values(requestTemplates).some((text) => text.includes('requestOverride'))
  );
}

/** The line to write, in the document's own syntax. */
function mappingLine(document: SourceDocument, at: Cursor, target: string, source: string): string {
  const inside = at.get('requestParameters') !== undefined;
  if (document.syntax === 'json') {
    const pair = `"${target}": "${source}"`;
    return inside ? `${pair} to "requestParameters"` : `"requestParameters": {${pair}}`;
  }
  const pair = `${target}: ${source}`;
  return inside ? `${pair} to requestParameters` : `requestParameters: {${pair}}`;
}

function checkSources(document: SourceDocument, method: CheckedMethod): void {
  const owner = method.at.get('requestParameters');
  for (const [target, source] of Object.entries(method.integration.requestParameters)) {
    if (!source.startsWith('method.request.path.')) continue;
    const name = source.slice('method.request.path.'.length);
    const cursor = owner?.get(target) ?? method.at;
    if (!method.pathParameters.has(name)) {
      document.warn(
        cursor,
        `The path has no parameter ${quote(name)}, so nothing is mapped: correct the name or the path.`,
      );
    } else if (method.declared[source] === undefined) {
      const message = `API Gateway refuses a mapping from a path parameter that is not declared: add ${quote(name)} to the operation's parameters.`;
      document.warn(cursor, message);
    }
  }
}

function checkResponses(document: SourceDocument, method: CheckedMethod): void {
  const { integration, at } = method;
  const cursor = at.get('responses');
  if (integration.responses.length === 0) {
    const message = `An integration of type ${integration.type.toLowerCase()} without responses answers 500: add "responses" with "default".`;
    document.warn(cursor ?? at, message);
    return;
  }
  const declared = new Map(method.responses.map((response) => [response.statusCode, response]));
  for (const response of integration.responses) {
    const place = cursor?.get(response.selectionPattern ?? 'default') ?? cursor ?? at;
    checkPattern(document, place, response.selectionPattern);
    const methodResponse = declared.get(response.statusCode);
    if (methodResponse === undefined) {
      const message = `The operation has no response ${response.statusCode}, so this integration response answers 500: add it to the operation's responses.`;
      document.warn(place, message);
      continue;
    }
    const missing = Object.keys(response.responseParameters).filter(
      (name) => methodResponse.responseParameters[name] === undefined,
    );
    if (missing.length > 0) {
      const headers = missing
        .slice(0, 10)
        .map((name) => name.slice('method.response.header.'.length))
        .join(', ');
      const message = `API Gateway refuses headers that response ${response.statusCode} of the operation does not declare: add ${headers} to its headers.`;
      document.warn(place.get('responseParameters') ?? place, message);
    }
  }
}

/** An empty pattern is the default (reference 05 section 1). */
function checkPattern(document: SourceDocument, place: Cursor, pattern: string | undefined): void {
  const problem = pattern === undefined ? undefined : patternProblem(pattern);
  if (problem === undefined) return;
  document.warn(
    place,
    `The pattern ${quote(pattern ?? '')} is no Java regular expression and selects nothing (${shorten(problem)}): correct it.`,
  );
}
