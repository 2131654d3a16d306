/** Requests and answers as they are usually seen, for benches of the steps that handle them. */

import { AwsAccess } from '../../src/aws/access.js';
import { type AnswerSink, Exchange, type ParsedRequest } from '../../src/exchange/exchange.js';
import type { StageRuntime } from '../../src/exchange/stage-runtime.js';
import type { IntegrationContext } from '../../src/integrations/integration.js';
import type { Integration, Method } from '../../src/model/snapshot.js';
import { Upstreams } from '../../src/upstream/balancing/upstreams.js';
import { BROWSER_HEADERS as BROWSER_FIELDS } from '../load/requests.js';
import { fresh } from './measure.js';

/** 14 headers as browsers send them, in the form the acceptor makes of them. */
export const BROWSER_HEADERS = BROWSER_FIELDS.map(
  ([name, value]) => `${name.toLowerCase()}: ${value}\r\n`,
).join('');

export const ANSWER_HEADERS = [
  'Server: nginx/1.22.1',
  'Date: Mon, 02 Jun 2025 10:11:12 GMT',
  'Content-Type: application/json',
  'Content-Length: 60',
  'Connection: keep-alive',
  'ETag: "5f2d8c1e-3c"',
  'Cache-Control: max-age=60, must-revalidate',
  'Vary: Accept-Encoding',
]
  .map((line) => `${line}\r\n`)
  .join('');

export const STAGE: StageRuntime = {
  apiId: 'abc123defg',
  apiName: 'bench',
  stageName: 'prod',
  deploymentId: 'd1e2f3',
  variables: {},
  region: 'us-east-1',
  accountId: '000000000000',
  binaryMediaTypes: [],
  counterSlot: 0,
};

const SINK: AnswerSink = {
  answer: () => {},
  begin: () => {},
  write: () => true,
  end: () => {},
  destroy: () => {},
  consumed: () => {},
};

/** A GET with the path parameter `proxy`, as it arrives at an integration. */
export function exchange(headers: string, query: string): Exchange {
  const [block, path, host] = fresh([headers, '/items/42', 'localhost:8080']) as [string, string, string];
  const request: ParsedRequest = {
    method: 'GET',
    path,
    query,
    host,
    headers: block,
    sourceIp: '127.0.0.1',
    body: null,
    bodyLength: 0,
    arrivedAt: 0,
    requestId: '',
    overTls: false,
  };
  const made = new Exchange(request, SINK, 1);
  made.stage = STAGE;
  made.contextPath = made.eventPath = made.resourcePath = path;
  made.pathParameters = ['items/42'];
  return made;
}

const CORS: ParsedRequest = { ...exchange('', '').request, method: 'OPTIONS' };

/** A request that nothing has happened to yet: the cheapest there is, since making it is measured too. */
export function freshExchange(): Exchange {
  const made = new Exchange(CORS, SINK, 1);
  made.stage = STAGE;
  return made;
}

const unused = (): never => {
  throw new Error('nothing is called here');
};

/** A method with a response of status 200, and its integration. */
export function context(type: Integration['type'], more: Partial<Integration> = {}): IntegrationContext {
  const integration: Integration = {
    type,
    passthroughBehavior: 'WHEN_NO_MATCH',
    requestParameters: {},
    requestTemplates: {},
    responses: [],
    cacheNamespace: '',
    cacheKeyParameters: [],
    connectionType: 'INTERNET',
    timeoutInMillis: 29_000,
    responseTransferMode: 'BUFFERED',
    ...more,
  };
  const method: Method = {
    httpMethod: 'ANY',
    authorizationType: 'NONE',
    authorizationScopes: [],
    apiKeyRequired: false,
    requestParameters: {},
    requestModels: {},
    responses: [{ statusCode: '200', responseParameters: {}, responseModels: {} }],
    integration,
  };
  const upstream = { request: unused, close: unused, stats: unused };
  return {
    stage: STAGE,
    resource: { id: 'r1', path: '/{proxy+}', methods: [method] },
    method,
    integration,
    pathParameterNames: ['proxy'],
    services: {
      upstream,
      upstreams: new Upstreams({ named: {}, client: upstream }),
      functions: { invoke: unused },
      aws: new AwsAccess({ endpoints: {} }),
      listener: { port: 8080, protocol: 'http' },
    },
  };
}
