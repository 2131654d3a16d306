/** `x-amazon-apigateway-documentation` (reference 08 sections 2 and 4). */
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument } from './document.js';
import { PREFIX } from './extensions.js';
import { jsonText } from './json-text.js';
import { openDocument } from './open-document.js';
import { DEFAULT_SUBSTITUTIONS } from './substitution.js';
import { warningTexts } from './warnings.js';

export const DOCUMENTATION_PART_TYPES = [
  'API',
  'AUTHORIZER',
  'MODEL',
  'RESOURCE',
  'METHOD',
  'PATH_PARAMETER',
  'QUERY_PARAMETER',
  'REQUEST_HEADER',
  'REQUEST_BODY',
  'RESPONSE',
  'RESPONSE_HEADER',
  'RESPONSE_BODY',
] as const;
export type DocumentationPartType = (typeof DOCUMENTATION_PART_TYPES)[number];

/** Holds only the members that were given. */
export interface DocumentationPartLocation {
  type: DocumentationPartType;
  path?: string;
  method?: string;
  statusCode?: string;
  name?: string;
}

export interface DocumentationPart {
  location: DocumentationPartLocation;
  /** JSON text of an object. */
  properties: string;
}

export interface Documentation {
  version?: string;
  parts: DocumentationPart[];
}

const TYPES: ReadonlySet<string> = new Set(DOCUMENTATION_PART_TYPES);
const LOCATION_TEXTS = ['path', 'method', 'statusCode', 'name'] as const;

/** Undefined when the document has no such extension. */
export function readDocumentation(document: SourceDocument): Documentation | undefined {
  const at = document.map(document.root.get(`${PREFIX}documentation`));
  if (at === undefined) return undefined;
  const documentation: Documentation = { parts: [] };
  const version = document.text(at.get('version'), 'warning');
  if (version !== undefined) documentation.version = version;
  for (const member of document.list(at.get('documentationParts'))?.members() ?? []) {
    const part = readPart(document, member);
    if (part !== undefined) documentation.parts.push(part);
  }
  return documentation;
}

function readPart(document: SourceDocument, member: Cursor): DocumentationPart | undefined {
  const map = document.map(member);
  const at = map === undefined ? undefined : document.map(map.get('location'));
  const type = document.text(at?.get('type'), 'warning');
  if (map === undefined || at === undefined || type === undefined || !TYPES.has(type)) {
    const found =
      type === undefined ? 'has no location.type' : `has the unknown location.type ${quote(type)}`;
    document.warn(member, `The documentation part ${found} and is ignored: write one such as "METHOD".`);
    return undefined;
  }
  const properties = readProperties(document, map.get('properties'));
  if (properties === undefined) {
    document.warn(member, 'The documentation part has no object "properties" and is ignored: add one.');
    return undefined;
  }
  const location: DocumentationPartLocation = { type: type as DocumentationPartType };
  for (const key of LOCATION_TEXTS) {
    const text = document.text(at.get(key), 'warning');
    if (text !== undefined) location[key] = text;
  }
  return { location, properties };
}

/** An object, or the JSON text of one. */
function readProperties(document: SourceDocument, cursor: Cursor | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  if (cursor.node.kind === 'map') return jsonText(document, cursor);
  if (cursor.node.kind !== 'scalar') return undefined;
  try {
    const value: unknown = JSON.parse(cursor.node.text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? cursor.node.text
      : undefined;
  } catch {
    return undefined;
  }
}

/** What `PUT /restapis/{id}/documentation/parts` takes from its body. */
export interface DocumentationImport extends Documentation {
  /** For the member `warnings` of the answer, and for `failonwarnings`. */
  warnings: string[];
}

/** AWS's text for what is no such document (reference 08 section 4). */
export const INVALID_DOCUMENTATION = 'Unable to build importer with provided input.';

/** @param text an OpenAPI document with the extension; undefined for one that is refused */
export function importDocumentationParts(text: string): DocumentationImport | undefined {
  const opened = openDocument(text, 'documentation', DEFAULT_SUBSTITUTIONS);
  if (!('document' in opened) || opened.version === undefined) return undefined;
  const documentation = readDocumentation(opened.document);
  const { problems, hasErrors } = opened.document.problems;
  if (documentation === undefined || hasErrors) return undefined;
  return { ...documentation, warnings: warningTexts(problems) };
}
