/** Reference 02 section 4, "Errors from a bad backend", for HTTP_PROXY and HTTP. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import { compileHttpProxy } from '../../../src/integrations/http-proxy/http-proxy.js';
import { answerUpstreamFailure } from '../../../src/integrations/upstream-failure.js';
import type { Integration } from '../../../src/model/snapshot.js';
import { UpstreamError } from '../../../src/upstream/upstream.js';
import { Backend, Client, contextOf, integrationResponse } from './harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());

/** A port nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe.each([
  ['HTTP_PROXY', compileHttpProxy],
  ['HTTP', compileHttp],
] as const)('%s', (type, compile) => {
  function call(parts: Partial<Integration>): Promise<Client> {
    const responses = [integrationResponse({})];
    return new Client().call(
      compile(contextOf({ integration: { type, responses, ...parts }, upstream: backend.client })),
    );
  }

  it('a refused connection is 504 with the network error', async () => {
    const client = await call({ uri: `http://127.0.0.1:${await closedPort()}/` });
    expect([client.status, client.body]).toEqual([
      504,
      '{"message": "Network error communicating with endpoint"}',
    ]);
    expect(client.fields).toMatchObject({ 'x-amzn-ErrorType': 'InternalServerErrorException' });
    expect(client.exchange.errorType).toBe('INTEGRATION_FAILURE');
    expect(client.exchange.errorCause).toContain(
      'Execution failed due to a network error communicating with endpoint',
    );
    expect(client.exchange.integrationLatency).toBeGreaterThanOrEqual(0);
  });

  it('a connection closed without an answer is 504 with the network error', async () => {
    backend.answer = (_, socket) => void socket.destroy();
    expect((await call({ uri: backend.uri('/') })).status).toBe(504);
  });

  it('an answer that is no HTTP is 504 with the network error', async () => {
    backend.answer = (_, socket) => void socket.write('SSH-2.0-x\r\n\r\n');
    const client = await call({ uri: backend.uri('/') });
    expect([client.status, client.body]).toEqual([
      504,
      '{"message": "Network error communicating with endpoint"}',
    ]);
  });

  it('no answer in time is 504 with the timeout', async () => {
    backend.answer = () => {};
    const client = await call({ uri: backend.uri('/'), timeoutInMillis: 60 });
    expect([client.status, client.body]).toEqual([504, '{"message": "Endpoint request timed out"}']);
    expect(client.exchange.errorType).toBe('INTEGRATION_TIMEOUT');
    expect(client.exchange.errorCause).toContain('Execution failed due to a timeout error');
  });
});

it.each([
  ['address', 500, '{"message": "Internal server error"}', 'Invalid endpoint address'],
  ['network', 504, '{"message": "Network error communicating with endpoint"}', 'network error'],
  ['protocol', 504, '{"message": "Network error communicating with endpoint"}', 'network error'],
  ['timeout', 504, '{"message": "Endpoint request timed out"}', 'timeout error'],
  ['overload', 503, '{"message":"Service Unavailable"}', 'queue'],
] as const)('an upstream failure of kind %s answers %i', (kind, status, body, cause) => {
  const client = new Client();
  answerUpstreamFailure(client.exchange, new UpstreamError(kind, 'the queue is full'));
  expect([client.status, client.body]).toEqual([status, body]);
  expect(client.exchange.errorCause).toContain(cause);
});
