/** TestInvokeMethod (reference 09 section 7). */
import { HTTP_METHODS, type HttpMethod } from '../../model/snapshot.js';
import { definitionOf } from '../deploy/definition.js';
import { findResource } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { type GivenTest, readTest } from '../test-invoke/request.js';
import { runTest } from '../test-invoke/run.js';
import type { TestServices } from '../test-invoke/services.js';
import { ApiError, notFound } from '../wire/errors.js';
import { structure, TEXT, TEXT_MAP, TEXTS } from '../wire/shape.js';
import { METHOD_PATH } from './methods.js';
import { apiOf } from './rest-apis.js';

/** Test calls under way at once: each may hold an answer of many megabytes. */
const MAX_UNDER_WAY = 8;

/** @param services one set for all calls */
export function testInvokeOperations(services: TestServices): readonly Operation[] {
  let underWay = 0;
  return [
    {
      name: 'TestInvokeMethod',
      method: 'POST',
      path: METHOD_PATH,
      status: 200,
      readOnly: true,
      input: structure({
        pathWithQueryString: TEXT,
        body: TEXT,
        headers: TEXT_MAP,
        multiValueHeaders: { kind: 'map', of: TEXTS },
        clientCertificateId: TEXT,
        stageVariables: TEXT_MAP,
      }),
      async run(transaction, { path, body, headers }) {
        const { api, resource: part } = await findResource(transaction, path);
        const wanted = (path.http_method ?? '').toUpperCase();
        const definition = definitionOf(api);
        const resource = definition.resources.find(({ id }) => id === part.id);
        const method =
          resource?.methods.find(({ httpMethod }) => httpMethod === wanted) ??
          resource?.methods.find(({ httpMethod }) => httpMethod === 'ANY' && isVerb(wanted));
        if (resource === undefined || method === undefined) {
          throw notFound('Invalid Method identifier specified');
        }
        const given = body as GivenTest;
        // What ANY itself is called with AWS does not say.
        const httpMethod = isVerb(wanted) ? wanted : 'GET';
        const request = readTest(given, httpMethod, resource.path);
        if (underWay === MAX_UNDER_WAY)
          throw new ApiError('TooManyRequestsException', 'Too Many Requests', 1);
        underWay++;
        try {
          return await runTest(
            {
              apiId: apiOf(api).id,
              definition,
              resource,
              method,
              httpMethod,
              request,
              variables: given.stageVariables ?? {},
              userAgent: headers['user-agent'] ?? '',
            },
            services,
            transaction.settings,
          );
        } finally {
          underWay--;
        }
      },
    },
  ];
}

function isVerb(text: string): text is HttpMethod {
  return (HTTP_METHODS as readonly string[]).includes(text);
}
