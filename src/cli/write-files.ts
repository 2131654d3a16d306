/** Files a command makes: each whole or not at all, and none in the place of another unless that is wanted. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandError, shownPath } from './output.js';

export interface TextFile {
  /** Absolute. */
  path: string;
  text: string;
}

/**
 * In their order, and the last one is there only when all are. Folders are made as needed.
 * @throws CommandError when one of them exists and `force` is false, before anything is written; or one cannot be written
 */
export async function writeFiles(files: readonly TextFile[], force: boolean): Promise<void> {
  const taken = force ? [] : files.filter(({ path }) => existsSync(path));
  if (taken.length > 0) throw exists(taken.map(({ path }) => path));
  for (const file of files) await writeFile(file, force);
}

async function writeFile({ path, text }: TextFile, force: boolean): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
    try {
      const file = await open(draft, 'wx');
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      // A link is refused where somebody else made a file meanwhile.
      await (force ? rename(draft, path) : link(draft, path));
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && existsSync(path)) throw exists([path]);
    const failure = new CommandError(`${shownPath(path)} cannot be written: ${message}`);
    failure.cause = error;
    throw failure;
  }
}

const NAMED = 3;

function exists(paths: readonly string[]): CommandError {
  const names = paths.slice(0, NAMED).map(shownPath).join(', ');
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
  const verb = paths.length === 1 ? 'exists' : 'exist';
  return new CommandError(
    `${names}${more} ${verb}: name another place with --output, or overwrite with --force`,
  );
}
