import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Method } from '../../src/model/snapshot.js';
import { explainRoutes } from '../../src/routing/explain-routes.js';
import { findRouteConflicts } from '../../src/routing/resource-path.js';
import { compileRoutes } from '../../src/routing/route-table.js';

const PLAIN: Omit<Method, 'httpMethod'> = {
  authorizationType: 'NONE',
  authorizationScopes: [],
  apiKeyRequired: false,
  requestParameters: {},
  requestModels: {},
  responses: [],
};

/** `resource('/a', 'GET', 'ANY')` */
function resource(path: string, ...methods: Method['httpMethod'][]) {
  return { path, methods: methods.map((httpMethod) => ({ ...PLAIN, httpMethod })) };
}

test('candidates stand in the order of rank, each with what became of it', () => {
  const resources = [
    resource('/{proxy+}', 'ANY'),
    resource('/pets/{id}', 'GET'),
    resource('/pets/new', 'POST'),
    resource('/pets', 'GET'),
  ];
  expect(explainRoutes(resources, 'GET', '/pets/new/')).toEqual([
    { path: '/pets/new', method: '', outcome: 'no-method', why: 'it has POST, not GET' },
    { path: '/pets/{id}', method: 'GET', outcome: 'selected', why: '' },
    {
      path: '/{proxy+}',
      method: 'ANY',
      outcome: 'outranked',
      why: '{proxy+}, a greedy variable, comes after pets, a literal',
    },
  ]);
});

test('when no path fits, the nearest are told, with the part where they differ', () => {
  const resources = [resource('/'), resource('/pets/{id}/toys', 'GET'), resource('/shops', 'GET')];
  expect(explainRoutes(resources, 'GET', '/pets/7/toy').map(({ path, why }) => [path, why])).toEqual([
    ['/pets/{id}/toys', 'part 3 is "toys", the path has "toy"'],
    ['/', 'the path goes on with "pets"'],
    ['/shops', 'part 1 is "shops", the path has "pets"'],
  ]);
  expect(explainRoutes(resources, 'GET', '/pets')[0]?.why).toBe('the path ends before {id}');
  expect(explainRoutes(resources, 'GET', '/pets//toys')[0]?.why).toBe('{id} takes no empty segment');
});

test('a method that is none of the seven is no ANY', () => {
  expect(explainRoutes([resource('/a', 'ANY')], 'TRACE', '/a')).toEqual([
    {
      path: '/a',
      method: '',
      outcome: 'no-method',
      why: 'ANY stands for DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, not for TRACE',
    },
  ]);
});

test('what is explained as selected is what the route table selects', () => {
  const part = fc.constantFrom('a', 'b', '{x}', '{x+}');
  const path = fc.array(part, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const method = fc.constantFrom<Method['httpMethod']>('ANY', 'GET', 'PUT');
  const routes = fc.array(fc.tuple(path, fc.uniqueArray(method, { maxLength: 2 })), { maxLength: 12 });
  const segment = fc.constantFrom('a', 'b', 'c', '');
  const request = fc.tuple(
    fc.constantFrom('GET', 'PUT', 'POST', 'get'),
    fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`),
  );
  fc.assert(
    fc.property(routes, request, (candidates, [verb, target]) => {
      const unique = [...new Map(candidates)];
      const bad = new Set(findRouteConflicts(unique.map(([each]) => each)).map((conflict) => conflict.path));
      const resources = unique
        .filter(([each]) => !bad.has(each))
        .map(([each, all]) => resource(each, ...all));
      const table = compileRoutes(
        resources.flatMap(({ path: each, methods }) =>
          methods.map(({ httpMethod }) => ({ path: each, method: httpMethod, value: 0 })),
        ),
      );
      const selected = explainRoutes(resources, verb, target).find(({ outcome }) => outcome === 'selected');
      const match = table.match(verb, target);
      expect(selected && [selected.path, selected.method]).toEqual(
        match === null ? undefined : [match.route.path, match.route.method],
      );
    }),
    { numRuns: 2000 },
  );
});
