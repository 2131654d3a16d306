/** The shapes of exports (reference 08 section 3). */
import { describe, expect, test } from 'vitest';
import type { Definition, Integration, Method } from '../../src/model/snapshot.js';
import { exportDefinition, exportFileName } from '../../src/openapi/export/export.js';
import { renderExport } from '../../src/openapi/export/render.js';
import type { ExportTarget } from '../../src/openapi/export/target.js';
import { importDefinition } from '../../src/openapi/import.js';
import { definitionOf, type Json } from './documents.js';
import { TARGET } from './export-fixed-point.js';

const INTEGRATION: Integration = {
  type: 'HTTP',
  httpMethod: 'GET',
  uri: 'http://h/pets/{id}',
  passthroughBehavior: 'WHEN_NO_MATCH',
  requestParameters: { 'integration.request.path.id': 'method.request.path.petId' },
  requestTemplates: { 'text/xml': '<a/>' },
  responses: [
    { selectionPattern: '4\\d\\d', statusCode: '400', responseParameters: {}, responseTemplates: {} },
    {
      selectionPattern: '404',
      statusCode: '404',
      responseParameters: { 'method.response.header.X': "'x'" },
      responseTemplates: { 'text/html': '<b/>\n' },
      contentHandling: 'CONVERT_TO_TEXT',
    },
    { statusCode: '200', responseParameters: {}, responseTemplates: {} },
  ],
  cacheNamespace: 'r2',
  cacheKeyParameters: [],
  connectionType: 'INTERNET',
  timeoutInMillis: 29000,
  responseTransferMode: 'BUFFERED',
};

const METHOD: Method = {
  httpMethod: 'GET',
  operationName: 'GetPet',
  authorizationType: 'NONE',
  authorizationScopes: [],
  apiKeyRequired: false,
  requestParameters: { 'method.request.path.petId': true, 'method.request.querystring.q': false },
  requestModels: { 'application/json': 'Pet' },
  responses: [
    {
      statusCode: '200',
      responseParameters: { 'method.response.header.X': false },
      responseModels: { 'application/json': 'Pet' },
    },
    { statusCode: '404', responseParameters: {}, responseModels: {} },
  ],
  integration: INTEGRATION,
};

const DEFINITION: Definition = {
  name: 'PetStore',
  version: '1.0',
  description: 'All of them',
  binaryMediaTypes: [],
  apiKeySource: 'HEADER',
  disableExecuteApiEndpoint: false,
  resources: [
    { id: 'r1', path: '/', methods: [] },
    { id: 'r2', path: '/pets/{petId}', methods: [METHOD] },
  ],
  models: [
    {
      name: 'Pet',
      contentType: 'application/json',
      schema:
        '{"type":"object","properties":{"friend":{"$ref":"https://apigateway.amazonaws.com/restapis/other/models/Pet"}}}',
    },
  ],
  requestValidators: [],
  authorizers: [],
  gatewayResponses: [],
};

function exported(definition: Partial<Definition> = {}, target: Partial<ExportTarget> = {}): Json {
  const document = exportDefinition({ ...DEFINITION, ...definition }, { ...TARGET, ...target });
  return JSON.parse(renderExport(document, 'json')) as Json;
}

function operation(
  method: Partial<Method> = {},
  target: Partial<ExportTarget> = {},
  definition: Partial<Definition> = {},
): Json {
  const resources = [{ id: 'r2', path: '/a', methods: [{ ...METHOD, ...method }] }];
  const { paths } = exported({ resources, ...definition }, target) as { paths: { '/a': { get: Json } } };
  return paths['/a'].get;
}

const NONE: ReadonlySet<never> = new Set();

describe('an export', () => {
  test('to Swagger 2.0 has the recorded shape', () => {
    expect(exported({}, { format: 'swagger', extensions: NONE })).toEqual({
      swagger: '2.0',
      info: { title: 'PetStore', description: 'All of them', version: '1.0' },
      host: 'api.execute-api.eu-west-1.amazonaws.com',
      basePath: '/prod',
      schemes: ['https'],
      paths: {
        '/pets/{petId}': {
          get: {
            operationId: 'GetPet',
            consumes: ['application/json', 'text/xml'],
            produces: ['application/json', 'text/html'],
            parameters: [
              { name: 'petId', in: 'path', required: true, type: 'string' },
              { name: 'q', in: 'query', required: false, type: 'string' },
              { in: 'body', name: 'Pet', required: true, schema: { $ref: '#/definitions/Pet' } },
            ],
            responses: {
              200: {
                description: '200 response',
                schema: { $ref: '#/definitions/Pet' },
                headers: { X: { type: 'string' } },
              },
              404: { description: '404 response' },
            },
          },
        },
      },
      definitions: { Pet: { type: 'object', properties: { friend: { $ref: '#/definitions/Pet' } } } },
    });
  });

  test('to OpenAPI 3.0 has the recorded shape', () => {
    const schema = { $ref: '#/components/schemas/Pet' };
    expect(exported({}, { extensions: NONE })).toEqual({
      openapi: '3.0.1',
      info: { title: 'PetStore', description: 'All of them', version: '1.0' },
      servers: [
        {
          url: 'https://api.execute-api.eu-west-1.amazonaws.com/{basePath}',
          variables: { basePath: { default: 'prod' } },
        },
      ],
      paths: {
        '/pets/{petId}': {
          get: {
            operationId: 'GetPet',
            parameters: [
              { name: 'petId', in: 'path', required: true, schema: { type: 'string' } },
              { name: 'q', in: 'query', schema: { type: 'string' } },
            ],
            requestBody: { content: { 'application/json': { schema } }, required: true },
            responses: {
              200: {
                description: '200 response',
                headers: { X: { schema: { type: 'string' } } },
                content: { 'application/json': { schema } },
              },
              404: { description: '404 response', content: {} },
            },
          },
        },
      },
      components: { schemas: { Pet: { type: 'object', properties: { friend: schema } } } },
    });
  });

  test('of an API without models, description and version', () => {
    const empty = { models: [], resources: [], version: '', description: '' };
    const info = { title: 'PetStore', version: '2023-11-14T22:13:20Z' };
    expect(exported(empty)).toMatchObject({ info, components: {}, paths: {} });
    expect(exported(empty).info).toEqual(info);
    const swagger = exported(empty, { format: 'swagger' });
    expect(Object.keys(swagger)).toEqual(['swagger', 'info', 'host', 'basePath', 'schemes', 'paths']);
  });

  test('has integrations only when asked for, defaults left out', () => {
    const extension = 'x-amazon-apigateway-integration';
    for (const extensions of [new Set(['integrations']), new Set(['apigateway'])] as const) {
      expect(operation({}, { extensions } as Partial<ExportTarget>)[extension]).toEqual({
        type: 'http',
        httpMethod: 'GET',
        uri: 'http://h/pets/{id}',
        responses: {
          '4\\d\\d': { statusCode: '400' },
          404: {
            statusCode: '404',
            responseParameters: { 'method.response.header.X': "'x'" },
            responseTemplates: { 'text/html': '<b/>\n' },
            contentHandling: 'CONVERT_TO_TEXT',
          },
          default: { statusCode: '200' },
        },
        requestParameters: { 'integration.request.path.id': 'method.request.path.petId' },
        requestTemplates: { 'text/xml': '<a/>' },
        passthroughBehavior: 'when_no_match',
      });
    }
    expect(operation({}, { extensions: new Set(['authorizers']) })).not.toHaveProperty(extension);
  });

  test('keeps the order of integration responses, patterns that look like numbers too', () => {
    for (const syntax of ['json', 'yaml'] as const) {
      const text = renderExport(exportDefinition(DEFINITION, TARGET), syntax);
      const [resource] = definitionOf(importDefinition(text, 'x')).resources;
      const responses = resource?.methods[0]?.integration?.responses;
      expect(responses?.map(({ selectionPattern }) => selectionPattern)).toEqual([
        '4\\d\\d',
        '404',
        undefined,
      ]);
    }
  });

  test('never makes a default of the pattern "default", and leaves out what can never be selected', () => {
    const response = { responseParameters: {}, responseTemplates: {} };
    const responses = [
      { ...response, statusCode: '500', selectionPattern: 'default' },
      { ...response, statusCode: '200', selectionPattern: '' },
      { ...response, statusCode: '201' },
    ];
    const { 'x-amazon-apigateway-integration': found } = operation({
      integration: { ...INTEGRATION, responses },
    });
    expect(found).toMatchObject({
      responses: { '(?:default)': { statusCode: '500' }, default: { statusCode: '200' } },
    });
  });

  test('shows what the whole API has only with the extension apigateway', () => {
    const settings: Partial<Definition> = {
      binaryMediaTypes: ['*/*'],
      minimumCompressionSize: 0,
      apiKeySource: 'AUTHORIZER',
      policy: '{"Statement":[]}',
      disableExecuteApiEndpoint: true,
      gatewayResponses: [
        {
          responseType: 'THROTTLED',
          statusCode: '420',
          responseParameters: {},
          responseTemplates: { 'a/b': 'x' },
        },
      ],
      requestValidators: [{ name: 'all', validateRequestBody: true, validateRequestParameters: false }],
    };
    const P = 'x-amazon-apigateway-';
    const validators = {
      [`${P}request-validators`]: { all: { validateRequestBody: true, validateRequestParameters: false } },
    };
    const extensions = {
      ...validators,
      [`${P}binary-media-types`]: ['*/*'],
      [`${P}minimum-compression-size`]: 0,
      [`${P}api-key-source`]: 'AUTHORIZER',
      [`${P}policy`]: { Statement: [] },
      [`${P}gateway-responses`]: { THROTTLED: { statusCode: '420', responseTemplates: { 'a/b': 'x' } } },
    };
    const endpoint = { [`${P}endpoint-configuration`]: { disableExecuteApiEndpoint: true } };
    const inOpenApi = exported(settings);
    expect(inOpenApi).toMatchObject({ ...extensions, servers: [endpoint] });
    expect(exported(settings, { format: 'swagger' })).toMatchObject({ ...extensions, ...endpoint });
    const extended = (document: Json) => Object.keys(document).filter((key) => key.startsWith(P));
    expect(extended(exported(settings, { extensions: new Set(['integrations']) }))).toEqual([]);
    expect(exported(settings, { extensions: new Set(['validators']) })).toMatchObject(validators);
    const named = { requestValidatorName: 'all' };
    expect(operation(named, { extensions: new Set(['validators']) })).toMatchObject({
      [`${P}request-validator`]: 'all',
    });
    expect(operation(named, { extensions: NONE })).not.toHaveProperty(`${P}request-validator`);
  });

  test('shows documentation parts when asked for', () => {
    const documentation = {
      version: '7',
      parts: [
        {
          location: { type: 'METHOD' as const, path: '/a', method: 'GET' },
          properties: '{"summary":"x"}',
        },
      ],
    };
    const key = 'x-amazon-apigateway-documentation';
    expect(exported({}, { documentation, extensions: new Set(['documentation']) })[key]).toEqual({
      version: '7',
      documentationParts: [
        { location: { type: 'METHOD', path: '/a', method: 'GET' }, properties: { summary: 'x' } },
      ],
    });
    expect(exported({}, { documentation })).not.toHaveProperty(key);
  });

  test('describes a model in its schema, and names one whose schema is none', () => {
    const model = { contentType: 'application/json', description: 'A pet' };
    const { components } = exported({
      models: [
        { ...model, name: 'A', schema: '{"type":"object"}' },
        { ...model, name: 'B', schema: '{"description":"old","type":"object"}' },
        { ...model, name: 'C', schema: '<xml/>', contentType: 'text/xml' },
      ],
    });
    expect(components).toEqual({
      schemas: {
        A: { type: 'object', description: 'A pet' },
        B: { type: 'object', description: 'A pet' },
        C: { description: 'A pet' },
      },
    });
  });

  test('keeps numbers of models as they are written, in JSON and YAML', () => {
    const schema = '{"maximum":1.0,"minimum":-12345678901234567890,"multipleOf":1e-2}';
    const definition = { ...DEFINITION, models: [{ name: 'A', contentType: 'application/json', schema }] };
    for (const syntax of ['json', 'yaml'] as const) {
      const text = renderExport(exportDefinition({ ...definition, resources: [] }, TARGET), syntax);
      expect(definitionOf(importDefinition(text, 'x')).models[0]?.schema).toBe(schema);
    }
  });

  test('is named after format and version, whatever the version is', () => {
    const name = (version: string, format: ExportTarget['format'], syntax: 'json' | 'yaml') =>
      exportFileName({ ...DEFINITION, version }, { ...TARGET, format }, syntax);
    expect(name('1.0.0', 'oas30', 'json')).toBe('oas30_1.0.0.json');
    expect(name('', 'swagger', 'yaml')).toBe('swagger_2023-11-14T22:13:20Z.yaml');
    expect(name('a"\r\n/é', 'swagger', 'json')).toBe('swagger_a_____.json');
  });

  test('in YAML leaves nothing to the reader, whatever the texts are', () => {
    const odd = ['no', '1e3', '~', '', ' x', '- a', 'a: b', 'a #b', '"', '\u2028\u0085\u007f', 'é😀'];
    const models = odd.map((description, index) => ({
      name: `M${index}`,
      contentType: 'application/json',
      description,
      schema: JSON.stringify({
        properties: { [description]: { enum: [description] }, ['k'.repeat(5000)]: {} },
        description,
      }),
    }));
    const text = renderExport(exportDefinition({ ...DEFINITION, models, resources: [] }, TARGET), 'yaml');
    expect(definitionOf(importDefinition(text, 'x')).models).toEqual(models);
    expect(text).toMatch(/^---\nopenapi: "3.0.1"\ninfo:\n {2}title: "PetStore"\n/);
  });
});

test.each(['orders', '{"targets":["10.0.0.1:80"],"balance":"least-requests"}'])(
  'x-propylon-upstream %s comes back from an export',
  (upstream) => {
    const resources = DEFINITION.resources.map((resource) => ({
      ...resource,
      methods: resource.methods.map((method) => ({
        ...method,
        ...(method.integration === undefined ? {} : { integration: { ...method.integration, upstream } }),
      })),
    }));
    const text = renderExport(exportDefinition({ ...DEFINITION, resources }, TARGET), 'yaml');
    const { definition } = importDefinition(text, 'export.yaml');
    const found = definition?.resources.flatMap(({ methods }) => methods.map((m) => m.integration?.upstream));
    expect(new Set(found?.filter((one) => one !== undefined))).toEqual(new Set([upstream]));
  },
);
