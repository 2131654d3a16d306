/** Paths of a document as resources: identifiers and the syntax an import accepts (reference 08 section 5). */
import { createHash } from 'node:crypto';
import { placeholdersIn } from './substitution.js';

const LITERAL = /^[A-Za-z0-9_.,:-]+$/;
const PARAMETER = /^\{[A-Za-z0-9_.,:$-]+\+?\}$/;
const ID_LENGTH = 10;
const ID_SPACE = 36n ** BigInt(ID_LENGTH);

/** Ten characters `[a-z0-9]` that depend on the path alone, so that caches and logs survive a new import. */
export function resourceId(path: string): string {
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return (BigInt(`0x${digest}`) % ID_SPACE).toString(36).padStart(ID_LENGTH, '0');
}

/** A path without its trailing slash, which matching ignores (reference 01 section 2). */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** What keeps a path from being a resource, as one sentence; undefined when nothing does. */
export function pathProblem(path: string): string | undefined {
  const [placeholder] = placeholdersIn(path);
  if (placeholder !== undefined) {
    return `The path holds the placeholder "\${${placeholder}}": put the value in its place.`;
  }
  if (!path.startsWith('/')) return 'A path starts with "/": write one in front of it.';
  const segments = path === '/' ? [] : path.slice(1).split('/');
  const names = new Set<string>();
  for (const segment of segments) {
    if (segment === '') return 'The path has an empty segment: remove the double slash.';
    if (!LITERAL.test(segment) && !PARAMETER.test(segment)) return segmentProblem(segment);
    if (!segment.startsWith('{')) continue;
    const name = segment.slice(1, segment.endsWith('+}') ? -2 : -1);
    if (names.has(name)) return `The path parameter "${name}" stands twice in the path: rename one of them.`;
    names.add(name);
  }
  return undefined;
}

function segmentProblem(segment: string): string {
  const shown = segment.length > 60 ? `${segment.slice(0, 57)}...` : segment;
  if (/[{}]/.test(segment)) {
    return `In "${shown}" a parameter is not a whole segment with a valid name: write "/{name}" or "/{name+}".`;
  }
  return `The segment "${shown}" has characters other than letters, digits and "_-.,:": rename it.`;
}

/** Names of the parameters of a path without problems. */
export function pathParameterNames(path: string): Set<string> {
  return new Set(Array.from(path.matchAll(/\{([^{}+]+)\+?\}/g), (match) => match[1] ?? ''));
}
