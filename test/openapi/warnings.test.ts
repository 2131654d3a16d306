import { describe, expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import { awsWarnings, importRefusal } from '../../src/openapi/warnings.js';
import { load, MOCK, openapi, operation } from './documents.js';

const bad = { ...MOCK, requestParameters: { 'integration.request.header.nothing': true } };
const WARNING =
  "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/test' and method 'GET' but got 'true'";

describe('an import answers', () => {
  test('with the warnings of AWS, and none when there are none', () => {
    expect(awsWarnings(load(openapi({ '/test': { get: operation(bad) } })))).toEqual([WARNING]);
    expect(awsWarnings(load(openapi({ '/test': { get: operation(MOCK) } })))).toEqual([]);
  });

  test('with our own warnings, which name the place in the document', () => {
    expect(awsWarnings(load(openapi({ '/a/': { get: operation(MOCK) } })))).toEqual([
      '/paths/~1a~1: A slash at the end of a path is ignored, as it is in requests: remove it.',
    ]);
  });

  test('with a refusal for warnings only when they are to fail it', () => {
    const result = load(openapi({ '/test': { get: operation(bad) } }));
    expect(importRefusal(result, false)).toBeUndefined();
    expect(importRefusal(result, true)).toBe(`Warnings found during import:\n\t${WARNING}`);
    expect(importRefusal(load(openapi({})), true)).toBeUndefined();
  });

  test.each(['', '{', '{}', 'a: [', 'null', '[]', '{"swagger": "1.2"}', 'text'])(
    'that %j is no OpenAPI document',
    (text) => {
      expect(importRefusal(importDefinition(text, 'x'), false)).toBe('Invalid OpenAPI input.');
    },
  );

  test('with every error of a document that is one', () => {
    const paths = { a: { get: operation(MOCK) }, '/b': { get: operation({ type: 'x' }) } };
    expect(importRefusal(load(openapi(paths)), false)).toBe(
      'Errors found during import:\n\t/paths/a: A path starts with "/": write one in front of it.\n\t/paths/~1b/get/x-amazon-apigateway-integration/type: The integration type "x" is unknown: write http, http_proxy, aws, aws_proxy or mock.',
    );
  });
});
