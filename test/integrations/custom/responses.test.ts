/** HTTP integrations, the response: reference 05 sections 1 and 2, 02 sections 3 and 9. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import type { IntegrationResponse } from '../../../src/model/snapshot.js';
import {
  Backend,
  Client,
  contextOf,
  integrationResponse,
  type RequestParts,
  reply,
} from '../http-proxy/harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());
beforeEach(() => {
  backend.answer = reply('200 OK', ['Content-Type: text/plain'], 'payload');
});

function call(
  responses: Partial<IntegrationResponse>[],
  request: RequestParts = {},
  methodResponses?: string[],
): Promise<Client> {
  const context = contextOf({
    integration: { type: 'HTTP', uri: backend.uri('/p'), responses: responses.map(integrationResponse) },
    upstream: backend.client,
    ...(methodResponses === undefined ? {} : { methodResponses }),
  });
  return new Client(request).call(compileHttp(context));
}

async function selected(status: number, ...responses: [pattern: string | undefined, statusCode: string][]) {
  backend.answer = reply(`${status} X`, [], 'b');
  return call(
    responses.map(([selectionPattern, statusCode]) => ({
      statusCode,
      ...(selectionPattern === undefined ? {} : { selectionPattern }),
    })),
  );
}

describe('selection by status', () => {
  it.each([
    [
      404,
      [
        [undefined, '200'],
        ['404', '404'],
      ],
      404,
    ],
    [
      404,
      [
        [undefined, '200'],
        ['4\\d{2}', '400'],
      ],
      400,
    ],
    [
      404,
      [
        [undefined, '200'],
        ['4\\d\\d', '400'],
        ['404', '404'],
      ],
      400,
    ],
    [
      404,
      [
        ['404', '404'],
        ['4\\d\\d', '400'],
      ],
      404,
    ],
    [400, [[undefined, '200']], 200],
    [
      500,
      [
        ['4.*', '400'],
        [undefined, '201'],
      ],
      201,
    ],
    [
      503,
      [
        ['.*', '502'],
        [undefined, '201'],
      ],
      502,
    ],
    [503, [['.+', '502']], 502],
    [
      503,
      [
        ['50', '500'],
        ['03', '500'],
        ['0', '500'],
        [undefined, '201'],
      ],
      201,
    ],
    [404, [['', '202']], 202],
    [
      201,
      [
        ['200|201', '201'],
        [undefined, '500'],
      ],
      201,
    ],
    [
      404,
      [
        ['[45]\\d{2}', '500'],
        [undefined, '200'],
      ],
      500,
    ],
    [
      404,
      [
        ['(', '500'],
        ['*', '500'],
        [undefined, '200'],
      ],
      200,
    ],
    [
      404,
      [
        ['^404$', '404'],
        [undefined, '200'],
      ],
      404,
    ],
  ] as [number, [string | undefined, string][], number][])(
    '%i by %j is %i',
    async (status, responses, expected) => {
      const client = await selected(status, ...responses);
      expect([client.status, client.body]).toEqual([expected, 'b']);
    },
  );

  it.each([
    [404, [['2\\d\\d', '200']] as [string, string][]],
    [200, [] as [string, string][]],
  ])('%i by %j without a default is 500', async (status, responses) => {
    const client = await selected(status, ...responses);
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
    expect(client.exchange.errorType).toBe('API_CONFIGURATION_ERROR');
    expect(client.exchange.errorCause).toBe(
      `Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: ${status}`,
    );
  });

  it('a status code without a method response is 500', async () => {
    const client = await call([{ statusCode: '201' }], {}, ['200']);
    expect([client.status, client.exchange.errorCause]).toEqual([
      500,
      'Execution failed due to configuration error: Output mapping refers to an invalid method response: 201',
    ]);
  });

  it.each(['100', '101', '600', 'abc', ''])(
    'a status code %j that is no final status is 500',
    async (statusCode) => {
      expect((await call([{ statusCode }])).status).toBe(500);
    },
  );
});

describe('response headers', () => {
  it("only mapped ones leave, the backend's are not copied", async () => {
    backend.answer = reply('200 OK', ['X-A: 1', 'X-B: 2', 'Server: s', 'Set-Cookie: c=1']);
    const client = await call([
      { responseParameters: { 'method.response.header.X-New': 'integration.response.header.X-B' } },
    ]);
    expect(client.fields).toEqual({
      'Content-Type': 'application/json',
      'X-New': '2',
      'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-/),
      'x-amzn-RequestId': client.exchange.requestId,
      'x-amz-apigw-id': client.exchange.extendedRequestId,
    });
  });

  it('the trace id is the one the backend saw', async () => {
    const client = await call([{}], {
      headers: 'x-amzn-trace-id: Root=1-650f3c10-0123456789abcdef01234567\r\n',
    });
    expect(client.fields['X-Amzn-Trace-Id']).toBe(backend.last.headers['X-Amzn-Trace-Id']);
    expect(client.fields['X-Amzn-Trace-Id']).toContain('Root=1-650f3c10-0123456789abcdef01234567;');
  });

  it.each([
    ...['Connection', 'Content-Length', 'Date', 'Server', 'Authorization', 'Content-MD5', 'Expect', 'Host'],
    ...['Max-Forwards', 'Proxy-Authenticate', 'Trailer', 'Upgrade', 'User-Agent', 'WWW-Authenticate'],
  ])('a mapped %s leaves remapped', async (name) => {
    const client = await call([{ responseParameters: { [`method.response.header.${name}`]: "'v'" } }]);
    expect(client.fields[`x-amzn-Remapped-${name}`]).toBe('v');
    expect(client.fields).not.toHaveProperty(name);
  });

  it.each([
    'Content-Encoding',
    'Via',
    'TE',
    'Range',
    'Referer',
    'Pragma',
    'Warn',
    'Age',
    'Accept-Ranges',
    'X-Any',
  ])('a mapped %s passes', async (name) => {
    const client = await call([{ responseParameters: { [`method.response.header.${name}`]: "'v'" } }]);
    expect(client.fields[name]).toBe('v');
  });

  it.each(['Transfer-Encoding', 'X-Amzn-Trace-Id'])('a mapped %s does not', async (name) => {
    const client = await call([{ responseParameters: { [`method.response.header.${name}`]: "'forged'" } }]);
    expect(client.headers).not.toContain('forged');
  });

  it('a mapped body source that is malformed JSON is 500', async () => {
    backend.answer = reply('200 OK', [], '{"a":');
    const client = await call([
      { responseParameters: { 'method.response.header.X': 'integration.response.body.a' } },
    ]);
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
  });
});

/** Reference 02 section 9, last paragraph. */
describe('response templates', () => {
  const BOTH = { 'text/csv': 'C', 'application/json': 'J', 'text/xml': 'X' };
  it.each([
    [BOTH, 'text/xml', 'X'],
    [BOTH, 'text/xml;q=0.5, text/csv', 'X'],
    [BOTH, 'text/plain, text/csv', 'J'],
    [BOTH, '*/*', 'J'],
    [BOTH, undefined, 'J'],
    [{ 'text/csv': 'C' }, '*/*', 'C'],
    [{ 'text/csv': 'C' }, undefined, 'C'],
    [{ 'text/csv': 'C', 'text/xml': 'X' }, 'text/plain', 'C'],
    [{ 'application/json': '', 'text/xml': 'X' }, 'text/plain', ''],
    [{}, 'text/xml', 'payload'],
  ])('%j with Accept %s answers %j', async (templates, accept, body) => {
    const responseTemplates: Record<string, string> = { ...templates };
    const client = await call([{ responseTemplates }], {
      headers: accept === undefined ? '' : `accept: ${accept}\r\n`,
    });
    expect([client.body, client.fields['Content-Type']]).toEqual([body, 'application/json']);
  });
});

describe('response bodies', () => {
  it('over 10 MB are 500', async () => {
    for (const head of ['Content-Length: 10485761', 'Transfer-Encoding: chunked']) {
      backend.answer = (_, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
        if (head.startsWith('T')) socket.write(`a00001\r\n${'x'.repeat(10_485_761)}\r\n0\r\n\r\n`);
      };
      const client = await call([{}]);
      expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
      expect(client.exchange.errorCause).toContain('longer than 10485760 bytes');
    }
  });

  it('a client that leaves ends the call', async () => {
    const gone = new Promise<void>((resolve) => {
      backend.answer = (_, socket) => void socket.on('close', () => resolve()).write('HTTP/1.1 200 OK\r\n');
    });
    const client = new Client();
    const seen = new Promise<void>((resolve) => {
      const { answer } = backend;
      backend.answer = (request, socket) => {
        answer(request, socket);
        resolve();
      };
    });
    compileHttp(
      contextOf({ integration: { type: 'HTTP', uri: backend.uri('/p') }, upstream: backend.client }),
    ).invoke(client.exchange);
    await seen;
    client.cancel();
    await gone;
    expect(client.ending).toBeUndefined();
  });
});
