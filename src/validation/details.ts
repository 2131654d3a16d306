/**
 * What is wrong with a value, in the words of `$context.error.validationErrorString` (reference 05 section 3.3). ajv only
 * says whether something is wrong, and stops there: all its findings about a long body could fill the memory. This walk
 * is slower, says everything of the level that fails first as API Gateway does, and ends after so many findings.
 */
import { refill, restore, spend } from '../java/budget.js';
import { allDistinct, membership } from './compiler.js';
import { EcmaPattern } from './ecma-pattern.js';
import { isObject, type Schema, type SchemaRoot } from './schema.js';

const MAX_DETAILS = 16;
const MAX_DETAIL_LENGTH = 500;
/** Some 40 ms at worst: these steps are dearer than those of the verdict. */
const MAX_STEPS = 20_000;

/**
 * @param reached as `Schemas.reach` gave it
 * @returns one sentence for each finding; none when the value is valid, or nothing was found in the time there is
 */
export function details(reached: readonly SchemaRoot[], value: unknown): string[] {
  const roots = new Map(reached.map(({ id, schema }) => [id, schema]));
  const walk = new Walk({ roots, patterns: new Map() }, MAX_DETAILS);
  const before = refill(MAX_STEPS);
  try {
    walk.visit({ $ref: reached[0]?.id }, value);
  } catch {
    // Out of steps, or nested too deeply for the stack: what was found until then is all there is to say.
  } finally {
    restore(before);
  }
  return walk.found.map((text) =>
    text.length > MAX_DETAIL_LENGTH ? `${text.slice(0, MAX_DETAIL_LENGTH - 3)}...` : text,
  );
}

interface Known {
  readonly roots: ReadonlyMap<string, Schema>;
  /** Compiled once per walk: one schema may ask a pattern about thousands of names. */
  readonly patterns: Map<string, EcmaPattern>;
}

class Walk {
  readonly found: string[] = [];
  readonly #known: Known;
  readonly #limit: number;

  constructor(known: Known, limit: number) {
    this.#known = known;
    this.#limit = limit;
  }

  /** Keywords first, in the order of their names; members only of a value that has no fault of its own. */
  visit(written: Schema, value: unknown): void {
    if (this.found.length >= this.#limit) return;
    spend(1);
    const schema = typeof written.$ref === 'string' ? (this.#known.roots.get(written.$ref) ?? {}) : written;
    if (typeof schema.$ref === 'string') {
      this.visit(schema, value);
      return;
    }
    const before = this.found.length;
    for (const keyword of Object.keys(schema).sort()) {
      const text = this.#fault(keyword, schema[keyword], schema, value);
      if (text !== undefined) this.found.push(text);
    }
    if (this.found.length > before) return;
    if (Array.isArray(value)) this.#visitItems(schema, value);
    else if (isObject(value)) this.#visitMembers(schema, value);
  }

  #visitItems(schema: Schema, value: readonly unknown[]): void {
    const { items, additionalItems } = schema;
    value.forEach((item, index) => {
      const own = Array.isArray(items) ? (items[index] ?? additionalItems) : items;
      if (isObject(own)) this.visit(own, item);
    });
  }

  #visitMembers(schema: Schema, value: Record<string, unknown>): void {
    for (const [key, member] of Object.entries(value)) {
      const schemas = this.#schemasOf(schema, key);
      for (const one of schemas) this.visit(one, member);
      if (schemas.length === 0 && isObject(schema.additionalProperties)) {
        this.visit(schema.additionalProperties, member);
      }
    }
  }

  /** What `properties` and `patternProperties` say about a member. */
  #schemasOf(schema: Schema, key: string): Schema[] {
    spend(1);
    const { properties, patternProperties } = schema;
    const schemas: Schema[] = [];
    if (isObject(properties) && Object.hasOwn(properties, key)) schemas.push(properties[key] as Schema);
    for (const [pattern, one] of Object.entries(patternProperties ?? {})) {
      if (this.#occurs(pattern, key)) schemas.push(one as Schema);
    }
    return schemas;
  }

  #occurs(pattern: string, text: string): boolean {
    let compiled = this.#known.patterns.get(pattern);
    if (compiled === undefined) {
      compiled = new EcmaPattern(pattern);
      this.#known.patterns.set(pattern, compiled);
    }
    return compiled.test(text);
  }

  #matches(schema: Schema, value: unknown): boolean {
    const walk = new Walk(this.#known, 1);
    walk.visit(schema, value);
    return walk.found.length === 0;
  }

  #fault(keyword: string, rule: unknown, schema: Schema, value: unknown): string | undefined {
    switch (keyword) {
      case 'type':
        return typeFault(rule, value);
      case 'enum': {
        const values = rule as readonly unknown[];
        if (membership(values)(value)) return undefined;
        return `instance value (${JSON.stringify(value)}) not found in enum (possible values: ${JSON.stringify(values)})`;
      }
      case 'allOf':
      case 'anyOf':
      case 'oneOf':
        return this.#combinationFault(keyword, rule as Schema[], value);
      case 'not':
        return this.#matches(rule as Schema, value)
          ? 'instance matched a schema which it should not have'
          : undefined;
    }
    if (typeof value === 'number') return numberFault(keyword, rule as number, schema, value);
    if (typeof value === 'string') {
      if (keyword !== 'pattern') return lengthFault(keyword, Number(rule), value);
      if (this.#occurs(String(rule), value)) return undefined;
      return `ECMA 262 regex ${JSON.stringify(rule)} does not match input string ${shown(value)}`;
    }
    if (Array.isArray(value)) return listFault(keyword, rule, schema, value);
    return isObject(value) ? this.#objectFault(keyword, rule, schema, value) : undefined;
  }

  #combinationFault(keyword: string, schemas: readonly Schema[], value: unknown): string | undefined {
    const matched = schemas.filter((schema) => this.#matches(schema, value)).length;
    const all = schemas.length;
    if (keyword === 'allOf' && matched < all) {
      return `instance failed to match all required schemas (matched only ${matched} out of ${all})`;
    }
    if (keyword === 'anyOf' && matched === 0) {
      return `instance failed to match at least one required schema among ${all}`;
    }
    if (keyword === 'oneOf' && matched !== 1) {
      return `instance failed to match exactly one schema (matched ${matched} out of ${all})`;
    }
    return undefined;
  }

  #objectFault(
    keyword: string,
    rule: unknown,
    schema: Schema,
    value: Record<string, unknown>,
  ): string | undefined {
    const keys = Object.keys(value);
    const limit = Number(rule);
    switch (keyword) {
      case 'additionalProperties': {
        if (rule !== false) return undefined;
        const extra = keys.filter((key) => this.#schemasOf(schema, key).length === 0);
        return extra.length === 0
          ? undefined
          : `object instance has properties which are not allowed by the schema: ${listed(extra)}`;
      }
      case 'required': {
        const missing = (rule as string[]).filter((name) => !Object.hasOwn(value, name));
        return missing.length === 0
          ? undefined
          : `object has missing required properties (${listed(missing)})`;
      }
      case 'minProperties':
        return keys.length >= limit
          ? undefined
          : `object has too few properties (found ${keys.length} but schema requires at least ${limit})`;
      case 'maxProperties':
        return keys.length <= limit
          ? undefined
          : `object has too many properties (found ${keys.length} but schema requires at most ${limit})`;
      case 'dependencies':
        return this.#dependencyFault(rule as Record<string, unknown>, value);
      default:
        return undefined;
    }
  }

  #dependencyFault(rule: Record<string, unknown>, value: Record<string, unknown>): string | undefined {
    for (const [name, dependency] of Object.entries(rule)) {
      if (!Object.hasOwn(value, name)) continue;
      if (!Array.isArray(dependency)) {
        if (this.#matches(dependency as Schema, value)) continue;
        return 'instance failed to match all required schemas (matched only 0 out of 1)';
      }
      const missing = (dependency as string[]).filter((needed) => !Object.hasOwn(value, needed));
      if (missing.length === 0) continue;
      return `property ${JSON.stringify(name)} of object has missing property dependencies (schema requires ${listed(dependency as string[])}; missing: ${listed(missing)})`;
    }
    return undefined;
  }
}

function listed(names: readonly string[]): string {
  return JSON.stringify([...names].sort());
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Integers are numbers, and are listed with them. */
function typeFault(rule: unknown, value: unknown): string | undefined {
  const allowed = new Set((Array.isArray(rule) ? rule : [rule]) as string[]);
  if (allowed.has('number')) allowed.add('integer');
  const type = typeOf(value);
  if (allowed.has(type)) return undefined;
  return `instance type (${type}) does not match any allowed primitive type (allowed: ${listed([...allowed])})`;
}

function numberFault(keyword: string, rule: number, schema: Schema, value: number): string | undefined {
  switch (keyword) {
    case 'minimum':
      if (value < rule) {
        return `numeric instance is lower than the required minimum (minimum: ${rule}, found: ${value})`;
      }
      return value === rule && schema.exclusiveMinimum === true
        ? `numeric instance is not strictly greater than the required minimum ${rule}`
        : undefined;
    case 'maximum':
      if (value > rule) {
        return `numeric instance is greater than the required maximum (maximum: ${rule}, found: ${value})`;
      }
      return value === rule && schema.exclusiveMaximum === true
        ? `numeric instance is not strictly lower than the required maximum ${rule}`
        : undefined;
    case 'multipleOf': {
      const quotient = value / rule;
      return Math.abs(Math.round(quotient) - quotient) > 1e-8
        ? `remainder of division is not zero (${value} / ${rule})`
        : undefined;
    }
    default:
      return undefined;
  }
}

function lengthFault(keyword: string, limit: number, value: string): string | undefined {
  if (keyword !== 'minLength' && keyword !== 'maxLength') return undefined;
  const length = codePoints(value);
  if (keyword === 'minLength' && length < limit) {
    return `string ${shown(value)} is too short (length: ${length}, required minimum: ${limit})`;
  }
  if (keyword === 'maxLength' && length > limit) {
    return `string ${shown(value)} is too long (length: ${length}, maximum allowed: ${limit})`;
  }
  return undefined;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Of a text that would not fit in a detail, its beginning. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_DETAIL_LENGTH));
}

function listFault(
  keyword: string,
  rule: unknown,
  schema: Schema,
  value: readonly unknown[],
): string | undefined {
  const { length } = value;
  const limit = Number(rule);
  switch (keyword) {
    case 'minItems':
      return length < limit
        ? `array is too short: must have at least ${limit} elements but instance has ${length} elements`
        : undefined;
    case 'maxItems':
      return length > limit
        ? `array is too long: must have at most ${limit} elements but instance has ${length} elements`
        : undefined;
    case 'uniqueItems':
      return rule === true && !allDistinct(value) ? 'array must not contain duplicate elements' : undefined;
    case 'additionalItems': {
      const { items } = schema;
      return rule === false && Array.isArray(items) && length > items.length
        ? `schema only allows ${items.length} elements in array but instance has ${length} elements`
        : undefined;
    }
    default:
      return undefined;
  }
}
