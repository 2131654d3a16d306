/**
 * What one node keeps for itself across restarts: its id, and its last known good configuration. A lock keeps a second
 * node out, which would report under the same name and overwrite the file.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StateDirectory {
  nodeId: string;
  /** Path of the file; it may not exist. */
  lastKnownGood: string;
  /** Lets the next node in. */
  close(): Promise<void>;
}

interface Holder {
  host: string;
  pid: number;
  /** Tells a process from a later one with its number; empty where the system does not say. */
  started: string;
}

/** The lock of a process on another machine, or in another container, can only be watched. */
const TOUCH_MS = 1_000;
const WATCH_MS = 2_500;
const ATTEMPTS = 100;
const RETRY_MS = 20;
/** A process that was killed takes its time to end: its memory and its threads go first. */
const DYING_MS = 3_000;
const DYING_RETRY_MS = 100;
const GUARD_MS = 10_000;

/**
 * @param nodeId absent: the one of the directory, made when there is none
 * @throws Error in one sentence: the directory cannot be used, or another node uses it
 */
export async function openStateDirectory(directory: string, nodeId?: string): Promise<StateDirectory> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const release = await lock(directory);
    try {
      return {
        nodeId: nodeId ?? (await keptNodeId(join(directory, 'node-id'))),
        lastKnownGood: join(directory, 'last-known-good.pb'),
        close: release,
      };
    } catch (error) {
      await release();
      throw error;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(
      `the folder of this node's state cannot be used: ${message}; name another one with --data-dir`,
      { cause: error },
    );
  }
}

/** For people who look at a list of nodes: the machine's name, and what tells its nodes apart. */
export function newNodeId(): string {
  const name = hostname().replace(/[^A-Za-z0-9._-]/g, '-');
  return `${name.slice(0, 60)}-${randomBytes(4).toString('hex')}`;
}

async function keptNodeId(path: string): Promise<string> {
  const id = ((await readFile(path, 'utf8').catch(ignoreMissing)) ?? '').trim();
  if (/^[A-Za-z0-9._:-]{1,128}$/.test(id)) return id;
  const made = newNodeId();
  await replace(path, `${made}\n`);
  return made;
}

async function lock(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'node.lock');
  const { started } = await processOf(process.pid);
  const own = JSON.stringify({ host: hostname(), pid: process.pid, started });
  // Linked into place, so that it is never seen half written.
  const prepared = `${path}.${unique()}`;
  await writeFile(prepared, own, { mode: 0o600 });
  try {
    const patience = performance.now() + DYING_MS;
    for (let attempt = 0; !(await linked(prepared, path)); attempt++) {
      const holder = await readFile(path, 'utf8').catch(ignoreMissing);
      if (attempt === ATTEMPTS) throw inUse(directory, holder ?? '');
      if (holder === null) continue;
      if (!(await isAlive(holder, path))) {
        await takeAway(path, holder);
      } else if (parse(holder)?.host === hostname() && performance.now() < patience) {
        await sleep(DYING_RETRY_MS);
      } else {
        throw inUse(directory, holder);
      }
    }
  } finally {
    await rm(prepared, { force: true });
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, TOUCH_MS).unref();
  return async () => {
    clearInterval(touching);
    await rm(path, { force: true });
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a process that is gone. One process at a time may: between a look at the lock and its removal
 * somebody else could have replaced it by his own.
 */
async function takeAway(path: string, content: string): Promise<void> {
  const guard = `${path}.guard`;
  try {
    await mkdir(guard);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const since = await changedAt(guard);
    // Whoever made it died within these few lines.
    if (since !== null && Date.now() - since > GUARD_MS) await rmdir(guard).catch(() => {});
    await sleep(RETRY_MS);
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(ignoreMissing)) === content) await rm(path, { force: true });
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

async function isAlive(content: string, path: string): Promise<boolean> {
  const holder = parse(content);
  if (holder === null) return false;
  if (holder.host !== hostname()) return await isTouched(path);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const { state, started } = await processOf(holder.pid);
  // A dead process that nobody has asked after keeps its number, and can still be signalled.
  return state !== 'Z' && state !== 'X' && holder.started === started;
}

/** Whether somebody renews it. */
async function isTouched(path: string): Promise<boolean> {
  const before = await changedAt(path);
  await sleep(WATCH_MS);
  const after = await changedAt(path);
  return after !== null && after !== before;
}

function changedAt(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}

function parse(content: string): Holder | null {
  try {
    const { host, pid, started } = JSON.parse(content);
    return typeof host === 'string' && Number.isInteger(pid) && pid > 0 && typeof started === 'string'
      ? { host, pid, started }
      : null;
  } catch {
    return null;
  }
}

/** Fields 3 and 22 of /proc/PID/stat, after the name in parentheses; empty off Linux. */
async function processOf(pid: number): Promise<{ state: string; started: string }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

function inUse(directory: string, content: string): Error {
  const holder = parse(content);
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
  return new Error(
    `${directory} is the folder of a node that runs, ${who}: give each node its own --data-dir`,
  );
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${unique()}`;
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  await rename(temporary, path);
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function unique(): string {
  return `${process.pid}.${randomBytes(4).toString('hex')}`;
}
