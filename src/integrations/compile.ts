import { compileAwsService, serviceUriOf } from './aws-service/aws-service.js';
import { compileHttp } from './custom/http.js';
import { compileLambdaCustom } from './custom/lambda.js';
import { compileMock } from './custom/mock.js';
import { compileHttpProxy } from './http-proxy/http-proxy.js';
import type { CompiledIntegration, IntegrationContext } from './integration.js';
import { compileLambdaProxy } from './lambda-proxy/lambda-proxy.js';

/** The one place that knows all integration types. */
export function compileIntegration(context: IntegrationContext): CompiledIntegration {
  const compiled = compileByType(context);
  return context.services.watch?.(compiled, context) ?? compiled;
}

function compileByType(context: IntegrationContext): CompiledIntegration {
  switch (context.integration.type) {
    case 'HTTP_PROXY':
      return compileHttpProxy(context);
    case 'AWS_PROXY':
      return compileLambdaProxy(context);
    case 'HTTP':
      return compileHttp(context);
    case 'AWS':
      return compileAws(context);
    case 'MOCK':
      return compileMock(context);
  }
}

function compileAws(context: IntegrationContext): CompiledIntegration {
  const service = serviceUriOf(context);
  return service === undefined ? compileLambdaCustom(context) : compileAwsService(context, service);
}
