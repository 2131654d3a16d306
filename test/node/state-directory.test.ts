import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateDirectory } from '../../src/node/state-directory.js';

let folder = '';

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'propylon-test-')), 'made', 'when missing');
});
afterEach(() => rmSync(join(folder, '..', '..'), { recursive: true, force: true }));

async function idOf(given?: string): Promise<string> {
  const state = await openStateDirectory(folder, given);
  await state.close();
  return state.nodeId;
}

function lockedBy(holder: object): void {
  writeFileSync(join(folder, 'node.lock'), JSON.stringify(holder));
}

describe("the folder of a node's state", () => {
  it('gives the node the same id at each start, unless it is named', async () => {
    const id = await idOf();
    expect(id).toMatch(/^[A-Za-z0-9._-]+-[0-9a-f]{8}$/);
    expect(await idOf()).toBe(id);
    expect(await idOf('web-1')).toBe('web-1');
    expect(await idOf()).toBe(id);
    expect(readdirSync(folder)).toEqual(['node-id']);
  });

  it('gives a new id for one that is damaged', async () => {
    await idOf();
    writeFileSync(join(folder, 'node-id'), '\0\0\0');
    const id = await idOf();
    expect(id).toMatch(/-[0-9a-f]{8}$/);
    expect(readFileSync(join(folder, 'node-id'), 'utf8')).toBe(`${id}\n`);
  });

  it('lets one live node in', async () => {
    const first = await openStateDirectory(folder);
    await expect(openStateDirectory(folder)).rejects.toThrow(
      `${folder} is the folder of a node that runs, process ${process.pid}: give each node its own --data-dir`,
    );
    await first.close();
    await (await openStateDirectory(folder)).close();
  });

  it('lets one in of many that start at once after a crash', async () => {
    await idOf();
    lockedBy({ host: hostname(), pid: process.pid, started: 'another start' });
    const starts = await Promise.allSettled(Array.from({ length: 10 }, () => openStateDirectory(folder)));
    const open = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    expect(open).toHaveLength(1);
    await open[0]?.close();
    expect(readdirSync(folder)).toEqual(['node-id']);
  });

  it.each([
    ['a process that is gone', () => ({ host: hostname(), pid: 2 ** 22 + 1, started: '1' })],
    ['a process whose number another one has now', () => ({ host: hostname(), pid: 1, started: '1' })],
    ['nobody, half written', () => ({ pid: 'x' })],
  ])('is not kept from anybody by the lock of %s', async (_, holder) => {
    const id = await idOf();
    lockedBy(holder());
    expect(await idOf()).toBe(id);
  });

  it('is free once its holder is killed, and before anybody has asked after the dead process', async () => {
    await idOf();
    const living = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(living.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
    lockedBy({ host: hostname(), pid, started });
    const next = idOf();
    process.kill(pid, 'SIGKILL');
    expect(await next).toBe(await idOf());
    // Its parent does not ask after it: the number is still taken.
    expect(process.kill(pid, 0)).toBe(true);
    living.kill('SIGKILL');
  });

  it('asks a lock of another machine whether it is renewed', { timeout: 30_000 }, async () => {
    await idOf();
    const lock = join(folder, 'node.lock');
    lockedBy({ host: 'elsewhere', pid: 1, started: '1' });
    const script = `setInterval(() => require('fs').utimesSync(process.argv[1], new Date(), new Date()), 200)`;
    const other: ChildProcess = spawn(process.execPath, ['-e', script, lock]);
    await expect(openStateDirectory(folder)).rejects.toThrow('process 1 on elsewhere');
    other.kill('SIGKILL');
    await new Promise((resolve) => other.once('exit', resolve));
    await (await openStateDirectory(folder)).close();
  });

  it('that cannot be used is named with what to do', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'propylon-test-')), 'file');
    writeFileSync(file, '');
    await expect(openStateDirectory(join(file, 'below'))).rejects.toThrow(
      /^the folder of this node's state cannot be used: ENOTDIR.*; name another one with --data-dir$/,
    );
    rmSync(join(file, '..'), { recursive: true });
  });
});
