/**
 * The matching rules of reference 01 sections 2 and 3, written down as they read and without regard to cost: the
 * compiled matcher is held against this one.
 */
import { HTTP_METHODS } from '../../src/model/snapshot.js';
import type { Route } from '../../src/routing/route-table.js';

export interface ReferenceMatch {
  value: unknown;
  path: string;
  method: string;
  pathParameters: string[];
}

export function referenceMatch(
  routes: readonly Route<unknown>[],
  method: string,
  path: string,
): ReferenceMatch | null {
  if (!(HTTP_METHODS as readonly string[]).includes(method)) return null;
  const trimmed = path.replace(/^\/+/, '').replace(/\/+$/, '');
  const segments = trimmed === '' ? [] : trimmed.split('/');
  const parse = (route: string): string[] => (route === '/' ? [] : route.slice(1).split('/'));
  const resources = [...new Set(routes.map((route) => route.path))];

  function best(candidates: string[], at: number, captured: string[]): ReferenceMatch | null {
    if (at === segments.length) {
      const resource = candidates.find((candidate) => parse(candidate).length === at);
      return resource === undefined ? null : answer(resource, captured);
    }
    const segment = segments[at] ?? '';
    const withPart = (wanted: (part: string) => boolean): string[] =>
      candidates.filter((candidate) => wanted(parse(candidate)[at] ?? ''));
    const literals = withPart((part) => part === segment && part !== '' && !part.startsWith('{'));
    const variables = withPart((part) => part.startsWith('{') && part.endsWith('}') && !part.endsWith('+}'));
    const greedy = withPart((part) => part.endsWith('+}'));
    return (
      (literals.length > 0 ? best(literals, at + 1, captured) : null) ??
      (variables.length > 0 && segment !== '' ? best(variables, at + 1, [...captured, segment]) : null) ??
      (greedy[0] === undefined ? null : answer(greedy[0], [...captured, segments.slice(at).join('/')]))
    );
  }

  function answer(resource: string, pathParameters: string[]): ReferenceMatch | null {
    const found =
      routes.find((route) => route.path === resource && route.method === method) ??
      routes.find((route) => route.path === resource && route.method === 'ANY');
    if (found === undefined) return null;
    return { value: found.value, path: resource, method: found.method, pathParameters };
  }

  return best(resources, 0, []);
}
