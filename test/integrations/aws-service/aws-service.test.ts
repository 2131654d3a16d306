/** AWS integrations with services: reference 02 sections 2 and 8, against a stand-in that checks signatures. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwsAccess } from '../../../src/aws/access.js';
import type { Credentials } from '../../../src/aws/credentials.js';
import { compileIntegration } from '../../../src/integrations/compile.js';
import type { Integration } from '../../../src/model/snapshot.js';
import { createUpstreamClient } from '../../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../../src/upstream/upstream.js';
import { CREDENTIALS, ServiceEndpoint } from '../../aws/service-endpoint.js';
import {
  API_ID,
  Client,
  type ContextParts,
  contextOf,
  integrationResponse,
  type RequestParts,
} from '../http-proxy/harness.js';

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

const known = async (): Promise<Credentials> => CREDENTIALS;
const none = async (): Promise<Credentials> => {
  throw new Error('nothing found');
};

const SQS = 'arn:aws:apigateway:eu-west-3:sqs:path/210987654321/orders';

interface Parts extends Partial<Integration> {
  request?: RequestParts;
  context?: Partial<ContextParts>;
  load?: () => Promise<Credentials>;
  /** Null: AWS itself. */
  endpoint?: string | null;
}

function clientOf({ request, context, load = known, endpoint = service.url, ...parts }: Parts) {
  const aws = new AwsAccess({ ...(endpoint === null ? {} : { endpoint }), endpoints: {} }, load);
  const target = compileIntegration(
    contextOf({
      integration: {
        type: 'AWS',
        httpMethod: 'POST',
        uri: SQS,
        responses: [integrationResponse({})],
        ...parts,
      },
      upstream,
      aws,
      ...context,
    }),
  );
  return { target, client: new Client(request) };
}

async function call(parts: Parts): Promise<Client> {
  const { target, client } = clientOf(parts);
  return client.call(target);
}

async function send(parts: Parts) {
  const client = await call(parts);
  expect([client.status, client.exchange.errorCause]).toEqual([200, '']);
  return service.last;
}

const FORM = { 'integration.request.header.Content-Type': "'application/x-www-form-urlencoded'" };

describe('the request', () => {
  it('has the defaults of HTTP, a signature, and nothing of the client that is not mapped', async () => {
    const seen = await send({
      request: { method: 'GET', headers: 'x-own: 1\r\naccept: text/html\r\nauthorization: Bearer x\r\n' },
    });
    expect(seen.method).toBe('POST');
    expect(seen.target).toBe('/210987654321/orders');
    expect(seen.signature).toBe('valid for eu-west-3/sqs');
    expect(seen.headers).toEqual({
      host: `127.0.0.1:${service.port}`,
      accept: 'application/json',
      'user-agent': `AmazonAPIGateway_${API_ID}`,
      'x-amzn-apigateway-api-id': API_ID,
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
      'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      'x-amz-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 /),
      'content-length': '0',
    });
  });

  it('carries the rendered template, signed', async () => {
    const seen = await send({
      requestParameters: FORM,
      requestTemplates: {
        'application/json': 'Action=SendMessage&MessageBody=$util.urlEncode($input.body)',
      },
      request: { method: 'POST', body: Buffer.from('{"a": "ü&"}') },
    });
    expect(seen.body.toString()).toBe('Action=SendMessage&MessageBody=%7B%22a%22%3A+%22%C3%BC%26%22%7D');
    expect(seen.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(seen.signature).toBe('valid for eu-west-3/sqs');
  });

  it('of GET has no body, whatever a template rendered', async () => {
    const seen = await send({
      httpMethod: 'GET',
      requestTemplates: { 'application/json': '{"a":1}' },
      request: { method: 'POST' },
    });
    expect([seen.method, seen.body.length, seen.signature]).toEqual(['GET', 0, 'valid for eu-west-3/sqs']);
  });

  it('takes mapped headers and parameters, Referer aside', async () => {
    const seen = await send({
      requestParameters: {
        'integration.request.header.x-amz-meta-note': "'a   b'",
        'integration.request.header.X-Amz-Security-Token': "'mine'",
        'integration.request.header.X-Amz-Date': "'19700101T000000Z'",
        'integration.request.header.Date': "'Thu, 01 Jan 1970 00:00:00 GMT'",
        'integration.request.header.Referer': "'r'",
        'integration.request.header.X-Name': 'method.request.querystring.name',
        'integration.request.header.accept': "'application/xml'",
        'integration.request.querystring.list type': "'2 3'",
        'integration.request.querystring.q': 'method.request.multivaluequerystring.q',
        'integration.request.querystring.empty': 'method.request.querystring.none',
      },
      request: { query: 'q=b*&q=a%26&name=%C3%BCml' },
    });
    expect(seen.signature).toBe('valid for eu-west-3/sqs');
    expect(seen.target).toBe('/210987654321/orders?list%20type=2%203&q=b%2A&q=a%26');
    expect(seen.headers).toMatchObject({
      'x-amz-meta-note': 'a   b',
      accept: 'application/xml',
      'x-name': Buffer.from('üml').toString('latin1'),
    });
    expect(seen.headers).not.toHaveProperty('referer');
    expect(seen.headers).not.toHaveProperty('x-amz-security-token');
    expect(seen.headers['x-amz-date']).not.toBe('19700101T000000Z');
  });

  it('takes what a template puts over the mappings', async () => {
    const seen = await send({
      uri: 'arn:aws:apigateway:eu-west-3:s3:path/{bucket}/{key}',
      httpMethod: 'PUT',
      requestParameters: { 'integration.request.path.bucket': "'photos'" },
      requestTemplates: {
        'application/json':
          "#set($context.requestOverride.path.key = 'a b.txt')#set($context.requestOverride.header.x-amz-acl = 'private')#set($context.requestOverride.querystring.versionId = '1/2')hello",
      },
      request: { method: 'PUT', body: Buffer.from('{}') },
    });
    expect(seen.target).toBe('/photos/a%20b.txt?versionId=1%2F2');
    expect(seen.headers['x-amz-acl']).toBe('private');
    expect(seen.signature).toBe('valid for eu-west-3/s3');
  });

  it('carries the token of temporary credentials, signed', async () => {
    const seen = await send({ load: async () => ({ ...CREDENTIALS, sessionToken: 'session' }) });
    expect(seen.headers['x-amz-security-token']).toBe('session');
    expect(seen.signature).toBe('valid for eu-west-3/sqs');
  });

  it('goes unsigned to a custom endpoint when there are no credentials', async () => {
    const seen = await send({ load: none });
    expect(seen.signature).toBe('unsigned');
    expect(seen.headers).not.toHaveProperty('x-amz-date');
  });

  it('keeps the path of a custom endpoint', async () => {
    const seen = await send({ endpoint: `${service.url}/base path/` });
    expect([seen.target, seen.signature]).toEqual([
      '/base%20path/210987654321/orders',
      'valid for eu-west-3/sqs',
    ]);
  });

  it('takes stage variables anywhere in the URI', async () => {
    const seen = await send({
      uri: `arn:aws:apigateway:eu-west-3:\${stageVariables.service}:path/1/\${stageVariables.queue}`,
      context: { stageVariables: { service: 'sqs', queue: 'orders-live' } },
    });
    expect([seen.target, seen.signature]).toEqual(['/1/orders-live', 'valid for eu-west-3/sqs']);
  });
});

describe('action URIs', () => {
  it.each([
    ['dynamodb:action/PutItem', '/?Action=PutItem', 'DynamoDB_20120810.PutItem', '1.0'],
    ['kinesis:action/PutRecord', '/?Action=PutRecord', 'Kinesis_20131202.PutRecord', '1.1'],
    ['states:action/StartExecution', '/?Action=StartExecution', 'AWSStepFunctions.StartExecution', '1.0'],
    ['firehose:action/PutRecord', '/?Action=PutRecord', 'Firehose_20150804.PutRecord', '1.1'],
    ['logs:action/PutLogEvents', '/?Action=PutLogEvents', 'Logs_20140328.PutLogEvents', '1.1'],
  ])('%s of a JSON service names its target', async (rest, target, amzTarget, version) => {
    const seen = await send({
      uri: `arn:aws:apigateway:eu-west-3:${rest}`,
      request: { method: 'POST', body: Buffer.from('{}'), headers: 'content-type: application/json\r\n' },
    });
    expect(seen.target).toBe(target);
    expect(seen.headers['x-amz-target']).toBe(amzTarget);
    expect(seen.headers['content-type']).toBe(`application/x-amz-json-${version}`);
    expect(seen.signature).toBe(`valid for eu-west-3/${rest.split(':')[0]}`);
  });

  it('leave what is mapped by hand', async () => {
    const seen = await send({
      uri: 'arn:aws:apigateway:eu-west-3:dynamodb:action/PutItem',
      requestParameters: {
        'integration.request.header.x-amz-target': "'DynamoDB_20111205.PutItem'",
        'integration.request.header.content-type': "'application/x-amz-json-1.1'",
      },
    });
    expect(seen.headers['x-amz-target']).toBe('DynamoDB_20111205.PutItem');
    expect(seen.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(seen.signature).toBe('valid for eu-west-3/dynamodb');
  });

  it.each([
    ['sns:action/Publish', '/?Action=Publish&TopicArn=t%3Au&Version=2010-03-31'],
    ['ssm:action/GetParameter', '/?Action=GetParameter&TopicArn=t%3Au&Version=2014-11-06'],
    [
      'sqs:action/GetQueueUrl&QueueName={tail}',
      '/?Action=GetQueueUrl&QueueName=a%2Fb&TopicArn=t%3Au&Version=2012-11-05',
    ],
    [
      'ec2:action/DescribeRegions&Version=2013-10-15',
      '/?Action=DescribeRegions&Version=2013-10-15&TopicArn=t%3Au',
    ],
    ['events:action/PutEvents', '/?Action=PutEvents&TopicArn=t%3Au'],
  ])('%s of the Query protocol is %s', async (rest, target) => {
    const seen = await send({
      uri: `arn:aws:apigateway:eu-west-3:${rest}`,
      requestParameters: {
        'integration.request.path.tail': 'method.request.path.tail',
        'integration.request.querystring.TopicArn': "'t:u'",
      },
    });
    expect(seen.target).toBe(target);
    expect(seen.headers).not.toHaveProperty('x-amz-target');
    expect(seen.signature).toBe(`valid for eu-west-3/${rest.split(':')[0]}`);
  });
});

describe('paths of S3', () => {
  const S3 = {
    uri: 'arn:aws:apigateway:eu-west-3:s3:path/photos/{key}',
    httpMethod: 'PUT',
    requestParameters: { 'integration.request.path.key': 'method.request.path.tail' },
  };
  const at = (key: string) => ({ ...S3, request: { method: 'PUT', pathParameters: ['7', key] } });

  it.each([
    ['a.txt', '/photos/a.txt'],
    ['a/b/c.txt', '/photos/a/b/c.txt'],
    ['a%2Fb.txt', '/photos/a/b.txt'],
    ['a%20b+c(1)!*.txt', '/photos/a%20b%2Bc%281%29%21%2A.txt'],
    ['%C3%BC%25.txt', '/photos/%C3%BC%25.txt'],
    ['100%', '/photos/100%25'],
    ['a//b', '/photos/a//b'],
    ['a/./b/../c', '/photos/a/./b/../c'],
  ])('%s is sent as %s', async (key, target) => {
    const seen = await send(at(key));
    expect([seen.target, seen.signature]).toEqual([target, 'valid for eu-west-3/s3']);
  });

  it.each(['../secret', 'a/../../secret', '..%2Fsecret', '%2e%2e/secret', '..%5csecret'])(
    'a key that climbs out of its place (%s) is refused',
    async (key) => {
      const client = await call(at(key));
      expect([client.status, service.received.length]).toEqual([400, 0]);
    },
  );

  it('and those of other services are signed for whatever the client sends', async () => {
    const character = fc.constantFrom(
      ...'aZ9-._~!$&\'()*+,;=:@/%"<>[]\\^`{|}',
      '%2F',
      '%41',
      '%C3%BC',
      '%ff',
    );
    const raw = fc.string({ unit: character, minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(raw, fc.constantFrom('s3', 'sqs'), async (key, name) => {
        const client = await call({
          ...at(key),
          uri: `arn:aws:apigateway:eu-west-3:${name}:path/x/{key}?q={key}`,
        });
        if (client.status === 400) return;
        expect(service.last.signature).toBe(`valid for eu-west-3/${name}`);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the answer', () => {
  const responses = [
    integrationResponse({
      selectionPattern: '4\\d{2}',
      statusCode: '400',
      responseParameters: { 'method.response.header.X-Type': 'integration.response.header.x-amzn-ErrorType' },
      responseTemplates: { 'application/json': '{"why": $input.json(\'$.message\')}' },
    }),
    integrationResponse({}),
  ];

  it('is chosen by status, mapped and rendered', async () => {
    service.reply = (_, response) => {
      response.writeHead(404, { 'x-amzn-ErrorType': 'QueueDoesNotExist', Server: 's' });
      response.end('{"message": "no queue"}');
    };
    const client = await call({ responses });
    expect([client.status, client.body]).toEqual([400, '{"why": "no queue"}']);
    expect(client.fields).toMatchObject({
      'X-Type': 'QueueDoesNotExist',
      'Content-Type': 'application/json',
    });
    expect(client.headers).not.toMatch(/^server:/im);
  });

  it('passes through without a template', async () => {
    service.reply = (_, response) => response.end('<SendMessageResponse/>');
    const client = await call({ responses });
    expect([client.status, client.body]).toEqual([200, '<SendMessageResponse/>']);
  });

  it('of bytes stays bytes both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
    service.reply = (request, response) => {
      response.setHeader('Content-Type', 'image/png');
      response.end(request.body);
    };
    const client = await call({
      uri: 'arn:aws:apigateway:eu-west-3:s3:path/photos/a.png',
      httpMethod: 'PUT',
      context: { binaryMediaTypes: ['image/png'] },
      request: { method: 'PUT', headers: 'content-type: image/png\r\naccept: image/png\r\n', body: bytes },
    });
    expect(service.last.body.equals(bytes)).toBe(true);
    expect(service.last.signature).toBe('valid for eu-west-3/s3');
    expect(Buffer.concat(client.chunks).equals(bytes)).toBe(true);
  });
});

describe('a call that cannot be made', () => {
  it('does not go to AWS without credentials; the log says what to do', async () => {
    const client = await call({ endpoint: null, load: none });
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
    expect(client.exchange.errorCause).toBe(
      'Execution failed due to configuration error: there are no AWS credentials to call sqs in eu-west-3 (nothing ' +
        'found). Provide AWS credentials, or pass --aws-endpoint-url URL to call another endpoint',
    );
  });

  it('answers 504 when the service is not there', async () => {
    const client = await call({ endpoint: 'http://127.0.0.1:1' });
    expect([client.status, client.exchange.errorType]).toEqual([504, 'INTEGRATION_FAILURE']);
  });

  it('answers 504 when credentials take longer than the integration may', async () => {
    const client = await call({ timeoutInMillis: 50, load: () => new Promise(() => {}) });
    expect([client.status, client.exchange.errorType]).toEqual([504, 'INTEGRATION_TIMEOUT']);
    expect(service.received).toEqual([]);
  });

  it('answers 504 when the service takes longer', async () => {
    service.reply = () => {};
    const client = await call({ timeoutInMillis: 60 });
    expect([client.status, client.exchange.errorType]).toEqual([504, 'INTEGRATION_TIMEOUT']);
  });

  it('is not made for a client that left while it was signed', async () => {
    let give: (credentials: Credentials) => void = () => {};
    const { target, client } = clientOf({ load: () => new Promise((resolve) => (give = resolve)) });
    target.invoke(client.exchange);
    client.cancel();
    give(CREDENTIALS);
    await send({});
    expect(service.received).toHaveLength(1);
    expect(client.ending).toBeUndefined();
  });

  it.each<[string, Parts, string]>([
    [
      "with the caller's own credentials",
      { credentials: 'arn:aws:iam::*:user/*' },
      "The caller's own credentials cannot sign a call from here",
    ],
    ['at an endpoint that is no URL', { endpoint: 'nowhere' }, 'the AWS endpoint nowhere is not a URL'],
    [
      'with a header that only the gateway writes',
      { requestParameters: { 'integration.request.header.Authorization': "'x'" } },
      'Authorization header already present',
    ],
    [
      'with a placeholder that nothing fills',
      { uri: `${SQS}/{x}` },
      '{x} in the integration URI has no value',
    ],
    ['with a method that is none', { httpMethod: 'GET IT' }, 'Not an HTTP method'],
  ])('%s answers 500', async (_, parts, cause) => {
    const client = await call(parts);
    expect([client.status, client.body, service.received.length]).toEqual([
      500,
      '{"message": "Internal server error"}',
      0,
    ]);
    expect(client.exchange.errorCause).toContain(cause);
  });
});
