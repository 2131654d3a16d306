/** Templates and selection patterns that are none, found when a document is loaded. */
import { describe, expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import { formatProblem } from '../../src/openapi/problem.js';
import { INTEGRATION_AT, type Json, load, MOCK, messagesOf, openapi, operation } from './documents.js';

const BROKEN = '{\n  "a": #if($input.body)1\n}';
const HTTP: Json = { ...MOCK, type: 'http', httpMethod: 'POST', uri: 'http://h/' };

function messages(integration: Json): string[] {
  return messagesOf(load(openapi({ '/a': { get: operation(integration) } })));
}

describe('a template that cannot be compiled', () => {
  test.each([
    [
      'of a request',
      { requestTemplates: { 'application/json': BROKEN } },
      '/requestTemplates/application~1json',
    ],
    [
      'of a response',
      { responses: { default: { statusCode: '200', responseTemplates: { 'text/csv': BROKEN } } } },
      '/responses/default/responseTemplates/text~1csv',
    ],
    [
      'of a response with a pattern',
      { responses: { '.+': { statusCode: '200', responseTemplates: { 'text/csv': BROKEN } } } },
      '/responses/.+/responseTemplates/text~1csv',
    ],
  ])('%s is an error at its place, with line and column inside', (_name, parts, pointer) => {
    const type = pointer.includes('csv') ? 'text/csv' : 'application/json';
    for (const base of [MOCK, HTTP]) {
      expect(messages({ ...base, ...parts })).toEqual([
        `error ${INTEGRATION_AT}${pointer}: The template for "${type}" is refused at template line 2 column 8, #if is not closed: add #end: correct it.`,
      ]);
    }
  });

  test('is refused with the document', () => {
    const document = openapi({
      '/a': { get: operation({ ...MOCK, requestTemplates: { 'text/csv': '#foreach' } }) },
    });
    expect(load(document).definition).toBeUndefined();
  });

  test('in YAML the place is that of the template', () => {
    const { problems } = importDefinition(
      [
        'openapi: 3.0.1',
        'info: {title: t, version: "1"}',
        'paths:',
        '  /a:',
        '    get:',
        '      responses: {"200": {}}',
        '      x-amazon-apigateway-integration:',
        '        type: mock',
        '        responses: {default: {statusCode: "200"}}',
        '        requestTemplates:',
        '          application/json: |',
        '            {}',
        '            #end',
      ].join('\n'),
      'api.yaml',
    );
    expect(problems.map(formatProblem)).toEqual([
      'api.yaml:11:11 error /paths/~1a/get/x-amazon-apigateway-integration/requestTemplates/application~1json: The template for "application/json" is refused at template line 2 column 1, #end closes nothing: remove it or open a block before it: correct it.',
    ]);
  });

  test('shared by many operations is said once', () => {
    const shared = { ...MOCK, requestTemplates: { 'application/json': BROKEN } };
    const $ref = '#/components/x-amazon-apigateway-integrations/A';
    const paths = Object.fromEntries([1, 2, 3].map((n) => [`/a${n}`, { get: operation({ $ref }) }]));
    const components = { 'x-amazon-apigateway-integrations': { A: shared } };
    expect(messagesOf(load(openapi(paths, { components })))).toHaveLength(1);
  });

  test('of a proxy integration, which has no use for templates, is nothing', () => {
    const proxy = {
      type: 'http_proxy',
      httpMethod: 'GET',
      uri: 'http://h/',
      requestTemplates: { 'a/b': BROKEN },
    };
    expect(messages(proxy)).toEqual([]);
  });
});

test.each(['(', '*', '[a'])('the pattern %s selects nothing, which is said', (pattern) => {
  const responses = { [pattern]: { statusCode: '200' } };
  expect(messages({ ...MOCK, responses })).toEqual([
    expect.stringContaining(
      `warning ${INTEGRATION_AT}/responses/${pattern}: The pattern "${pattern}" is no Java regular expression and selects nothing (`,
    ),
  ]);
});

test('a placeholder that a template may fill is not complained about', () => {
  const template = '#set($context.requestOverride.path.id = $input.params("id"))';
  const integration = { ...HTTP, uri: 'http://h/{id}', requestTemplates: { 'application/json': template } };
  expect(messages(integration)).toEqual([]);
});
