/**
 * The configuration a node served last, in a file: what it serves after a start while the store cannot be reached.
 * The file is a SHA-256 and an encoded `propylon.v1.Snapshot`; it is replaced as a whole or not at all.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { snapshotCodec } from '../proto/codec.js';
import type { SealedSnapshot } from '../proto/messages.js';
import { snapshotPieces } from '../proto/snapshot-pieces.js';
import { Loop } from './follower/loop.js';
import { openSealed, type SealedRevision, sealedSnapshot } from './follower/sealed-revision.js';
import { equalBytes, UntrustedError } from './head.js';

const CHECKSUM_BYTES = 32;
/** A burst of revisions costs one write per second. */
const SPACING_MS = 1_000;

/**
 * Null: there is none.
 * @throws UntrustedError when it is damaged, or with a key not authentic; the errors of node:fs when it cannot be read
 */
export async function readLastKnownGood(
  path: string,
  key: Uint8Array | undefined,
): Promise<SealedRevision | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const payload = bytes.subarray(CHECKSUM_BYTES);
  if (!equalBytes(bytes.subarray(0, CHECKSUM_BYTES), checksum([payload]))) {
    throw new UntrustedError(`${path} is damaged: its checksum is wrong`);
  }
  let snapshot: SealedSnapshot;
  try {
    snapshot = snapshotCodec.decode(payload);
  } catch (error) {
    throw new UntrustedError(`${path} is damaged: ${(error as Error).message}`);
  }
  return openSealed(snapshot, key);
}

/** Survives a crash at any moment: the old file is there until the new one is whole and on the disk. */
export async function writeLastKnownGood(path: string, revision: SealedRevision): Promise<void> {
  const payload = snapshotPieces(sealedSnapshot(revision));
  const whole = [checksum(payload), ...payload];
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      const { bytesWritten } = await file.writev(whole);
      if (bytesWritten !== whole.reduce((sum, { length }) => sum + length, 0))
        throw new Error(`only ${bytesWritten} bytes could be written to ${temporary}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Writes the newest revision it is given, at most once a second, and the last one at the end. */
export class LastKnownGoodWriter {
  readonly #path: string;
  readonly #failed: (error: Error) => void;
  #next: SealedRevision | null = null;
  readonly #loop = new Loop(() => (this.#next === null ? null : this.#write(this.#next)));
  #endRest: (() => void) | null = null;
  #closing = false;

  constructor(path: string, failed: (error: Error) => void) {
    this.#path = path;
    this.#failed = failed;
  }

  keep(revision: SealedRevision): void {
    this.#next = revision;
    void this.#loop.wake();
  }

  /** Resolves when the newest revision is written, or could not be. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#endRest?.();
    await this.#loop.idle;
  }

  async #write(revision: SealedRevision): Promise<void> {
    this.#next = null;
    await writeLastKnownGood(this.#path, revision).catch(this.#failed);
    if (!this.#closing) await this.#rest();
  }

  async #rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SPACING_MS).unref();
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endRest = null;
  }
}

function checksum(payload: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const piece of payload) hash.update(piece);
  return hash.digest();
}

/** Makes the new name durable. Windows knows no such thing and needs none. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
