/** JSON Schema draft 4 as models mean it: what is valid, and the words for what is not. */
import { describe, expect, test } from 'vitest';
import { detailOf, reference } from './support.js';

type Case = [schema: unknown, value: unknown, detail?: string];

const PERSON = {
  type: 'object',
  required: ['name', 'age'],
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
};

const CASES: Record<string, Case[]> = {
  type: [
    [{ type: 'integer' }, 1],
    [
      { type: 'integer' },
      1.5,
      'instance type (number) does not match any allowed primitive type (allowed: ["integer"])',
    ],
    [{ type: 'number' }, 1.5],
    [{ type: 'number' }, 1],
    [
      { type: 'number' },
      '1',
      'instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])',
    ],
    [{ type: 'string' }, ''],
    [
      { type: 'string' },
      1,
      'instance type (integer) does not match any allowed primitive type (allowed: ["string"])',
    ],
    [{ type: 'boolean' }, false],
    [
      { type: 'boolean' },
      0,
      'instance type (integer) does not match any allowed primitive type (allowed: ["boolean"])',
    ],
    [{ type: 'null' }, null],
    [
      { type: 'null' },
      0,
      'instance type (integer) does not match any allowed primitive type (allowed: ["null"])',
    ],
    [{ type: 'object' }, {}],
    [
      { type: 'object' },
      [],
      'instance type (array) does not match any allowed primitive type (allowed: ["object"])',
    ],
    [{ type: 'array' }, []],
    [
      { type: 'array' },
      {},
      'instance type (object) does not match any allowed primitive type (allowed: ["array"])',
    ],
    [{ type: ['string', 'null'] }, null],
    [
      { type: ['string', 'null'] },
      true,
      'instance type (boolean) does not match any allowed primitive type (allowed: ["null","string"])',
    ],
  ],
  enum: [
    [{ enum: ['dog', 'cat'] }, 'cat'],
    [
      { enum: ['dog', 'cat'] },
      'bird',
      'instance value ("bird") not found in enum (possible values: ["dog","cat"])',
    ],
    [{ enum: [1, null, true] }, null],
    [
      { enum: [1, null, true] },
      false,
      'instance value (false) not found in enum (possible values: [1,null,true])',
    ],
    [{ enum: [{ a: 1, b: [2] }] }, { b: [2], a: 1 }],
    [
      { enum: [{ a: 1 }] },
      { a: 2 },
      'instance value ({"a":2}) not found in enum (possible values: [{"a":1}])',
    ],
    [
      { enum: ['{"a":1}'] },
      { a: 1 },
      'instance value ({"a":1}) not found in enum (possible values: ["{\\"a\\":1}"])',
    ],
    [{ enum: ['1'] }, 1, 'instance value (1) not found in enum (possible values: ["1"])'],
  ],
  'minimum and maximum': [
    [{ minimum: 25 }, 25],
    [
      { minimum: 25 },
      24.99,
      'numeric instance is lower than the required minimum (minimum: 25, found: 24.99)',
    ],
    [{ minimum: 25, exclusiveMinimum: true }, 25.01],
    [
      { minimum: 25, exclusiveMinimum: true },
      25,
      'numeric instance is not strictly greater than the required minimum 25',
    ],
    [{ minimum: 25, exclusiveMinimum: false }, 25],
    [{ maximum: 500 }, 500],
    [
      { maximum: 500 },
      600,
      'numeric instance is greater than the required maximum (maximum: 500, found: 600)',
    ],
    [
      { maximum: 500, exclusiveMaximum: true },
      500,
      'numeric instance is not strictly lower than the required maximum 500',
    ],
    [{ exclusiveMinimum: true }, -1],
    [{ minimum: 1 }, 'text'],
  ],
  multipleOf: [
    [{ multipleOf: 2 }, 4],
    [{ multipleOf: 2 }, 5, 'remainder of division is not zero (5 / 2)'],
    [{ multipleOf: 0.01 }, 19.99],
    [{ multipleOf: 0.01 }, 19.995, 'remainder of division is not zero (19.995 / 0.01)'],
  ],
  strings: [
    [{ minLength: 2 }, 'ab'],
    [{ minLength: 2 }, 'a', 'string "a" is too short (length: 1, required minimum: 2)'],
    [{ minLength: 2 }, '💩', 'string "💩" is too short (length: 1, required minimum: 2)'],
    [{ maxLength: 2 }, '💩💩'],
    [{ maxLength: 2 }, 'abc', 'string "abc" is too long (length: 3, maximum allowed: 2)'],
    [{ pattern: '^[a-z]+$' }, 'abc'],
    [{ pattern: '^[a-z]+$' }, 'aBc', 'ECMA 262 regex "^[a-z]+$" does not match input string "aBc"'],
    [{ pattern: '^[a-z]+$' }, 'abc\n', 'ECMA 262 regex "^[a-z]+$" does not match input string "abc\\n"'],
    [{ pattern: 'b' }, 'abc'],
    [{ pattern: 'b' }, 5],
  ],
  arrays: [
    [{ minItems: 1 }, [1]],
    [{ minItems: 1 }, [], 'array is too short: must have at least 1 elements but instance has 0 elements'],
    [{ maxItems: 1 }, [1, 2], 'array is too long: must have at most 1 elements but instance has 2 elements'],
    [{ uniqueItems: true }, [1, '1', [1], { a: 1 }, '{"a":1}', '[1]', true, null]],
    [{ uniqueItems: true }, [1, 1.0], 'array must not contain duplicate elements'],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'array must not contain duplicate elements',
    ],
    [{ uniqueItems: false }, [1, 1]],
    [{ items: { type: 'integer' } }, [1, 2]],
    [
      { items: { type: 'integer' } },
      [1, 'a', null],
      'instance type (string) does not match any allowed primitive type (allowed: ["integer"]), instance type (null) does not match any allowed primitive type (allowed: ["integer"])',
    ],
    [{ items: [{ type: 'integer' }], additionalItems: false }, [1]],
    [
      { items: [{ type: 'integer' }], additionalItems: false },
      [1, 2],
      'schema only allows 1 elements in array but instance has 2 elements',
    ],
    [
      { items: [{}], additionalItems: { type: 'null' } },
      [1, 2],
      'instance type (integer) does not match any allowed primitive type (allowed: ["null"])',
    ],
    [{ additionalItems: false }, [1]],
    [{ items: { type: 'integer' }, additionalItems: false }, [1, 2]],
  ],
  objects: [
    [PERSON, { name: 'a', age: 1 }],
    [PERSON, {}, 'object has missing required properties (["age","name"])'],
    [
      PERSON,
      { name: 1, age: -1 },
      'instance type (integer) does not match any allowed primitive type (allowed: ["string"]), numeric instance is lower than the required minimum (minimum: 0, found: -1)',
    ],
    [PERSON, { name: 1 }, 'object has missing required properties (["age"])'],
    [{ required: ['toString'] }, {}, 'object has missing required properties (["toString"])'],
    [{ required: ['__proto__'] }, {}, 'object has missing required properties (["__proto__"])'],
    [{ properties: { constructor: { type: 'string' } } }, {}],
    [{ required: [] }, {}],
    [{ additionalProperties: false, properties: { a: {} } }, { a: 1 }],
    [
      { additionalProperties: false, properties: { a: {} } },
      { c: 1, b: 1 },
      'object instance has properties which are not allowed by the schema: ["b","c"]',
    ],
    [
      { additionalProperties: { type: 'integer' } },
      { a: 'x' },
      'instance type (string) does not match any allowed primitive type (allowed: ["integer"])',
    ],
    [{ patternProperties: { '^x-': {} }, additionalProperties: false }, { 'x-a': 1 }],
    [
      { patternProperties: { '^x-': { type: 'null' } } },
      { 'x-a': 1, b: 1 },
      'instance type (integer) does not match any allowed primitive type (allowed: ["null"])',
    ],
    [{ minProperties: 1 }, {}, 'object has too few properties (found 0 but schema requires at least 1)'],
    [
      { maxProperties: 1 },
      { a: 1, b: 1 },
      'object has too many properties (found 2 but schema requires at most 1)',
    ],
    [{ dependencies: { a: ['b', 'c'] } }, { b: 1 }],
    [
      { dependencies: { a: ['b', 'c'] } },
      { a: 1, c: 1 },
      'property "a" of object has missing property dependencies (schema requires ["b","c"]; missing: ["b"])',
    ],
    [{ dependencies: { a: { minProperties: 2 } } }, { a: 1, b: 1 }],
    [
      { dependencies: { a: { minProperties: 2 } } },
      { a: 1 },
      'instance failed to match all required schemas (matched only 0 out of 1)',
    ],
  ],
  combinations: [
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 2],
    [
      { allOf: [{ minimum: 1 }, { maximum: 2 }] },
      3,
      'instance failed to match all required schemas (matched only 1 out of 2)',
    ],
    [{ anyOf: [{ type: 'null' }, { minimum: 2 }] }, null],
    [
      { anyOf: [{ type: 'null' }, { type: 'string' }] },
      1,
      'instance failed to match at least one required schema among 2',
    ],
    [{ oneOf: [{ type: 'null' }, { type: 'integer' }] }, 1],
    [
      { oneOf: [{ type: 'null' }, { type: 'string' }] },
      1,
      'instance failed to match exactly one schema (matched 0 out of 2)',
    ],
    [
      { oneOf: [{ type: 'integer' }, { minimum: 0 }, { type: 'null' }] },
      1,
      'instance failed to match exactly one schema (matched 2 out of 3)',
    ],
    [{ not: { type: 'integer' } }, 'a'],
    [{ not: { type: 'integer' } }, 1, 'instance matched a schema which it should not have'],
  ],
  'what draft 4 does not know': [
    [{ const: 1 }, 2],
    [{ format: 'email' }, 'no address'],
    [{ format: 'byte', type: 'string' }, '%'],
    [{ format: 'int32', type: 'integer' }, 99999999999],
    [
      { nullable: true, type: 'string' },
      null,
      'instance type (null) does not match any allowed primitive type (allowed: ["string"])',
    ],
    [
      {
        discriminator: { propertyName: 'a' },
        example: 1,
        readOnly: true,
        default: 3,
        'x-own': {},
        id: 'a b',
        $schema: 1,
      },
      2,
    ],
    [{ if: {}, else: { type: 'null' }, contains: {}, propertyNames: {}, $id: 7 }, 2],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  describe(name, () => {
    test.each(cases.map(([schema, value, detail]) => ({ schema, value, detail })))(
      '$schema: $value',
      ({ schema, value, detail }) => {
        expect(detailOf(schema, value)).toBe(detail === undefined ? undefined : `[${detail}]`);
      },
    );
  });
}

describe('references', () => {
  const NODE = {
    type: 'object',
    required: ['value'],
    properties: { value: { type: 'integer' }, next: reference('Subject') },
  };

  test('another model is found by its name, whatever the host, id and scheme of its address', () => {
    for (const $ref of [
      reference('Pet').$ref,
      'https://apigateway.eu-west-1.amazonaws.com/restapis/x/models/Pet',
      'http://apigateway.amazonaws.com/restapis/y/models/Pet#',
    ]) {
      expect(detailOf({ items: { $ref } }, ['a'], { Pet: { type: 'string' } })).toBeUndefined();
      expect(detailOf({ items: { $ref } }, [1], { Pet: { type: 'string' } })).toContain(
        'instance type (integer)',
      );
    }
  });

  test('a place inside this or another model can be named', () => {
    const schema = {
      definitions: { 'a/b c': { type: 'string' } },
      properties: {
        own: { $ref: '#/definitions/a~1b%20c' },
        other: reference('Pet', '#/properties/tags/items'),
      },
    };
    const others = { Pet: { properties: { tags: { items: { enum: ['x'] } } } } };
    expect(detailOf(schema, { own: 'a', other: 'x' }, others)).toBeUndefined();
    expect(detailOf(schema, { own: 1, other: 'y' }, others)).toBe(
      '[instance type (integer) does not match any allowed primitive type (allowed: ["string"]), instance value ("y") not found in enum (possible values: ["x"])]',
    );
  });

  test('a model may refer to itself, by its name or as #', () => {
    for (const schema of [NODE, { ...NODE, properties: { ...NODE.properties, next: { $ref: '#' } } }]) {
      expect(detailOf(schema, { value: 1, next: { value: 2, next: { value: 3 } } })).toBeUndefined();
      expect(detailOf(schema, { value: 1, next: { value: 2, next: {} } })).toBe(
        '[object has missing required properties (["value"])]',
      );
    }
  });

  test('models may refer to each other', () => {
    const house = { properties: { rooms: { items: reference('Room') } } };
    const room = { required: ['house'], properties: { house: reference('Subject') } };
    expect(detailOf(house, { rooms: [{ house: { rooms: [] } }] }, { Room: room })).toBeUndefined();
    expect(detailOf(house, { rooms: [{ house: { rooms: [{}] } }] }, { Room: room })).toBe(
      '[object has missing required properties (["house"])]',
    );
  });

  test('a model may stand for another one', () => {
    expect(detailOf(reference('A'), 1, { A: reference('B'), B: { type: 'string' } })).toContain(
      '(allowed: ["string"])',
    );
  });

  test('beside a $ref nothing else counts', () => {
    expect(detailOf({ $ref: '#/definitions/a', type: 'null', definitions: { a: {} } }, 1)).toBeUndefined();
  });

  test('oneOf with null and a reference', () => {
    const schema = { properties: { next: { oneOf: [{ type: 'null' }, reference('Pet')] } } };
    const others = { Pet: { type: 'object', required: ['id'] } };
    expect(detailOf(schema, { next: null }, others)).toBeUndefined();
    expect(detailOf(schema, { next: { id: 1 } }, others)).toBeUndefined();
    expect(detailOf(schema, { next: {} }, others)).toBe(
      '[instance failed to match exactly one schema (matched 0 out of 2)]',
    );
  });
});
