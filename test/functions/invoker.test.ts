import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainFunctionName } from '../../src/functions/function-name.js';
import { createFunctionInvoker, type RoutedFunctions } from '../../src/functions/invoker.js';
import type { FunctionResult } from '../../src/integrations/integration.js';
import { createUpstreamClient } from '../../src/upstream/client.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamClient } from '../../src/upstream/upstream.js';
import { LambdaEndpoint } from './lambda-endpoint.js';
import {
  FunctionHost,
  fixture,
  functionCall,
  functionSettings,
  type Host,
  LAMBDA,
  payloadOf,
} from './start-host.js';

describe('the plain name', () => {
  test.each([
    ['shelves', 'shelves'],
    ['shelves:live', 'shelves'],
    ['function:shelves', 'shelves'],
    ['210987654321:function:shelves', 'shelves'],
    ['210987654321:function:shelves:live', 'shelves'],
    ['arn:aws:lambda:eu-west-3:210987654321:function:shelves', 'shelves'],
    ['arn:aws-cn:lambda:cn-north-1:210987654321:function:shelves:$LATEST', 'shelves'],
    ['arn:aws:lambda:eu-west-3:210987654321:function:function', 'function'],
    ['my-function:live', 'my-function'],
    ['arn:aws:lambda:eu-west-3:210987654321:function:function:live', 'function'],
  ])('of %s is %s', (text, name) => {
    expect(plainFunctionName(text)).toBe(name);
  });
});

describe('calls go where the function is', () => {
  let endpoint: LambdaEndpoint;
  let upstream: UpstreamClient;
  let host: Host;
  let functions: RoutedFunctions;

  beforeAll(async () => {
    endpoint = await LambdaEndpoint.start();
    upstream = createUpstreamClient(DEFAULT_UPSTREAM_SETTINGS);
    host = await FunctionHost.start([functionSettings('near', fixture('echo.mjs'))], LAMBDA);
    functions = createFunctionInvoker({
      settings: { ...LAMBDA, endpoint: endpoint.url },
      upstream,
      localPort: host.connect(),
      localNames: ['near'],
    });
  });

  afterAll(async () => {
    functions.close();
    await host.close();
    await upstream.close();
    await endpoint.close();
  });

  const invoke = (name: string): Promise<FunctionResult> =>
    new Promise((resolve) => functions.invoke(functionCall(name, 'here'), resolve));

  test('a local one runs here, whatever account and region the ARN names', async () => {
    const result = await invoke('arn:aws:lambda:us-east-1:999999999999:function:near:live');
    expect(payloadOf(result).value).toMatchObject({ event: 'here' });
    expect(endpoint.received).toHaveLength(0);
  });

  test('any other is called at the endpoint', async () => {
    expect(payloadOf(await invoke('far')).value).toEqual({});
    expect(endpoint.received.map(({ path }) => path)).toEqual(['/2015-03-31/functions/far/invocations']);
  });

  test('a new host is reached through a new port', async () => {
    functions.attachLocal(host.connect());
    expect(payloadOf(await invoke('near')).functionError).toBe(false);
  });
});
