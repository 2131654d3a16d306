/** What a match may cost, counted in visits, so that the claims hold on every machine. */
import { expect, test } from 'vitest';
import { compileRoutes, MAX_VISITS, type Route } from '../../src/routing/route-table.js';

/** Five resources for each service, as REST APIs have them. */
function services(count: number): Route<number>[] {
  return Array.from({ length: count }, (_, i): Route<number>[] => [
    { path: `/service${i}/v1/users`, method: 'GET', value: 5 * i },
    { path: `/service${i}/v1/users/{id}`, method: 'GET', value: 5 * i + 1 },
    { path: `/service${i}/v1/users/{id}/orders`, method: 'ANY', value: 5 * i + 2 },
    { path: `/service${i}/v1/users/{id}/orders/{orderId}`, method: 'GET', value: 5 * i + 3 },
    { path: `/service${i}/files/{proxy+}`, method: 'GET', value: 5 * i + 4 },
  ]).flat();
}

test('a match visits as many nodes among 100,000 routes as among 10', () => {
  const visits = [2, 200, 20_000].map((count) => {
    const table = compileRoutes(services(count));
    const last = count - 1;
    const requests = [
      'v1/users',
      'v1/users/7',
      'v1/users/7/orders',
      'v1/users/7/orders/8',
      'files/a/b',
      'nothing/of/the/kind',
    ];
    return requests.map((rest, i) => {
      const match = table.match('GET', `/service${last}/${rest}`);
      expect(match?.value).toBe(i < 5 ? 5 * last + i : undefined);
      return table.visits;
    });
  });
  expect(visits[1]).toEqual(visits[0]);
  expect(visits[2]).toEqual(visits[0]);
  expect(Math.max(...(visits[0] ?? []))).toBeLessThanOrEqual(6);
});

test('a path without parameters is one lookup', () => {
  const table = compileRoutes(services(200));
  expect(table.match('GET', '/service150/v1/users')?.value).toBe(750);
  expect(table.visits).toBe(1);
});

test('a greedy resource at the root is one visit, however long the path', () => {
  const table = compileRoutes([
    { path: '/', method: 'ANY', value: 0 },
    { path: '/{proxy+}', method: 'ANY', value: 1 },
  ]);
  expect(table.match('GET', `/${'a/'.repeat(4000)}a`)?.value).toBe(1);
  expect(table.visits).toBe(1);
});

test('branches without the method are not searched', () => {
  const routes = binaryTree(7, (i) => `leaf${i}`);
  const table = compileRoutes([...routes, { path: '/{p}/only', method: 'PUT', value: -1 }]);
  expect(table.match('PUT', '/a/only')?.value).toBe(-1);
  expect(table.visits).toBeLessThanOrEqual(4);
  expect(table.match('DELETE', `${'/a'.repeat(7)}/leaf0`)).toBeNull();
  expect(table.visits).toBeLessThanOrEqual(2);
});

/** A literal and a variable on each of `levels` levels, and one more literal at each of the 2^levels ends. */
function binaryTree(levels: number, end: (leaf: number) => string): Route<number>[] {
  return Array.from({ length: 2 ** levels }, (_, leaf) => {
    const parts = Array.from({ length: levels }, (_, level) => ((leaf >> level) & 1 ? '{p}' : 'a'));
    return { path: `/${parts.join('/')}/${end(leaf)}`, method: 'GET', value: leaf };
  });
}

const LEVELS = 16;
const WORDS = 2 ** LEVELS / 32;
/** What reading every set of every level once would take: see `DenseRoutes`. */
const BOUND = MAX_VISITS + 1 + 2 * (LEVELS + 2) * WORDS;

/** Compiled once for all tests below: it takes a second. */
const trees = {
  'an end of its own for each': compileRoutes(binaryTree(LEVELS, (leaf) => `end${leaf}`)),
  'ends that halves of the tree share': compileRoutes(binaryTree(LEVELS, (leaf) => `end${leaf & 1}`)),
};

const hostile: [keyof typeof trees, string, string[]][] = [
  ['ends that halves of the tree share', 'one segment too few', Array(LEVELS).fill('a')],
  [
    'ends that halves of the tree share',
    'one segment too many',
    [...Array(LEVELS).fill('a'), 'end0', 'end0'],
  ],
  ['an end of its own for each', 'the end is unknown', [...Array(LEVELS).fill('a'), 'nowhere']],
  ['an end of its own for each', 'the end is elsewhere', ['q', ...Array(LEVELS - 1).fill('a'), 'end65534']],
  ['ends that halves of the tree share', 'the wrong half', ['q', ...Array(LEVELS - 1).fill('a'), 'end0']],
];

function ones(number: number): number {
  return number.toString(2).replaceAll('0', '').length;
}

test.each(hostile)(
  '65,536 resources of 16 ambiguous parts, %s: a path that matches none (%s) costs a bounded number of visits',
  (name, _why, segments) => {
    const table = trees[name];
    expect(table.match('GET', `/${segments.join('/')}`)).toBeNull();
    expect(table.visits).toBeGreaterThan(0);
    expect(table.visits).toBeLessThanOrEqual(BOUND);
    // What plain backtracking would do is 2^16 nodes at the last level alone.
    expect(table.visits).toBeLessThan(40_000);
  },
);

test('the hostile tree still answers with the best resource of each path', () => {
  const table = trees['an end of its own for each'];
  for (const leaf of [0, 1, 2, 21_845, 32_768, 43_690, 65_534, 65_535]) {
    const match = table.match('GET', `${'/a'.repeat(LEVELS)}/end${leaf}`);
    expect(match?.value).toBe(leaf);
    expect(match?.pathParameters).toEqual(Array(ones(leaf)).fill('a'));
    expect(table.visits).toBeLessThanOrEqual(BOUND);
  }
  const shared = trees['ends that halves of the tree share'];
  const path = Array.from({ length: LEVELS }, (_, level) => (level % 3 === 1 ? 'q' : 'a'));
  const match = shared.match('GET', `/${path.join('/')}/end0`);
  expect(match?.route.path).toBe(`/${path.map((segment) => (segment === 'a' ? 'a' : '{p}')).join('/')}/end0`);
});

test('a path of 300 parts is matched, and longer ones are refused without recursion', () => {
  const path = '/a/{x}'.repeat(150);
  const table = compileRoutes([{ path, method: 'GET', value: 1 }]);
  expect(table.match('GET', '/a/b'.repeat(150))?.pathParameters).toHaveLength(150);
  expect(table.match('GET', '/a/b'.repeat(2500))).toBeNull();
  expect(table.visits).toBeLessThanOrEqual(302);
});
