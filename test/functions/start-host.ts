import { fileURLToPath } from 'node:url';
import { DEFAULT_FUNCTION, type FunctionSettings, type LambdaSettings } from '../../src/config/settings.js';
import type { FunctionCall, FunctionResult } from '../../src/integrations/integration.js';

/** Threads run compiled code, so the room is taken from `dist/`; its types are those of the sources. */
function compiled(path: string): string {
  return new URL(`../../dist/functions/${path}`, import.meta.url).href;
}

export const { FunctionHost } = (await import(
  compiled('host.js')
)) as typeof import('../../src/functions/host.js');
export const { LocalFunctions } = (await import(
  compiled('local-functions.js')
)) as typeof import('../../src/functions/local-functions.js');

export type Host = Awaited<ReturnType<typeof FunctionHost.start>>;
export type Local = InstanceType<typeof LocalFunctions>;

export const LAMBDA: LambdaSettings = { region: 'eu-west-3', accountId: '210987654321' };

export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

export function functionSettings(
  name: string,
  file: string,
  more: Partial<FunctionSettings> = {},
): FunctionSettings {
  return { ...DEFAULT_FUNCTION, name, file, environment: {}, ...more };
}

export function functionCall(
  functionName: string,
  event: unknown,
  more: Partial<FunctionCall> = {},
): FunctionCall {
  return {
    functionName,
    region: LAMBDA.region,
    payload: JSON.stringify(event),
    timeoutMs: 15_000,
    invocationType: 'RequestResponse',
    apiId: 'k3v9q0example',
    requestId: '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21',
    traceId: 'Root=1-650f3c10-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0',
    ...more,
  };
}

export function invoke(functions: Local, call: FunctionCall): Promise<FunctionResult> {
  return new Promise((resolve) => functions.invoke(call, resolve));
}

/** The JSON of a payload; fails the test for any other outcome. */
export function payloadOf(result: FunctionResult): { functionError: boolean; value: unknown } {
  if (result.kind !== 'payload') throw new Error(`expected a payload, got ${JSON.stringify(result)}`);
  return { functionError: result.functionError, value: JSON.parse(Buffer.from(result.payload).toString()) };
}
