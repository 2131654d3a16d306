import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { masterKey } from '../../src/node/master-key.js';
import { testFolder } from '../support/gateway-process.js';

let folder: ReturnType<typeof testFolder>;
beforeEach(() => {
  folder = testFolder({});
});
afterEach(() => folder.remove());

const onDisk = () => ({ store: { kind: 'disk' as const, directory: folder.path('data') } });

test('processes that start at once all get the key that one of them makes, and nobody else may read it', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => masterKey(onDisk())));
  const [key] = keys;
  expect(key).toHaveLength(32);
  for (const other of keys) expect(other).toEqual(key);
  expect(statSync(folder.path('data/admin.key')).mode & 0o777).toBe(0o600);
  expect(readFileSync(folder.path('data/admin.key'), 'utf8')).toBe(
    `${Buffer.from(key ?? []).toString('hex')}\n`,
  );
});

test('a configuration key comes before the file, and Redis without one has none', async () => {
  const configKey = Buffer.alloc(32, 7);
  expect(await masterKey({ ...onDisk(), configKey })).toBe(configKey);
  const redis = { kind: 'redis' as const, url: 'redis://localhost', namespace: 'propylon' };
  expect(await masterKey({ store: redis })).toBeUndefined();
});

test('a file that is no key is an error that says what to do', async () => {
  folder.write('admin.key', 'half a key');
  const store = { kind: 'disk' as const, directory: folder.path('.') };
  await expect(masterKey({ store })).rejects.toThrow(
    /admin\.key, which seals the secrets of access keys, cannot be used: it is no key .*; restore it, or remove it/,
  );
});
