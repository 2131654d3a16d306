import { describe, expect, test } from 'vitest';
import type { BasePathMode } from '../../src/openapi/base-path.js';
import { definitionOf, type Json, load, MOCK, messagesOf, openapi, operation, swagger } from './documents.js';

const PATHS = { '/e': { get: operation(MOCK) } };

function pathsOf(document: Json, basepath: BasePathMode): string[] {
  return definitionOf(load(document, { basepath })).resources.map(({ path }) => path);
}

const servers = (url: string, variables?: Json) => openapi(PATHS, { servers: [{ url, variables }] });
const IGNORED = ['/e', '/e', '/e'];

describe('the base path', () => {
  test.each<[string, Json, string[]]>([
    ['Swagger 2.0', swagger(PATHS, { basePath: '/a/b/c' }), ['/e', '/a/b/c/e', '/b/c/e']],
    ['one segment', swagger(PATHS, { basePath: '/a' }), ['/e', '/a/e', '/e']],
    ['no slash in front', swagger(PATHS, { basePath: 'a/b' }), ['/e', '/a/b/e', '/b/e']],
    ['a single slash', swagger(PATHS, { basePath: '/' }), IGNORED],
    ['none', swagger(PATHS), IGNORED],
    ['OpenAPI 3 without servers', openapi(PATHS), IGNORED],
    ['the path of a server', servers('https://h:1/x/y/'), ['/e', '/x/y/e', '/y/e']],
    ['a server without a path', servers('https://h'), IGNORED],
    ['a relative server', servers('/x?q#f'), ['/e', '/x/e', '/e']],
    [
      'the variable basePath',
      servers('https://h/{basePath}', { basePath: { default: '/b/v' } }),
      ['/e', '/b/v/e', '/v/e'],
    ],
    ['other variables', servers('https://h/{v}/w', { v: { default: 'u' } }), ['/e', '/u/w/e', '/w/e']],
  ])('is ignored, prepended or split: %s', (_what, document, expected) => {
    const modes = ['ignore', 'prepend', 'split'] as const;
    expect(modes.flatMap((basepath) => pathsOf(document, basepath))).toEqual(expected);
  });

  test('of the first server that has the variable counts, before the path of any server', () => {
    const all = [
      { url: 'https://h/x' },
      { url: '/{basePath}', variables: { basePath: { default: 'a' } } },
      { url: '/{basePath}', variables: { basePath: { default: 'b' } } },
    ];
    expect(pathsOf(openapi(PATHS, { servers: all }), 'prepend')).toEqual(['/a/e']);
  });

  test('is the path of the root, and identifies resources', () => {
    const document = swagger({ '/': { get: operation(MOCK) } }, { basePath: '/a/b' });
    const [resource] = definitionOf(load(document, { basepath: 'prepend' })).resources;
    const whole = swagger({ '/a/b': { get: operation(MOCK) } });
    expect(resource).toEqual(definitionOf(load(whole)).resources[0]);
    expect(pathsOf(document, 'split')).toEqual(['/b']);
  });

  test('that cannot be part of a path is refused where the path stands', () => {
    const result = load(swagger(PATHS, { basePath: '/a b' }), { basepath: 'prepend' });
    expect(messagesOf(result)).toEqual([expect.stringMatching(/^error \/paths\/~1e: The segment "a b"/)]);
  });

  test('does not mislead the search for places in the document', () => {
    const document = swagger({ ...PATHS, '/': { get: operation(MOCK) } }, { basePath: '/a/b' });
    const { locate } = load(document, { basepath: 'prepend' });
    expect(locate('/paths/~1a~1b~1e/get').pointer).toBe('/paths/~1e/get');
    expect(locate('/paths/~1a~1b/get').pointer).toBe('/paths/~1/get');
    expect(locate('/x-amazon-apigateway-policy').pointer).toBe('');
  });

  test('is part of the path in the warnings of AWS', () => {
    const bad = { ...MOCK, requestParameters: { 'integration.request.header.a': true } };
    const document = swagger({ '/e': { get: operation(bad) } }, { basePath: '/a/b' });
    const { problems } = load(document, { basepath: 'prepend' });
    expect(problems.map(({ message }) => message)).toEqual([
      "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.a' of resource '/a/b/e' and method 'GET' but got 'true'",
    ]);
  });
});
