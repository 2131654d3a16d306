/** Hostile bodies and schemas: bounded, and never let in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { details } from '../../src/validation/details.js';
import { EcmaPattern } from '../../src/validation/ecma-pattern.js';
import { Schemas } from '../../src/validation/schema.js';
import { cpuTimeMs } from '../support/cpu-time.js';
import { body, detailOf, model, reference, validatorOf } from './support.js';

const keyword = fc.oneof(
  fc.record({ type: fc.constantFrom('string', 'integer', 'number', 'object', 'array', 'null', 'boolean') }),
  fc.record({
    enum: fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', null, {}, [1])), {
      minLength: 1,
    }),
  }),
  fc.record({ minimum: fc.integer({ min: -2, max: 2 }), exclusiveMinimum: fc.boolean() }),
  fc.record({ maximum: fc.integer({ min: -2, max: 2 }), exclusiveMaximum: fc.boolean() }),
  fc.record({ multipleOf: fc.constantFrom(1, 2, 0.5) }),
  fc.record({ minLength: fc.nat(3), maxLength: fc.nat(3) }),
  fc.record({ pattern: fc.constantFrom('^a', 'b$', '^[a-b]*$', '') }),
  fc.record({ required: fc.array(fc.constantFrom('a', 'b', 'toString'), { maxLength: 2 }) }),
  fc.record({ minItems: fc.nat(2), maxItems: fc.nat(3), uniqueItems: fc.boolean() }),
  fc.record({ minProperties: fc.nat(2), maxProperties: fc.nat(3) }),
  fc.record({ dependencies: fc.constantFrom({ a: ['b'] }, { b: { required: ['a'] } }) }),
);

const { schema: anySchema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => {
  const inner = tie('schema');
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  const nested = fc.oneof(
    fc.record({ properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), inner) }),
    fc.record({ patternProperties: fc.dictionary(fc.constantFrom('^a', 'b'), inner) }),
    fc.record({ additionalProperties: fc.oneof(fc.boolean(), inner) }),
    fc.record({ items: fc.oneof(inner, list), additionalItems: fc.oneof(fc.boolean(), inner) }),
    fc.record({ allOf: list }),
    fc.record({ anyOf: list }),
    fc.record({ oneOf: list }),
    fc.record({ not: inner }),
    // A schema that means itself with nothing between says nothing of any value.
    fc.constantFrom({ items: reference('Subject') }, { properties: { a: reference('Subject') } }),
  );
  return {
    schema: fc
      .array(fc.oneof({ depthSize: 'small' }, keyword, nested), { maxLength: 3 })
      .map((parts) => Object.assign({}, ...parts)),
  };
});

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('a', 'b', 'ab', 0, 1, 2, -1, 0.5, null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
    ),
  })).value,
);

test('the words and the verdict, which come from two implementations, agree on any schema and value', () => {
  fc.assert(
    fc.property(anySchema, fc.array(anyValue, { minLength: 1, maxLength: 8 }), (schema, values) => {
      const reached = new Schemas([model('Subject', schema)]).reach('Subject');
      const validator = validatorOf(schema);
      for (const value of values) {
        const verdict = validator.reject(body(value))?.detail;
        const parsed: unknown = JSON.parse(JSON.stringify(value));
        expect(details(reached, parsed).length > 0, JSON.stringify({ schema, value, verdict })).toBe(
          verdict !== undefined,
        );
      }
    }),
    { numRuns: 300 },
  );
}, 30_000);

test('random bytes are rejected or valid, and never more than that', () => {
  const validator = validatorOf({
    type: 'object',
    required: ['a'],
    properties: {
      a: {
        type: 'array',
        uniqueItems: true,
        items: { oneOf: [{ type: 'string', pattern: '^a+$' }, reference('Subject')] },
      },
    },
  });
  const texts = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc.jsonValue().map((value) => body({ a: [value, 'aaa', { a: [] }] })),
  );
  fc.assert(
    fc.property(texts, (bytes) => {
      const rejection = validator.reject(bytes);
      if (rejection !== undefined) expect(rejection.detail).toMatch(/^\[.+\]$/s);
    }),
    { numRuns: 500 },
  );
});

describe('is rejected in a bounded time', () => {
  function rejects(schema: unknown, bytes: Uint8Array): string | undefined {
    const validator = validatorOf(schema);
    const start = cpuTimeMs();
    const rejection = validator.reject(bytes);
    expect(cpuTimeMs() - start).toBeLessThan(2_000);
    return rejection?.detail;
  }

  test('a text that makes a pattern try every way', () => {
    const text = `${'a'.repeat(5_000)}!`;
    expect(rejects({ pattern: '^(a+)+$' }, body(text))).toBe('[validating the body takes too many steps]');
    expect(rejects({ patternProperties: { '^(a|a)*$': {} } }, body({ [text]: 1 }))).toBe(
      '[validating the body takes too many steps]',
    );
  });

  test('a body that doubles the work with each level', () => {
    let value: unknown = { op: 'none' };
    for (let i = 0; i < 60; i++) value = { left: value, op: 'x' };
    const branch = { properties: { left: reference('Subject'), op: { enum: ['y'] } } };
    expect(rejects({ anyOf: [branch, { ...branch, required: ['op'] }] }, body(value))).toBe(
      '[validating the body takes too many steps]',
    );
  });

  test('a body nested deeper than the stack', () => {
    const bytes = Buffer.from(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    expect(rejects({ items: reference('Subject'), uniqueItems: true }, bytes)).toMatch(
      /nested too deeply|too many steps/,
    );
  });

  test('a long body full of faults, of which only the first are told', () => {
    const detail = rejects({ items: { type: 'string' } }, body(Array.from({ length: 1_000_000 }, () => 1)));
    expect(detail?.match(/instance type/g)).toHaveLength(16);
  });

  test('a long value in a detail, which is cut', () => {
    expect(rejects({ type: 'string', maxLength: 3 }, body('x'.repeat(1_000_000)))?.length).toBeLessThan(600);
  });
});

test('a wide or deep schema, up to the limit, can be compiled', () => {
  let deep: unknown = { type: 'null' };
  for (let i = 0; i < 31; i++) deep = { items: { anyOf: [{ type: 'string' }, deep] } };
  expect(detailOf(deep, [['a']])).toBeUndefined();
  const names = Array.from({ length: 500 }, (_, index) => `p${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', pattern: '^a' }]));
  const schema = { required: names, properties, dependencies: { p1: ['p2'] }, additionalProperties: false };
  const value = Object.fromEntries(names.map((name) => [name, 'a']));
  expect(detailOf(schema, value)).toBeUndefined();
  expect(detailOf(schema, { ...value, p499: 'b' })).toContain('ECMA 262 regex');
  expect(detailOf({ oneOf: names.map((name) => ({ enum: [name] })) }, 'p499')).toBeUndefined();
});

test('a long valid body has steps enough', () => {
  const items = Array.from({ length: 200_000 }, (_, id) => ({ id, tag: `t${id}` }));
  const schema = {
    type: 'array',
    uniqueItems: true,
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      properties: { id: { type: 'integer' }, tag: { pattern: '^t[0-9]+$' } },
    },
  };
  expect(detailOf(schema, items)).toBeUndefined();
});

describe('patterns', () => {
  test.each([
    ['^a$', 'a\n', false],
    ['a.c', 'a\u0085c', true],
    ['a.c', 'a\u2028c', false],
    ['^\\s$', '\u00a0', true],
    ['^[\\s]$', '\ufeff', true],
    ['^\\S$', '\u00a0', false],
    ['^[^]$', '\n', true],
    ['[]', 'a', false],
    ['^[[]$', '[', true],
    ['^[a&&b]$', '&', true],
    ['^[a^]$', '^', true],
    ['^a{$', 'a{', true],
    ['^a{,2}$', 'a{,2}', true],
    ['^a{2,3}$', 'aaa', true],
    ['^\\/\\-\\.$', '/-.', true],
    ['^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$', 'a.b@c-d.org', true],
    ['^\\d{4}-\\d{2}$', '2024-05', true],
    ['^[\\b]$', '\b', true],
    ['^\\0$', '\0', true],
    ['^(?:a|b)(?=c).$', 'ac', true],
    ['^(?<year>\\d)\\k<year>$', '11', true],
    ['^\\p{Lu}$', 'É', true],
    ['^\\u{1f4a9}[\\u{41}\\p{Lu}]$', '💩A', true],
    ['^.$', '💩', true],
    ['^[A-zÀ-ú]+$', 'é', true],
    ['^[+-[]$', ',', true],
  ])('%j on %j: %s', (pattern, text, found) => {
    expect(new EcmaPattern(pattern).test(text)).toBe(found);
  });

  test('mean what they mean to JavaScript', () => {
    const atom = fc.constantFrom(
      ...[
        'a',
        'b',
        '.',
        '\\d',
        '\\w',
        '\\s',
        '\\S',
        '[ab]',
        '[^a]',
        '[a-c]',
        '[\\s.]',
        '[&&a]',
        '\\.',
        '\\n',
        '^',
        '$',
        '\\b',
        '(?:a|b)',
        '(a)',
        ' ',
        '#',
      ],
    );
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{1,2}', '*?'))
      .map(([one, times]) => (['^', '$', '\\b'].includes(one) ? one : one + times));
    const pattern = fc
      .array(fc.array(quantified, { maxLength: 5 }), { minLength: 1, maxLength: 2 })
      .map((choices) => choices.map((parts) => parts.join('')).join('|'));
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '1', ' ', '\n', '\r', '\u2028', '\u0085', '.', '&', '#'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 10 }), (source, texts) => {
        const own = new EcmaPattern(source);
        const platform = new RegExp(source, 'u');
        for (const one of texts)
          expect(own.test(one), JSON.stringify([source, one])).toBe(platform.test(one));
      }),
      { numRuns: 1_000 },
    );
  });
});
