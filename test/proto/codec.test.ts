/** Holds the types of the model against the protobuf contract: what is encoded comes back as it was. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Definition, Snapshot } from '../../src/model/snapshot.js';
import { importDefinition } from '../../src/openapi/import.js';
import { decodeSnapshot, encodeSnapshot } from '../../src/proto/codec.js';

const CORPUS = join(import.meta.dirname, '../corpus');

function snapshotOf(definition: Definition): Snapshot {
  const deployment = { id: 'd1', definition };
  return {
    revision: 2 ** 40,
    apis: [
      {
        id: 'a1',
        name: 'api',
        stages: [{ name: 'live', variables: { tier: 'gold', empty: '' }, deployment }],
        disableExecuteApiEndpoint: true,
      },
    ],
    mappings: [{ domain: '*.example.com', basePath: 'v1', apiId: 'a1', stage: '' }],
  };
}

function expectRoundTrip(snapshot: Snapshot): void {
  const bytes = encodeSnapshot(snapshot);
  // Strict: an optional member that is absent may not come back as undefined or null.
  expect(decodeSnapshot(bytes)).toStrictEqual(snapshot);
  expect(Buffer.from(encodeSnapshot(decodeSnapshot(bytes)))).toEqual(Buffer.from(bytes));
}

/** Every member of every type, with a value that is not its zero. */
const FULL: Definition = {
  name: 'n',
  version: 'v',
  description: 'd',
  binaryMediaTypes: ['image/png'],
  minimumCompressionSize: 1,
  apiKeySource: 'AUTHORIZER',
  policy: '{}',
  disableExecuteApiEndpoint: true,
  resources: [
    {
      id: 'r',
      path: '/a/{b}',
      methods: [
        {
          httpMethod: 'ANY',
          operationName: 'o',
          authorizationType: 'CUSTOM',
          authorizerName: 'auth',
          authorizationScopes: ['s'],
          apiKeyRequired: true,
          requestValidatorName: 'all',
          requestParameters: { 'method.request.path.b': true, 'method.request.header.h': false },
          requestModels: { 'application/json': 'M' },
          responses: [
            {
              statusCode: '200',
              responseParameters: { 'method.response.header.h': false },
              responseModels: { 'application/json': 'M' },
            },
          ],
          integration: {
            type: 'HTTP',
            httpMethod: 'POST',
            uri: 'http://h/{b}',
            credentials: 'c',
            passthroughBehavior: 'NEVER',
            contentHandling: 'CONVERT_TO_TEXT',
            requestParameters: { 'integration.request.path.b': 'method.request.path.b' },
            requestTemplates: { 'application/json': '{}' },
            responses: [
              {
                selectionPattern: '5..',
                statusCode: '500',
                responseParameters: { 'method.response.header.h': "'x'" },
                responseTemplates: { 'text/plain': '' },
                contentHandling: 'CONVERT_TO_BINARY',
              },
              { statusCode: '200', responseParameters: {}, responseTemplates: {} },
            ],
            cacheNamespace: 'ns',
            cacheKeyParameters: ['k'],
            connectionType: 'VPC_LINK',
            connectionId: 'link',
            timeoutInMillis: 900_000,
            tlsConfig: { insecureSkipVerification: true, serverNameToVerify: 's' },
            responseTransferMode: 'STREAM',
            integrationTarget: 't',
            payloadFormatVersion: '1.0',
            integrationSubtype: 'x',
          },
        },
      ],
    },
  ],
  models: [{ name: 'M', contentType: 'application/json', description: 'd', schema: '{}' }],
  requestValidators: [{ name: 'all', validateRequestBody: true, validateRequestParameters: true }],
  authorizers: [
    {
      name: 'auth',
      type: 'TOKEN',
      authType: 'custom',
      authorizerUri: 'u',
      authorizerCredentials: 'c',
      identitySource: 'i',
      identityValidationExpression: 'e',
      authorizerResultTtlInSeconds: 300,
      providerArns: ['p'],
    },
  ],
  gatewayResponses: [
    {
      responseType: 'DEFAULT_4XX',
      statusCode: '499',
      responseParameters: { 'gatewayresponse.header.h': "'x'" },
      responseTemplates: { 'application/json': '{}' },
    },
  ],
};

/** Every optional member absent, everything else zero. */
const BARE: Definition = {
  name: '',
  version: '',
  description: '',
  binaryMediaTypes: [],
  apiKeySource: 'HEADER',
  disableExecuteApiEndpoint: false,
  resources: [
    {
      id: 'r',
      path: '/',
      methods: [
        {
          httpMethod: 'GET',
          authorizationType: 'NONE',
          authorizationScopes: [],
          apiKeyRequired: false,
          requestParameters: {},
          requestModels: {},
          responses: [],
        },
        {
          httpMethod: 'PUT',
          authorizationType: 'NONE',
          authorizationScopes: [],
          apiKeyRequired: false,
          requestParameters: {},
          requestModels: {},
          responses: [{ statusCode: '200', responseParameters: {}, responseModels: {} }],
          integration: {
            type: 'MOCK',
            passthroughBehavior: 'WHEN_NO_MATCH',
            requestParameters: {},
            requestTemplates: {},
            responses: [{ statusCode: '200', responseParameters: {}, responseTemplates: {} }],
            cacheNamespace: '',
            cacheKeyParameters: [],
            connectionType: 'INTERNET',
            timeoutInMillis: 0,
            tlsConfig: { insecureSkipVerification: false },
            responseTransferMode: 'BUFFERED',
          },
        },
      ],
    },
  ],
  models: [{ name: 'M', contentType: '', schema: '' }],
  requestValidators: [{ name: '', validateRequestBody: false, validateRequestParameters: false }],
  authorizers: [{ name: '', type: 'REQUEST', providerArns: [] }],
  gatewayResponses: [{ responseType: '', responseParameters: {}, responseTemplates: {} }],
};

describe('a snapshot comes back from its bytes as it was', () => {
  test('with every member set', () => expectRoundTrip(snapshotOf(FULL)));

  test('with every optional member absent', () => expectRoundTrip(snapshotOf(BARE)));

  test('with optional members that are zero, which is not absent', () => {
    expectRoundTrip(
      snapshotOf({
        ...BARE,
        minimumCompressionSize: 0,
        policy: '',
        authorizers: [
          { name: '', type: 'TOKEN', authorizerResultTtlInSeconds: 0, identitySource: '', providerArns: [] },
        ],
      }),
    );
  });

  test('when it is empty', () => expectRoundTrip({ revision: 0, apis: [], mappings: [] }));

  const files = readdirSync(CORPUS).filter((file) => file !== 'INDEX.md');
  const loaded = files.flatMap((file) => {
    const { definition } = importDefinition(readFileSync(join(CORPUS, file), 'utf8'), file);
    return definition === undefined ? [] : [{ file, definition }];
  });
  test.each(loaded)('with the definition of $file', ({ definition }) =>
    expectRoundTrip(snapshotOf(definition)),
  );

  test('and most documents of the corpus are among them', () => expect(loaded.length).toBe(27));
});

test('bytes that are no snapshot are refused', () => {
  expect(() => decodeSnapshot(Buffer.from([0xff, 0xff]))).toThrow();
});
