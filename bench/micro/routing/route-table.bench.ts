import { compileRoutes, type Route } from '../../../src/routing/route-table.js';
import { fresh, Micro } from '../measure.js';

/** Five resources for each service, as REST APIs have them. */
function services(count: number): Route<number>[] {
  return Array.from({ length: count }, (_, i): Route<number>[] => [
    { path: `/service${i}/v1/users`, method: 'GET', value: 0 },
    { path: `/service${i}/v1/users/{id}`, method: 'GET', value: 1 },
    { path: `/service${i}/v1/users/{id}/orders`, method: 'ANY', value: 2 },
    { path: `/service${i}/v1/users/{id}/orders/{orderId}`, method: 'GET', value: 3 },
    { path: `/service${i}/files/{proxy+}`, method: 'GET', value: 4 },
  ]).flat();
}

/** Paths that reach the five resources in turn, spread over the services. */
function requests(count: number, among: number): string[] {
  const rests = [
    'v1/users',
    'v1/users/1234',
    'v1/users/1234/orders',
    'v1/users/1234/orders/98765',
    'files/a/b/c.txt',
  ];
  return fresh(
    Array.from(
      { length: count },
      (_, i) => `/service${Math.floor((i * among) / count)}/${rests[i % rests.length]}`,
    ),
  );
}

const micro = new Micro('match');
for (const routes of [10, 1000, 100_000]) {
  const table = compileRoutes(services(routes / 5));
  const few = requests(10, routes / 5);
  micro.add(`${routes} routes, 10 paths in turn`, (call) => table.match('GET', few[call % 10] as string));
  if (routes > 10) {
    // More than the processor's caches hold of a large table: what is measured then is memory.
    const many = requests(1000, routes / 5);
    micro.add(`${routes} routes, 1000 paths in turn`, (call) =>
      table.match('GET', many[call % 1000] as string),
    );
  }
  const [unknown] = fresh(['/service1/v1/customers/1234/orders']);
  micro.add(`${routes} routes, no match`, () => table.match('GET', unknown as string));
}

const proxy = compileRoutes([
  { path: '/', method: 'ANY', value: 0 },
  { path: '/{proxy+}', method: 'ANY', value: 1 },
]);
const paths = fresh(['/a', '/items/42', '/api/v1/users/1234/orders']);
micro.add('a proxy resource', (call) => proxy.match('GET', paths[call % 3] as string));
const [long] = fresh([`${'/a'.repeat(4000)}`]);
micro.add('a proxy resource, a path of 4000 segments', () => proxy.match('GET', long as string));

// A literal and a variable on each of 14 levels: what a path can make a search of the tree cost doubles with each.
const LEVELS = 14;
const ambiguous = compileRoutes(
  Array.from({ length: 2 ** LEVELS }, (_, leaf): Route<number> => {
    const parts = Array.from({ length: LEVELS }, (_, level) => ((leaf >> level) & 1 ? '{p}' : 'a'));
    return { path: `/${parts.join('/')}/end${leaf & 1}`, method: 'GET', value: leaf };
  }),
);
const [wrongEnd, wrongHalf, right] = fresh([
  `${'/a'.repeat(LEVELS)}/nowhere`,
  `/q${'/a'.repeat(LEVELS - 1)}/end0`,
  `${'/a'.repeat(LEVELS)}/end0`,
]);
micro.add('16,384 hostile routes, unknown end', () => ambiguous.match('GET', wrongEnd as string));
micro.add('16,384 hostile routes, end of others', () => ambiguous.match('GET', wrongHalf as string));
micro.add('16,384 hostile routes, a match', () => ambiguous.match('GET', right as string));

await micro.run();
