import { describe, expect, it } from 'vitest';
import { type BannerApi, type BannerData, banner } from '../../src/cli/banner.js';

const api: BannerApi = {
  id: 'petstore',
  name: 'Pet Store',
  stage: 'prod',
  mappings: [{ domain: '', basePath: '' }],
  methods: 12,
  definition: 'pets.yaml',
  disableExecuteApiEndpoint: false,
};

const data: BannerData = {
  version: '1.2.3',
  host: '0.0.0.0',
  port: 8080,
  tlsPort: null,
  adminHost: '127.0.0.1',
  adminPort: 8081,
  accessKeys: false,
  workers: 3,
  acceptors: 1,
  store: { description: 'memory', durable: false, nodeId: 'web-1', revision: 0, apis: 0, trouble: null },
  apis: [api],
  functions: [],
  lambda: 'AWS Lambda in us-east-1',
  executeApiHosts: true,
  executeApiPaths: true,
  watch: false,
  warnings: [],
};

describe('the block printed at the start', () => {
  it('tells where everything is', () => {
    const block = banner({
      ...data,
      apis: [
        api,
        {
          ...api,
          id: 'orders',
          name: 'Orders',
          mappings: [{ domain: 'api.example.com', basePath: 'shop/orders' }],
          methods: 1,
        },
      ],
      functions: [
        { name: 'hello', file: 'hello.mjs', handler: 'handler' },
        { name: 'resize', file: 'images.mjs', handler: 'resize' },
      ],
      warnings: ['authorization is skipped'],
    });
    expect(block).toBe(`Propylon 1.2.3 is serving
  listening  http://localhost:8080/
  admin      http://127.0.0.1:8081/  (healthz, readyz, metrics)
  control    http://127.0.0.1:8081  (AWS SDKs, CLI: --endpoint-url)
             no access keys: only this machine is served ("propylon admin create-key" makes one)
  threads    1 acceptor, 3 workers
  store      memory: nothing is kept after this process ends (--data-dir or --redis keep it)
  API        petstore  "Pet Store", stage prod, 12 methods, from pets.yaml
             http://localhost:8080/
             http://petstore.execute-api.localhost:8080/prod/
             http://localhost:8080/_aws/execute-api/petstore/prod/
  API        orders  "Orders", stage prod, 1 method, from pets.yaml
             http://api.example.com:8080/shop/orders/
             http://orders.execute-api.localhost:8080/prod/
             http://localhost:8080/_aws/execute-api/orders/prod/
  functions  hello  hello.mjs#handler
             resize  images.mjs#resize
  lambda     AWS Lambda in us-east-1
  warning    authorization is skipped
`);
  });

  it('names the port for TLS, when there is one', () => {
    const lines = '\n  listening  http://localhost:8080/\n             https://localhost:8443/\n  admin ';
    expect(banner({ ...data, tlsPort: 8443 })).toContain(lines);
  });

  it('shows no address that does not answer', () => {
    const none = banner({ ...data, executeApiHosts: false, executeApiPaths: false });
    expect(none).not.toContain('execute-api');
    const disabled = banner({ ...data, apis: [{ ...api, disableExecuteApiEndpoint: true }] });
    expect(disabled).not.toContain('execute-api');
    // Names below localhost lead to this machine only.
    const elsewhere = banner({ ...data, host: '2001:db8::1' });
    expect(elsewhere).toContain('http://petstore.execute-api.*:8080/prod/');
    expect(elsewhere).toContain('http://[2001:db8::1]:8080/\n');
  });

  it('tells what of the store is served', () => {
    const store = {
      description: 'redis://10.0.0.1:6379 (namespace propylon)',
      durable: true,
      nodeId: 'web-1',
      revision: 7,
      apis: 2,
      trouble: null,
    };
    const block = (changes: object): string => banner({ ...data, apis: [], store: { ...store, ...changes } });
    expect(block({})).toContain(`
  store      redis://10.0.0.1:6379 (namespace propylon): revision 7, 2 APIs
  node       web-1
`);
    expect(block({ trouble: 'configuration store: no answer' })).toContain(
      '  warning    configuration store: no answer: the last known good is served\n',
    );
    const empty = block({ revision: 0, apis: 0 });
    expect(empty).toContain('(namespace propylon): nothing yet\n');
    expect(empty).toContain(
      '  API        none yet: name an OpenAPI document, as in "propylon start api.yaml"',
    );
  });

  it('is steered by no title', () => {
    const block = banner({ ...data, apis: [{ ...api, name: 'Pets\u001b[2J\n  warning    none\u202e' }] });
    expect(block).toContain('"Pets\\x1b[2J\\x0a  warning    none\\u202e", stage');
  });
});
