import { describe, expect, test } from 'vitest';
import { definitionOf, load, loadMethod, MOCK, openapi, operation, swagger } from './documents.js';

const get = (extra: object, item: object = {}) => ({
  '/a/{id}': { ...item, get: operation(MOCK, { ...extra }) },
});

describe('request parameters', () => {
  test('are declared by place and name with the value of required, path parameters always required', () => {
    const parameters = [
      { in: 'path', name: 'id' },
      { in: 'query', name: 'q', required: true },
      { in: 'query', name: 'page' },
      { in: 'header', name: 'X-Trace', required: false },
      { in: 'cookie', name: 'session' },
    ];
    expect(loadMethod(openapi(get({ parameters }))).method.requestParameters).toEqual({
      'method.request.path.id': true,
      'method.request.querystring.q': true,
      'method.request.querystring.page': false,
      'method.request.header.X-Trace': false,
    });
  });

  test('of the path item hold for its operations, which may replace them', () => {
    const item = {
      parameters: [{ $ref: '#/components/parameters/Q' }, { in: 'header', name: 'h', required: true }],
    };
    const extra = { components: { parameters: { Q: { in: 'query', name: 'q', required: true } } } };
    const parameters = [{ in: 'query', name: 'q', required: false }];
    expect(loadMethod(openapi(get({ parameters }, item), extra)).method.requestParameters).toEqual({
      'method.request.querystring.q': false,
      'method.request.header.h': true,
    });
  });

  test('with names API Gateway refuses are left out, with a warning', () => {
    const { method, messages } = loadMethod(
      openapi(get({ parameters: [{ in: 'query', name: 'filter[x]' }] })),
    );
    expect(method.requestParameters).toEqual({});
    expect(messages).toEqual([expect.stringContaining('The parameter name "filter[x]"')]);
  });
});

describe('request models', () => {
  const schema = { $ref: '#/components/schemas/Pet' };
  const components = { schemas: { Pet: { type: 'object' } } };

  test('come from the body content of OpenAPI 3, by media type', () => {
    const requestBody = {
      content: { 'application/json': { schema }, 'text/xml': { schema }, 'text/csv': {} },
    };
    expect(loadMethod(openapi(get({ requestBody }), { components })).method.requestModels).toEqual({
      'application/json': 'Pet',
      'text/xml': 'Pet',
    });
  });

  test('come from a referenced body too', () => {
    const requestBody = { $ref: '#/components/requestBodies/Pet' };
    const bodies = { Pet: { content: { 'application/json': { schema } } } };
    const extra = { components: { ...components, requestBodies: bodies } };
    expect(loadMethod(openapi(get({ requestBody }), extra)).method.requestModels).toEqual({
      'application/json': 'Pet',
    });
  });

  const body = { parameters: [{ in: 'body', name: 'Pet', schema: { $ref: '#/definitions/Pet' } }] };
  const definitions = { Pet: { type: 'object' } };
  test.each([
    ['the operation', { ...body, consumes: ['text/xml', 'text/plain'] }, {}, ['text/xml', 'text/plain']],
    ['the document', body, { consumes: ['text/xml'] }, ['text/xml']],
    ['nobody', body, {}, ['application/json']],
  ])(
    'come from the body parameter of Swagger 2.0 with the types that %s consumes',
    (_who, extra, root, types) => {
      const { method } = loadMethod(swagger(get(extra), { definitions, ...root }));
      expect(method.requestModels).toEqual(Object.fromEntries(types.map((type) => [type, 'Pet'])));
    },
  );

  test('written in place get a model of their own, with a name that stays', () => {
    const requestBody = { content: { 'application/json': { schema: { type: 'array', items: schema } } } };
    const document = openapi(get({ requestBody }), { components });
    const definition = definitionOf(load(document));
    const name = definition.resources[0]?.methods[0]?.requestModels['application/json'] ?? '';
    expect(name).toMatch(/^MODEL[0-9a-f]{10}$/);
    expect(definition.models.find((model) => model.name === name)?.schema).toBe(
      '{"type":"array","items":{"$ref":"https://apigateway.amazonaws.com/restapis/api/models/Pet"}}',
    );
    expect(definitionOf(load(document))).toEqual(definition);
  });

  test('that do not exist are reported', () => {
    const requestBody = { content: { 'application/json': { schema: { $ref: '#/components/schemas/No' } } } };
    const { method, messages } = loadMethod(openapi(get({ requestBody })));
    expect(method.requestModels).toEqual({});
    expect(messages).toEqual([expect.stringContaining('There is no schema "No"')]);
  });
});

describe('method responses', () => {
  test('of OpenAPI 3 declare headers as false and models by media type', () => {
    const responses = {
      200: {
        headers: { 'X-A': {}, 'X-B': { required: true } },
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } }, 'text/csv': {} },
      },
      404: { description: 'nothing' },
    };
    const components = { schemas: { Pet: {} } };
    expect(loadMethod(openapi(get({ responses }), { components })).method.responses).toEqual([
      {
        statusCode: '200',
        responseParameters: { 'method.response.header.X-A': false, 'method.response.header.X-B': false },
        responseModels: { 'application/json': 'Pet' },
      },
      { statusCode: '404', responseParameters: {}, responseModels: {} },
    ]);
  });

  test('of Swagger 2.0 have the types that are produced', () => {
    const responses = { 200: { schema: { $ref: '#/definitions/Pet' } }, 400: { schema: { type: 'string' } } };
    const definitions = { Pet: {} };
    const { method } = loadMethod(swagger(get({ responses }), { definitions, produces: ['text/xml'] }));
    expect(method.responses).toEqual([
      { statusCode: '200', responseParameters: {}, responseModels: { 'text/xml': 'Pet' } },
      { statusCode: '400', responseParameters: {}, responseModels: {} },
    ]);
  });

  test('may be references, and must have a status code', () => {
    const responses = { 200: { $ref: '#/components/responses/Ok' }, default: {}, '4XX': {} };
    const extra = { components: { responses: { Ok: { headers: { h: {} } } } } };
    const { method, messages } = loadMethod(openapi(get({ responses }), extra));
    expect(method.responses).toEqual([
      { statusCode: '200', responseParameters: { 'method.response.header.h': false }, responseModels: {} },
    ]);
    expect(messages).toEqual([
      expect.stringContaining('"default" is ignored'),
      expect.stringContaining('"4XX" is ignored'),
    ]);
  });
});

describe('models', () => {
  test('are the schemas of the document, with references and description in the form of API Gateway', () => {
    const schemas = {
      Pet: {
        description: 'A pet',
        type: 'object',
        properties: {
          owner: { $ref: '#/components/schemas/Owner' },
          price: { type: 'number', minimum: 1.5 },
        },
      },
      Owner: { properties: { pets: { items: { $ref: '#/components/schemas/Pet' } } } },
    };
    const result = load(openapi({}, { components: { schemas } }), { apiId: 'abc123' });
    expect(definitionOf(result).models).toEqual([
      {
        name: 'Pet',
        contentType: 'application/json',
        description: 'A pet',
        schema:
          '{"description":"A pet","type":"object","properties":{"owner":{"$ref":"https://apigateway.amazonaws.com/restapis/abc123/models/Owner"},"price":{"type":"number","minimum":1.5}}}',
      },
      {
        name: 'Owner',
        contentType: 'application/json',
        schema:
          '{"properties":{"pets":{"items":{"$ref":"https://apigateway.amazonaws.com/restapis/abc123/models/Pet"}}}}',
      },
    ]);
    expect(result.problems).toEqual([]);
  });

  test('may be named barely in Swagger 2.0', () => {
    const { models } = definitionOf(
      load(swagger({}, { definitions: { A: { items: { $ref: 'B' } }, B: {} } })),
    );
    expect(models[0]?.schema).toBe(
      '{"items":{"$ref":"https://apigateway.amazonaws.com/restapis/api/models/B"}}',
    );
  });

  test('Empty exists when it is referred to, and only then', () => {
    const responses = {
      200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Empty' } } } },
    };
    const { models } = definitionOf(load(openapi(get({ responses }))));
    expect(models).toEqual([
      {
        name: 'Empty',
        contentType: 'application/json',
        schema:
          '{"$schema":"http://json-schema.org/draft-04/schema#","title":"Empty Schema","type":"object"}',
      },
    ]);
    expect(definitionOf(load(openapi({}))).models).toEqual([]);
  });

  test('with names and references that API Gateway refuses are reported', () => {
    const schemas = { 'Pet-1': { $ref: '#/components/schemas/A/properties/b' }, A: { $ref: 'other.yaml' } };
    const messages = load(openapi({}, { components: { schemas } })).problems.map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringContaining('The model name "Pet-1"'),
      expect.stringContaining('"#/components/schemas/A/properties/b" in a schema names no whole schema'),
      expect.stringContaining('"other.yaml" in a schema'),
    ]);
  });
});
