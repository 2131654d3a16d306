import { describe, expect, test } from 'vitest';
import { findNotExecuted } from '../../src/openapi/not-executed.js';
import {
  definitionOf,
  INTEGRATION_AT,
  type Json,
  load,
  MOCK,
  messagesOf,
  openapi,
  operation,
  swagger,
} from './documents.js';

const LAMBDA = 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations';
const HTTP = {
  type: 'http',
  httpMethod: 'POST',
  uri: 'http://h/',
  responses: { default: { statusCode: '200' } },
};
const PROXY = { type: 'http_proxy', httpMethod: 'GET', uri: 'http://h/' };

function found(document: Json): string[] {
  const result = load(document);
  const problems = findNotExecuted(definitionOf(result), result.locate);
  return messagesOf({ ...result, problems });
}

function inIntegration(integration: Json): string[] {
  return found(openapi({ '/a': { get: operation(integration) } }));
}

describe('of an integration', () => {
  test('everything that is executed is not listed', () => {
    const template = { 'application/json': '#set($code = 200){"statusCode": $code}' };
    const mappings = {
      requestParameters: { 'integration.request.header.a': 'method.request.body.a[*]' },
      timeoutInMillis: 1000,
    };
    for (const integration of [
      { ...MOCK, requestTemplates: template },
      { ...HTTP, ...mappings, requestTemplates: template, contentHandling: 'CONVERT_TO_TEXT' },
      { ...PROXY, ...mappings, responseTransferMode: 'STREAM', contentHandling: 'CONVERT_TO_TEXT' },
      {
        type: 'aws',
        httpMethod: 'POST',
        uri: LAMBDA,
        responses: { default: { statusCode: '200' }, '.*Error.*': { statusCode: '500' } },
      },
      {
        type: 'aws_proxy',
        httpMethod: 'POST',
        uri: LAMBDA,
        contentHandling: 'CONVERT_TO_TEXT',
        requestTemplates: { 'application/json': '$input.body' },
        responses: { default: { statusCode: '200' }, '.*Error.*': { statusCode: '500' } },
      },
    ]) {
      expect(inIntegration(integration)).toEqual([]);
    }
  });

  test.each([
    [
      'a service as aws_proxy',
      {
        type: 'aws_proxy',
        httpMethod: 'POST',
        uri: 'arn:aws:apigateway:us-east-1:sqs:path/q',
        responses: HTTP.responses,
      },
      '/uri',
      'aws_proxy calls Lambda functions only',
    ],
    [
      'a VPC link',
      { ...PROXY, connectionType: 'VPC_LINK', connectionId: 'x' },
      '/connectionType',
      'VPC links',
    ],
    [
      'cache keys',
      { ...PROXY, cacheKeyParameters: ['method.request.path.x'] },
      '/cacheKeyParameters',
      'Answers are not cached yet',
    ],
    [
      'a streaming function',
      { type: 'aws_proxy', httpMethod: 'POST', uri: LAMBDA, responseTransferMode: 'STREAM' },
      '/responseTransferMode',
      'Functions do not stream',
    ],
  ])('%s is listed at its place', (_name, integration, pointer, message) => {
    expect(inIntegration(integration)).toEqual([
      expect.stringContaining(`warning ${INTEGRATION_AT}${pointer}: ${message}`),
    ]);
  });

  test('given by reference, the place is that of its target', () => {
    const $ref = '#/components/x-amazon-apigateway-integrations/A';
    const components = {
      'x-amazon-apigateway-integrations': { A: { ...PROXY, connectionType: 'VPC_LINK', connectionId: 'x' } },
    };
    expect(found(openapi({ '/a': { get: operation({ $ref }) } }, { components }))).toEqual([
      expect.stringMatching('^warning /components/x-amazon-apigateway-integrations/A/connectionType: '),
    ]);
  });
});

describe('of a method and its API', () => {
  const scheme = (extra: Json) => ({ type: 'apiKey', in: 'header', name: 'x-api-key', ...extra });

  test.each([
    [
      { 'x-amazon-apigateway-authorizer': { type: 'token' } },
      'Authorizers are not executed yet, so this method answers 500',
    ],
    [
      { 'x-amazon-apigateway-authtype': 'awsSigv4' },
      'Signatures (AWS_IAM) are not checked yet, so this method answers 403',
    ],
    [{}, 'API keys are not checked yet, so this method answers 403'],
  ])('%j is listed with what it answers', (extra, message) => {
    const document = { securityDefinitions: { a: scheme(extra) } };
    const get = operation(MOCK, { security: [{ a: [] }] });
    expect(found(swagger({ '/a': { get } }, document))).toEqual([
      expect.stringContaining(`warning /paths/~1a/get/security: ${message}`),
    ]);
  });

  test('settings of the whole API are listed once', () => {
    const extra = {
      'x-amazon-apigateway-policy': {},
      'x-amazon-apigateway-gateway-responses': { DEFAULT_4XX: {}, DEFAULT_5XX: {} },
    };
    expect(found(openapi({}, extra)).map((message) => message.split(':')[0])).toEqual([
      'warning /x-amazon-apigateway-policy',
    ]);
  });
});
