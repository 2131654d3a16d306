/** Parts of a document as JSON text: policies and schemas, which API Gateway keeps as text. */
import type { Cursor } from './cursor.js';
import type { SourceDocument } from './document.js';

/** Given a `$ref`'s text, what is written instead. */
export type RewriteReference = (ref: string, at: Cursor) => string;

/** JSON text of a value, keys in the document's order; CloudFormation functions are resolved or reported. */
export function jsonText(document: SourceDocument, cursor: Cursor, rewrite?: RewriteReference): string {
  const { node } = cursor;
  if (node.kind === 'scalar') return scalarJson(node.value, node.text);
  if (node.kind === 'list') {
    return `[${Array.from(cursor.members(), (item) => jsonText(document, item, rewrite)).join(',')}]`;
  }
  if (document.isFunction(cursor)) {
    return JSON.stringify(document.text(cursor) ?? '');
  }
  const members: string[] = [];
  for (const member of cursor.members()) {
    const { key } = member;
    const reference = key === '$ref' && rewrite !== undefined && member.node.kind === 'scalar';
    const value = reference
      ? JSON.stringify(rewrite(member.node.text, member))
      : jsonText(document, member, rewrite);
    members.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${members.join(',')}}`;
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Numbers stay as written where JSON can say so (`1.0`, more digits than a double holds). */
function scalarJson(value: string | number | boolean | null, text: string): string {
  if (typeof value !== 'number' || !JSON_NUMBER.test(text)) return JSON.stringify(value);
  return text;
}
