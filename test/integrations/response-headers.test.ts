import { describe, expect, test } from 'vitest';
import { responseHeaderRule } from '../../src/integrations/response-headers.js';

type Rule = ReturnType<typeof responseHeaderRule>;

describe('response headers by integration type: custom, HTTP_PROXY, AWS_PROXY', () => {
  test.each<[name: string, custom: Rule, httpProxy: Rule, lambdaProxy: Rule]>([
    ['connection', 'remap', 'remap', 'remap'],
    ['content-length', 'remap', 'remap', 'remap'],
    ['date', 'remap', 'remap', 'remap'],
    ['server', 'remap', 'remap', 'remap'],
    ['authorization', 'remap', 'remap', 'remap'],
    ['content-md5', 'remap', 'remap', 'remap'],
    ['expect', 'remap', 'remap', 'remap'],
    ['host', 'remap', 'remap', 'remap'],
    ['max-forwards', 'remap', 'remap', 'remap'],
    ['proxy-authenticate', 'remap', 'remap', 'remap'],
    ['trailer', 'remap', 'remap', 'remap'],
    ['upgrade', 'remap', 'remap', 'remap'],
    ['user-agent', 'remap', 'remap', 'remap'],
    ['www-authenticate', 'remap', 'remap', 'remap'],
    ['x-amzn-requestid', 'remap', 'remap', 'remap'],
    ['x-amzn-trace-id', 'drop', 'pass', 'drop'],
    ['transfer-encoding', 'drop', 'drop', 'drop'],
    ['content-encoding', 'pass', 'drop', 'pass'],
    ['via', 'pass', 'drop', 'drop'],
    ['te', 'pass', 'pass', 'pass'],
    ['range', 'pass', 'pass', 'pass'],
    ['referer', 'pass', 'pass', 'pass'],
    ['pragma', 'pass', 'pass', 'pass'],
    ['warn', 'pass', 'pass', 'pass'],
    ['age', 'pass', 'pass', 'pass'],
    ['accept-ranges', 'pass', 'pass', 'pass'],
    ['content-type', 'pass', 'pass', 'pass'],
    ['access-control-allow-origin', 'pass', 'pass', 'pass'],
    ['set-cookie', 'pass', 'pass', 'pass'],
    ['x-anything', 'pass', 'pass', 'pass'],
    ['keep-alive', 'pass', 'drop', 'pass'],
  ])('%s: %s, %s, %s', (name, custom, httpProxy, lambdaProxy) => {
    expect(responseHeaderRule('custom', name)).toBe(custom);
    expect(responseHeaderRule('http-proxy', name)).toBe(httpProxy);
    expect(responseHeaderRule('lambda-proxy', name)).toBe(lambdaProxy);
  });
});
