/**
 * What a disk store keeps: a folder of numbered records, one file each, that any number of processes read and extend
 * without locks.
 *
 * A record is written aside, brought to disk, and only then linked under the next free number. Linking is atomic and
 * fails when the number is taken: so there are no half records, whatever process dies when, and of two writers one wins
 * and the other reads what came before it. Some records are checkpoints, which say everything; those before the last
 * but one are removed, in ascending order. Therefore a successor is believed only while its predecessor is still the
 * file that was read: otherwise both may be of a number that was removed and given out again to a process that slept.
 *
 * A file is the SHA-256 of its number and its payload, and the payload, an encoded `propylon.v1.JournalRecord`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chown, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decodeJournalRecord, encodeJournalRecord } from '../../proto/codec.js';
import type { JournalCheckpoint, JournalRecord } from '../../proto/messages.js';

const EMPTY: JournalCheckpoint = { restored: false, reachesBackTo: 0, history: [], documents: [] };
const DIGEST_BYTES = 32;
const MAX_RECORD_BYTES = 1_073_741_824;
/** A checkpoint is made after so many records, or when they are larger than it was, and than this. */
const MAX_RECORDS = 256;
const MIN_BYTES = 4_194_304;
/** Milliseconds after which what a dead process had written aside is removed. */
const DRAFT_AGE = 3_600_000;
/** Looks at a folder that others change meanwhile, before it is called damaged. */
const MAX_LOOKS = 100;
/** What file systems say that have none; which code it is differs. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
const RECORD_NAME = /^(?:0|[1-9][0-9]{0,15})$/;
const DRAFT_NAME = /^draft-[0-9a-f]{16}$/;

/** The journal is not what it was left as. One sentence: which file, and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

interface Place {
  sequence: number;
  /** Tells the file from another one of the same name. */
  identity: string;
}

interface Loaded {
  record: JournalRecord;
  identity: string;
  bytes: number;
}

export class Journal {
  readonly #directory: string;
  /** The last record that was read or written; null: none yet, or it is gone. */
  #place: Place | null = null;
  /** The newest checkpoint known, and what came after it. */
  #checkpoint = { sequence: 0, bytes: 0 };
  #recordsSince = 0;
  #bytesSince = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** It is time for a checkpoint. */
  get due(): boolean {
    const limit = Math.max(MIN_BYTES, this.#checkpoint.bytes);
    return this.#recordsSince >= MAX_RECORDS || this.#bytesSince >= limit;
  }

  /**
   * The next record, or null. A checkpoint with `anew` replaces everything that was read before; any other checkpoint
   * says what is known already.
   * @throws JournalError, or a file system's error
   */
  async next(): Promise<{ record: JournalRecord; anew: boolean } | null> {
    const place = this.#place;
    if (place === null) return this.#begin();
    const loaded = await this.#load(place.sequence + 1);
    if (!(await this.#isThere(place))) return this.#begin();
    if (loaded === null) return null;
    this.#advance(loaded, place.sequence + 1);
    return { record: loaded.record, anew: false };
  }

  /**
   * Writes the record after the last one that was read; false when another process was first: read on.
   * @throws JournalError when it is not known whether it was written, or a file system's error
   */
  async append(record: JournalRecord): Promise<boolean> {
    const place = this.#place;
    if (place === null) return false;
    const sequence = place.sequence + 1;
    const written = await this.#write(record, sequence);
    if (written === null) return false;
    if (!(await this.#isThere(place))) {
      this.#place = null;
      throw new JournalError(
        'the journal went on while this process slept; it is not known whether the change was made',
      );
    }
    const before = this.#checkpoint.sequence;
    this.#advance({ record, ...written }, sequence);
    if (record.kind === 'checkpoint') await this.#sweep(before);
    return true;
  }

  /** From the newest checkpoint. */
  async #begin(): Promise<{ record: JournalRecord; anew: boolean }> {
    this.#place = null;
    const made = await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) {
      await giveToOwnerOf(dirname(this.#directory), (uid, gid) => chown(this.#directory, uid, gid));
    }
    let gap = 0;
    for (let look = 0; look < MAX_LOOKS; look++) {
      const sequences = await this.#sequences();
      const newest = sequences.at(-1);
      if (newest === undefined) {
        await this.#write({ kind: 'checkpoint', checkpoint: EMPTY }, 0);
        continue;
      }
      for (let sequence = newest; sequence >= 0; sequence--) {
        const loaded = await this.#load(sequence);
        if (loaded === null) {
          gap = sequence;
          break;
        }
        if (loaded.record.kind !== 'checkpoint') continue;
        this.#advance(loaded, sequence);
        return { record: loaded.record, anew: true };
      }
    }
    throw new JournalError(
      `${join(this.#directory, String(gap))} is missing: put the folder back from a backup, or remove the files with higher numbers to go back to before them`,
    );
  }

  #advance({ record, identity, bytes }: Loaded, sequence: number): void {
    this.#place = { sequence, identity };
    const checkpoint = record.kind === 'checkpoint';
    if (checkpoint) this.#checkpoint = { sequence, bytes };
    this.#recordsSince = checkpoint ? 0 : this.#recordsSince + 1;
    this.#bytesSince = checkpoint ? 0 : this.#bytesSince + bytes;
  }

  async #sequences(): Promise<number[]> {
    const names = await readdir(this.#directory);
    return names
      .filter((name) => RECORD_NAME.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #isThere({ sequence, identity }: Place): Promise<boolean> {
    const found = await stat(this.#path(sequence), { bigint: true }).catch(nullIfMissing);
    return found !== null && identityOf(found) === identity;
  }

  /** Null: there is none. */
  async #load(sequence: number): Promise<Loaded | null> {
    const file = await open(this.#path(sequence), 'r').catch(nullIfMissing);
    if (file === null) return null;
    try {
      const found = await file.stat({ bigint: true });
      if (found.size > MAX_RECORD_BYTES) throw this.#damaged(sequence, 'it is larger than any record');
      const content = await file.readFile();
      const payload = content.subarray(DIGEST_BYTES);
      if (!digestOf(sequence, payload).equals(content.subarray(0, DIGEST_BYTES))) {
        throw this.#damaged(sequence, 'its checksum is wrong');
      }
      const record = decodeJournalRecord(payload);
      if (record === undefined) {
        throw new JournalError(
          `${this.#path(sequence)} was written by a newer version of Propylon: use that one`,
        );
      }
      return { record, identity: identityOf(found), bytes: content.length };
    } finally {
      await file.close();
    }
  }

  /** Null: the number is taken. */
  async #write(record: JournalRecord, sequence: number): Promise<{ identity: string; bytes: number } | null> {
    const payload = encodeJournalRecord(record);
    const draft = join(this.#directory, `draft-${randomBytes(8).toString('hex')}`);
    const file = await open(draft, 'wx', 0o600);
    try {
      let identity: string;
      try {
        await giveToOwnerOf(this.#directory, (uid, gid) => file.chown(uid, gid));
        await file.writeFile(Buffer.concat([digestOf(sequence, payload), payload]));
        await file.sync();
        identity = identityOf(await file.stat({ bigint: true }));
      } finally {
        await file.close();
      }
      await link(draft, this.#path(sequence)).catch((error: NodeJS.ErrnoException) => {
        if (!NO_LINKS.has(error.code ?? '')) throw error;
        throw new JournalError(
          `${this.#directory} is on a file system without hard links (${error.code}): choose a directory on another one`,
        );
      });
      await syncDirectory(this.#directory);
      return { identity, bytes: DIGEST_BYTES + payload.length };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
      throw error;
    } finally {
      await unlink(draft).catch(() => {});
    }
  }

  /** Removes what nobody needs any more: records before the given one, and what dead processes left. */
  async #sweep(before: number): Promise<void> {
    for (const sequence of await this.#sequences()) {
      if (sequence < before) await unlink(this.#path(sequence)).catch(nullIfMissing);
    }
    for (const name of await readdir(this.#directory)) {
      if (!DRAFT_NAME.test(name)) continue;
      const draft = join(this.#directory, name);
      const found = await stat(draft).catch(nullIfMissing);
      if (found !== null && Date.now() - found.mtimeMs > DRAFT_AGE) await unlink(draft).catch(nullIfMissing);
    }
  }

  #damaged(sequence: number, how: string): JournalError {
    return new JournalError(
      `${this.#path(sequence)} is damaged (${how}): put the folder back from a backup, or remove this file and those with higher numbers to go back to before it`,
    );
  }

  #path(sequence: number): string {
    return join(this.#directory, String(sequence));
  }
}

function digestOf(sequence: number, payload: Uint8Array): Buffer {
  return createHash('sha256').update(`propylon journal ${sequence}\n`).update(payload).digest();
}

function identityOf({ ino, mtimeNs }: { ino: bigint; mtimeNs: bigint }): string {
  return `${ino}/${mtimeNs}`;
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/** Root may push into the folder of a service that is not root, which must be able to read it afterwards. */
async function giveToOwnerOf(
  directory: string,
  give: (uid: number, gid: number) => Promise<void>,
): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(directory);
  if (uid !== 0) await give(uid, gid);
}

/** Names are on disk only when their folder is. Windows has no such thing, and does it by itself. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
