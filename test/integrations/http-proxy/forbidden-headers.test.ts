/** Reference 02 section 2.3: what a mapping may set, row by row. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import { compileLambdaCustom } from '../../../src/integrations/custom/lambda.js';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import { forbiddenTargetCause } from '../../../src/mapping/forbidden-headers.js';
import { Backend, Client, contextOf, Functions, integrationResponse } from './harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

const LAMBDA_URI =
  'arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-3:210987654321:function:f/invocations';

const ALWAYS = [
  'Content-Length',
  'Transfer-Encoding',
  'X-Amzn-Trace-Id',
  'X-Amzn-Apigateway-Api-Id',
  'content-LENGTH',
];
const ON_AWS = ['Authorization', 'Connection', 'Expect', 'Proxy-Authenticate', 'TE'];
const DROPPED = ['Connection', 'Expect', 'Proxy-Authenticate', 'TE', 'Via'];
const SENT = [
  ...[
    'Authorization',
    'Content-MD5',
    'Max-Forwards',
    'Server',
    'Trailer',
    'Upgrade',
    'WWW-Authenticate',
    'Date',
    'Host',
  ],
  ...[
    'Range',
    'Pragma',
    'Age',
    'Referer',
    'Warn',
    'Content-Encoding',
    'Content-Type',
    'User-Agent',
    'Accept',
  ],
  ...['Accept-Encoding', 'Accept-Language', 'X-Whatever', 'X_Under'],
];

const mapping = (name: string, value = "'mapped'") => ({ [`integration.request.header.${name}`]: value });
const responses = [integrationResponse({})];

async function status(type: 'HTTP' | 'HTTP_PROXY' | 'AWS', requestParameters: Record<string, string>) {
  const uri = type === 'AWS' ? LAMBDA_URI : backend.uri('/p');
  const compile = { HTTP: compileHttp, HTTP_PROXY: compileHttpProxy, AWS: compileLambdaCustom }[type];
  const context = contextOf({
    integration: { type, uri, requestParameters, responses, httpMethod: 'POST' },
    upstream: backend.client,
    functions: new Functions(),
  });
  return new Client({ method: 'POST', headers: 'x-sent: v\r\n' }).call(compile(context));
}

describe.each(['HTTP', 'HTTP_PROXY', 'AWS'] as const)('%s', (type) => {
  it.each(ALWAYS)('mapping %s answers 500, whether the source has a value or not', async (name) => {
    for (const source of ["'1'", 'method.request.header.none']) {
      const client = await status(type, mapping(name, source));
      expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
      expect(client.fields['x-amzn-ErrorType']).toBe('InternalServerErrorException');
      expect(client.exchange.errorCause).toBe(
        `Execution failed due to configuration error: ${name} header already present`,
      );
    }
  });
});

describe('AWS', () => {
  it.each(ON_AWS)('mapping %s answers 500', async (name) => {
    expect((await status('AWS', mapping(name))).status).toBe(500);
  });

  it.each(['Via', 'Host', 'Referer', 'X-Whatever'])('mapping %s is no error', async (name) => {
    expect((await status('AWS', mapping(name))).status).toBe(200);
    expect(forbiddenTargetCause('aws', mapping(name))).toBeUndefined();
  });
});

describe.each(['HTTP', 'HTTP_PROXY'] as const)('%s', (type) => {
  it.each(SENT)('%s is sent as mapped', async (name) => {
    expect((await status(type, mapping(name))).status).toBe(200);
    expect(backend.last.headers[name]).toBe('mapped');
  });

  it.each(DROPPED)('%s is left out silently', async (name) => {
    expect((await status(type, mapping(name))).status).toBe(200);
    expect(backend.last.head).not.toContain('mapped');
  });
});
