import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Case, eventOf, run } from './support.js';

afterEach(() => {
  vi.useRealTimers();
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('the example event of the reference comes out member for member', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_695_497_168_123 });
  const host = 'k3v9q0example.execute-api.eu-west-3.amazonaws.com';
  const event = eventOf({
    headers: [
      'accept: */*',
      'content-type: text/plain',
      'user-agent: probe/1',
      'x-amzn-trace-id: Root=1-650f3c10-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
    ],
    request: {
      method: 'PUT',
      host,
      query: 'tag=a&tag=b%2Bc',
      body: text('hello'),
      requestId: '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21',
    },
    exchange: {
      eventPath: '/shelves/7/x%20y/z',
      contextPath: '/live/shelves/7/x%20y/z',
      pathParameters: ['7', 'x%20y/z'],
    },
    stage: { variables: { tier: 'gold' } },
    resource: { path: '/shelves/{shelf}/{tail+}' },
    pathParameterNames: ['shelf', 'tail'],
  });
  // The completed trace id goes to the function (reference 01 section 6); the example shows its root only.
  const trace = 'Root=1-650f3c10-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1';
  expect(event).toEqual({
    resource: '/shelves/{shelf}/{tail+}',
    path: '/shelves/7/x%20y/z',
    httpMethod: 'PUT',
    headers: {
      Accept: '*/*',
      'Content-Type': 'text/plain',
      Host: host,
      'User-Agent': 'probe/1',
      'X-Amzn-Trace-Id': trace,
      'X-Forwarded-For': '198.51.100.9',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
    },
    multiValueHeaders: {
      Accept: ['*/*'],
      'Content-Type': ['text/plain'],
      Host: [host],
      'User-Agent': ['probe/1'],
      'X-Amzn-Trace-Id': [trace],
      'X-Forwarded-For': ['198.51.100.9'],
      'X-Forwarded-Port': ['443'],
      'X-Forwarded-Proto': ['https'],
    },
    queryStringParameters: { tag: 'b+c' },
    multiValueQueryStringParameters: { tag: ['a', 'b+c'] },
    pathParameters: { shelf: '7', tail: 'x%20y/z' },
    stageVariables: { tier: 'gold' },
    requestContext: {
      accountId: '210987654321',
      apiId: 'k3v9q0example',
      deploymentId: 't4w8zx',
      domainName: host,
      domainPrefix: 'k3v9q0example',
      extendedRequestId: expect.stringMatching(/^[A-Za-z0-9+/]{15}=$/),
      httpMethod: 'PUT',
      identity: {
        accessKey: null,
        accountId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: '198.51.100.9',
        user: null,
        userAgent: 'probe/1',
        userArn: null,
      },
      path: '/live/shelves/7/x%20y/z',
      protocol: 'HTTP/1.1',
      requestId: '0d4c1c5e-6a5b-4d0e-9a3f-6f1d0f6d8e21',
      requestTime: '23/Sep/2023:19:26:08 +0000',
      requestTimeEpoch: 1_695_497_168_123,
      resourceId: '9x2bd1',
      resourcePath: '/shelves/{shelf}/{tail+}',
      stage: 'live',
    },
    body: 'hello',
    isBase64Encoded: false,
  });
});

test('a bare request has null for everything it does not bring', () => {
  const event = eventOf({});
  expect(event).toMatchObject({
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: null,
    isBase64Encoded: false,
  });
  expect(event.requestContext.identity.userAgent).toBeNull();
  expect(event.headers).not.toHaveProperty('Content-Type');
  expect(event).not.toHaveProperty('version');
});

describe('headers', () => {
  test.each<[claim: string, headers: string[], single: object, multi: object]>([
    [
      'the last value of a repeated name stands in headers, all of them in multiValueHeaders',
      ['x-tag: a', 'x-other: o', 'x-tag: b'],
      { 'X-Tag': 'b', 'X-Other': 'o' },
      { 'X-Tag': ['a', 'b'], 'X-Other': ['o'] },
    ],
    [
      'Authorization and User-Agent are spelled so',
      ['authorization: Bearer t', 'user-agent: u'],
      { Authorization: 'Bearer t', 'User-Agent': 'u' },
      { Authorization: ['Bearer t'] },
    ],
    [
      'Content-Encoding, Via and Referer are kept',
      ['content-encoding: gzip', 'via: 1.1 p', 'referer: r'],
      { 'Content-Encoding': 'gzip', Via: '1.1 p', Referer: 'r' },
      {},
    ],
    [
      "the client's X-Forwarded-For is continued, several lines of it in order",
      ['x-forwarded-for: 203.0.113.1', 'x-forwarded-for: 203.0.113.2'],
      { 'X-Forwarded-For': '203.0.113.1, 203.0.113.2, 198.51.100.9' },
      { 'X-Forwarded-For': ['203.0.113.1, 203.0.113.2, 198.51.100.9'] },
    ],
    [
      "the client's X-Forwarded-Port and X-Forwarded-Proto are replaced",
      ['x-forwarded-port: 1', 'x-forwarded-proto: ftp'],
      { 'X-Forwarded-Port': '443', 'X-Forwarded-Proto': 'https' },
      { 'X-Forwarded-Port': ['443'], 'X-Forwarded-Proto': ['https'] },
    ],
    ['values are UTF-8 where their bytes are', ['x-name: J\xc3\xb6rg'], { 'X-Name': 'Jörg' }, {}],
    ['and latin1 where they are not', ['x-name: J\xf6rg'], { 'X-Name': 'Jörg' }, {}],
    ['quotes and backslashes survive', ['x-q: "a\\b"'], { 'X-Q': '"a\\b"' }, { 'X-Q': ['"a\\b"'] }],
    ['an underscore is part of a name', ['x_a-b: 1'], { 'X_a-B': '1' }, {}],
    ['names of object members are only names', ['__proto__: 1', 'constructor: 2'], { Constructor: '2' }, {}],
  ])('%s', (_, headers, single, multi) => {
    const event = eventOf({ headers });
    expect(event.headers).toMatchObject(single);
    expect(event.multiValueHeaders).toMatchObject(multi);
  });

  test('X-HTTP-Method-Override is not passed on, the method it set is', () => {
    const event = eventOf({ headers: ['x-http-method-override: PATCH'], request: { method: 'PATCH' } });
    expect(event.httpMethod).toBe('PATCH');
    expect(event.requestContext.httpMethod).toBe('PATCH');
    expect(Object.keys(event.headers)).not.toContain('X-HTTP-Method-Override');
  });

  test('a repeated name in one request does not leak into the next', () => {
    eventOf({ headers: ['x-tag: a', 'x-tag: b'] });
    expect(eventOf({ headers: ['x-tag: c'] }).multiValueHeaders['X-Tag']).toEqual(['c']);
  });

  test('thousands of invented names leave later events as they should be', () => {
    for (let i = 0; i < 5; i++) {
      const headers = Array.from({ length: 1000 }, (_, n) => `x-${i}-${n}: ${n}`);
      headers.push('x-0-1: again');
      const event = eventOf({ headers });
      expect(Object.keys(event.headers).length).toBe(i === 0 ? 1005 : 1006);
      expect(event.multiValueHeaders['X-0-1']).toEqual(i === 0 ? ['1', 'again'] : ['again']);
    }
  });

  test.each<[port: number, protocol: 'http' | 'https']>([
    [8080, 'http'],
    [443, 'https'],
  ])('the listener %i %s is where clients came in', (port, protocol) => {
    const { headers } = eventOf({ listener: { port, protocol } });
    expect(headers).toMatchObject({ 'X-Forwarded-Port': `${port}`, 'X-Forwarded-Proto': protocol });
  });

  test('a request over TLS came in at the port for TLS', () => {
    const listener = { port: 8080, protocol: 'http' as const, tlsPort: 8443 };
    const { headers, multiValueHeaders } = eventOf({ listener, request: { overTls: true } });
    expect(headers).toMatchObject({ 'X-Forwarded-Port': '8443', 'X-Forwarded-Proto': 'https' });
    expect(multiValueHeaders).toMatchObject({ 'X-Forwarded-Port': ['8443'], 'X-Forwarded-Proto': ['https'] });
  });

  test('the trace id of the event, of the call and of the answer are one', () => {
    const { calls, answer } = run({ headers: ['x-amzn-trace-id: Root=1-650f3c10-0123456789abcdef01234567'] });
    const trace = JSON.parse(String(calls[0]?.payload)).headers['X-Amzn-Trace-Id'];
    expect(trace).toMatch(/^Root=1-650f3c10-0123456789abcdef01234567;Parent=[0-9a-f]{16};Sampled=0$/);
    expect(calls[0]?.traceId).toBe(trace);
    expect(answer?.headers).toContainEqual(['X-Amzn-Trace-Id', trace]);
  });
});

describe('domain', () => {
  test.each([
    ['api.example.com', 'api.example.com', 'api'],
    ['api.example.com:8443', 'api.example.com', 'api'],
    ['localhost:8080', 'localhost', 'localhost'],
    ['[::1]:8080', '[::1]', '[::1]'],
    ['', '', ''],
  ])('Host %s is domain %s with prefix %s', (host, domainName, domainPrefix) => {
    const event = eventOf({ request: { host } });
    expect(event.requestContext).toMatchObject({ domainName, domainPrefix });
    expect(event.headers.Host).toBe(host);
  });
});

describe('query', () => {
  test.each<[raw: string, single: object | null, multi: object | null]>([
    ['a=1&b=2', { a: '1', b: '2' }, { a: ['1'], b: ['2'] }],
    ['a=1&a=2', { a: '2' }, { a: ['1', '2'] }],
    ['a', { a: '' }, { a: [''] }],
    ['a;b=1', { a: '', b: '1' }, { a: [''], b: ['1'] }],
    ['%F0%9F%98%80=%2F+x', { '😀': '/ x' }, { '😀': ['/ x'] }],
    ['&&', null, null],
  ])('%s', (query, single, multi) => {
    const event = eventOf({ request: { query } });
    expect(event.queryStringParameters).toEqual(single);
    expect(event.multiValueQueryStringParameters).toEqual(multi);
  });
});

describe('body', () => {
  const png = Uint8Array.of(0x89, 0x50, 0xff, 0x00);
  test.each<
    [
      claim: string,
      types: string[],
      headers: string[],
      body: Uint8Array | null,
      text: string | null,
      base64: boolean,
    ]
  >([
    ['text', [], ['content-type: text/plain'], text('grüß'), 'grüß', false],
    ['invalid UTF-8 of a text type', [], ['content-type: text/plain'], png, '\ufffdP\ufffd\0', false],
    ['a listed type', ['image/png'], ['content-type: image/png'], png, 'iVD/AA==', true],
    ['a listed type with parameters', ['image/png'], ['content-type: image/png; v=1'], png, 'iVD/AA==', true],
    ['a type of a listed family', ['image/*'], ['content-type: image/png'], png, 'iVD/AA==', true],
    ['any type when all are listed', ['*/*'], ['content-type: a/b'], png, 'iVD/AA==', true],
    ['an unlisted type', ['image/png'], ['content-type: image/gif'], text('x'), 'x', false],
    ['no type, which counts as JSON', ['application/json'], [], text('{}'), 'e30=', true],
    ['none, whatever the type', ['*/*'], ['content-type: image/png'], null, null, false],
    ['an empty one, whatever the type', ['*/*'], ['content-type: image/png'], new Uint8Array(), null, false],
  ])('%s', (_, binaryMediaTypes, headers, body, expected, isBase64Encoded) => {
    expect(eventOf({ stage: { binaryMediaTypes }, headers, request: { body } })).toMatchObject({
      body: expected,
      isBase64Encoded,
    });
  });

  test('a body without a Content-Type gets application/json', () => {
    const event = eventOf({ request: { body: text('{}') } });
    expect(event.headers['Content-Type']).toBe('application/json');
    expect(event.multiValueHeaders['Content-Type']).toEqual(['application/json']);
  });

  test('a streamed body is collected, each chunk given back to the client as room', () => {
    const outcome = run({ request: { body: 'stream', bodyLength: -1 } });
    expect(outcome.calls).toHaveLength(0);
    outcome.exchange.listener?.onBodyChunk(text('hel'));
    outcome.exchange.listener?.onBodyChunk(text('lo'));
    expect(outcome.sink.consumedBytes).toBe(5);
    outcome.exchange.listener?.onBodyEnd();
    expect(JSON.parse(String(outcome.calls[0]?.payload)).body).toBe('hello');
  });
});

test('a method with an operation name tells it', () => {
  expect(eventOf({ method: { operationName: 'ListThings' } }).requestContext.operationName).toBe(
    'ListThings',
  );
  expect(eventOf({}).requestContext).not.toHaveProperty('operationName');
});

test('whatever bytes a request is made of, its event is JSON that tells them', () => {
  const latin1 = fc.string({ unit: fc.integer({ min: 33, max: 255 }).map((c) => String.fromCharCode(c)) });
  const values = latin1.filter((value) => !value.includes('\x7f'));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[a-z0-9_!#-]{1,12}$/), values), { maxLength: 20 }),
      values,
      values,
      fc.option(fc.uint8Array()),
      (fields, path, query, body) => {
        const test: Case = {
          headers: fields.map(([name, value]) => `z${name}: ${value}`),
          request: { query, body },
          exchange: { eventPath: path, contextPath: path, pathParameters: [path] },
          pathParameterNames: ['p'],
        };
        const event = eventOf(test);
        const lengths = Object.values<string[]>(event.multiValueHeaders).map((list) => list.length);
        const added = Object.keys(event.headers).filter((name) => !name.toLowerCase().startsWith('z')).length;
        expect(lengths.reduce((sum, length) => sum + length, 0) - added).toBe(fields.length);
        expect(event.pathParameters.p).toBe(event.path);
      },
    ),
  );
});
