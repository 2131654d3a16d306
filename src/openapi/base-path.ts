/** The base path of a document, and what an import does with it (reference 08 section 1.1). */
import type { SourceDocument } from './document.js';

/** `ignore`: nothing; `prepend`: all of it goes before every path; `split`: all but its first segment does. */
export type BasePathMode = 'ignore' | 'prepend' | 'split';

/** What goes before every path: empty, or `/a/b`. */
export function basePathPrefix(document: SourceDocument, version: 2 | 3, mode: BasePathMode): string {
  if (mode === 'ignore') return '';
  const basePath = version === 2 ? document.text(document.root.get('basePath')) : serverPath(document);
  const segments = (basePath ?? '').split('/').filter((segment) => segment !== '');
  if (mode === 'split') segments.shift();
  return segments.map((segment) => `/${segment}`).join('');
}

/** The first server variable named `basePath`, else the path of the first server. */
function serverPath(document: SourceDocument): string | undefined {
  const servers = document.list(document.root.get('servers'));
  for (const server of servers?.members() ?? []) {
    const basePath = document.text(server.get('variables')?.get('basePath')?.get('default'));
    if (basePath !== undefined) return basePath;
  }
  const first = servers?.get('0');
  const url = document.text(first?.get('url'));
  if (first === undefined || url === undefined) return undefined;
  const filled = url.replace(
    /\{([^{}]*)\}/g,
    (whole, name: string) => document.text(first.get('variables')?.get(name)?.get('default')) ?? whole,
  );
  return filled.replace(/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*/, '').replace(/[?#].*$/s, '');
}

/** The path of a resource whose path in the document is `path`. */
export function withPrefix(prefix: string, path: string): string {
  return prefix !== '' && path === '/' ? prefix : prefix + path;
}

/** A JSON pointer into the document, given one that names resources by their paths. */
export function withoutPrefix(prefix: string, pointer: string): string {
  const escaped = prefix.replaceAll('/', '~1');
  const start = `/paths/${escaped}`;
  if (prefix === '' || !pointer.startsWith(start)) return pointer;
  const rest = pointer.slice(start.length);
  return `/paths/${rest.startsWith('~1') ? '' : '~1'}${rest}`;
}
