/** Holds the types of the model against the protobuf contract: what is encoded comes back as it was. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Definition, Item, Resource, StageItem } from '../../src/model/snapshot.js';
import { importDefinition } from '../../src/openapi/import.js';
import { decodeItem, encodeItem, snapshotCodec } from '../../src/proto/codec.js';
import { decodeItemInSteps, type KnownResources } from '../../src/proto/item-steps.js';
import { snapshotPieces } from '../../src/proto/snapshot-pieces.js';
import { atOnce } from '../../src/steps.js';

const CORPUS = join(import.meta.dirname, '../corpus');

function stageOf(definition: Definition, more: Partial<StageItem> = {}): Item {
  const deployment = { id: 'd1', definition };
  const variables = { tier: 'gold', empty: '' };
  return { kind: 'stage', stage: { apiId: 'a1', name: 'live', variables, deployment, ...more } };
}

function expectRoundTrip(item: Item): void {
  const bytes = encodeItem(item);
  // Strict: an optional member that is absent may not come back as undefined or null.
  expect(decodeItem(bytes)).toStrictEqual(item);
  expect(atOnce(decodeItemInSteps(bytes))).toStrictEqual(item);
  expect(Buffer.from(encodeItem(decodeItem(bytes) as Item))).toEqual(Buffer.from(bytes));
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

describe('an item comes back from its bytes as it was, read at once or in steps', () => {
  test('with every member set', () => expectRoundTrip(stageOf(FULL)));

  test('with every optional member absent', () => expectRoundTrip(stageOf(BARE)));

  test('with optional members that are zero, which is not absent', () => {
    expectRoundTrip(
      stageOf({
        ...BARE,
        minimumCompressionSize: 0,
        policy: '',
        authorizers: [
          { name: '', type: 'TOKEN', authorizerResultTtlInSeconds: 0, identitySource: '', providerArns: [] },
        ],
      }),
    );
  });

  test('with a canary', () => {
    const canary = {
      deployment: { id: 'd2', definition: FULL },
      percentTraffic: 12.5,
      stageVariableOverrides: { tier: 'tin' },
      useStageCache: true,
    };
    expectRoundTrip(stageOf(BARE, { canary }));
  });

  test.each<Item>([
    { kind: 'api', api: { id: 'a', name: 'n', disableExecuteApiEndpoint: true } },
    { kind: 'mapping', mapping: { domain: '*.example.com', basePath: 'v1', apiId: 'a1', stage: '' } },
    { kind: 'domain', domain: { name: 'example.com', certificateFile: 'c', privateKeyFile: 'k' } },
    { kind: 'domain', domain: { name: '' } },
  ])('of the kind $kind', (item) => expectRoundTrip(item));

  const files = readdirSync(CORPUS).filter((file) => file !== 'INDEX.md');
  const loaded = files.flatMap((file) => {
    const { definition } = importDefinition(readFileSync(join(CORPUS, file), 'utf8'), file);
    return definition === undefined ? [] : [{ file, definition }];
  });
  test.each(loaded)('with the definition of $file', ({ definition }) => expectRoundTrip(stageOf(definition)));

  test('and most documents of the corpus are among them', () => expect(loaded.length).toBe(27));
});

/** A field of a message in a message. */
function field(number: number, ...parts: (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}

test('a stage that comes in pieces, with fields of a newer version, reads the same in steps', () => {
  const definition = (name: string) =>
    field(2, field(1, name), field(9, field(2, `/${name}`)), field(15, 'new'));
  const bytes = Buffer.concat([
    field(2, field(3, field(1, 'd1'), definition('a')), field(1, 'live'), field(14, 'new')),
    field(2, field(4, 'a1'), field(3, definition('b'))),
  ]);
  const item = decodeItem(bytes);
  expect(
    item?.kind === 'stage' && item.stage.deployment.definition.resources.map(({ path }) => path),
  ).toEqual(['/a', '/b']);
  expect(atOnce(decodeItemInSteps(bytes))).toStrictEqual(item);
});

describe('resources that were decoded before', () => {
  const first = (FULL.resources[0] as Resource).methods;
  const resource = (path: string, methods = first): Resource => ({ id: path, path, methods });
  const decode = (resources: Resource[], before: KnownResources) => {
    const now = new Map();
    const bytes = encodeItem(stageOf({ ...FULL, resources }));
    const item = atOnce(decodeItemInSteps(Buffer.from(bytes), { before, now }));
    expect(item).toStrictEqual(decodeItem(bytes));
    return { now, resources: item?.kind === 'stage' ? item.stage.deployment.definition.resources : [] };
  };

  test('are the same objects again where their bytes are the same, in whatever order, and others are not', () => {
    const before = decode([resource('/a'), resource('/b'), resource('/ü')], new Map());
    const after = decode([resource('/ü'), resource('/b', []), resource('/c'), resource('/a')], before.now);
    expect(after.resources[0]).toBe(before.resources[2]);
    expect(after.resources[3]).toBe(before.resources[0]);
    expect(after.now.size).toBe(4);
    // What is gone is forgotten, and comes back anew.
    const back = decode([resource('/b')], after.now);
    expect(back.resources[0]).not.toBe(before.resources[1]);
    expect(back.now.size).toBe(1);
  });
});

test('a snapshot in pieces is its encoding, and the bytes of its items are not copied', () => {
  const item = new Uint8Array(300).fill(7);
  const items = [
    { key: 'api/ü', item },
    { key: 'stage/x/y', item: Buffer.from('y') },
  ];
  const snapshot = { head: Buffer.from('head'), mac: new Uint8Array(0), items };
  const pieces = snapshotPieces(snapshot);
  expect(Buffer.concat(pieces)).toEqual(Buffer.from(snapshotCodec.encode(snapshot)));
  expect(pieces).toContain(item);
});

test('an item of a kind of a newer version is told apart', () => {
  expect(decodeItem(field(15, 'new'))).toBeUndefined();
  expect(atOnce(decodeItemInSteps(field(15, 'new')))).toBeUndefined();
});

test.each<[string, Uint8Array]>([
  ['bytes that are no item', Buffer.from([0xff, 0xff])],
  ['a stage that breaks off', encodeItem(stageOf(FULL)).subarray(0, -1)],
])('%s are refused', (_, bytes) => {
  expect(() => decodeItem(bytes)).toThrow();
  expect(() => atOnce(decodeItemInSteps(bytes))).toThrow();
});

test('a stage without a deployment or a definition is refused', () => {
  expect(() => atOnce(decodeItemInSteps(field(2, field(1, 'live'))))).toThrow('no deployment');
  expect(() => atOnce(decodeItemInSteps(field(2, field(3, field(1, 'd')))))).toThrow('no definition');
});
