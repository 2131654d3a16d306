/** Ids as API Gateway makes them (reference 09 section 3.1). */
import { randomInt } from 'node:crypto';

const LOWER = '0123456789abcdefghijklmnopqrstuvwxyz';
const MIXED = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

/** Of an API, its root resource, an API key. */
export function longId(): string {
  return randomText(10, LOWER);
}

/** Of everything else. */
export function shortId(): string {
  return randomText(6, LOWER);
}

export function apiKeyValue(): string {
  return randomText(40, MIXED);
}

function randomText(length: number, alphabet: string): string {
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet[randomInt(alphabet.length)];
  return text;
}
