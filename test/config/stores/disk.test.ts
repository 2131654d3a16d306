import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSnapshot } from '../../../src/config/commit.js';
import { type ConfigStore, StoreUnavailableError } from '../../../src/config/store.js';
import { Journal } from '../../../src/config/stores/journal.js';
import { openStore } from '../../../src/config/stores/open.js';
import type { JournalRecord } from '../../../src/proto/messages.js';
import { until } from '../../support/until.js';
import { apis, bytes, hearing, positionOf, push } from './changes.js';
import { describeStore } from './conformance.js';
import { diskPlace } from './places.js';

describeStore('disk', async () => diskPlace());

const PUSHER = fileURLToPath(new URL('./pusher.mjs', import.meta.url));

let place: ReturnType<typeof diskPlace>;
let journal: string;
beforeEach(() => {
  place = diskPlace();
  journal = join(place.directory, 'journal');
});
afterEach(() => place.remove());

function openAgain(): Promise<ConfigStore> {
  return place.open();
}

function records(): number[] {
  return readdirSync(journal)
    .filter((name) => !name.startsWith('draft-'))
    .map(Number)
    .sort((a, b) => a - b);
}

async function content(store: ConfigStore): Promise<string[]> {
  const snapshot = await store.read();
  if (snapshot === null) return [];
  return [...openSnapshot(snapshot, undefined).items.keys()].sort();
}

/** `pusher.mjs`: adds one API after another and prints each when it is committed. */
function startPusher(name: string): { process: ChildProcess; printed: string[]; exited: Promise<unknown> } {
  const child = spawn(process.execPath, [PUSHER, place.directory, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: string[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => printed.push(line));
  const exited = new Promise((resolve) => lines.once('close', resolve));
  return { process: child, printed, exited };
}

/** False: a store that runs made the folder anew in between. */
function replaced(folder: string, by: string): boolean {
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(by, folder);
    return true;
  } catch {
    return false;
  }
}

describe('A disk store', () => {
  it('loses nothing that was answered when processes that write at once are killed with -9', async () => {
    const committed: string[] = [];
    for (let round = 0; round < 3; round++) {
      const pushers = [startPusher(`r${round}a`), startPusher(`r${round}b`)];
      const enough = 3 + round * 4;
      await until(() => pushers.every(({ printed }) => printed.length >= enough));
      for (const pusher of pushers) pusher.process.kill('SIGKILL');
      for (const { exited, printed } of pushers) {
        await exited;
        committed.push(...printed);
      }
      const store = await openAgain();
      const found = await content(store);
      expect(found).toEqual(expect.arrayContaining(committed));
      // What was written and not answered yet may be there as well, one per pusher and round.
      expect(found.length).toBeLessThanOrEqual(committed.length + 2 * (round + 1));
      expect((await store.position())?.revision).toBe(found.length);
      await store.close();
    }
  }, 60_000);

  it('believes no record that is damaged, whichever byte it is', async () => {
    const store = await openAgain();
    await push(store, apis('a'), apis('a', 'b'));
    await store.close();
    const file = join(journal, '2');
    const whole = readFileSync(file);
    const refused = async (damaged: Uint8Array): Promise<void> => {
      writeFileSync(file, damaged);
      const error = await openAgain().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect((error as Error).message).toContain(`${file} is damaged (its checksum is wrong)`);
    };
    for (let length = 0; length < whole.length; length++) await refused(whole.subarray(0, length));
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      await refused(flipped);
    }
    await refused(Buffer.concat([whole, Buffer.from([0])]));
    // A record is only itself under its own number.
    await refused(readFileSync(join(journal, '1')));
    writeFileSync(file, whole);
    expect(await content(await openAgain())).toEqual(['api/a', 'api/b']);
  });

  it('goes back when its newest records are removed, and misses one in between', async () => {
    const store = await openAgain();
    await push(store, apis('a'), apis('b'), apis('c'));
    await store.close();
    rmSync(join(journal, '2'));
    await expect(openAgain()).rejects.toThrow(`${join(journal, '2')} is missing`);
    rmSync(join(journal, '3'));
    expect(await content(await openAgain())).toEqual(['api/a']);
  });

  it('keeps its folder small with checkpoints, which nobody notices', async () => {
    const store = await openAgain();
    const follower = await openAgain();
    await store.commit({
      documents: [{ aggregate: 'x', expectedVersion: 0, puts: new Map([['p', bytes('1')]]) }],
    });
    const [old, young] = ['draft-0123456789abcdef', 'draft-fedcba9876543210'] as const;
    for (const draft of [old, young]) writeFileSync(join(journal, draft), 'half a rec');
    utimesSync(join(journal, old), 1, 1);
    const names = Array.from({ length: 560 }, (_, i) => `n${i}`);
    const revision = await push(store, ...names.map((name) => apis(name)));
    await until(() => (records()[0] ?? 0) > 0);
    expect(records().length).toBeLessThan(2 * 257);
    // What a dead process had not finished goes in time; a living one may still be at it.
    expect(readdirSync(journal)).not.toContain(old);
    expect(readdirSync(journal)).toContain(young);
    for (const one of [store, follower, await openAgain()]) {
      expect(await one.position()).toEqual(positionOf(revision));
      expect(await content(one)).toEqual(['api/n559']);
      expect(await one.history(1_000)).toHaveLength(100);
      expect(await one.readSince({ ...positionOf(revision), revision: 510 })).toHaveLength(50);
      expect((await one.document('x'))?.version).toBe(1);
    }
  }, 30_000);

  it('makes a checkpoint of large changes sooner', async () => {
    const store = await openAgain();
    const large = new Map([['p', new Uint8Array(3_000_000)]]);
    for (let version = 0; version < 6; version++) {
      await store.commit({ documents: [{ aggregate: 'x', expectedVersion: version, puts: large }] });
    }
    await until(() => !records().includes(0));
    expect(await (await openAgain()).documentVersion('x')).toBe(6);
  });

  it('hears soon of what another process commits', async () => {
    const store = await openAgain();
    const heard = hearing();
    await store.subscribe(heard);
    const pusher = startPusher('other');
    await until(() => pusher.printed.length >= 3 && heard.events.length >= 3);
    pusher.process.kill('SIGKILL');
    await pusher.exited;
    expect(heard.events.slice(0, 3).map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(heard.connections).toEqual(['connected']);
  });

  it('tells its subscribers when it was emptied, put back, or cannot be read', async () => {
    const store = await openAgain();
    const heard = hearing();
    await store.subscribe(heard);
    await push(store, apis('a'), apis('b'));
    const backup = `${journal}-backup`;
    renameSync(journal, backup);
    expect(await store.position()).toBeNull();
    await until(() => heard.connections.length === 2);
    await until(() => replaced(journal, backup));
    await until(() => heard.events.length === 4);
    expect(heard.events.map(({ revision }) => revision)).toEqual([1, 2, 1, 2]);
    writeFileSync(join(journal, '3'), 'nonsense');
    await until(() => heard.connections.length === 3);
    expect(heard.connections[2]).toMatch(/^disconnected: .*3 is damaged/);
    rmSync(join(journal, '3'));
    await until(() => heard.connections.length === 4);
    expect(heard.connections[3]).toBe('connected');
  });

  it('leaves its files to the owner of the folder when root writes to it', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can give files away');
    chownSync(place.directory, 4_321, 4_321);
    await push(await openAgain(), apis('a'));
    for (const path of [journal, join(journal, '0'), join(journal, '1')]) {
      expect(statSync(path)).toMatchObject({ uid: 4_321, gid: 4_321 });
    }
    expect(statSync(join(journal, '1')).mode & 0o777).toBe(0o600);
  });

  it('does not open where there can be no folder', async () => {
    const file = join(place.directory, 'file');
    writeFileSync(file, '');
    const opening = openStore({ kind: 'disk', directory: join(file, 'below') });
    await expect(opening).rejects.toThrow(`${join(file, 'below')} cannot be used: ENOTDIR`);
  });

  it('does not pass over a record of a newer version', async () => {
    const store = await openAgain();
    await push(store, apis('a'));
    const payload = Buffer.from([0x7a, 0x00]);
    const digest = createHash('sha256').update('propylon journal 2\n').update(payload).digest();
    writeFileSync(join(journal, '2'), Buffer.concat([digest, payload]));
    await expect(store.read()).rejects.toThrow('newer version');
  });
});

describe('A journal', () => {
  const EMPTY: JournalRecord = { kind: 'commit', commit: { documents: [] } };
  const CHECKPOINT: JournalRecord = {
    kind: 'checkpoint',
    checkpoint: { restored: false, reachesBackTo: 0, history: [], documents: [] },
  };

  async function readAll(one: Journal): Promise<boolean[]> {
    const anew: boolean[] = [];
    for (let next = await one.next(); next !== null; next = await one.next()) anew.push(next.anew);
    return anew;
  }

  it('lets one of two writers win, and the other one read what came first', async () => {
    const [one, other] = [new Journal(journal), new Journal(journal)];
    expect(await readAll(one)).toEqual([true]);
    expect(await readAll(other)).toEqual([true]);
    expect((await Promise.all([one.append(EMPTY), other.append(EMPTY)])).sort()).toEqual([false, true]);
    expect((await readAll(one)).length + (await readAll(other)).length).toBe(1);
    expect(await one.append(EMPTY)).toBe(true);
    expect(await other.append(EMPTY)).toBe(false);
  });

  it('does not let a writer that slept write under a number that was removed meanwhile', async () => {
    const [sleeper, busy] = [new Journal(journal), new Journal(journal)];
    await readAll(sleeper);
    await readAll(busy);
    for (const record of [EMPTY, CHECKPOINT, EMPTY, CHECKPOINT, EMPTY])
      expect(await busy.append(record)).toBe(true);
    expect(records()).toEqual([2, 3, 4, 5]);
    await expect(sleeper.append(EMPTY)).rejects.toThrow('not known whether');
    // Under its number it lies there, and misleads nobody.
    expect(records()).toEqual([1, 2, 3, 4, 5]);
    expect(await readAll(sleeper)).toEqual([true, false]);
    expect(await readAll(new Journal(journal))).toEqual([true, false]);
    expect(await readAll(busy)).toEqual([]);
    expect(await sleeper.append(CHECKPOINT)).toBe(true);
    expect(records()).toEqual([4, 5, 6]);
  });

  it('does not let a reader that slept believe such a record', async () => {
    const [reader, sleeper, busy] = [new Journal(journal), new Journal(journal), new Journal(journal)];
    for (const one of [reader, sleeper, busy]) await readAll(one);
    for (const record of [EMPTY, CHECKPOINT, CHECKPOINT]) await busy.append(record);
    await expect(sleeper.append(EMPTY)).rejects.toThrow('not known whether');
    expect(await readAll(reader)).toEqual([true]);
    expect(await busy.append(EMPTY)).toBe(true);
    expect(await readAll(reader)).toEqual([false]);
  });
});
