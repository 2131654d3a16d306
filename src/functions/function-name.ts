const MARKER = ':function:';
const PARTIAL = 'function:';

/**
 * The plain name inside whatever names a function: `NAME`, `NAME:alias`, `{account}:function:NAME`, or
 * `arn:aws:lambda:{region}:{account}:function:NAME[:alias]`.
 */
export function plainFunctionName(text: string): string {
  const marker = text.indexOf(MARKER);
  const start = marker >= 0 ? marker + MARKER.length : text.startsWith(PARTIAL) ? PARTIAL.length : 0;
  const end = text.indexOf(':', start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}
