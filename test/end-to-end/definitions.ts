/** Definitions that several end-to-end tests serve. */

const PARAMETER = { name: 'proxy', in: 'path', required: true, schema: { type: 'string' } };

/** `/api/{proxy+}` with ANY and HTTP_PROXY to `http://${stageVariables.backend}/site/{proxy}`. */
export function proxyDefinition(extra: Record<string, unknown> = {}, integration: object = {}): string {
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Proxy', version: '1' },
    paths: {
      '/api/{proxy+}': {
        'x-amazon-apigateway-any-method': {
          parameters: [PARAMETER],
          'x-amazon-apigateway-integration': {
            type: 'http_proxy',
            httpMethod: 'ANY',
            uri: `http://\${stageVariables.backend}/site/{proxy}`,
            requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
            ...integration,
          },
        },
      },
      ...extra,
    },
  });
}

/** A MOCK method that answers with this JSON. */
export function mockOperation(body: unknown): object {
  return {
    responses: { 200: { description: 'ok' } },
    'x-amazon-apigateway-integration': {
      type: 'mock',
      requestTemplates: { 'application/json': '{"statusCode": 200}' },
      responses: {
        default: { statusCode: '200', responseTemplates: { 'application/json': JSON.stringify(body) } },
      },
    },
  };
}
