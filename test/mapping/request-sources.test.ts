/** Reference 04 section 2: every source of a request mapping, as the text it comes to. */
import { describe, expect, it } from 'vitest';
import { JsonPath } from '../../src/jsonpath/path.js';
import { BodyText } from '../../src/mapping/body-text.js';
import { mappedHeaderLine, RequestMapping } from '../../src/mapping/request-mapping.js';
import { readSource, requestSource } from '../../src/mapping/source.js';
import { Client, contextOf, type RequestParts } from '../integrations/http-proxy/harness.js';

const context = contextOf({ integration: {}, stageVariables: { tier: 'gold', empty: '' } });

const REQUEST: RequestParts = {
  method: 'PUT',
  path: '/live/shelves/7/a%2Fb/c',
  query: 'q=1&Q=2&q=3&single=x%20y+z&empty=&m=%C3%BC',
  headers:
    'x-tag: a\r\nx-tag: b,c\r\nuser-agent: curl/8.5\r\nx-utf: \xc3\xbc\r\nx-latin: \xe9\r\nx-empty: \r\n',
  pathParameters: ['7', 'a%2Fb/c+d%20e'],
};

function read(expression: string, body: string | null = null, request: RequestParts = REQUEST) {
  const { exchange } = new Client(request);
  const text = new BodyText(body === null ? null : Buffer.from(body));
  return readSource(requestSource(expression, context), exchange, text);
}

const BODY =
  '{"order":{"lines":[{"sku":"A-1"},{"sku":"B"}],"total":1.50,"big":12345678901234567890,"ok":true,"none":null}}';

describe('request sources', () => {
  it.each([
    ['method.request.path.shelf', '7'],
    ['method.request.path.tail', 'a/b/c+d e'],
    ['method.request.path.nosuch', undefined],
    ['method.request.querystring.q', '3'],
    ['method.request.querystring.Q', '2'],
    ['method.request.querystring.single', 'x y z'],
    ['method.request.querystring.empty', undefined],
    ['method.request.querystring.none', undefined],
    ['method.request.querystring.m', 'ü'],
    ['method.request.multivaluequerystring.q', ['1', '3']],
    ['method.request.multivaluequerystring.single', 'x y z'],
    ['method.request.multivaluequerystring.none', undefined],
    ['method.request.header.x-tag', 'b,c'],
    ['method.request.header.X-Tag', 'b,c'],
    ['method.request.header.none', undefined],
    ['method.request.header.x-empty', undefined],
    ['method.request.header.x-utf', 'ü'],
    ['method.request.header.x-latin', 'é'],
    ['method.request.header.Host', 'k3v9q0example.execute-api.localhost:8080'],
    ['method.request.multivalueheader.x-tag', 'a,b,c'],
    ['method.request.multivalueheader.none', undefined],
    ['stageVariables.tier', 'gold'],
    ['stageVariables.empty', undefined],
    ['stageVariables.none', undefined],
    ['stageVariables.constructor', undefined],
    ["'literal text'", 'literal text'],
    ["'it's'", "it's"],
    ["''", undefined],
    ['literal', undefined],
    ["'", undefined],
    ['true', undefined],
    ['method.request.cookie.a', undefined],
  ])('%s is %j', (expression, value) => {
    expect(read(expression)).toEqual(value);
  });

  it.each([
    ['context.accountId', '210987654321'],
    ['context.apiId', 'k3v9q0example'],
    ['context.deploymentId', 't4w8zx'],
    ['context.domainName', 'k3v9q0example.execute-api.localhost'],
    ['context.domainPrefix', 'k3v9q0example'],
    ['context.extendedRequestId', expect.stringMatching(/^.{15}=$/)],
    ['context.httpMethod', 'PUT'],
    ['context.identity.sourceIp', '198.51.100.9'],
    ['context.identity.userAgent', 'curl/8.5'],
    ['context.operationName', 'ListShelves'],
    ['context.path', '/live/shelves/7/a%2Fb/c'],
    ['context.protocol', 'HTTP/1.1'],
    ['context.requestId', expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ['context.requestTime', expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)],
    ['context.requestTimeEpoch', expect.stringMatching(/^1\d{12}$/)],
    ['context.resourceId', '9x2bd1'],
    ['context.resourcePath', '/shelves/{shelf}/{tail+}'],
    ['context.stage', 'live'],
    ['context.identity', undefined],
    ['context.identity.user', undefined],
    ['context.authorizer.principalId', undefined],
    ['context.error.message', undefined],
    ['context.nosuch', undefined],
    ['context.toString', undefined],
  ])('%s is %j', (expression, value) => {
    expect(read(expression)).toEqual(value);
  });

  it('requestTimeEpoch is when the request arrived', () => {
    const before = Date.now();
    const epoch = Number(read('context.requestTimeEpoch'));
    expect(epoch).toBeGreaterThan(before - 1_000);
    expect(epoch).toBeLessThanOrEqual(Date.now() + 1);
  });

  it.each([
    ['method.request.body', BODY, BODY],
    ['method.request.body', null, '{}'],
    ['method.request.body', 'plain text', 'plain text'],
    ['method.request.body.order.lines[0].sku', BODY, 'A-1'],
    ['method.request.body.order.lines[1].sku', BODY, 'B'],
    ["method.request.body.order['lines'][1]['sku']", BODY, 'B'],
    ['method.request.body.$.order.total', BODY, '1.50'],
    ['method.request.body.order.big', BODY, '12345678901234567890'],
    ['method.request.body.order.ok', BODY, 'true'],
    ['method.request.body.order.none', BODY, undefined],
    ['method.request.body.order', BODY, undefined],
    ['method.request.body.order.lines', BODY, undefined],
    ['method.request.body.order.lines.length', BODY, undefined],
    ['method.request.body.order.lines[2].sku', BODY, undefined],
    ['method.request.body.order.constructor.name', BODY, undefined],
    ['method.request.body.__proto__.x', BODY, undefined],
    ['method.request.body.order', 'plain text', undefined],
    ['method.request.body.a', '[1]', undefined],
    ['method.request.body[0]', '[7]', '7'],
    ['method.request.body..sku', BODY, ['A-1', 'B']],
    ['method.request.body..total', BODY, '1.50'],
    ['method.request.body..none', BODY, undefined],
    ['method.request.body..nosuch', BODY, undefined],
    ['method.request.body.order.lines[*]', BODY, undefined],
    ['method.request.body.order.lines[*].sku', BODY, ['A-1', 'B']],
    ['method.request.body.order.lines[0:1].sku', BODY, 'A-1'],
    ["method.request.body.order['total','ok']", BODY, undefined],
    ["method.request.body.order.lines[?(@.sku == 'B')].sku", BODY, 'B'],
    ['method.request.body.order.lines.length()', BODY, '2'],
    ['method.request.body.order.lines[-1].sku', BODY, 'B'],
    ['method.request.body.order[', BODY, undefined],
  ])('%s of %j is %j', (expression, body, value) => {
    expect(read(expression, body)).toEqual(value);
  });

  it.each([
    ['{"a":', true],
    [' [1', true],
    ["'a'", true],
    ['"a', true],
    ['{} x', true],
    ['{"a":1}', false],
    ['"text"', false],
    ['', false],
    ['a{', false],
    ['12x', false],
  ])('a body %j is malformed JSON: %s', (body, malformed) => {
    expect(new BodyText(Buffer.from(body)).malformed).toBe(malformed);
  });

  it('ten megabytes of JSON are read', () => {
    const body = `{"list":[${'{"a":1,"b":"xyz"},'.repeat(550_000)}0],"sku":"A"}`;
    const text = new BodyText(Buffer.from(body));
    expect([text.malformed, text.at(new JsonPath('$.sku'))]).toEqual([false, 'A']);
  });
});

describe('request mappings', () => {
  const mapping = (parameters: Record<string, string>): RequestMapping =>
    new RequestMapping(parameters, 'http', context);

  it('headers have the spelling of their target and the last value of their source', () => {
    const { headers } = mapping({
      'integration.request.header.X-One': 'method.request.header.x-tag',
      'integration.request.header.x-one': 'method.request.multivaluequerystring.q',
    });
    const { exchange } = new Client(REQUEST);
    expect(headers.map((header) => mappedHeaderLine(header, exchange, null))).toEqual([
      'X-One: b,c\r\n',
      'x-one: 1,3\r\n',
    ]);
  });

  it('text above ASCII goes out as UTF-8, once', () => {
    const { headers } = mapping({ 'integration.request.header.X': 'method.request.header.x-utf' });
    const [header] = headers;
    if (header === undefined) throw new Error('no header');
    expect(mappedHeaderLine(header, new Client(REQUEST).exchange, null)).toBe('X: \xc3\xbc\r\n');
  });

  it('targets that are none, and header names that are no token, map nothing', () => {
    const { headers, path, hasQuery } = mapping({
      'integration.request.cookie.a': "'x'",
      'integration.request.header.': "'x'",
      'integration.request.header.a b': "'x'",
      'integration.request.header.a:\r\nb': "'x'",
      'method.request.header.a': "'x'",
    });
    expect([headers.length, path.size, hasQuery]).toEqual([0, 0, false]);
  });

  it('only body sources make the body be read', () => {
    expect(mapping({ 'integration.request.header.a': 'method.request.header.b' }).readsBody).toBe(false);
    expect(mapping({ 'integration.request.header.a': 'method.request.body.b' }).readsBody).toBe(true);
  });

  it('half a surrogate pair becomes U+FFFD', () => {
    const { exchange } = new Client();
    const body = new BodyText(Buffer.from('{"a":"x\\ud800y"}'));
    const parameters = { 'integration.request.querystring.v': 'method.request.body.a' };
    expect(mapping(parameters).queryOf(exchange, body)).toBe('v=x%EF%BF%BDy');
  });
});
