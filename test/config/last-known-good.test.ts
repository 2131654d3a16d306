import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextRevision } from '../../src/config/commit.js';
import type { SealedRevision } from '../../src/config/follower/sealed-revision.js';
import { UntrustedError } from '../../src/config/head.js';
import { storedItem } from '../../src/config/items.js';
import {
  LastKnownGoodWriter,
  readLastKnownGood,
  writeLastKnownGood,
} from '../../src/config/last-known-good.js';
import { until } from '../support/until.js';

const KEY = new Uint8Array(32).fill(1);
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-test-'));
  path = join(folder, 'state', 'last-known-good.pb');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function revision(content: string, key?: Uint8Array): SealedRevision {
  const items = new Map([['stage/a/prod', storedItem(Buffer.from(content))]]);
  const next = nextRevision(null, items, { by: 'test', message: '' }, 1_000, key);
  if (next === null) throw new Error('there is a change');
  return { ...next.revision, sealed: next.commit.head };
}

async function content(key?: Uint8Array): Promise<string | undefined> {
  const read = await readLastKnownGood(path, key);
  return read === null ? undefined : Buffer.from(read.items.get('stage/a/prod')?.bytes ?? []).toString();
}

describe('the last known good configuration', () => {
  it('comes back as it was committed, with what proves it', async () => {
    const written = revision('one', KEY);
    await writeLastKnownGood(path, written);
    const read = await readLastKnownGood(path, KEY);
    expect(Buffer.from(read?.sealed.head ?? [])).toEqual(Buffer.from(written.sealed.head));
    expect(Buffer.from(read?.sealed.mac ?? [])).toEqual(Buffer.from(written.sealed.mac));
    expect(await content(KEY)).toBe('one');
  });

  it('is none when there is no file', async () => {
    expect(await readLastKnownGood(path, undefined)).toBeNull();
  });

  it('is not believed when any byte of it is another, or when it is cut off', async () => {
    await writeLastKnownGood(path, revision('one'));
    const whole = readFileSync(path);
    for (let i = 0; i < whole.length; i++) {
      const damaged = Buffer.from(whole);
      damaged[i] = (damaged[i] as number) ^ 1;
      writeFileSync(path, damaged);
      await expect(readLastKnownGood(path, undefined)).rejects.toThrow(UntrustedError);
      writeFileSync(path, whole.subarray(0, i));
      await expect(readLastKnownGood(path, undefined)).rejects.toThrow(UntrustedError);
    }
  });

  it('is not believed without the configuration key it was signed with', async () => {
    await writeLastKnownGood(path, revision('one'));
    await expect(readLastKnownGood(path, KEY)).rejects.toThrow('is not signed');
    await writeLastKnownGood(path, revision('one', new Uint8Array(32)));
    await expect(readLastKnownGood(path, KEY)).rejects.toThrow('not signed with the key');
  });

  it('is the old one until the new one is whole, and leaves nothing else behind', async () => {
    await writeLastKnownGood(path, revision('one'));
    // As a crash in the middle of the next write leaves it.
    writeFileSync(`${path}.tmp`, readFileSync(path).subarray(0, 50));
    expect(await content()).toBe('one');
    await writeLastKnownGood(path, revision('two'));
    expect(await content()).toBe('two');
    expect(readdirSync(join(folder, 'state'))).toEqual(['last-known-good.pb']);
  });

  it('is written for the first of a burst and the last, not for each', async () => {
    const writer = new LastKnownGoodWriter(path, (error) => {
      throw error;
    });
    writer.keep(revision('0'));
    await until(async () => (await content()) === '0');
    for (let i = 1; i <= 50; i++) writer.keep(revision(String(i)));
    expect(await content()).toBe('0');
    await writer.close();
    expect(await content()).toBe('50');
  });

  it('tells when it cannot be written', async () => {
    writeFileSync(join(folder, 'state'), 'in the way');
    const errors: Error[] = [];
    const writer = new LastKnownGoodWriter(path, (error) => errors.push(error));
    writer.keep(revision('one'));
    await writer.close();
    expect(errors).toHaveLength(1);
  });
});
