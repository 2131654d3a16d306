import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FunctionSettings } from '../../src/config/settings.js';
import type { FunctionCall, FunctionResult } from '../../src/integrations/integration.js';
import {
  FunctionHost,
  fixture,
  functionCall,
  functionSettings,
  type Host,
  invoke,
  LAMBDA,
  type Local,
  LocalFunctions,
  payloadOf,
} from './start-host.js';

const folder = mkdtempSync(join(tmpdir(), 'functions-'));
const brokenModule = join(folder, 'syntax-error.mjs');
writeFileSync(brokenModule, 'export const handler = async () => {\n');

const FORMS = [
  ...['callback', 'callbackError', 'callbackText', 'plain', 'nothing', 'nothingLater', 'done', 'fail'],
  ...['promise', 'undefinedResult', 'throws', 'rejects', 'throwsText', 'circular', 'bigint', 'huge'],
  ...['notAFunction', 'isNotThere'],
];
const MISBEHAVING = [
  'sleeps',
  'exits',
  'leaks',
  'throwsLater',
  'rejectsLater',
  'throwsAfterwards',
  'meddles',
];

const FUNCTIONS: FunctionSettings[] = [
  functionSettings('echo', fixture('echo.mjs'), { environment: { TABLE: 'things' }, memoryMb: 128 }),
  functionSettings('slow', fixture('slow.mjs'), { concurrency: 1 }),
  functionSettings('neighbour', fixture('slow.mjs'), { concurrency: 2 }),
  functionSettings('blocks', fixture('misbehaving.mjs'), {
    handler: 'blocks',
    timeoutMs: 300,
    concurrency: 1,
  }),
  functionSettings('slow-start', fixture('slow-start.mjs'), { timeoutMs: 200 }),
  functionSettings('exits-at-import', fixture('exits-at-import.mjs')),
  functionSettings('missing-import', fixture('missing-import.mjs')),
  functionSettings('syntax-error', brokenModule),
  functionSettings('no-file', join(folder, 'no-file.mjs')),
  ...FORMS.map((handler) => functionSettings(handler, fixture('forms.cjs'), { handler })),
  ...MISBEHAVING.map((handler) =>
    functionSettings(handler, fixture('misbehaving.mjs'), {
      handler,
      timeoutMs: handler === 'sleeps' ? 500 : 10_000,
      memoryMb: 32,
    }),
  ),
];

let host: Host;
let local: Local;

beforeAll(async () => {
  host = await FunctionHost.start(FUNCTIONS, LAMBDA);
  local = new LocalFunctions(host.connect());
});

afterAll(async () => {
  local.close();
  await host.close();
  rmSync(folder, { recursive: true });
});

const call = (name: string, event: unknown = {}, more: Partial<FunctionCall> = {}): Promise<FunctionResult> =>
  invoke(local, functionCall(name, event, more));

describe('what a function is told', () => {
  test('its event, its context and its environment', async () => {
    const { functionError, value } = payloadOf(await call('echo', { a: [1, 'ü'] }));
    expect(functionError).toBe(false);
    expect(value).toMatchObject({
      event: { a: [1, 'ü'] },
      context: {
        functionName: 'echo',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:eu-west-3:210987654321:function:echo',
        memoryLimitInMB: '128',
        awsRequestId: '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21',
        logGroupName: '/aws/lambda/echo',
        callbackWaitsForEmptyEventLoop: true,
      },
      environment: {
        TABLE: 'things',
        AWS_REGION: 'eu-west-3',
        AWS_LAMBDA_FUNCTION_NAME: 'echo',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        _HANDLER: 'handler',
        _X_AMZN_TRACE_ID: 'Root=1-650f3c10-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0',
      },
    });
    const { context } = value as { context: { remaining: number } };
    expect(context.remaining).toBeGreaterThan(29_000);
    expect(context.remaining).toBeLessThanOrEqual(30_000);
  });

  test("nothing of the gateway's own environment but what any program needs", async () => {
    process.env.PROPYLON_TEST_SECRET = 'redis password';
    const other = await FunctionHost.start([functionSettings('echo', fixture('echo.mjs'))], LAMBDA);
    const functions = new LocalFunctions(other.connect());
    const { value } = payloadOf(await invoke(functions, functionCall('echo', {})));
    functions.close();
    await other.close();
    expect((value as { environment: object }).environment).not.toHaveProperty('PROPYLON_TEST_SECRET');
  });

  test.each([
    ['echo'],
    ['echo:live'],
    ['210987654321:function:echo'],
    ['arn:aws:lambda:us-east-1:000000000000:function:echo:12'],
  ])('%s is the function echo', async (name) => {
    expect(payloadOf(await call(name, 1)).value).toMatchObject({ event: 1 });
  });

  test('an event given as bytes is the same event', async () => {
    const result = await call('echo', {}, { payload: Buffer.from('{"ü":1}') });
    expect(payloadOf(result).value).toMatchObject({ event: { ü: 1 } });
  });

  test('no event at all is an empty object', async () => {
    expect(payloadOf(await call('echo', {}, { payload: '' })).value).toMatchObject({ event: {} });
  });

  test('an event that is not JSON is refused before the function is called', async () => {
    expect(await call('echo', {}, { payload: '{' })).toEqual({
      kind: 'refused',
      message: 'the event is not JSON',
    });
  });
});

describe('the forms a handler can have', () => {
  test.each([
    ['callback', { form: 'callback' }],
    ['plain', { form: 'plain' }],
    ['nothing', null],
    ['nothingLater', { form: 'succeed' }],
    ['done', { form: 'done' }],
    ['promise', { form: 'promise' }],
    ['undefinedResult', null],
  ])('%s', async (name, value) => {
    expect(payloadOf(await call(name))).toEqual({ functionError: false, value });
  });
});

describe("failures in the words of Lambda's own runtime", () => {
  test.each<[name: string, errorType: string, errorMessage: RegExp, traced: boolean]>([
    ['throws', 'SyntaxError', /^thrown at once$/, true],
    ['rejects', 'Error', /^rejected$/, true],
    ['callbackError', 'RangeError', /^from callback$/, true],
    ['fail', 'TypeError', /^from fail$/, true],
    ['callbackText', 'string', /^plain text$/, false],
    ['throwsText', 'string', /^just text$/, false],
    ['circular', 'Runtime.MarshalError', /^Unable to stringify response body: .*circular/, false],
    ['bigint', 'Runtime.MarshalError', /^Unable to stringify response body: .*BigInt/, false],
    ['notAFunction', 'Runtime.HandlerNotFound', /forms\.cjs: notAFunction is not a function$/, false],
    ['isNotThere', 'Runtime.HandlerNotFound', /forms\.cjs: isNotThere is undefined or not exported$/, false],
    ['missing-import', 'Runtime.ImportModuleError', /Cannot find module .*is-not-there\.mjs/, true],
    ['no-file', 'Runtime.ImportModuleError', /Cannot find module .*no-file\.mjs/, true],
    ['syntax-error', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /, true],
  ])('%s', async (name, errorType, errorMessage, traced) => {
    const { functionError, value } = payloadOf(await call(name));
    expect(functionError).toBe(true);
    expect(value).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) });
    const { trace } = value as { trace: string[] };
    if (traced) expect(trace[0]).toMatch(/\S/);
    else expect(trace).toEqual([]);
  });

  test('a result over 6 MB', async () => {
    expect(payloadOf(await call('huge'))).toMatchObject({
      functionError: true,
      value: { errorType: 'Function.ResponseSizeTooLarge' },
    });
  });

  test('a function nobody configured', async () => {
    expect(await call('stranger')).toEqual({
      kind: 'refused',
      message: 'there is no local function stranger',
    });
  });
});

describe('a function that misbehaves ends its own thread only', () => {
  const id = '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21';
  test.each<[name: string, event: unknown, errorMessage: string]>([
    ['exits', { code: 7 }, `RequestId: ${id} Error: Runtime exited with error: exit status 7`],
    ['exits', { code: 0 }, `RequestId: ${id} Error: Runtime exited without providing a reason`],
    ['leaks', {}, `RequestId: ${id} Error: Runtime exited with error: signal: killed`],
    ['throwsLater', {}, `RequestId: ${id} Error: Runtime exited with error: exit status 1`],
    ['rejectsLater', {}, `RequestId: ${id} Error: Runtime exited with error: exit status 1`],
    ['exits-at-import', {}, `RequestId: ${id} Error: Runtime exited with error: exit status 3`],
  ])('%s %o', async (name, event, errorMessage) => {
    const neighbour = call('neighbour', { milliseconds: 100 });
    expect(payloadOf(await call(name, event))).toEqual({
      functionError: true,
      value: { errorType: 'Runtime.ExitError', errorMessage },
    });
    expect(payloadOf(await neighbour).functionError).toBe(false);
    // And the function itself has a fresh thread for the next call.
    expect(payloadOf(await call(name, event)).value).toMatchObject({ errorMessage });
  });

  test.each([
    ['blocks', '0.30'],
    ['sleeps', '0.50'],
  ])('%s is stopped at its timeout', async (name, seconds) => {
    const { functionError, value } = payloadOf(await call(name));
    expect(functionError).toBe(true);
    expect(Object.keys(value as object)).toEqual(['errorMessage']);
    expect((value as { errorMessage: string }).errorMessage).toMatch(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z ${id} Task timed out after ${seconds} seconds$`),
    );
  });

  test('calls that wait behind a blocked one get its place', async () => {
    const results = await Promise.all([call('blocks'), call('blocks'), call('blocks')]);
    for (const result of results) expect(payloadOf(result).functionError).toBe(true);
  });

  test('a call that is over is not undone by what its function does later', async () => {
    expect(payloadOf(await call('throwsAfterwards'))).toEqual({ functionError: false, value: 'answered' });
    expect(payloadOf(await call('echo', 1)).functionError).toBe(false);
  });

  test('one that talks to the threads around it is not listened to', async () => {
    expect(payloadOf(await call('meddles')).value).toBe('done');
    expect(payloadOf(await call('echo', 1)).functionError).toBe(false);
  });
});

describe('time', () => {
  test('loading the module does not count against the timeout of a call', async () => {
    expect(payloadOf(await call('slow-start')).value).toBe('loaded');
  });

  test('the caller stops waiting at its own timeout, while the function runs on', async () => {
    expect(await call('slow', { milliseconds: 300 }, { timeoutMs: 30 })).toEqual({ kind: 'timeout' });
    // The only thread of the function was not ended: it counts both calls.
    expect(payloadOf(await call('slow', { milliseconds: 0 })).value).toEqual({ calls: 2 });
  });
});

describe('many calls', () => {
  test('one runs and four wait for each that may run, the next is throttled', async () => {
    const results = await Promise.all(Array.from({ length: 7 }, () => call('slow', { milliseconds: 30 })));
    const served = results.filter((result) => result.kind === 'payload');
    const throttled = results.filter((result) => result.kind === 'unavailable');
    expect([served.length, throttled.length]).toEqual([5, 2]);
    expect(throttled[0]).toMatchObject({ message: 'function slow is busy with 1 calls and has 4 waiting' });
  });

  test('a waiting call that nobody wants any more is not made', async () => {
    const before = payloadOf(await call('slow', { milliseconds: 0 })).value as { calls: number };
    const running = call('slow', { milliseconds: 100 });
    const dropped = local.invoke(functionCall('slow', { milliseconds: 0 }), () => {
      throw new Error('a cancelled call must not report');
    });
    dropped.cancel();
    await running;
    expect(payloadOf(await call('slow', { milliseconds: 0 })).value).toEqual({ calls: before.calls + 2 });
  });

  test('calls of several workers share the functions', async () => {
    const second = new LocalFunctions(host.connect());
    const results = await Promise.all([call('echo', 1), invoke(second, functionCall('echo', 2))]);
    second.close();
    expect(results.map((result) => (payloadOf(result).value as { event: number }).event)).toEqual([1, 2]);
  });

  test('an asynchronous call is answered when it is taken', async () => {
    const result = await call('slow', { milliseconds: 200 }, { invocationType: 'Event', timeoutMs: 150 });
    expect(result).toMatchObject({ kind: 'payload', functionError: false });
    expect(result.kind === 'payload' && result.payload.length).toBe(0);
  });
});
