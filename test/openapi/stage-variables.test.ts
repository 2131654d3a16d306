// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
import { expect, test } from 'vitest';
import { usedStageVariables } from '../../src/openapi/stage-variables.js';
import { definitionOf, INTEGRATION_AT, load, operation, swagger } from './documents.js';

test('every stage variable is found with the place that reads it', () => {
  const integration = {
    type: 'http',
    httpMethod: 'POST',
    uri: 'http://${stageVariables.host}:${stageVariables.port}/${stageVariables.host}',
    connectionType: 'VPC_LINK',
    connectionId: '${stageVariables.link}',
    requestParameters: {
      'integration.request.header.a': 'stageVariables.mapped',
      'integration.request.header.b': "'stageVariables.literal'",
    },
    requestTemplates: { 'application/json': '$stageVariables.a ${stageVariables.b} $!stageVariables["c"]' },
    responses: {
      default: { statusCode: 200, responseTemplates: { 'text/plain': "$stageVariables.get('d')" } },
    },
  };
  const authorizer = {
    type: 'request',
    authorizerUri: 'arn:${stageVariables.f}',
    identitySource: 'context.x, stageVariables.id',
  };
  const result = load(
    swagger(
      { '/a': { get: operation(integration) } },
      {
        securityDefinitions: {
          auth: { type: 'apiKey', in: 'header', name: 'x', 'x-amazon-apigateway-authorizer': authorizer },
        },
        'x-amazon-apigateway-gateway-responses': {
          DEFAULT_5XX: {
            responseParameters: { 'gatewayresponse.header.h': 'stageVariables.g' },
            responseTemplates: { 'application/json': '$stageVariables.t' },
          },
        },
      },
    ),
  );
  const used = usedStageVariables(definitionOf(result));
  const at = (name: string, pointer: string) => ({ name, pointer });
  const scheme = '/components/securitySchemes/auth/x-amazon-apigateway-authorizer';
  expect(used).toEqual([
    at('host', `${INTEGRATION_AT}/uri`),
    at('port', `${INTEGRATION_AT}/uri`),
    at('link', `${INTEGRATION_AT}/connectionId`),
    at('mapped', `${INTEGRATION_AT}/requestParameters/integration.request.header.a`),
    at('a', `${INTEGRATION_AT}/requestTemplates/application~1json`),
    at('b', `${INTEGRATION_AT}/requestTemplates/application~1json`),
    at('c', `${INTEGRATION_AT}/requestTemplates/application~1json`),
    at('d', `${INTEGRATION_AT}/responses/default/responseTemplates/text~1plain`),
    at('f', `${scheme}/authorizerUri`),
    at('id', `${scheme}/identitySource`),
    at('t', '/x-amazon-apigateway-gateway-responses/DEFAULT_5XX/responseTemplates/application~1json'),
    at('g', '/x-amazon-apigateway-gateway-responses/DEFAULT_5XX/responseParameters/gatewayresponse.header.h'),
  ]);
  // The place of every one of them can be found in the document, whatever its format.
  for (const { pointer } of used) {
    const located = result.locate(pointer).pointer;
    expect(located).toBe(pointer.replace('/components/securitySchemes', '/securityDefinitions'));
  }
});
