// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
import { describe, expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import { formatProblem } from '../../src/openapi/problem.js';
import {
  definitionOf,
  load,
  loadMethod,
  MOCK,
  messagesOf,
  openapi,
  operation,
  swagger,
} from './documents.js';

const YAML = `openapi: 3.0.1
info:
  title: Pets
  version: 1.0
  description: All of them
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        200: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: https://example.com/pets
`;

function refusal(text: string): string {
  const result = importDefinition(text, 'api.yaml');
  expect(result.definition).toBeUndefined();
  return result.problems.map(formatProblem).join('\n');
}

describe('a document', () => {
  test('is read from YAML with name, version as written and description', () => {
    const result = importDefinition(YAML, 'api.yaml');
    expect(result.problems).toEqual([]);
    expect(definitionOf(result)).toEqual({
      name: 'Pets',
      version: '1.0',
      description: 'All of them',
      binaryMediaTypes: [],
      apiKeySource: 'HEADER',
      disableExecuteApiEndpoint: false,
      models: [],
      requestValidators: [],
      authorizers: [],
      gatewayResponses: [],
      resources: [
        {
          id: expect.stringMatching(/^[a-z0-9]{10}$/),
          path: '/pets',
          methods: [
            {
              httpMethod: 'GET',
              operationName: 'listPets',
              authorizationType: 'NONE',
              authorizationScopes: [],
              apiKeyRequired: false,
              requestParameters: {},
              requestModels: {},
              responses: [{ statusCode: '200', responseParameters: {}, responseModels: {} }],
              integration: {
                type: 'HTTP_PROXY',
                httpMethod: 'GET',
                uri: 'https://example.com/pets',
                passthroughBehavior: 'WHEN_NO_MATCH',
                requestParameters: {},
                requestTemplates: {},
                responses: [],
                cacheNamespace: result.definition?.resources[0]?.id,
                cacheKeyParameters: [],
                connectionType: 'INTERNET',
                timeoutInMillis: 29000,
                responseTransferMode: 'BUFFERED',
              },
            },
          ],
        },
      ],
    });
  });

  test.each(['3.0.0', '3.0.1', '3.0', '3.1.0', 3])('may have the OpenAPI version %j', (version) => {
    expect(load({ ...openapi({}), openapi: version }).definition).toBeDefined();
  });

  test.each(['2.0', 2])('may have the Swagger version %j', (version) => {
    expect(load({ ...swagger({}), swagger: version }).definition).toBeDefined();
  });

  test('is JSON with a byte order mark, or YAML that begins like JSON', () => {
    expect(importDefinition(`\uFEFF${JSON.stringify(openapi({}))}`, 'api.json').definition).toBeDefined();
    expect(
      importDefinition('{openapi: 3.0.1, info: {title: t}, paths: {},}', 'api').definition,
    ).toBeDefined();
  });

  test('keeps the ids of its resources when other paths come and go', () => {
    const one = definitionOf(load(openapi({ '/a': { get: operation(MOCK) } })));
    const two = definitionOf(
      load(openapi({ '/b': { get: operation(MOCK) }, '/a': { put: operation(MOCK) } })),
    );
    expect(two.resources[1]?.id).toBe(one.resources[0]?.id);
    expect(two.resources[0]?.id).not.toBe(one.resources[0]?.id);
  });
});

describe('a text is refused', () => {
  test.each([
    ['', 'api.yaml:1:1 error /: The file is empty'],
    ['just text', 'api.yaml:1:1 error /: This is no OpenAPI document'],
    ['- a', 'api.yaml:1:1 error /: This is no OpenAPI document'],
    ['{"info":{}}', 'api.yaml:1:1 error /: This is no OpenAPI document: add "openapi"'],
    ['openapi: 4.0.0', 'api.yaml:1:1 error /openapi: The version "4.0.0" of openapi is not supported'],
    ['x: 1\nswagger: "1.2"', 'api.yaml:2:1 error /swagger: The version "1.2" of swagger is not supported'],
    ['openapi: 3.0.1\n\tinfo: x', 'api.yaml:2:1 error /: The YAML is broken'],
    ['{\n  "openapi": "3.0.1",\n  "info": {]\n}', 'api.yaml:3:12 error /: Expected a key in double quotes'],
    ['{"openapi": "3.0.1"', 'api.yaml:1:20 error /: Expected "," or "}"'],
  ])('%j', (text, reason) => {
    expect(refusal(text)).toMatch(reason);
  });

  test('beyond 6 MB', () => {
    expect(refusal(`# ${'x'.repeat(6 * 1024 * 1024)}\n${YAML}`)).toMatch('larger than 6 MB');
    expect(
      importDefinition(`# ${'x'.repeat(5 * 1024 * 1024)}\n${YAML}`, 'api.yaml').definition,
    ).toBeDefined();
  });

  test('with keys longer than any path', () => {
    const key = `/${'a'.repeat(10_240)}`;
    expect(refusal(`{"openapi": "3.0.1", "paths": {"${key}": {}}}`)).toMatch('A key is longer than 10240');
    expect(refusal(`openapi: 3.0.1\npaths:\n  ? "${key}"\n  : {}`)).toMatch('A key is longer than 10240');
  });

  test('when it is a CloudFormation template, with the pointer of its API document', () => {
    const document = '        openapi: 3.0.1';
    expect(refusal(`Resources:\n  Api:\n    Properties:\n      DefinitionBody:\n${document}`)).toBe(
      'api.yaml:4:7 error /Resources/Api/Properties/DefinitionBody: This is a CloudFormation template: ' +
        'copy the API document at /Resources/Api/Properties/DefinitionBody into a file of its own and name that.',
    );
    expect(refusal(`Resources:\n  Api:\n    Properties:\n      Body:\n${document}`)).toMatch(
      '/Resources/Api/Properties/Body into a file of its own',
    );
    expect(refusal('AWSTemplateFormatVersion: 2010-09-09\nResources: {}')).toMatch('without an API document');
  });
});

describe('substitution', () => {
  const uri = 'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/f/${AWS::AccountId}/invocations';
  const lambda = { type: 'aws_proxy', httpMethod: 'POST', uri };
  const document = openapi({ '/a': { get: operation(lambda) } });

  test('fills AWS variables everywhere, templates included', () => {
    expect(loadMethod(document).method.integration?.uri).toBe(
      'arn:aws:apigateway:us-east-1:lambda:path/f/000000000000/invocations',
    );
    const options = { region: 'cn-north-1', accountId: '210987654321' };
    expect(loadMethod(document, options).method.integration?.uri).toBe(
      'arn:aws-cn:apigateway:cn-north-1:lambda:path/f/210987654321/invocations',
    );
    const template = { 'application/json': '{"region": "${AWS::Region}"}' };
    const mock = { ...MOCK, requestTemplates: template };
    expect(
      loadMethod(openapi({ '/a': { get: operation(mock) } })).method.integration?.requestTemplates,
    ).toEqual({
      'application/json': '{"region": "us-east-1"}',
    });
  });

  test('fills placeholders it has values for, in keys too, and then undoes the escape of the tool', () => {
    const result = load(
      openapi({
        '/${key}': {
          get: operation({
            type: 'http_proxy',
            httpMethod: 'GET',
            uri: 'http://${host}/$${stageVariables.path}/${other}',
          }),
        },
      }),
      { variables: { key: 'a', host: 'example.com' } },
    );
    expect(definitionOf(result).resources[0]?.path).toBe('/a');
    expect(definitionOf(result).resources[0]?.methods[0]?.integration?.uri).toBe(
      'http://example.com/${stageVariables.path}/${other}',
    );
    expect(messagesOf(result).join()).toMatch('The placeholder "${other}" stays as it is');
  });

  test('leaves the escape of a deployment tool without values alone and says what to write', () => {
    const http = { type: 'http_proxy', httpMethod: 'GET', uri: 'http://$${stageVariables.host}/' };
    const { method, messages } = loadMethod(openapi({ '/a': { get: operation(http) } }));
    expect(method.integration?.uri).toBe('http://$${stageVariables.host}/');
    expect(messages).toEqual([
      'warning /paths/~1a/get/x-amazon-apigateway-integration/uri: "$${stageVariables." is Terraform\'s escape, ' +
        'API Gateway would send the "$" before the value: write "${stageVariables.".',
    ]);
  });
});

describe('CloudFormation functions', () => {
  const at = (uri: unknown) =>
    load(openapi({ '/a': { get: operation({ type: 'http_proxy', httpMethod: 'GET', uri }) } }));
  const uriOf = (uri: unknown) => definitionOf(at(uri)).resources[0]?.methods[0]?.integration?.uri;

  test('are resolved when they need no stack', () => {
    expect(uriOf({ 'Fn::Sub': 'http://${AWS::Region}.example.com/${!stageVariables.x}' })).toBe(
      'http://us-east-1.example.com/${stageVariables.x}',
    );
    expect(uriOf({ 'Fn::Sub': ['http://${Host}/${R}', { Host: 'h', R: { Ref: 'AWS::Region' } }] })).toBe(
      'http://h/us-east-1',
    );
    expect(uriOf({ 'Fn::Join': ['', ['http://', { Ref: 'AWS::AccountId' }, '.example.com']] })).toBe(
      'http://000000000000.example.com',
    );
  });

  test('are resolved with given variables', () => {
    const document = openapi({
      '/a': {
        get: operation({ type: 'http_proxy', httpMethod: 'GET', uri: { 'Fn::GetAtt': ['Host', 'Name'] } }),
      },
    });
    const result = load(document, { variables: { 'Host.Name': 'http://h' } });
    expect(definitionOf(result).resources[0]?.methods[0]?.integration?.uri).toBe('http://h');
  });

  test.each([
    [{ 'Fn::Sub': 'http://${Function.Arn}' }, 'Fn::Sub of ${Function.Arn} is only known'],
    [{ 'Fn::GetAtt': ['Role', 'Arn'] }, 'Fn::GetAtt of Role.Arn is only known'],
    [{ Ref: 'Table' }, 'Ref of Table is only known'],
    [{ 'Fn::Join': ['', ['a', { 'Fn::GetAtt': 'Role.Arn' }]] }, 'Fn::GetAtt of Role.Arn is only known'],
    [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue is only known'],
    [{ 'Fn::Join': 'x' }, 'Fn::Join is only known'],
  ])('%j is refused with what to replace', (uri, reason) => {
    const result = at(uri);
    expect(result.definition).toBeUndefined();
    expect(messagesOf(result)).toEqual([
      `error /paths/~1a/get/x-amazon-apigateway-integration/uri: ${reason} to a CloudFormation stack: replace it by its value.`,
    ]);
  });

  test('in YAML tags are the same functions', () => {
    const text = YAML.replace('https://example.com/pets', '!Sub https://${AWS::Region}.example.com/');
    expect(definitionOf(importDefinition(text, 'a')).resources[0]?.methods[0]?.integration?.uri).toBe(
      'https://us-east-1.example.com/',
    );
    const refused = importDefinition(
      YAML.replace('https://example.com/pets', '!GetAtt Role.Arn'),
      'api.yaml',
    );
    expect(refused.problems.map(formatProblem)).toEqual([
      'api.yaml:15:9 error /paths/~1pets/get/x-amazon-apigateway-integration/uri: ' +
        'Fn::GetAtt of Role.Arn is only known to a CloudFormation stack: replace it by its value.',
    ]);
  });

  test('in a title only cost the title', () => {
    const result = load({ ...openapi({}), info: { title: { 'Fn::Sub': '${AWS::StackName}-api' } } });
    expect(definitionOf(result).name).toBe('');
    expect(messagesOf(result)[0]).toMatch('warning /info/title: Fn::Sub of ${AWS::StackName}');
  });

  test('where an object is needed are refused', () => {
    expect(messagesOf(load({ ...openapi({}), paths: { 'Fn::Transform': {} } }))).toEqual([
      'error /paths: Fn::Transform is only known to a CloudFormation stack: replace it by its value.',
    ]);
  });

  test('cannot make a text of any length', () => {
    const own = { a: 'x'.repeat(100_000) };
    expect(messagesOf(at({ 'Fn::Sub': ['${a}'.repeat(100), own] }))).toEqual([
      expect.stringContaining('longer than 1048576 characters'),
    ]);
  });
});

describe('references', () => {
  test.each([
    ['other.yaml#/x', 'leads out of this document'],
    ['https://example.com/x', 'leads out of this document'],
    ['#/components/none', 'leads nowhere'],
    ['#/components/parameters/Self', 'leads back to itself'],
  ])('to %s are refused', ($ref, reason) => {
    const result = load(
      openapi(
        { '/a': { get: operation(MOCK, { parameters: [{ $ref }] }) } },
        { components: { parameters: { Self: { $ref: '#/components/parameters/Self' } } } },
      ),
    );
    expect(result.definition).toBeUndefined();
    expect(messagesOf(result).join()).toMatch(reason);
  });

  test('are followed over several hops, percent-encoded and with escaped slashes', () => {
    const result = load(
      openapi(
        { '/a': { get: operation(MOCK, { parameters: [{ $ref: '#/components/parameters/A%20b' }] }) } },
        {
          components: {
            parameters: {
              'A b': { $ref: '#/components/parameters/c~1d' },
              'c/d': { in: 'query', name: 'q' },
            },
          },
        },
      ),
    );
    expect(definitionOf(result).resources[0]?.methods[0]?.requestParameters).toEqual({
      'method.request.querystring.q': false,
    });
  });

  test('to one large part by many operations are refused before they multiply', () => {
    const headers = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`header-${index}`, {}]));
    const paths = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [
        `/a${index}`,
        { get: { responses: { 200: { $ref: '#/components/responses/Big' } } } },
      ]),
    );
    const result = load(openapi(paths, { components: { responses: { Big: { headers } } } }));
    expect(result.definition).toBeUndefined();
    expect(messagesOf(result).join()).toMatch('multiply the document');
  });
});

describe('problems', () => {
  test('are written as file:line:column severity pointer: message', () => {
    const [problem] = importDefinition(
      YAML.replace('type: http_proxy', 'type: lambda'),
      'dir/api.yaml',
    ).problems;
    expect(problem && formatProblem(problem)).toBe(
      'dir/api.yaml:13:9 error /paths/~1pets/get/x-amazon-apigateway-integration/type: ' +
        'The integration type "lambda" is unknown: write http, http_proxy, aws, aws_proxy or mock.',
    );
  });

  test('never write control characters of a document to a terminal', () => {
    const result = load(openapi({ '/a': { '\u001b[31mx\n': {} } }));
    const text = result.problems.map(formatProblem).join('');
    expect(text).toContain('\\u001b[31mx');
    expect(/\p{Cc}/u.test(text)).toBe(false);
  });

  test('are listed up to a bound, errors apart from warnings', () => {
    const paths = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`/a${index}`, { get: {} }]));
    const result = load(openapi({ ...paths, 'no-slash': {} }));
    expect(result.problems.filter(({ severity }) => severity === 'warning')).toHaveLength(1001);
    expect(messagesOf(result).filter((message) => message.startsWith('error'))).toEqual([
      'error /paths/no-slash: A path starts with "/": write one in front of it.',
    ]);
    expect(result.definition).toBeUndefined();
  });

  test('of a duplicate key are warnings at the second one', () => {
    const text = '{"openapi":"3.0.1","info":{"title":"a","title":"b"},"paths":{}}';
    const result = importDefinition(text, 'api.json');
    expect(definitionOf(result).name).toBe('b');
    expect(result.problems.map(formatProblem)).toEqual([
      'api.json:1:40 warning /info/title: The key "title" stands twice in one object, the last one is used: remove one of them.',
    ]);
  });
});
