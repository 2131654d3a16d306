import { expect, test } from 'vitest';
import { needsSourceIp } from '../../src/config/needs-source-ip.js';
import { importDefinition } from '../../src/openapi/import.js';
import { atOnce } from '../../src/steps.js';

function needs(integration: object, extra: object = {}): boolean {
  const document = {
    openapi: '3.0.3',
    info: { title: 'x', version: '1' },
    paths: { '/a': { get: { 'x-amazon-apigateway-integration': { httpMethod: 'GET', ...integration } } } },
    ...extra,
  };
  const { definition, problems } = importDefinition(JSON.stringify(document), 'a.json');
  if (definition === undefined) throw new Error(JSON.stringify(problems));
  return atOnce(needsSourceIp({ name: 'prod', variables: {}, deployment: { id: 'd', definition } }));
}

const HTTP = { type: 'http_proxy', uri: 'http://localhost/' };

test.each([
  ['a bare HTTP_PROXY', HTTP, false],
  [
    'an HTTP_PROXY with a mapped query parameter',
    { ...HTTP, requestParameters: { 'integration.request.querystring.a': 'method.request.header.b' } },
    false,
  ],
  [
    'a MOCK with a literal template',
    { type: 'mock', requestTemplates: { 'application/json': '{"statusCode": 200}' } },
    false,
  ],
  [
    'an AWS_PROXY',
    { type: 'aws_proxy', uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations' },
    true,
  ],
  [
    "a mapping of the caller's address",
    { ...HTTP, requestParameters: { 'integration.request.header.a': 'context.identity.sourceIp' } },
    true,
  ],
  [
    'a template that reads the context',
    { type: 'mock', requestTemplates: { 'application/json': '#set($c = $context)$c.get("iden" + "tity")' } },
    true,
  ],
  [
    'a response header from the identity',
    {
      ...HTTP,
      responses: {
        default: {
          statusCode: '200',
          responseParameters: { 'method.response.header.a': 'context.identity.sourceIp' },
        },
      },
    },
    true,
  ],
])('%s asks for the source address: %#', (_, integration, expected) => {
  expect(needs(integration)).toBe(expected);
});

test('so does a gateway response', () => {
  const responses = {
    DEFAULT_4XX: { responseParameters: { 'gatewayresponse.header.a': 'context.identity.sourceIp' } },
  };
  expect(needs(HTTP, { 'x-amazon-apigateway-gateway-responses': responses })).toBe(true);
});
