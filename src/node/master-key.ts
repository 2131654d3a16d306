/** What the secrets of access keys are sealed with. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeSettings } from '../config/settings.js';

const KEY_BYTES = 32;
const FILE = 'admin.key';

/**
 * The configuration key, which all nodes of a cluster have; without one and with a store on disk a key made once, in a
 * file beside the store that only its owner can read. Undefined: there is neither, and no secret can be kept.
 * @throws Error in one sentence when the file cannot be used
 */
export async function masterKey({
  configKey,
  store,
}: Pick<NodeSettings, 'configKey' | 'store'>): Promise<Uint8Array | undefined> {
  if (configKey !== undefined) return configKey;
  if (store.kind !== 'disk') return undefined;
  const path = join(store.directory, FILE);
  try {
    return await read(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(path, error as Error);
  }
  try {
    await mkdir(store.directory, { recursive: true, mode: 0o700 });
    await make(path);
    return await read(path);
  } catch (error) {
    throw unusable(path, error as Error);
  }
}

async function read(path: string): Promise<Uint8Array> {
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error('it is no key of 64 hexadecimal digits');
  return Buffer.from(text, 'hex');
}

/** Linked into place, so that of several processes all use the first one's, and nobody sees half a key. */
async function make(path: string): Promise<void> {
  const prepared = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(prepared, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flush: true });
    await link(prepared, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(prepared, { force: true });
  }
}

function unusable(path: string, cause: Error): Error {
  return new Error(
    `${path}, which seals the secrets of access keys, cannot be used: ${cause.message}; restore it, or remove it and make new access keys`,
    { cause },
  );
}
