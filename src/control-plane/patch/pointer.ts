/** Paths of patch operations: JSON pointers (reference 09 section 5). */

/** `/requestModels/text~1csv` -> `['requestModels', 'text/csv']`; null when there is no path or it does not begin with `/`. */
export function pathSegments(path: string | undefined): string[] | null {
  if (path === undefined || !path.startsWith('/')) return null;
  return path
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
