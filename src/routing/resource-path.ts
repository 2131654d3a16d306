/** The path of a resource, `/a/{b}/{c+}`: its parts, and the rules that hold between the paths of one API. */

/** A variable part `{name}` takes one segment, a greedy part `{name+}` all that are left. */
export type PartKind = 'literal' | 'variable' | 'greedy';

/**
 * Deepest resource a route table takes. AWS gives an API 300 resources (reference 10), and every level is one, so no
 * API of theirs is deeper; matching recurses and keeps its captures in arrays of this length.
 */
export const MAX_PARTS = 300;

/** Parts of a resource path, none for the root. */
export function pathParts(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

export function partKind(part: string): PartKind {
  if (!part.startsWith('{') || !part.endsWith('}')) return 'literal';
  return part.endsWith('+}') ? 'greedy' : 'variable';
}

/** Name of a variable or greedy part, without braces and `+`. */
export function parameterName(part: string): string {
  return part.slice(1, part.endsWith('+}') ? -2 : -1);
}

/** Names of a path's variable parts, in their order. */
export function parameterNames(path: string): string[] {
  return parameterNamesOf(pathParts(path));
}

/** The same from its parts. */
export function parameterNamesOf(parts: readonly string[]): string[] {
  return parts.filter((part) => partKind(part) !== 'literal').map(parameterName);
}

export interface RouteConflict {
  /** The path that cannot be served. */
  path: string;
  /** The path it collides with; `path` itself when it is wrong on its own. */
  other: string;
  /** What is wrong and what to do, naming both paths. */
  message: string;
}

/**
 * Everything that keeps `paths` from being one resource tree (reference 01 section 3, siblings constraint): a second
 * variable part under one parent, a child under a greedy part, parts that are no parts. A path is reported once, with
 * its first problem, against the path that came before it; without reports `compileRoutes` takes them all.
 */
export function findRouteConflicts(paths: Iterable<string>): RouteConflict[] {
  const check = routeConflictCheck();
  const conflicts: RouteConflict[] = [];
  for (const path of paths) {
    const conflict = check(path, pathParts(path));
    if (conflict !== undefined) conflicts.push(conflict);
  }
  return conflicts;
}

/** The same, path by path, each with its parts: it is looked at against those that came before. */
export function routeConflictCheck(): (path: string, parts: readonly string[]) => RouteConflict | undefined {
  const variables = new Map<string, VariablePart>();
  return (path, parts) => ownProblem(path, parts) ?? collision(path, parts, variables);
}

/** The variable part under a parent. */
interface VariablePart {
  readonly part: string;
  /** The first path that had it. */
  readonly owner: string;
}

function ownProblem(path: string, parts: readonly string[]): RouteConflict | undefined {
  const wrong = (message: string): RouteConflict => ({ path, other: path, message });
  if (!path.startsWith('/')) return wrong(`Resource path "${path}" must start with "/"`);
  if (parts.length > MAX_PARTS) {
    return wrong(
      `Resource path "${path.slice(0, 60)}..." has ${parts.length} parts; at most ${MAX_PARTS} are served`,
    );
  }
  for (const [index, part] of parts.entries()) {
    if (part === '') {
      return wrong(`Resource path "${path}" has an empty part; remove the double or trailing slash`);
    }
    const kind = partKind(part);
    const name = kind === 'literal' ? part : parameterName(part);
    if (name === '' || name.includes('{') || name.includes('}')) {
      return wrong(
        `Resource path "${path}": "${part}" is neither a literal nor "{name}" nor "{name+}"; a variable must be the whole part between two slashes`,
      );
    }
    if (kind === 'greedy' && index < parts.length - 1) {
      const greedy = `/${parts.slice(0, index + 1).join('/')}`;
      return {
        path,
        other: greedy,
        message: `Resource "${path}" lies under the greedy resource "${greedy}", which takes the whole rest of a path; move it beside the greedy part, "${part}" must be the last`,
      };
    }
  }
  return undefined;
}

/** Notes the variable parts of `path` by the path of their parent, or says which one is a second. */
function collision(
  path: string,
  parts: readonly string[],
  variables: Map<string, VariablePart>,
): RouteConflict | undefined {
  let end = 0;
  for (const part of parts) {
    if (partKind(part) !== 'literal') {
      const parent = path.slice(0, end);
      const known = variables.get(parent);
      if (known === undefined) {
        variables.set(parent, { part, owner: path });
      } else if (known.part !== part) {
        return {
          path,
          other: known.owner,
          message: `Resources "${known.owner}" and "${path}" put two variable parts, "${known.part}" and "${part}", under "${parent === '' ? '/' : parent}"; only one is allowed there: give both the same part or make one a literal`,
        };
      }
    }
    end += part.length + 1;
  }
  return undefined;
}
