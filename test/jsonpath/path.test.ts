import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetError } from '../../src/java/budget.js';
import { jsonText } from '../../src/java/text.js';
import { JsonBody } from '../../src/jsonpath/body.js';
import { parseJson } from '../../src/jsonpath/json.js';
import { JsonPath, JsonPathError, jsonPath } from '../../src/jsonpath/path.js';

const STORE = JSON.stringify({
  store: {
    book: [
      { category: 'reference', author: 'Nigel Rees', title: 'Sayings', price: 8.95 },
      { category: 'fiction', author: 'Evelyn Waugh', title: 'Sword', price: 12.99 },
      {
        category: 'fiction',
        author: 'Herman Melville',
        title: 'Moby Dick',
        isbn: '0-553-21311-3',
        price: 8.99,
      },
      { category: 'fiction', author: 'J. R. R. Tolkien', title: 'Lord', isbn: '0-395-19395-8', price: 22.99 },
    ],
    bicycle: { color: 'red', price: 19.95 },
  },
  'odd name': { 'a.b': 1, "it's": 2 },
  list: [1, 2, 3, 4, 5],
  none: null,
  tags: ['a', 'b'],
  expensive: 10,
});

/** Compact JSON of what a path leads to, undefined when it leads nowhere. */
function read(path: string, document = STORE): string | undefined {
  const value = new JsonPath(path).read(parseJson(document));
  return value === undefined ? undefined : jsonText(value);
}

describe('a definite path', () => {
  it.each([
    ['$', STORE],
    ['$.store.bicycle', '{"color":"red","price":19.95}'],
    ['store.bicycle.color', '"red"'],
    ["$['store']['bicycle']['color']", '"red"'],
    ['$["store"].bicycle["color"]', '"red"'],
    ["$['odd name']['a.b']", '1'],
    ["$['odd name']['it\\'s']", '2'],
    ['$.list[0]', '1'],
    ['$.list[-1]', '5'],
    ['$.store.book[2].title', '"Moby Dick"'],
    ['$.none', 'null'],
    ["$['store'] ['bicycle']", undefined],
    ['$.missing', undefined],
    ['$.store.missing.deeper', undefined],
    ['$.list.name', undefined],
    ['$.list[9]', undefined],
    ['$.list[-9]', undefined],
    ['$.store[0]', undefined],
    ['$.none.x', undefined],
    ["$['expensive','tags']", '{"expensive":10,"tags":["a","b"]}'],
  ])('%s', (path, expected) => {
    if (path.includes("'] [")) expect(() => read(path)).toThrow(JsonPathError);
    else expect(read(path)).toBe(expected);
  });
});

describe('a path that may have several hits gives a list', () => {
  it.each([
    ['$.store.book[*].title', '["Sayings","Sword","Moby Dick","Lord"]'],
    ['$.store.*.color', '["red"]'],
    ['$..price', '[8.95,12.99,8.99,22.99,19.95]'],
    ['$..book[0].title', '["Sayings"]'],
    ['$.store..isbn', '["0-553-21311-3","0-395-19395-8"]'],
    ['$.list[1:3]', '[2,3]'],
    ['$.list[:2]', '[1,2]'],
    ['$.list[3:]', '[4,5]'],
    ['$.list[-2:]', '[4,5]'],
    ['$.list[:-3]', '[1,2]'],
    ['$.list[0,2]', '[1,3]'],
    ["$.store['book','bicycle'].price", '[19.95]'],
    ['$.list[*]', '[1,2,3,4,5]'],
    ['$..missing', '[]'],
    ['$.store.book[9:]', '[]'],
    ['$.missing[*]', undefined],
    ['$.missing..x', undefined],
  ])('%s', (path, expected) => {
    expect(read(path)).toBe(expected);
  });
});

describe('filters', () => {
  it.each([
    ['@.price < 10', '["Sayings","Moby Dick"]'],
    ['@.price <= 8.95', '["Sayings"]'],
    ['@.price > $.expensive', '["Sword","Lord"]'],
    ['@.price >= 22.99', '["Lord"]'],
    ['@.isbn', '["Moby Dick","Lord"]'],
    ['!@.isbn', '["Sayings","Sword"]'],
    ['@.isbn && @.price < 10', '["Moby Dick"]'],
    ['!@.isbn || @.price > 20', '["Sayings","Sword","Lord"]'],
    ['!(@.price < 10 || @.isbn)', '["Sword"]'],
    ["@.category == 'reference'", '["Sayings"]'],
    ['@.category != "fiction"', '["Sayings"]'],
    ["@['category'] == 'reference'", '["Sayings"]'],
    ["@.title in ['Sword', 'Lord']", '["Sword","Lord"]'],
    ["@.title nin ['Sword', 'Lord']", '["Sayings","Moby Dick"]'],
    ['@.author =~ /.*tolkien/i', '["Lord"]'],
    ['@.author =~ /tolkien/', '[]'],
    ["@.title contains 'or'", '["Sword","Lord"]'],
    ['@.title size 4', '["Lord"]'],
    ['@.title empty false', '["Sayings","Sword","Moby Dick","Lord"]'],
    ["@.price == '8.95'", '["Sayings"]'],
    ["@.price === '8.95'", '[]'],
    ['@.missing == null', '[]'],
    ['@.missing != 1', '["Sayings","Sword","Moby Dick","Lord"]'],
  ])('%s', (filter, expected) => {
    expect(read(`$.store.book[?(${filter})].title`)).toBe(expected);
  });

  it('look at scalars, lists and objects', () => {
    expect(read('$.list[?(@ > 3)]')).toBe('[4,5]');
    expect(read("$[?(@.color == 'red')]", '{"color":"red"}')).toBe('[{"color":"red"}]');
    expect(read('$[?(@.t anyof ["a","z"])].n', '[{"n":1,"t":["a"]},{"n":2,"t":["b"]}]')).toBe('[1]');
    expect(read('$[?(@.t subsetof ["a","b"])].n', '[{"n":1,"t":["a"]},{"n":2,"t":["c"]}]')).toBe('[1]');
    expect(read('$[?(@.t all ["a","b"])].n', '[{"n":1,"t":["a","b","c"]},{"n":2,"t":["a"]}]')).toBe('[1]');
    expect(read('$[?(@.t noneof ["a"])].n', '[{"n":1,"t":["a"]},{"n":2,"t":["b"]}]')).toBe('[2]');
    expect(read('$[?(@.t empty true)].n', '[{"n":1,"t":[]},{"n":2,"t":["b"]}]')).toBe('[1]');
    expect(read('$.tags[?(@.x)]')).toBe('[]');
  });

  it('work at any depth', () => {
    expect(read('$..[?(@.isbn && @.price > 20)].title')).toBe('["Lord"]');
  });
});

describe('functions', () => {
  it.each([
    ['$.list.length()', '5'],
    ['$.store.size()', '2'],
    ['$.list.sum()', '15.0'],
    ['$.list.avg()', '3.0'],
    ['$.list.min()', '1.0'],
    ['$.list.max()', '5.0'],
    ['$.store.bicycle.keys()', '["color","price"]'],
    ['$.list.first()', '1'],
    ['$.list.last()', '5'],
    ['$.list.index(1)', '2'],
    ['$.tags.concat()', '"ab"'],
    ["$.concat($.tags[0], '-', $.tags[1])", '"a-b"'],
    ['$..price.sum()', '73.87'],
    ['$.sum($.list[0], 10)', '11.0'],
    ['$..book.length()', '1'],
    ['$.expensive.length()', 'null'],
    ['$.tags.sum()', undefined],
    ['$.list.unknown()', undefined],
  ])('%s', (path, expected) => {
    expect(read(path)).toBe(expected);
  });
});

describe('a path is refused', () => {
  it.each([
    '$.',
    '$..',
    '$a',
    '$.a.',
    '$.a b',
    '$[',
    '$[]',
    "$['a",
    "$['a'",
    "$['a' 'b']",
    '$[a]',
    '$[1',
    '$[1;2]',
    '$[:]',
    '$[?(@.a]',
    '$[?(@.a ==)]',
    '$[?(@.a == )]',
    '$[?(@.a === 1',
    '$[?(@.a ~~ 1)]',
    '$[?(@.a =~ /(/)]',
    '$[?(1)]',
    '$.f(',
    '$...a',
    '',
    ' ',
  ])('%j', (path) => {
    expect(() => new JsonPath(path)).toThrow(JsonPathError);
  });

  it('with a message that says what, where and in which path', () => {
    expect(() => new JsonPath('$.a[')).toThrow(
      "Expected ?, ', a number or * after '[' at position 3 in the JSONPath $.a[",
    );
  });

  it('when it is absurd', () => {
    expect(() => new JsonPath(`$${'.a'.repeat(201)}`)).toThrow('More than 200 steps');
    expect(() => new JsonPath(`$.${'a'.repeat(20_000)}`)).toThrow('More than 10000 characters');
    const nested = Array.from({ length: 30 }).reduce<string>(
      (path) => `$[?(${path.replace('$', '@')})]`,
      '$.a',
    );
    expect(() => new JsonPath(nested)).toThrow(JsonPathError);
    expect(() => new JsonPath(`$[?(${'('.repeat(500)}@.a${')'.repeat(500)})]`)).toThrow(JsonPathError);
  });
});

describe('a path stays within bounds', () => {
  it('of steps', () => {
    const document = parseJson(`${'{"a":['.repeat(100)}1${']}'.repeat(100)}`);
    expect(() => new JsonPath('$..*..*..*..*').read(document)).toThrow(BudgetError);
  });

  it('of its expression: regular expressions cannot run away', () => {
    const document = parseJson(JSON.stringify([{ a: `${'a'.repeat(50)}!` }]));
    expect(() => new JsonPath('$[?(@.a =~ /(a+)+/)]').read(document)).toThrow(BudgetError);
  });

  it('whatever it is and whatever it reads', () => {
    const token = fc.constantFrom(
      ...[
        '$',
        '@',
        '.',
        '..',
        '*',
        '[',
        ']',
        '?',
        '(',
        ')',
        "'a'",
        '"b"',
        'a',
        'b',
        '0',
        '-1',
        ':',
        ',',
        '==',
        '=~',
        '/x/',
        '&&',
        '!',
        ' ',
        'in',
        'length()',
        '.sum()',
        '[?(@.a)]',
        '[*]',
        '[0]',
        '..a',
        "['__proto__']",
        '.constructor',
      ],
    );
    const path = fc.array(token, { maxLength: 12 }).map((tokens) => `$${tokens.join('')}`);
    fc.assert(
      fc.property(path, fc.json(), (source, document) => {
        let compiled: JsonPath;
        try {
          compiled = new JsonPath(source);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonPathError);
          return;
        }
        const value = compiled.read(parseJson(document));
        if (value !== undefined) expect(() => JSON.parse(jsonText(value))).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });
});

describe('compiled paths', () => {
  it('read objects of other shapes than the last one rightly', () => {
    const path = new JsonPath('$.b.c[0]');
    const documents = [
      '{"a":1,"b":{"c":[1]}}',
      '{"b":{"x":0,"c":[2]}}',
      '{"a":1,"b":{"c":[3]}}',
      '{"b":1}',
      '{"a":1}',
      '{"b":{"c":[4]},"a":1}',
    ];
    const values = documents.map((document) => path.read(parseJson(document)));
    expect(values).toEqual([1, 2, 3, undefined, undefined, 4]);
  });

  it('are kept by their source', () => {
    expect(jsonPath('$.kept')).toBe(jsonPath('$.kept'));
  });
});

describe('a body', () => {
  it('is {} when it is empty', () => {
    expect(new JsonBody('').text).toBe('{}');
    expect(new JsonBody(new Uint8Array(0)).json(jsonPath('$'))).toBe('{}');
  });

  it('is decoded from UTF-8, and parsed only once', () => {
    const body = new JsonBody(Buffer.from('{"a":"ü"}'));
    expect(body.text).toBe('{"a":"ü"}');
    expect(body.path(jsonPath('$.a'))).toBe('ü');
    expect(body.value).toBe(body.value);
  });

  it('that is no JSON leads nowhere', () => {
    const body = new JsonBody('a=b');
    expect(body.value).toBeUndefined();
    expect(body.path(jsonPath('$'))).toBeUndefined();
    expect(body.json(jsonPath('$'))).toBe('""');
  });
});
