/**
 * What the service's front end refuses before it looks anything up (reference 09 section 6): values outside an
 * enumeration or pattern, missing required members, wrong JSON types.
 */
import { ApiError } from './errors.js';

export type Shape =
  | {
      kind: 'text';
      /** In the order in which AWS's message lists them. */
      oneOf?: readonly string[];
      pattern?: { test: RegExp; shown: string };
      required?: true;
    }
  | { kind: 'boolean' | 'integer' | 'number'; required?: true }
  | { kind: 'list'; of: Shape; required?: true }
  /** Entries are not null, unless the map says so. */
  | { kind: 'map'; of: Shape; nullable?: true; required?: true }
  | { kind: 'structure'; members: Readonly<Record<string, Shape>>; required?: true };

export const TEXT: Shape = { kind: 'text' };
export const BOOLEAN: Shape = { kind: 'boolean' };
export const INTEGER: Shape = { kind: 'integer' };
export const NUMBER: Shape = { kind: 'number' };
export const TEXTS: Shape = { kind: 'list', of: TEXT };
export const TEXT_MAP: Shape = { kind: 'map', of: TEXT };
/** Templates may be given as null (reference 09 section 3.1). */
export const TEMPLATES: Shape = { kind: 'map', of: TEXT, nullable: true };

export function structure(members: Readonly<Record<string, Shape>>): Shape & { kind: 'structure' } {
  return { kind: 'structure', members };
}

export function oneOf(...values: readonly string[]): Shape {
  return { kind: 'text', oneOf: values };
}

export function required<S extends Shape>(shape: S): S & { required: true } {
  return { ...shape, required: true };
}

export const STATUS_CODE: Shape = { kind: 'text', pattern: { test: /^[1-5]\d\d$/, shown: '[1-5]\\d\\d' } };

/** Body of every Update operation. */
export const PATCH_INPUT = structure({
  patchOperations: {
    kind: 'list',
    of: structure({
      op: oneOf('add', 'remove', 'move', 'test', 'replace', 'copy'),
      path: TEXT,
      value: TEXT,
      from: TEXT,
    }),
  },
});

/** How deep bodies nest at most; deeper ones are no input of any operation. */
const MAX_DEPTH = 16;

/**
 * @param name where the value is, as AWS's message names it: `putIntegrationInput`; a path parameter by its own name
 * @returns one text per violated constraint, in order
 * @throws ApiError SerializationException for a value of the wrong JSON type
 */
export function violations(shape: Shape, value: unknown, name: string, depth = 0): string[] {
  if (depth > MAX_DEPTH)
    throw new ApiError('SerializationException', 'The request body is nested too deeply');
  if (value === undefined || value === null) {
    return shape.required === true
      ? [`Value null at '${name}' failed to satisfy constraint: Member must not be null`]
      : [];
  }
  switch (shape.kind) {
    case 'text': {
      const text = typeof value === 'string' ? value : wrongType(value, 'String');
      if (shape.oneOf !== undefined && !shape.oneOf.includes(text)) {
        return [failed(text, name, enumSet(shape.oneOf))];
      }
      if (shape.pattern !== undefined && !shape.pattern.test.test(text)) {
        return [failed(text, name, `Member must satisfy regular expression pattern: ${shape.pattern.shown}`)];
      }
      return [];
    }
    case 'boolean':
      if (typeof value !== 'boolean') wrongType(value, 'Boolean');
      return [];
    case 'integer':
      if (!Number.isSafeInteger(value)) wrongType(value, 'Integer');
      return [];
    case 'number':
      if (typeof value !== 'number') wrongType(value, 'Number');
      return [];
    case 'list': {
      const list: unknown[] = Array.isArray(value) ? value : wrongType(value, 'List');
      // A list of enumeration values is one constraint of the whole list.
      const allowed = shape.of.kind === 'text' ? shape.of.oneOf : undefined;
      if (allowed !== undefined) {
        return list.every((entry) => typeof entry === 'string' && allowed.includes(entry))
          ? []
          : [failed(`[${list.join(', ')}]`, name, `Member must satisfy constraint: [${enumSet(allowed)}]`)];
      }
      const entry = required(shape.of);
      return list.flatMap((one, i) => violations(entry, one, `${name}.${i + 1}.member`, depth + 1));
    }
    case 'map': {
      const entry = shape.nullable === true ? shape.of : required(shape.of);
      return Object.entries(asObject(value)).flatMap(([key, one]) =>
        violations(entry, one, `${name}.${key}.member`, depth + 1),
      );
    }
    case 'structure': {
      const object = asObject(value);
      return Object.entries(shape.members).flatMap(([member, of]) =>
        violations(of, object[member], `${name}.${member}`, depth + 1),
      );
    }
  }
}

/** @throws ApiError ValidationException when there is any */
export function refuseViolations(all: readonly string[]): void {
  if (all.length === 0) return;
  const errors = all.length === 1 ? 'error' : 'errors';
  throw new ApiError('ValidationException', `${all.length} validation ${errors} detected: ${all.join('; ')}`);
}

function failed(value: string, name: string, constraint: string): string {
  return `Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`;
}

function enumSet(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrongType(value, 'Map');
  return value as Readonly<Record<string, unknown>>;
}

/** In the words of AWS's front end, which is written in Java (reference 04 section 6). */
function wrongType(value: unknown, wanted: string): never {
  throw new ApiError(
    'SerializationException',
    `class ${javaClass(value)} can not be converted to an ${wanted}`,
  );
}

function javaClass(value: unknown): string {
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'number') return 'com.amazon.coral.value.json.numbers.TruncatingBigNumber';
  if (typeof value === 'string') return 'java.lang.String';
  return Array.isArray(value) ? 'java.util.ArrayList' : 'java.util.LinkedHashMap';
}
