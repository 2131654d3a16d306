/** TestInvokeMethod: reference 09 section 7. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IMPORT_OPERATIONS } from '../../src/control-plane/operations/import.js';
import { MODEL_OPERATIONS } from '../../src/control-plane/operations/models.js';
import { REQUEST_VALIDATOR_OPERATIONS } from '../../src/control-plane/operations/request-validators.js';
import { testInvokeOperations } from '../../src/control-plane/operations/test-invoke.js';
import { date } from '../../src/control-plane/test-invoke/log.js';
import { createTestServices, type TestServices } from '../../src/control-plane/test-invoke/services.js';
import { DEFAULT_UPSTREAM_SETTINGS } from '../../src/upstream/upstream.js';
import { LambdaEndpoint } from '../functions/lambda-endpoint.js';
import { openapi, operation } from '../openapi/documents.js';
import { type Backend, startBackend, startRawBackend } from '../support/backend.js';
import { CORE_OPERATIONS, newControlPlane, type TestControlPlane } from './harness.js';

let lambda: LambdaEndpoint;
let backend: Backend;
let services: TestServices;
beforeAll(async () => {
  lambda = await LambdaEndpoint.start();
  backend = await startBackend((request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.setHeader('X-Kind', 'backend');
    response.statusCode = request.url === '/broken' ? 500 : 200;
    response.end(`you sent ${request.body}`);
  });
  services = createTestServices({
    aws: { endpoints: {} },
    lambda: { region: 'eu-central-1', accountId: '123456789012', endpoint: lambda.url },
    upstream: DEFAULT_UPSTREAM_SETTINGS,
  });
});
afterAll(async () => {
  await services.upstream.close();
  await backend.close();
  await lambda.close();
});

let cp: TestControlPlane;
let api: string;
let resource: string;
beforeEach(async () => {
  cp = newControlPlane([
    ...CORE_OPERATIONS,
    ...IMPORT_OPERATIONS,
    ...MODEL_OPERATIONS,
    ...REQUEST_VALIDATOR_OPERATIONS,
    ...testInvokeOperations(services),
  ]);
  const { id, rootResourceId } = await cp.ok('POST', '/restapis', { name: 'shop' });
  api = `/restapis/${id}`;
  const orders = await cp.ok('POST', `${api}/resources/${rootResourceId}`, { pathPart: 'orders' });
  const order = await cp.ok('POST', `${api}/resources/${orders.id}`, { pathPart: '{orderId}' });
  resource = `${api}/resources/${order.id}`;
});

interface Prepared {
  verb?: string;
  method?: object;
  integration: object;
  /** Template of the integration response of status 200; absent: none. */
  template?: string;
}

async function prepare({ verb = 'POST', method = {}, integration, template }: Prepared): Promise<string> {
  const path = `${resource}/methods/${verb}`;
  await cp.ok('PUT', path, { authorizationType: 'NONE', ...method });
  await cp.ok('PUT', `${path}/integration`, integration);
  await cp.ok('PUT', `${path}/responses/200`);
  const responseTemplates = template === undefined ? {} : { 'application/json': template };
  await cp.ok('PUT', `${path}/integration/responses/200`, { responseTemplates });
  return path;
}

const mock = (template: string, more: Partial<Prepared> = {}) =>
  prepare({
    integration: { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } },
    template,
    ...more,
  });

/** Lines without dates, with the ids and durations that differ from run to run replaced. */
function linesOf({ log }: { log: string }): string[] {
  expect(log.endsWith('\n')).toBe(true);
  const [first = '', ...rest] = log.slice(0, -1).split('\n');
  const id = first.replace('Execution log for request ', '');
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  return [first, ...rest.map(withoutDate)].map((line) =>
    line.replaceAll(id, 'ID').replace(/latency: \d+ ms/, 'latency: N ms'),
  );
}

function withoutDate(line: string): string {
  const [dated = '', ...rest] = line.split(' : ');
  expect(dated).toMatch(/^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/);
  return rest.join(' : ');
}

const began = (verb: string, path: string, parameters: string, query = '{}', headers = '{}', body = '') => [
  'Execution log for request ID',
  'Starting execution for request: ID',
  `HTTP Method: ${verb}, Resource Path: ${path}`,
  `Method request path: ${parameters}`,
  `Method request query string: ${query}`,
  `Method request headers: ${headers}`,
  `Method request body before transformations: ${body}`,
];

test('dates look as recorded', () => {
  expect(date(Date.UTC(2025, 2, 4, 10, 11, 12))).toBe('Tue Mar 04 10:11:12 UTC 2025');
});

test('a MOCK method answers without deployment, and its log has no endpoint', async () => {
  const method = await mock(
    '$input.params("orderId") $input.params("a") $input.params("x-y") $stageVariables.v',
  );
  const answer = await cp.ok('POST', method, {
    pathWithQueryString: '/orders/7?a=b%20c',
    headers: { 'X-y': 'z' },
    body: '{"n": 1}',
    stageVariables: { v: 'test' },
  });
  expect(answer).toMatchObject({
    status: 200,
    body: '7 b c z test',
    headers: { 'Content-Type': 'application/json' },
    multiValueHeaders: { 'Content-Type': ['application/json'] },
    latency: expect.any(Number),
  });
  expect(linesOf(answer)).toEqual([
    ...began('POST', '/orders/7', '{orderId=7}', '{a=b c}', '{X-y=z}', '{"n": 1}'),
    'Method response body after transformations: 7 b c z test',
    'Method response headers: {Content-Type=application/json}',
    'Successfully completed execution',
    'Method completed with status: 200',
  ]);
});

test('context values are those of a test call', async () => {
  const method = await mock(
    '$context.stage $context.domainPrefix $context.domainName $context.path $context.identity.sourceIp $context.identity.apiKey $context.identity.apiKeyId $context.identity.accountId',
  );
  const { body } = await cp.ok('POST', method, { pathWithQueryString: '/orders/7' });
  expect(body).toBe(
    'test-invoke-stage testPrefix testPrefix.testDomainName /orders/7 test-invoke-source-ip test-invoke-api-key test-invoke-api-key-id 123456789012',
  );
});

describe('the path', () => {
  test('is the resource’s own when none is given', async () => {
    const answer = await cp.ok('POST', await mock('$input.params("orderId")'), {});
    expect(answer.body).toBe('{orderId}');
    expect(linesOf(answer)).toEqual(
      expect.arrayContaining(began('POST', '/orders/{orderId}', '{orderId={orderId}}')),
    );
  });

  test('that does not fit gives no parameters', async () => {
    const answer = await cp.ok('POST', await mock('[$input.params("orderId")]'), {
      pathWithQueryString: '/elsewhere/a/b',
    });
    expect(answer.body).toBe('[]');
    expect(linesOf(answer)).toEqual(expect.arrayContaining(began('POST', '/elsewhere/a/b', '{}')));
  });
});

test('whatever Content-Type is named, the body is JSON; names of headers are logged as given', async () => {
  const answer = await cp.ok('POST', await mock('$input.params("content-type")'), {
    headers: { 'content-TYPE': 'text/xml' },
    multiValueHeaders: { 'X-Many': ['a', 'b'] },
  });
  expect(answer.body).toBe('application/json');
  expect(answer.log).toContain('Method request headers: {content-TYPE=text/xml, X-Many=a,b}\n');
});

test('authorizers and API keys are skipped, validators are not', async () => {
  const { id: requestValidatorId } = await cp.ok('POST', `${api}/requestvalidators`, {
    name: 'body',
    validateRequestBody: true,
  });
  await cp.ok('POST', `${api}/models`, {
    name: 'Order',
    contentType: 'application/json',
    schema: '{"type":"object","required":["n"],"properties":{"n":{"type":"number"}}}',
  });
  const method = await mock('fine', {
    method: {
      authorizationType: 'AWS_IAM',
      apiKeyRequired: true,
      requestValidatorId,
      requestModels: { 'application/json': 'Order' },
    },
  });
  expect((await cp.ok('POST', method, { body: '{"n": 1}' })).body).toBe('fine');
  const refused = await cp.ok('POST', method, { body: '{}' });
  expect(refused).toMatchObject({ status: 400, body: '{"message": "Invalid request body"}' });
  expect(linesOf(refused).slice(7)).toEqual([
    expect.stringMatching(
      /^Request body does not match model schema for content type application\/json: \[.*n.*\]$/,
    ),
    'Method completed with status: 400',
  ]);
});

describe('an HTTP integration', () => {
  const http = (path: string, more: object = {}) =>
    prepare({
      integration: {
        type: 'HTTP',
        httpMethod: 'PUT',
        uri: `http://${backend.authority}${path}`,
        requestTemplates: { 'application/json': '{"order": $input.params("orderId")}' },
        ...more,
      },
      template: '{"backend": "$input.body"}',
    });

  test('calls its backend, and the log tells what went out and came back', async () => {
    const answer = await cp.ok('POST', await http('/orders'), {
      pathWithQueryString: '/orders/7',
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 200, body: '{"backend": "you sent {"order": 7}"}' });
    expect(Object.keys(answer.headers)).toEqual(['X-Amzn-Trace-Id', 'Content-Type']);
    expect(backend.seen.at(-1)).toMatchObject({ method: 'PUT', url: '/orders' });
    const url = `http://${backend.authority}/orders`;
    expect(linesOf(answer)).toEqual([
      ...began('POST', '/orders/7', '{orderId=7}', '{}', '{}', '{}'),
      `Endpoint request URI: ${url}`,
      expect.stringMatching(
        /^Endpoint request headers: \{Host=127\.0\.0\.1:\d+, .*User-Agent=AmazonAPIGateway_.*\}$/,
      ),
      'Endpoint request body after transformations: {"order": 7}',
      `Sending request to ${url}`,
      'Received response. Status: 200, Integration latency: N ms',
      expect.stringMatching(/^Endpoint response headers: \{Content-Type=text\/plain, X-Kind=backend, .*\}$/),
      'Endpoint response body before transformations: you sent {"order": 7}',
      'Method response body after transformations: {"backend": "you sent {"order": 7}"}',
      expect.stringMatching(
        /^Method response headers: \{X-Amzn-Trace-Id=Root=.*, Content-Type=application\/json\}$/,
      ),
      'Successfully completed execution',
      'Method completed with status: 200',
    ]);
  });

  test('with an address that cannot be used fails before any call', async () => {
    const method = await http('', { uri: 'http://nobody.invalid/' });
    const answer = await cp.ok('POST', method, {});
    expect(answer).toMatchObject({
      status: 500,
      body: '{"message": "Internal server error"}',
      headers: { 'x-amzn-ErrorType': 'InternalServerErrorException' },
      multiValueHeaders: { 'x-amzn-ErrorType': ['InternalServerErrorException'] },
    });
    expect(linesOf(answer).slice(7)).toEqual([
      expect.stringMatching(/^Execution failed due to configuration error: Invalid endpoint address/),
      'Method completed with status: 500',
    ]);
  });

  test('with a broken template fails before any call', async () => {
    const method = await http('/orders', { requestTemplates: { 'application/json': '#if($a' } });
    const answer = await cp.ok('POST', method, { body: '{}' });
    expect(answer.status).toBe(500);
    expect(linesOf(answer).slice(7)).toEqual([
      expect.stringMatching(/^Execution failed due to configuration error: ./),
      'Method completed with status: 500',
    ]);
  });

  test('that no integration response is for fails after the call', async () => {
    const method = await http('/broken');
    await cp.patch(`${method}/integration/responses/200`, {
      op: 'replace',
      path: '/selectionPattern',
      value: '200',
    });
    const lines = linesOf(await cp.ok('POST', method, {}));
    expect(lines).toContain('Received response. Status: 500, Integration latency: N ms');
    expect(lines.slice(-2)).toEqual([
      'Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 500',
      'Method completed with status: 500',
    ]);
  });

  test('with a broken response template fails after the call', async () => {
    const method = await http('/orders');
    await cp.patch(`${method}/integration/responses/200`, {
      op: 'replace',
      path: '/responseTemplates/application~1json',
      value: '#if($a',
    });
    const answer = await cp.ok('POST', method, {});
    expect(answer.status).toBe(500);
    const lines = linesOf(answer);
    expect(lines).toContain('Received response. Status: 200, Integration latency: N ms');
    expect(lines.at(-2)).toMatch(/^Execution failed due to configuration error: ./);
  });

  test('of a backend that does not answer ends with its time-out', async () => {
    const silent = await startRawBackend(() => {});
    try {
      const method = await http('', { uri: `http://${silent.authority}/`, timeoutInMillis: 100 });
      const answer = await cp.ok('POST', method, {});
      expect(answer.status).toBe(504);
      const lines = linesOf(answer);
      expect(lines).toContain(`Sending request to http://${silent.authority}/`);
      expect(lines.at(-2)).toMatch(/^Execution failed due to a timeout error/);
    } finally {
      await silent.close();
    }
  });

  test('with long headers has them cut in the log', async () => {
    const answer = await cp.ok('POST', await http('/orders'), { headers: { 'X-Long': 'x'.repeat(2000) } });
    const line = linesOf(answer).find((one) => one.startsWith('Method request headers'));
    expect(line).toBe(`Method request headers: {X-Long=${'x'.repeat(992)} [TRUNCATED]`);
  });
});

test('a streaming backend without end is given up', async () => {
  const endless = await startRawBackend((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write('the beginning');
  });
  try {
    const method = await prepare({
      integration: {
        type: 'HTTP_PROXY',
        httpMethod: 'GET',
        uri: `http://${endless.authority}/`,
        timeoutInMillis: 50,
      },
    });
    const answer = await cp.ok('POST', method, {});
    expect(answer.status).toBe(504);
    expect(answer.log).toContain('Execution failed due to a timeout error');
  } finally {
    await endless.close();
  }
});

test('a call of an upstream of several targets is in the log like any other', async () => {
  const target = { type: 'http_proxy', httpMethod: 'POST', uri: 'http://orders/framed' };
  const upstream = { targets: [{ address: backend.authority }] };
  const { id } = await cp.ok(
    'POST',
    '/restapis?mode=import',
    openapi({ '/': { post: operation({ ...target, 'x-propylon-upstream': upstream }) } }),
  );
  const { item } = await cp.ok('GET', `/restapis/${id}/resources`);
  const answer = await cp.ok('POST', `/restapis/${id}/resources/${item[0].id}/methods/POST`, { body: 'abc' });
  expect(answer).toMatchObject({ status: 200, body: 'you sent abc' });
  expect(linesOf(answer)).toContain('Endpoint response body before transformations: you sent abc');
});

describe('a Lambda proxy integration', () => {
  const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:orders';
  const proxy = () =>
    prepare({
      integration: {
        type: 'AWS_PROXY',
        httpMethod: 'POST',
        uri: `arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${ARN}/invocations`,
      },
    });

  test('gets the event of a test call, with the maps null that were not given', async () => {
    lambda.reply = (_, response) =>
      response.end('{"statusCode": 201, "body": "made", "headers": {"X-A": "b"}}');
    const answer = await cp.ok('POST', await proxy(), { pathWithQueryString: '/orders/7' });
    expect(answer).toMatchObject({ status: 201, body: 'made', headers: { 'X-A': 'b' } });
    expect(Object.keys(answer.headers)[0]).toBe('X-Amzn-Trace-Id');
    const event = JSON.parse(String(lambda.received.at(-1)?.body));
    expect(event).toMatchObject({
      path: '/orders/7',
      httpMethod: 'POST',
      headers: null,
      multiValueHeaders: null,
      queryStringParameters: null,
      pathParameters: { orderId: '7' },
      body: null,
      requestContext: {
        stage: 'test-invoke-stage',
        domainName: 'testPrefix.testDomainName',
        domainPrefix: 'testPrefix',
        path: '/orders/7',
        identity: {
          apiKey: 'test-invoke-api-key',
          apiKeyId: 'test-invoke-api-key-id',
          sourceIp: 'test-invoke-source-ip',
          accountId: '123456789012',
        },
      },
    });
    const uri = `https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/${ARN}/invocations`;
    const lines = linesOf(answer);
    expect(lines).toContain(`Endpoint request URI: ${uri}`);
    expect(lines).toContain(`Sending request to ${uri}`);
    const { requestId } = event.requestContext;
    expect(answer.log).toContain(`Execution log for request ${requestId}\n`);
    expect(answer.log).toContain(
      `Endpoint request body after transformations: ${lambda.received.at(-1)?.body}\n`,
    );
    expect(lines).toContain('Received response. Status: 200, Integration latency: N ms');
    expect(lines.at(-1)).toBe('Method completed with status: 201');
  });

  test('gets the headers that were given, as they were given, and no others', async () => {
    lambda.reply = (_, response) => response.end('{"statusCode": 200}');
    await cp.ok('POST', await proxy(), { headers: { 'x-LOWER': '1' }, multiValueHeaders: { M: ['a', 'b'] } });
    const event = JSON.parse(String(lambda.received.at(-1)?.body));
    expect(event.headers).toEqual({ 'x-LOWER': '1', M: 'b' });
    expect(event.multiValueHeaders).toEqual({ 'x-LOWER': ['1'], M: ['a', 'b'] });
  });

  test('that fails says why', async () => {
    lambda.reply = (_, response) => {
      response.setHeader('X-Amz-Function-Error', 'Unhandled');
      response.end('{"errorMessage": "no stock"}');
    };
    const answer = await cp.ok('POST', await proxy(), {});
    expect(answer.status).toBe(502);
    const lines = linesOf(answer);
    expect(lines).toContain('Endpoint response body before transformations: {"errorMessage": "no stock"}');
    expect(lines.at(-2)).toMatch(/^Lambda execution failed .*no stock/);
  });
});

describe('what cannot be tested', () => {
  test('a method that is not there; ANY stands for all', async () => {
    const unknown = [404, 'NotFoundException', 'Invalid Method identifier specified'];
    expect(await cp.error('POST', `${resource}/methods/GET`, {})).toEqual(unknown);
    expect(await cp.error('POST', `${api}/resources/nope/methods/GET`, {})).toEqual([
      404,
      'NotFoundException',
      'Invalid Resource identifier specified',
    ]);
    await mock('$context.httpMethod', { verb: 'ANY' });
    expect((await cp.ok('POST', `${resource}/methods/DELETE`, {})).body).toBe('DELETE');
    expect((await cp.ok('POST', `${resource}/methods/ANY`, {})).body).toBe('GET');
    expect(await cp.error('POST', `${resource}/methods/FETCH`, {})).toEqual(unknown);
  });

  test('a method without integration', async () => {
    const method = `${resource}/methods/PUT`;
    await cp.ok('PUT', method, { authorizationType: 'NONE' });
    const answer = await cp.ok('POST', method, {});
    expect(answer.status).toBe(500);
    expect(answer.log).toContain(
      'Execution failed due to configuration error: the method has no integration',
    );
  });

  test.each([
    { headers: { 'X-A': 'b\r\nX-Smuggled: c' } },
    { headers: { 'X A': 'b' } },
    { multiValueHeaders: { 'X-A': ['b', 'c\n'] } },
    { pathWithQueryString: '/orders/7\r\nHost: x' },
    { pathWithQueryString: '/orders/7?a=#b' },
    { pathWithQueryString: `/orders/${'7'.repeat(20_000)}` },
    { headers: { 'X-A': 'b'.repeat(20_000) } },
  ])('what no client could send: %#', async (body) => {
    expect((await cp.error('POST', await mock('fine'), body)).slice(0, 2)).toEqual([
      400,
      'BadRequestException',
    ]);
  });
});

test('a test call frames its request itself, whatever headers it is given', async () => {
  const method = await prepare({
    integration: { type: 'HTTP_PROXY', httpMethod: 'POST', uri: `http://${backend.authority}/framed` },
  });
  const answer = await cp.ok('POST', method, {
    headers: {
      'Content-Length': '99',
      'Transfer-Encoding': 'gzip',
      Host: 'evil',
      Connection: 'X-B',
      'X-B': '1',
    },
    body: 'abc',
  });
  expect(answer).toMatchObject({ status: 200, body: 'you sent abc' });
  expect(backend.seen.at(-1)?.headers).toMatchObject({ host: backend.authority, 'x-b': '1' });
});

test('a test changes nothing: a call after it finds the API as it was', async () => {
  const method = await mock('fine');
  const before = await cp.ok('GET', method);
  await cp.ok('POST', method, {});
  expect(await cp.ok('GET', method)).toEqual(before);
  expect(await cp.store.position()).toBeNull();
});
