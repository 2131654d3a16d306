import { describe, expect, it } from 'vitest';
import { type BannerApi, type BannerData, banner } from '../../src/cli/banner.js';

const api: BannerApi = {
  id: 'petstore',
  name: 'Pet Store',
  stage: 'prod',
  basePath: '',
  domain: '',
  methods: 12,
  definition: 'pets.yaml',
  disableExecuteApiEndpoint: false,
};

const data: BannerData = {
  version: '1.2.3',
  host: '0.0.0.0',
  port: 8080,
  adminHost: '127.0.0.1',
  adminPort: 8081,
  workers: 3,
  acceptors: 1,
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
          basePath: 'shop/orders',
          domain: 'api.example.com',
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
  threads    1 acceptor, 3 workers
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

  it('is steered by no title', () => {
    const block = banner({ ...data, apis: [{ ...api, name: 'Pets\u001b[2J\n  warning    none\u202e' }] });
    expect(block).toContain('"Pets\\x1b[2J\\x0a  warning    none\\u202e", stage');
  });
});
