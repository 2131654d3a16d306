/** Maps of texts: parameter mappings and mapping templates. What API Gateway would refuse is dropped and reported. */
import { expressionProblem } from '../mapping/expression.js';
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument } from './document.js';

/** `type/subtype`, or the `$default` key of templates. */
const MEDIA_TYPE = /^(?:\$default|[A-Za-z0-9!#$&^_.+*-]+\/[A-Za-z0-9!#$&^_.+*-]+(?:\s*;.*)?)$/;

export function isMediaType(key: string): boolean {
  return MEDIA_TYPE.test(key);
}

/** Media type -> template, character for character. */
export function readTemplates(
  document: SourceDocument,
  cursor: Cursor | undefined,
  where: string,
): Record<string, string> {
  const templates: Record<string, string> = {};
  for (const member of document.map(cursor)?.members() ?? []) {
    if (member.isNull) continue;
    if (!isMediaType(member.key)) {
      document.warn(
        member,
        `${quote(member.key)} is no media type, its template is ignored: correct the key.`,
      );
      continue;
    }
    const template = document.strictText(
      member,
      (value) =>
        `The template for ${member.key}${where} must be a text, but is ${value} and is ignored: quote it.`,
    );
    if (template !== undefined) templates[member.key] = template;
  }
  return templates;
}

/** What a kind of mapping may name. */
export interface MappingSyntax {
  readonly target: RegExp;
  readonly targetForm: string;
  /** True for an expression that means nothing to API Gateway. */
  refuses(source: string): boolean;
  readonly sourceExample: string;
}

/** Reference 04 section 2. */
export const REQUEST_MAPPING: MappingSyntax = {
  target: /^integration\.request\.(?:header|querystring|path)\.\S+$/,
  targetForm: 'integration.request.{header|querystring|path}.{name}',
  refuses: (source) => expressionProblem(source, 'request') !== undefined,
  sourceExample: 'method.request.header.{name}',
};

/** Reference 04 section 3. */
export const RESPONSE_MAPPING: MappingSyntax = {
  target: /^method\.response\.header\.\S+$/,
  targetForm: 'method.response.header.{name}',
  refuses: (source) => expressionProblem(source, 'response') !== undefined,
  sourceExample: 'integration.response.header.{name}',
};

/** Reference 04 section 4. */
export const GATEWAY_RESPONSE_MAPPING: MappingSyntax = {
  target: /^gatewayresponse\.(?:header|path|querystring)\.\S+$/,
  targetForm: 'gatewayresponse.header.{name}',
  refuses: (source) => expressionProblem(source, 'request') !== undefined,
  sourceExample: 'method.request.header.{name}',
};

/**
 * Target -> source expression.
 * @param wrongType words the warning for a value that is no text, given that value
 */
export function readMappings(
  document: SourceDocument,
  cursor: Cursor | undefined,
  syntax: MappingSyntax,
  wrongType: (key: string, value: string) => string,
): Record<string, string> {
  const mappings: Record<string, string> = {};
  for (const member of document.map(cursor)?.members() ?? []) {
    if (member.isNull) continue;
    const { key } = member;
    if (!syntax.target.test(key)) {
      document.warn(member, `${quote(key)} is no mapping target and is ignored: write ${syntax.targetForm}.`);
      continue;
    }
    const source = document.strictText(member, (value) => wrongType(key, value));
    if (source === undefined) continue;
    if (syntax.refuses(source)) {
      const message = `Invalid mapping expression ${quote(source)}, the entry is ignored: name a source such as ${syntax.sourceExample} or write a text in single quotes.`;
      document.warn(member, message);
      continue;
    }
    mappings[key] = source;
  }
  return mappings;
}
