/** Documents that people wrote for AWS services, from their text to the signed call; see test/corpus/INDEX.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AwsAccess } from '../../../src/aws/access.js';
import { buildSnapshot } from '../../../src/config/build-snapshot.js';
import type { Definition } from '../../../src/model/snapshot.js';
import { importDefinition } from '../../../src/openapi/import.js';
import { Gateway } from '../../../src/pipeline/gateway.js';
import { Upstreams } from '../../../src/upstream/balancing/upstreams.js';
import { createUpstreamClient } from '../../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../../src/upstream/upstream.js';
import { CREDENTIALS, ServiceEndpoint } from '../../aws/service-endpoint.js';
import { Client, type RequestParts } from '../http-proxy/harness.js';

let service: ServiceEndpoint;
let upstream: UpstreamClient;
beforeAll(async () => {
  service = await ServiceEndpoint.start();
  upstream = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
});
beforeEach(() => service.reset());
afterAll(async () => {
  await upstream.close();
  await service.close();
});

/** What CloudFormation would have put in the documents that are parts of templates. */
const RESOLVED: readonly (readonly [RegExp, string])[] = [
  [/\$\{AWS::AccountId\}/g, '210987654321'],
  [/\$\{AWS::Partition\}/g, 'aws'],
  [/\$\{AWS::Region\}/g, 'eu-west-3'],
  [/\$\{InputQueue\.QueueName\}/g, 'inbox'],
  [/\$\{RestaurantTable\}/g, 'restaurants'],
  [/\n +Fn::GetAtt: \[[^\]]*\]/g, ' arn:aws:iam::210987654321:role/api'],
  [/!GetAtt [\w.]+/g, 'arn:aws:iam::210987654321:role/api'],
  [/!Sub /g, ''],
  [/\$\{StateMachine\}/g, 'arn:aws:states:eu-west-3:210987654321:stateMachine:m'],
];

function textOf(name: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../corpus', name), 'utf8');
  // The API inside a SAM template: the lines that are further in than its key.
  const body = /\n( +)DefinitionBody:\n((?:\1 +.*\n)+)/.exec(text)?.[2];
  if (body === undefined) return text;
  const indent = /^ */.exec(body)?.[0] ?? '';
  return body
    .replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    .replace('info: {}', 'info: { title: t, version: "1" }');
}

function gatewayOf(name: string): Gateway {
  let text = textOf(name);
  for (const [pattern, value] of RESOLVED) text = text.replace(pattern, value);
  const { definition, problems } = importDefinition(text, name);
  if (definition === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  const opened: Definition = {
    ...definition,
    resources: definition.resources.map((resource) => ({
      ...resource,
      methods: resource.methods.map(({ requestValidatorName: _, ...method }) => method),
    })),
  };
  const deployed = { definition: opened, stage: 'live', stageVariables: {} };
  return Gateway.compile(
    buildSnapshot([deployed]),
    {
      upstream,
      upstreams: new Upstreams({ named: {}, client: upstream }),
      functions: { invoke: () => ({ cancel: () => {} }) },
      aws: new AwsAccess({ endpoint: service.url, endpoints: {} }, async () => CREDENTIALS),
      listener: { port: 443, protocol: 'https' },
    },
    {
      region: 'eu-west-3',
      accountId: '210987654321',
      executeApiHosts: false,
      executeApiPaths: false,
      skipAuthorization: true,
    },
  );
}

async function call(name: string, request: RequestParts): Promise<Client> {
  const gateway = gatewayOf(name);
  const client = new Client({ host: 'localhost', ...request });
  await client.call({ invoke: (exchange) => gateway.handle(exchange) });
  expect(client.exchange.errorCause).toBe('');
  return client;
}

const JSON_TYPE = 'content-type: application/json\r\n';

test('the Kinesis proxy of the AWS documentation puts a record', async () => {
  service.reply = (_, response) => response.end('{"SequenceNumber":"1"}');
  const client = await call('awsdocs-kinesis-proxy.openapi.json', {
    method: 'PUT',
    path: '/streams/orders/record',
    headers: JSON_TYPE,
    body: Buffer.from('{"Data": "some data", "PartitionKey": "p1"}'),
  });
  expect([client.status, client.body]).toEqual([200, '{"SequenceNumber":"1"}']);
  const { method, target, headers, body, signature } = service.last;
  expect([method, target, signature]).toEqual(['POST', '/?Action=PutRecord', 'valid for us-east-1/kinesis']);
  expect(headers).toMatchObject({
    'x-amz-target': 'Kinesis_20131202.PutRecord',
    'content-type': 'application/x-amz-json-1.1',
  });
  expect(JSON.parse(body.toString())).toEqual({
    StreamName: 'orders',
    Data: Buffer.from('"some data"').toString('base64'),
    PartitionKey: 'p1',
  });
});

test('the Kinesis proxy lists streams and passes errors by their class', async () => {
  await call('awsdocs-kinesis-proxy.openapi.json', { path: '/streams' });
  expect(service.last.headers['x-amz-target']).toBe('Kinesis_20131202.ListStreams');
  expect(service.last.signature).toBe('valid for us-east-1/kinesis');
  service.reply = (_, response) => {
    response.writeHead(403, { 'Content-Type': 'application/x-amz-json-1.1' });
    response.end('{"__type":"AccessDeniedException"}');
  };
  const denied = await call('awsdocs-kinesis-proxy.openapi.json', { method: 'DELETE', path: '/streams/o' });
  expect([denied.status, denied.fields['Content-Type']]).toEqual([400, 'application/x-amz-json-1.1']);
});

test('an SMS goes to the root path of SNS as a form', async () => {
  await call('patterns-sns-sms.openapi.yaml', {
    method: 'POST',
    path: '/',
    headers: JSON_TYPE,
    body: Buffer.from('{"PhoneNumber": "+33 1", "Message": "Hi"}'),
  });
  const { target, headers, body, signature } = service.last;
  expect([target, signature]).toEqual(['/', 'valid for eu-west-3/sns']);
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(body.toString()).toMatch(
    /^\s*Action=Publish&PhoneNumber=%2B33\+1&Message=Hi&AWS\.SNS\.SMS\.SMSType=/,
  );
});

test.each([
  ['{"test": 1}', '{"data":{"test": 1}}'],
  ['', '{"data":{}}'],
])('a message of %j goes to the queue of an SQS template', async (text, message) => {
  service.reply = (_, response) => response.end('{"SendMessageResponse":{}}');
  const client = await call('test-samples-sqs.cfn-template.yaml', {
    method: 'POST',
    path: '/inbox',
    headers: JSON_TYPE,
    body: text === '' ? null : Buffer.from(text),
  });
  expect([client.status, client.body]).toEqual([200, '{"SendMessageResponse":{}}']);
  const { target, headers, body, signature } = service.last;
  expect([target, signature]).toEqual(['/210987654321/inbox', 'valid for eu-west-3/sqs']);
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(body.toString()).toBe(`Action=SendMessage&MessageBody=${message}`);
});

test('a DynamoDB item is asked for and rendered', async () => {
  service.reply = (_, response) => response.end('{"Item":{"restaurantId":{"S":"7"},"name":{"S":"Chez Ü"}}}');
  const client = await call('patterns-dynamodb-crud-validated.openapi-cfn.yaml', { path: '/restaurants/7' });
  const { target, headers, body, signature } = service.last;
  expect([target, signature]).toEqual(['/?Action=GetItem', 'valid for eu-west-3/dynamodb']);
  expect(headers).toMatchObject({
    'x-amz-target': 'DynamoDB_20120810.GetItem',
    'content-type': 'application/x-amz-json-1.0',
  });
  expect(JSON.parse(body.toString())).toEqual({
    TableName: 'restaurants',
    Key: { restaurantId: { S: '7' } },
  });
  expect(JSON.parse(client.body)).toMatchObject({ restaurantId: '7', name: 'Chez Ü', state: '' });
});

test('a state machine is run and its output unwrapped', async () => {
  service.reply = (_, response) => response.end('{"output": "{\\"a\\":1}"}');
  const client = await call('patterns-stepfunctions-crud.openapi-cfn.yaml', {
    method: 'POST',
    path: '/',
    headers: JSON_TYPE,
    body: Buffer.from('{"q": "it\'s"}'),
  });
  const { headers, body, signature } = service.last;
  expect(headers['x-amz-target']).toBe('AWSStepFunctions.StartSyncExecution');
  expect(signature).toBe('valid for us-west-2/states');
  const { input } = JSON.parse(body.toString());
  expect(JSON.parse(input)).toEqual({ data: { q: "it's" }, httpMethod: 'POST' });
  expect(JSON.parse(client.body)).toEqual({ a: 1 });
});

test('the binary example of the AWS documentation stores and reads an image in S3', async () => {
  const image = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x80, 0xfe]);
  const put = await call('awsdocs-binary-image-s3.openapi.json', {
    method: 'PUT',
    path: '/s3',
    query: 'key=photos%2Fa%20b.jpg',
    headers: 'content-type: image/jpeg\r\n',
    body: image,
  });
  expect(put.status).toBe(200);
  expect(service.last).toMatchObject({
    method: 'PUT',
    target: '/photos/a%20b.jpg',
    signature: 'valid for us-west-2/s3',
  });
  expect(service.last.body.equals(image)).toBe(true);
  service.reply = (_, response) => {
    response.setHeader('Content-Type', 'image/jpeg');
    response.end(image);
  };
  const read = await call('awsdocs-binary-image-s3.openapi.json', {
    path: '/s3',
    query: 'key=photos%2Fa%20b.jpg',
    headers: 'accept: image/jpeg\r\n',
  });
  expect(Buffer.concat(read.chunks).equals(image)).toBe(true);
  expect(service.last.signature).toBe('valid for us-west-2/s3');
});
