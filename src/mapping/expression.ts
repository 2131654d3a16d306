/** The grammar of mapping expressions (reference 04 sections 2 and 3): text in, a small tree out. */
import { JsonPath, JsonPathError } from '../jsonpath/path.js';
import { isContextVariable } from './context-variables.js';

export type Expression =
  | { kind: 'literal'; text: string }
  | { kind: 'stageVariable'; name: string }
  | { kind: 'context'; path: string }
  | { kind: 'path'; name: string }
  /** `all`: every value instead of the last one. */
  | { kind: 'querystring'; name: string; all: boolean }
  | { kind: 'header'; name: string; all: boolean }
  | { kind: 'body' }
  | { kind: 'bodyPath'; path: JsonPath };

/** Whether an expression reads the client's request or the backend's answer. */
export type ExpressionSide = 'request' | 'response';

const SOURCES: Readonly<Record<ExpressionSide, RegExp>> = {
  request: /^method\.request\.(path|querystring|multivaluequerystring|header|multivalueheader)\.(.+)$/,
  response: /^integration\.response\.(header|multivalueheader)\.(.+)$/,
};

const BODY: Readonly<Record<ExpressionSide, string>> = {
  request: 'method.request.body',
  response: 'integration.response.body',
};

/** Undefined: not a mapping expression. */
export function parseExpression(text: string, side: ExpressionSide): Expression | undefined {
  if (text.length >= 2 && text.startsWith("'") && text.endsWith("'")) {
    return { kind: 'literal', text: text.slice(1, -1) };
  }
  if (text.startsWith('stageVariables.') && text.length > 15) {
    return { kind: 'stageVariable', name: text.slice(15) };
  }
  if (text.startsWith('context.') && text.length > 8) return { kind: 'context', path: text.slice(8) };
  const body = BODY[side];
  if (text === body) return { kind: 'body' };
  if (text.startsWith(`${body}.`) || text.startsWith(`${body}[`)) {
    const path = parsePath(text.slice(body.length));
    return path === undefined ? undefined : { kind: 'bodyPath', path };
  }
  const match = SOURCES[side].exec(text);
  const name = match?.[2];
  if (name === undefined) return undefined;
  switch (match?.[1]) {
    case 'path':
      return { kind: 'path', name };
    case 'querystring':
      return { kind: 'querystring', name, all: false };
    case 'multivaluequerystring':
      return { kind: 'querystring', name, all: true };
    case 'header':
      return { kind: 'header', name, all: false };
    default:
      return { kind: 'header', name, all: true };
  }
}

/** What follows the body: `.a.b[0]`, `[0]`, or `.$.a`. Undefined: no JSONPath. */
function parsePath(text: string): JsonPath | undefined {
  try {
    return new JsonPath(text.startsWith('.$') ? text.slice(1) : `$${text}`);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

/** For validation, before a configuration is applied: what is wrong with a mapping expression, or undefined. */
export function expressionProblem(text: string, side: ExpressionSide): string | undefined {
  const expression = parseExpression(text, side);
  if (expression === undefined) return `Invalid mapping expression specified: ${text}`;
  if (expression.kind === 'context' && !isContextVariable(expression.path)) {
    return `Unknown context variable: ${text}`;
  }
  return undefined;
}
