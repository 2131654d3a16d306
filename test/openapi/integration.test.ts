// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the documents under test
import { describe, expect, test } from 'vitest';
import { importDefinition } from '../../src/openapi/import.js';
import {
  definitionOf,
  INTEGRATION_AT,
  load,
  loadIntegration,
  loadMethod,
  MOCK,
  messagesOf,
  openapi,
  operation,
} from './documents.js';

const HTTP = {
  type: 'http',
  httpMethod: 'GET',
  uri: 'http://h/',
  responses: { default: { statusCode: 200 } },
};
const PROXY = { type: 'http_proxy', httpMethod: 'GET', uri: 'http://h/' };
const LAMBDA = 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations';

describe('an integration', () => {
  test('carries every field into the definition', () => {
    const { integration, messages } = loadIntegration(
      {
        type: 'Http',
        httpMethod: 'post',
        uri: 'https://h/{id}',
        credentials: 'arn:aws:iam::1:role/r',
        passthroughBehavior: 'when_no_templates',
        contentHandling: 'convert_to_text',
        requestParameters: { 'integration.request.path.id': 'method.request.path.id' },
        requestTemplates: { 'application/json': 'text\n' },
        responses: {
          default: { statusCode: 200 },
          '5\\d{2}': {
            statusCode: '500',
            contentHandling: 'CONVERT_TO_BINARY',
            responseParameters: { 'method.response.header.h': "'x'" },
            responseTemplates: { 'text/plain': '' },
          },
        },
        cacheNamespace: 'n',
        cacheKeyParameters: ['method.request.path.id'],
        connectionType: 'vpc_link',
        connectionId: 'v',
        timeoutInMillis: 50,
        tlsConfig: { insecureSkipVerification: true, serverNameToVerify: 's' },
        responseTransferMode: 'buffered',
        integrationTarget: 't',
        payloadFormatVersion: 1.0,
        integrationSubtype: 'x',
      },
      '/a/{id}',
      {
        parameters: [{ in: 'path', name: 'id' }],
        responses: { 200: {}, 500: { headers: { h: {} } } },
      },
    );
    expect(messages).toEqual([]);
    expect(integration).toEqual({
      type: 'HTTP',
      httpMethod: 'POST',
      uri: 'https://h/{id}',
      credentials: 'arn:aws:iam::1:role/r',
      passthroughBehavior: 'WHEN_NO_TEMPLATES',
      contentHandling: 'CONVERT_TO_TEXT',
      requestParameters: { 'integration.request.path.id': 'method.request.path.id' },
      requestTemplates: { 'application/json': 'text\n' },
      responses: [
        { statusCode: '200', responseParameters: {}, responseTemplates: {} },
        {
          statusCode: '500',
          selectionPattern: '5\\d{2}',
          contentHandling: 'CONVERT_TO_BINARY',
          responseParameters: { 'method.response.header.h': "'x'" },
          responseTemplates: { 'text/plain': '' },
        },
      ],
      cacheNamespace: 'n',
      cacheKeyParameters: ['method.request.path.id'],
      connectionType: 'VPC_LINK',
      connectionId: 'v',
      timeoutInMillis: 50,
      tlsConfig: { insecureSkipVerification: true, serverNameToVerify: 's' },
      responseTransferMode: 'BUFFERED',
      integrationTarget: 't',
      payloadFormatVersion: '1',
      integrationSubtype: 'x',
    });
  });

  test('of type MOCK drops method and address', () => {
    const { integration } = loadIntegration({ ...MOCK, httpMethod: 'POST', uri: 'http://h/' });
    expect(integration).not.toHaveProperty('httpMethod');
    expect(integration).not.toHaveProperty('uri');
  });

  test('keeps responses in the order of the document, keys that look like numbers too', () => {
    const text = JSON.stringify(
      openapi({
        '/a': {
          get: operation({ ...HTTP, responses: 'HERE' }, { responses: { 200: {}, 404: {}, 500: {} } }),
        },
      }),
    ).replace('"HERE"', '{"5..":{"statusCode":500},"404":{"statusCode":404},"default":{"statusCode":200}}');
    const result = importDefinition(text, 'a');
    expect(result.problems).toEqual([]);
    expect(
      definitionOf(result).resources[0]?.methods[0]?.integration?.responses.map((r) => r.selectionPattern),
    ).toEqual(['5..', '404', undefined]);
  });

  test('may be a reference to components/x-amazon-apigateway-integrations', () => {
    const $ref = '#/components/x-amazon-apigateway-integrations/A';
    const components = { 'x-amazon-apigateway-integrations': { A: PROXY } };
    const { method, messages } = loadMethod(openapi({ '/a': { get: operation({ $ref }) } }, { components }));
    expect(method.integration).toMatchObject({ type: 'HTTP_PROXY', uri: 'http://h/' });
    expect(messages).toEqual([]);
  });

  test('of a reference leads to its own place in problems, once for all its users', () => {
    const $ref = '#/components/x-amazon-apigateway-integrations/A';
    const components = { 'x-amazon-apigateway-integrations': { A: { ...PROXY, zone: 1 } } };
    const paths = { '/a': { get: operation({ $ref }), put: operation({ $ref }) } };
    expect(messagesOf(load(openapi(paths, { components })))).toEqual([
      'warning /components/x-amazon-apigateway-integrations/A/zone: "zone" is no member of an integration and is ignored: remove or move it.',
    ]);
  });

  test.each([
    [{ uri: 'http://h/' }, '', 'has no type'],
    [{ type: 'lambda', uri: 'http://h/' }, '/type', 'The integration type "lambda" is unknown'],
    [{ type: {} }, '/type', 'The integration type "" is unknown'],
    [{ type: 'http', httpMethod: 'GET' }, '', 'The HTTP integration has no uri'],
    [{ type: 'aws_proxy', httpMethod: 'POST', uri: {} }, '/uri', 'The AWS_PROXY integration has no uri'],
    ['http://h/', '', 'The integration is no object'],
  ])('%j is refused', (integration, pointer, reason) => {
    const result = load(openapi({ '/a': { get: operation(integration) } }));
    expect(result.definition).toBeUndefined();
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([expect.objectContaining({ pointer: INTEGRATION_AT + pointer })]);
    expect(errors[0]?.message).toMatch(reason);
  });

  test.each([
    [49, 49, 'refuses timeoutInMillis 49, it is used as written'],
    [29001, 29001, 'refuses timeoutInMillis 29001'],
    ['30s', 29000, 'must be a number of milliseconds, 29000 is used'],
    [-1, 29000, 'must be a number'],
    [0, 29000, 'must be a number'],
    ['1500', 1500, undefined],
  ])('with the timeout %j waits %i ms', (timeoutInMillis, milliseconds, warning) => {
    const { integration, messages } = loadIntegration({ ...PROXY, timeoutInMillis });
    expect(integration.timeoutInMillis).toBe(milliseconds);
    expect(messages).toEqual(warning === undefined ? [] : [expect.stringContaining(warning)]);
  });

  test('that streams may wait fifteen minutes', () => {
    const { integration, messages } = loadIntegration({
      ...PROXY,
      responseTransferMode: 'STREAM',
      timeoutInMillis: 900_000,
    });
    expect(integration).toMatchObject({ responseTransferMode: 'STREAM', timeoutInMillis: 900_000 });
    expect(messages).toEqual([]);
  });

  test('loads with defaults for values that do not exist', () => {
    const { integration, messages } = loadIntegration({
      ...PROXY,
      passthroughBehavior: 'sometimes',
      contentHandling: 'x',
      connectionType: 'x',
    });
    expect(integration).toMatchObject({ passthroughBehavior: 'WHEN_NO_MATCH', connectionType: 'INTERNET' });
    expect(integration.contentHandling).toBeUndefined();
    expect(messages).toHaveLength(3);
  });
});

describe('parameter mappings', () => {
  test('with a boolean or number are dropped with the warning of AWS', () => {
    const { integration, messages } = loadIntegration({
      ...PROXY,
      requestParameters: {
        'integration.request.header.a': true,
        'integration.request.header.b': 7,
        'integration.request.header.c': "'x'",
      },
    });
    expect(integration.requestParameters).toEqual({ 'integration.request.header.c': "'x'" });
    expect(messages).toEqual([
      `warning ${INTEGRATION_AT}/requestParameters/integration.request.header.a: Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.a' of resource '/a' and method 'GET' but got 'true'`,
      `warning ${INTEGRATION_AT}/requestParameters/integration.request.header.b: Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.b' of resource '/a' and method 'GET' but got '7'`,
    ]);
  });

  test.each([
    ['integration.request.cookie.a', "'x'", 'is no mapping target'],
    ['header.a', "'x'", 'is no mapping target'],
    ['integration.request.header.a', 'x', 'Invalid mapping expression "x"'],
    ['integration.request.header.a', 'method.request.cookie.x', 'Invalid mapping expression'],
  ])('%s <- %s is dropped and reported', (target, source, reason) => {
    const { integration, messages } = loadIntegration({ ...PROXY, requestParameters: { [target]: source } });
    expect(integration.requestParameters).toEqual({});
    expect(messages).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    "'literal'",
    'method.request.querystring.q',
    'method.request.multivalueheader.X-A',
    'method.request.body',
    'method.request.body.a.b[0]',
    'stageVariables.x',
    'context.authorizer.claims.sub',
  ])('from %s are kept', (source) => {
    const requestParameters = { 'integration.request.header.a': source };
    const { integration, messages } = loadIntegration({ ...PROXY, requestParameters });
    expect(integration.requestParameters).toEqual(requestParameters);
    expect(messages).toEqual([]);
  });
});

describe('templates', () => {
  test('that are no text, or have no media type, are dropped and reported', () => {
    const { integration, messages } = loadIntegration({
      ...MOCK,
      requestTemplates: { 'application/json': { statusCode: 200 }, json: 'x', $default: 'y' },
    });
    expect(integration.requestTemplates).toEqual({ $default: 'y' });
    expect(messages).toEqual([
      expect.stringContaining('The template for application/json must be a text, but is an object'),
      expect.stringContaining('"json" is no media type'),
    ]);
  });
});

describe('what a newcomer forgets', () => {
  const path = '/a/{proxy+}';
  const at = '/paths/~1a~1{proxy+}/get/x-amazon-apigateway-integration';
  const declared = { parameters: [{ in: 'path', name: 'proxy', required: true }] };

  test('a placeholder of the uri without a mapping: the line to add, in JSON', () => {
    const integration = { ...PROXY, uri: 'http://h/{proxy}?x={proxy}' };
    expect(loadIntegration(integration, path, declared).messages).toEqual([
      `warning ${at}/uri: Nothing fills "{proxy}" of this uri, so requests answer 500: ` +
        'add "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"}.',
    ]);
    const other = { ...integration, requestParameters: { 'integration.request.header.a': "'x'" } };
    expect(loadIntegration(other, path, declared).messages).toEqual([
      expect.stringContaining(
        'add "integration.request.path.proxy": "method.request.path.proxy" to "requestParameters".',
      ),
    ]);
  });

  test('the same in YAML, at the line of the uri', () => {
    const text = [
      'openapi: 3.0.1',
      'info: {title: t}',
      'paths:',
      '  /a/{proxy+}:',
      '    x-amazon-apigateway-any-method:',
      '      x-amazon-apigateway-integration:',
      '        type: http_proxy',
      '        httpMethod: ANY',
      '        uri: http://h/{proxy}',
    ].join('\n');
    expect(importDefinition(text, 'api.yaml').problems).toEqual([
      {
        severity: 'warning',
        file: 'api.yaml',
        line: 9,
        column: 9,
        pointer: '/paths/~1a~1{proxy+}/x-amazon-apigateway-any-method/x-amazon-apigateway-integration/uri',
        message:
          'Nothing fills "{proxy}" of this uri, so requests answer 500: ' +
          'add requestParameters: {integration.request.path.proxy: method.request.path.proxy}.',
      },
    ]);
  });

  test.each([
    [
      { uri: 'http://h/{other}' },
      'add "requestParameters": {"integration.request.path.other": "method.request.querystring.other"} or another source',
    ],
    [{ uri: 'http://h/{proxy+}' }, 'write "{proxy}" and map it'],
    [{ uri: 'h/x' }, 'is no http or https address, so requests answer 500'],
    [{ uri: 'http://${host}/x' }, 'The placeholder "${host}" stays as it is'],
    [{ uri: '${url}', credentials: '${role}' }, 'The placeholder "${role}" stays as it is'],
    [{ uri: 'http://h/', httpMethod: undefined }, 'refuses an integration without httpMethod'],
    [{ uri: 'http://h/', connectionType: 'VPC_LINK' }, 'needs a connectionId'],
    [{ uri: 'http://h/', payloadFormatVersion: '2.0' }, 'always sends payload format 1.0, "2.0" is ignored'],
    [
      { uri: 'http://h/', requestParameters: { 'integration.request.path.x': 'method.request.path.no' } },
      'The path has no parameter "no"',
    ],
  ])('%j', (extra, reason) => {
    const { messages } = loadIntegration({ ...PROXY, ...extra }, path, declared);
    expect(messages.join('\n')).toContain(reason);
  });

  test('a path parameter that is mapped but not declared', () => {
    const requestParameters = { 'integration.request.path.proxy': 'method.request.path.proxy' };
    const { messages } = loadIntegration({ ...PROXY, uri: 'http://h/{proxy}', requestParameters }, path);
    expect(messages).toEqual([expect.stringContaining('add "proxy" to the operation\'s parameters')]);
  });

  test('stage variables are no placeholders', () => {
    const uri = 'http://${stageVariables.host}/${stageVariables.path}';
    expect(loadIntegration({ ...PROXY, uri }).messages).toEqual([]);
  });

  test.each([
    ['GET', 'with the httpMethod GET answers 500'],
    [undefined, 'without httpMethod, here POST is used'],
  ])('the method of an aws_proxy integration: %s', (httpMethod, reason) => {
    const { messages } = loadIntegration({ type: 'aws_proxy', uri: LAMBDA, httpMethod });
    expect(messages).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    ['arn', 'is no arn:aws:apigateway address'],
    [
      'arn:aws:lambda:us-east-1:000000000000:function:f',
      'write "arn:aws:apigateway:{region}:lambda:path/2015-03-31',
    ],
  ])('an address of AWS that is none: %s', (uri, reason) => {
    const { messages } = loadIntegration({ type: 'aws_proxy', uri, httpMethod: 'POST' });
    expect(messages).toEqual([expect.stringContaining(reason)]);
  });

  test.each(['http', 'aws', 'mock'])('responses of type %s', (type) => {
    const { messages } = loadIntegration({ type, uri: 'http://h/', httpMethod: 'POST' });
    expect(messages.join()).toMatch(`An integration of type ${type} without responses answers 500`);
  });

  test('responses the operation does not declare, and their headers', () => {
    const responses = {
      default: { statusCode: '200', responseParameters: { 'method.response.header.X-A': "'a'" } },
      '4..': { statusCode: '400' },
      '5..': {},
      '6..': { statusCode: '200' },
    };
    expect(loadIntegration({ ...HTTP, responses }).messages).toEqual([
      expect.stringContaining('"5.." has no statusCode'),
      expect.stringContaining('keeps one integration response for each status code and 200 has two'),
      expect.stringContaining('does not declare: add X-A to its headers'),
      expect.stringContaining('The operation has no response 400'),
    ]);
  });
});

describe('x-propylon-upstream', () => {
  test('may be a name, which is kept as it is', () => {
    const { integration, messages } = loadIntegration({ ...PROXY, 'x-propylon-upstream': 'orders.v2' });
    expect(integration?.upstream).toBe('orders.v2');
    expect(messages).toEqual([]);
  });

  test('may be an upstream itself, which is kept as JSON', () => {
    const upstream = { targets: ['10.0.0.1:80', { address: 'b.internal', weight: 2 }], retry: { on: [503] } };
    const { integration, messages } = loadIntegration({ ...HTTP, 'x-propylon-upstream': upstream });
    expect(JSON.parse(integration?.upstream ?? '')).toEqual(upstream);
    expect(messages).toEqual([]);
  });

  test.each([
    [{ targets: [] }, 'x-propylon-upstream.targets must list 1 to 100 targets, not 0'],
    [{ targets: ['a'], tls: { ca: '/etc/ca.pem' } }, 'x-propylon-upstream.tls.ca names a file, which only'],
    [{ target: 'a' }, 'x-propylon-upstream.target is not known: use targets'],
    ['http://h/', 'must be the name of an upstream or an object with targets, not "http://h/"'],
    [['a'], 'x-propylon-upstream must be a map of targets'],
    [{ targets: ['a', ' '] }, 'x-propylon-upstream.targets[1] must be an address'],
    [{ targets: ['a'], tls: {} }, 'The upstream has tls, but the URI says http: write https.'],
  ])('that cannot be used is an error: %j', (upstream, reason) => {
    const { definition, problems } = load(
      openapi({ '/a': { get: operation({ ...PROXY, 'x-propylon-upstream': upstream }) } }),
    );
    expect(definition).toBeUndefined();
    expect(problems.map(({ message }) => message).join()).toContain(reason);
  });

  test('with tls needs a URI that may be https', () => {
    const upstream = { targets: ['a'], tls: {} };
    for (const uri of ['https://h/', '${stageVariables.scheme}://h/', '${stageVariables.base}/']) {
      expect(loadIntegration({ ...PROXY, uri, 'x-propylon-upstream': upstream }).integration.upstream).toBe(
        JSON.stringify(upstream),
      );
    }
  });

  test.each(['orders', { targets: ['a'] }])('excludes a tlsConfig that says anything: %j', (upstream) => {
    const integration = { ...PROXY, uri: 'https://h/', 'x-propylon-upstream': upstream };
    const { problems } = load(
      openapi({ '/a': { get: operation({ ...integration, tlsConfig: { serverNameToVerify: 's' } }) } }),
    );
    expect(problems).toEqual([
      expect.objectContaining({
        severity: 'error',
        pointer: `${INTEGRATION_AT}/tlsConfig`,
        message: 'tlsConfig has no effect with an upstream: write tls in the upstream.',
      }),
    ]);
    expect(loadIntegration({ ...integration, tlsConfig: {} }).messages).toEqual([]);
  });

  test('has no effect where nothing is sent to a host', () => {
    const { integration, messages } = loadIntegration({ ...MOCK, 'x-propylon-upstream': 'orders' });
    expect(integration?.upstream).toBeUndefined();
    expect(messages).toEqual([expect.stringContaining('has an effect on http and http_proxy only')]);
  });
});
