import { dirname } from 'node:path';
import type { FunctionSettings, LambdaSettings } from '../config/settings.js';

/** Variables of the gateway's own environment a function gets. Its secrets (Redis, AWS) are not the function's. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
];

/** `process.env` of a function's threads: Lambda's reserved variables, then the function's own, which win. */
export function handlerEnvironment(
  settings: FunctionSettings,
  lambda: LambdaSettings,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    ...environment,
    _HANDLER: settings.handler,
    AWS_REGION: lambda.region,
    AWS_DEFAULT_REGION: lambda.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
    LAMBDA_TASK_ROOT: dirname(settings.file),
    ...settings.environment,
  };
}
