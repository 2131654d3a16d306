const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Strict base64 (reference 02 section 10): a character outside the alphabet or a length that is no multiple of four
 * makes the text undecodable, where Node's own decoder would skip and guess. Undefined: undecodable.
 * The bytes own their whole buffer, so that it may be transferred to another thread.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !ALPHABET.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
