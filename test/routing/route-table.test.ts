import { expect, test } from 'vitest';
import { HTTP_METHODS } from '../../src/model/snapshot.js';
import { findRouteConflicts } from '../../src/routing/resource-path.js';
import { compileRoutes, type Route } from '../../src/routing/route-table.js';

/** `GET /a` -> a route whose value is that text. */
function routes(...lines: string[]): Route<string>[] {
  return lines.map((line) => {
    const [method, path] = line.split(' ') as [Route<string>['method'], string];
    return { method, path, value: line };
  });
}

/** `GET /{a}/{b+} a=1 b=2/3`, or null. */
function matched(table: string[], method: string, path: string): string | null {
  const match = compileRoutes(routes(...table)).match(method, path);
  if (match === null) return null;
  expect(match.value).toBe(`${match.route.method} ${match.route.path}`);
  expect(match.pathParameters).toHaveLength(match.route.parameterNames.length);
  const parameters = match.route.parameterNames.map((name, i) => ` ${name}=${match.pathParameters[i]}`);
  return match.value + parameters.join('');
}

// Reference 01 section 2, as far as it concerns the path behind the stage.
const splitting: [string[], string, string | null][] = [
  [['GET /a'], '//a', 'GET /a'],
  [['GET /a'], '///a', 'GET /a'],
  [['GET /a/b'], '/a//b', null],
  [['GET /{p+}'], '/a//b', 'GET /{p+} p=a//b'],
  [['GET /{p+}'], '//a//b', 'GET /{p+} p=a//b'],
  [['GET /a/{p+}'], '/a//b', 'GET /a/{p+} p=/b'],
  [['GET /{x}/{y}'], '/a//b', null],
  [['GET /{x}/{y}/{z}'], '/a//b', null],
  [['GET /a'], '/a/', 'GET /a'],
  [['GET /a'], '/a//', 'GET /a'],
  [['GET /{x}'], '/a/', 'GET /{x} x=a'],
  [['GET /{p+}'], '/a/', 'GET /{p+} p=a'],
  [['GET /{p+}'], '/a/b//', 'GET /{p+} p=a/b'],
  [['GET /{x}'], '/x%2By', 'GET /{x} x=x%2By'],
  [['GET /{x}'], '/a+b', 'GET /{x} x=a+b'],
  [['GET /{x}'], '/a%2Fb', 'GET /{x} x=a%2Fb'],
  [['GET /a/b', 'GET /{x}'], '/a%2Fb', 'GET /{x} x=a%2Fb'],
  [['GET /ab'], '/%61b', null],
  [['GET /%61b'], '/%61b', 'GET /%61b'],
  [['GET /dev/dev'], '/dev/dev', 'GET /dev/dev'],
  [['GET /dev'], '/dev/dev', null],
  [['GET /'], '/', 'GET /'],
  [['GET /'], '//', 'GET /'],
  [['GET /a'], '/', null],
  [['GET /'], '/a', null],
  [['GET /', 'GET /{p+}'], '', null],
  [['GET /', 'GET /{p+}'], '*', null],
  [['GET /{p+}'], 'a', null],
];
test.each(splitting)('%j: the path %s reaches %s', (table, path, expected) => {
  expect(matched(table, 'GET', path)).toBe(expected);
});

// Reference 01 section 3, rule by rule.
const matching: [string, string[], string, string | null][] = [
  ['kinds: a literal is case-sensitive', ['GET /pets'], 'GET /Pets', null],
  ['kinds: a variable takes one segment', ['GET /{petId}'], 'GET /1', 'GET /{petId} petId=1'],
  ['kinds: a variable takes no second segment', ['GET /{petId}'], 'GET /1/2', null],
  ['kinds: a greedy part takes all segments', ['GET /{proxy+}'], 'GET /1/2/3', 'GET /{proxy+} proxy=1/2/3'],
  ['kinds: a literal is matched whole', ['GET /pets', 'GET /pets/{id}'], 'GET /petsX', null],
  ['kinds: a literal is matched whole (2)', ['GET /v1/users'], 'GET /v1/usersX', null],
  ['kinds: a literal is matched whole (3)', ['GET /v1/users'], 'GET /v1/user', null],
  ['kinds: a literal part beginning a path does not match it', ['GET /v1/users'], 'GET /v1', null],
  ['1: a literal beats a variable', ['GET /{x}', 'GET /a'], 'GET /a', 'GET /a'],
  ['1: a literal beats a greedy part', ['GET /{x+}', 'GET /a'], 'GET /a', 'GET /a'],
  ['1: from the left', ['GET /{x}/b', 'GET /a/{y}'], 'GET /a/b', 'GET /a/{y} y=b'],
  ['1: from the left (2)', ['GET /{x}/b/c', 'GET /a/{y+}'], 'GET /a/b/c', 'GET /a/{y+} y=b/c'],
  ['2: backtracks to a greedy part', ['GET /a', 'GET /a/b', 'GET /{r+}'], 'GET /a/zzz', 'GET /{r+} r=a/zzz'],
  ['2: backtracks to a variable', ['GET /a/b', 'GET /{x}/c'], 'GET /a/c', 'GET /{x}/c x=a'],
  [
    '2: backtracks over several levels and forgets what it captured on the way',
    ['GET /a/{x}/{y}/end', 'GET /{p}/{q}/c/{r}'],
    'GET /a/b/c/d',
    'GET /{p}/{q}/c/{r} p=a q=b r=d',
  ],
  ['3: backtracks over the method', ['GET /a', 'DELETE /{r+}'], 'DELETE /a', 'DELETE /{r+} r=a'],
  ['3: to a variable', ['GET /a', 'DELETE /{x}'], 'DELETE /a', 'DELETE /{x} x=a'],
  ['3: nothing has the method', ['GET /a', 'DELETE /{r+}'], 'POST /a', null],
  ['3: below the root', ['GET /v/a', 'PUT /v/{r+}'], 'PUT /v/a', 'PUT /v/{r+} r=a'],
  ['4: exact beats ANY', ['ANY /a', 'GET /a'], 'GET /a', 'GET /a'],
  ['4: exact beats ANY in whatever order', ['GET /a', 'ANY /a'], 'GET /a', 'GET /a'],
  ['4: ANY takes the others', ['GET /a', 'ANY /a'], 'PUT /a', 'ANY /a'],
  ['4: rank beats exactness', ['ANY /a', 'GET /{x}'], 'GET /a', 'ANY /a'],
  ['4: rank beats exactness (greedy)', ['ANY /a/{x}', 'GET /{p+}'], 'GET /a/1', 'ANY /a/{x} x=1'],
  ['5: HEAD is not served by GET', ['GET /a'], 'HEAD /a', null],
  ['5: ANY is not every word', ['ANY /a', 'ANY /{p+}'], 'FOO /a', null],
  ['5: ANY itself is no method', ['ANY /a'], 'ANY /a', null],
  ['5: methods are case-sensitive', ['GET /a', 'ANY /{p+}'], 'get /a', null],
  ['5: TRACE is not among the seven', ['ANY /a'], 'TRACE /a', null],
  ['6: a greedy part needs a segment', ['GET /{p+}'], 'GET /', null],
  ['6: a greedy part needs a segment (2)', ['GET /a/{p+}'], 'GET /a', null],
  ['6: a greedy part needs a segment (3)', ['GET /a/{p+}'], 'GET /a/', null],
  ['6: a greedy part needs a segment that is not empty', ['GET /a/{p+}'], 'GET /a//', null],
  ['9: OPTIONS gets no special treatment', ['GET /a'], 'OPTIONS /a', null],
];
test.each(matching)('rule %s', (_rule, table, request, expected) => {
  const [method, path] = request.split(' ') as [string, string];
  expect(matched(table, method, path)).toBe(expected);
  // Rule 7: the order in which resources were made does not matter.
  expect(matched([...table].reverse(), method, path)).toBe(expected);
});

test.each(HTTP_METHODS)('ANY answers %s', (method) => {
  expect(matched(['ANY /a'], method, '/a')).toBe('ANY /a');
});

test('names of Object.prototype are segments and methods like others', () => {
  expect(matched(['GET /{x}'], 'GET', '/__proto__')).toBe('GET /{x} x=__proto__');
  expect(matched(['GET /a', 'GET /b', 'GET /c', 'GET /d', 'GET /e'], 'GET', '/constructor')).toBeNull();
  expect(matched(['GET /__proto__', 'GET /{x}'], 'GET', '/__proto__')).toBe('GET /__proto__');
  expect(matched(['ANY /a'], 'constructor', '/a')).toBeNull();
});

const conflicts: [string, string[], string, string, RegExp][] = [
  [
    'two variables under one parent',
    ['/a/{x}', '/a/{y}'],
    '/a/{y}',
    '/a/{x}',
    /"\{x\}" and "\{y\}".*under "\/a"/,
  ],
  ['a variable and a greedy part', ['/{id}', '/{proxy+}'], '/{proxy+}', '/{id}', /under "\/"/],
  ['the same name, plain and greedy', ['/{p}', '/{p+}'], '/{p+}', '/{p}', /only one is allowed/],
  [
    'names that differ above other resources',
    ['/{a}/x', '/{b}/y'],
    '/{b}/y',
    '/{a}/x',
    /"\{a\}" and "\{b\}"/,
  ],
  ['a child under a greedy part', ['/a/{p+}/b'], '/a/{p+}/b', '/a/{p+}', /whole rest of a path/],
  ['a variable inside a part', ['/a/{x}.json'], '/a/{x}.json', '/a/{x}.json', /whole part/],
  ['two variables in a part', ['/{x}{y}'], '/{x}{y}', '/{x}{y}', /whole part/],
  ['a variable without a name', ['/{}'], '/{}', '/{}', /neither a literal/],
  ['a greedy part without a name', ['/{+}'], '/{+}', '/{+}', /neither a literal/],
  ['an empty part', ['/a//b'], '/a//b', '/a//b', /double or trailing slash/],
  ['a trailing slash', ['/a/'], '/a/', '/a/', /double or trailing slash/],
  ['no slash at the start', ['a'], 'a', 'a', /must start with "\/"/],
  ['301 parts', ['/x'.repeat(301)], '/x'.repeat(301), '/x'.repeat(301), /301 parts; at most 300/],
];
test.each(conflicts)(
  '%s is a conflict, and compileRoutes refuses it',
  (_name, paths, path, other, message) => {
    expect(findRouteConflicts(paths)).toEqual([{ path, other, message: expect.stringMatching(message) }]);
    const table = paths.map((each): Route<number> => ({ path: each, method: 'GET', value: 1 }));
    expect(() => compileRoutes(table)).toThrow(message);
  },
);

test('equal parts, 300 parts and brackets elsewhere are no conflicts', () => {
  const paths = ['/{id}', '/{id}/a', '/{id}/b/{p+}', '/x'.repeat(300), '/a', '/a/{y}', '/a:b.c-d_e', '/'];
  expect(findRouteConflicts(paths)).toEqual([]);
});

test('every conflicting path is reported, and the others still form a tree', () => {
  const paths = ['/{a}', '/{b}', '/{c}/x', '/ok', '/{p+}/y'];
  const bad = findRouteConflicts(paths).map(({ path }) => path);
  expect(bad).toEqual(['/{b}', '/{c}/x', '/{p+}/y']);
  expect(findRouteConflicts(paths.filter((path) => !bad.includes(path)))).toEqual([]);
});

test('a method that is defined twice is refused', () => {
  expect(() => compileRoutes(routes('GET /a', 'GET /a'))).toThrow(
    'Method GET of resource "/a" is defined twice',
  );
  expect(() => compileRoutes(routes('ANY /a', 'ANY /a'))).toThrow(
    'Method ANY of resource "/a" is defined twice',
  );
});

test('a table without routes matches nothing', () => {
  const table = compileRoutes([]);
  expect(table.match('GET', '/')).toBeNull();
  expect(table.match('GET', '/a/b')).toBeNull();
});
