// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
/** Documents that people really wrote; test/corpus/INDEX.md names their sources, licences and contents. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ImportResult, importDefinition } from '../../src/openapi/import.js';
import { findNotExecuted } from '../../src/openapi/not-executed.js';
import { formatProblem } from '../../src/openapi/problem.js';

const CORPUS = join(import.meta.dirname, '../corpus');

function read(file: string, variables: Record<string, string> = {}): ImportResult {
  return importDefinition(readFileSync(join(CORPUS, file), 'utf8'), file, { variables });
}

/** File -> resources, methods, integrations by type: the counts of INDEX.md. */
const LOADED: Record<string, [number, number, Record<string, number>]> = {
  'api-gateway-dsl-greedy-http-proxy.swagger.yaml': [1, 1, { HTTP_PROXY: 1 }],
  'api-gateway-dsl-lambda-post.swagger.yaml': [1, 1, { AWS: 1 }],
  'awsdocs-binary-image-lambda.openapi.json': [1, 2, { AWS: 2 }],
  'awsdocs-binary-image-s3.openapi.json': [1, 2, { AWS: 2 }],
  'awsdocs-kinesis-proxy.openapi.json': [5, 8, { AWS: 8 }],
  'awsdocs-request-validation.openapi.json': [1, 2, { HTTP: 2 }],
  'connected-car-vhr.swagger.yaml': [12, 13, {}],
  'devportal-peststore-export.swagger.json': [5, 7, { MOCK: 6, HTTP_PROXY: 1 }],
  'govuk-account-management-minimal.openapi.yaml': [6, 6, { AWS_PROXY: 6 }],
  'govuk-account-management-v3.openapi31.yaml': [10, 12, { AWS_PROXY: 12 }],
  'hydrocron.openapi.yaml': [1, 2, { AWS: 1, MOCK: 1 }],
  'localstack-circular-ref.openapi.json': [1, 1, { MOCK: 1 }],
  'localstack-global-auth.openapi.json': [2, 2, { HTTP: 1, MOCK: 1 }],
  'localstack-http-method-integration.openapi.json': [1, 2, { AWS: 1, MOCK: 1 }],
  'localstack-integration-by-ref.openapi.json': [2, 3, { HTTP_PROXY: 3 }],
  'localstack-pulumi-export.swagger.json': [2, 2, { MOCK: 1, AWS_PROXY: 1 }],
  'localstack-stage-variables.openapi.json': [1, 1, { HTTP_PROXY: 1 }],
  'moto-vpclink-petstore.openapi.yaml': [2, 2, { HTTP: 2 }],
  'mythical-mysfits.swagger.json': [5, 10, { HTTP_PROXY: 5, MOCK: 5 }],
  'nhs-notify-templates.openapi.json': [19, 24, { AWS_PROXY: 24 }],
  'opg-deputy-reporting.openapi.yaml': [5, 5, { AWS_PROXY: 5 }],
  'patterns-sns-sms.openapi.yaml': [1, 1, { AWS: 1 }],
  'pn-bff-web.openapi.yaml': [49, 107, { HTTP_PROXY: 107 }],
  'samples-python-rest-terraform.openapi.yaml': [7, 13, { AWS_PROXY: 13 }],
  'secure-pet-store.swagger.yaml': [4, 9, { AWS: 5, MOCK: 4 }],
  'self-service-slack.swagger.yaml': [4, 4, { AWS: 4 }],
  'unity-rest-api.openapi.yaml': [21, 34, { MOCK: 15, HTTP_PROXY: 9, HTTP: 1, AWS_PROXY: 9 }],
};

/** File -> the first error. */
const REFUSED: Record<string, string> = {
  'airnode-oev-gateway.openapi.yaml':
    '112:3 /paths/~1${path_key}: The path holds the placeholder "${path_key}": put the value in its place.',
  'govuk-id-check-test-resources.openapi-cfn.yaml':
    '63:9 /paths/~1sessions~1{sessionId}/put/x-amazon-apigateway-integration/uri: Fn::Sub of ${PutSessionFunction} is only known to a CloudFormation stack: replace it by its value.',
  'patterns-dynamodb-crud-validated.openapi-cfn.yaml':
    '40:11 /paths/~1restaurants~1{restaurantid}/get/x-amazon-apigateway-integration/requestTemplates/application~1json: Fn::Sub of ${RestaurantTable} is only known to a CloudFormation stack: replace it by its value.',
  'patterns-stepfunctions-crud.openapi-cfn.yaml':
    '30:11 /paths/~1/x-amazon-apigateway-any-method/x-amazon-apigateway-integration/requestTemplates/application~1json: Fn::Sub of ${StateMachine} is only known to a CloudFormation stack: replace it by its value.',
  'samples-eventbridge-validated.cfn-template.yaml':
    '225:7 /Resources/Api/Properties/DefinitionBody: This is a CloudFormation template: copy the API document at /Resources/Api/Properties/DefinitionBody into a file of its own and name that.',
  'test-samples-sqs.cfn-template.yaml':
    '28:7 /Resources/Api/Properties/DefinitionBody: This is a CloudFormation template: copy the API document at /Resources/Api/Properties/DefinitionBody into a file of its own and name that.',
};

test('every document is either loaded or refused', () => {
  const files = readdirSync(CORPUS).filter((file) => file !== 'INDEX.md');
  expect([...Object.keys(LOADED), ...Object.keys(REFUSED)].sort()).toEqual(files.sort());
});

test.each(Object.entries(LOADED))('%s is loaded', (file, [resources, methods, types]) => {
  const { definition, problems } = read(file);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const found: Record<string, number> = {};
  const all = definition?.resources.flatMap((resource) => resource.methods) ?? [];
  for (const { integration } of all) {
    if (integration !== undefined) found[integration.type] = (found[integration.type] ?? 0) + 1;
  }
  expect([definition?.resources.length, all.length, found]).toEqual([resources, methods, types]);
});

test.each(Object.entries(REFUSED))('%s is refused', (file, reason) => {
  const { definition, problems } = read(file);
  expect(definition).toBeUndefined();
  const [error] = problems.filter(({ severity }) => severity === 'error');
  expect(error && `${error.line}:${error.column} ${error.pointer}: ${error.message}`).toBe(reason);
});

test('a template of a deployment tool loads once its placeholders have values', () => {
  const { definition, problems } = read('airnode-oev-gateway.openapi.yaml', {
    path_key: 'oev',
    region: 'eu-west-1',
    proxy_lambda: 'arn:aws:lambda:eu-west-1:1:function:f',
    role: 'arn:aws:iam::1:role/r',
  });
  expect(problems).toEqual([]);
  expect(definition?.resources[0]?.path).toBe('/oev');
  expect(definition?.resources[0]?.methods[0]?.integration?.uri).toBe(
    'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/invocations',
  );
});

test('a document cut out of a CloudFormation stack loads once its references have values', () => {
  const variables = { StateMachine: 'arn:sm', 'ApiRole.Arn': 'arn:role' };
  const { definition } = read('patterns-stepfunctions-crud.openapi-cfn.yaml', variables);
  const integration = definition?.resources[0]?.methods[0]?.integration;
  expect(integration?.credentials).toBe('arn:role');
  expect(integration?.requestTemplates['application/json']).toContain('"stateMachineArn": "arn:sm"');
});

describe('what is said, and where', () => {
  test.each([
    [
      'mythical-mysfits.swagger.json',
      ':437:21 warning /paths/~1mysfits~1{mysfitId}~1like/post/x-amazon-apigateway-integration/responses: The key "responses" stands twice',
    ],
    [
      'mythical-mysfits.swagger.json',
      ':430:21 warning /paths/~1mysfits~1{mysfitId}~1like/post/x-amazon-apigateway-integration/security: "security" is no member of an integration',
    ],
    [
      'localstack-integration-by-ref.openapi.json',
      ':128:11 warning /paths/~1pets~1{petId}/get/x-amazon-apigateway-integration/uri: Nothing fills "{petId}" of this uri',
    ],
    ['samples-python-rest-terraform.openapi.yaml', ':345:1 warning /x-amazon-apigateway-cors: '],
    [
      'opg-deputy-reporting.openapi.yaml',
      ':101:9 warning /paths/~1healthcheck/get/x-amazon-apigateway-integration/uri: "$${stageVariables." is Terraform\'s escape',
    ],
    [
      'unity-rest-api.openapi.yaml',
      ':761:9 warning /paths/~1am-uds-dapa~1auth~1admin/get/x-amazon-apigateway-integration/httpMethod: An aws_proxy integration with the httpMethod GET answers 500',
    ],
    [
      'connected-car-vhr.swagger.yaml',
      ':20:5 warning /paths/~1vehicles/get: The operation has no x-amazon-apigateway-integration',
    ],
    [
      'pn-bff-web.openapi.yaml',
      ':21:7 warning /paths/~1v1~1notifications~1sent/get/security: Authorizers are not executed yet',
    ],
  ])('%s%s', (file, expected) => {
    const { definition, problems, locate } = read(file);
    const all = definition === undefined ? problems : [...problems, ...findNotExecuted(definition, locate)];
    expect(all.map(formatProblem)).toContainEqual(expect.stringContaining(file + expected));
  });

  test.each([
    'api-gateway-dsl-greedy-http-proxy.swagger.yaml',
    'devportal-peststore-export.swagger.json',
    'localstack-stage-variables.openapi.json',
    'secure-pet-store.swagger.yaml',
  ])('%s is as it should be', (file) => {
    expect(read(file).problems).toEqual([]);
  });
});

describe('details of real documents', () => {
  const method = (file: string, path: string, httpMethod: string) =>
    read(file)
      .definition?.resources.find((resource) => resource.path === path)
      ?.methods.find((found) => found.httpMethod === httpMethod);

  test('two security alternatives make an authorizer and an API key', () => {
    expect(method('localstack-pulumi-export.swagger.json', '/just_do_it', 'GET')).toMatchObject({
      authorizationType: 'CUSTOM',
      authorizerName: 'Auth0',
      apiKeyRequired: true,
    });
  });

  test('security at the root holds for every operation', () => {
    expect(method('localstack-global-auth.openapi.json', '/echo/{data}', 'ANY')).toMatchObject({
      authorizationType: 'CUSTOM',
      authorizerName: 'GatewayAuthorizer',
      apiKeyRequired: false,
    });
  });

  test('IAM is demanded by a scheme or by the extension', () => {
    expect(method('opg-deputy-reporting.openapi.yaml', '/healthcheck', 'GET')?.authorizationType).toBe(
      'AWS_IAM',
    );
    expect(method('secure-pet-store.swagger.yaml', '/pets', 'POST')?.authorizationType).toBe('AWS_IAM');
  });

  test('a referenced integration is that of its target', () => {
    expect(method('localstack-integration-by-ref.openapi.json', '/pets', 'POST')?.integration).toMatchObject({
      type: 'HTTP_PROXY',
      httpMethod: 'POST',
      payloadFormatVersion: '1.0',
    });
  });

  test('a selection pattern stays as it is written', () => {
    const { integration } = method('api-gateway-dsl-lambda-post.swagger.yaml', '/pets', 'POST') ?? {};
    expect(integration?.responses.map(({ selectionPattern }) => selectionPattern)).toEqual([
      undefined,
      '\\n|.*',
    ]);
  });

  test('the endpoint configuration of a server counts', () => {
    expect(read('pn-bff-web.openapi.yaml').definition?.disableExecuteApiEndpoint).toBe(true);
  });
});
