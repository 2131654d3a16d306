/** `--aws-endpoint-url` and `awsEndpoints`, from the command line to the signed call. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CREDENTIALS, ServiceEndpoint } from '../aws/service-endpoint.js';
import { startGateway, testFolder } from '../support/gateway-process.js';

let everything: ServiceEndpoint;
let queues: ServiceEndpoint;
let folder: ReturnType<typeof testFolder>;

function operation(uri: string): object {
  return {
    responses: { 200: {} },
    'x-amazon-apigateway-integration': {
      type: 'aws',
      httpMethod: 'POST',
      uri: `arn:aws:apigateway:eu-west-3:${uri}`,
      credentials: 'arn:aws:iam::210987654321:role/api',
      requestTemplates: { 'application/json': '{"note": "$input.path(\'$.a\')"}' },
      responses: { default: { statusCode: '200' } },
    },
  };
}

beforeAll(async () => {
  [everything, queues] = await Promise.all([ServiceEndpoint.start(), ServiceEndpoint.start()]);
  folder = testFolder({
    'api.json': JSON.stringify({
      openapi: '3.0.1',
      info: { title: 'Services', version: '1' },
      paths: {
        '/items': { post: operation('dynamodb:action/PutItem') },
        '/orders': { post: operation('sqs:path/210987654321/orders') },
      },
    }),
    'propylon.yaml': `awsEndpoints: { sqs: ${queues.url}/base }\n`,
  });
});
beforeEach(() => {
  everything.reset();
  queues.reset();
});
afterAll(async () => {
  folder?.remove();
  await Promise.all([everything?.close(), queues?.close()]);
});

function post(url: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const request = httpRequest(`${url}${path}`, { method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
    request.end('{"a": "b"}');
  });
}

const KEYS = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};

test('services are called where the command line and the file say, signed with the keys of the environment', async () => {
  const gateway = await startGateway(
    ['api.json', '--config', 'propylon.yaml', '--aws-endpoint-url', everything.url],
    { cwd: folder.path('.'), env: KEYS },
  );
  try {
    expect(await post(gateway.url, '/items')).toBe(200);
    expect(everything.last).toMatchObject({
      target: '/?Action=PutItem',
      signature: 'valid for eu-west-3/dynamodb',
    });
    expect(everything.last.body.toString()).toBe('{"note": "b"}');
    expect(await post(gateway.url, '/orders')).toBe(200);
    expect(queues.last).toMatchObject({
      target: '/base/210987654321/orders',
      signature: 'valid for eu-west-3/sqs',
    });
  } finally {
    await gateway.stop();
  }
});

test("the SDKs' variables count where nothing else is said; without keys a call of one's own endpoint is unsigned", async () => {
  const gateway = await startGateway(['api.json'], {
    cwd: folder.path('.'),
    env: { AWS_ENDPOINT_URL: everything.url, AWS_ENDPOINT_URL_SQS: queues.url },
  });
  try {
    expect([await post(gateway.url, '/items'), await post(gateway.url, '/orders')]).toEqual([200, 200]);
    expect([everything.last.signature, queues.last.signature]).toEqual(['unsigned', 'unsigned']);
  } finally {
    await gateway.stop();
  }
});
