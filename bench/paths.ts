/** Where things are. Bench files run compiled, from `dist-bench/bench/`; what is not TypeScript stays in `bench/`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiled bench files. */
export const COMPILED = dirname(fileURLToPath(import.meta.url));

/** The checkout: the nearest folder above with a package.json. */
export const ROOT = above(COMPILED);

function above(folder: string): string {
  const parent = dirname(folder);
  return parent === folder || existsSync(join(parent, 'package.json')) ? parent : above(parent);
}
