/** Models as the schemas of a document. */
import type { Model } from '../../model/snapshot.js';
import { escapePointer } from '../cursor.js';
import { readJson } from '../json-reader.js';
import { findEntry, type Node } from '../source-tree.js';
import { map, nonEmpty, object, text } from './nodes.js';
import type { ExportTarget } from './target.js';

/** What an import writes for a reference between models (reference 08 section 1); any host of API Gateway, any API. */
const MODEL_REFERENCE = /^https:\/\/apigateway\.[^/]+\/restapis\/[^/]+\/models\/([^/]+)$/;

/** Undefined without models. */
export function schemas(models: readonly Model[], format: ExportTarget['format']): Node | undefined {
  return nonEmpty(map(models.map((model) => [model.name, schema(model, format)])));
}

/** `{"$ref": ...}`. */
export function modelReference(name: string, format: ExportTarget['format']): Node {
  return object({ $ref: text(reference(name, format)) });
}

function reference(name: string, format: ExportTarget['format']): string {
  return `#/${format === 'swagger' ? 'definitions' : 'components/schemas'}/${escapePointer(name)}`;
}

/** A schema that is no JSON object has no place in a document: its model keeps its name and accepts everything. */
function schema(model: Model, format: ExportTarget['format']): Node {
  const tree = readJson(model.schema, (part) => part);
  const root = 'root' in tree && tree.root.kind === 'map' ? tree.root : map([]);
  const own = withReferences(root, format);
  const description = own.kind === 'map' ? findEntry(own, 'description') : undefined;
  if (own.kind !== 'map' || model.description === undefined) return own;
  if (description?.value.kind === 'scalar' && description.value.text === model.description) return own;
  // A document has one description for a model and its schema: the one that people see in lists of models.
  const others = own.entries.filter(({ key }) => key !== 'description');
  return map([
    ...others.map(({ key, value }) => [key, value] as const),
    ['description', text(model.description)],
  ]);
}

function withReferences(node: Node, format: ExportTarget['format']): Node {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item) => withReferences(item, format)) };
  }
  return map(
    node.entries.map(({ key, value }) => {
      const name =
        key === '$ref' && value.kind === 'scalar' ? MODEL_REFERENCE.exec(value.text)?.[1] : undefined;
      return [
        key,
        name === undefined ? withReferences(value, format) : text(reference(decoded(name), format)),
      ];
    }),
  );
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
