/** Templates that people really wrote, rendered with requests of every sort: they print something, whatever they get. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TemplateScopes } from '../../../src/integrations/custom/template-scope.js';
import type { Integration } from '../../../src/model/snapshot.js';
import { importDefinition } from '../../../src/openapi/import.js';
import { TemplateRunError } from '../../../src/templates/errors.js';
import { compileTemplate } from '../../../src/templates/template.js';
import { Client, contextOf, type RequestParts } from '../http-proxy/harness.js';

const CORPUS = join(import.meta.dirname, '../../corpus');
const scopes = new TemplateScopes(
  contextOf({ integration: {}, pathParameterNames: ['stream-name', 'shard-id'], stageVariables: { a: 'b' } }),
);

function integrations(file: string): Integration[] {
  const { definition } = importDefinition(readFileSync(join(CORPUS, file), 'utf8'), file);
  return (definition?.resources ?? [])
    .flatMap(({ methods }) => methods)
    .flatMap(({ integration }) => integration ?? []);
}

function templatesOf(file: string): string[] {
  return integrations(file).flatMap(({ requestTemplates, responses }) => [
    ...Object.values(requestTemplates),
    ...responses.flatMap(({ responseTemplates }) => Object.values(responseTemplates)),
  ]);
}

function render(template: string, body: string, request: RequestParts = {}): string {
  const { exchange } = new Client({ pathParameters: ['orders', '7'], ...request });
  return compileTemplate(template).render(scopes.open(exchange, body));
}

describe('the Kinesis proxy of the documentation', () => {
  const [shardIterator, getRecords, putRecords, describeStream] = integrations(
    'awsdocs-kinesis-proxy.openapi.json',
  ).map(({ requestTemplates }) => requestTemplates['application/json'] ?? '');

  it.each([
    [shardIterator, '{}', { StreamName: 'orders' }],
    [getRecords, '{}', {}],
    [describeStream, '{}', { StreamName: 'orders' }],
  ])('%s renders JSON', (template = '', body, members) => {
    expect(JSON.parse(render(template, body, { headers: 'shard-iterator: x\r\n' }))).toMatchObject(members);
  });

  it('the template whose #foreach was lost renders its text with nothing in it', () => {
    const text = render(putRecords ?? '', '{"records":[{"data":"x"}]}');
    // A bare test of what is missing takes the branch (reference 03 section 1), hence the comma.
    expect(text.replace(/\s+/g, '')).toBe(
      '{"StreamName":"orders","Records":[{"Data":"","PartitionKey":""},]}',
    );
  });
});

const BODIES = [
  '',
  'text',
  '{}',
  '[]',
  'null',
  '{"a":[1,{"b":null}]}',
  'a=1&b=2',
  '{"Items":[{},{"id":{"S":"1"}}]}',
];

it('every template of every document renders any body, or says why not', () => {
  const templates = readdirSync(CORPUS)
    .filter((file) => file !== 'INDEX.md')
    .flatMap(templatesOf);
  expect(templates.length).toBeGreaterThan(80);
  for (const template of templates) {
    for (const body of BODIES) {
      try {
        expect(typeof render(template, body, { method: 'POST', query: 'q=1' })).toBe('string');
      } catch (error) {
        // Some cut a text without looking at its length, which Java refuses too.
        expect(error).toBeInstanceOf(TemplateRunError);
        expect([(error as Error).message, template]).toEqual(
          Array(2).fill(expect.stringContaining('substring')),
        );
      }
    }
  }
});
