/** HTTP integrations, the request: reference 02 sections 1, 2.2 (column HTTP), 4 and 9. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import type { Integration } from '../../../src/model/snapshot.js';
import {
  API_ID,
  Backend,
  Client,
  contextOf,
  integrationResponse,
  type RequestParts,
} from '../http-proxy/harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

function call(parts: Partial<Integration>, request: RequestParts = {}): Promise<Client> {
  const responses = [integrationResponse({})];
  const context = contextOf({
    integration: { type: 'HTTP', uri: backend.uri('/p?own=1'), responses, ...parts },
    upstream: backend.client,
  });
  return new Client(request).call(compileHttp(context));
}

async function send(parts: Partial<Integration>, request: RequestParts = {}) {
  expect((await call(parts, request)).status).toBe(200);
  return backend.last;
}

const CLIENT =
  'accept: text/html\r\nuser-agent: curl\r\nauthorization: Bearer x\r\nreferer: r\r\nvia: v\r\ncookie: a=1\r\nx-own: 1\r\n';

const DEFAULTS = () => ({
  Host: backend.host,
  Accept: 'application/json',
  'User-Agent': `AmazonAPIGateway_${API_ID}`,
  'X-Amzn-Apigateway-Api-Id': API_ID,
  'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-.*;Parent=.*;Sampled=0$/),
});

describe('request headers of HTTP', () => {
  it("the client's headers are not sent, the gateway's are", async () => {
    const seen = await send({}, { headers: CLIENT });
    expect(seen.headers).toEqual(DEFAULTS());
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])("the client's content type goes with %s", async (method) => {
    const seen = await send({}, { method, headers: 'content-type: text/plain\r\n', body: Buffer.from('x') });
    expect(seen.headers).toMatchObject({ 'Content-Type': 'text/plain' });
    const without = await send({ httpMethod: 'GET' }, { method });
    expect(without.headers).toMatchObject({ 'Content-Type': 'application/json' });
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])(
    'no content type goes with %s, whatever the backend is asked with',
    async (method) => {
      const seen = await send({ httpMethod: 'POST' }, { method, headers: 'content-type: text/plain\r\n' });
      expect(seen.line).toBe('POST /p?own=1');
      expect(seen.headers).not.toHaveProperty('Content-Type');
    },
  );

  it('mapped headers replace the defaults, whatever their case', async () => {
    const seen = await send(
      {
        requestParameters: {
          'integration.request.header.accept': 'method.request.header.accept',
          'integration.request.header.user-agent': "'probe'",
          'integration.request.header.content-type': "'text/xml'",
          'integration.request.header.host': "'other.example'",
          'integration.request.header.Authorization': 'method.request.header.Authorization',
          'integration.request.header.X-Nothing': 'method.request.header.x-nothing',
        },
      },
      { method: 'POST', headers: CLIENT },
    );
    expect(seen.headers).toEqual({
      accept: 'text/html',
      'user-agent': 'probe',
      'content-type': 'text/xml',
      host: 'other.example',
      Authorization: 'Bearer x',
      'Content-Length': '0',
      'X-Amzn-Apigateway-Api-Id': API_ID,
      'X-Amzn-Trace-Id': expect.any(String),
    });
  });

  it('a mapped default without a value stays the default', async () => {
    const requestParameters = { 'integration.request.header.Accept': 'method.request.header.none' };
    expect((await send({ requestParameters })).headers).toEqual(DEFAULTS());
  });
});

describe('the request target of HTTP', () => {
  it("has the URI's own query and the mapped parameters, none of the client's", async () => {
    const requestParameters = {
      'integration.request.querystring.q': 'method.request.multivaluequerystring.a',
      'integration.request.querystring.z': "'x y'",
    };
    const seen = await send({ requestParameters }, { query: 'a=1&a=2%263&b=4' });
    expect(seen.line).toBe('GET /p?own=1&q=1&q=2%263&z=x%20y');
  });
});

const JSON_BODY = Buffer.from('{"a":1}');

describe('request bodies of HTTP', () => {
  it('pass through without a template', async () => {
    const seen = await send({}, { method: 'POST', body: JSON_BODY });
    expect(seen.body.equals(JSON_BODY)).toBe(true);
  });

  it('are what a literal template says, white space around it aside', async () => {
    const requestTemplates = { 'application/json': '\n  {"fixed": true, "ü": 1} \n' };
    const seen = await send({ requestTemplates }, { method: 'POST', body: JSON_BODY });
    expect(seen.body.toString()).toBe('{"fixed": true, "ü": 1}');
  });

  it('an empty template sends an empty body', async () => {
    const seen = await send(
      { requestTemplates: { 'application/json': ' ' } },
      { method: 'POST', body: JSON_BODY },
    );
    expect([seen.headers['Content-Length'], seen.body.length]).toEqual(['0', 0]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('integration requests with %s have none', async (httpMethod) => {
    const requestTemplates = { 'application/json': '{"fixed": true}' };
    const seen = await send({ httpMethod, requestTemplates }, { method: 'POST', body: JSON_BODY });
    expect([seen.body.length, seen.headers['Content-Length']]).toEqual([0, undefined]);
  });

  it('are collected when they are streamed', async () => {
    const client = new Client({ method: 'POST', body: 'stream', bodyLength: -1 });
    const integration = {
      type: 'HTTP' as const,
      uri: backend.uri('/p'),
      responses: [integrationResponse({})],
    };
    compileHttp(contextOf({ integration, upstream: backend.client })).invoke(client.exchange);
    for (const part of ['{"a"', ':1}']) client.exchange.listener?.onBodyChunk(Buffer.from(part));
    client.exchange.listener?.onBodyEnd();
    await client.until(() => client.ending !== undefined);
    expect(backend.last.headers).toMatchObject({ 'Content-Length': '7' });
    expect(backend.last.body.equals(JSON_BODY)).toBe(true);
  });

  it('over 10 MB are refused with 413', async () => {
    const client = await call({}, { method: 'POST', body: 'stream', bodyLength: 10_485_761 });
    expect([client.status, client.body]).toEqual([413, '{"message":"Request Too Long"}']);
  });

  it('that are malformed JSON are refused when a mapping reads them', async () => {
    const requestParameters = { 'integration.request.header.X': 'method.request.body.a' };
    const client = await call({ requestParameters }, { method: 'POST', body: Buffer.from('{') });
    expect([client.status, client.body]).toEqual([400, '{"message": "Invalid JSON in request body"}']);
    expect(client.fields['x-amzn-ErrorType']).toBe('BadRequestException');
  });
});

/** Reference 02 section 9, the table: 'T' transformed, 'P' passed through, 415. */
describe('passthroughBehavior', () => {
  const TEMPLATES = { 'application/json': '{"t":1}', 'text/csv': 'T' };
  const rows = [
    ['WHEN_NO_MATCH', TEMPLATES, 'text/csv', 'T'],
    ['WHEN_NO_MATCH', TEMPLATES, 'text/csv; charset=utf-8', 'T'],
    ['WHEN_NO_MATCH', TEMPLATES, undefined, '{"t":1}'],
    ['WHEN_NO_MATCH', TEMPLATES, 'text/plain', 'P'],
    ['WHEN_NO_MATCH', {}, 'text/plain', 'P'],
    ['WHEN_NO_TEMPLATES', TEMPLATES, 'text/csv', 'T'],
    ['WHEN_NO_TEMPLATES', TEMPLATES, 'text/plain', 415],
    ['WHEN_NO_TEMPLATES', {}, 'text/plain', 'P'],
    ['NEVER', TEMPLATES, 'text/csv', 'T'],
    ['NEVER', TEMPLATES, 'text/plain', 415],
    ['NEVER', {}, 'text/plain', 415],
    ['NEVER', { $default: 'D', 'text/csv': 'T' }, 'text/plain', 'D'],
    ['NEVER', { $default: 'D', 'text/csv': 'T' }, 'text/csv', 'T'],
    ['WHEN_NO_MATCH', { 'application/xml': 'X' }, undefined, 'P'],
    ['WHEN_NO_TEMPLATES', { 'application/xml': 'X' }, undefined, 415],
    ['WHEN_NO_TEMPLATES', TEMPLATES, 'TEXT/CSV', 415],
    ['WHEN_NO_TEMPLATES', TEMPLATES, 'constructor', 415],
  ] as const;

  it.each(rows)(
    '%s, templates %j, content type %s: %s',
    async (passthroughBehavior, requestTemplates, type, outcome) => {
      const request = {
        method: 'POST',
        headers: type === undefined ? '' : `content-type: ${type}\r\n`,
        body: Buffer.from('P'),
      };
      const client = await call({ passthroughBehavior, requestTemplates: { ...requestTemplates } }, request);
      if (outcome === 415) {
        expect([client.status, client.body]).toEqual([415, '{"message": "Unsupported Media Type"}']);
        expect(client.fields['x-amzn-ErrorType']).toBe('BadRequestException');
      } else {
        expect(client.status).toBe(200);
        expect(backend.last.body.toString()).toBe(outcome);
      }
    },
  );
});
