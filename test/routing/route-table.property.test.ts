import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HTTP_METHODS } from '../../src/model/snapshot.js';
import { DenseRoutes } from '../../src/routing/dense-routes.js';
import { findRouteConflicts } from '../../src/routing/resource-path.js';
import { compileRoutes, type Route } from '../../src/routing/route-table.js';
import { buildRouteTree, methodBit } from '../../src/routing/route-tree.js';
import { atOnce } from '../../src/steps.js';
import { referenceMatch } from './reference-matcher.js';

// Few literals, so that paths and resources meet; more than the tree compares one by one, so that both forms occur.
const literal = fc.constantFrom('a', 'b', 'ab', 'a%2Fb', 'c', 'd', 'e');
const part = fc.oneof(
  { weight: 4, arbitrary: literal },
  { weight: 3, arbitrary: fc.constant('{x}') },
  { weight: 1, arbitrary: fc.constant('{x+}') },
);
const resourcePath = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
const method = fc.constantFrom<Route<number>['method'][]>('ANY', 'GET', 'PUT', 'HEAD');

/** Random routes, those left out that cannot stand in one tree with the ones before them. */
const table = fc.array(fc.record({ path: resourcePath, method }), { maxLength: 30 }).map((candidates) => {
  const bad = new Set(findRouteConflicts(candidates.map(({ path }) => path)).map(({ path }) => path));
  const seen = new Set<string>();
  const routes: Route<number>[] = [];
  for (const candidate of candidates) {
    const key = `${candidate.method} ${candidate.path}`;
    if (bad.has(candidate.path) || seen.has(key)) continue;
    seen.add(key);
    routes.push({ ...candidate, value: routes.length });
  }
  return routes;
});
const segment = fc.oneof(
  { weight: 8, arbitrary: literal },
  { weight: 1, arbitrary: fc.constantFrom('', 'zz', 'A', '%61', '{x}', '.', '..') },
);
const requestPath = fc
  .tuple(fc.array(segment, { maxLength: 7 }), fc.constantFrom('', '', '', '/', '//'))
  .map(([segments, tail]) => `/${segments.join('/')}${tail}`);
const requestMethod = fc.constantFrom('GET', 'GET', 'PUT', 'HEAD', 'DELETE', 'get', 'FOO', 'ANY');
const requests = fc.array(fc.tuple(requestMethod, requestPath), { minLength: 1, maxLength: 12 });

test('the compiled matcher answers as the rules read, whatever the tree and the path', () => {
  fc.assert(
    fc.property(table, requests, (routes, all) => {
      const compiled = compileRoutes(routes);
      for (const [verb, path] of all) {
        const match = compiled.match(verb, path);
        const found = match && {
          value: match.value,
          path: match.route.path,
          method: match.route.method,
          pathParameters: [...match.pathParameters],
        };
        expect(found, `${verb} ${path}`).toEqual(referenceMatch(routes, verb, path));
      }
    }),
    { numRuns: 3000 },
  );
});

test('dense matching, which stands behind the search of the tree, answers as the rules read', () => {
  const starts = new Int32Array(300);
  const ends = new Int32Array(300);
  fc.assert(
    fc.property(table, requests, (routes, all) => {
      const dense = new DenseRoutes(atOnce(buildRouteTree(routes)));
      for (const [verb, path] of all) {
        const trimmed = path.replace(/^\/+|\/+$/g, '');
        if (methodBit(verb) === 0 || routes.length === 0) continue;
        const leaf = dense.match(methodBit(verb), trimmed, 0, trimmed.length, starts, ends);
        const found = leaf && {
          value: leaf.value,
          path: leaf.route.path,
          method: leaf.route.method,
          pathParameters: leaf.route.parameterNames.map((_, i) => trimmed.slice(starts[i], ends[i])),
        };
        expect(found, `${verb} ${path}`).toEqual(referenceMatch(routes, verb, path));
      }
    }),
    { numRuns: 3000 },
  );
});

test('a conflict is what the rules of siblings forbid, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(resourcePath, { maxLength: 12 }), (paths) => {
      const variables = new Map<string, Set<string>>();
      let childOfGreedy = false;
      for (const path of paths) {
        const parts = path === '/' ? [] : path.slice(1).split('/');
        for (const [i, each] of parts.entries()) {
          if (!each.startsWith('{')) continue;
          if (each.endsWith('+}') && i < parts.length - 1) childOfGreedy = true;
          const parent = parts.slice(0, i).join('/');
          variables.set(parent, (variables.get(parent) ?? new Set()).add(each));
        }
      }
      const forbidden = childOfGreedy || [...variables.values()].some((names) => names.size > 1);
      expect(findRouteConflicts(paths).length > 0).toBe(forbidden);
    }),
    { numRuns: 2000 },
  );
});

test('every method of the seven is told apart', () => {
  expect(new Set(HTTP_METHODS.map(methodBit)).size).toBe(7);
});
