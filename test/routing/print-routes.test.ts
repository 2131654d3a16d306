import { expect, test } from 'vitest';
import type { Definition, Integration, Method, Resource } from '../../src/model/snapshot.js';
import { printRoutes } from '../../src/routing/print-routes.js';

const LAMBDA = 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions';

function method(httpMethod: Method['httpMethod'], integration?: Partial<Integration>): Method {
  return {
    httpMethod,
    authorizationType: 'NONE',
    authorizationScopes: [],
    apiKeyRequired: false,
    requestParameters: {},
    requestModels: {},
    responses: [],
    ...(integration && {
      integration: {
        type: 'MOCK',
        passthroughBehavior: 'WHEN_NO_MATCH',
        requestParameters: {},
        requestTemplates: {},
        responses: [],
        cacheNamespace: '',
        cacheKeyParameters: [],
        connectionType: 'INTERNET',
        timeoutInMillis: 29_000,
        responseTransferMode: 'BUFFERED',
        ...integration,
      },
    }),
  };
}

function definition(resources: Record<string, Method[]>): Definition {
  return {
    name: 'pets',
    version: '1',
    description: '',
    binaryMediaTypes: [],
    apiKeySource: 'HEADER',
    disableExecuteApiEndpoint: false,
    resources: Object.entries(resources).map(([path, methods]): Resource => ({ id: path, path, methods })),
    models: [],
    requestValidators: [],
    authorizers: [],
    gatewayResponses: [],
  };
}

test('resources are drawn as a tree, each method with its integration type and target', () => {
  const text = printRoutes(
    definition({
      '/{proxy+}': [
        method('ANY', { type: 'HTTP_PROXY', httpMethod: 'GET', uri: 'http://site.internal/{proxy}' }),
      ],
      '/pets/{petId}': [
        method('GET', { type: 'HTTP_PROXY', httpMethod: 'ANY', uri: 'http://pets.internal/pets/{petId}' }),
        method('DELETE'),
      ],
      '/': [method('GET', { type: 'MOCK' })],
      '/pets': [
        method('GET', { type: 'HTTP', httpMethod: 'GET', uri: 'http://pets.internal/pets' }),
        method('POST', {
          type: 'AWS_PROXY',
          httpMethod: 'POST',
          uri: `${LAMBDA}/arn:aws:lambda:us-east-1:000000000000:function:createPet:live/invocations`,
        }),
      ],
      '/admin/reports/daily': [method('PUT', { type: 'MOCK' })],
    }),
  );
  expect(text).toBe(`\
/                      GET     MOCK
├── admin
│   └── reports
│       └── daily      PUT     MOCK
├── pets               GET     HTTP        http://pets.internal/pets
│   │                  POST    AWS_PROXY   createPet:live
│   └── {petId}        GET     HTTP_PROXY  http://pets.internal/pets/{petId}
│                      DELETE  none        answers 500
└── {proxy+} (greedy)  ANY     HTTP_PROXY  GET http://site.internal/{proxy}

5 resources, 7 methods
`);
});

test('siblings stand in the order in which matching tries them', () => {
  const names = ['/b', '/{x}', '/a', '/a/{p+}', '/a/z', '/{x}/1'];
  const text = printRoutes(definition(Object.fromEntries(names.map((path) => [path, [method('GET', {})]]))));
  const parts = [...text.matchAll(/── (\S+)/g)].map(([, part]) => part);
  expect(parts).toEqual(['a', 'z', '{p+}', 'b', '{x}', '1']);
});

test('a definition without resources is an empty tree', () => {
  expect(printRoutes(definition({}))).toBe('/\n\n0 resources, 0 methods\n');
});

test('one resource and one method are counted in the singular', () => {
  expect(printRoutes(definition({ '/': [method('GET', {})] }))).toBe(
    '/  GET  MOCK\n\n1 resource, 1 method\n',
  );
});

test('colours appear only when asked for', () => {
  const routes = definition({ '/': [method('GET', { type: 'HTTP', uri: 'http://x' })] });
  expect(printRoutes(routes)).not.toContain('\u001b');
  expect(printRoutes(routes, { colors: true })).toContain('\u001b[1mGET\u001b[0m');
});

test('control characters of a definition are shown, never sent to the terminal', () => {
  const text = printRoutes(
    definition({ '/a\u001b[2J': [method('GET', { type: 'HTTP', uri: 'http://x/\u009b\u202e\r\n' })] }),
  );
  expect(text).toContain('a\\u{1b}[2J');
  expect(text).toContain('http://x/\\u{9b}\\u{202e}\\u{d}\\u{a}');
  expect(text).not.toContain('\u001b');
});
