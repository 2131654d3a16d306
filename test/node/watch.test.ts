import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileWatch, watchFiles } from '../../src/node/watch.js';

let folder = '';
let watch: FileWatch | undefined;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'propylon-watch-')));
});

afterEach(() => {
  watch?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts watching; `next` resolves with the changed files of the next call, in the order of calls. */
function start(...files: string[]): { next(): Promise<string[]> } {
  const calls: string[][] = [];
  let wake: () => void = () => {};
  watch = watchFiles(files, (changed) => {
    calls.push([...changed].sort());
    wake();
  });
  return {
    async next() {
      while (calls.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return calls.shift() ?? [];
    },
  };
}

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('watching files', () => {
  it('tells of a file written in place, each time', async () => {
    const file = put('api.yaml', 'one');
    const watched = start(file);
    for (const text of ['two', 'three', 'four']) {
      writeFileSync(file, text);
      expect(await watched.next()).toEqual([file]);
    }
  });

  it('tells of a file that an editor replaces by rename, each time', async () => {
    const file = put('api.yaml', 'one');
    const watched = start(file);
    for (const text of ['two', 'three', 'four']) {
      renameSync(put('.api.yaml.swp', text), file);
      expect(await watched.next()).toEqual([file]);
    }
  });

  it('tells of a file that is deleted and made again', async () => {
    const file = put('api.yaml', 'one');
    const watched = start(file);
    unlinkSync(file);
    expect(await watched.next()).toEqual([file]);
    writeFileSync(file, 'two');
    expect(await watched.next()).toEqual([file]);
    writeFileSync(file, 'three');
    expect(await watched.next()).toEqual([file]);
  });

  it('tells of a file that did not exist at first, in a folder that did not either', async () => {
    const file = join(folder, 'later', 'api.yaml');
    const watched = start(file);
    mkdirSync(join(folder, 'later'));
    writeFileSync(file, 'one');
    expect(await watched.next()).toEqual([file]);
    writeFileSync(file, 'two');
    expect(await watched.next()).toEqual([file]);
  });

  it('tells of the swaps of a mounted ConfigMap, whose old folder disappears', async () => {
    const version = (name: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'api.yaml'), name);
    };
    version('..2025_1');
    symlinkSync('..2025_1', join(folder, '..data'));
    const file = join(folder, 'api.yaml');
    symlinkSync('..data/api.yaml', file);
    const watched = start(file);
    for (const [old, fresh] of [
      ['..2025_1', '..2025_2'],
      ['..2025_2', '..2025_3'],
      ['..2025_3', '..2025_4'],
    ] as const) {
      version(fresh);
      symlinkSync(fresh, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
      rmSync(join(folder, old), { recursive: true });
      expect(await watched.next()).toEqual([file]);
    }
  });

  it('follows a link to a folder, before and after it points elsewhere', async () => {
    for (const release of ['r1', 'r2']) {
      mkdirSync(join(folder, release));
      put(`${release}/api.yaml`, release);
    }
    symlinkSync('r1', join(folder, 'current'));
    const file = join(folder, 'current', 'api.yaml');
    const watched = start(file);
    put('r1/api.yaml', 'changed');
    expect(await watched.next()).toEqual([file]);
    symlinkSync(join(folder, 'r2'), join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    expect(await watched.next()).toEqual([file]);
    put('r2/api.yaml', 'changed');
    expect(await watched.next()).toEqual([file]);
  });

  it('tells of a file whose folder is replaced as a whole', async () => {
    mkdirSync(join(folder, 'conf'));
    const file = put('conf/api.yaml', 'one');
    const watched = start(file);
    mkdirSync(join(folder, 'conf.new'));
    put('conf.new/api.yaml', 'two');
    renameSync(join(folder, 'conf'), join(folder, 'conf.old'));
    renameSync(join(folder, 'conf.new'), join(folder, 'conf'));
    expect(await watched.next()).toEqual([file]);
    writeFileSync(file, 'three');
    expect(await watched.next()).toEqual([file]);
  });

  it('tells of several files at once, by the names they were given under', async () => {
    const a = put('a.yaml', '1');
    const b = put('b.yaml', '1');
    const c = put('c.yaml', '1');
    const watched = start(a, b, c, a);
    writeFileSync(a, '2');
    writeFileSync(c, '2');
    expect(await watched.next()).toEqual([a, c]);
  });

  it('says nothing about other files of the folder', async () => {
    const file = put('api.yaml', 'one');
    const watched = start(file);
    put('other.yaml', 'x');
    mkdirSync(join(folder, 'sub'));
    put('sub/api.yaml', 'x');
    // The change of the file itself comes after those: the first call is already about it.
    writeFileSync(file, 'two');
    expect(await watched.next()).toEqual([file]);
  });

  it('does not wait for ever while a file never comes to rest', async () => {
    const file = put('api.yaml', '');
    const watched = start(file);
    let i = 0;
    const writing = setInterval(() => writeFileSync(file, String(i++)), 20);
    try {
      expect(await watched.next()).toEqual([file]);
    } finally {
      clearInterval(writing);
    }
  });

  it('bears links that go round in circles and paths through files', async () => {
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    const circle = join(folder, 'a', 'api.yaml');
    const through = join(put('file', 'x'), 'api.yaml');
    const watched = start(circle, through);
    unlinkSync(join(folder, 'a'));
    mkdirSync(join(folder, 'a'));
    put('a/api.yaml', 'now it is there');
    expect(await watched.next()).toEqual([circle]);
  });
});
