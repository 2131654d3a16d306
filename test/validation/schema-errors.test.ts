/** Schemas that cannot be used: what is said, and where. */
import { describe, expect, test } from 'vitest';
import { Schemas } from '../../src/validation/schema.js';
import { SchemaError } from '../../src/validation/schema-error.js';
import { model, reference } from './support.js';

function errorOf(schema: unknown, others: Readonly<Record<string, unknown>> = {}): string {
  const models = Object.entries({ Subject: schema, ...others }).map(([name, one]) => model(name, one));
  try {
    new Schemas(models).reach('Subject');
  } catch (error) {
    if (error instanceof SchemaError) return `${error.model} ${error.pointer}: ${error.message}`;
    throw error;
  }
  return 'fine';
}

function deep(levels: number): unknown {
  return levels === 0 ? {} : { items: deep(levels - 1) };
}

function wide(count: number, one: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, one]));
}

describe('a schema is refused', () => {
  test.each<[unknown, string]>([
    ['{"a":', 'Subject : The schema is no JSON'],
    ['', 'Subject : The schema is no JSON'],
    [[], 'Subject : A schema must be an object'],
    [true, 'Subject : A schema must be an object'],
    [{ type: 'file' }, 'Subject /type: "type" must be one or more of array, boolean'],
    [{ type: [] }, 'Subject /type: '],
    [{ properties: { a: { required: true } } }, 'Subject /properties/a/required: "required" must be a list'],
    [{ properties: { 'a/b': 1 } }, 'Subject /properties/a~1b: A schema must be an object'],
    [
      { minimum: 1, exclusiveMinimum: 0 },
      'Subject /exclusiveMinimum: "exclusiveMinimum" must be true or false',
    ],
    [{ minLength: -1 }, 'Subject /minLength: '],
    [{ multipleOf: 0 }, 'Subject /multipleOf: '],
    [{ enum: [] }, 'Subject /enum: '],
    [{ pattern: '(' }, 'Subject /pattern: "pattern" must be a regular expression, but: Unclosed group'],
    [{ patternProperties: { '[': {} } }, 'Subject /patternProperties: '],
    [{ anyOf: [{ not: { type: 1 } }] }, 'Subject /anyOf/0/not/type: '],
    [{ dependencies: { a: 'b' } }, 'Subject /dependencies/a: '],
    [{ $ref: '#/definitions/a' }, "Subject /$ref: The $ref '#/definitions/a' leads to no schema"],
    [{ items: { $ref: 'other.json' } }, "Subject /items/$ref: The $ref 'other.json' leads to no schema"],
    [{ items: { $ref: '#/%' } }, 'Subject /items/$ref: '],
    [{ items: reference('Missing') }, "Subject /items/$ref: There is no model 'Missing'"],
    [{ items: reference('Missing', '#/a') }, "Subject /items/$ref: There is no model 'Missing'"],
    [{ $ref: '#' }, "Subject /$ref: The $ref '#' leads back to itself"],
    [deep(70), 'nested deeper than 64 levels'],
    [{ description: 'x'.repeat(410_000) }, 'larger than 400 KB'],
    [
      { allOf: Array.from({ length: 501 }, () => ({})) },
      'Subject /allOf: "allOf" must be a list of at most 500 schemas',
    ],
    [
      { properties: wide(501, {}) },
      'Subject /properties: "properties" must be an object of at most 500 schemas',
    ],
    [{ properties: wide(100, { properties: wide(100, {}) }) }, 'more than 5000 parts'],
  ])('%j', (schema, message) => {
    expect(errorOf(schema)).toContain(message);
  });

  test('for what is wrong in another model it refers to, with that place', () => {
    const others = { A: { items: reference('B') }, B: { type: 'any' } };
    expect(errorOf({ items: reference('A') }, others)).toMatch(/^B \/type: /);
  });

  test('when models only refer to each other', () => {
    expect(errorOf(reference('A'), { A: reference('B'), B: reference('A') })).toContain(
      'leads back to itself',
    );
  });

  test('when all models of an API together are too large', () => {
    const part = { properties: wide(60, { properties: wide(80, {}) }) };
    const schemas = new Schemas(['A', 'B', 'C', 'D', 'E'].map((name) => model(name, part)));
    for (const name of ['A', 'B', 'C', 'D']) schemas.reach(name);
    expect(() => schemas.reach('E')).toThrow('The models of this API have more than 20000 parts');
  });

  test('alone: the other models stay usable', () => {
    const schemas = new Schemas([
      model('Bad', { type: 1 }),
      model('Good', {}),
      model('Both', { items: reference('Bad') }),
    ]);
    expect(schemas.reach('Good')).toHaveLength(1);
    for (const name of ['Bad', 'Both', 'Bad']) expect(() => schemas.reach(name)).toThrow(SchemaError);
  });
});

test('a keyword that is misspelt, or of a later draft, means nothing', () => {
  expect(errorOf({ minimun: 'x', const: 1, $defs: 3, items: [], required: [] })).toBe('fine');
});
