import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/aws/credentials.js';
import type { LambdaSettings } from '../../src/config/settings.js';
import { RemoteFunctions } from '../../src/functions/remote-functions.js';
import type { FunctionCall, FunctionResult } from '../../src/integrations/integration.js';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../src/upstream/upstream.js';
import { CREDENTIALS, LambdaEndpoint, type Received } from './lambda-endpoint.js';
import { functionCall, LAMBDA, payloadOf } from './start-host.js';

const ARN = 'arn:aws:lambda:eu-west-3:210987654321:function:shelves:live';

let endpoint: LambdaEndpoint;
let upstream: UpstreamClient;

beforeAll(async () => {
  endpoint = await LambdaEndpoint.start();
  upstream = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
});

beforeEach(() => {
  endpoint.received.length = 0;
  endpoint.reply = (_, response) => response.end('{}');
});

afterAll(async () => {
  await upstream.close();
  await endpoint.close();
});

const known = async (): Promise<Credentials> => CREDENTIALS;
const none = async (): Promise<Credentials> => {
  throw new Error('nothing found');
};

function remote(load = known, settings: Partial<LambdaSettings> = {}): RemoteFunctions {
  return new RemoteFunctions({ ...LAMBDA, endpoint: endpoint.url, ...settings }, upstream, load);
}

function invoke(functions: RemoteFunctions, call: FunctionCall): Promise<FunctionResult> {
  return new Promise((resolve) => functions.invoke(call, resolve));
}

function lastReceived(): Received {
  const received = endpoint.received.at(-1);
  if (received === undefined) throw new Error('the endpoint was not called');
  return received;
}

describe('the request', () => {
  test('is an Invoke call with a valid signature', async () => {
    endpoint.reply = (_, response) => response.end('{"statusCode":201}');
    const result = await invoke(remote(), functionCall(ARN, { name: 'ü' }));
    expect(payloadOf(result)).toEqual({ functionError: false, value: { statusCode: 201 } });
    const { signature, method, path, headers, body } = lastReceived();
    expect(signature).toBe('valid');
    expect(method).toBe('POST');
    expect(path).toBe(`/2015-03-31/functions/${encodeURIComponent(ARN)}/invocations`);
    expect(headers).toMatchObject({
      host: new URL(endpoint.url).host,
      'content-type': 'application/json',
      'x-amz-invocation-type': 'RequestResponse',
      'x-amzn-apigateway-api-id': 'k3v9q0example',
      'x-amzn-lambda-integration-tag': '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21',
      'x-amzn-trace-id': 'Root=1-650f3c10-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0',
    });
    expect(JSON.parse(body.toString())).toEqual({ name: 'ü' });
  });

  test.each<[claim: string, call: FunctionCall]>([
    ['a body of bytes', functionCall('f', {}, { payload: Buffer.from('{"a":1}') })],
    ['no body', functionCall('f', {}, { payload: '' })],
    ['an event', functionCall('f', {}, { invocationType: 'Event' })],
    ['a version', functionCall('f:$LATEST', {})],
    ['another region', functionCall('f', {}, { region: 'ap-northeast-1' })],
    ['a large event', functionCall('f', 'x'.repeat(3_000_000))],
  ])('is signed for %s, too', async (_, call) => {
    expect((await invoke(remote(), call)).kind).toBe('payload');
    const { signature, headers } = lastReceived();
    expect(signature).toBe('valid');
    expect(headers.authorization).toContain(`/${call.region}/lambda/`);
    expect(headers['x-amz-invocation-type']).toBe(call.invocationType);
  });

  test('carries the token of temporary credentials, signed', async () => {
    await invoke(
      remote(async () => ({ ...CREDENTIALS, sessionToken: 'session' })),
      functionCall('f', {}),
    );
    const { signature, headers } = lastReceived();
    expect(signature).toBe('valid');
    expect(headers['x-amz-security-token']).toBe('session');
    expect(headers.authorization).toContain('x-amz-security-token');
  });

  test('keeps the path of a custom endpoint', async () => {
    await invoke(remote(known, { endpoint: `${endpoint.url}/lambda/` }), functionCall('f', {}));
    expect(lastReceived().path).toBe('/lambda/2015-03-31/functions/f/invocations');
    expect(lastReceived().signature).toBe('valid');
  });

  test('goes unsigned to a custom endpoint when there are no credentials', async () => {
    expect((await invoke(remote(none), functionCall('f', {}))).kind).toBe('payload');
    expect(lastReceived().signature).toBe('unsigned');
  });

  test('does not go to AWS without credentials; the refusal says what to do', async () => {
    const functions = new RemoteFunctions(LAMBDA, upstream, none);
    const result = await invoke(functions, functionCall('shelves', {}));
    expect(result).toEqual({
      kind: 'refused',
      message:
        'there are no AWS credentials to call shelves in eu-west-3 (nothing found). Pass --function NAME=FILE to run ' +
        'the function here, --lambda-endpoint URL to call another endpoint, or provide AWS credentials',
    });
  });
});

describe('a loopback endpoint', () => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
  const before = names.map((name) => process.env[name]);
  afterEach(() => {
    for (const [i, name] of names.entries()) {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    }
  });

  test('is asked with the credentials of the environment', async () => {
    process.env.AWS_ACCESS_KEY_ID = CREDENTIALS.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = CREDENTIALS.secretAccessKey;
    delete process.env.AWS_SESSION_TOKEN;
    const functions = new RemoteFunctions({ ...LAMBDA, endpoint: endpoint.url }, upstream);
    await invoke(functions, functionCall('f', {}));
    expect(lastReceived().signature).toBe('valid');
  });

  test('or unsigned without any, and the metadata service is never asked', async () => {
    for (const name of names) delete process.env[name];
    let asked = 0;
    const metadata = createServer((_, response) => {
      asked++;
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve));
    const { port } = metadata.address() as AddressInfo;
    process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = `http://127.0.0.1:${port}`;
    try {
      const functions = new RemoteFunctions({ ...LAMBDA, endpoint: endpoint.url }, upstream);
      await invoke(functions, functionCall('f', {}));
      expect(lastReceived().signature).toBe('unsigned');
      expect(asked).toBe(0);
    } finally {
      delete process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT;
      metadata.close();
    }
  });
});

test.each(['ftp://127.0.0.1', 'localhost:4566', 'http://user:secret@127.0.0.1', ''])(
  'the endpoint %j is refused when it is configured',
  (text) => {
    expect(() => remote(known, { endpoint: text })).toThrow(
      /^the Lambda endpoint .* is not a URL like https:/,
    );
  },
);

describe('the answer', () => {
  test.each<[status: number, headers: Record<string, string>, body: string, result: object]>([
    [200, {}, '{"a":1}', { kind: 'payload', functionError: false }],
    [
      200,
      { 'X-Amz-Function-Error': 'Unhandled' },
      '{"errorMessage":"x"}',
      { kind: 'payload', functionError: true },
    ],
    [202, {}, '', { kind: 'payload', functionError: false }],
    [400, {}, '{"Message":"bad"}', { kind: 'refused', message: 'f: Lambda answered 400 {"Message":"bad"}' }],
    [403, {}, 'denied', { kind: 'refused', message: 'f: Lambda answered 403 denied' }],
    [404, {}, 'not\r\nfound', { kind: 'refused', message: 'f: Lambda answered 404 not found' }],
    [429, {}, 'slow down', { kind: 'unavailable', message: 'f: Lambda answered 429 slow down' }],
    [500, {}, 'oops', { kind: 'unavailable', message: 'f: Lambda answered 500 oops' }],
    [503, {}, '', { kind: 'unavailable', message: 'f: Lambda answered 503 ' }],
    [302, { location: 'http://127.0.0.1:1/' }, '', { kind: 'unavailable' }],
  ])('%i %o %j', async (status, headers, body, expected) => {
    endpoint.reply = (_, response) => response.writeHead(status, headers).end(body);
    const result = await invoke(remote(), functionCall('f', {}));
    expect(result).toMatchObject(expected);
    if (result.kind === 'payload') expect(Buffer.from(result.payload).toString()).toBe(body);
  });

  test('in many parts is read whole', async () => {
    endpoint.reply = (_, response) => {
      for (let i = 0; i < 100; i++) response.write(`${'x'.repeat(1000)}`);
      response.end();
    };
    const result = await invoke(remote(), functionCall('f', {}));
    expect(result.kind === 'payload' && result.payload.length).toBe(100_000);
  });

  test('that is too long is given up', async () => {
    endpoint.reply = (_, response) => response.end(Buffer.alloc(8_000_000, 'x'));
    expect(await invoke(remote(), functionCall('f', {}))).toEqual({
      kind: 'unavailable',
      message: 'the answer is longer than 7340032 bytes',
    });
  });

  test('that does not come is a timeout', async () => {
    endpoint.reply = () => {};
    expect(await invoke(remote(), functionCall('f', {}, { timeoutMs: 50 }))).toEqual({ kind: 'timeout' });
  });

  test('is a timeout, too, when the credentials do not come', async () => {
    const functions = remote(() => new Promise(() => {}));
    expect(await invoke(functions, functionCall('f', {}, { timeoutMs: 50 }))).toEqual({ kind: 'timeout' });
    expect(endpoint.received).toHaveLength(0);
  });

  test('of an endpoint that is not there', async () => {
    const result = await invoke(remote(known, { endpoint: 'http://127.0.0.1:1' }), functionCall('f', {}));
    expect(result.kind).toBe('unreachable');
  });

  test('is not reported to a caller that cancelled', async () => {
    const reports: FunctionResult[] = [];
    const functions = remote();
    let arrived = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    endpoint.reply = () => arrived();
    functions.invoke(functionCall('f', {}), (result) => reports.push(result)).cancel();
    const invocation = functions.invoke(functionCall('f', {}), (result) => reports.push(result));
    await arrival;
    invocation.cancel();
    endpoint.reply = (_, response) => response.end('{}');
    await invoke(functions, functionCall('f', {}));
    expect(reports).toEqual([]);
  });
});
