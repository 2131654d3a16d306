import { describe, expect, test } from 'vitest';
import {
  definitionOf,
  type Json,
  load,
  loadMethod,
  MOCK,
  messagesOf,
  openapi,
  operation,
  swagger,
} from './documents.js';

const P = 'x-amazon-apigateway-';

function root(extra: Json) {
  const result = load(openapi({}, extra));
  return { definition: definitionOf(result), messages: messagesOf(result) };
}

describe('the root of a document', () => {
  test('sets binary media types, compression, key source and policy', () => {
    const policy = { Version: '2012-10-17', Statement: [{ Resource: 'execute-api:/*', Deny: false }] };
    const { definition, messages } = root({
      [`${P}binary-media-types`]: ['image/png', '*/*'],
      [`${P}minimum-compression-size`]: 0,
      [`${P}api-key-source`]: 'authorizer',
      [`${P}policy`]: policy,
    });
    expect(definition).toMatchObject({
      binaryMediaTypes: ['image/png', '*/*'],
      minimumCompressionSize: 0,
      apiKeySource: 'AUTHORIZER',
      policy: JSON.stringify(policy),
    });
    expect(messages).toEqual([]);
  });

  test('may give the policy as a text, with functions resolved, and never a broken one', () => {
    expect(root({ [`${P}policy`]: '{"Statement": []}' }).definition.policy).toBe('{"Statement": []}');
    const resource = { 'Fn::Sub': `arn:aws:execute-api:\${AWS::Region}:*` };
    expect(root({ [`${P}policy`]: { Resource: resource } }).definition.policy).toBe(
      '{"Resource":"arn:aws:execute-api:us-east-1:*"}',
    );
    for (const policy of ['x', '[]', 1, [], { Resource: { Ref: 'Api' } }]) {
      expect(load(openapi({}, { [`${P}policy`]: policy })).definition).toBeUndefined();
    }
  });

  test.each([
    [{ [`${P}minimum-compression-size`]: 10485761 }, 'a whole number from 0 to 10485760'],
    [{ [`${P}minimum-compression-size`]: 'x' }, 'a whole number'],
    [{ [`${P}api-key-source`]: 'QUERY' }, 'The API key source "QUERY" is unknown, HEADER is used'],
    [{ [`${P}binary-media-types`]: 'image/png' }, 'must be a list'],
    [{ info: {} }, 'has no info.title'],
    [{ info: undefined }, 'has no info.title'],
  ])('%j loads with a warning', (extra, reason) => {
    const { definition, messages } = root(extra);
    expect(messages).toEqual([expect.stringContaining(reason)]);
    expect(definition.minimumCompressionSize).toBeUndefined();
  });

  test('disables the execute-api endpoint at the root of Swagger 2.0 and at a server of OpenAPI 3', () => {
    const configuration = { [`${P}endpoint-configuration`]: { disableExecuteApiEndpoint: true } };
    expect(definitionOf(load(swagger({}, configuration))).disableExecuteApiEndpoint).toBe(true);
    expect(
      root({ servers: [{ url: '/' }, { url: '/x', ...configuration }] }).definition.disableExecuteApiEndpoint,
    ).toBe(true);
    expect(root({ servers: [{ url: '/' }] }).definition.disableExecuteApiEndpoint).toBe(false);
  });

  test('customises gateway responses', () => {
    const { definition, messages } = root({
      [`${P}gateway-responses`]: {
        DEFAULT_4XX: {
          statusCode: 499,
          responseParameters: { 'gatewayresponse.header.a': "'x'", 'gatewayresponse.header.b': 1, c: "'x'" },
          responseTemplates: { 'application/json': '{}\n' },
        },
        THROTTLED: {},
        TEAPOT: {},
        UNAUTHORIZED: {
          statusCode: '101',
          responseTemplates: {
            'text/plain': '#if($context.stage)$context.stage',
            'text/html': '$context.stage',
          },
        },
      },
    });
    expect(definition.gatewayResponses).toEqual([
      {
        responseType: 'DEFAULT_4XX',
        statusCode: '499',
        responseParameters: { 'gatewayresponse.header.a': "'x'" },
        responseTemplates: { 'application/json': '{}\n' },
      },
      { responseType: 'THROTTLED', responseParameters: {}, responseTemplates: {} },
      {
        responseType: 'UNAUTHORIZED',
        responseParameters: {},
        responseTemplates: {
          'text/plain': '#if($context.stage)$context.stage',
          'text/html': '$context.stage',
        },
      },
    ]);
    expect(messages).toEqual([
      expect.stringContaining('The mapping of "gatewayresponse.header.b" must be a text'),
      expect.stringContaining('"c" is no mapping target'),
      expect.stringContaining('"TEAPOT" is no gateway response type'),
      expect.stringContaining('The status code "101" is ignored'),
      expect.stringContaining('"#if" stays as it is'),
    ]);
  });

  test('names request validators, which operations may choose for themselves', () => {
    const validators = {
      [`${P}request-validators`]: {
        all: { validateRequestBody: true, validateRequestParameters: 'true' },
        none: {},
      },
      [`${P}request-validator`]: 'all',
    };
    const { method } = loadMethod(openapi({ '/a': { get: operation(MOCK) } }, validators));
    expect(method.requestValidatorName).toBe('all');
    const own = operation(MOCK, { [`${P}request-validator`]: 'none' });
    expect(loadMethod(openapi({ '/a': { get: own } }, validators)).method.requestValidatorName).toBe('none');
    const unknown = operation(MOCK, { [`${P}request-validator`]: 'x' });
    const loaded = loadMethod(openapi({ '/a': { get: unknown } }, validators));
    expect(loaded.method.requestValidatorName).toBeUndefined();
    expect(loaded.messages).toEqual([expect.stringContaining('There is no request validator "x"')]);
    expect(root(validators).definition.requestValidators).toEqual([
      { name: 'all', validateRequestBody: true, validateRequestParameters: true },
      { name: 'none', validateRequestBody: false, validateRequestParameters: false },
    ]);
  });
});

describe('extensions', () => {
  test.each([
    ['cors', 'is for HTTP APIs'],
    ['importexport-version', 'is for HTTP APIs'],
    ['security-policy', 'has no effect here'],
    ['endpoint-access-mode', 'has no effect here'],
    ['gateway-response', 'is unknown and ignored'],
    ['any-method', 'is ignored here: move it to a path item'],
    ['authorizer', 'is ignored here: move it to a security scheme'],
    ['auth', 'is ignored here: move it to an operation'],
  ])('%s at the root is reported', (name, reason) => {
    expect(root({ [P + name]: {} }).messages).toEqual([expect.stringContaining(reason)]);
  });

  test('are reported at operations, schemes, components and servers too', () => {
    const extra = {
      components: { [`${P}cors`]: {}, securitySchemes: { a: { type: 'http', [`${P}x`]: 1 } } },
      servers: [{ url: '/', [`${P}policy`]: {} }],
    };
    const result = load(openapi({ '/a': { get: operation(MOCK, { [`${P}authorizer`]: {} }) } }, extra));
    expect(result.problems.map(({ pointer }) => pointer)).toEqual([
      `/components/${P}cors`,
      `/servers/0/${P}policy`,
      `/components/securitySchemes/a/${P}x`,
      `/paths/~1a/get/${P}authorizer`,
    ]);
  });

  test('that only document are nothing to talk about', () => {
    expect(root({ [`${P}documentation`]: { version: '1' }, 'x-other': 1 }).messages).toEqual([]);
  });
});
