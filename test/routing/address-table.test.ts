import { describe, expect, test } from 'vitest';
import type { Api, Mapping } from '../../src/model/snapshot.js';
import { compileAddresses } from '../../src/routing/address-table.js';

function api(id: string, stages: string[], disableExecuteApiEndpoint = false): Api {
  const definition = {
    name: id,
    version: '',
    description: '',
    binaryMediaTypes: [],
    apiKeySource: 'HEADER' as const,
    disableExecuteApiEndpoint,
    resources: [],
    models: [],
    requestValidators: [],
    authorizers: [],
    gatewayResponses: [],
  };
  return {
    id,
    name: id,
    disableExecuteApiEndpoint,
    stages: stages.map((name) => ({ name, variables: {}, deployment: { id: 'd', definition } })),
  };
}

/** `domain/base/path -> api/stage`; `*` as the whole domain: any host. */
function mapping(text: string): Mapping {
  const [from = '', to = ''] = text.split(' -> ');
  const slash = from.indexOf('/');
  const [apiId = '', stage = ''] = to.split('/');
  const domain = from.slice(0, slash);
  return { domain: domain === '*' ? '' : domain, basePath: from.slice(slash + 1), apiId, stage };
}

const APIS = [api('abc', ['prod', 'dev']), api('b', ['v']), api('c', ['v']), api('closed', ['prod'], true)];

function table(mappings: string[] = [], options = {}) {
  const both = { executeApiHosts: true, executeApiPaths: true, ...options };
  return compileAddresses(
    { apis: APIS, mappings: mappings.map(mapping) },
    both,
    (apiId, stageName) => `${apiId}/${stageName}`,
  );
}

/** `target resource context event`, or `forbidden`. */
function resolved(host: string, path: string, mappings: string[] = [], options = {}): string {
  const address = table(mappings, options).resolve(host, path);
  if (address === 'forbidden') return address;
  expect(address.target).toBe(`${address.apiId}/${address.stageName}`);
  return `${address.target} ${address.resourcePath} ${address.contextPath} ${address.eventPath}`;
}

// Reference 01 sections 1 and 2: path, then resource path, $context.path and the event's path.
const executeApi: [string, string][] = [
  ['/prod/a', 'abc/prod /a /prod/a /a'],
  ['/dev/a/b', 'abc/dev /a/b /dev/a/b /a/b'],
  ['//prod/a', 'abc/prod /a /prod/a /a'],
  ['///prod/a', 'abc/prod /a /prod/a /a'],
  ['/prod//a', 'abc/prod /a /prod//a /a'],
  ['/prod///a//b', 'abc/prod /a//b /prod///a//b /a//b'],
  ['//prod//a', 'abc/prod /a /prod//a /a'],
  ['/prod/a//b', 'abc/prod /a//b /prod/a//b /a//b'],
  ['/prod/a/', 'abc/prod /a/ /prod/a/ /a/'],
  ['/dev/dev', 'abc/dev /dev /dev/dev /dev'],
  ['/prod/x%2By%2Fz+', 'abc/prod /x%2By%2Fz+ /prod/x%2By%2Fz+ /x%2By%2Fz+'],
  ['/prod', 'abc/prod / /prod /'],
  ['/prod/', 'abc/prod / /prod/ /'],
  ['/prod//', 'abc/prod / /prod// /'],
  ['/Prod/a', 'forbidden'],
  ['/%70rod/a', 'forbidden'],
  ['/prodX/a', 'forbidden'],
  ['/', 'forbidden'],
  ['//', 'forbidden'],
  ['', 'forbidden'],
  ['*', 'forbidden'],
  ['prod/a', 'forbidden'],
];
describe('execute-api addresses', () => {
  test.each(executeApi)('by host, %s is %s', (path, expected) => {
    expect(resolved('abc.execute-api.eu-west-1.amazonaws.com', path)).toBe(expected);
  });

  // The same table: everything up to the API id is stripped before any rule.
  test.each(executeApi.filter(([path]) => path.startsWith('/')))('by path, %s is %s', (path, expected) => {
    expect(resolved('localhost:3000', `/_aws/execute-api/abc${path}`)).toBe(expected);
  });

  test.each([
    ['abc.execute-api.localhost', 'abc/prod'],
    ['abc.execute-api.localhost:3000', 'abc/prod'],
    ['ABC.Execute-API.localhost', 'abc/prod'],
    ['abc.execute-api.us-east-1.amazonaws.com.', 'abc/prod'],
    ['abc-vpce-0a1b2c3d.execute-api.us-east-1.amazonaws.com', 'abc/prod'],
    ['nope.execute-api.localhost', 'forbidden'],
    ['abcd.execute-api.localhost', 'forbidden'],
    ['abc-x.execute-api.localhost', 'forbidden'],
    ['x.abc.execute-api.localhost', 'forbidden'],
    ['abc.execute-apis.localhost', 'forbidden'],
    ['abc.execute-api', 'forbidden'],
    ['execute-api.localhost', 'forbidden'],
    ['', 'forbidden'],
  ])('the host %s reaches %s', (host, expected) => {
    expect(resolved(host, '/prod/a').split(' ')[0]).toBe(expected);
  });

  test.each([
    ['/_aws/execute-api/nope/prod/a', 'forbidden'],
    ['/_aws/execute-api/ABC/prod/a', 'forbidden'],
    ['/_aws/execute-api/abc', 'forbidden'],
    ['/_aws/execute-api/', 'forbidden'],
    ['/_aws/execute-api', 'c/v /_aws/execute-api /_aws/execute-api /_aws/execute-api'],
    ['/_aws/other', 'c/v /_aws/other /_aws/other /_aws/other'],
  ])('by path, with a root mapping beside it, %s is %s', (path, expected) => {
    expect(resolved('localhost', path, ['*/ -> c/v'])).toBe(expected);
  });

  test('an API whose execute-api endpoint is switched off is reached by mappings only', () => {
    expect(resolved('closed.execute-api.localhost', '/prod/a')).toBe('forbidden');
    expect(resolved('localhost', '/_aws/execute-api/closed/prod/a')).toBe('forbidden');
    expect(resolved('localhost', '/a', ['*/ -> closed/prod'])).toBe('closed/prod /a /a /a');
  });

  test('both forms can be switched off, and the host or path is then like any other', () => {
    const root = ['*/ -> c/v'];
    const host = 'abc.execute-api.localhost';
    expect(resolved(host, '/prod/a', root)).toBe('abc/prod /a /prod/a /a');
    expect(resolved(host, '/prod/a', root, { executeApiHosts: false })).toBe('c/v /prod/a /prod/a /prod/a');
    const path = '/_aws/execute-api/abc/prod/a';
    expect(resolved('localhost', path, root, { executeApiPaths: false })).toBe(`c/v ${path} ${path} ${path}`);
  });

  test('an unknown API on an execute-api host does not fall back to a mapping of any host', () => {
    expect(resolved('nope.execute-api.localhost', '/prod/a', ['*/ -> c/v'])).toBe('forbidden');
  });
});

// Reference 01 section 7.
describe('mappings', () => {
  const worked = ['*/ -> abc/prod', '*/orders -> b/v', '*/orders/v2/items -> c/v'];
  test.each([
    ['/orders/v2/items/9', 'c/v /9 /orders/v2/items/9 /orders/v2/items/9'],
    ['/orders/v2', 'b/v /v2 /orders/v2 /orders/v2'],
    ['/ordersX', 'abc/prod /ordersX /ordersX /ordersX'],
    ['/orders', 'b/v / /orders /orders'],
    ['/orders/', 'b/v / /orders/ /orders/'],
    ['/Orders', 'abc/prod /Orders /Orders /Orders'],
    ['/order%73', 'abc/prod /order%73 /order%73 /order%73'],
    ['/orders/v2/item', 'b/v /v2/item /orders/v2/item /orders/v2/item'],
    ['/orders/v2/items', 'c/v / /orders/v2/items /orders/v2/items'],
    ['/', 'abc/prod / / /'],
    ['//', 'abc/prod / / /'],
    ['//a', 'abc/prod /a /a /a'],
    ['//a//b/', 'abc/prod /a//b/ /a//b/ /a//b/'],
    ['//orders//x', 'b/v /x /orders//x /orders/x'],
    ['/orders//x', 'b/v /x /orders//x /orders/x'],
    ['/orders//v2/items/9', 'b/v /v2/items/9 /orders//v2/items/9 /orders/v2/items/9'],
  ])('longest base path by whole segments: %s is %s', (path, expected) => {
    expect(resolved('gw.example.com', path, worked)).toBe(expected);
  });

  test('without a root mapping, a path under no base path is forbidden', () => {
    const mappings = ['*/orders -> b/v', '*/a/b -> c/v'];
    for (const path of ['/', '/ordersX', '/a', '/a/', '/a/c', '/x/orders']) {
      expect(resolved('h', path, mappings), path).toBe('forbidden');
    }
    expect(resolved('h', '/a/b', mappings)).toBe('c/v / /a/b /a/b');
  });

  test.each([
    ['/prod/a', 'abc/prod /a /a /a'],
    ['/prod', 'abc/prod / / /'],
    ['/prod/', 'abc/prod / / /'],
    ['//dev//a', 'abc/dev /a //a /a'],
    ['/nope/a', 'forbidden'],
    ['/', 'forbidden'],
    ['/base/prod/a', 'abc/prod /a /base/a /base/a'],
    ['/base/prod', 'abc/prod / /base /base'],
    ['/base/prod/', 'abc/prod / /base/ /base/'],
    ['/base//prod//a', 'abc/prod /a /base//a /base/a'],
    ['/base/nope', 'forbidden'],
    ['/base', 'forbidden'],
  ])('a mapping without a stage takes it from the next segment: %s is %s', (path, expected) => {
    expect(resolved('h', path, ['*/ -> abc', '*/base -> abc'])).toBe(expected);
  });

  test.each([
    ['api.example.com', 'abc/prod'],
    ['API.example.com:8443', 'abc/prod'],
    ['api.example.com.', 'abc/prod'],
    ['other.example.com', 'b/v'],
    ['a.other.example.com', 'c/v'],
    ['example.com', 'c/v'],
    ['elsewhere.org', 'c/v'],
    ['localhost', 'c/v'],
    ['[::1]:3000', 'c/v'],
    ['', 'c/v'],
  ])('an exact domain beats a wildcard, which beats any host: %s reaches %s', (host, expected) => {
    const mappings = ['*/ -> c/v', '*.example.com/ -> b/v', 'api.example.com/ -> abc/prod'];
    expect(resolved(host, '/a', mappings)).toBe(`${expected} /a /a /a`);
  });

  test('a domain that has mappings does not borrow those of a wildcard or of any host', () => {
    const mappings = ['*/ -> c/v', '*.example.com/ -> b/v', 'api.example.com/x -> abc/prod'];
    expect(resolved('api.example.com', '/a', mappings)).toBe('forbidden');
  });

  test('a mapping to what is not deployed answers 403 and still owns its base path', () => {
    const mappings = ['*/ -> c/v', '*/gone -> nope/v', '*/stage -> abc/nope', '*/free -> nope'];
    for (const path of ['/gone/a', '/stage/a', '/stage/prod/a', '/free/v/a']) {
      expect(resolved('h', path, mappings), path).toBe('forbidden');
    }
  });

  test('two mappings of one base path are refused, naming it', () => {
    expect(() => table(['*/x -> abc/prod', '*/x -> b/v'])).toThrow('base path "/x" on any host');
    expect(() => table(['h/ -> abc/prod', 'h/ -> b/v'])).toThrow(
      'base path "/" on domain "h"; the second is for API "b"',
    );
  });

  test('without any mapping every host is forbidden', () => {
    expect(resolved('localhost', '/a')).toBe('forbidden');
  });
});

test('domain name, its first label and the base path matched are reported', () => {
  const addresses = table(['*.example.com/v1/orders -> b/v', '*/ -> c/v']);
  const facts = (host: string, path: string): unknown => {
    const address = addresses.resolve(host, path);
    return address === 'forbidden'
      ? address
      : [address.domainName, address.domainPrefix, address.basePathMatched];
  };
  expect(facts('Shop.example.com:443', '/v1/orders/7')).toEqual(['shop.example.com', 'shop', 'v1/orders']);
  expect(facts('localhost:80', '/a')).toEqual(['localhost', 'localhost', '']);
  expect(facts('abc.execute-api.localhost', '/prod')).toEqual(['abc.execute-api.localhost', 'abc', '']);
  expect(facts('[::1]:80', '/a')).toEqual(['[::1]', '[::1]', '']);
});

test('the lookup is asked once for each deployed stage, and its result is what requests get', () => {
  const asked: string[] = [];
  const stage = { plan: 1 };
  const addresses = compileAddresses(
    { apis: APIS, mappings: [mapping('*/ -> abc/prod')] },
    { executeApiHosts: true, executeApiPaths: true },
    (apiId, stageName) => {
      asked.push(`${apiId}/${stageName}`);
      return stage;
    },
  );
  expect(asked).toEqual(['abc/prod', 'abc/dev', 'b/v', 'c/v', 'closed/prod']);
  expect(addresses.resolve('h', '/a')).toHaveProperty('target', stage);
});

test('the result is one object that the next call overwrites', () => {
  const addresses = table(['*/ -> c/v', 'b.example.com/ -> b/v']);
  const first = addresses.resolve('h', '/a');
  expect(addresses.resolve('b.example.com', '/other')).toBe(first);
  expect(first).toMatchObject({ target: 'b/v', resourcePath: '/other' });
});

test('hosts that keep changing are resolved each by itself', () => {
  const addresses = table(['*/ -> c/v', '*.example.com/ -> b/v']);
  for (let i = 0; i < 1000; i++) {
    expect(addresses.resolve(`h${i}.example.com`, '/a')).toMatchObject({ apiId: 'b', domainPrefix: `h${i}` });
    expect(addresses.resolve(`${'x'.repeat(i)}.org`, '/a')).toMatchObject({ apiId: 'c' });
  }
});
