/**
 * The same text in one piece. Texts are joined without copying, and copied together when they are used: a text that
 * becomes part of many others is better put together once. Lone surrogates are lost; JSON writes them as escapes.
 */
export function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
