import { AwsAccess } from '../../../../src/aws/access.js';
import { EventBuilder } from '../../../../src/integrations/lambda-proxy/event.js';
import type { Integration, Method } from '../../../../src/model/snapshot.js';
import { Micro } from '../../measure.js';
import { BROWSER_HEADERS, exchange, STAGE } from '../../samples.js';

const integration: Integration = {
  type: 'AWS_PROXY',
  passthroughBehavior: 'WHEN_NO_MATCH',
  requestParameters: {},
  requestTemplates: {},
  responses: [],
  cacheNamespace: '',
  cacheKeyParameters: [],
  connectionType: 'INTERNET',
  timeoutInMillis: 29_000,
  responseTransferMode: 'BUFFERED',
};
const method: Method = {
  httpMethod: 'ANY',
  authorizationType: 'NONE',
  authorizationScopes: [],
  apiKeyRequired: false,
  requestParameters: {},
  requestModels: {},
  responses: [],
  integration,
};
const unused = (): never => {
  throw new Error('building an event calls nothing');
};
const builder = new EventBuilder({
  stage: STAGE,
  resource: { id: 'r1', path: '/{proxy+}', methods: [method] },
  method,
  integration,
  pathParameterNames: ['proxy'],
  services: {
    upstream: { request: unused, close: unused, stats: unused },
    functions: { invoke: unused },
    aws: new AwsAccess({ endpoints: {} }),
    listener: { port: 8080, protocol: 'http' },
  },
});
const body = Buffer.from(
  JSON.stringify({ items: Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${id}` })) }),
);
const bare = exchange('accept: */*\r\n', '');
const browser = exchange(BROWSER_HEADERS, '');
const query = exchange(BROWSER_HEADERS, 'page=3&sort=price&tag=a&tag=b');

await new Micro('Lambda proxy event')
  .add('one header', () => builder.build(bare, null).json)
  .add('14 headers', () => builder.build(browser, null).json)
  .add('14 headers, 4 query parameters', () => builder.build(query, null).json)
  .add(
    `14 headers, 4 query parameters, JSON body of ${body.length} bytes`,
    () => builder.build(query, body).json,
  )
  .run();
