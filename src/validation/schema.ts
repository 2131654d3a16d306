/**
 * Model schemas, made ready for the validator: checked, stripped to the keywords of JSON Schema draft 4 (reference 06
 * section 1.3), and cut into roots, one for each schema a `$ref` names, so that all references are whole and absolute.
 */
import { BudgetError } from '../java/budget.js';
import type { Model } from '../model/snapshot.js';
import { EcmaPattern, RegexSyntaxError } from './ecma-pattern.js';
import { SchemaError } from './schema-error.js';

/** A schema with draft 4's keywords, none of them malformed, and `COST`. */
export type Schema = { readonly [keyword: string]: unknown };

/** A schema that can be referred to; `id` is what `$ref`s to it say. */
export interface SchemaRoot {
  readonly id: string;
  readonly schema: Schema;
}

/**
 * Keyword that every schema gets: what one look at a value with it costs, in steps of the budget (java/budget.ts).
 * Negative when some keyword passes over all members or characters of the value, which are then paid as well.
 */
export const COST = 'propylonCost';

/** API Gateway's limit for one model. */
const MAX_SCHEMA_BYTES = 400 * 1024;
/**
 * Our own: schemas within one, and of all models of a definition. Compiling one takes some 0.1 ms of the worker that
 * applies a configuration. The code for a list or map nests once for each of its schemas, and more than some 1500 would
 * overflow the stack.
 */
const MAX_SCHEMAS = 5_000;
const MAX_SCHEMAS_OF_ALL = 20_000;
const MAX_WIDTH = 500;
const MAX_DEPTH = 64;

export const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] as const;

interface Document {
  readonly name: string;
  readonly json: unknown;
}

interface Root extends SchemaRoot {
  /** Roots it refers to, by id. */
  readonly references: readonly string[];
  readonly size: number;
}

/** The schemas of one definition's models. */
export class Schemas {
  readonly #models: ReadonlyMap<string, Model>;
  readonly #documents = new Map<string, Document>();
  readonly #ids = new Map<string, string>();
  readonly #places: { document: Document; pointer: string; json: unknown }[] = [];
  readonly #roots = new Map<string, Root | SchemaError>();
  #size = 0;

  constructor(models: readonly Model[]) {
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  /**
   * A model's schema and all it refers to, itself first.
   * @throws SchemaError when any of them cannot be used
   */
  reach(model: string): SchemaRoot[] {
    const reached: Root[] = [];
    const seen = new Set([this.#identify(this.#document(model, model, ''), '')]);
    let size = 0;
    for (const id of seen) {
      const root = this.#root(id);
      size += root.size;
      if (size > MAX_SCHEMAS) {
        throw new SchemaError(model, '', `The schema has more than ${MAX_SCHEMAS} parts: make it smaller.`);
      }
      reached.push(root);
      for (const reference of root.references) seen.add(reference);
    }
    return reached;
  }

  #root(id: string): Root {
    const known = this.#roots.get(id) ?? this.#make(id);
    if (known instanceof SchemaError) throw known;
    return known;
  }

  #make(id: string): Root | SchemaError {
    let root: Root | SchemaError;
    const place = this.#places[Number(id.slice(ID_PREFIX.length))];
    if (place === undefined) throw new Error(`Unknown schema ${id}`);
    try {
      const reader = new SchemaReader(place.document.name, (ref, pointer) =>
        this.#resolve(place.document, ref, pointer),
      );
      const schema = reader.read(place.json, place.pointer, 0);
      this.#size += reader.size;
      if (this.#size > MAX_SCHEMAS_OF_ALL) {
        const message = `The models of this API have more than ${MAX_SCHEMAS_OF_ALL} parts: make them smaller.`;
        throw new SchemaError(place.document.name, place.pointer, message);
      }
      root = { id, schema, references: reader.references, size: reader.size };
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      root = error;
    }
    this.#roots.set(id, root);
    return root;
  }

  /** @param from the model that refers to it, and where */
  #document(name: string, from: string, at: string): Document {
    const known = this.#documents.get(name);
    if (known !== undefined) return known;
    const model = this.#models.get(name);
    if (model === undefined) {
      throw new SchemaError(from, at, `There is no model '${name}': add it or correct the reference.`);
    }
    if (Buffer.byteLength(model.schema) > MAX_SCHEMA_BYTES) {
      throw new SchemaError(
        name,
        '',
        'The schema is larger than 400 KB, the limit of API Gateway: make it smaller.',
      );
    }
    let json: unknown;
    try {
      json = JSON.parse(model.schema);
    } catch (error) {
      throw new SchemaError(name, '', `The schema is no JSON (${(error as Error).message}): correct it.`);
    }
    const document = { name, json };
    this.#documents.set(name, document);
    return document;
  }

  #identify(document: Document, pointer: string, json: unknown = document.json): string {
    const key = `${document.name}#${pointer}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = `${ID_PREFIX}${this.#places.length}`;
    this.#places.push({ document, pointer, json });
    this.#ids.set(key, id);
    return id;
  }

  /** Follows a `$ref`, and those it leads to, to the id of a schema that is none. */
  #resolve(document: Document, ref: string, at: string): string {
    const fail = (message: string): never => {
      throw new SchemaError(document.name, at, message);
    };
    const seen = new Set<string>();
    let from = document;
    let text = ref;
    for (;;) {
      const [, model, fragment = ''] = REFERENCE.exec(text) ?? fail(unresolvable(ref));
      if (model !== undefined) from = this.#document(decoded(model) ?? model, document.name, at);
      const pointer = decoded(fragment);
      const target = pointer === undefined ? undefined : descend(from.json, pointer);
      if (pointer === undefined || target === undefined) return fail(unresolvable(ref));
      const next = isObject(target) ? target.$ref : undefined;
      if (typeof next !== 'string') return this.#identify(from, pointer, target);
      const key = `${from.name}#${pointer}`;
      if (seen.has(key)) return fail(`The $ref '${shorten(ref)}' leads back to itself: correct it.`);
      seen.add(key);
      text = next;
    }
  }
}

const ID_PREFIX = 'http://schema/';

/** A model's address as API Gateway writes it (a region in the host is accepted), and a pointer, each optional. */
const REFERENCE =
  /^(?:https?:\/\/apigateway\.[^/#]*\/restapis\/[^/#]*\/models\/([^/#]+))?(?:#((?:\/.*)?))?$/s;

function unresolvable(ref: string): string {
  return `The $ref '${shorten(ref)}' leads to no schema: name a model, or a place in this one with '#/...'.`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function descend(json: unknown, pointer: string): unknown {
  let value = json;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keywords that look at every member or character of a value. */
const SCANS: ReadonlySet<string> = new Set([
  ...['additionalProperties', 'patternProperties', 'minProperties', 'maxProperties'],
  ...['minLength', 'maxLength'],
]);

/** Reads one root. Keywords that are not draft 4's, formats among them, mean nothing and are left out. */
class SchemaReader {
  readonly references: string[] = [];
  size = 0;
  readonly #model: string;
  readonly #resolve: (ref: string, pointer: string) => string;

  constructor(model: string, resolve: (ref: string, pointer: string) => string) {
    this.#model = model;
    this.#resolve = resolve;
  }

  read(json: unknown, pointer: string, depth: number): Schema {
    if (!isObject(json)) throw this.#error(pointer, 'A schema must be an object: correct it.');
    if (depth > MAX_DEPTH) {
      throw this.#error(
        pointer,
        `The schema is nested deeper than ${MAX_DEPTH} levels: use models of their own.`,
      );
    }
    if (++this.size > MAX_SCHEMAS) {
      throw this.#error('', `The schema has more than ${MAX_SCHEMAS} parts: make it smaller.`);
    }
    // Beside a $ref nothing else counts in draft 4.
    if (typeof json.$ref === 'string') {
      const id = this.#resolve(json.$ref, `${pointer}/$ref`);
      this.references.push(id);
      return { $ref: id };
    }
    const members: [string, unknown][] = [];
    let cost = 1;
    let scans = false;
    for (const [keyword, value] of Object.entries(json)) {
      const read = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
      if (read === undefined) continue;
      const part = read(this, value, `${pointer}/${keyword}`, depth + 1);
      if (part === undefined) continue;
      members.push([keyword, part]);
      cost += extent(part) >> 3;
      scans ||= SCANS.has(keyword);
    }
    members.push([COST, scans ? -cost : cost]);
    return withoutLoneExclusive(Object.fromEntries(members));
  }

  fail(pointer: string, must: string): never {
    const keyword = pointer.slice(pointer.lastIndexOf('/') + 1);
    throw this.#error(pointer, `"${keyword}" must be ${must} (JSON Schema draft 4): correct it.`);
  }

  #error(pointer: string, message: string): SchemaError {
    return new SchemaError(this.#model, pointer, message);
  }
}

function extent(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 0;
  return Array.isArray(part) ? part.length : Object.keys(part).length;
}

/** An exclusive bound says something about a bound; without one it says nothing. */
function withoutLoneExclusive(schema: Record<string, unknown>): Schema {
  if (schema.minimum === undefined) delete schema.exclusiveMinimum;
  if (schema.maximum === undefined) delete schema.exclusiveMaximum;
  return schema;
}

/** Checks and copies a keyword's value; undefined: the keyword says nothing. */
type ReadKeyword = (reader: SchemaReader, value: unknown, pointer: string, depth: number) => unknown;

const isType = (value: unknown): boolean => (TYPES as readonly unknown[]).includes(value);
const isText = (value: unknown): value is string => typeof value === 'string';

function checked(test: (value: unknown) => boolean, must: string): ReadKeyword {
  return (reader, value, pointer) => (test(value) ? value : reader.fail(pointer, must));
}

const number = checked(Number.isFinite, 'a number');
const count = checked(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'a whole number, 0 or more',
);
const flag = checked((value) => typeof value === 'boolean', 'true or false');

const schema: ReadKeyword = (reader, value, pointer, depth) => reader.read(value, pointer, depth);

const schemaList: ReadKeyword = (reader, value, pointer, depth) => {
  if (!Array.isArray(value) || value.length === 0) return reader.fail(pointer, 'a list of schemas');
  if (value.length > MAX_WIDTH) return reader.fail(pointer, `a list of at most ${MAX_WIDTH} schemas`);
  return value.map((item, index) => reader.read(item, `${pointer}/${index}`, depth));
};

const schemaMap: ReadKeyword = (reader, value, pointer, depth) => {
  if (!isObject(value)) return reader.fail(pointer, 'an object of schemas');
  if (Object.keys(value).length > MAX_WIDTH)
    return reader.fail(pointer, `an object of at most ${MAX_WIDTH} schemas`);
  return mapped(value, (item, key) => reader.read(item, `${pointer}/${escaped(key)}`, depth));
};

const schemaOrFlag: ReadKeyword = (reader, value, pointer, depth) =>
  typeof value === 'boolean' ? value : reader.read(value, pointer, depth);

/** An empty list, which draft 4 forbids, asks for nothing. */
const names: ReadKeyword = (reader, value, pointer) => {
  if (!Array.isArray(value) || !value.every(isText)) return reader.fail(pointer, 'a list of property names');
  return value.length === 0 ? undefined : [...new Set(value)];
};

const pattern: ReadKeyword = (reader, value, pointer) => {
  if (!isText(value)) return reader.fail(pointer, 'a text');
  checkPattern(reader, value, pointer);
  return value;
};

function checkPattern(reader: SchemaReader, value: string, pointer: string): void {
  try {
    new EcmaPattern(value);
  } catch (error) {
    if (!(error instanceof RegexSyntaxError || error instanceof BudgetError)) throw error;
    reader.fail(pointer, `a regular expression, but: ${error.message}`);
  }
}

const KEYWORDS: Readonly<Record<string, ReadKeyword>> = {
  type: checked(
    (value) => isType(value) || (Array.isArray(value) && value.length > 0 && value.every(isType)),
    `one or more of ${TYPES.join(', ')}`,
  ),
  enum: checked((value) => Array.isArray(value) && value.length > 0, 'a list of values'),
  minimum: number,
  maximum: number,
  exclusiveMinimum: flag,
  exclusiveMaximum: flag,
  multipleOf: checked((value) => Number.isFinite(value) && Number(value) > 0, 'a number above 0'),
  minLength: count,
  maxLength: count,
  pattern,
  items: (reader, value, pointer, depth) => {
    if (Array.isArray(value) && value.length === 0) return undefined;
    return (Array.isArray(value) ? schemaList : schema)(reader, value, pointer, depth);
  },
  additionalItems: schemaOrFlag,
  minItems: count,
  maxItems: count,
  uniqueItems: flag,
  properties: schemaMap,
  patternProperties: (reader, value, pointer, depth) => {
    if (isObject(value)) for (const key of Object.keys(value)) checkPattern(reader, key, pointer);
    return schemaMap(reader, value, pointer, depth);
  },
  additionalProperties: schemaOrFlag,
  required: names,
  minProperties: count,
  maxProperties: count,
  dependencies: (reader, value, pointer, depth) => {
    if (!isObject(value) || Object.keys(value).length > MAX_WIDTH) {
      return reader.fail(pointer, `an object of at most ${MAX_WIDTH} schemas or lists of property names`);
    }
    return mapped(value, (item, key) => {
      const at = `${pointer}/${escaped(key)}`;
      return Array.isArray(item) ? (names(reader, item, at, depth) ?? []) : reader.read(item, at, depth);
    });
  },
  allOf: schemaList,
  anyOf: schemaList,
  oneOf: schemaList,
  not: schema,
};

function mapped(
  map: Record<string, unknown>,
  read: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, read(value, key)]));
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
