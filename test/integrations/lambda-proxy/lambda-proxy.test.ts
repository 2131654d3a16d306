import { describe, expect, test } from 'vitest';
import type { FunctionResult } from '../../../src/integrations/integration.js';
import { compileLambdaProxy } from '../../../src/integrations/lambda-proxy/lambda-proxy.js';
import {
  type Case,
  FUNCTION_ARN,
  newContext,
  newExchange,
  payload,
  RecordingSink,
  run,
  valuesOf,
} from './support.js';

const FAULT = '{"message": "Internal server error"}';

function uri(functionName: string): string {
  return `arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/${functionName}/invocations`;
}

describe('the function that is called', () => {
  test.each<[uri: string, variables: Record<string, string>, functionName: string]>([
    [uri(FUNCTION_ARN), {}, FUNCTION_ARN],
    [uri(`${FUNCTION_ARN}:live`), {}, `${FUNCTION_ARN}:live`],
    [uri(`${FUNCTION_ARN}:12`), {}, `${FUNCTION_ARN}:12`],
    [uri('shelves'), {}, 'shelves'],
    [uri('210987654321:function:shelves'), {}, '210987654321:function:shelves'],
    [uri(`${FUNCTION_ARN}:\${stageVariables.alias}`), { alias: 'blue' }, `${FUNCTION_ARN}:blue`],
    [
      uri(`arn:aws:lambda:eu-west-3:210987654321:function:\${stageVariables.name}`),
      { name: 'drawers' },
      'arn:aws:lambda:eu-west-3:210987654321:function:drawers',
    ],
    [uri(`\${stageVariables.unknown}shelves`), {}, 'shelves'],
  ])('%s with %o is %s', (integrationUri, variables, functionName) => {
    const { calls } = run({ integration: { uri: integrationUri }, stage: { variables } });
    expect(calls[0]).toMatchObject({
      functionName,
      region: 'eu-west-3',
      timeoutMs: 29_000,
      invocationType: 'RequestResponse',
      apiId: 'k3v9q0example',
    });
  });
});

describe('what cannot work answers 500 to every call, without calling', () => {
  const forbidden = [
    ...['Content-Length', 'Transfer-Encoding', 'X-Amzn-Trace-Id', 'X-Amzn-Apigateway-Api-Id'],
    ...['Authorization', 'Connection', 'Expect', 'Proxy-Authenticate', 'TE', 'authorization'],
  ];
  test.each<[claim: string, test: Case, cause: string]>([
    ['no URI', { integration: { uri: '' } }, 'Invalid endpoint address'],
    ['a URI of another kind', { integration: { uri: 'https://example.com' } }, 'Invalid endpoint address'],
    [
      'a stage variable that is empty',
      { integration: { uri: uri(`\${stageVariables.f}`) } },
      'Invalid endpoint address',
    ],
    [
      'an alias that is empty',
      { integration: { uri: uri(`${FUNCTION_ARN}:\${stageVariables.a}`) } },
      'Invalid endpoint address',
    ],
    [
      'a stage variable that leads elsewhere',
      { integration: { uri: uri(`\${stageVariables.f}`) }, stage: { variables: { f: '../../x?y=' } } },
      'Invalid endpoint address',
    ],
    [
      'a method other than POST',
      { integration: { httpMethod: 'GET' } },
      'Lambda functions are called with POST, not GET',
    ],
    [
      'response streaming',
      {
        integration: {
          responseTransferMode: 'STREAM',
          uri: uri('shelves').replace('2015-03-31', '2021-11-15'),
        },
      },
      'Response streaming is not supported for functions',
    ],
    ...forbidden.map((name): [string, Case, string] => [
      `a mapping of ${name}`,
      { integration: { requestParameters: { [`integration.request.header.${name}`]: "'x'" } } },
      `${name} header already present`,
    ]),
  ])('%s', (_, test, cause) => {
    const { answer, calls, exchange } = run(test);
    expect(calls).toHaveLength(0);
    expect(answer).toMatchObject({ status: 500, body: FAULT });
    expect(valuesOf(answer, 'x-amzn-errortype')).toEqual(['InternalServerErrorException']);
    expect(exchange.errorCause).toBe(`Execution failed due to configuration error: ${cause}`);
  });

  test.each([
    ['integration.request.header.X-Mine'],
    ['integration.request.header.Date'],
    ['integration.request.querystring.te'],
  ])('a mapping of %s has no effect', (target) => {
    expect(run({ integration: { requestParameters: { [target]: "'x'" } } }).answer?.status).toBe(200);
  });

  test('a method in lower case is POST all the same', () => {
    expect(run({ integration: { httpMethod: 'post' } }).answer?.status).toBe(200);
  });
});

describe('calls that fail', () => {
  test.each<
    [claim: string, result: FunctionResult, status: number, type: string, body: string, cause: string]
  >([
    [
      'the function failed',
      payload('{"errorMessage":"boom"}', true),
      502,
      'DEFAULT_5XX',
      FAULT,
      'Lambda execution failed due to customer function error: {"errorMessage":"boom"}',
    ],
    [
      'the function failed with what looks like an answer',
      payload('{"statusCode":200}', true),
      502,
      'DEFAULT_5XX',
      FAULT,
      'Lambda execution failed due to customer function error: {"statusCode":200}',
    ],
    [
      'refused',
      { kind: 'refused', message: 'no permission' },
      500,
      'API_CONFIGURATION_ERROR',
      FAULT,
      'Execution failed due to configuration error: no permission',
    ],
    [
      'unavailable',
      { kind: 'unavailable', message: 'busy' },
      502,
      'DEFAULT_5XX',
      FAULT,
      'Lambda invocation failed: busy',
    ],
    [
      'unreachable',
      { kind: 'unreachable', message: 'refused' },
      500,
      'INTEGRATION_FAILURE',
      FAULT,
      'Execution failed due to a network error communicating with endpoint: refused',
    ],
    [
      'too slow',
      { kind: 'timeout' },
      504,
      'INTEGRATION_TIMEOUT',
      '{"message": "Endpoint request timed out"}',
      'Execution failed due to a timeout error',
    ],
  ])('%s', (_, result, status, type, body, cause) => {
    const { answer, exchange } = run({}, result);
    expect(answer).toMatchObject({ status, body });
    expect(valuesOf(answer, 'x-amzn-errortype')).toEqual(['InternalServerErrorException']);
    expect(valuesOf(answer, 'x-amzn-trace-id')).toEqual([]);
    expect(exchange).toMatchObject({ errorType: type, errorCause: cause });
    expect(exchange.integrationLatency).toBeGreaterThanOrEqual(0);
  });

  test('an error message cannot forge a line of the log', () => {
    const { exchange } = run({}, payload('"a\r\nERROR b\u001b[2J"'.replace('\\r', '\r'), true));
    expect(exchange.errorCause).not.toMatch(/\p{Cc}/u);
  });

  test('an invoker that throws costs one answer', () => {
    const sink = new RecordingSink();
    const context = newContext({}, () => {
      throw new Error('defect');
    });
    compileLambdaProxy(context).invoke(newExchange({}, sink));
    expect(sink.answers).toMatchObject([{ status: 500, body: FAULT }]);
  });
});

describe('size', () => {
  test('an event over 6 MB is 413', () => {
    const body = new Uint8Array(6_291_556).fill(97);
    const { answer, calls } = run({ request: { body } });
    expect(calls).toHaveLength(0);
    expect(answer).toMatchObject({ status: 413, body: '{"message":"Request Too Long"}' });
  });

  test('bytes count, not characters', () => {
    const body = Buffer.from('é'.repeat(3_145_000));
    expect(run({ request: { body } }).calls).toHaveLength(1);
    const longer = Buffer.from('\u0001'.repeat(1_048_600));
    expect(run({ request: { body: longer } }).answer?.status).toBe(413);
  });

  test('a streamed body is refused as soon as it is too long, announced or not', () => {
    expect(run({ request: { body: 'stream', bodyLength: 10_000_000 } }).answer?.status).toBe(413);
    const { exchange, sink } = run({ request: { body: 'stream', bodyLength: -1 } });
    const chunk = new Uint8Array(1_000_000);
    for (let i = 0; i < 9; i++) exchange.listener?.onBodyChunk(chunk);
    exchange.listener?.onBodyEnd();
    expect(sink.answers).toMatchObject([{ status: 413 }]);
    expect(sink.consumedBytes).toBe(6_000_000);
  });
});

describe('a client that leaves', () => {
  test('ends the waiting, and the answer that comes later is dropped', () => {
    let cancelled = 0;
    let finish: ((result: FunctionResult) => void) | undefined;
    const sink = new RecordingSink();
    const exchange = newExchange({}, sink);
    const context = newContext({}, (_, done) => {
      finish = done;
      return { cancel: () => cancelled++ };
    });
    compileLambdaProxy(context).invoke(exchange);
    exchange.listener?.onCancel();
    expect(cancelled).toBe(1);
    finish?.(payload('{}'));
    expect(sink.answers).toEqual([]);
  });

  test('before the body was complete calls nothing', () => {
    const { exchange, calls, sink } = run({ request: { body: 'stream', bodyLength: 5 } });
    exchange.listener?.onBodyChunk(new Uint8Array(2));
    exchange.listener?.onCancel();
    exchange.listener?.onBodyEnd();
    expect(calls).toEqual([]);
    expect(sink.answers).toEqual([]);
  });
});
