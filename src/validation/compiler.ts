/**
 * Schemas to functions, with ajv. Its code is fast but trusts both schema and value; three things are replaced or added so
 * that neither can hold a worker: each look at a value pays from the budget, `pattern` runs on a regular expression engine
 * that pays too, and `enum` and `uniqueItems` compare in one pass.
 */
import { createRequire } from 'node:module';
import type Draft4 from 'ajv-draft-04';
import { spend, spendText } from '../java/budget.js';
import { canonical, isPlain } from './canonical.js';
import { EcmaPattern } from './ecma-pattern.js';
import { COST, type SchemaRoot } from './schema.js';

/** True when a value is valid. Spends from the budget. @throws BudgetError, RangeError (nested too deeply) */
export type SchemaCheck = (value: unknown) => boolean;

/** Loads ajv: some 50 to 100 ms, once in a thread, that no request should have to wait for. */
export function loadSchemaCompiler(): typeof Draft4 {
  return createRequire(import.meta.url)('ajv-draft-04') as typeof Draft4;
}

export class SchemaCompiler {
  readonly #ajv: Draft4.default;
  readonly #added = new Set<string>();

  constructor() {
    // Loaded only for definitions that validate bodies.
    const { default: Ajv, _ } = loadSchemaCompiler();
    const ajv = new Ajv({
      strict: false,
      logger: false,
      // The schemas are checked before they come here.
      validateSchema: false,
      meta: false,
      validateFormats: false,
      addUsedSchema: false,
      // References stay calls: code that is copied into each place would grow without bound.
      inlineRefs: false,
      messages: false,
      // `toString` and its like are members of every object otherwise.
      ownProperties: true,
      // 19.99 is a multiple of 0.01, although not in binary.
      multipleOfPrecision: 8,
      code: {
        regExp: Object.assign((source: string) => new EcmaPattern(source), { code: 'pattern' }),
        // Halves the time of compiling; the code runs as fast.
        optimize: false,
      },
    });
    ajv.addKeyword({
      keyword: COST,
      schemaType: 'number',
      before: 'const',
      code: ({ gen, schema, data }) => {
        const cost = Number(schema);
        const pay = gen.scopeValue('func', { ref: cost < 0 ? spendOn : spend });
        gen.code(cost < 0 ? _`${pay}(${-cost}, ${data})` : _`${pay}(${cost})`);
      },
    });
    ajv.removeKeyword('enum');
    ajv.addKeyword({
      keyword: 'enum',
      schemaType: 'array',
      before: 'not',
      code: (cxt) => {
        const test = cxt.gen.scopeValue('func', { ref: membership(cxt.schema) });
        cxt.pass(_`${test}(${cxt.data})`);
      },
    });
    ajv.removeKeyword('uniqueItems');
    ajv.addKeyword({
      keyword: 'uniqueItems',
      type: 'array',
      schemaType: 'boolean',
      code: (cxt) => {
        if (cxt.schema !== true) return;
        cxt.pass(_`${cxt.gen.scopeValue('func', { ref: allDistinct })}(${cxt.data})`);
      },
    });
    this.#ajv = ajv;
  }

  /** @param reached the schema to compile, and all it refers to */
  compile(reached: readonly SchemaRoot[]): SchemaCheck {
    for (const { id, schema } of reached) {
      if (this.#added.has(id)) continue;
      this.#added.add(id);
      this.#ajv.addSchema(schema, id);
    }
    const check = this.#ajv.getSchema(reached[0]?.id ?? '');
    if (check === undefined) throw new Error('A schema that was added is not there');
    return (value) => check(value) === true;
  }
}

/** For schemas that pass over all members or characters of a value. */
function spendOn(cost: number, value: unknown): void {
  spend(cost);
  if (typeof value === 'string') spendText(value.length);
  else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    let members = 0;
    for (const _ in value) members++;
    spend(members >> 2);
  }
}

/** @param values of an `enum` */
export function membership(values: readonly unknown[]): SchemaCheck {
  const plain = new Set(values.filter(isPlain));
  const whole = new Set(values.flatMap((value) => (isPlain(value) ? [] : [canonical(value as object)])));
  return (value) =>
    isPlain(value) ? plain.has(value) : whole.size > 0 && whole.has(canonical(value as object));
}

export function allDistinct(values: readonly unknown[]): boolean {
  const plain = new Set<unknown>();
  const whole = new Set<string>();
  for (const value of values) {
    spend(1);
    if (isPlain(value)) plain.add(value);
    else whole.add(canonical(value as object));
  }
  return plain.size + whole.size === values.length;
}
