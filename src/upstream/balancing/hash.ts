/** Hashes that are the same in every worker, node and version: they decide which target a key belongs to. */

/** FNV-1a over UTF-16 units, finished so that every bit depends on every character. 32 bits, unsigned. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return finished(hash);
}

/** One hash of two. */
export function combined(a: number, b: number): number {
  return finished(Math.imul(a, 0x9e3779b1) ^ b);
}

/** The finalizer of MurmurHash3. */
function finished(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
