// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
import { describe, expect, test } from 'vitest';
import { definitionOf, load, MOCK, messagesOf, openapi, operation } from './documents.js';

/** Path -> methods, in order. */
function resources(paths: Record<string, unknown>, extra = {}): [string, string[]][] {
  const { resources: found } = definitionOf(load(openapi(paths, extra)));
  return found.map(({ path, methods }) => [path, methods.map(({ httpMethod }) => httpMethod)]);
}

describe('paths', () => {
  test('become resources in the order of the document, without parents that have no methods', () => {
    expect(
      resources({
        '/b/{id}/{rest+}': { put: operation(MOCK), get: operation(MOCK) },
        '/': { 'x-amazon-apigateway-any-method': operation(MOCK) },
        '/empty': { description: 'nothing here' },
        'x-comment': {},
        '/a.b-c_d,e:f': { delete: operation(MOCK) },
      }),
    ).toEqual([
      ['/b/{id}/{rest+}', ['PUT', 'GET']],
      ['/', ['ANY']],
      ['/a.b-c_d,e:f', ['DELETE']],
    ]);
  });

  test('may be references to path items of the document', () => {
    const extra = { components: { pathItems: { A: { get: operation(MOCK) } } } };
    expect(resources({ '/a': { $ref: '#/components/pathItems/A' } }, extra)).toEqual([['/a', ['GET']]]);
  });

  test('lose a slash at their end, with a warning', () => {
    const result = load(openapi({ '/a/': { get: operation(MOCK) } }));
    expect(definitionOf(result).resources[0]?.path).toBe('/a');
    expect(messagesOf(result)).toEqual([
      'warning /paths/~1a~1: A slash at the end of a path is ignored, as it is in requests: remove it.',
    ]);
    expect(result.locate('/paths/~1a/get').pointer).toBe('/paths/~1a~1/get');
  });

  test.each([
    ['pets', 'starts with "/"'],
    ['$default', 'starts with "/"'],
    ['/a//b', 'empty segment'],
    ['/a/{b}c', 'not a whole segment'],
    ['/a/{b', 'not a whole segment'],
    ['/a/{}', 'not a whole segment'],
    ['/a/{b++}', 'not a whole segment'],
    ['/a b', 'characters other than'],
    ['/a/%20', 'characters other than'],
    ['/{a}/{a}', 'stands twice in the path'],
    ['/${stage}/a', 'holds the placeholder "${stage}"'],
    ['/{a+}/b', 'under the greedy resource'],
  ])('%s is refused', (path, reason) => {
    const result = load(openapi({ [path]: { get: operation(MOCK) } }));
    expect(result.definition).toBeUndefined();
    const [problem] = result.problems;
    expect(problem).toMatchObject({ severity: 'error', message: expect.stringContaining(reason) });
    expect(problem?.pointer).toBe(`/paths/${path.replaceAll('/', '~1')}`);
  });

  test('that cannot be one resource tree are refused at the later one', () => {
    const result = load(
      openapi({ '/a/{b}': { get: operation(MOCK) }, '/a/{c}/d': { get: operation(MOCK) } }),
    );
    expect(result.definition).toBeUndefined();
    expect(messagesOf(result)).toEqual([
      expect.stringMatching(/^error \/paths\/~1a~1\{c\}~1d: .*"\/a\/\{b\}".*only one is allowed/),
    ]);
    const twice = load(openapi({ '/a': { get: operation(MOCK) }, '/a/': { put: operation(MOCK) } }));
    expect(messagesOf(twice).join()).toMatch('stands twice, with and without a slash');
  });
});

describe('members of a path item that are no methods', () => {
  test.each([
    ['trace', '"trace" is no method of a REST API and is ignored: remove it.'],
    ['GET', '"GET" is ignored, methods are written in lower case: write "get".'],
    ['x-amazon-apigateway-any', 'x-amazon-apigateway-any is unknown and ignored: correct or remove it.'],
  ])('%s is reported', (key, message) => {
    const result = load(openapi({ '/a': { [key]: {}, get: operation(MOCK) } }));
    expect(definitionOf(result).resources[0]?.methods).toHaveLength(1);
    expect(messagesOf(result)).toEqual([`warning /paths/~1a/${key}: ${message}`]);
  });

  test('summary, description, servers and other extensions are nothing to talk about', () => {
    const item = { summary: '', description: '', servers: [], 'x-other': 1, get: operation(MOCK) };
    expect(load(openapi({ '/a': item })).problems).toEqual([]);
  });
});

describe('an operation', () => {
  test('without an integration loads and is reported', () => {
    const result = load(openapi({ '/a': { get: {} } }));
    expect(definitionOf(result).resources[0]?.methods[0]?.integration).toBeUndefined();
    expect(messagesOf(result)).toEqual([
      'warning /paths/~1a/get: The operation has no x-amazon-apigateway-integration, so it answers 500: add one.',
    ]);
  });

  test('that is no object is reported and left out', () => {
    const result = load(openapi({ '/a': { get: 'x', put: null, post: operation(MOCK) } }));
    expect(definitionOf(result).resources[0]?.methods).toHaveLength(1);
    expect(messagesOf(result)).toEqual([
      'warning /paths/~1a/get: "get" must be an object and is ignored: write an object.',
      'warning /paths/~1a/put: The operation is empty and is ignored: write one or remove it.',
    ]);
  });
});

describe('an integration in a wrong place is refused', () => {
  const key = 'x-amazon-apigateway-integration';
  test.each([
    ['the root', openapi({ '/a': { get: operation(MOCK) } }, { [key]: MOCK }), `/${key}`],
    ['a path item', openapi({ '/a': { [key]: MOCK } }), `/paths/~1a/${key}`],
    [
      'responses',
      openapi({ '/a': { get: { responses: { [key]: MOCK } } } }),
      `/paths/~1a/get/responses/${key}`,
    ],
  ])('at %s', (_place, document, pointer) => {
    const result = load(document);
    expect(result.definition).toBeUndefined();
    expect(
      result.problems.filter(({ severity }) => severity === 'error').map((problem) => problem.pointer),
    ).toEqual([pointer]);
  });
});
