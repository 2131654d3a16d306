import { describe, expect, test } from 'vitest';
import { canonicalName } from '../../src/http/header-spelling.js';

describe('header names get their usual spelling', () => {
  test.each([
    ['Content-Type'],
    ['Accept'],
    ['User-Agent'],
    ['X-Forwarded-For'],
    ['X-Amzn-Trace-Id'],
    ['X-Amzn-RequestId'],
    ['X-Request-Id'],
    ['X-Api-Key'],
    ['ETag'],
    ['DNT'],
    ['TE'],
    ['WWW-Authenticate'],
    ['Sec-WebSocket-Key'],
    ['X-UA-Compatible'],
    ['X-XSS-Protection'],
    ['X-CSRF-Token'],
    ['X-XSRF-TOKEN'],
    ['Sec-CH-UA-Mobile'],
    ['Sec-GPC'],
    ['X-HTTP-Method-Override'],
    ['X-Real-IP'],
    ['CloudFront-Viewer-Country'],
    ['Content-MD5'],
    ['traceparent'],
    ['X_a-B'],
    ['1-2'],
    ['-'],
  ])('%s', (name) => {
    expect(canonicalName(name.toLowerCase())).toBe(name);
    expect(canonicalName(name.toLowerCase())).toBe(name);
  });
});

test('names invented by clients are spelled right when the cache is full, too', () => {
  for (let i = 0; i < 3000; i++) expect(canonicalName(`x-made-up-${i}`)).toBe(`X-Made-Up-${i}`);
});
