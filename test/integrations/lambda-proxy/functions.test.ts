import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunctionInvoker, type RoutedFunctions } from '../../../src/functions/invoker.js';
import { compileLambdaProxy } from '../../../src/integrations/lambda-proxy/lambda-proxy.js';
import { createUpstreamClient } from '../../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../../src/upstream/upstream.js';
import { LambdaEndpoint } from '../../functions/lambda-endpoint.js';
import { FunctionHost, fixture, functionSettings, type Host, LAMBDA } from '../../functions/start-host.js';
import { type Answer, type Case, newContext, newExchange, RecordingSink } from './support.js';

let endpoint: LambdaEndpoint;
let upstream: UpstreamClient;
let host: Host;
let functions: RoutedFunctions;

beforeAll(async () => {
  endpoint = await LambdaEndpoint.start();
  upstream = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
  const misbehaving = fixture('misbehaving.mjs');
  const settings = [
    functionSettings('greets', fixture('greets.mjs')),
    functionSettings('blocks', misbehaving, { handler: 'blocks', timeoutMs: 200 }),
    functionSettings('sleeps', misbehaving, { handler: 'sleeps', concurrency: 1 }),
    functionSettings('exits', misbehaving, { handler: 'exits' }),
    functionSettings('throws', fixture('forms.cjs'), { handler: 'throws' }),
    functionSettings('plain', fixture('forms.cjs'), { handler: 'plain' }),
  ];
  host = await FunctionHost.start(settings, LAMBDA);
  functions = createFunctionInvoker({
    settings: { ...LAMBDA, endpoint: endpoint.url },
    upstream,
    localPort: host.connect(),
    localNames: settings.map(({ name }) => name),
  });
});

afterAll(async () => {
  functions.close();
  await host.close();
  await upstream.close();
  await endpoint.close();
});

function ask(functionName: string, request: Case = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const sink = new RecordingSink();
    sink.onAnswer = resolve;
    const uri = `arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-3:210987654321:function:${functionName}/invocations`;
    const test: Case = { ...request, integration: { ...request.integration, uri } };
    compileLambdaProxy(newContext(test, (call, done) => functions.invoke(call, done))).invoke(
      newExchange(test, sink),
    );
  });
}

const FAULT = '{"message": "Internal server error"}';

describe('a local function behind the integration', () => {
  test('answers with what it makes of its event', async () => {
    const answer = await ask('greets', { request: { query: 'name=J%C3%B6rg', method: 'POST' } });
    expect(answer).toMatchObject({ status: 201, body: 'Hello Jörg' });
    expect(answer.headers).toContainEqual(['X-Method', 'POST']);
  });

  test.each<[claim: string, functionName: string, status: number]>([
    ['blocks for ever, until its own timeout', 'blocks', 502],
    ['ends its thread', 'exits', 502],
    ['throws', 'throws', 502],
    ['returns something else', 'plain', 502],
  ])('that %s is a fault, and its neighbour answers meanwhile', async (_, functionName, status) => {
    const [answer, neighbour] = await Promise.all([ask(functionName), ask('greets')]);
    expect(answer).toMatchObject({ status, body: FAULT });
    expect(neighbour.status).toBe(201);
  });

  test("that takes longer than the integration's timeout is a 504", async () => {
    const answer = await ask('sleeps', { integration: { timeoutInMillis: 50 } });
    expect(answer).toMatchObject({ status: 504, body: '{"message": "Endpoint request timed out"}' });
  });

  test('that is called more often than it may wait is a 502 for the calls beyond', async () => {
    // One call sleeps since the test before; four more wait, the last has no place.
    const calls = Array.from({ length: 5 }, () => ask('sleeps', { integration: { timeoutInMillis: 300 } }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual([504, 504, 504, 504, 502]);
  });
});

describe('a function behind a Lambda endpoint', () => {
  test.each<[claim: string, status: number, headers: Record<string, string>, body: string, expected: object]>(
    [
      ['that answers', 200, {}, '{"statusCode":"202","body":"far"}', { status: 202, body: 'far' }],
      [
        'that fails',
        200,
        { 'x-amz-function-error': 'Unhandled' },
        '{"errorMessage":"x"}',
        { status: 502, body: FAULT },
      ],
      ['that may not be called', 403, {}, '{"Message":"no"}', { status: 500, body: FAULT }],
      ['that is throttled', 429, {}, '{"Message":"rate"}', { status: 502, body: FAULT }],
      ['that is broken', 500, {}, '', { status: 502, body: FAULT }],
    ],
  )('%s', async (_, status, headers, body, expected) => {
    endpoint.reply = (_request, response) => response.writeHead(status, headers).end(body);
    expect(await ask('far')).toMatchObject(expected);
  });

  test('that drops the connection is a 500', async () => {
    endpoint.reply = (_, response) => response.destroy();
    expect(await ask('far')).toMatchObject({ status: 500, body: FAULT });
  });
});
