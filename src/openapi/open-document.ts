/** A text as a document whose version is known; what is no OpenAPI document ends here. */
import { findTemplate } from './cloudformation-template.js';
import { escapePointer } from './cursor.js';
import { quote, SourceDocument } from './document.js';
import { readJson } from './json-reader.js';
import { type Location, ProblemLog } from './problem.js';
import { LineStarts, type ReadFailure, type Tree } from './source-tree.js';
import { type Substitutions, substitution } from './substitution.js';
import { readYaml } from './yaml-reader.js';

/** Reference 10. */
const MAX_BYTES = 6 * 1024 * 1024;

export interface OpenDocument {
  readonly document: SourceDocument;
  /** 3: OpenAPI 3.0 or 3.1; 2: Swagger 2.0; undefined, with a problem that says why, when it is neither. */
  readonly version: 2 | 3 | undefined;
}

/** A text that is neither JSON nor YAML, or too large; `place` is where reading it ended. */
export interface Unreadable {
  readonly problems: ProblemLog;
  readonly place: Location;
}

/** @param text YAML or JSON, up to 6 MB */
export function openDocument(
  text: string,
  file: string,
  substitutions: Substitutions,
): OpenDocument | Unreadable {
  const lines = new LineStarts(text);
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return unreadable(file, lines, {
      offset: 0,
      message: 'The document is larger than 6 MB, which API Gateway refuses: split the API.',
    });
  }
  const tooDeep = depthProblem(text);
  if (tooDeep !== undefined) return unreadable(file, lines, tooDeep);
  const json = /^\uFEFF?\s*[{[]/.test(text);
  const tree = readTree(text, json, substitution(substitutions));
  if (!('root' in tree)) return unreadable(file, lines, tree);
  const document = new SourceDocument(file, json ? 'json' : 'yaml', substitutions, tree.root, lines);
  for (const { offset, path, message } of tree.warnings) {
    const pointer = path.map((part) => `/${escapePointer(part)}`).join('');
    document.problems.add('warning', { file, ...lines.position(offset), pointer }, message);
  }
  return { document, version: readVersion(document) };
}

/** Parsers that keep every position need seconds for a million of open brackets. Those within texts count, too. */
const MAX_OPEN = 10_000;

function depthProblem(text: string): ReadFailure | undefined {
  let open = 0;
  for (let offset = 0; offset < text.length; offset++) {
    const code = text.charCodeAt(offset);
    if (code === 0x7b || code === 0x5b) open++;
    else if ((code === 0x7d || code === 0x5d) && open > 0) open--;
    if (open > MAX_OPEN) {
      return { offset, message: `More than ${MAX_OPEN} brackets are open here: nothing nests so deep.` };
    }
  }
  return undefined;
}

/** What looks like JSON is read as JSON; if it is none, YAML is more lenient, but its complaint says less. */
function readTree(text: string, json: boolean, rewrite: (text: string) => string): Tree | ReadFailure {
  if (!json) return readYaml(text, rewrite);
  const tree = readJson(text, rewrite);
  if ('root' in tree) return tree;
  const lenient = readYaml(text, rewrite);
  return 'root' in lenient ? lenient : tree;
}

function unreadable(file: string, lines: LineStarts, { offset, message }: ReadFailure): Unreadable {
  const problems = new ProblemLog();
  const place = { file, ...lines.position(offset), pointer: '' };
  problems.add('error', place, message);
  return { problems, place };
}

function readVersion(document: SourceDocument): 2 | 3 | undefined {
  const { root } = document;
  if (root.node.kind !== 'map') {
    document.error(
      root,
      'This is no OpenAPI document: it needs to be an object with "openapi" or "swagger".',
    );
    return undefined;
  }
  const template = findTemplate(root);
  if (template !== undefined) {
    document.error(template.at, template.message);
    return undefined;
  }
  const cursor = root.get('openapi') ?? root.get('swagger');
  const version = document.text(cursor);
  if (cursor === undefined || version === undefined) {
    document.error(
      root,
      'This is no OpenAPI document: add "openapi": "3.0.1" or "swagger": "2.0" at its root.',
    );
    return undefined;
  }
  if (cursor.key === 'openapi' && /^3(?:\.|$)/.test(version)) return 3;
  if (cursor.key === 'swagger' && /^2(?:\.0)?$/.test(version)) return 2;
  document.error(
    cursor,
    `The version ${quote(version)} of ${cursor.key} is not supported: use OpenAPI 3.0, 3.1 or Swagger 2.0.`,
  );
  return undefined;
}
