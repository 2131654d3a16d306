/** Upstreams of several targets through the command: the file, the definition, real backends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Backend, startBackend } from '../support/backend.js';
import { type GatewayProcess, startGateway, testFolder } from '../support/gateway-process.js';
import { until } from '../support/until.js';

const RESPONSES = { responses: { default: { statusCode: '200' } } };

function method(integration: object): object {
  return {
    get: {
      responses: { 200: { description: 'ok' } },
      'x-amazon-apigateway-integration': { httpMethod: 'GET', ...integration },
    },
  };
}

let backends: Backend[];
let gateway: GatewayProcess;
let folder: ReturnType<typeof testFolder>;

async function get(path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${gateway.url}${path}`);
  return { status: answer.status, text: await answer.text() };
}

beforeAll(async () => {
  backends = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => startBackend((_, response) => response.end(name))),
  );
  const [a, b, c, d] = backends.map(({ authority }) => authority);
  const paths = {
    '/named': method({ type: 'http_proxy', uri: 'http://orders/site' }),
    '/custom': method({ type: 'http', uri: 'http://Orders/site', ...RESPONSES }),
    '/variable': method({ type: 'http_proxy', uri: `http://\${stageVariables.backend}/site` }),
    '/told': method({
      type: 'http_proxy',
      uri: 'http://public.example/site',
      'x-propylon-upstream': 'orders',
    }),
    '/inline': method({
      type: 'http_proxy',
      uri: 'http://public.example/site',
      'x-propylon-upstream': { targets: [c, { address: d, weight: 1 }], retry: { attempts: 2 } },
    }),
    '/port': method({ type: 'http_proxy', uri: 'http://orders:1/site' }),
    '/client': {
      get: {
        parameters: [{ name: 'host', in: 'query', schema: { type: 'string' } }],
        responses: { 200: { description: 'ok' } },
        'x-amazon-apigateway-integration': {
          type: 'http_proxy',
          httpMethod: 'GET',
          uri: 'http://{host}/site',
          requestParameters: { 'integration.request.path.host': 'method.request.querystring.host' },
        },
      },
    },
    '/upload': {
      post: {
        responses: { 200: { description: 'ok' } },
        'x-amazon-apigateway-integration': {
          type: 'http_proxy',
          httpMethod: 'POST',
          uri: 'http://uploads/',
        },
      },
    },
    '/plaintext': method({ type: 'http_proxy', uri: `http://\${stageVariables.secure}/` }),
    '/verified': method({
      type: 'http_proxy',
      uri: `https://\${stageVariables.secure}/`,
      tlsConfig: { insecureSkipVerification: true },
    }),
    '/sticky': method({ type: 'http_proxy', uri: 'http://sticky/' }),
  };
  folder = testFolder({
    'api.json': JSON.stringify({ openapi: '3.0.3', info: { title: 'Upstreams', version: '1' }, paths }),
    'propylon.yaml': `
apis: [{ definition: api.json, stageVariables: { backend: orders, secure: secure } }]
workers: 1
upstreams:
  orders:
    targets: [${a}, ${b}, ${c}, ${d}]
    retry: { attempts: 2 }
    outlierDetection: { consecutiveFailures: 3 }
  sticky: { targets: [${a}, ${b}, ${c}, ${d}], balance: consistent-hash }
  uploads: { targets: [${b}, ${a}], retry: { attempts: 2 } }
  secure: { targets: [${a}], tls: {} }
`,
  });
  gateway = await startGateway(['--config', folder.path('propylon.yaml')]);
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all(backends.map((backend) => backend.close()));
  folder.remove();
});

describe('an integration goes to an upstream', () => {
  for (const path of ['/named', '/custom', '/variable', '/told']) {
    test(`by its name: ${path}`, async () => {
      const found = new Set<string>();
      for (let i = 0; i < 4; i++) found.add((await get(path)).text);
      expect(found.size).toBe(4);
    });
  }

  test('that it brings along', async () => {
    const found = [(await get('/inline')).text, (await get('/inline')).text];
    expect(found.sort()).toEqual(['c', 'd']);
  });

  test('whose Host is what the URI says', () => {
    const hosts = new Set(backends.flatMap(({ seen }) => seen.map(({ headers }) => headers.host)));
    expect([...hosts].sort()).toEqual(['Orders', 'orders', 'public.example']);
  });

  test('by the address of the client', async () => {
    expect(new Set([(await get('/sticky')).text, (await get('/sticky')).text]).size).toBe(1);
  });
});

describe('an integration does not go to an upstream', () => {
  test('when the host has a port: that is an address', async () => {
    expect((await get('/port')).status).toBe(500);
  });

  test('when a client names it', async () => {
    expect((await get('/client?host=orders')).status).toBe(500);
  });

  test('that is not configured: the definition is not served, and the line is named', async () => {
    const integration = { type: 'http_proxy', uri: 'http://x.example/', 'x-propylon-upstream': 'nobody' };
    const paths = { '/unknown': method(integration) };
    folder.write(
      'unknown.json',
      JSON.stringify({ openapi: '3.0.3', info: { title: 'U', version: '1' }, paths }, null, 1),
    );
    await expect(startGateway([folder.path('unknown.json')])).rejects.toThrow(
      /unknown\.json:\d+:\d+ error.*The configuration has no upstream "nobody"/,
    );
  });

  test('as a shadow that is not configured: the definition is not served, and the line is named', async () => {
    const upstream = { targets: ['127.0.0.1:7101'], shadow: { upstream: 'nobody' } };
    const integration = { type: 'http_proxy', uri: 'http://x.example/', 'x-propylon-upstream': upstream };
    const paths = { '/shadow': method(integration) };
    folder.write(
      'shadow.json',
      JSON.stringify({ openapi: '3.0.3', info: { title: 'S', version: '1' }, paths }, null, 1),
    );
    await expect(startGateway([folder.path('shadow.json')])).rejects.toThrow(
      /shadow\.json:\d+:\d+ error.*no upstream "nobody", which is to get shadow copies/,
    );
  });

  test('that has tls when the URI says http, and a stage variable the name', async () => {
    expect((await get('/plaintext')).status).toBe(500);
    await until(() => gateway.stderr().includes('The upstream has tls, but the URI says http: write https'));
  });

  test('with a tlsConfig when a stage variable says its name', async () => {
    expect((await get('/verified')).status).toBe(500);
    await until(() => gateway.stderr().includes('tlsConfig has no effect with an upstream: write tls'));
  });
});

test('one dead target of four fails no request, is ejected, and shows in the metrics', async () => {
  const dead = backends[1];
  await dead?.close();
  const answers = await Promise.all(Array.from({ length: 200 }, () => get('/named')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['a', 'c', 'd']));
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  const labels = `{upstream="orders",target="${dead?.authority}"}`;
  expect(metrics).toContain(`propylon_upstream_target_ejections_total${labels} 1`);
  expect(metrics).toContain(`propylon_upstream_target_unavailable${labels} 1`);
  expect(metrics).toContain(`propylon_upstream_target_requests_in_flight${labels} 0`);
});

test('an upload that is streamed reaches another target whole when the first is not there', async () => {
  const body = Buffer.alloc(3_000_000, 'abcdefghij');
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(`${gateway.url}/upload`, { method: 'POST', body });
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 200, text: 'a' });
  }
  const uploads = backends[0]?.seen.filter(({ method: name }) => name === 'POST') ?? [];
  expect(uploads.map(({ body: received }) => received.equals(body))).toEqual([true, true, true]);
});
