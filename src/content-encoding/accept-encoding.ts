import { type HeaderBlock, headerValues } from '../http/header-block.js';
import type { Coding } from './codings.js';

/** RFC 9110 section 12.4.2. */
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/**
 * The coding to answer with, or undefined for none (reference 02 section 11): `Accept-Encoding` has to name it, `*` does
 * not count, and nothing it names may have a higher weight. Of several with the highest weight, the first that is
 * written here is taken.
 */
export function acceptedCoding(block: HeaderBlock): Coding | undefined {
  const values = headerValues(block, 'accept-encoding');
  if (values.length === 0) return undefined;
  let best = 0;
  let chosen: Coding | undefined;
  for (const part of values.join(',').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (name === '') continue;
    const weight = weightOf(parameters);
    if (weight === 0 || weight < best) continue;
    if (weight > best) chosen = undefined;
    best = weight;
    if (name === 'gzip' || name === 'deflate') chosen ??= name;
  }
  return chosen;
}

/** 0 for a weight that cannot be read: what is unclear is not asked for. */
function weightOf(parameters: readonly string[]): number {
  if (parameters.length === 0) return 1;
  const match = parameters.length === 1 ? WEIGHT.exec(parameters[0] ?? '') : null;
  return match === null ? 0 : Number(match[1]);
}
