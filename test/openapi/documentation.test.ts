import { describe, expect, test } from 'vitest';
import { importDocumentationParts } from '../../src/openapi/documentation.js';
import { definitionOf, type Json, load, messagesOf, openapi, swagger } from './documents.js';

const KEY = 'x-amazon-apigateway-documentation';
const PARTS = [
  { location: { type: 'API' }, properties: { description: 'All', info: { version: 1 } } },
  {
    location: { type: 'RESPONSE', path: '/a', method: 'GET', statusCode: 200 },
    properties: '{ "summary": "x" }',
  },
];
const READ = [
  { location: { type: 'API' }, properties: '{"description":"All","info":{"version":1}}' },
  {
    location: { type: 'RESPONSE', path: '/a', method: 'GET', statusCode: '200' },
    properties: '{ "summary": "x" }',
  },
];

const documented = (documentationParts: unknown, extra: Json = {}) =>
  openapi({}, { [KEY]: { version: '1.0', documentationParts, ...extra } });

describe('documentation parts', () => {
  test('of a document are imported with their version, properties as JSON text', () => {
    expect(load(documented(PARTS)).documentation).toEqual({ version: '1.0', parts: READ });
    expect(load(swagger({}, { [KEY]: { documentationParts: PARTS } })).documentation).toEqual({
      parts: READ,
    });
    expect(load(openapi({})).documentation).toBeUndefined();
  });

  test('are not read when they are to be ignored', () => {
    const result = load(documented([{}]), { documentation: false });
    expect(result.documentation).toBeUndefined();
    expect(result.problems).toEqual([]);
  });

  test.each([
    [{ properties: {} }, 'has no location.type'],
    [{ location: 'API', properties: {} }, 'has no location.type'],
    [{ location: { type: 'PAGE' }, properties: {} }, 'has the unknown location.type "PAGE"'],
    [{ location: { type: 'API' } }, 'has no object "properties"'],
    [{ location: { type: 'API' }, properties: 'text' }, 'has no object "properties"'],
    [{ location: { type: 'API' }, properties: ['x'] }, 'has no object "properties"'],
    [{ location: { type: 'API' }, properties: '[]' }, 'has no object "properties"'],
  ])('that are none are left out with a warning: %j', (part, reason) => {
    const result = load(documented([part, PARTS[0]]));
    expect(definitionOf(result).name).toBe('t');
    expect(result.documentation?.parts).toEqual([READ[0]]);
    expect(messagesOf(result)).toContainEqual(
      expect.stringMatching(`^warning /${KEY}/documentationParts/0: The documentation part ${reason}`),
    );
  });

  test('are imported by themselves, from JSON or YAML', () => {
    const expected = { version: '1.0', parts: READ, warnings: [] };
    expect(importDocumentationParts(JSON.stringify(documented(PARTS)))).toEqual(expected);
    const yaml = `swagger: "2.0"\n${KEY}: {documentationParts: [{location: {type: API}, properties: {a: b}}]}`;
    expect(importDocumentationParts(yaml)).toEqual({
      parts: [{ location: { type: 'API' }, properties: '{"a":"b"}' }],
      warnings: [],
    });
    expect(importDocumentationParts(JSON.stringify(documented([{}])))?.warnings).toEqual([
      expect.stringContaining(`/${KEY}/documentationParts/0: The documentation part has no location.type`),
    ]);
  });

  test.each(['', '{}', 'text', '{"swagger": "1.2"}', '{', JSON.stringify(openapi({}))])(
    'are not found in %s',
    (text) => {
      expect(importDocumentationParts(text)).toBeUndefined();
    },
  );
});
