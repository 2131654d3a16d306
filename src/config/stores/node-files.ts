/** Statuses of the nodes on one machine, a file each: small, often written, and worth nothing after a crash. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const EXPIRY_BYTES = 8;
const MAX_FILE_BYTES = 65_536 + EXPIRY_BYTES;
const STATUS_NAME = /^[0-9a-f]{32}$/;
/** Milliseconds after which an expired status is removed; not at once, because its node may be writing it again. */
const REMOVAL_AGE = 60_000;

/** A file is the time of its expiry, milliseconds since 1970 as a double, and the encoded status. */
export class NodeFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async report(nodeId: string, status: Uint8Array, ttlMs: number): Promise<void> {
    const content = Buffer.alloc(EXPIRY_BYTES + status.length);
    if (content.length > MAX_FILE_BYTES)
      throw new RangeError(`a status of ${status.length} bytes is too large`);
    content.writeDoubleLE(Date.now() + ttlMs);
    content.set(status, EXPIRY_BYTES);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#path(nodeId);
    const draft = `${path}.draft`;
    await writeFile(draft, content, { mode: 0o600 });
    await rename(draft, path);
  }

  async leave(nodeId: string): Promise<void> {
    await unlink(this.#path(nodeId)).catch(ignoreMissing);
  }

  async nodes(): Promise<Uint8Array[]> {
    const names = (await readdir(this.#directory).catch(ignoreMissing)) ?? [];
    const statuses: Uint8Array[] = [];
    const now = Date.now();
    for (const name of names.filter((one) => STATUS_NAME.test(one)).sort()) {
      const path = join(this.#directory, name);
      const content = await readFile(path).catch(ignoreMissing);
      if (content === undefined || content.length < EXPIRY_BYTES || content.length > MAX_FILE_BYTES) continue;
      const expiresAt = content.readDoubleLE();
      if (expiresAt > now) statuses.push(content.subarray(EXPIRY_BYTES));
      else if (expiresAt + REMOVAL_AGE < now) await unlink(path).catch(ignoreMissing);
    }
    return statuses;
  }

  /** Node ids are free texts, file names are not. */
  #path(nodeId: string): string {
    return join(this.#directory, createHash('sha256').update(nodeId).digest('hex').slice(0, 32));
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
