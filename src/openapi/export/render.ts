/** An exported document as text: JSON, or YAML in the style of API Gateway's own exports. */
import { jsonScalar } from '../json-text.js';
import type { Node, ScalarNode } from '../source-tree.js';

export function renderExport(document: Node, syntax: 'json' | 'yaml'): string {
  return syntax === 'json' ? `${json(document, '\n')}\n` : `---${yaml(document, '\n')}\n`;
}

/** @param newline begins a line at the level of the node */
function json(node: Node, newline: string): string {
  const deeper = `${newline}  `;
  if (node.kind === 'scalar') return scalar(node);
  if (node.kind === 'list') {
    if (node.items.length === 0) return '[]';
    return `[${node.items.map((item) => deeper + json(item, deeper)).join(',')}${newline}]`;
  }
  if (node.entries.length === 0) return '{}';
  const members = node.entries.map(
    ({ key, value }) => `${deeper}${JSON.stringify(key)}: ${json(value, deeper)}`,
  );
  return `{${members.join(',')}${newline}}`;
}

/** What stands after a colon or dash: a scalar on the same line, or a block of lines that begin with `newline`. */
function yaml(node: Node, newline: string): string {
  if (node.kind === 'scalar') return ` ${printable(scalar(node))}`;
  const deeper = `${newline}  `;
  if (node.kind === 'list') {
    if (node.items.length === 0) return ' []';
    return node.items.map((item) => `${newline}-${besideDash(yaml(item, deeper), deeper)}`).join('');
  }
  if (node.entries.length === 0) return ' {}';
  return node.entries.map(({ key, value }) => newline + yamlKey(key, newline) + yaml(value, deeper)).join('');
}

/** A block begins on the line of its dash. */
function besideDash(block: string, newline: string): string {
  return block.startsWith(newline) ? ` ${block.slice(newline.length)}` : block;
}

/** Texts that no reader of YAML takes for anything but texts. */
const PLAIN_KEY = /^[A-Za-z/$][A-Za-z0-9/_.{}$+-]*$/;
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
/** YAML reads longer keys only after a question mark. */
const MAX_IMPLICIT_KEY = 1000;

function yamlKey(key: string, newline: string): string {
  if (key.length < MAX_IMPLICIT_KEY && PLAIN_KEY.test(key) && !RESERVED.test(key)) return `${key}:`;
  const quoted = printable(JSON.stringify(key));
  return quoted.length < MAX_IMPLICIT_KEY ? `${quoted}:` : `? ${quoted}${newline}:`;
}

function scalar(node: ScalarNode): string {
  return jsonScalar(node.value, node.text);
}

/** JSON lets these stand in a text, YAML does not. */
function printable(quoted: string): string {
  return quoted.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
