// biome-ignore-all lint/suspicious/noTemplateCurlyInString: stage variables are written so.
/** Reference 02 section 7 and 05 section 1: AWS integrations with a Lambda URI. */
import { describe, expect, it } from 'vitest';
import { compileLambdaCustom } from '../../../src/integrations/custom/lambda.js';
import type { FunctionResult } from '../../../src/integrations/integration.js';
import type { Integration, IntegrationResponse } from '../../../src/model/snapshot.js';
import { cpuTimeMs } from '../../support/cpu-time.js';
import {
  API_ID,
  Client,
  contextOf,
  Functions,
  integrationResponse,
  payload,
  type RequestParts,
} from '../http-proxy/harness.js';

const FUNCTION = 'arn:aws:lambda:eu-west-3:210987654321:function:orders:live';
const uri = (name = FUNCTION): string =>
  `arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/${name}/invocations`;

interface Parts extends Omit<Partial<Integration>, 'responses'> {
  responses?: Partial<IntegrationResponse>[];
  result?: FunctionResult;
  request?: RequestParts;
}

async function call({ responses = [{}], result, request = {}, ...parts }: Parts = {}) {
  const functions = new Functions();
  if (result !== undefined) functions.result = result;
  const target = compileLambdaCustom(
    contextOf({
      integration: {
        type: 'AWS',
        uri: uri(),
        httpMethod: 'POST',
        ...parts,
        responses: responses.map(integrationResponse),
      },
      functions,
      stageVariables: { alias: 'blue' },
    }),
  );
  const client = await new Client(request).call(target);
  return { client, functions, calls: functions.calls };
}

describe('the call', () => {
  it('carries the body as it came', async () => {
    const { calls, client } = await call({ request: { method: 'POST', body: Buffer.from('{"a":1}') } });
    expect(calls).toEqual([
      {
        functionName: FUNCTION,
        region: 'eu-west-3',
        payload: Buffer.from('{"a":1}'),
        timeoutMs: 5_000,
        invocationType: 'RequestResponse',
        apiId: API_ID,
        requestId: client.exchange.requestId,
        traceId: expect.stringMatching(/^Root=1-/),
      },
    ]);
    expect(client.exchange.integrationLatency).toBeGreaterThanOrEqual(0);
  });

  it('an empty body is an empty object', async () => {
    expect((await call()).calls[0]?.payload).toBe('{}');
  });

  it('a literal template is the event', async () => {
    const requestTemplates = { 'application/json': '{"fixed": 1}' };
    expect((await call({ requestTemplates, request: { method: 'GET' } })).calls[0]?.payload).toBe(
      '{"fixed": 1}',
    );
  });

  it('stage variables stand in the function name', async () => {
    const { calls } = await call({
      uri: uri('arn:aws:lambda:eu-west-3:210987654321:function:orders:${stageVariables.alias}'),
    });
    expect(calls[0]?.functionName).toBe('arn:aws:lambda:eu-west-3:210987654321:function:orders:blue');
  });

  it("is asynchronous when X-Amz-Invocation-Type is mapped to 'Event', and the default response answers", async () => {
    for (const name of ['X-Amz-Invocation-Type', 'x-amz-invocation-type']) {
      const { calls, client } = await call({
        requestParameters: { [`integration.request.header.${name}`]: "'Event'" },
        result: payload(''),
      });
      expect(calls[0]?.invocationType).toBe('Event');
      expect([client.status, client.body]).toEqual([200, '']);
    }
    const fromClient = await call({
      requestParameters: {
        'integration.request.header.X-Amz-Invocation-Type': 'method.request.header.x-kind',
      },
      request: { headers: 'x-kind: RequestResponse\r\n' },
    });
    expect(fromClient.calls[0]?.invocationType).toBe('RequestResponse');
  });

  it('is cancelled when the client leaves', async () => {
    const functions = new Functions();
    functions.immediate = false;
    const client = new Client();
    compileLambdaCustom(
      contextOf({ integration: { type: 'AWS', uri: uri(), httpMethod: 'POST' }, functions }),
    ).invoke(client.exchange);
    client.cancel();
    functions.finish();
    expect([functions.cancelled, client.ending]).toEqual([1, undefined]);
  });
});

describe('selection looks at errorMessage only', () => {
  const error = (message: unknown) =>
    payload(JSON.stringify({ errorMessage: message, errorType: 'E', trace: [] }), true);
  const RESPONSES = [
    { statusCode: '200' },
    { statusCode: '409', selectionPattern: '.*taken.*' },
    { statusCode: '404', selectionPattern: 'Not found' },
    { statusCode: '418', selectionPattern: '200|2\\d{2}' },
    { statusCode: '500', selectionPattern: '.+' },
    { statusCode: '504', selectionPattern: '(\\n|.)+' },
  ];

  it.each([
    [payload('{"ok":true}'), 200],
    [payload('"200"'), 200],
    [payload('200'), 200],
    [payload('[{"errorMessage":"name taken"}]'), 200],
    [payload('"errorMessage"'), 200],
    [payload('not JSON, errorMessage'), 200],
    [payload(''), 200],
    [payload('null'), 200],
    [error(''), 200],
    [error(null), 200],
    [error(7), 200],
    [error('name taken'), 409],
    [error('Not found'), 404],
    [error('Error: Not found here'), 500],
    [error('200'), 418],
    [error('anything'), 500],
    [error('two\nlines'), 504],
    [error('name\ntaken'), 504],
    [payload('{"errorMessage":"name taken"}'), 409],
    [payload('{"errorMessage":"name taken"'), 200],
  ])('%j selects %i', async (result, status) => {
    const { client } = await call({ responses: RESPONSES, result });
    expect(client.status).toBe(status);
  });

  it('without a default an unmatched result is 500', async () => {
    const { client } = await call({ responses: [{ selectionPattern: 'x' }] });
    expect([client.status, client.exchange.errorType]).toEqual([500, 'API_CONFIGURATION_ERROR']);
  });

  it('a pattern that would run for ever is given up', async () => {
    const responses = [{ statusCode: '500', selectionPattern: '(a+)+b' }, { statusCode: '200' }];
    const before = cpuTimeMs();
    const { client } = await call({ responses, result: error('a'.repeat(5_000)) });
    expect(client.status).toBe(200);
    expect(cpuTimeMs() - before).toBeLessThan(1_000);
  });

  it('the start of a very long message decides', async () => {
    const responses = [{ statusCode: '500', selectionPattern: '.*Not found.*' }, { statusCode: '200' }];
    const found = await call({ responses, result: error(`Not found ${'x'.repeat(100_000)}`) });
    expect(found.client.status).toBe(500);
  });
});

describe('the answer', () => {
  it("has the function's result as its body, and the trace id", async () => {
    const { client, calls } = await call({ result: payload('{"a":1}') });
    expect([client.status, client.body]).toEqual([200, '{"a":1}']);
    expect(client.fields).toMatchObject({
      'Content-Type': 'application/json',
      'X-Amzn-Trace-Id': calls[0]?.traceId,
    });
  });

  it('maps headers out of the result', async () => {
    const responseParameters = {
      'method.response.header.X-A': 'integration.response.body.a.b',
      'method.response.header.Date': "'never'",
    };
    const { client } = await call({
      responses: [{ responseParameters }],
      result: payload('{"a":{"b":"c"}}'),
    });
    expect(client.fields).toMatchObject({ 'X-A': 'c', 'x-amzn-Remapped-Date': 'never' });
  });

  it.each([
    [
      { kind: 'refused', message: 'no permission' },
      500,
      '{"message": "Internal server error"}',
      'API_CONFIGURATION_ERROR',
    ],
    [
      { kind: 'unavailable', message: 'throttled' },
      502,
      '{"message": "Internal server error"}',
      'DEFAULT_5XX',
    ],
    [
      { kind: 'unreachable', message: 'refused' },
      500,
      '{"message": "Internal server error"}',
      'INTEGRATION_FAILURE',
    ],
    [{ kind: 'timeout' }, 504, '{"message": "Endpoint request timed out"}', 'INTEGRATION_TIMEOUT'],
  ] as [FunctionResult, number, string, string][])('%j answers %i', async (result, status, body, type) => {
    const { client } = await call({ result });
    expect([client.status, client.body, client.exchange.errorType]).toEqual([status, body, type]);
  });
});

describe('configurations that cannot work answer 500', () => {
  it.each([
    [{ uri: 'https://example.com/' }, 'Invalid endpoint address'],
    [{ uri: uri('a/b') }, 'Invalid endpoint address'],
    [{ httpMethod: 'GET' }, 'POST'],
    [{ requestParameters: { 'integration.request.header.TE': "'x'" } }, 'TE header already present'],
  ])('%j', async (parts, cause) => {
    const { client, calls } = await call(parts);
    expect([client.status, client.body, calls.length]).toEqual([
      500,
      '{"message": "Internal server error"}',
      0,
    ]);
    expect(client.exchange.errorCause).toContain(cause);
  });
});
