/** What the cluster serves: APIs of many routes, each of which tells the number of the push it came with. */
import { buildSnapshot, type DeployedDefinition } from '../../src/config/build-snapshot.js';
import { type Items, itemsOfSnapshot, type StoredItem } from '../../src/config/items.js';
import { importDefinition } from '../../src/openapi/import.js';

export interface ConfigurationSize {
  apis: number;
  /** Of all APIs together. */
  routes: number;
}

export const STAGE = 'prod';

export const apiId = (api: number): string => `api${api}`;

/** Where the API answers on any host. */
export const pathOf = (api: number, path: string): string =>
  `/_aws/execute-api/${apiId(api)}/${STAGE}${path}`;

/** Answers the number of the push that the API came with. */
export const PUSH_PATH = '/_push';

export const routesPerApi = ({ apis, routes }: ConfigurationSize): number =>
  Math.max(2, Math.round(routes / apis));

/** One of an API's proxied routes. @param route from 0 to one less than `routesPerApi - 1` */
export const proxiedPath = (route: number): string => `/resource${route}/42`;

/** The items of one API. @param authority of the backend */
export function apiItems(api: number, push: number, routes: number, authority: string): Items {
  return itemsOfDocument(apiDocument(api, push, routes, authority), {
    id: apiId(api),
    stage: STAGE,
    mappings: [],
  });
}

/** As `propylon push` makes them. @throws Error when the document has errors */
export function itemsOfDocument(
  text: string,
  place: Pick<DeployedDefinition, 'id' | 'stage' | 'mappings'>,
): Items {
  const { definition, problems } = importDefinition(text, 'api');
  if (definition === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return itemsOfSnapshot(buildSnapshot([{ definition, stageVariables: {}, ...place }]));
}

/** All APIs as they are before the first push. */
export function allItems(size: ConfigurationSize, authority: string): Items {
  const items = new Map<string, StoredItem>();
  for (let api = 0; api < size.apis; api++) {
    for (const [key, item] of apiItems(api, 0, routesPerApi(size), authority)) items.set(key, item);
  }
  return items;
}

/** An OpenAPI document: one route that tells the push, all others proxied with a path parameter. */
export function apiDocument(api: number, push: number, routes: number, authority: string): string {
  const paths: Record<string, object> = { [PUSH_PATH]: { get: mock(String(push)) } };
  for (let route = 0; route < routes - 1; route++) {
    paths[`/resource${route}/{id}`] = {
      get: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'ok' } },
        'x-amazon-apigateway-integration': {
          type: 'http_proxy',
          httpMethod: 'GET',
          uri: `http://${authority}/resource${route}/{id}`,
          requestParameters: { 'integration.request.path.id': 'method.request.path.id' },
        },
      },
    };
  }
  return JSON.stringify({ openapi: '3.0.3', info: { title: `API ${api}`, version: '1' }, paths });
}

function mock(body: string): object {
  return {
    responses: { 200: { description: 'ok' } },
    'x-amazon-apigateway-integration': {
      type: 'mock',
      requestTemplates: { 'application/json': '{"statusCode": 200}' },
      responses: { default: { statusCode: '200', responseTemplates: { 'application/json': body } } },
    },
  };
}
