/** A model's schema: what is refused when it is written, and what GetModel and GetModelTemplate make of it. */
import { badRequest } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import { MODELS, type ModelPart } from './parts.js';

type Schema = Readonly<Record<string, unknown>>;

const MAX_BYTES = 400 * 1024;
/** Schemas refer to each other, themselves included; what lies deeper nobody reads. */
const MAX_DEPTH = 64;
/** A sample's parts: models that each refer to the next several times would make it grow without bound. */
const MAX_SAMPLE_PARTS = 2_000;

/** Whether the data plane can validate with it is decided at a deployment. @throws ApiError */
export function checkedSchema(text: string): string {
  if (text === '') throw badRequest('Model schema must have at least 1 property or array items defined');
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalid(`it is larger than ${MAX_BYTES} bytes`);
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  if (!isSchema(schema)) throw invalid('it is no JSON object');
  if (isDeeperThan(schema, MAX_DEPTH)) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels`);
  return text;
}

function invalid(reason: string): Error {
  return badRequest(
    `Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified. ${reason}]`,
  );
}

/** Stops at the depth, so that nothing overflows the stack. */
function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(member, depth - 1));
}

/** The schema with the models it refers to, directly or not, as its own definitions. JSON text. */
export function flattened(draft: Draft, model: ModelPart): string {
  const included = new Map<string, unknown>();
  const pending: string[] = [];
  // A reference inside a model that moves (`#/definitions/Tag`) moves with it.
  const moved = (value: unknown, root: string): unknown => {
    if (Array.isArray(value)) return value.map((entry) => moved(entry, root));
    if (!isSchema(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        if (key !== '$ref' || typeof member !== 'string') return [key, moved(member, root)];
        const name = referencedModel(member);
        if (name === undefined) return [key, member.startsWith('#') ? `${root}${member.slice(1)}` : member];
        pending.push(name);
        return [key, `#/definitions/${name}`];
      }),
    );
  };
  const schema = moved(parsed(model), '#') as Schema;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const referenced = draft.get<ModelPart>(`${MODELS}${name}`);
    if (referenced === undefined || included.has(name)) continue;
    included.set(name, moved(parsed(referenced), `#/definitions/${name}`));
  }
  if (included.size === 0) return JSON.stringify(schema);
  const own = isSchema(schema.definitions) ? schema.definitions : {};
  return JSON.stringify({ ...schema, definitions: { ...own, ...Object.fromEntries(included) } });
}

/** A mapping template that writes a body of the model's form, from an input of the same form. */
export function sampleTemplate(draft: Draft, model: ModelPart): string {
  let parts = 0;
  // Models that are being written: one inside itself ends there.
  const open = new Set([model.name]);
  const sample = (schema: Schema, at: string, depth: number): string => {
    if (depth > MAX_DEPTH || ++parts > MAX_SAMPLE_PARTS) return '{ }';
    const name = referencedModel(schema.$ref);
    const referenced = name === undefined ? undefined : draft.get<ModelPart>(`${MODELS}${name}`);
    if (referenced !== undefined) {
      if (open.has(referenced.name)) return '{ }';
      open.add(referenced.name);
      const text = sample(parsed(referenced), at, depth);
      open.delete(referenced.name);
      return text;
    }
    const indent = '  '.repeat(depth + 1);
    const end = '  '.repeat(depth);
    if (schema.type === 'array') {
      const items = isSchema(schema.items) ? sample(schema.items, '$elem', depth + 1) : '"$elem"';
      return `[\n#foreach($elem in ${at})\n${indent}${items}#if($foreach.hasNext),#end\n\n#end\n${end}]`;
    }
    if (schema.type === 'object' || isSchema(schema.properties)) {
      const properties = isSchema(schema.properties) ? schema.properties : {};
      const members = Object.entries(properties).map(
        ([key, member]) =>
          `${indent}${JSON.stringify(key)} : ${isSchema(member) ? sample(member, memberOf(at, key), depth + 1) : 'null'}`,
      );
      return members.length === 0 ? '{ }' : `{\n${members.join(',\n')}\n${end}}`;
    }
    return schema.type === 'string' ? `"${at}"` : at;
  };
  return `#set($inputRoot = $input.path('$'))\n${sample(parsed(model), '$inputRoot', 0)}`;
}

/** A name that VTL cannot write after a dot is looked up. */
function memberOf(at: string, key: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(key) ? `${at}.${key}` : `${at}.get('${key}')`;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Schemas of an import are not checked as those of CreateModel are. */
function parsed({ schema }: ModelPart): Schema {
  try {
    const value: unknown = JSON.parse(schema);
    return isSchema(value) ? value : {};
  } catch {
    return {};
  }
}

/** `https://apigateway.amazonaws.com/restapis/{id}/models/Pet` -> `Pet`. */
function referencedModel(ref: unknown): string | undefined {
  return typeof ref === 'string' ? /^https:\/\/.+\/models\/([A-Za-z0-9]+)$/.exec(ref)?.[1] : undefined;
}
