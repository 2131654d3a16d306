/** What operations demand of their callers, exported: nothing that was closed may come out open. */
import { describe, expect, test } from 'vitest';
import type { Definition } from '../../src/model/snapshot.js';
import { exportDefinition } from '../../src/openapi/export/export.js';
import { renderExport } from '../../src/openapi/export/render.js';
import type { ExportTarget } from '../../src/openapi/export/target.js';
import { importDefinition } from '../../src/openapi/import.js';
import { definitionOf, type Json, load, MOCK, openapi, operation } from './documents.js';
import { TARGET } from './export-fixed-point.js';

const AUTHORIZER = 'x-amazon-apigateway-authorizer';
const AUTHTYPE = 'x-amazon-apigateway-authtype';
const header = (name: string, extra: Json = {}) => ({ type: 'apiKey', name, in: 'header', ...extra });

const SCHEMES: Json = {
  token: header('X-Auth', { [AUTHTYPE]: 'oauth2', [AUTHORIZER]: { type: 'token', authorizerUri: 'arn:t' } }),
  pool: header('Authorization', { [AUTHORIZER]: { type: 'cognito_user_pools', providerARNs: ['arn:p'] } }),
  one: header('X-A', {
    [AUTHORIZER]: {
      type: 'request',
      identitySource: 'method.request.header.X-A',
      authorizerResultTtlInSeconds: 0,
    },
  }),
  two: header('Unused', {
    [AUTHORIZER]: {
      type: 'request',
      identitySource: 'method.request.header.X-A, context.identity.sourceIp',
    },
  }),
};
const KEY = header('x-api-key');
const IAM = header('Authorization', { [AUTHTYPE]: 'awsSigv4' });

/** Of `GET /a` with the given `security`. */
function secured(security: unknown, extra: Json = {}, schemes: Json = SCHEMES): Definition {
  const components = { securitySchemes: { ...schemes, key: KEY, iam: IAM } };
  return definitionOf(
    load(openapi({ '/a': { get: operation(MOCK, { security, ...extra }) } }, { components })),
  );
}

function exported(definition: Definition, target: Partial<ExportTarget> = {}): Json {
  return JSON.parse(renderExport(exportDefinition(definition, { ...TARGET, ...target }), 'json')) as Json;
}

function securityOf(document: Json): unknown {
  return (document as { paths: { '/a': { get: Json } } }).paths['/a'].get.security;
}

describe('an export', () => {
  test('declares every authorizer, and API keys and IAM when an operation demands them', () => {
    expect(exported(secured([])).components).toMatchObject({ securitySchemes: SCHEMES });
    expect(exported(secured([]), { format: 'swagger' })).toMatchObject({ securityDefinitions: SCHEMES });
    expect(exported(secured([{ key: [] }])).components).toMatchObject({
      securitySchemes: { ...SCHEMES, api_key: KEY },
    });
    expect(exported(secured([{ iam: [] }])).components).toMatchObject({
      securitySchemes: { ...SCHEMES, sigv4: IAM },
    });
  });

  test('without the extension authorizers declares the same schemes without extensions', () => {
    const { components } = exported(secured([{ iam: [] }]), { extensions: new Set(['integrations']) });
    expect(components).toMatchObject({
      securitySchemes: { token: header('X-Auth'), sigv4: header('Authorization') },
    });
    expect(JSON.stringify(components)).not.toMatch('x-amazon');
  });

  test.each([
    [[], undefined],
    [[{ token: [] }], [{ token: [] }]],
    [[{ pool: ['a', 'b'] }], [{ pool: ['a', 'b'] }]],
    [[{ iam: [] }], [{ sigv4: [] }]],
    [[{ key: [], one: [] }], [{ one: [] }, { api_key: [] }]],
    [
      [{ key: [] }, { iam: [] }],
      [{ sigv4: [] }, { api_key: [] }],
    ],
  ])('of security %j is %j', (security, expected) => {
    expect(securityOf(exported(secured(security)))).toEqual(expected);
  });

  test('finds other names for its schemes when authorizers have them', () => {
    const definition = secured([{ api_key: [], key: [] }], {}, { api_key: SCHEMES.token, sigv4: IAM });
    const document = exported(definition);
    expect(securityOf(document)).toEqual([{ api_key: [] }, { 'api_key-1': [] }]);
    expect(definitionOf(importDefinition(JSON.stringify(document), 'x'))).toEqual(definition);
  });

  test('of a method whose authorizer is missing is refused by an import, not opened', () => {
    const definition = secured([{ token: [] }]);
    const [resource] = definition.resources;
    for (const authorizerName of ['gone', undefined]) {
      const methods = resource?.methods.map(({ authorizerName: _, ...method }) => ({
        ...method,
        ...(authorizerName === undefined ? {} : { authorizerName }),
      }));
      const resources = [{ id: 'r', path: '/a', methods: methods ?? [] }];
      const text = JSON.stringify(exported({ ...definition, resources }));
      expect(importDefinition(text, 'x').problems.map(({ message }) => message)).toEqual([
        expect.stringContaining('There is no security scheme'),
      ]);
    }
  });

  test('of a broken policy is refused by an import, not opened', () => {
    const text = JSON.stringify(exported({ ...secured([]), policy: 'Deny!' }));
    expect(importDefinition(text, 'x').definition).toBeUndefined();
  });
});
