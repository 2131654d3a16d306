/** Reference 07 section 4: a share of a stage's requests that another deployment answers. */
import { describe, expect, test } from 'vitest';
import type { FunctionCall } from '../../src/integrations/integration.js';
import type { Canary, Definition, Stage } from '../../src/model/snapshot.js';
import { Gateway } from '../../src/pipeline/gateway.js';
import { Client, contextOf } from '../integrations/http-proxy/harness.js';
import { definitionOf } from '../support/in-process-gateway.js';

const TEMPLATE =
  '$context.deploymentId $context.isCanaryRequest $stageVariables.color/$stageVariables.kept/$stageVariables.only';

const FUNCTION = 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations';

function definition(template = TEMPLATE): Definition {
  const responses = { 200: { description: 'ok', headers: { canary: { schema: { type: 'string' } } } } };
  const parameters = { 'method.response.header.canary': 'context.isCanaryRequest' };
  return definitionOf({
    openapi: '3.0.3',
    info: { title: 'x', version: '1' },
    paths: {
      '/template': {
        get: {
          responses,
          'x-amazon-apigateway-integration': {
            type: 'mock',
            requestTemplates: { 'application/json': '{"statusCode": 200}' },
            responses: {
              default: {
                statusCode: '200',
                responseParameters: parameters,
                responseTemplates: { 'application/json': template },
              },
            },
          },
        },
      },
      '/function': { get: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri: FUNCTION } } },
    },
    'x-amazon-apigateway-gateway-responses': {
      MISSING_AUTHENTICATION_TOKEN: {
        responseTemplates: { 'application/json': '$context.isCanaryRequest $stageVariables.color' },
      },
    },
  });
}

/** The stage answers with deployment `main`, its canary with `second`. */
function gateway(
  canary: Partial<Canary> | undefined,
  calls: FunctionCall[] = [],
  template = TEMPLATE,
): Gateway {
  const stage: Stage = {
    name: 'live',
    variables: { color: 'blue', kept: 'yes' },
    deployment: { id: 'main', definition: definition(template) },
  };
  if (canary !== undefined) {
    stage.canary = {
      deployment: { id: 'second', definition: definition(template) },
      percentTraffic: 100,
      stageVariableOverrides: { color: 'green', only: 'canary' },
      useStageCache: false,
      ...canary,
    };
  }
  const functions = {
    invoke(call: FunctionCall) {
      calls.push(call);
      return { cancel() {} };
    },
  };
  const { services } = contextOf({ integration: {}, functions });
  const apis = [{ id: 'abc', name: 'x', disableExecuteApiEndpoint: false, stages: [stage] }];
  return Gateway.compile({ apis, mappings: [] }, services, {
    region: 'eu-west-1',
    accountId: '123456789012',
    executeApiHosts: true,
    executeApiPaths: true,
    skipAuthorization: false,
  });
}

function get(from: Gateway, path = '/template'): Client {
  const client = new Client({ host: 'h', path: `/_aws/execute-api/abc/live${path}` });
  from.handle(client.exchange);
  return client;
}

const text = (from: Gateway, path?: string): string => get(from, path).body;

describe('the share of requests', () => {
  const REQUESTS = 4_000;
  const share = (percentTraffic: number): number => {
    const drawn = gateway({ percentTraffic });
    let second = 0;
    for (let i = 0; i < REQUESTS; i++) if (text(drawn).startsWith('second')) second++;
    return second / REQUESTS;
  };

  test.each([0, 100])('is exact at %i percent', (percent) => expect(share(percent)).toBe(percent / 100));

  test.each([50, 2.5])('is drawn request by request at %f percent', (percent) => {
    const p = percent / 100;
    // Six standard deviations of the binomial distribution: once in 500 million runs it lies outside by chance.
    expect(Math.abs(share(percent) - p)).toBeLessThan(6 * Math.sqrt((p * (1 - p)) / REQUESTS));
  });
});

describe('a canary request', () => {
  test('is answered by the other deployment, with the overrides laid over the stage variables', () => {
    expect(text(gateway({}))).toBe('second true green/yes/canary');
    expect(text(gateway({ percentTraffic: 0 }))).toBe('main false blue/yes/');
  });

  test('is told to mappings, gateway responses and functions', () => {
    const calls: FunctionCall[] = [];
    const event = (percentTraffic: number) => {
      get(gateway({ percentTraffic }, calls), '/function');
      const { requestContext, stageVariables } = JSON.parse(String(calls.at(-1)?.payload));
      return [requestContext.isCanaryRequest, requestContext.deploymentId, stageVariables.color];
    };
    expect(get(gateway({})).fields.canary).toBe('true');
    expect(get(gateway({ percentTraffic: 0 })).fields.canary).toBe('false');
    expect([text(gateway({}), '/none'), text(gateway({ percentTraffic: 0 }), '/none')]).toEqual([
      'true green',
      'false blue',
    ]);
    expect([event(100), event(0)]).toEqual([
      [true, 'second', 'green'],
      [false, 'main', 'blue'],
    ]);
  });

  test('is told to templates as a value they can test', () => {
    const template =
      '#if($context.isCanaryRequest)yes#{else}no#end #if($context.isCanaryRequest == "true")yes#{else}no#end';
    expect(text(gateway({}, [], template))).toBe('yes yes');
    expect(text(gateway({ percentTraffic: 0 }, [], template))).toBe('no no');
  });
});

test('a stage without canary says nothing of canaries', () => {
  const calls: FunctionCall[] = [];
  const plain = gateway(undefined, calls);
  expect(text(plain)).toBe('main  blue/yes/');
  expect(get(plain).fields).not.toHaveProperty('canary');
  expect(text(gateway(undefined, [], '$context.keySet().contains("isCanaryRequest")'))).toBe('false');
  expect(text(gateway({}, [], '$context.keySet().contains("isCanaryRequest")'))).toBe('true');
  get(plain, '/function');
  expect(String(calls[0]?.payload)).not.toContain('isCanaryRequest');
});
