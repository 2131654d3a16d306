import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareItems, type Difference, summarize } from '../../src/config/diff.js';
import { type Items, itemsOf, storedItem } from '../../src/config/items.js';
import type {
  Api,
  Definition,
  Integration,
  Item,
  Method,
  Resource,
  StageItem,
} from '../../src/model/snapshot.js';

function integration(changes: Partial<Integration> = {}): Integration {
  return {
    type: 'HTTP_PROXY',
    httpMethod: 'GET',
    uri: 'http://a/',
    passthroughBehavior: 'WHEN_NO_MATCH',
    requestParameters: {},
    requestTemplates: {},
    responses: [],
    cacheNamespace: '',
    cacheKeyParameters: [],
    connectionType: 'INTERNET',
    timeoutInMillis: 29_000,
    responseTransferMode: 'BUFFERED',
    ...changes,
  };
}

function method(httpMethod: Method['httpMethod'], changes: Partial<Method> = {}): Method {
  return {
    httpMethod,
    authorizationType: 'NONE',
    authorizationScopes: [],
    apiKeyRequired: false,
    requestParameters: {},
    requestModels: {},
    responses: [],
    integration: integration(),
    ...changes,
  };
}

function definition(changes: Partial<Definition> = {}): Definition {
  return {
    name: 'Orders',
    version: '1',
    description: '',
    binaryMediaTypes: [],
    apiKeySource: 'HEADER',
    disableExecuteApiEndpoint: false,
    resources: [],
    models: [],
    requestValidators: [],
    authorizers: [],
    gatewayResponses: [],
    ...changes,
  };
}

function stage(changes: Partial<Definition> = {}, own: Partial<StageItem> = {}): Item {
  return {
    kind: 'stage',
    stage: {
      apiId: 'orders',
      name: 'prod',
      variables: {},
      deployment: { id: 'd1', definition: definition(changes) },
      ...own,
    },
  };
}

const api: Item = { kind: 'api', api: { id: 'orders', name: 'Orders', disableExecuteApiEndpoint: false } };

function resources(...methods: [path: string, ...Method[]][]): Resource[] {
  return methods.map(([path, ...list]) => ({ id: `r${path}`, path, methods: list }));
}

function diff(from: Item[], to: Item[]): Difference[] {
  return compareItems(itemsOf(from), itemsOf(to));
}

const prod = { api: 'orders', stage: 'prod' };

describe('a difference', () => {
  it('tells of an item that cannot be read that it cannot be', () => {
    const damaged = (byte: number): Items => new Map([['stage/a/b', storedItem(new Uint8Array([byte]))]]);
    const item = { item: 'stage/a/b', field: 'unreadable' };
    expect(compareItems(new Map(), damaged(255))).toEqual([{ kind: 'added', ...item }]);
    expect(compareItems(damaged(255), damaged(254))).toEqual([{ kind: 'changed', ...item }]);
    expect(compareItems(damaged(255), new Map())).toEqual([{ kind: 'removed', ...item }]);
  });

  it('names an API, a stage, a mapping and a domain that come and go', () => {
    const mapping: Item = {
      kind: 'mapping',
      mapping: { domain: '', basePath: 'orders', apiId: 'orders', stage: 'prod' },
    };
    const own: Item = {
      kind: 'mapping',
      mapping: { domain: 'api.example.com', basePath: '', apiId: 'orders', stage: '' },
    };
    const domain: Item = { kind: 'domain', domain: { name: 'api.example.com' } };
    const all = [api, stage(), mapping, own, domain];
    expect(diff([], all)).toEqual([
      { kind: 'added', api: 'orders' },
      { kind: 'added', ...prod },
      { kind: 'added', domain: 'api.example.com' },
      { kind: 'added', mapping: '*/orders', to: 'orders/prod' },
      { kind: 'added', mapping: 'api.example.com/', to: 'orders/*' },
    ]);
    expect(diff(all, []).map(({ kind }) => kind)).toEqual(Array(5).fill('removed'));
    const moved: Item = { ...mapping, mapping: { ...mapping.mapping, stage: 'dev' } };
    expect(diff([mapping], [moved])).toEqual([
      { kind: 'changed', mapping: '*/orders', from: 'orders/prod', to: 'orders/dev' },
    ]);
  });

  it('names the route and the field', () => {
    const before = resources(
      ['/pets', method('GET'), method('POST')],
      ['/pets/{id}', method('GET', { integration: integration({ uri: 'http://old/' }) })],
    );
    const after = resources(
      ['/pets', method('GET', { requestParameters: { 'method.request.querystring.q': true } })],
      ['/pets/{id}', method('GET', { integration: integration({ uri: 'http://new/' }) })],
      ['/pets/{id}/toys', method('GET')],
    );
    expect(diff([stage({ resources: before })], [stage({ resources: after })])).toEqual([
      {
        kind: 'added',
        ...prod,
        route: 'GET /pets',
        field: 'requestParameters["method.request.querystring.q"]',
        to: true,
      },
      { kind: 'removed', ...prod, route: 'POST /pets' },
      {
        kind: 'changed',
        ...prod,
        route: 'GET /pets/{id}',
        field: 'integration.uri',
        from: 'http://old/',
        to: 'http://new/',
      },
      { kind: 'added', ...prod, route: 'GET /pets/{id}/toys' },
    ]);
  });

  it('tells entries of a list by their names, and integration responses by their patterns, whose order counts', () => {
    const response = (selectionPattern: string | undefined, statusCode: string) => ({
      ...(selectionPattern === undefined ? {} : { selectionPattern }),
      statusCode,
      responseParameters: {},
      responseTemplates: {},
    });
    const withResponses = (...list: ReturnType<typeof response>[]): Item =>
      stage({
        resources: resources(['/', method('GET', { integration: integration({ responses: list }) })]),
      });
    const route = { ...prod, route: 'GET /' };
    expect(
      diff(
        [withResponses(response('4..', '400'), response('5..', '500'), response(undefined, '200'))],
        [withResponses(response('5..', '500'), response('4..', '404'), response(undefined, '200'))],
      ),
    ).toEqual([
      {
        kind: 'changed',
        ...route,
        field: 'integration.responses["4.."].statusCode',
        from: '400',
        to: '404',
      },
      {
        kind: 'changed',
        ...route,
        field: 'integration.responses (order)',
        from: ['4..', '5..', 'default'],
        to: ['5..', '4..', 'default'],
      },
    ]);
    const model = (name: string, schema: string) => ({ name, contentType: 'application/json', schema });
    expect(
      diff(
        [stage({ models: [model('a', '{}'), model('b', '{}')] })],
        [stage({ models: [model('b', '[]')] })],
      ),
    ).toEqual([
      { kind: 'removed', ...prod, field: 'models.a', from: model('a', '{}') },
      { kind: 'changed', ...prod, field: 'models.b.schema', from: '{}', to: '[]' },
    ]);
  });

  it('is found in stage variables and in both deployments of a canary', () => {
    const canary = (uri: string, percentTraffic: number): Partial<StageItem> => ({
      variables: { backend: uri },
      canary: {
        deployment: {
          id: 'd2',
          definition: definition({
            resources: resources(['/', method('GET', { integration: integration({ uri }) })]),
          }),
        },
        percentTraffic,
        stageVariableOverrides: {},
        useStageCache: false,
      },
    });
    expect(diff([stage({}, canary('http://a/', 5))], [stage({}, canary('http://b/', 50))])).toEqual([
      { kind: 'changed', ...prod, field: 'variables.backend', from: 'http://a/', to: 'http://b/' },
      { kind: 'changed', ...prod, field: 'canary.percentTraffic', from: 5, to: 50 },
      {
        kind: 'changed',
        ...prod,
        route: 'GET /',
        field: 'canary.integration.uri',
        from: 'http://a/',
        to: 'http://b/',
      },
    ]);
  });

  it('is told of what this version cannot read', () => {
    const unknown = (byte: number): Items =>
      new Map([['future/x', storedItem(Uint8Array.of(0xca, 0x3e, 1, byte))]]);
    expect(compareItems(unknown(1), unknown(2))).toEqual([{ kind: 'changed', item: 'future/x' }]);
    expect(compareItems(unknown(1), new Map())).toEqual([{ kind: 'removed', item: 'future/x' }]);
    const [key, stored] = [...itemsOf([api])][0] ?? [];
    const longer = storedItem(Uint8Array.from([...(stored?.bytes ?? []), 0xca, 0x3e, 1, 1]));
    expect(compareItems(itemsOf([api]), new Map([[key ?? '', longer]]))).toEqual([
      { kind: 'changed', api: 'orders', field: 'encoding' },
    ]);
  });

  it('is counted by stage for a summary', () => {
    const before = resources(['/a', method('GET')], ['/b', method('GET'), method('PUT')]);
    const other = method('GET', { operationName: 'x', apiKeyRequired: true });
    const after = resources(['/a', other], ['/b', method('GET')], ['/c', method('GET'), method('PUT')]);
    const differences = diff(
      [stage({ resources: before })],
      [api, stage({ resources: after, version: '2' }, { variables: { v: '1' } })],
    );
    expect(summarize(differences)).toEqual([
      { kind: 'added', api: 'orders' },
      {
        kind: 'changed',
        ...prod,
        routes: { added: 2, removed: 1, changed: 1 },
        fields: ['variables.v', 'version'],
      },
    ]);
  });

  it('is there when and only when the encoded items differ, and turns round with them', () => {
    const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'x y');
    const texts = fc.dictionary(name, fc.constantFrom('', '1', '2'), { maxKeys: 2 });
    const anyMethod = fc
      .record({
        httpMethod: fc.constantFrom<Method['httpMethod']>('GET', 'POST', 'ANY'),
        operationName: fc.option(name, { nil: undefined }),
        authorizationScopes: fc.array(name, { maxLength: 2 }),
        requestModels: texts,
        uri: name,
        patterns: fc.array(fc.option(name, { nil: undefined }), { maxLength: 3 }),
      })
      .map(({ uri, patterns, operationName, ...rest }) =>
        method(rest.httpMethod, {
          ...rest,
          ...(operationName === undefined ? {} : { operationName }),
          integration: integration({
            uri,
            responses: patterns.map((selectionPattern, i) => ({
              ...(selectionPattern === undefined ? {} : { selectionPattern }),
              statusCode: String(200 + i),
              responseParameters: {},
              responseTemplates: {},
            })),
          }),
        }),
      );
    const anyStage = fc
      .record({
        paths: fc.uniqueArray(
          fc.tuple(
            fc.constantFrom('/', '/a', '/a/b', '/c/d'),
            fc.uniqueArray(anyMethod, { selector: (one) => one.httpMethod, maxLength: 2 }),
          ),
          { selector: ([path]) => path, maxLength: 3 },
        ),
        variables: texts,
        models: fc.uniqueArray(name, { maxLength: 3 }),
        binaryMediaTypes: fc.array(name, { maxLength: 2 }),
      })
      .map(({ paths, variables, models, binaryMediaTypes }) =>
        stage(
          {
            resources: resources(
              ...paths.map(([path, methods]): [string, ...Method[]] => [path, ...methods]),
            ),
            models: models.map((model) => ({ name: model, contentType: 'application/json', schema: '{}' })),
            binaryMediaTypes,
          },
          { variables },
        ),
      );
    const anyApi = fc.boolean().map(
      (disableExecuteApiEndpoint): Item => ({
        kind: 'api',
        api: { id: 'orders', name: 'Orders', disableExecuteApiEndpoint } satisfies Omit<Api, 'stages'>,
      }),
    );
    const anyItems = fc
      .tuple(fc.option(anyApi, { nil: undefined }), fc.option(anyStage, { nil: undefined }))
      .map((items) => itemsOf(items.filter((item) => item !== undefined)));
    fc.assert(
      fc.property(anyItems, anyItems, (a, b) => {
        expect(compareItems(a, a)).toEqual([]);
        const differences = compareItems(a, b);
        const equal = a.size === b.size && [...a].every(([key, { hash }]) => b.get(key)?.hash === hash);
        expect(differences.length === 0).toBe(equal);
        const turned = differences.map(({ kind, from, to, ...rest }) => ({
          kind: kind === 'added' ? 'removed' : kind === 'removed' ? 'added' : kind,
          ...rest,
          ...(to === undefined ? {} : { from: to }),
          ...(from === undefined ? {} : { to: from }),
        }));
        const sorted = (list: object[]): string[] =>
          list.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
        expect(sorted(compareItems(b, a))).toEqual(sorted(turned));
      }),
      { numRuns: 500 },
    );
  });
});
