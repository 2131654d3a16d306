/** Why a request reaches the resource it reaches, or none: for people. Requests are matched by `RouteTable`. */
import { HTTP_METHODS, type Resource } from '../model/snapshot.js';
import { partKind, pathParts } from './resource-path.js';

/**
 * `selected`: answers. `outranked`: would answer if a better one did not. `no-method`: the path fits, the method does
 * not. `no-path`: the path does not fit; told only when no path does.
 */
export type RouteOutcome = 'selected' | 'outranked' | 'no-method' | 'no-path';

export interface RouteCandidate {
  /** Of the resource, `/a/{b}`. */
  readonly path: string;
  /** The method that answers or would answer, `ANY` where it is that; empty: none does. */
  readonly method: string;
  readonly outcome: RouteOutcome;
  /** A phrase; empty where the outcome says it all. */
  readonly why: string;
}

/** Resources that are named when none fits, the nearest ones. */
const NEAREST = 5;

/**
 * The resources whose path fits, in the order in which matching tries them (reference 01 section 3), or the nearest ones
 * when none fits. It walks all resources.
 * @param path raw path after stage and base path
 */
export function explainRoutes(
  resources: readonly Pick<Resource, 'path' | 'methods'>[],
  method: string,
  path: string,
): RouteCandidate[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  const segments = trimmed === '' ? [] : trimmed.split('/');
  const compared = resources
    .map((resource) => ({ resource, parts: pathParts(resource.path) }))
    .map(({ resource, parts }) => ({ resource, parts, ...compare(parts, segments) }));
  const fitting = compared.filter(({ mismatch }) => mismatch === '').sort(byRank);
  if (fitting.length > 0) return decide(fitting, method);
  return compared
    .sort((a, b) => b.agreed - a.agreed || byRank(a, b))
    .slice(0, NEAREST)
    .map(({ resource, mismatch }) => ({
      path: resource.path,
      method: methodOf(resource, method) ?? '',
      outcome: 'no-path',
      why: mismatch,
    }));
}

interface Compared {
  readonly resource: Pick<Resource, 'path' | 'methods'>;
  readonly parts: readonly string[];
}

/** @returns how many parts agree, and in words where that ends; empty: the path fits */
function compare(
  parts: readonly string[],
  segments: readonly string[],
): { agreed: number; mismatch: string } {
  for (const [i, part] of parts.entries()) {
    const segment = segments[i];
    if (segment === undefined) return { agreed: i, mismatch: `the path ends before ${part}` };
    const kind = partKind(part);
    if (kind === 'greedy') return { agreed: i, mismatch: '' };
    if (kind === 'variable') {
      if (segment === '') return { agreed: i, mismatch: `${part} takes no empty segment` };
    } else if (part !== segment) {
      return { agreed: i, mismatch: `part ${i + 1} is "${part}", the path has "${segment}"` };
    }
  }
  const next = segments[parts.length];
  return { agreed: parts.length, mismatch: next === undefined ? '' : `the path goes on with "${next}"` };
}

const RANKS = { literal: 0, variable: 1, greedy: 2 };

/** Decided by the first part in which two paths differ. */
function byRank(a: Compared, b: Compared): number {
  const at = firstDifference(a.parts, b.parts);
  const [mine, other] = [a.parts[at], b.parts[at]];
  if (mine === undefined || other === undefined) return a.parts.length - b.parts.length;
  return RANKS[partKind(mine)] - RANKS[partKind(other)] || (mine < other ? -1 : 1);
}

function firstDifference(a: readonly string[], b: readonly string[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

function decide(fitting: readonly Compared[], method: string): RouteCandidate[] {
  const selected = fitting.find(({ resource }) => methodOf(resource, method) !== undefined);
  return fitting.map((candidate): RouteCandidate => {
    const { resource } = candidate;
    const { path } = resource;
    const own = methodOf(resource, method);
    if (own === undefined)
      return { path, method: '', outcome: 'no-method', why: methodsOf(resource, method) };
    if (candidate === selected) return { path, method: own, outcome: 'selected', why: '' };
    return {
      path,
      method: own,
      outcome: 'outranked',
      why: selected === undefined ? '' : rank(candidate, selected),
    };
  });
}

/** Rules 4 and 5: the exact method, else ANY, which stands for seven methods. */
function methodOf({ methods }: Pick<Resource, 'methods'>, method: string): string | undefined {
  if (!(HTTP_METHODS as readonly string[]).includes(method)) return undefined;
  return [method, 'ANY'].find((name) => methods.some(({ httpMethod }) => httpMethod === name));
}

function methodsOf({ methods }: Pick<Resource, 'methods'>, method: string): string {
  if (methods.length === 0) return 'it has no methods';
  const names = methods.map(({ httpMethod }) => httpMethod);
  if (names.includes('ANY')) return `ANY stands for ${HTTP_METHODS.join(', ')}, not for ${method}`;
  return `it has ${names.join(', ')}, not ${method}`;
}

/** `{proxy+}` comes after `{id}` of the selected resource. */
function rank(candidate: Compared, selected: Compared): string {
  const at = firstDifference(candidate.parts, selected.parts);
  const [part = '', better = ''] = [candidate.parts[at], selected.parts[at]];
  const kinds = { literal: 'a literal', variable: 'a variable', greedy: 'a greedy variable' };
  return `${part}, ${kinds[partKind(part)]}, comes after ${better}, ${kinds[partKind(better)]}`;
}
