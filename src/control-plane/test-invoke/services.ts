/** What a test call may call: backends and functions as a worker reaches them. */
import type { MessagePort } from 'node:worker_threads';
import { AwsAccess } from '../../aws/access.js';
import type { NodeSettings } from '../../config/settings.js';
import { createFunctionInvoker } from '../../functions/invoker.js';
import type { IntegrationServices } from '../../integrations/integration.js';
import { createUpstreamClient } from '../../upstream/client.js';

/** Upstreams of several targets are made for each call, so that its log has what they send. */
export type TestServices = Omit<IntegrationServices, 'upstreams' | 'watch'>;

export interface TestServiceOptions extends Pick<NodeSettings, 'aws' | 'lambda' | 'upstream'> {
  /** From `FunctionHost.connect`; absent: only remote functions are reached. */
  localPort?: MessagePort;
  /** Plain names of the local functions. */
  localNames?: readonly string[];
}

/** One set for a thread. @throws Error when an endpoint in the settings is no URL */
export function createTestServices({
  aws,
  lambda,
  upstream: settings,
  localPort,
  localNames = [],
}: TestServiceOptions): TestServices {
  const upstream = createUpstreamClient(settings);
  return {
    upstream,
    functions: createFunctionInvoker({
      settings: lambda,
      upstream,
      localNames,
      ...(localPort === undefined ? {} : { localPort }),
    }),
    aws: new AwsAccess(aws),
    // Nobody listens for test calls; a client of AWS would have come this way.
    listener: { port: 443, protocol: 'https' },
  };
}
