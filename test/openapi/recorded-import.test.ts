/** What imports were seen to do (reference 08 section 1), as far as no other test of this folder says it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import { definitionOf, load, loadIntegration, loadMethod, MOCK, openapi, operation } from './documents.js';

const LAMBDA = 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations';

test('the keywords required, type and properties of a schema come in this order, on every level', () => {
  const file = join(import.meta.dirname, '../corpus/localstack-circular-ref.openapi.json');
  const { models } = definitionOf(importDefinition(readFileSync(file, 'utf8'), file, { apiId: 'x' }));
  expect(models.find(({ name }) => name === 'Person')).toEqual({
    name: 'Person',
    contentType: 'application/json',
    description: 'Random person schema.',
    schema: expect.stringMatching(/^\{"required":\["name","b"\],"type":"object","properties":\{"name"/),
  });
  const inner = { properties: { a: {} }, title: 't', required: ['a'], type: 'object' };
  const schemas = { A: { title: 'A', type: 'array', items: inner, allOf: [inner] } };
  const found = definitionOf(load(openapi({}, { components: { schemas } }))).models[0]?.schema;
  const ordered = '{"required":["a"],"type":"object","properties":{"a":{}},"title":"t"}';
  expect(found).toBe(`{"title":"A","type":"array","items":${ordered},"allOf":[${ordered}]}`);
});

test('properties and values that are named like keywords keep their order', () => {
  const value = { type: 1, required: 2 };
  const A = { properties: { type: {}, required: {} }, default: value, enum: [value], 'x-y': value };
  const { models } = definitionOf(load(openapi({}, { components: { schemas: { A } } })));
  expect(models[0]?.schema).toBe(JSON.stringify(A));
});

test('AWS_PROXY without responses has none, and its defaults are those of the service', () => {
  const { integration } = loadIntegration({ type: 'aws_proxy', httpMethod: 'POST', uri: LAMBDA });
  expect(integration).toMatchObject({
    responses: [],
    timeoutInMillis: 29000,
    passthroughBehavior: 'WHEN_NO_MATCH',
  });
});

test('MOCK keeps contentHandling; templates and parameter values stay character for character', () => {
  const requestTemplates = { 'application/json': ' {"statusCode": 200}\r\n\n' };
  const requestParameters = { 'integration.request.header.a': "' x\t'" };
  const mock = { ...MOCK, contentHandling: 'CONVERT_TO_TEXT', requestTemplates, requestParameters };
  const { integration } = loadIntegration(mock);
  expect(integration).toMatchObject({
    contentHandling: 'CONVERT_TO_TEXT',
    requestTemplates,
    requestParameters,
  });
});

test('status codes written as numbers are texts', () => {
  const yaml = `openapi: 3.0.1
info: { title: t, version: 1 }
paths:
  /a:
    get:
      responses: { 200: {}, "404": {} }
      x-amazon-apigateway-integration: { type: mock, responses: { 4..: { statusCode: 404 }, default: { statusCode: "200" } } }
`;
  const [method] = definitionOf(importDefinition(yaml, 'x')).resources[0]?.methods ?? [];
  expect(method?.responses.map(({ statusCode }) => statusCode)).toEqual(['200', '404']);
  expect(method?.integration?.responses.map(({ statusCode }) => statusCode)).toEqual(['404', '200']);
});

test('only the models of the document exist', () => {
  const schema = { $ref: '#/components/schemas/Pet' };
  const responses = { 200: { content: { 'application/json': { schema } } } };
  const document = openapi(
    { '/a': { get: operation(MOCK, { responses }) } },
    { components: { schemas: { Pet: {} } } },
  );
  expect(definitionOf(load(document)).models.map(({ name }) => name)).toEqual(['Pet']);
});

test('an API key scheme counts only in the header x-api-key', () => {
  const schemes = {
    key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    query: { type: 'apiKey', in: 'query', name: 'x-api-key' },
  };
  const components = { securitySchemes: schemes };
  const required = (name: string) =>
    loadMethod(openapi({ '/a': { get: operation(MOCK, { security: [{ [name]: [] }] }) } }, { components }))
      .method.apiKeyRequired;
  expect([required('key'), required('query')]).toEqual([true, false]);
});

test('the endpoint configuration of a document is kept for the control plane', () => {
  const key = 'x-amazon-apigateway-endpoint-configuration';
  const servers = [
    { url: '/', [key]: { vpcEndpointIds: ['vpce-1'], ipAddressType: 'dualstack' } },
    { url: '/', [key]: { vpcEndpointIds: ['vpce-2'] } },
  ];
  const result = load(openapi({}, { servers }));
  expect(result.endpointConfiguration).toEqual({
    vpcEndpointIds: ['vpce-1', 'vpce-2'],
    ipAddressType: 'dualstack',
  });
  expect(load(openapi({})).endpointConfiguration).toBeUndefined();
  const odd = load(openapi({}, { servers: [{ url: '/', [key]: { ipAddressType: 'ipv6' } }] }));
  expect(odd.problems.map(({ message }) => message)).toEqual([
    'The ipAddressType "ipv6" is ignored: write ipv4 or dualstack.',
  ]);
});
