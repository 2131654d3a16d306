/** AWS_PROXY against a Lambda endpoint that is not AWS, through the command. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CREDENTIALS, LambdaEndpoint } from '../functions/lambda-endpoint.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';

const URI = `arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-3:210987654321:function:orders:\${stageVariables.alias}/invocations`;

const DEFINITION = JSON.stringify({
  openapi: '3.0.3',
  info: { title: 'Orders', version: '1' },
  paths: {
    '/fn/{proxy+}': {
      'x-amazon-apigateway-any-method': {
        parameters: [{ name: 'proxy', in: 'path', required: true, schema: { type: 'string' } }],
        'x-amazon-apigateway-integration': {
          type: 'aws_proxy',
          httpMethod: 'POST',
          uri: URI,
          timeoutInMillis: 2_000,
        },
      },
    },
  },
});

let endpoint: LambdaEndpoint;
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;

beforeAll(async () => {
  endpoint = await LambdaEndpoint.start();
  folder = testFolder({ 'api.json': DEFINITION });
  gateway = await startGateway(
    [
      folder.path('api.json'),
      ...['--lambda-endpoint', endpoint.url, '--region', 'eu-west-3', '--stage-variable', 'alias=live'],
    ],
    {
      env: { AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey },
    },
  );
});

afterAll(async () => {
  await gateway?.stop();
  await endpoint?.close();
  folder?.remove();
});

test('the function is invoked with the event, signed, and its answer is the answer', async () => {
  endpoint.reply = (_, response) =>
    response.end(JSON.stringify({ statusCode: 201, headers: { 'X-Order': '7' }, body: 'made' }));
  const answer = await fetch(`${gateway.url}/fn/a0/a1?x=1`, { method: 'POST', body: '{"n":1}' });
  expect([answer.status, answer.headers.get('x-order'), await answer.text()]).toEqual([201, '7', 'made']);
  const [invocation] = endpoint.received;
  expect(invocation?.method).toBe('POST');
  expect(decodeURIComponent(invocation?.path ?? '')).toBe(
    '/2015-03-31/functions/arn:aws:lambda:eu-west-3:210987654321:function:orders:live/invocations',
  );
  expect(invocation?.signature).toBe('valid');
  expect(JSON.parse(invocation?.body.toString() ?? '')).toMatchObject({
    resource: '/fn/{proxy+}',
    path: '/fn/a0/a1',
    httpMethod: 'POST',
    pathParameters: { proxy: 'a0/a1' },
    stageVariables: { alias: 'live' },
    body: '{"n":1}',
  });
});

test.each([
  [
    'a function error',
    200,
    '{"errorMessage":"boom","errorType":"Error"}',
    { 'X-Amz-Function-Error': 'Unhandled' },
    502,
  ],
  ['an answer that is no proxy answer', 200, '{"status":200}', {}, 502],
  ['a refused call', 403, '{"Message":"no"}', {}, 500],
  ['a throttled call', 429, '{"Message":"slow down"}', {}, 502],
])('%s is answered as AWS answers', async (_, status, body, headers, expected) => {
  endpoint.reply = (__, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
  const answer = await fetch(`${gateway.url}/fn/a`);
  expect([answer.status, await answer.text(), answer.headers.get('x-amzn-errortype')]).toEqual([
    expected,
    '{"message": "Internal server error"}',
    'InternalServerErrorException',
  ]);
});

test('a function that takes longer than the integration waits is answered 504', async () => {
  endpoint.reply = () => {};
  const answer = await fetch(`${gateway.url}/fn/a`);
  expect([answer.status, await answer.text()]).toEqual([504, '{"message": "Endpoint request timed out"}']);
});
