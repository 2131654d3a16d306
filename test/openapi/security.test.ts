import { describe, expect, test } from 'vitest';
import type { Method } from '../../src/model/snapshot.js';
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

const AUTHORIZER = 'x-amazon-apigateway-authorizer';
const AUTHTYPE = 'x-amazon-apigateway-authtype';
const header = (name: string, extra: Json = {}) => ({ type: 'apiKey', in: 'header', name, ...extra });

const SCHEMES: Json = {
  token: header('Authorization', { [AUTHORIZER]: { type: 'token', authorizerUri: 'arn:t' } }),
  pool: header('Auth', { [AUTHORIZER]: { type: 'cognito_user_pools', providerARNs: ['arn:p'] } }),
  request: header('X-Api-Key', {
    [AUTHORIZER]: { type: 'request', identitySource: 'context.identity.sourceIp' },
  }),
  iam: header('Authorization', { [AUTHTYPE]: 'awsSigv4' }),
  key: header('X-API-Key'),
  bearer: { type: 'http', scheme: 'bearer' },
};

function secured(extra: Json, root: Json = {}): { method: Method; messages: string[] } {
  const components = { securitySchemes: SCHEMES };
  return loadMethod(openapi({ '/a': { get: operation(MOCK, extra) } }, { components, ...root }));
}

function authorization({ method }: { method: Method }): unknown[] {
  const { authorizationType, authorizerName, authorizationScopes, apiKeyRequired } = method;
  return [authorizationType, authorizerName, authorizationScopes, apiKeyRequired];
}

describe('security of an operation', () => {
  test.each([
    [undefined, ['NONE', undefined, [], false]],
    [[], ['NONE', undefined, [], false]],
    [[{ token: [] }], ['CUSTOM', 'token', [], false]],
    [[{ request: [] }], ['CUSTOM', 'request', [], false]],
    [[{ pool: ['a/b', 'c'] }], ['COGNITO_USER_POOLS', 'pool', ['a/b', 'c'], false]],
    [[{ iam: [] }], ['AWS_IAM', undefined, [], false]],
    [[{ key: [] }], ['NONE', undefined, [], true]],
    [[{ key: [], token: [] }], ['CUSTOM', 'token', [], true]],
    [
      [{ pool: [] }, { token: [] }, { key: [] }, { iam: [] }],
      ['COGNITO_USER_POOLS', 'pool', [], true],
    ],
  ])('%j', (security, expected) => {
    const { method, messages } = secured(security === undefined ? {} : { security });
    expect(authorization({ method })).toEqual(expected);
    expect(messages).toEqual([]);
  });

  test('is that of the root when it has none of its own', () => {
    const root = { security: [{ pool: ['s'] }, { key: [] }] };
    expect(authorization(secured({}, root))).toEqual(['COGNITO_USER_POOLS', 'pool', ['s'], true]);
    expect(authorization(secured({ security: [] }, root))).toEqual(['NONE', undefined, [], false]);
    expect(authorization(secured({ security: null }, root))).toEqual([
      'COGNITO_USER_POOLS',
      'pool',
      ['s'],
      true,
    ]);
  });

  test('by a scheme that API Gateway does not enforce leaves the method open, with a warning', () => {
    const result = secured({ security: [{ bearer: [] }] });
    expect(authorization(result)).toEqual(['NONE', undefined, [], false]);
    expect(result.messages).toEqual([
      expect.stringContaining('does not enforce the security scheme "bearer"'),
    ]);
  });

  test('by an undeclared api_key is taken for an API key, as in the samples of AWS', () => {
    const result = secured({ security: [{ api_key: [] }] });
    expect(authorization(result)).toEqual(['NONE', undefined, [], true]);
    expect(result.messages).toEqual([expect.stringContaining('"api_key" is not declared')]);
  });

  test.each([
    [{ security: [{ none: [] }] }, 'There is no security scheme "none"'],
    [{ security: ['token'] }, 'An entry of "security" is no object'],
    [{ security: { token: [] } }, '"security" is no list'],
    [{ security: 'token' }, '"security" is no list'],
    [{ 'x-amazon-apigateway-auth': { type: 'iam' } }, 'The authorization type "IAM" is unknown'],
    [{ 'x-amazon-apigateway-auth': 'AWS_IAM' }, 'The authorization type "" is unknown'],
  ])('that cannot be understood refuses the document instead of opening the method: %j', (extra, reason) => {
    const components = { securitySchemes: SCHEMES };
    const result = load(openapi({ '/a': { get: operation(MOCK, extra) } }, { components }));
    expect(result.definition).toBeUndefined();
    expect(messagesOf(result).join()).toMatch(reason);
  });

  test('x-amazon-apigateway-auth adds IAM in any case and never lifts what is demanded', () => {
    const auth = (type: string) => ({ 'x-amazon-apigateway-auth': { type } });
    expect(authorization(secured(auth('aws_iam')))).toEqual(['AWS_IAM', undefined, [], false]);
    expect(authorization(secured({ ...auth('AWS_IAM'), security: [{ token: [] }] }))).toEqual([
      'AWS_IAM',
      undefined,
      [],
      false,
    ]);
    const lifted = secured({ ...auth('NONE'), security: [{ token: [] }] });
    expect(authorization(lifted)).toEqual(['CUSTOM', 'token', [], false]);
    expect(lifted.messages).toEqual([expect.stringContaining('does not lift the security')]);
    expect(secured(auth('none')).messages).toEqual([]);
  });
});

describe('authorizers', () => {
  const SCHEME_PLACES: [string, (schemes: Json) => Json][] = [
    ['OpenAPI 3', (securitySchemes) => openapi({}, { components: { securitySchemes } })],
    ['Swagger 2.0', (securityDefinitions) => swagger({}, { securityDefinitions })],
  ];
  test.each(SCHEME_PLACES)('are made of every scheme of %s, used or not', (_format, document) => {
    const schemes = {
      one: header('X-Auth', {
        [AUTHTYPE]: 'oauth2',
        [AUTHORIZER]: {
          type: 'TOKEN',
          authorizerUri: 'arn:u',
          authorizerCredentials: '',
          identitySource: 'method.request.header.Ignored',
          identityValidationExpression: '^x$',
          authorizerResultTtlInSeconds: '60',
        },
      }),
      two: header('unused', {
        [AUTHORIZER]: {
          type: 'request',
          identitySource: 'stageVariables.a',
          authorizerResultTtlInSeconds: 0,
        },
      }),
      three: header('Authorization', {
        [AUTHORIZER]: { type: 'cognito_user_pools', providerARNs: ['a', 'b'] },
      }),
      four: header('x', { [AUTHORIZER]: { type: 'request' } }),
    };
    const result = load(document(schemes));
    expect(result.problems).toEqual([]);
    expect(definitionOf(result).authorizers).toEqual([
      {
        name: 'one',
        type: 'TOKEN',
        authType: 'oauth2',
        authorizerUri: 'arn:u',
        authorizerCredentials: '',
        identitySource: 'method.request.header.X-Auth',
        identityValidationExpression: '^x$',
        authorizerResultTtlInSeconds: 60,
        providerArns: [],
      },
      {
        name: 'two',
        type: 'REQUEST',
        identitySource: 'stageVariables.a',
        authorizerResultTtlInSeconds: 0,
        providerArns: [],
      },
      {
        name: 'three',
        type: 'COGNITO_USER_POOLS',
        identitySource: 'method.request.header.Authorization',
        providerArns: ['a', 'b'],
      },
      { name: 'four', type: 'REQUEST', providerArns: [] },
    ]);
  });

  test.each([
    [{ type: 'jwt' }, 'has the type "jwt", which REST APIs lack'],
    [{}, 'has no type'],
    ['x', 'has no type'],
  ])('%j is refused', (authorizer, reason) => {
    const result = load(
      openapi({}, { components: { securitySchemes: { a: header('x', { [AUTHORIZER]: authorizer }) } } }),
    );
    expect(result.definition).toBeUndefined();
    expect(messagesOf(result).join()).toMatch(reason);
  });

  test('report members without effect', () => {
    const authorizer = {
      type: 'token',
      enableSimpleResponses: true,
      ttl: 1,
      authorizerResultTtlInSeconds: 3601,
    };
    const result = load(
      openapi({}, { components: { securitySchemes: { a: header('x', { [AUTHORIZER]: authorizer }) } } }),
    );
    expect(messagesOf(result)).toEqual([
      expect.stringContaining('"enableSimpleResponses" is for HTTP APIs'),
      expect.stringContaining('"ttl" is no member of an authorizer'),
      expect.stringContaining('a whole number from 0 to 3600'),
    ]);
  });
});
