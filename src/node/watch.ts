/**
 * Tells when files change, however they are changed: written in place, replaced by rename (editors), deleted and made
 * again (deploy scripts), or reached through links that are swapped (a Kubernetes ConfigMap's `..data`, `current`
 * directories).
 *
 * A watch on a file follows the inode, which all but the first of these replace. So the folders are watched that hold
 * the file and every link on the way to it, and an event there is only a hint: what counts is whether a file's
 * fingerprint differs. A slow poll of the few fingerprints is the net below: it serves file systems without events
 * (network mounts, shared folders of virtual machines) and folders that are replaced as wholes.
 */
import { type FSWatcher, lstatSync, readlinkSync, realpathSync, type Stats, statSync, watch } from 'node:fs';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';

/** Editors and copies touch a file several times: wait until it has been quiet for so long... */
const QUIET_MS = 100;
/** ...but not longer than this when it never is. */
const AT_MOST_MS = 1_000;
const POLL_MS = 2_000;
/** Links on the way to one file; Linux's own limit. */
const MAX_LINKS = 40;

export interface FileWatch {
  close(): void;
}

/**
 * Call it before reading the files, so that no change falls between. It does not keep the process alive.
 * @param files paths; they need not exist yet
 * @param onChange hears which of the paths, as given, changed in content, existence or target since the last time
 */
export function watchFiles(files: readonly string[], onChange: (files: Set<string>) => void): FileWatch {
  return new Watcher(files, onChange);
}

interface Folder {
  /** Tells a folder from one that was put in its place. */
  identity: string;
  watcher: FSWatcher;
  /** Entries that matter; everything else in a busy folder costs one look-up. */
  names: Set<string>;
}

class Watcher implements FileWatch {
  readonly #files: readonly string[];
  readonly #onChange: (files: Set<string>) => void;
  readonly #fingerprints = new Map<string, string>();
  readonly #folders = new Map<string, Folder>();
  readonly #poll: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #firstHint = 0;

  constructor(files: readonly string[], onChange: (files: Set<string>) => void) {
    this.#files = [...new Set(files)];
    this.#onChange = onChange;
    this.#follow();
    this.#takeChanges();
    this.#poll = setInterval(() => {
      this.#follow();
      if (this.#files.some((file) => fingerprint(file) !== this.#fingerprints.get(file))) this.#hint();
    }, POLL_MS).unref();
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #hint(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#firstHint = now;
    clearTimeout(this.#timer);
    const delay = Math.max(0, Math.min(QUIET_MS, this.#firstHint + AT_MOST_MS - now));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Watching comes before looking: what changes after the look makes an event.
      this.#follow();
      const changed = this.#takeChanges();
      if (changed.size > 0) this.#onChange(changed);
    }, delay).unref();
  }

  #takeChanges(): Set<string> {
    const changed = new Set<string>();
    for (const file of this.#files) {
      const now = fingerprint(file);
      if (now !== this.#fingerprints.get(file)) changed.add(file);
      this.#fingerprints.set(file, now);
    }
    return changed;
  }

  /** Watches the folders that matter now, and no others. */
  #follow(): void {
    const wanted = new Map<string, Set<string>>();
    for (const file of this.#files) {
      for (const place of placesOf(file)) {
        const names = wanted.get(dirname(place)) ?? new Set();
        wanted.set(dirname(place), names.add(basename(place)));
      }
    }
    for (const [path, folder] of this.#folders) {
      if (!wanted.has(path) || identity(path) !== folder.identity) {
        folder.watcher.close();
        this.#folders.delete(path);
      }
    }
    for (const [path, names] of wanted) {
      const folder = this.#folders.get(path);
      if (folder === undefined) this.#watch(path, names);
      else folder.names = names;
    }
  }

  #watch(path: string, names: Set<string>): void {
    try {
      const folder = { identity: identity(path), watcher: watch(path, { persistent: false }), names };
      this.#folders.set(path, folder);
      // A folder that is itself moved or deleted reports its own name; some systems report no name at all.
      folder.watcher.on('change', (_event, name) => {
        if (name === null || folder.names.has(String(name)) || name === basename(path)) this.#hint();
      });
      folder.watcher.on('error', () => {
        folder.watcher.close();
        if (this.#folders.get(path) === folder) this.#folders.delete(path);
      });
    } catch {
      // The folder is gone, unreadable or one too many for the system: the poll still looks at the files.
    }
  }
}

/** Everything that differs when a file was written, replaced, or reached through other links. */
function fingerprint(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return `${realpathSync(file)} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`;
  }
}

function identity(folder: string): string {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return '';
  }
}

/** Undefined for what does not exist or must not be looked at. */
function entryStats(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Paths of the directory entries that decide what the file is: every symbolic link on the way, and where the way ends:
 * at the file, or at the first entry that does not exist (yet).
 */
function placesOf(file: string): string[] {
  const places: string[] = [];
  const absolute = resolve(file);
  let at = parse(absolute).root;
  let rest = absolute.slice(at.length).split(sep);
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...tail] = rest;
    rest = tail;
    const entry = join(at, name);
    const stats = entryStats(entry);
    if (stats?.isSymbolicLink() && links++ < MAX_LINKS) {
      places.push(entry);
      const target = resolve(at, readlinkSync(entry));
      at = parse(target).root;
      rest = [...target.slice(at.length).split(sep), ...rest];
    } else if (stats === undefined || rest.length === 0) {
      places.push(entry);
      return places;
    } else {
      at = entry;
    }
  }
  return places;
}
