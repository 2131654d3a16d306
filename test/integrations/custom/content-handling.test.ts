/** Reference 02 section 10: both tables, cell by cell, strict base64, and templates on what stayed binary. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import { compileMock } from '../../../src/integrations/custom/mock.js';
import type { ContentHandling, Integration, IntegrationResponse } from '../../../src/model/snapshot.js';
import { Backend, Client, contextOf, integrationResponse } from '../http-proxy/harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

const BYTES = Buffer.from([0, 1, 254, 255]);
const ENCODED = Buffer.from(BYTES.toString('base64'));
const REPLACED = Buffer.from('\0\x01\ufffd\ufffd');
const UNDECODABLE = ['aGk', 'aG k', 'aGk!', 'aG,=', '=aGk', 'aGk=\n'];
const ECHO = { 'application/json': '<$input.body>' };

interface Call {
  integration?: Partial<Integration>;
  response?: Partial<IntegrationResponse>;
  contentType?: string;
  accept?: string;
  body?: Buffer;
  answerType?: string;
  answer?: Buffer;
  types?: string[];
}

async function call(parts: Call): Promise<Client> {
  const { answer = Buffer.from('{}'), answerType = 'text/plain' } = parts;
  backend.answer = (_, socket) => {
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: ${answerType}\r\nContent-Length: ${answer.length}\r\n\r\n`,
    );
    socket.write(answer);
  };
  const context = contextOf({
    integration: {
      type: 'HTTP',
      uri: backend.uri('/p'),
      responses: [integrationResponse(parts.response ?? {})],
      ...parts.integration,
    },
    upstream: backend.client,
    binaryMediaTypes: parts.types ?? ['image/png', 'audio/*'],
  });
  const headers = [
    ...(parts.contentType === undefined ? [] : [`content-type: ${parts.contentType}\r\n`]),
    ...(parts.accept === undefined ? [] : [`accept: ${parts.accept}\r\n`]),
  ].join('');
  return new Client({ method: 'POST', headers, body: parts.body ?? null }).call(compileHttp(context));
}

function handling(contentHandling: ContentHandling | undefined): { contentHandling?: ContentHandling } {
  return contentHandling === undefined ? {} : { contentHandling };
}

describe('requests', () => {
  it.each([
    ['text/plain', undefined, BYTES, REPLACED],
    ['text/plain', undefined, Buffer.from('ü'), Buffer.from('ü')],
    ['text/plain', 'CONVERT_TO_TEXT', BYTES, REPLACED],
    ['text/plain', 'CONVERT_TO_BINARY', ENCODED, BYTES],
    [undefined, undefined, BYTES, REPLACED],
    [undefined, 'CONVERT_TO_BINARY', ENCODED, BYTES],
    ['image/png', undefined, BYTES, BYTES],
    ['image/png', 'CONVERT_TO_TEXT', BYTES, ENCODED],
    ['image/png', 'CONVERT_TO_BINARY', BYTES, BYTES],
    ['audio/ogg; codecs=opus', 'CONVERT_TO_TEXT', BYTES, ENCODED],
    ['image/gif', 'CONVERT_TO_TEXT', BYTES, REPLACED],
  ] as const)('%s with %s: %j is sent as %j', async (contentType, contentHandling, body, sent) => {
    const parts = { integration: handling(contentHandling), body };
    const client = await call(contentType === undefined ? parts : { ...parts, contentType });
    expect(client.status).toBe(200);
    expect(backend.last.body).toEqual(sent);
  });

  it.each(UNDECODABLE)('%j cannot be converted to binary: 500', async (text) => {
    const integration = handling('CONVERT_TO_BINARY');
    const client = await call({ integration, contentType: 'text/plain', body: Buffer.from(text) });
    expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
    expect([client.exchange.errorType, client.exchange.errorCause]).toEqual([
      'API_CONFIGURATION_ERROR',
      'Execution failed due to configuration error: Unable to base64 decode the body.',
    ]);
  });

  it.each([
    ['image/png', undefined],
    ['image/png', 'CONVERT_TO_BINARY'],
    ['application/json', 'CONVERT_TO_BINARY'],
  ] as const)('a template on %s with %s is 500', async (contentType, contentHandling) => {
    const requestTemplates = { $default: '<$input.body>' };
    const integration = { ...handling(contentHandling), requestTemplates };
    const client = await call({ integration, contentType, body: ENCODED });
    expect([client.status, client.exchange.errorType]).toEqual([500, 'DEFAULT_5XX']);
    expect(client.exchange.errorCause).toContain('binary');
  });

  it('so is a literal template, and one on a body that is no UTF-8', async () => {
    const literal = { requestTemplates: { $default: 'fixed' } };
    expect((await call({ integration: literal, contentType: 'image/png', body: BYTES })).status).toBe(500);
    const client = await call({ integration: { requestTemplates: ECHO }, body: BYTES });
    expect([client.status, client.exchange.errorCause]).toEqual([500, expect.stringContaining('not UTF-8')]);
  });

  it('a template sees base64 text with CONVERT_TO_TEXT', async () => {
    const integration = {
      ...handling('CONVERT_TO_TEXT'),
      requestTemplates: { 'image/png': '{"image": "$input.body"}' },
    };
    await call({ integration, contentType: 'image/png', body: BYTES });
    expect(backend.last.body.toString()).toBe(`{"image": "${ENCODED}"}`);
  });

  it('an empty body is never binary', async () => {
    const integration = { requestTemplates: ECHO };
    const client = await call({ integration, types: ['*/*'], answerType: 'text/plain' });
    expect([client.status, backend.last.body.toString()]).toEqual([200, '<{}>']);
  });

  it('MOCK converts too', async () => {
    const mock = (contentHandling: ContentHandling | undefined, template: string) =>
      new Client({ method: 'POST', headers: 'content-type: image/png\r\n', body: BYTES }).call(
        compileMock(
          contextOf({
            integration: {
              type: 'MOCK',
              ...handling(contentHandling),
              requestTemplates: { $default: template },
              responses: [integrationResponse({})],
            },
            binaryMediaTypes: ['image/png'],
          }),
        ),
      );
    const template = `#if($input.body == '${ENCODED}'){"statusCode": 200}#end`;
    expect((await mock('CONVERT_TO_TEXT', template)).status).toBe(200);
    expect((await mock(undefined, template)).status).toBe(500);
    expect((await mock(undefined, '{"statusCode": 200}')).status).toBe(500);
  });
});

describe('responses', () => {
  const TEXT = 'text/plain';
  const BINARY = 'image/png';

  it.each([
    [TEXT, TEXT, undefined, BYTES, REPLACED],
    [TEXT, TEXT, 'CONVERT_TO_TEXT', BYTES, REPLACED],
    [TEXT, TEXT, 'CONVERT_TO_BINARY', ENCODED, BYTES],
    [TEXT, BINARY, undefined, ENCODED, BYTES],
    [TEXT, BINARY, 'CONVERT_TO_TEXT', ENCODED, ENCODED],
    [TEXT, BINARY, 'CONVERT_TO_BINARY', ENCODED, BYTES],
    [BINARY, TEXT, undefined, BYTES, ENCODED],
    [BINARY, TEXT, 'CONVERT_TO_TEXT', BYTES, ENCODED],
    [BINARY, TEXT, 'CONVERT_TO_BINARY', BYTES, BYTES],
    [BINARY, BINARY, undefined, BYTES, BYTES],
    [BINARY, BINARY, 'CONVERT_TO_TEXT', BYTES, ENCODED],
    [BINARY, BINARY, 'CONVERT_TO_BINARY', BYTES, BYTES],
    [TEXT, `${BINARY};q=0.8, text/html`, undefined, ENCODED, BYTES],
    [TEXT, `text/html, ${BINARY}`, undefined, ENCODED, ENCODED],
    [BINARY, undefined, undefined, BYTES, ENCODED],
  ] as const)('%s for Accept %s with %s: %j leaves as %j', async (type, accept, content, answer, body) => {
    const parts = { response: handling(content), answerType: type, answer };
    const client = await call(accept === undefined ? parts : { ...parts, accept });
    expect(client.status).toBe(200);
    expect(Buffer.concat(client.chunks)).toEqual(body);
  });

  it.each([
    [TEXT, 'CONVERT_TO_BINARY'],
    [BINARY, undefined],
    [BINARY, 'CONVERT_TO_BINARY'],
  ] as const)('an undecodable text for Accept %s with %s is 500', async (accept, content) => {
    for (const text of UNDECODABLE) {
      const client = await call({ response: handling(content), accept, answer: Buffer.from(text) });
      expect([client.status, client.exchange.errorType]).toEqual([500, 'API_CONFIGURATION_ERROR']);
    }
  });

  it.each([
    [TEXT, TEXT, 'CONVERT_TO_BINARY'],
    [TEXT, BINARY, undefined],
    [BINARY, TEXT, 'CONVERT_TO_BINARY'],
    [BINARY, BINARY, undefined],
  ] as const)('a template on %s for Accept %s with %s is 500', async (answerType, accept, content) => {
    const response = { ...handling(content), responseTemplates: ECHO };
    const client = await call({ response, accept, answerType, answer: ENCODED });
    expect([client.status, client.exchange.errorType]).toEqual([500, 'DEFAULT_5XX']);
  });

  it.each([undefined, 'CONVERT_TO_TEXT'] as const)(
    'a template sees base64 text of a binary payload for a text client with %s',
    async (content) => {
      const response = { ...handling(content), responseTemplates: ECHO };
      const client = await call({ response, accept: TEXT, answerType: BINARY, answer: BYTES });
      expect(client.body).toBe(`<${ENCODED}>`);
    },
  );
});
