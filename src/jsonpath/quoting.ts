/** Texts in quotes, as paths and filters write them. */

/** Position of the closing quote, or the end. */
export function skipQuoted(path: string, at: number, quote: string): number {
  let end = at + 1;
  while (end < path.length && path.charAt(end) !== quote) end += path.charAt(end) === '\\' ? 2 : 1;
  return end;
}

/** `\'`, `\\`, `\n`, `\u0041` in names and filter texts. */
export function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_match, hex: string | undefined, char: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return CONTROL.get(char) ?? char;
  });
}

const CONTROL: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
]);
