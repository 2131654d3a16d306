/** Parts of a document as JSON text: policies and schemas, which API Gateway keeps as text. */
import type { Cursor } from './cursor.js';
import type { SourceDocument } from './document.js';

/** Given a `$ref`'s text, what is written instead. */
export type RewriteReference = (ref: string, at: Cursor) => string;

/** JSON text of a value, keys in the document's order; CloudFormation functions are resolved or reported. */
export function jsonText(document: SourceDocument, cursor: Cursor): string {
  return write(document, cursor, 'value', undefined);
}

/** JSON text of a schema, in API Gateway's order of keywords. */
export function schemaText(document: SourceDocument, cursor: Cursor, rewrite: RewriteReference): string {
  return write(document, cursor, 'schema', rewrite);
}

/** `schemas`: a map from names to schemas, whose keys are no keywords. */
type Kind = 'value' | 'schema' | 'schemas';

const KEYWORD_KINDS: ReadonlyMap<string, Kind> = new Map([
  ['properties', 'schemas'],
  ['patternProperties', 'schemas'],
  ['definitions', 'schemas'],
  ['dependencies', 'schemas'],
  ['enum', 'value'],
  ['const', 'value'],
  ['default', 'value'],
  ['example', 'value'],
  ['examples', 'value'],
]);

function kindOf(owner: Kind, key: string): Kind {
  if (owner === 'value') return 'value';
  if (owner === 'schemas') return 'schema';
  return KEYWORD_KINDS.get(key) ?? (key.startsWith('x-') ? 'value' : 'schema');
}

function write(
  document: SourceDocument,
  cursor: Cursor,
  kind: Kind,
  rewrite: RewriteReference | undefined,
): string {
  const { node } = cursor;
  if (node.kind === 'scalar') return jsonScalar(node.value, node.text);
  if (node.kind === 'list') {
    return `[${Array.from(cursor.members(), (item) => write(document, item, kind, rewrite)).join(',')}]`;
  }
  if (document.isFunction(cursor)) {
    return JSON.stringify(document.text(cursor) ?? '');
  }
  const members = [...cursor.members()];
  const texts: string[] = [];
  for (const member of kind === 'schema' ? inKeywordOrder(members) : members) {
    const { key } = member;
    const reference = key === '$ref' && rewrite !== undefined && member.node.kind === 'scalar';
    const value = reference
      ? JSON.stringify(rewrite(member.node.text, member))
      : write(document, member, kindOf(kind, key), rewrite);
    texts.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${texts.join(',')}}`;
}

/** The order an import gives to them (recorded); the other keywords keep their places. */
const ORDERED = ['required', 'type', 'properties'];

function inKeywordOrder(members: Cursor[]): Cursor[] {
  const place = members.findIndex(({ key }) => ORDERED.includes(key));
  if (place === -1) return members;
  const ordered = ORDERED.flatMap((keyword) => members.filter(({ key }) => key === keyword));
  const others = members.slice(place).filter(({ key }) => !ORDERED.includes(key));
  return [...members.slice(0, place), ...ordered, ...others];
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Numbers stay as written where JSON can say so (`1.0`, more digits than a double holds). */
export function jsonScalar(value: string | number | boolean | null, text: string): string {
  if (typeof value !== 'number' || !JSON_NUMBER.test(text)) return JSON.stringify(value);
  return text;
}
