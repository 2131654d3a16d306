/** Schemas of a document as models, with the references between them in API Gateway's form. */
import { createHash } from 'node:crypto';
import type { Model } from '../model/snapshot.js';
import type { ImportContext } from './context.js';
import type { Cursor } from './cursor.js';
import { quote } from './document.js';
import { schemaText } from './json-text.js';

const CONTENT_TYPE = 'application/json';
const NAME = /^[A-Za-z0-9]+$/;

/** Every schema under `components.schemas` or `definitions`. */
export function readModels(context: ImportContext): void {
  const { document, version } = context;
  const schemas =
    version === 3
      ? document.map(document.map(document.root.get('components'))?.get('schemas'))
      : document.map(document.root.get('definitions'));
  for (const schema of schemas?.members() ?? []) {
    if (!NAME.test(schema.key)) {
      const message = `The model name ${quote(schema.key)} has characters other than letters and digits, which API Gateway refuses: rename it.`;
      document.warn(schema, message);
    }
    addModel(context, schema.key, schema);
  }
}

function addModel(context: ImportContext, name: string, schema: Cursor): void {
  const { document } = context;
  const map = document.map(schema);
  if (map === undefined) return;
  const description = document.text(map.get('description'));
  const model: Model = {
    name,
    contentType: CONTENT_TYPE,
    schema: schemaText(document, map, (ref, at) => modelReference(context, ref, at)),
  };
  if (description !== undefined) model.description = description;
  context.models.set(name, model);
  context.modelPlaces.set(name, schema);
}

/** `#/components/schemas/Pet`, `#/definitions/Pet` or bare `Pet`; undefined for anything else. */
function referencedName(ref: string): string | undefined {
  const match = /^#\/(?:components\/schemas|definitions)\/([^/]+)$/.exec(ref);
  if (match !== null) return (match[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
  return NAME.test(ref) ? ref : undefined;
}

function modelReference(context: ImportContext, ref: string, at: Cursor): string {
  const name = referencedName(ref);
  if (name !== undefined) {
    return `https://apigateway.amazonaws.com/restapis/${context.apiId}/models/${encodeURIComponent(name)}`;
  }
  if (!ref.startsWith('https://apigateway.')) {
    const message = `The $ref ${quote(ref)} in a schema names no whole schema of this document: move its target to the schemas.`;
    context.document.warn(at, message);
  }
  return ref;
}

/**
 * The model a body's schema names. A schema written in place becomes a model of its own when `inline` says so, since
 * a request validator needs one (the reference is silent; the name depends on the place alone).
 */
export function modelOf(
  context: ImportContext,
  schema: Cursor | undefined,
  inline: boolean,
): string | undefined {
  const { document, models } = context;
  const map = document.map(schema);
  if (map === undefined) return undefined;
  const ref = map.get('$ref');
  if (ref === undefined) return inline ? inlineModel(context, map) : undefined;
  const text = document.text(ref);
  if (text === undefined) return undefined;
  const name = referencedName(text);
  if (name === undefined) {
    document.warn(
      ref,
      `The $ref ${quote(text)} names no schema of this document and is ignored: correct it.`,
    );
    return undefined;
  }
  if (!models.has(name)) {
    if (name !== 'Empty') {
      document.warn(
        ref,
        `There is no schema ${quote(name)}, the reference is ignored: add it or correct the $ref.`,
      );
      return undefined;
    }
    models.set(name, emptyModel());
  }
  return name;
}

function inlineModel(context: ImportContext, schema: Cursor): string {
  const name = `MODEL${createHash('sha256').update(schema.pointer).digest('hex').slice(0, 10)}`;
  if (!context.models.has(name)) addModel(context, name, schema);
  return name;
}

/**
 * The model new APIs have (reference 06 section 1.3); documents refer to it without defining it. It has no description,
 * since that of a model in a document is the one in its schema.
 */
function emptyModel(): Model {
  return {
    name: 'Empty',
    contentType: CONTENT_TYPE,
    schema: '{"$schema":"http://json-schema.org/draft-04/schema#","title":"Empty Schema","type":"object"}',
  };
}
