/** Mapping templates behind real requests: scope (reference 03 sections 2, 5, 6), overrides (7), MOCK (02 section 5), errors. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileHttp } from '../../../src/integrations/custom/http.js';
import { compileLambdaCustom } from '../../../src/integrations/custom/lambda.js';
import { compileMock } from '../../../src/integrations/custom/mock.js';
import type { Integration, IntegrationResponse } from '../../../src/model/snapshot.js';
import {
  API_ID,
  Backend,
  Client,
  contextOf,
  Functions,
  integrationResponse,
  payload,
  type RequestParts,
  reply,
} from '../http-proxy/harness.js';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.stop());
beforeEach(() => {
  backend.answer = reply('200 OK', ['Content-Type: application/json'], '{"from":"backend"}');
});

const REQUEST: RequestParts = {
  method: 'POST',
  query: 'q=1&q=2&utf=%C3%BC&shelf=query',
  headers: 'x-tag: a\r\nx-tag: b\r\nuser-agent: curl/8.5\r\nx-utf: \xc3\xbc\r\n',
  pathParameters: ['7', 'a%20b/c+d'],
  body: Buffer.from('{"order":{"id":7,"tags":["x","y"]}}'),
};

interface Parts extends Omit<Partial<Integration>, 'responses'> {
  template?: string;
  responseTemplate?: string;
  response?: Partial<IntegrationResponse>;
  request?: RequestParts;
  type?: 'HTTP' | 'MOCK';
}

function call(parts: Parts): Promise<Client> {
  const { template, responseTemplate, response = {}, request = REQUEST, type = 'HTTP', ...own } = parts;
  const integration: Partial<Integration> = {
    type,
    uri: backend.uri('/p'),
    httpMethod: 'POST',
    requestTemplates: template === undefined ? {} : { $default: template },
    ...own,
    responses: [
      integrationResponse({
        responseTemplates: responseTemplate === undefined ? {} : { 'application/json': responseTemplate },
        ...response,
      }),
    ],
  };
  const context = contextOf({
    integration,
    upstream: backend.client,
    stageVariables: { tier: 'gold', empty: '' },
  });
  return new Client(request).call(type === 'MOCK' ? compileMock(context) : compileHttp(context));
}

/** What a request template sends. */
async function rendered(template: string, request: RequestParts = REQUEST): Promise<string> {
  const client = await call({ template, request });
  expect([client.status, client.exchange.errorCause]).toEqual([200, '']);
  return backend.last.body.toString();
}

describe('what a request template sees', () => {
  it.each([
    ['$input.body', '{"order":{"id":7,"tags":["x","y"]}}'],
    ["$input.json('$.order.tags')", '["x","y"]'],
    ["$input.path('$.order').id", '7'],
    ["$input.params('shelf')", '7'],
    ["$input.params('tail')", 'a b/c+d'],
    ["$input.params('q')", '2'],
    ["$input.params('utf')", 'ü'],
    ["$input.params('X-Tag')", 'b'],
    ["$input.params('x-utf')", 'ü'],
    ["$input.params('Host')", 'k3v9q0example.execute-api.localhost:8080'],
    ["[$input.params('none')]", '[]'],
    ['$input.params().path', '{shelf=7, tail=a b/c+d}'],
    ['$input.params().querystring', '{q=2, utf=ü, shelf=query}'],
    ['$input.params().header.keySet()', '[Host, X-Tag, User-Agent, X-Utf]'],
    ["$input.params().header.get('x-tag')", 'b'],
    ["$input.params().header['X-TAG']", 'b'],
    ['$stageVariables.tier', 'gold'],
    ["[$stageVariables.empty$stageVariables['none']]", '[]'],
    ['#foreach($k in $stageVariables.keySet())$k,#end', 'tier,empty,'],
    ['$context.accountId', '210987654321'],
    ['$context.apiId', API_ID],
    ['$context.deploymentId', 't4w8zx'],
    ['$context.domainName', 'k3v9q0example.execute-api.localhost'],
    ['$context.domainPrefix', 'k3v9q0example'],
    ['$context.httpMethod', 'POST'],
    ['$context.identity.sourceIp', '198.51.100.9'],
    ['$context.identity.userAgent', 'curl/8.5'],
    ['[$context.identity.user$context.identity.apiKey]', '[]'],
    ['[$context.identity]', '[]'],
    ['$context.operationName', 'ListShelves'],
    ['$context.path', '/live/shelves/7/a/b'],
    ['$context.protocol', 'HTTP/1.1'],
    ['$context.resourceId', '9x2bd1'],
    ['$context.resourcePath', '/shelves/{shelf}/{tail+}'],
    ['$context.stage', 'live'],
    ['[$context.authorizer.principalId$context.authorizer.claims.sub]', '[]'],
    ['#foreach($k in $context.authorizer.keySet())x#end.', '.'],
    ['[$context.toString$context.constructor$context["__proto__"]]', '[]'],
    [
      '$context.keySet()',
      '[accountId, apiId, deploymentId, domainName, domainPrefix, extendedRequestId, httpMethod, identity, operationName, path, protocol, requestId, requestOverride, requestTime, requestTimeEpoch, resourceId, resourcePath, responseOverride, stage]',
    ],
    [
      '$context.identity.keySet()',
      '[accessKey, accountId, caller, cognitoAuthenticationProvider, cognitoAuthenticationType, cognitoIdentityId, cognitoIdentityPoolId, principalOrgId, sourceIp, user, userAgent, userArn]',
    ],
    ['$context.requestOverride.keySet()', '[path, header, querystring]'],
    ['$context.responseOverride.keySet()', '[header]'],
  ])('%s renders %s', async (template, text) => {
    expect(await rendered(template)).toBe(text);
  });

  it('ids and times are those of the exchange', async () => {
    const client = await call({ template: '$context.requestId $context.extendedRequestId' });
    expect(backend.last.body.toString()).toBe(
      `${client.exchange.requestId} ${client.exchange.extendedRequestId}`,
    );
    expect(await rendered('$context.requestTime')).toMatch(/^\d\d\/\w{3}\/\d{4}(:\d\d){3} \+0000$/);
    const before = Date.now();
    const epoch = Number(await rendered('#set($e = $context.requestTimeEpoch + 1)$e'));
    expect(epoch).toBeGreaterThanOrEqual(before - 1_000);
    expect(epoch).toBeLessThanOrEqual(Date.now() + 1);
  });

  it.each([
    ['$input.body', '{}'],
    ["$input.json('$')", '{}'],
    ["[$input.path('$.a')]", '[]'],
    ["$input.json('$.a')", '""'],
  ])('of an empty body %s is %s', async (template, text) => {
    expect(await rendered(template, { method: 'POST' })).toBe(text);
  });

  it('without parameters the maps of params() are empty', async () => {
    const template = '$input.params().size() $input.params().querystring.size()';
    expect(await rendered(template, { method: 'POST', pathParameters: [] })).toBe('3 0');
  });

  it('one request does not see what another one changed', async () => {
    const template = "$input.path('$').put('k', 1)$input.path('$').keySet()";
    for (const _ of [1, 2]) expect(await rendered(template, { method: 'POST' })).toBe('[k]');
  });
});

describe('what a response template sees', () => {
  it.each([
    ['$input.body', '{"from":"backend"}'],
    ["$input.path('$.from')", 'backend'],
    ["$input.params('q') $input.params('shelf')", '2 7'],
    ['$context.stage $stageVariables.tier', 'live gold'],
  ])('%s renders %s', async (responseTemplate, text) => {
    expect((await call({ responseTemplate })).body).toBe(text);
  });

  it('variables of the request template are gone', async () => {
    const client = await call({ template: '#set($v = 1)$v', responseTemplate: '[$v]' });
    expect(client.body).toBe('[]');
  });

  it('a Lambda result is its body, and JSON for mappings and Accept', async () => {
    const functions = new Functions();
    functions.result = payload('{"errorMessage":"[404] no","trace":[]}', true);
    const context = contextOf({
      integration: {
        type: 'AWS',
        uri: 'arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/f/invocations',
        requestTemplates: { 'application/json': '{"id": "$input.params(\'shelf\')"}' },
        responses: [
          integrationResponse({
            statusCode: '404',
            selectionPattern: '\\[404\\].*',
            responseParameters: { 'method.response.header.X-T': 'integration.response.header.Content-Type' },
            responseTemplates: {
              'application/json': '{"message": "$input.path(\'$.errorMessage\').substring(6)"}',
            },
          }),
        ],
      },
      functions,
    });
    const client = await new Client().call(compileLambdaCustom(context));
    expect(functions.calls[0]?.payload).toBe('{"id": "7"}');
    expect([client.status, client.body]).toEqual([404, '{"message": "no"}']);
    expect(client.fields['X-T']).toBe('application/json');
  });
});

const set = (member: string, value: string): string => `#set($context.requestOverride.${member} = ${value})`;
const MAPPED = {
  'integration.request.header.myHeader': "'mapped'",
  'integration.request.querystring.q': "'mapped'",
};

describe('requestOverride', () => {
  it('replaces what is mapped, adds what is not, and is final', async () => {
    await call({
      uri: backend.uri('/p/{id}?own={id}'),
      requestParameters: { ...MAPPED, 'integration.request.path.id': "'mapped'" },
      template:
        set('header.myHeader', '"over"') +
        set('header["x-new"]', '7') +
        set('querystring.q', '"a b"') +
        set('querystring.r', '"&"') +
        set('path.id', '"x/y z?"'),
    });
    expect(backend.last.line).toBe('POST /p/x/y%20z%3F?own=x%2Fy%20z%3F&q=a%20b&r=%26');
    expect(backend.last.headers).toMatchObject({ myHeader: 'over', 'x-new': '7' });
  });

  it('lists are several values', async () => {
    await call({
      requestParameters: MAPPED,
      template: set('header.x-list', '["a","b"]') + set('querystring.q', '["1","2"]'),
    });
    expect([backend.last.headers['x-list'], backend.last.line]).toEqual([['a', 'b'], 'POST /p?q=1&q=2']);
  });

  it('a name of another case does not replace the mapped one, both go out', async () => {
    await call({ requestParameters: MAPPED, template: set('header.myheader', '"over"') });
    expect(backend.last.headers).toMatchObject({ myHeader: 'mapped', myheader: 'over' });
  });

  it('defaults give way, whatever the case, and Host and Content-Type stand once', async () => {
    await call({
      requestParameters: {
        'integration.request.header.Content-Type': "'text/mapped'",
        'integration.request.header.Host': "'mapped.example'",
      },
      template:
        set('header.accept', '"text/csv"') +
        set('header.content-type', '"text/over"') +
        set('header.host', '"over.example"') +
        set('header.user-agent', '"probe"'),
    });
    expect(backend.last.headers).toEqual({
      host: 'over.example',
      'content-type': 'text/over',
      accept: 'text/csv',
      'user-agent': 'probe',
      'Content-Length': '0',
      'X-Amzn-Apigateway-Api-Id': API_ID,
      'X-Amzn-Trace-Id': expect.any(String),
    });
  });

  it('an empty text sends nothing in place of what is mapped', async () => {
    const template = set('header.myHeader', '""') + set('querystring.q', '$none');
    await call({ requestParameters: MAPPED, template });
    expect(backend.last.line).toBe('POST /p');
    expect(backend.last.headers).not.toHaveProperty('myHeader');
  });

  it('fills a placeholder nothing is mapped to; one left empty is 500', async () => {
    const uri = backend.uri('/p/{id}');
    await call({ uri, template: set('path.id', "$input.params('tail')") });
    expect(backend.last.line).toBe('POST /p/a%20b/c+d');
    for (const template of ['x$none', set('path.id', '""')]) {
      const client = await call({ uri, template });
      expect([client.status, client.exchange.errorCause]).toEqual([
        500,
        'Execution failed due to configuration error: {id} in the integration URI has no value',
      ]);
    }
  });

  it('a path value that climbs out of its place is refused', async () => {
    const uri = backend.uri('/p/{id}');
    for (const value of ['..', '../x', 'a/../../b', '%2e%2e/']) {
      const before = backend.requests.length;
      const client = await call({ uri, template: set('path.id', `"${value}"`) });
      // A percent sign is encoded, so that "%2e" is a name like any other.
      expect(client.status).toBe(value.startsWith('%') ? 200 : 400);
      expect(backend.requests.length - before).toBe(value.startsWith('%') ? 1 : 0);
    }
  });

  it.each(['Content-Length', 'transfer-encoding', 'X-Amzn-Trace-Id', 'X-Amzn-Apigateway-Api-Id'])(
    '%s is 500',
    async (name) => {
      const client = await call({ template: set(`header["${name}"]`, '"x"') });
      expect([client.status, client.body]).toEqual([500, '{"message": "Internal server error"}']);
      expect([client.exchange.errorType, client.exchange.errorCause]).toEqual([
        'DEFAULT_5XX',
        `Execution failed due to configuration error: ${name} header already present`,
      ]);
    },
  );

  it.each(['Connection', 'Expect', 'Proxy-Authenticate', 'TE', 'Via'])('%s is not sent', async (name) => {
    expect((await call({ template: set(`header["${name}"]`, '"x"') })).status).toBe(200);
    expect(backend.last.headers[name]).not.toBe('x');
  });

  it('AWS integrations refuse more, and X-Amz-Invocation-Type may be set', async () => {
    const invoke = async (template: string) => {
      const functions = new Functions();
      const uri = 'arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/f/invocations';
      const requestTemplates = { 'application/json': template };
      const responses = [integrationResponse({})];
      const integration = { type: 'AWS' as const, uri, requestTemplates, responses };
      const client = await new Client().call(compileLambdaCustom(contextOf({ integration, functions })));
      return [client.status, functions.calls[0]?.invocationType];
    };
    expect(await invoke(set('header.Authorization', '"x"'))).toEqual([500, undefined]);
    expect(await invoke(set('header.x-amz-invocation-type', '"Event"'))).toEqual([200, 'Event']);
    expect(await invoke('$none')).toEqual([200, 'RequestResponse']);
  });

  it('names and values that would break the head are left out', async () => {
    await call({
      template:
        '#set($e = $util.urlDecode("%0D%0AX-Evil:+1"))' +
        set('header.x-value', '"a$e"') +
        set('header["a$e"]', '"v"') +
        set('header["a b"]', '"v"') +
        set('querystring["a$e"]', '"b$e"'),
    });
    expect(backend.last.head).not.toMatch(/^X-Evil/im);
    expect(backend.last.line).toBe('POST /p?a%0D%0AX-Evil%3A%201=b%0D%0AX-Evil%3A%201');
  });

  it('more than 64 KiB of overrides are 500', async () => {
    const big = '#set($t = "0123456789abcdef")#foreach($i in [1..12])#set($t = "$t$t")#end';
    const outcomes = [
      await call({ template: `${big}#foreach($i in [1..900])${set('header["x$i"]', '$t')}#end` }),
      await call({ template: big + set('querystring.q', '[$t]') }),
      await call({ responseTemplate: `${big}#set($context.responseOverride.header.x = $t)` }),
    ];
    for (const { status, exchange } of outcomes) {
      expect([status, exchange.errorCause]).toEqual([500, expect.stringContaining('more than 65536')]);
    }
  });

  it('a value too large to be printed is 500', async () => {
    const template = '#set($l = [])#set($m = $l)#foreach($i in [1..600])#set($l = [$l])#end';
    const client = await call({ template: template + set('header.x', '{"a": $l}') });
    expect([client.status, client.exchange.errorType]).toEqual([500, 'DEFAULT_5XX']);
    expect(client.exchange.errorCause).toContain('nested too deeply');
    expect((await call({ template: '$input.body' })).status).toBe(200);
  });
});

const over = (member: string, value: string): string =>
  `#set($context.responseOverride.${member} = ${value})`;

describe('responseOverride', () => {
  it.each([
    ['404', 404],
    ['200', 200],
    ['599', 599],
    ['$input.path("$.n")', 202],
    ['7', 201],
    ['1000', 201],
    ['100', 201],
    ['"404"', 201],
    ['404.0', 201],
    ['$none', 201],
  ])('status %s answers %i', async (value, status) => {
    backend.answer = reply('200 OK', [], '{"n":202}');
    const response = { statusCode: '201' };
    expect((await call({ responseTemplate: over('status', value), response })).status).toBe(status);
  });

  it('headers replace mapped ones of exactly their name and need no declaration', async () => {
    const client = await call({
      responseTemplate: `${over('header.X-A', '"over"')}${over('header.x-b', '"over"')}${over('header.X-C', '["1","2"]')}${over('header.Content-type', '"text/csv"')}${over('header.X-Gone', '""')}x`,
      response: {
        responseParameters: {
          'method.response.header.X-A': "'mapped'",
          'method.response.header.X-B': "'mapped'",
          'method.response.header.X-Gone': "'mapped'",
          'method.response.header.Content-Type': "'text/mapped'",
        },
      },
    });
    expect(client.fields).toEqual({
      'X-A': 'over',
      'X-B': 'mapped',
      'x-b': 'over',
      'X-C': ['1', '2'],
      'Content-type': 'text/csv',
      'X-Amzn-Trace-Id': expect.any(String),
      'x-amzn-RequestId': client.exchange.requestId,
      'x-amz-apigw-id': client.exchange.extendedRequestId,
    });
  });

  it("the gateway's own headers stay its own", async () => {
    const names = ['Content-Length', 'Transfer-Encoding', 'Connection', 'Date', 'X-Amzn-Trace-Id'];
    const client = await call({
      responseTemplate: names.map((name) => over(`header["${name}"]`, '"forged"')).join(''),
    });
    expect(client.fields).toMatchObject({
      'x-amzn-Remapped-Content-Length': 'forged',
      'x-amzn-Remapped-Connection': 'forged',
      'x-amzn-Remapped-Date': 'forged',
      'X-Amzn-Trace-Id': expect.stringMatching(/^Root=/),
    });
    expect(client.fields).not.toHaveProperty('Transfer-Encoding');
  });

  it('set by the request template it survives, with and without a response template', async () => {
    const template = `${over('status', '418')}${over('header.X-Kept', '"k"')}{}`;
    for (const responseTemplate of [undefined, 'fixed', '$input.body']) {
      const parts = responseTemplate === undefined ? {} : { responseTemplate };
      const client = await call({ template, ...parts });
      expect([client.status, client.fields['X-Kept']]).toEqual([418, 'k']);
    }
  });

  it('the response template has the last word, and reads what the request template set', async () => {
    const client = await call({
      template: `${over('status', '418')}${over('note', '"n"')}${set('header.x-h', '"h"')}${set('extra', '"e"')}{}`,
      responseTemplate: `$context.responseOverride.status $context.responseOverride.note $context.requestOverride.header.x-h $context.requestOverride.extra${over('status', '404')}`,
    });
    expect([client.status, client.body]).toEqual([404, '418 n h e']);
  });

  it('does not survive to another request', async () => {
    const template = `#if($input.params('q') == '1')${over('status', '418')}#end`;
    expect((await call({ template, request: { ...REQUEST, query: 'q=1' } })).status).toBe(418);
    expect((await call({ template, request: { ...REQUEST, query: 'q=2' } })).status).toBe(200);
  });

  it('a response whose status code has no method response is 500 all the same', async () => {
    const context = contextOf({
      integration: {
        type: 'MOCK',
        requestTemplates: { 'application/json': `${over('status', '418')}{"statusCode": 200}` },
        responses: [integrationResponse({})],
      },
      methodResponses: ['201'],
    });
    expect((await new Client().call(compileMock(context))).status).toBe(500);
  });
});

describe('MOCK', () => {
  const mock = (parts: Omit<Parts, 'type'>) => call({ ...parts, type: 'MOCK' });

  it('the request template decides the status', async () => {
    const context = (code: string) =>
      contextOf({
        integration: {
          type: 'MOCK',
          requestTemplates: {
            'application/json':
              "#if($input.params('code') == '404'){\"statusCode\": 404}#else{statusCode: 200}#end",
          },
          responses: [
            integrationResponse({ statusCode: '404', selectionPattern: code }),
            integrationResponse({}),
          ],
        },
      });
    const ask = (query: string, pattern: string) => new Client({ query }).call(compileMock(context(pattern)));
    expect((await ask('code=404', '4\\d{2}')).status).toBe(404);
    expect((await ask('code=404', '4')).status).toBe(200);
    expect((await ask('', '4\\d{2}')).status).toBe(200);
  });

  it('the request body and the rendered request template are not visible to the response template', async () => {
    const client = await mock({
      template: '{"statusCode": 200, "secret": "$input.path(\'$.order.id\')"}',
      responseTemplate: "$input.body $input.json('$') [$input.path('$.statusCode')$input.path('$.order')]",
    });
    expect(client.body).toBe('{} {} []');
  });

  it('parameters, context, stage variables and overrides are, invented members too', async () => {
    const client = await mock({
      template: `${over('header.X-Set', '"s"')}${over('note', '"n"')}${set('header.h', '"h"')}{"statusCode": 200}`,
      responseTemplate: `$input.params('shelf') $context.stage $stageVariables.tier $context.responseOverride.note $context.requestOverride.header.h`,
    });
    expect([client.body, client.fields['X-Set']]).toEqual(['7 live gold n h', 's']);
  });

  it('a forbidden header has no request to be forbidden on', async () => {
    const template = `${set('header.Content-Length', '"1"')}{"statusCode": 200}`;
    expect((await mock({ template })).status).toBe(200);
  });

  it('a rendered text without a status is 500', async () => {
    const client = await mock({ template: '$input.body' });
    expect([client.status, client.exchange.errorCause]).toEqual([
      500,
      'Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.',
    ]);
  });
});

describe('bodies', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])(
    '%s integration requests have none, though one was rendered',
    async (httpMethod) => {
      const client = await call({ httpMethod, template: '$input.body' });
      expect([client.status, backend.last.body.length, backend.last.headers['Content-Length']]).toEqual([
        200,
        0,
        undefined,
      ]);
    },
  );

  it('a template that renders nothing sends and answers nothing', async () => {
    const client = await call({ template: '#set($x = 1)', responseTemplate: '$none' });
    expect([backend.last.body.length, client.body]).toEqual([0, '']);
  });

  it('mapping comes before the template, overrides after both', async () => {
    await call({
      requestParameters: {
        'integration.request.header.X': 'method.request.body.order.id',
        'integration.request.header.Y': 'method.request.body.order.tags[*]',
      },
      template: `$input.json('$.order.tags')${set('header.X', '"over"')}`,
    });
    expect(backend.last.headers).toMatchObject({ X: 'over', Y: 'x,y' });
    expect(backend.last.body.toString()).toBe('["x","y"]');
  });
});

describe('templates that fail', () => {
  const FAILED = [500, '{"message": "Internal server error"}', 'DEFAULT_5XX'];
  const outcome = ({ status, body, exchange }: Client) => [status, body, exchange.errorType];

  it('at run time are 500, with the cause and its place in the log', async () => {
    const before = backend.requests.length;
    const client = await call({ template: '{\n  "a": "$input.body.substring(90)"}' });
    expect(outcome(client)).toEqual(FAILED);
    expect(client.exchange.errorCause).toMatch(
      /^The request template for \$default failed: .* \(line 2, column \d+\)$/,
    );
    expect(backend.requests.length).toBe(before);
    const response = await call({ responseTemplate: '$input.body.substring(90)' });
    expect(outcome(response)).toEqual(FAILED);
    expect(response.exchange.errorCause).toMatch(/^The response template for application\/json failed: /);
  });

  it('at compile time are 500, only where they are needed', async () => {
    const requestTemplates = { 'application/json': '#if(', 'text/plain': '$input.body' };
    const ask = (type: string) =>
      call({ requestTemplates, request: { ...REQUEST, headers: `content-type: ${type}\r\n` } });
    const broken = await ask('application/json');
    expect(outcome(broken)).toEqual(FAILED);
    expect(broken.exchange.errorCause).toMatch(
      /^The request template for application\/json cannot be compiled: .* \(line 1, column \d+\)$/,
    );
    expect((await ask('text/plain')).status).toBe(200);
  });

  it('that would run for ever are ended', async () => {
    const client = await call({
      template: '#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end',
    });
    expect(outcome(client)).toEqual(FAILED);
    expect(client.exchange.errorCause).toContain('failed:');
  });
});
